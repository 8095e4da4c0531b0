/* The certificate in the answer to a certificate request, with those above it. */
#ifndef YIQIAN_SDK_ISSUED_H
#define YIQIAN_SDK_ISSUED_H

#include "context.h"
#include "wire.h"

/* Reads `certificate` of the answer into `changed`, if it is for its key and its subject, and under the root that `changed` holds where it
 * holds one: else YQ_ANSWER_REJECTED, reported for the request `sid`. YQ_BAD_ANSWER, YQ_OUT_OF_MEMORY. */
YQ_MUST_CHECK yq_status issued_take(yq_device *device, context_key *key, const wire_answer *answer,
                                    const uint8_t sid[16], stored_key *changed);

#endif
