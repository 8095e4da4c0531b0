/* M of form cms as the server builds it for itself (docs/spec/two-party-sm2.md, Digests). Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_SIGN_ATTRIBUTES_H
#define YIQIAN_SERVICE_SIGN_ATTRIBUTES_H

#include "service/signing_key.h"

enum { SIGN_TIME_TOLERANCE = 300 /* seconds */ };

/* Of one sign request: its key's certificate is looked up at the first item that needs it. Starts as zero. */
typedef struct sign_attributes {
    bool has_certificate;
    uint8_t certificate_hash[32];
} sign_attributes;

/* The signed attributes over this digest at this time, in c->arena. authorisation_id: NULL for a key's own signature. ERR_FIELD_MISSING
 * (time 0), ERR_FIELD_VALUE (no whole second), ERR_SIGNING_TIME (SIGN_TIME_TOLERANCE off the server's clock), ERR_MEMORY. */
MUST_CHECK err sign_attributes_build(call *c, sign_attributes *of, const signing_key *key, const uint8_t digest[32],
                                     int64_t signing_time_ms, const uint8_t *authorisation_id, bytes *out);

/* Do attributes that were built before still name the key's certificate? It may have been renewed since: ERR_TASK_NOT_CLAIMED. */
MUST_CHECK err sign_attributes_check(call *c, sign_attributes *of, const signing_key *key, bytes attributes);

#endif
