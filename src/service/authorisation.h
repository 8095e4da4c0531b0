/* Authorised signing (docs/spec/two-party-sm2.md): a workstation offers, a person's phone approves, the workstation signs within the scope,
 * until it is closed. States: offered -> active -> closed | expired | exhausted; offered -> closed | expired. */
#ifndef YIQIAN_SERVICE_AUTHORISATION_H
#define YIQIAN_SERVICE_AUTHORISATION_H

#include "mpc/mpc.h"
#include "mpc/mpc_scope.h"
#include "service/task.h"
#include "service/workstation.h"

enum {
    AUTHORISATION_OFFER_SECONDS = 60,
    AUTHORISATION_FAILURES_MAX = 5, /* wrong proofs under an auth_id, until it is closed */
    AUTHORISATION_PAGE = 100,
    AUTHORISATION_OPEN_MAX =
        AUTHORISATION_PAGE /* of one key at a time: as many as its phone lists, and one unit closes */
};

typedef struct authorisation {
    uint8_t id[16], workstation_id[16], key_id[16], user_id[16]; /* the last two are zero while it is offered */
    const char *workstation_name, *workstation_place, *state;    /* as it is now */
    const char *staff_no, *user_name;                            /* NULL while it is offered */
    bytes scope; /* offered: what the workstation asks for; n 0 for nothing */
    int64_t count_left, count_used;
    int64_t created_ms, approved_ms, expires_ms, closed_ms; /* 0: not yet */
    const char *method;    /* how the person approved, by the device's word: "pin", "fingerprint"; NULL: not yet */
    const char *closed_by; /* "phone", "workstation", "operator", "expiry", "count", "proofs", "key"; NULL: open */
} authorisation;

/* By the workstation: offers its one-time key. auth_id is drawn by the workstation; one that was used before, for whatever, is refused:
 * ERR_CONFLICT (auth_id). The same offer again is no second one. scope: what is asked for, may be empty. ERR_POINT (pkW), ERR_FIELD_VALUE
 * (scope). */
MUST_CHECK err authorisation_offer(call *c, const uint8_t auth_id[16], const uint8_t pkW[POINT_SIZE], bytes scope,
                                   authorisation *out);

/* By a phone that scanned it: the workstation (with its certificate) and what it asks for. ERR_AUTHORISATION_NOT_FOUND,
 * ERR_AUTHORISATION_CLOSED (not offered any more). */
MUST_CHECK err authorisation_offered(call *c, const uint8_t auth_id[16], workstation *w, authorisation *out);

/* By a phone: the checked proof opens the authorisation. request->t is wiped in every case. ERR_PIN, as a sign request; ERR_SID
 * (sid); ERR_REFRESH; ERR_AUTHORISATION_*; ERR_FIELD_VALUE (pkW: not the offered one; scope), ERR_POINT, ERR_SCALAR, ERR_LENGTH,
 * ERR_LIMIT (AUTHORISATION_OPEN_MAX are open); ERR_FINGERPRINT_FORBIDDEN. */
MUST_CHECK err authorisation_approve(call *c, mpc_authorise_request *request, bool by_fingerprint, authorisation *out);

/* By the workstation: one of its own, with what the phone sent for it (empty unless it is active), the person's key and certificate. */
typedef struct authorisation_grant {
    authorisation authorisation;
    bytes sealed, certificate;
    uint8_t P[POINT_SIZE];
} authorisation_grant;
MUST_CHECK err authorisation_fetch(call *c, const uint8_t auth_id[16], authorisation_grant *out);

/* By the workstation: the person's tasks within the scope that can be signed now, and one's document (an act: viewing). */
MUST_CHECK err authorisation_tasks(call *c, const uint8_t auth_id[16], const task_filter *filter, const task **out,
                                   size_t *n, uint8_t next[16], bool *has_next);
MUST_CHECK err authorisation_document(call *c, const uint8_t auth_id[16], const uint8_t task_id[16], bytes *document,
                                      const char **media_type);

/* By the person's phone, the workstation or an operator, as the call says. After ERR_OK no answer of S2 is given under it.
 * ERR_AUTHORISATION_NOT_FOUND, ERR_AUTHORISATION_CLOSED. */
MUST_CHECK err authorisation_close(call *c, const uint8_t auth_id[16]);

/* Of the calling phone's person: the open ones first, then the newest. */
MUST_CHECK err authorisation_list_of_device(call *c, const authorisation **out, size_t *n);

/* Of all, newest first. after: an id, or NULL; limit 1..AUTHORISATION_PAGE; state NULL: any. */
MUST_CHECK err authorisation_list(call *c, const char *state, const uint8_t *after, int64_t limit,
                                  const authorisation **out, size_t *n);

/* For the calling business system: until when this person has authorised a workstation for its tasks; 0: not now. ERR_USER_NOT_FOUND. */
MUST_CHECK err authorisation_of_signer(call *c, const char *staff_no, int64_t *until_ms);

/* For the use cases of src/service. */

/* As it is now, whosever it is. ERR_AUTHORISATION_NOT_FOUND. */
MUST_CHECK err authorisation_load(call *c, const uint8_t auth_id[16], authorisation *out);

/* The scope in these bytes: ERR_FIELD_VALUE (scope). */
MUST_CHECK err authorisation_scope_read(call *c, bytes scope, mpc_scope *out);

/* Adds to the unit: every open one of the key is closed, with its audit row. Called and committed under the key's lock, which each S2 under
 * an authorisation of the key holds too: after the commit none is given. by: "key", or a word that says more. */
MUST_CHECK err authorisation_close_of_key(call *c, store_unit *unit, const uint8_t key_id[16], const char *by);

/* Every open one of a workstation that was removed. */
MUST_CHECK err authorisation_close_of_workstation(call *c, const uint8_t workstation_id[16]);

/* What ran out, is used up, or whose key or certificate cannot be used any more. */
MUST_CHECK err authorisation_housekeeping(call *c);

#endif
