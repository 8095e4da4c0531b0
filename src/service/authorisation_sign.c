#include "service/authorisation_sign.h"

#include <string.h>

#include "service/authorisation_close.h"
#include "service/authorisation_share.h"
#include "service/column.h"
#include "service/internal.h"

err authorisation_key_of(call *c, const uint8_t auth_id[16], uint8_t key_id[16])
{
    const store_value *row;
    workstation w;
    TRY(workstation_calling(c, &w));
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_KEY_NOT_FOUND,
                        "SELECT key_id FROM authorisation WHERE id = $1 AND workstation_id = $2",
                        (store_value[]){store_id(auth_id), store_id(c->actor_id)}, 2));
    return row[0].type == STORE_NULL ? ERR_AUTHORISATION_CLOSED : store_column_id(key_id, &row[0]);
}

static err scope_load(call *c, bytes scope, signing_key *key)
{
    mpc_scope *read = arena_alloc(c->arena, sizeof *read);
    if (!read)
        return ERR_MEMORY;
    err e = mpc_scope_read(c->arena, scope, read);
    key->scope = read;
    return e == ERR_OK || e == ERR_MEMORY ? e : ERR_CORRUPT;
}

err authorisation_key_load(call *c, const uint8_t auth_id[16], signing_key *key)
{
    const store_value *v;
    memset(key, 0, sizeof *key);
    TRY(authorisation_key_of(c, auth_id, key->key_id));
    TRY(store_query_one(
        c->service->options.store, c->arena, &v, ERR_KEY_NOT_FOUND,
        "SELECT a.user_id, k.public_key, a.state, a.sealed_share, a.failures, a.open_sid, a.open_until, u.state, "
        "c.serial, c.state, c.not_after, k.state, a.scope, a.count_left, a.expires_at FROM authorisation a "
        "JOIN device_key k ON k.id = a.key_id JOIN app_user u ON u.id = a.user_id "
        "LEFT JOIN certificate c ON c.serial = k.serial WHERE a.id = $1 AND a.workstation_id = $2",
        (store_value[]){store_id(auth_id), store_id(c->actor_id)}, 2));
    key->authorised = true;
    memcpy(key->id, auth_id, 16);
    TRY(store_column_id(key->user_id, &v[0]));
    TRY(store_column_blob(key->public_key, sizeof key->public_key, &v[1]));
    key->state = v[2].p;
    key->sealed = column_bytes(&v[3]);
    key->failures = v[4].i;
    if (v[5].type != STORE_NULL) {
        TRY(store_column_id(key->open_sid, &v[5]));
        key->open_until = v[6].i;
    }
    key->count_left = column_int(&v[13]);
    key->expires_ms = v[14].i;
    TRY(scope_load(c, column_bytes(&v[12]), key));
    if (strcmp(v[7].p, "active") != 0)
        return ERR_USER_SUSPENDED;
    TRY(signing_key_certificate_check(c, &v[8], &key->serial));
    return strcmp(v[11].p, "active") == 0 ? ERR_OK : ERR_AUTHORISATION_CLOSED;
}

err authorisation_may_answer(call *c, const signing_key *key, size_t m)
{
    if (strcmp(key->state, "active") != 0 || key->expires_ms <= c->now_ms)
        return ERR_AUTHORISATION_CLOSED;
    if (m > 0 && key->count_left == 0)
        return ERR_AUTHORISATION_CLOSED;
    return (int64_t)m <= key->count_left ? ERR_OK : fault_field(&c->fault, ERR_SCOPE, "items");
}

err authorisation_task_check(call *c, const signing_key *key, const uint8_t task_id[16])
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_TASK_NOT_FOUND,
                        "SELECT s.name, t.record_type, t.kind FROM task t JOIN system s ON s.id = t.system_id "
                        "WHERE t.id = $1",
                        (store_value[]){store_id(task_id)}, 1));
    bool document = strcmp(row[2].p, "document") == 0;
    return document && mpc_scope_covers(key->scope, row[0].p, row[1].p) ? ERR_OK : ERR_SCOPE;
}

void authorisation_claim(call *c, store_unit *unit, const signing_key *key, const mpc_sign_request *rq, int64_t until,
                         bool repeated)
{
    if (repeated)
        store_unit_add(unit, 1, ERR_AUTHORISATION_CLOSED,
                       "SELECT 1 FROM authorisation WHERE id = $1 AND state = 'active' AND open_sid = $2 AND "
                       "open_until > $3 AND expires_at > $3",
                       (store_value[]){store_id(key->id), store_id(rq->sid), store_int(c->now_ms)}, 3);
    else
        store_unit_add(unit, 1, ERR_AUTHORISATION_CLOSED,
                       "UPDATE authorisation SET open_sid = $2, open_until = $3, count_left = count_left - $4, "
                       "count_used = count_used + $4 WHERE id = $1 AND state = 'active' AND count_left >= $4 AND "
                       "expires_at > $5 AND (open_sid IS NULL OR open_until <= $5)",
                       (store_value[]){store_id(key->id), store_id(rq->sid), store_int(until),
                                       store_int((int64_t)rq->m), store_int(c->now_ms)},
                       5);
}

err authorisation_settle(call *c, store_unit *unit, const signing_key *key, const uint8_t sid[16])
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE authorisation SET open_sid = NULL, open_until = NULL WHERE id = $1 AND open_sid = $2",
                   (store_value[]){store_id(key->id), store_id(sid)}, 2);
    bool last = key->count_left == 0 && strcmp(key->state, "active") == 0;
    return last ? authorisation_end(c, unit, key->id, "exhausted", "count", STORE_ANY) : ERR_OK;
}

err authorisation_failed(call *c, const signing_key *key)
{
    bool last = key->failures + 1 >= AUTHORISATION_FAILURES_MAX;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_AUTHORISATION_CLOSED,
                   "UPDATE authorisation SET failures = failures + 1 WHERE id = $1 AND state = 'active'",
                   (store_value[]){store_id(key->id)}, 1);
    c->detail = arena_printf(c->arena, "%s failures=%d", c->detail, (int)key->failures + 1);
    if (!c->detail)
        return ERR_MEMORY;
    if (last)
        TRY(authorisation_end(c, unit, key->id, "closed", "proofs", 1));
    TRY(call_commit_refusal(c, unit, ERR_PROOF));
    if (last)
        authorisation_share_destroy(c->service, c->arena, key->id);
    return ERR_PROOF;
}

void authorisation_abandon(store_unit *unit, const uint8_t auth_id[16], const uint8_t sid[16])
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE authorisation SET open_sid = NULL, open_until = NULL WHERE id = $1 AND open_sid = $2",
                   (store_value[]){store_id(auth_id), store_id(sid)}, 2);
}
