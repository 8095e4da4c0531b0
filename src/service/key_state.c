#include "service/key_state.h"

#include <string.h>

#include "base/text.h"
#include "service/column.h"
#include "service/crl.h"
#include "service/device.h"
#include "service/internal.h"
#include "service/key_event.h"
#include "service/person_lock.h"
#include "service/renewal.h"
#include "service/task_release.h"

static err owner_of(call *c, const uint8_t key_id[16], uint8_t user_id[16])
{
    const store_value *row;
    c->subject = call_subject(c, "key", key_id);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_KEY_NOT_FOUND,
                        "SELECT user_id FROM device_key WHERE id = $1", (store_value[]){store_id(key_id)}, 1));
    return store_column_id(user_id, &row[0]);
}

static err commit_under_lock(call *c, store_unit *unit, const uint8_t key_id[16])
{
    TRY(key_lock_take(c->service->locks, key_id));
    err e = call_commit(c, unit);
    key_lock_release(c->service->locks, key_id);
    return e;
}

err key_state_unlock(call *c, const uint8_t key_id[16])
{
    uint8_t user_id[16];
    TRY(owner_of(c, key_id, user_id));
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(
        unit, 1, ERR_KEY_STATE,
        "UPDATE device_key SET failures = 0, failures_since_refresh = 0, state = CASE WHEN state = 'locked' THEN "
        "CASE WHEN EXISTS (SELECT 1 FROM certificate c WHERE c.key_id = device_key.id) THEN 'active' ELSE "
        "'enrolling' END ELSE state END WHERE id = $1 AND state IN ('active', 'enrolling', 'locked')",
        (store_value[]){store_id(key_id)}, 1);
    return call_commit(c, unit);
}

static err freeze_locked(call *c, const uint8_t key_id[16], const uint8_t user_id[16])
{
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(unit, 1, ERR_KEY_STATE, "UPDATE device_key SET state = 'frozen' WHERE id = $1 AND state = 'active'",
                   (store_value[]){store_id(key_id)}, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE certificate SET state = 'frozen', revoked_at = $2, reason = $3 WHERE key_id = $1 AND "
                   "state = 'active'",
                   (store_value[]){store_id(key_id), store_int(c->now_ms), store_int(REASON_HOLD)}, 3);
    TRY(key_event_add(c, unit, key_id, user_id, KEY_FROZEN));
    return call_commit(c, unit);
}

err key_state_freeze(call *c, const uint8_t key_id[16])
{
    uint8_t user_id[16];
    TRY(owner_of(c, key_id, user_id));
    TRY(key_lock_take(c->service->locks, key_id));
    err e = freeze_locked(c, key_id, user_id);
    key_lock_release(c->service->locks, key_id);
    TRY(e);
    crl_refresh_after(c);
    return ERR_OK;
}

static err unfreezable(call *c, const uint8_t key_id[16], bool despite_alarm)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_KEY_NOT_FOUND,
                        "SELECT state, alarmed_at FROM device_key WHERE id = $1", (store_value[]){store_id(key_id)},
                        1));
    if (strcmp(row[0].p, "frozen") != 0)
        return ERR_KEY_STATE;
    if (row[1].type == STORE_NULL || despite_alarm)
        return ERR_OK;
    (void)fault_field(&c->fault, ERR_CONFLICT, "despite_alarm");
    return fault_set(&c->fault, ERR_CONFLICT, "a copy of the device was used: destroy the key, or say despite_alarm");
}

err key_state_unfreeze(call *c, const uint8_t key_id[16], bool despite_alarm)
{
    uint8_t user_id[16];
    TRY(owner_of(c, key_id, user_id));
    TRY(unfreezable(c, key_id, despite_alarm));
    c->detail = despite_alarm ? "despite_alarm" : NULL;
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(unit, 1, ERR_KEY_STATE,
                   "UPDATE device_key SET state = 'active', alarmed_at = NULL WHERE id = $1 AND state = 'frozen' AND "
                   "(alarmed_at IS NULL OR $2 = 1)",
                   (store_value[]){store_id(key_id), store_int(despite_alarm)}, 2);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE certificate SET state = 'active', revoked_at = NULL, reason = NULL, unfrozen = unfrozen + 1 "
                   "WHERE key_id = $1 AND state = 'frozen'",
                   (store_value[]){store_id(key_id)}, 1);
    call_wake(c, user_id);
    TRY(commit_under_lock(c, unit, key_id));
    crl_refresh_after(c);
    return ERR_OK;
}

err key_state_destroy_add(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t user_id[16])
{
    store_value key[] = {store_id(key_id)};
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE device_key SET state = 'destroyed', sealed_share = NULL, sealed_pending = NULL, "
                   "issued_sid = NULL, issued_until = NULL WHERE id = $1 AND state <> 'destroyed'",
                   key, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM retired_share WHERE key_id = $1", key, 1);
    renewal_close_of_key(unit, key_id);
    TRY(task_release_key(c, unit, key_id, user_id));
    return key_event_add(c, unit, key_id, user_id, KEY_DESTROYED);
}

/* ---- lost ---- */

/* Codes that were given out, enrolments without a key, and what such a one made of itself while the locks were taken. */
static err lost_strays(store_unit *unit, int64_t now_ms, const uint8_t user_id[16])
{
    store_value user[] = {store_id(user_id)};
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE enrolment SET state = 'closed' WHERE user_id = $1 AND state <> 'closed'", user, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE device_key SET state = 'destroyed', sealed_share = NULL WHERE user_id = $1 AND "
                   "state <> 'destroyed'",
                   user, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE certificate SET state = 'revoked', revoked_at = $2, reason = $3 WHERE user_id = $1 AND "
                   "(state IN ('active', 'frozen') OR (state = 'superseded' AND revoked_at IS NULL))",
                   (store_value[]){store_id(user_id), store_int(now_ms), store_int(REASON_KEY_COMPROMISE)}, 3);
    return unit ? ERR_OK : ERR_MEMORY;
}

static err lost_commit(call *c, const person_lock *held, bool all)
{
    store_unit *unit = store_unit_begin(c->arena);
    for (size_t i = 0; i < held->n; i++) {
        certificate_revoke_in_unit(c, unit, held->keys[i].id, REASON_KEY_COMPROMISE);
        TRY(key_state_destroy_add(c, unit, held->keys[i].id, held->user_id));
        store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE enrolment SET state = 'closed' WHERE id = $1",
                       (store_value[]){store_id(held->keys[i].enrolment_id)}, 1);
    }
    if (all)
        TRY(lost_strays(unit, c->now_ms, held->user_id));
    c->detail = arena_printf(c->arena, "keys=%zu", held->n);
    return call_commit(c, unit);
}

err key_state_lost(call *c, const uint8_t user_id[16], const uint8_t *key_id, size_t *n)
{
    person_lock held;
    const store_value *row;
    c->subject = key_id ? call_subject(c, "key", key_id) : call_subject(c, "user", user_id);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT id FROM app_user WHERE id = $1", (store_value[]){store_id(user_id)}, 1));
    if (key_id)
        TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_KEY_NOT_FOUND,
                            "SELECT id FROM device_key WHERE id = $1 AND user_id = $2",
                            (store_value[]){store_id(key_id), store_id(user_id)}, 2));
    TRY(person_lock_take(c, user_id, key_id, &held));
    *n = held.n;
    err e = lost_commit(c, &held, key_id == NULL);
    person_lock_release(c, &held);
    TRY(e);
    crl_refresh_after(c);
    return ERR_OK;
}

err key_state_lost_from_device(call *c, const uint8_t key_id[16])
{
    uint8_t user_id[16];
    const store_value *row;
    size_t n;
    c->subject = call_subject(c, "key", key_id);
    TRY(device_standing(c, user_id));
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT id FROM device_key WHERE id = $1 AND enrolment_id = $2",
                            (store_value[]){store_id(key_id), store_id(c->actor_id)}, 2);
    if (e == ERR_OK)
        return fault_field(&c->fault, ERR_FORBIDDEN, "key_id");
    return e == ERR_NOT_FOUND ? key_state_lost(c, user_id, key_id, &n) : e;
}
