#include "service/device_key.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "mpc/mpc_server.h"
#include "os/entropy.h"
#include "service/certificate.h"
#include "service/internal.h"
#include "service/key_state.h"
#include "service/share.h"

static err keygen_commit(call *c, const mpc_keygen_request *request, const uint8_t user_id[16],
                         const mpc_server_share *share, const uint8_t key_id[16])
{
    uint8_t sealed[SHARE_SEALED];
    TRY(share_seal(c, key_id, share, sealed));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    /* Another P1 replaces the key, a locked one too: the device was started anew. While its enrolment is open no key has a
     * certificate. */
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE device_key SET state = 'destroyed', sealed_share = NULL WHERE enrolment_id = $1 AND "
                   "state <> 'destroyed' AND EXISTS (SELECT 1 FROM enrolment WHERE id = $1 AND state = 'open')",
                   (store_value[]){store_id(request->enrolment_id)}, 1);
    store_unit_add(unit, 1, ERR_ENROLMENT_CLOSED,
                   "INSERT INTO device_key (id, enrolment_id, user_id, public_key, sealed_share, state, failures, "
                   "failures_since_refresh, refreshed_at, created_at) SELECT $1, id, $3, $4, $5, 'enrolling', 0, 0, "
                   "$6, $6 FROM enrolment "
                   "WHERE id = $2 AND state = 'open' AND expires_at > $6",
                   (store_value[]){store_id(key_id), store_id(request->enrolment_id), store_id(user_id),
                                   store_blob(share->P, POINT_SIZE), store_blob(sealed, sizeof sealed),
                                   store_int(c->now_ms)},
                   6);
    return call_commit(c, unit);
}

/* The key that this enrolment is making, if its P1 is the one in the request: then the answer was lost. */
static err keygen_repeated(call *c, const mpc_keygen_request *request, mpc_keygen_answer *answer, bool *repeated)
{
    const store_value *row;
    mpc_server_share share;
    uint8_t key_id[16], public_key[POINT_SIZE];
    *repeated = false;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT id, public_key, sealed_share FROM device_key WHERE enrolment_id = $1 AND "
                            "state = 'enrolling' ORDER BY id DESC LIMIT 1",
                            (store_value[]){store_id(request->enrolment_id)}, 1);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(store_column_id(key_id, &row[0]));
    TRY(store_column_blob(public_key, sizeof public_key, &row[1]));
    TRY(share_open(c, key_id, public_key, bytes_of(row[2].p, row[2].n), &share));
    if (ct_equal(share.P1, request->P1, POINT_SIZE)) {
        e = mpc_server_keygen_repeat(answer, &share, key_id);
        *repeated = e == ERR_OK;
    }
    mpc_server_share_wipe(&share);
    return e;
}

/* "The audit log gets only SM3 of the exchange" (K2): P1, the proof, P and P2. */
static const char *exchange_detail(call *c, const mpc_keygen_request *request, const mpc_keygen_answer *answer)
{
    uint8_t digest[SM3_SIZE];
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, request->P1, POINT_SIZE);
    sm3_update(&ctx, request->proof.c, MPC_CHALLENGE);
    sm3_update(&ctx, request->proof.z, 32);
    sm3_update(&ctx, answer->P, POINT_SIZE);
    sm3_update(&ctx, answer->P2, POINT_SIZE);
    sm3_final(&ctx, digest);
    const char *hex = hex_text(c->arena, digest, sizeof digest);
    return hex ? arena_printf(c->arena, "exchange=%s", hex) : NULL;
}

static err keygen_locked(call *c, const mpc_keygen_request *request, mpc_keygen_answer *answer)
{
    const store_value *row;
    mpc_server_share share;
    uint8_t user_id[16], key_id[16];
    bool repeated;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_ENROLMENT_CLOSED,
                        "SELECT user_id FROM enrolment WHERE id = $1 AND state = 'open' AND expires_at > $2",
                        (store_value[]){store_id(request->enrolment_id), store_int(c->now_ms)}, 2));
    TRY(store_column_id(user_id, &row[0]));
    /* First: K1 counts no PIN failure, so whoever cannot prove P1 must not learn whether it is the key's. Who can and is wrong has replaced the
     * key. */
    TRY(mpc_server_keygen_check(request));
    TRY(keygen_repeated(c, request, answer, &repeated));
    if (repeated) {
        c->subject = call_subject(c, "key", answer->key_id);
        c->detail = "repeated";
        return call_commit(c, store_unit_begin(c->arena));
    }
    TRY(uuid7_create(key_id));
    c->subject = call_subject(c, "key", key_id);
    TRY(mpc_server_keygen(&share, answer, request, key_id, &c->service->options.rng));
    c->detail = exchange_detail(c, request, answer);
    err e = c->detail ? keygen_commit(c, request, user_id, &share, key_id) : ERR_MEMORY;
    mpc_server_share_wipe(&share);
    return e;
}

err device_key_generate(call *c, const mpc_keygen_request *request, mpc_keygen_answer *answer)
{
    if (memcmp(request->enrolment_id, c->actor_id, 16) != 0)
        return fault_field(&c->fault, ERR_FORBIDDEN, "enrolment_id");
    TRY(selftest_require(c));
    TRY(key_lock_take(c->service->locks, request->enrolment_id));
    err e = keygen_locked(c, request, answer);
    key_lock_release(c->service->locks, request->enrolment_id);
    return e;
}

static err remove_locked(call *c, const uint8_t key_id[16])
{
    const store_value *row;
    uint8_t user_id[16];
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_KEY_NOT_FOUND,
                        "SELECT user_id FROM device_key WHERE id = $1 AND enrolment_id = $2 AND state <> 'destroyed'",
                        (store_value[]){store_id(key_id), store_id(c->actor_id)}, 2));
    TRY(store_column_id(user_id, &row[0]));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    certificate_revoke_in_unit(c, unit, key_id, REASON_CESSATION);
    store_unit_add(unit, 1, ERR_KEY_NOT_FOUND, "SELECT 1 FROM device_key WHERE id = $1 AND state <> 'destroyed'",
                   (store_value[]){store_id(key_id)}, 1);
    TRY(key_state_destroy_add(c, unit, key_id, user_id));
    store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE enrolment SET state = 'closed' WHERE id = $1",
                   (store_value[]){store_id(c->actor_id)}, 1);
    return call_commit(c, unit);
}

err device_key_remove(call *c, const uint8_t key_id[16])
{
    c->subject = call_subject(c, "key", key_id);
    TRY(key_lock_take(c->service->locks, key_id));
    err e = remove_locked(c, key_id);
    key_lock_release(c->service->locks, key_id);
    TRY(e);
    crl_refresh_after(c);
    return ERR_OK;
}
