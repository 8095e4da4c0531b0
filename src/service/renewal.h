/* Renewal from the device, without an operator: a new certificate for the same key, or another key in its place. What is signed for it goes
 * through S1 to S3 like a task, under the PIN; what follows the signature is in issuance.h.
 * Re-keying: the device opens an enrolment without a code, makes the new key in it, and the old key signs for leave, which names the new public
 * key: who has the device but not its PIN can make keys there, and gets no certificate for any. */
#ifndef YIQIAN_SERVICE_RENEWAL_H
#define YIQIAN_SERVICE_RENEWAL_H

#include "service/signing_key.h"

enum { RENEWAL_SECONDS = 86400 /* to sign for it, and to finish the enrolment of a new key */ };

typedef struct renewal_request {
    uint8_t key_id[16];
    bool rekey;
    uint8_t credential[65]; /* of a rekey: P-256, of the new key's enrolment */
} renewal_request;

typedef struct renewal {
    uint8_t id[16], user_id[16];
    uint8_t enrolment_id[16]; /* of a rekey */
    const char *staff_no, *name, *organisation;
    bytes subject; /* DER of the Name in the new certificate */
    int64_t expires_ms;
} renewal;

/* Opens one for the calling device's key; one that is open already for the same (and the same credential) is given again, any other is closed,
 * with its enrolment. ERR_RENEWAL (renew: too early), ERR_KEY_STATE, ERR_KEY_LOCKED, ERR_CERTIFICATE_* (an expired one is not renewed: its
 * person enrols anew), ERR_USER_SUSPENDED, ERR_POINT. */
MUST_CHECK err renewal_open(call *c, const renewal_request *request, renewal *out);

/* The rest is for src/service alone. */

/* A renewal of this key that may be signed for: what the server computes of it. */
typedef struct renewal_matter {
    bool rekey, done;
    bytes serial;  /* done: what a renewal issued */
    uint8_t e[32]; /* not of a renewal that is done */
    uint8_t new_key[POINT_SIZE];
} renewal_matter;

/* ERR_TASK_NOT_FOUND (none, closed, or over: a rekey whose enrolment is), ERR_KEY_STATE (a rekey whose new key is not made). Under the key's
 * lock. */
MUST_CHECK err renewal_load(call *c, const signing_key *key, const uint8_t id[16], renewal_matter *out);

/* Whether there is or was such a renewal of the key. */
MUST_CHECK err renewal_known(call *c, const uint8_t key_id[16], const uint8_t id[16], bool *known);

/* Adds to the unit: what the key has open ends, and the enrolments that were opened in its place. */
void renewal_close_of_key(store_unit *unit, const uint8_t key_id[16]);

/* Adds to the unit: those that nobody signed for in time. */
void renewal_expire(store_unit *unit, int64_t now_ms);

#endif
