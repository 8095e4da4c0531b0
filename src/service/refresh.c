#include "service/refresh.h"

#include <string.h>

#include "base/ct.h"
#include "service/internal.h"
#include "service/key_event.h"
#include "service/share.h"

/* The key, if it may be refreshed, and the sid is the one issued for this request. Under the key's lock. */
static err key_load(call *c, const uint8_t id[16], const uint8_t sid[16], signing_key *key)
{
    TRY(signing_key_load(c, id, key));
    if (key->enrolling)
        return ERR_KEY_STATE;
    err e = issued_sid_check(c, key, sid);
    return e == ERR_OK ? e : fault_field(&c->fault, e, "sid");
}

static err locked(call *c, const uint8_t key_id[16])
{
    c->subject = call_subject(c, "key", key_id);
    c->detail = "";
    TRY(selftest_require(c));
    err e = key_lock_try(c->service->locks, key_id);
    if (e != ERR_OK)
        c->fault.retry_after = 1;
    return e;
}

/* ---- R1, R2 ---- */

static err check_request(const void *request, const mpc_server_share *share)
{
    return mpc_server_refresh_check(share, request);
}

/* The values of this rid: those it has already, or fresh ones. */
static err pending_make(call *c, const signing_key *key, const mpc_refresh_request *rq, const mpc_server_share *share,
                        share_pending *pending)
{
    const entropy *rng = &c->service->options.rng;
    bool known = key->has_rid && memcmp(key->rid, rq->rid, MPC_ID) == 0;
    if (known && !key->pending.p) /* done: no factor is used twice */
        return fault_field(&c->fault, ERR_CONFLICT, "rid");
    if (known) {
        TRY(share_open_pending(c, key->id, key->rid, key->public_key, key->pending, pending));
        return ct_equal(pending->u_device, rq->u_device, 32) ? ERR_OK : fault_field(&c->fault, ERR_CONFLICT, "rid");
    }
    memcpy(pending->u_device, rq->u_device, 32);
    TRY(rng->fill(rng->ctx, pending->u_server, 32));
    return mpc_server_refresh(&pending->fresh, share, rq, pending->u_server);
}

/* "Stores the pending new share (sealed) before answering u_server." */
static err pending_record(call *c, const signing_key *key, const mpc_refresh_request *rq, const share_pending *pending,
                          const issued_sid *next)
{
    uint8_t sealed[SHARE_PENDING_SEALED];
    TRY(share_seal_pending(c, key->id, rq->rid, pending, sealed));
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(unit, 1, ERR_KEY_STATE,
                   "UPDATE device_key SET sealed_pending = $2, pending_rid = $3, issued_sid = $4, issued_until = $5 "
                   "WHERE id = $1 AND state = 'active' AND issued_sid = $6",
                   (store_value[]){store_id(key->id), store_blob(sealed, sizeof sealed), store_id(rq->rid),
                                   store_id(next->sid), store_int(next->expires_ms), store_id(rq->sid)},
                   6);
    return call_commit(c, unit);
}

static err begin_locked(call *c, const mpc_refresh_request *rq, mpc_server_share *share, share_pending *pending,
                        refresh_answer *answer)
{
    signing_key key;
    TRY(key_load(c, rq->key_id, rq->sid, &key));
    TRY(share_open(c, key.id, key.public_key, key.sealed, share));
    err e = mpc_server_refresh_check(share, rq);
    if (e == ERR_PROOF)
        return signing_key_failed(c, &key, &(signing_key_proof){check_request, rq});
    TRY(e);
    TRY(pending_make(c, &key, rq, share, pending));
    TRY(issued_sid_draw(c, &answer->sid));
    TRY(pending_record(c, &key, rq, pending, &answer->sid));
    memcpy(answer->u_server, pending->u_server, 32);
    return ERR_OK;
}

err refresh_begin(call *c, const mpc_refresh_request *request, refresh_answer *answer)
{
    mpc_server_share share = {.d2 = {{0}}};
    share_pending pending = {.u_device = {0}};
    TRY(locked(c, request->key_id));
    err e = begin_locked(c, request, &share, &pending, answer);
    key_lock_release(c->service->locks, request->key_id);
    mpc_server_share_wipe(&share);
    wipe(&pending, sizeof pending);
    return e;
}

/* ---- R3, R4 ---- */

static err check_confirm(const void *confirm, const mpc_server_share *share)
{
    return mpc_server_confirm_check(share, confirm);
}

/* "Commits under a row lock, erases the old d2, keeps the old P1 (sealed, retired)." A sign request that is open was made with the old share:
 * it is not repeated. */
static err share_replace(call *c, const signing_key *key, const mpc_refresh_confirm *rq, const mpc_server_share *old,
                         const mpc_server_share *fresh, bool pin_changed)
{
    uint8_t sealed[SHARE_SEALED], retired[SHARE_RETIRED_SEALED];
    TRY(share_seal(c, key->id, fresh, sealed));
    TRY(share_seal_retired(c, key->id, old->P1, retired));
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(unit, 1, ERR_KEY_STATE,
                   "UPDATE device_key SET sealed_share = $2, sealed_pending = NULL, refreshed_at = $3, "
                   "failures_since_refresh = 0, issued_sid = NULL, issued_until = NULL, open_sid = NULL, "
                   "open_until = NULL WHERE id = $1 AND state = 'active' AND pending_rid = $4 AND "
                   "sealed_pending IS NOT NULL AND issued_sid = $5",
                   (store_value[]){store_id(key->id), store_blob(sealed, sizeof sealed), store_int(c->now_ms),
                                   store_id(rq->rid), store_id(rq->sid)},
                   5);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO retired_share (key_id, retired_at, sealed_p1) "
                   "SELECT $1, CASE WHEN newest >= $2 THEN newest + 1 ELSE $2 END, $3 FROM "
                   "(SELECT coalesce(max(retired_at), 0) AS newest FROM retired_share WHERE key_id = $1) AS r",
                   (store_value[]){store_id(key->id), store_int(c->now_ms), store_blob(retired, sizeof retired)}, 3);
    if (pin_changed)
        TRY(key_event_add(c, unit, key->id, key->user_id, KEY_PIN_CHANGED));
    c->detail = pin_changed ? "pin_changed" : NULL;
    return call_commit(c, unit);
}

/* "A repeated R3 for that rid, with a fresh sid, is acknowledged again." */
static err acknowledge_again(call *c, const signing_key *key, const mpc_refresh_confirm *rq)
{
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(
        unit, 1, ERR_KEY_STATE,
        "UPDATE device_key SET issued_sid = NULL, issued_until = NULL WHERE id = $1 AND state = 'active' AND "
        "issued_sid = $2",
        (store_value[]){store_id(key->id), store_id(rq->sid)}, 2);
    c->detail = "repeated";
    return call_commit(c, unit);
}

static err confirm_locked(call *c, const mpc_refresh_confirm *rq, bool pin_changed, mpc_server_share *share,
                          share_pending *pending)
{
    signing_key key;
    TRY(key_load(c, rq->key_id, rq->sid, &key));
    if (!key.has_rid || memcmp(key.rid, rq->rid, MPC_ID) != 0)
        return fault_field(&c->fault, ERR_CONFLICT, "rid");
    bool waiting = key.pending.p != NULL;
    TRY(share_open(c, key.id, key.public_key, key.sealed, share));
    if (waiting)
        TRY(share_open_pending(c, key.id, key.rid, key.public_key, key.pending, pending));
    const mpc_server_share *fresh = waiting ? &pending->fresh : share;
    err e = mpc_server_confirm_check(fresh, rq);
    if (e == ERR_PROOF)
        return signing_key_failed(c, &key, &(signing_key_proof){check_confirm, rq});
    TRY(e);
    return waiting ? share_replace(c, &key, rq, share, fresh, pin_changed) : acknowledge_again(c, &key, rq);
}

err refresh_confirm(call *c, const mpc_refresh_confirm *confirm, bool pin_changed)
{
    mpc_server_share share = {.d2 = {{0}}};
    share_pending pending = {.u_device = {0}};
    TRY(locked(c, confirm->key_id));
    err e = confirm_locked(c, confirm, pin_changed, &share, &pending);
    key_lock_release(c->service->locks, confirm->key_id);
    mpc_server_share_wipe(&share);
    wipe(&pending, sizeof pending);
    return e;
}
