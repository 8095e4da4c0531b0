/* One signing session with the server: S1, S2, S3 (steps 5 and 6 of docs/spec/device-api.md) over digests that the
 * caller has computed. A session is used once: whatever goes wrong after S1, its nonces are gone and the server is
 * told. */
#ifndef YIQIAN_SDK_COSIGN_H
#define YIQIAN_SDK_COSIGN_H

#include "context.h"
#include "json_reader.h"
#include "unmasking.h"
#include "wire.h"

typedef struct cosign_item {
    uint8_t task[16], e[32];
    int64_t signing_time; /* of form cms, seconds; else 0 */
    uint8_t rs[64];       /* given by cosign_sign */
} cosign_item;

/* S1 to S3: n signatures under the key's P, each verified on its own e, none of them sent yet. sid: 16 bytes, given.
 * A report that was kept is sent first. Under a grant `by`
 * is not looked at (YQ_NOT_ACTIVE). YQ_TRANSPORT_FAILED (kept for a later report), YQ_PIN_WRONG, YQ_KEY_LOCKED,
 * YQ_REFUSED, YQ_BAD_ANSWER, YQ_ANSWER_REJECTED (both reported), YQ_ENTROPY_FAILED, YQ_OUT_OF_MEMORY,
 * YQ_STORAGE_FAILED. */
YQ_MUST_CHECK yq_status cosign_sign(yq_device *device, context_key *key, cosign_item *items, size_t n,
                                    const unmasking *by, uint8_t sid[16]);

/* The end of S3: sends the signatures, and again where the answer is lost (the call is idempotent). The answer is for
 * the caller to read (answer_max bytes at most) and to free. */
YQ_MUST_CHECK yq_status cosign_deliver(yq_device *device, context_key *key, const uint8_t sid[16],
                                       const cosign_item *items, size_t n, wire_answer *answer);

#endif
