#include "service/person_lock.h"

#include <string.h>

#include "service/internal.h"

static err keys_load(call *c, const uint8_t user_id[16], const uint8_t *key_id, person_lock_key **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT k.id, k.enrolment_id FROM device_key k JOIN enrolment n ON n.id = k.enrolment_id WHERE "
                    "k.user_id = $1 AND (k.id = $2 OR $2 IS NULL) AND k.state <> 'destroyed' AND NOT (k.state = "
                    "'enrolling' AND n.state = 'closed') ORDER BY k.id LIMIT $3",
                    (store_value[]){store_id(user_id), store_id(key_id), store_int(PERSON_LOCK_KEYS)}, 3));
    *out = arena_alloc(c->arena, rows.rows * sizeof **out);
    if (!*out)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        TRY(store_column_id((*out)[i].id, &rows.values[2 * i]));
        TRY(store_column_id((*out)[i].enrolment_id, &rows.values[2 * i + 1]));
    }
    *n = rows.rows;
    return ERR_OK;
}

err person_lock_take(call *c, const uint8_t user_id[16], const uint8_t *key_id, person_lock *out)
{
    key_locks *locks = c->service->locks;
    person_lock_key *keys = NULL;
    size_t n = 0;
    memcpy(out->user_id, user_id, 16);
    out->n = 0;
    TRY(key_lock_take(locks, user_id));
    err e = keys_load(c, user_id, key_id, &keys, &n);
    out->keys = keys;
    while (out->n < n && e == ERR_OK) {
        e = key_lock_take(locks, keys[out->n].id);
        out->n += e == ERR_OK;
    }
    if (e != ERR_OK)
        person_lock_release(c, out);
    return e;
}

void person_lock_release(call *c, person_lock *l)
{
    while (l->n > 0)
        key_lock_release(c->service->locks, l->keys[--l->n].id);
    key_lock_release(c->service->locks, l->user_id);
}
