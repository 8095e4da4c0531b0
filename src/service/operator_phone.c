#include "service/operator_phone.h"

#include <string.h>

#include "service/column.h"
#include "service/console_session.h"
#include "service/internal.h"

enum { LISTED = 100 };

/* $1 the operator, $2 his user. A key that is destroyed signs nothing more. */
#define PHONE                                                                                                          \
    "SELECT n.id, d.name, d.platform, k.state, d.created_at, p.how, p.added_at FROM enrolment n "                      \
    "JOIN device d ON d.id = n.device_id JOIN device_key k ON k.enrolment_id = n.id AND k.state <> 'destroyed' "       \
    "LEFT JOIN operator_phone p ON p.enrolment_id = n.id AND p.operator_id = $1 "                                      \
    "WHERE n.user_id = $2 AND n.state = 'enrolled' "

static err read_phone(const store_value *v, operator_phone *out)
{
    *out = (operator_phone){.name = column_text(&v[1]),
                            .platform = column_text(&v[2]),
                            .key_state = column_text(&v[3]),
                            .enrolled_ms = column_int(&v[4]),
                            .how = column_text(&v[5]),
                            .added_ms = column_int(&v[6])};
    return store_column_id(out->id, &v[0]);
}

err operator_phone_list(call *c, const operator_phone **out, size_t *n)
{
    store_result rows;
    TRY(store_query(
        c->service->options.store, c->arena, &rows, PHONE "ORDER BY n.id DESC LIMIT $3",
        (store_value[]){store_id(c->console->operator_id), store_id(c->console->user_id), store_int(LISTED)}, 3));
    operator_phone *list = arena_alloc(c->arena, rows.rows * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_phone(rows.values + i * rows.columns, &list[i]));
    *out = list;
    *n = rows.rows;
    return ERR_OK;
}

err operator_phone_offer(call *c, int64_t ttl_seconds, enrolment_offer *out)
{
    return enrolment_offer_create(c, c->console->user_id, ttl_seconds, out);
}

static err load(call *c, const uint8_t id[16], operator_phone *out)
{
    const store_value *row;
    c->subject = call_subject(c, "operator", c->console->operator_id);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND, PHONE "AND n.id = $3",
                        (store_value[]){store_id(c->console->operator_id), store_id(c->console->user_id), store_id(id)},
                        3));
    TRY(read_phone(row, out));
    c->detail = call_subject(c, "enrolment", id);
    return c->subject && c->detail ? ERR_OK : ERR_MEMORY;
}

err operator_phone_confirm(call *c, const uint8_t id[16])
{
    operator_phone phone;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(load(c, id, &phone));
    if (!console_session_is_fresh(c))
        return ERR_LOGIN_OLD;
    if (!phone.how)
        store_unit_add(unit, STORE_ANY, ERR_OK,
                       "INSERT INTO operator_phone (operator_id, enrolment_id, how, added_at) "
                       "VALUES ($1, $2, 'confirmed', $3) ON CONFLICT DO NOTHING",
                       (store_value[]){store_id(c->console->operator_id), store_id(id), store_int(c->now_ms)}, 3);
    return call_commit(c, unit);
}

err operator_phone_remove(call *c, const uint8_t id[16])
{
    operator_phone phone;
    store_value whose[] = {store_id(c->console->operator_id), store_id(id)};
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(load(c, id, &phone));
    store_unit_add(unit, 1, ERR_NOT_FOUND, "DELETE FROM operator_phone WHERE operator_id = $1 AND enrolment_id = $2",
                   whose, 2);
    /* Whoever has the phone may sit in any of his sessions. */
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_session SET ended_at = $2 WHERE operator_id = $1 AND method = 'scan' AND "
                   "ended_at IS NULL",
                   (store_value[]){store_id(c->console->operator_id), store_int(c->now_ms)}, 2);
    return call_commit(c, unit);
}

/* ---- what a unit adds ---- */

void operator_phone_add_enrolment(const call *c, store_unit *unit, const uint8_t user_id[16],
                                  const uint8_t enrolment_id[16])
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "INSERT INTO operator_phone (operator_id, enrolment_id, how, added_at) "
                   "SELECT id, $2, 'enrolled', $3 FROM operator WHERE user_id = $1 AND state <> 'removed'",
                   (store_value[]){store_id(user_id), store_id(enrolment_id), store_int(c->now_ms)}, 3);
}

void operator_phone_add_scan(store_unit *unit, const uint8_t user_id[16], const uint8_t scan_id[16])
{
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "UPDATE scan SET operator_id = (SELECT id FROM operator WHERE user_id = $1 AND state <> 'removed') "
                   "WHERE id = $2",
                   (store_value[]){store_id(user_id), store_id(scan_id)}, 2);
}

void operator_phone_add_scanned(const call *c, store_unit *unit, const uint8_t scan_id[16],
                                const uint8_t enrolment_id[16])
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "INSERT INTO operator_phone (operator_id, enrolment_id, how, added_at) "
                   "SELECT o.id, $2, 'enrolled', $3 FROM scan s JOIN operator o ON o.id = s.operator_id "
                   "WHERE s.id = $1 AND o.state <> 'removed'",
                   (store_value[]){store_id(scan_id), store_id(enrolment_id), store_int(c->now_ms)}, 3);
}

void operator_phone_add_rekeyed(store_unit *unit, const uint8_t key_id[16], const uint8_t enrolment_id[16])
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "INSERT INTO operator_phone (operator_id, enrolment_id, how, added_at) "
                   "SELECT p.operator_id, $2, p.how, p.added_at FROM device_key k "
                   "JOIN operator_phone p ON p.enrolment_id = k.enrolment_id WHERE k.id = $1 ON CONFLICT DO NOTHING",
                   (store_value[]){store_id(key_id), store_id(enrolment_id)}, 2);
}

/* ---- at a login ---- */

err operator_phone_check(call *c, const uint8_t operator_id[16])
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT 1 FROM operator_phone WHERE operator_id = $1 AND enrolment_id = $2",
                    (store_value[]){store_id(operator_id), store_id(c->actor_id)}, 2));
    return rows.rows > 0 ? ERR_OK
                         : fault_set(&c->fault, ERR_FORBIDDEN,
                                     "这部手机尚未用于登录控制台：请先以其他方式登录，在“我的账户”中确认 / "
                                     "this phone opens no console yet: log in another way and confirm it there");
}

void operator_phone_require(store_unit *unit, const uint8_t operator_id[16], const uint8_t login_id[16])
{
    store_unit_add(unit, 1, ERR_UNAUTHENTICATED,
                   "SELECT p.enrolment_id FROM signature g JOIN device_key k ON k.id = g.key_id "
                   "JOIN operator_phone p ON p.enrolment_id = k.enrolment_id "
                   "WHERE g.task_id = $1 AND p.operator_id = $2",
                   (store_value[]){store_id(login_id), store_id(operator_id)}, 2);
}
