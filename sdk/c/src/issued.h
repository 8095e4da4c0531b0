/* The certificate in the answer to a certificate request, with those above it. */
#ifndef YIQIAN_SDK_ISSUED_H
#define YIQIAN_SDK_ISSUED_H

#include "json_reader.h"
#include "stored_key.h"

/* Reads `certificate` of the answer into `changed`, if it is for its key and its subject, and under the root that `changed` holds where it
 * holds one: else ERR_ANSWER. ERR_FIELD_*, ERR_DER, ERR_MEMORY. */
MUST_CHECK err issued_read(stored_key *changed, arena *a, json_value root);

#endif
