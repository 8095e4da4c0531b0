#include "service/console_link.h"

#include <string.h>

#include "base/ct.h"
#include "service/column.h"
#include "service/console_secret.h"
#include "service/internal.h"

static const int64_t life_ms = CONSOLE_LINK_MINUTES * INT64_C(60000);

err console_link_add(call *c, store_unit *unit, const uint8_t *operator_id, const char **text, int64_t *expires_ms)
{
    uint8_t *id = arena_alloc(c->arena, 16), *hash = arena_alloc(c->arena, SM3_SIZE);
    if (!id || !hash)
        return ERR_MEMORY;
    TRY(console_secret_make(c, id, hash, text));
    *expires_ms = c->now_ms + life_ms;
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_link SET used_at = $2 WHERE used_at IS NULL AND (operator_id = $1 OR "
                   "(operator_id IS NULL AND $1 IS NULL))",
                   (store_value[]){store_id(operator_id), store_int(c->now_ms)}, 2);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO console_link (id, operator_id, secret_hash, created_at, expires_at) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   (store_value[]){store_id(id), store_id(operator_id), store_blob(hash, SM3_SIZE),
                                   store_int(c->now_ms), store_int(*expires_ms)},
                   5);
    return ERR_OK;
}

err console_link_create(call *c, const uint8_t operator_id[16], const char **text, int64_t *expires_ms)
{
    console_operator o;
    c->subject = call_subject(c, "operator", operator_id);
    TRY(operator_get(c, operator_id, &o));
    if (strcmp(o.state, "active") != 0)
        return ERR_CONFLICT;
    if (strcmp(o.user_state, "active") != 0)
        return ERR_USER_SUSPENDED;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(console_link_add(c, unit, operator_id, text, expires_ms));
    return call_commit(c, unit);
}

err console_link_find(call *c, const char *text, uint8_t id[16], uint8_t operator_id[16], bool *first)
{
    const store_value *row;
    uint8_t hash[SM3_SIZE], stored[SM3_SIZE];
    if (!console_secret_parse(c->arena, text, id, hash))
        return ERR_UNAUTHENTICATED;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT secret_hash, operator_id FROM console_link WHERE id = $1 AND used_at IS NULL AND "
                        "expires_at > $2",
                        (store_value[]){store_id(id), store_int(c->now_ms)}, 2));
    TRY(store_column_blob(stored, sizeof stored, &row[0]));
    if (!ct_equal(hash, stored, sizeof hash))
        return ERR_UNAUTHENTICATED;
    *first = row[1].type == STORE_NULL;
    return *first ? ERR_OK : store_column_id(operator_id, &row[1]);
}

void console_link_add_used(call *c, store_unit *unit, const uint8_t id[16])
{
    store_unit_add(unit, 1, ERR_UNAUTHENTICATED,
                   "UPDATE console_link SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2",
                   (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
}

err console_link_use(call *c, const char *text, const char **cookie)
{
    uint8_t id[16], operator_id[16];
    bool first;
    TRY(console_link_find(c, text, id, operator_id, &first));
    if (first)
        return ERR_UNAUTHENTICATED;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    console_link_add_used(c, unit, id);
    TRY(console_session_begin(c, unit, operator_id, "link", cookie));
    return call_commit(c, unit);
}
