/* S1 to S3 under an auth_id: what signing with a person's key does otherwise there (service/sign.c). Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_AUTHORISATION_SIGN_H
#define YIQIAN_SERVICE_AUTHORISATION_SIGN_H

#include "mpc/mpc_scope.h"
#include "service/sign.h"
#include "service/signing_key.h"

/* The authorisation as a key, if it is the calling workstation's, and the person, the key and its certificate are valid now. It may be closed:
 * what was answered before can still be completed. ERR_KEY_NOT_FOUND, ERR_USER_SUSPENDED, ERR_AUTHORISATION_CLOSED, ERR_CERTIFICATE_*. */
MUST_CHECK err authorisation_key_load(call *c, const uint8_t auth_id[16], signing_key *key);

/* The person's key of an authorisation of the calling workstation's, for its lock. ERR_KEY_NOT_FOUND, ERR_AUTHORISATION_CLOSED. */
MUST_CHECK err authorisation_key_of(call *c, const uint8_t auth_id[16], uint8_t key_id[16]);

/* Before S2: is it active, and does its count allow m more (m: 0 for a repeated request, which takes nothing)? ERR_AUTHORISATION_CLOSED, ERR_SCOPE. */
MUST_CHECK err authorisation_may_answer(call *c, const signing_key *key, size_t m);

/* Is the task in the scope? ERR_SCOPE; also for what is no document. */
MUST_CHECK err authorisation_task_check(call *c, const signing_key *key, const uint8_t task_id[16]);

/* Adds to the claims' unit: the open request, and m of the count (repeated: that the request is still open). */
void authorisation_claim(call *c, store_unit *unit, const signing_key *key, const mpc_sign_request *rq, int64_t until,
                         bool repeated);

/* Adds to the completion's unit: no request is open, and where nothing is left the authorisation is exhausted. */
MUST_CHECK err authorisation_settle(call *c, store_unit *unit, const signing_key *key, const uint8_t sid[16]);

/* A wrong proof: durable before it is answered, always an error. The fifth closes the authorisation. It is no failure of the person's PIN. */
MUST_CHECK err authorisation_failed(call *c, const signing_key *key);

/* Adds to the unit of giving up. */
void authorisation_abandon(store_unit *unit, const uint8_t auth_id[16], const uint8_t sid[16]);

#endif
