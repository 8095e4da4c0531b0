/* Approving an offer on the phone, under the PIN (docs/spec/two-party-sm2.md, Authorised signing). */
#include <string.h>

#include "base/ct.h"
#include "service/authorisation.h"
#include "service/authorisation_share.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/issued_sid.h"
#include "service/policy.h"
#include "service/signing_key.h"

enum { SCOPE_DETAIL = 800 /* bytes of a scope in the audit log */ };

static err scope_check(call *c, bytes scope, mpc_scope *out)
{
    int hours = c->service->options.authorisation_hours;
    TRY(authorisation_scope_read(c, scope, out));
    if (out->until * 1000 <= c->now_ms || out->until * 1000 > c->now_ms + hours * INT64_C(3600000)) {
        fault_set(&c->fault, ERR_FIELD_VALUE, "until must be in the future, at most %d h from now", hours);
        return fault_field(&c->fault, ERR_FIELD_VALUE, "scope.until");
    }
    return ERR_OK;
}

/* The offer as it stands: of an active workstation, of this one-time key. "The phone takes pkW only from the QR": where the server was
 * given another key than the workstation offered, somebody stands between. */
static err offer_check(call *c, const mpc_authorise_request *rq)
{
    const store_value *row;
    authorisation offer;
    TRY(authorisation_load(c, rq->auth_id, &offer));
    if (strcmp(offer.state, "offered") != 0)
        return ERR_AUTHORISATION_CLOSED;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_WORKSTATION_NOT_FOUND,
                        "SELECT a.pk_w FROM authorisation a JOIN workstation w ON w.id = a.workstation_id WHERE "
                        "a.id = $1 AND w.state = 'active'",
                        (store_value[]){store_id(rq->auth_id)}, 1));
    return bytes_equal(bytes_of(row[0].p, row[0].n), bytes_of(rq->pkW, POINT_SIZE))
               ? ERR_OK
               : fault_field(&c->fault, ERR_FIELD_VALUE, "pkW");
}

static err count_check(call *c, const signing_key *key)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL,
                        "SELECT count(*) FROM authorisation WHERE key_id = $1 AND state = 'active' AND expires_at > $2",
                        (store_value[]){store_id(key->id), store_int(c->now_ms)}, 2));
    return column_int(&row[0]) < AUTHORISATION_OPEN_MAX
               ? ERR_OK
               : fault_set(&c->fault, ERR_LIMIT, "%d authorisations are open: close some", AUTHORISATION_OPEN_MAX);
}

static err fingerprint_check(call *c, bool by_fingerprint)
{
    bool allowed = true;
    if (by_fingerprint)
        TRY(policy_fingerprint(c, &allowed));
    return allowed ? ERR_OK : ERR_FINGERPRINT_FORBIDDEN;
}

static err approve_commit(call *c, const signing_key *key, const mpc_authorise_request *rq, bool by_fingerprint,
                          const mpc_scope *scope, const mpc_server_share *share)
{
    uint8_t sealed[SHARE_SEALED];
    TRY(authorisation_share_seal(c, rq->auth_id, share, sealed));
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(
        unit, 1, ERR_SID,
        "UPDATE device_key SET issued_sid = NULL, issued_until = NULL WHERE id = $1 AND state = 'active' AND "
        "issued_sid = $2",
        (store_value[]){store_id(key->id), store_id(rq->sid)}, 2);
    store_unit_add(unit, 1, ERR_AUTHORISATION_CLOSED,
                   "UPDATE authorisation SET state = 'active', key_id = $2, user_id = $3, scope = $4, count_left = $5, "
                   "sealed_share = $6, sealed_for_workstation = $7, approved_at = $8, expires_at = $9, method = $10 "
                   "WHERE id = $1 AND state = 'offered' AND expires_at > $8",
                   (store_value[]){store_id(rq->auth_id), store_id(key->id), store_id(key->user_id),
                                   store_blob(rq->scope.p, rq->scope.n), store_int(scope->count),
                                   store_blob(sealed, sizeof sealed), store_blob(rq->sealed.p, rq->sealed.n),
                                   store_int(c->now_ms), store_int(scope->until * 1000),
                                   store_text(by_fingerprint ? "fingerprint" : "pin")},
                   10);
    call_wake(c, rq->auth_id);
    call_wake(c, key->user_id);
    err e = call_commit(c, unit);
    if (e != ERR_OK)
        authorisation_share_destroy(c->service, c->arena, rq->auth_id);
    return e;
}

static err proof_check(const void *request, const mpc_server_share *share)
{
    return mpc_server_authorise_check(share, request);
}

/* The key, if it may authorise now, and the sid is the one issued for this request. */
static err approving_key(call *c, const mpc_authorise_request *rq, signing_key *key)
{
    TRY(signing_key_load(c, rq->key_id, key));
    if (key->enrolling)
        return ERR_KEY_STATE;
    if (key->pending.p) /* "while one is pending the old share serves only R1" */
        return ERR_REFRESH;
    err e = issued_sid_check(c, key, rq->sid);
    return e == ERR_OK ? e : fault_field(&c->fault, e, "sid");
}

/* For the audit log: whole characters of the scope, which was read. A row that cannot be written would leave a wrong PIN uncounted. */
static err scope_detail(call *c, bytes scope)
{
    size_t n = scope.n < SCOPE_DETAIL ? scope.n : SCOPE_DETAIL;
    while (n < scope.n && (scope.p[n] & 0xc0) == 0x80)
        n--;
    c->detail = arena_printf(c->arena, "%s scope=%.*s", c->detail, (int)n, (const char *)scope.p);
    return c->detail ? ERR_OK : ERR_MEMORY;
}

static err approve_locked(call *c, mpc_authorise_request *rq, bool by_fingerprint)
{
    signing_key key;
    mpc_scope scope;
    mpc_server_share share, authorised;
    memset(&authorised, 0, sizeof authorised);
    TRY(approving_key(c, rq, &key));
    TRY(offer_check(c, rq));
    TRY(scope_check(c, rq->scope, &scope));
    TRY(fingerprint_check(c, by_fingerprint));
    TRY(scope_detail(c, rq->scope));
    TRY(count_check(c, &key));
    err e = share_open(c, key.id, key.public_key, key.sealed, &share);
    if (e == ERR_OK)
        e = mpc_server_authorise(&authorised, &share, rq);
    mpc_server_share_wipe(&share);
    if (e == ERR_PROOF)
        e = signing_key_failed(c, &key, &(signing_key_proof){proof_check, rq});
    wipe(rq->t, sizeof rq->t);
    if (e == ERR_OK)
        e = approve_commit(c, &key, rq, by_fingerprint, &scope, &authorised);
    mpc_server_share_wipe(&authorised);
    return e;
}

/* The authorisation's lock keeps its pad from being swept before the state is durable. Whoever holds an authorisation's lock may wait
 * for the key's, so this one does not wait. */
static err approve_with_key(call *c, mpc_authorise_request *rq, bool by_fingerprint)
{
    err e = key_lock_try(c->service->locks, rq->auth_id);
    if (e != ERR_OK)
        return e;
    e = approve_locked(c, rq, by_fingerprint);
    key_lock_release(c->service->locks, rq->auth_id);
    return e;
}

err authorisation_approve(call *c, mpc_authorise_request *rq, bool by_fingerprint, authorisation *out)
{
    c->subject = call_subject(c, "authorisation", rq->auth_id);
    c->detail = call_subject(c, "key", rq->key_id);
    if (c->detail)
        c->detail = arena_printf(c->arena, "%s method=%s", c->detail, by_fingerprint ? "fingerprint" : "pin");
    err e = c->subject && c->detail ? selftest_require(c) : ERR_MEMORY;
    if (e == ERR_OK && memcmp(rq->key_id, rq->auth_id, 16) == 0)
        e = ERR_AUTHORISATION_NOT_FOUND;
    if (e == ERR_OK)
        e = key_lock_try(c->service->locks, rq->key_id);
    if (e == ERR_OK) {
        e = approve_with_key(c, rq, by_fingerprint);
        key_lock_release(c->service->locks, rq->key_id);
    }
    if (e == ERR_KEY_BUSY)
        c->fault.retry_after = 1;
    wipe(rq->t, sizeof rq->t);
    TRY(e);
    return authorisation_load(c, rq->auth_id, out);
}
