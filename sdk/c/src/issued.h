/* The certificate in the answer to a certificate request, with those above it. */
#ifndef YIQIAN_SDK_ISSUED_H
#define YIQIAN_SDK_ISSUED_H

#include "json_reader.h"
#include "stored_key.h"

/* Reads `certificate` of the answer into `changed`, if it is for its key and its subject: ERR_ANSWER where it is for others. ERR_FIELD_*,
 * ERR_DER, ERR_MEMORY. */
MUST_CHECK err issued_read(stored_key *changed, arena *a, json_value root);

#endif
