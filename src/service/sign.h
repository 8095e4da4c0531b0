/* Signing by device and server together: S2, the completion of S3, and giving up (docs/spec/two-party-sm2.md, Signing). */
#ifndef YIQIAN_SERVICE_SIGN_H
#define YIQIAN_SERVICE_SIGN_H

#include "mpc/mpc.h"
#include "service/service.h"

enum { SIGN_CLAIM_SECONDS = 60 };

/* S1 as received: request->items[i] belongs to subjects[i], a task, or the enrolment itself (its certificate request),
 * or a renewal. */
typedef struct sign_request {
    mpc_sign_request mpc;
    uint8_t (*subjects)[16];
    int64_t *signing_times; /* of each item, ms: of form cms, else 0. NULL: all 0 */
    bool by_fingerprint;    /* by the device's word; else by PIN */
} sign_request;

/* S2: checks the tasks, then the proof; claims durably; only then answers (answers: room for m). ERR_FINGERPRINT_FORBIDDEN: the policy; and
 * errors as in docs/spec/device-api.md 5. */
MUST_CHECK err sign_open(call *c, const sign_request *request, mpc_sign_answer *answers);

typedef struct sign_result {
    uint8_t subject[16], rs[64];
} sign_result;

typedef struct sign_completion {
    int64_t signed_ms;
    int failures_before; /* wrong PINs since the last signature, also those before an unlock */
    bool refresh_due;    /* the shares are as old as REFRESH_DAYS: the device, which has the PIN now, refreshes them */
    bytes certificate, serial; /* of a certificate request; p NULL otherwise */
    int64_t not_before_ms, not_after_ms;
    size_t superseded; /* how many others came on the revocation list with it */
} sign_completion;

/* The end of S3: verifies every signature on the e that was claimed, then completes all tasks of the request, or none. */
MUST_CHECK err sign_complete(call *c, const uint8_t key_id[16], const uint8_t sid[16], const sign_result *results,
                             size_t n, sign_completion *out);

/* The device gave up: its open request is closed, its tasks are pending again. sid, task may be NULL. */
MUST_CHECK err sign_abandon(call *c, const uint8_t key_id[16], const uint8_t *sid, const uint8_t *task,
                            const char *code);

#endif
