/* The key of a sign request, with what must hold for its use, and what a wrong PIN does to it (docs/spec/two-party-sm2.md, PIN). Nothing outside
 * src/service includes this. */
#ifndef YIQIAN_SERVICE_SIGNING_KEY_H
#define YIQIAN_SERVICE_SIGNING_KEY_H

#include "mpc/mpc_scope.h"
#include "mpc/mpc_server.h"
#include "service/service.h"

enum {
    SIGN_FAILURES_MAX = 5,
    SIGN_FAILURES_SINCE_REFRESH_MAX = 20,
    REFRESH_DAYS = 7 /* so old the shares become (docs/spec/two-party-sm2.md, Share refresh) */
};

/* id: key_id of the request; key_id: of the person's key, another one where a workstation signs under an authorisation (authorised). */
typedef struct signing_key {
    uint8_t id[16], key_id[16], enrolment_id[16], user_id[16], public_key[POINT_SIZE];
    bool enrolling, authorised;
    const char *state;
    bytes sealed;
    int64_t failures, failures_since_refresh, failures_untold;
    uint8_t open_sid[16];
    int64_t open_until;   /* 0: no request is open */
    bytes serial;         /* of the certificate of an active key */
    int64_t not_after_ms; /* likewise */
    uint8_t issued_sid[16];
    int64_t refreshed_ms;
    int64_t issued_until; /* 0: none is issued */
    bytes pending;        /* of a refresh that is not confirmed; p NULL for none */
    bool has_rid;
    uint8_t rid[16]; /* of that refresh or, where none is pending, of the last one */
    /* Of an authorisation: */
    const mpc_scope *scope;
    int64_t count_left, expires_ms;
} signing_key;

/* Loads the key if it is the calling device's and may be used now: ERR_KEY_NOT_FOUND, ERR_USER_SUSPENDED, ERR_KEY_LOCKED, ERR_KEY_STATE,
 * ERR_CERTIFICATE_*. Called and acted upon under the key's lock. */
MUST_CHECK err signing_key_load(call *c, const uint8_t id[16], signing_key *key);

/* A certificate must be valid: v are its serial, state and not_after, as they are joined to a key. ERR_CERTIFICATE_*. */
MUST_CHECK err signing_key_certificate_check(const call *c, const store_value *v, bytes *serial);

/* How many wrong PINs a key in this state may still be given before it locks. */
int signing_key_tries_left(const char *state, int64_t failures, int64_t failures_since_refresh);

/* A proof that was wrong, to be tried again with another share in place of the key's. */
typedef struct signing_key_proof {
    err (*check)(const void *request,
                 const mpc_server_share *share); /* ERR_PROOF where it is wrong under this one, too */
    const void *request;
} signing_key_proof;

/* A failed PIN attempt: durable before it is answered, always an error (ERR_PIN, with tries_left). c->detail is set. Where the proof is
 * right under a retired share it is a clone alarm: the key is frozen, and the answer is the same. An issued sid is used up. */
MUST_CHECK err signing_key_failed(call *c, const signing_key *key, const signing_key_proof *proof);

/* Adds to the unit: the request is done with, the key was used now, and the failed PINs are forgiven; only after a verified signature.
 * ERR_KEY_STATE. */
void signing_key_settle(const call *c, store_unit *unit, const signing_key *key, const uint8_t sid[16]);

/* For retry_after: at least 1. */
int signing_key_seconds_until(int64_t until_ms, int64_t now_ms);

#endif
