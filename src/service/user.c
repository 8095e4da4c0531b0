#include "service/user.h"

#include <string.h>

#include "os/entropy.h"
#include "service/internal.h"
#include "service/operator.h"
#include "service/user_check.h"
#include "service/user_read.h"
#include "service/user_write.h"

/* As the user is now: found by the idempotency key that made it. */
static err answer_repeated(call *c, const user_request *r, user *out, bool *repeated)
{
    uint8_t id[16];
    TRY(idempotency_find(c, &r->once, id, repeated));
    if (!*repeated)
        return ERR_OK;
    TRY(user_get(c, id, out));
    out->repeated = true;
    c->subject = call_subject(c, "user", id);
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}

static err check(call *c, const user_fields *fields)
{
    user_problems problems = {0};
    TRY(user_check(c, fields, &problems));
    return user_problem_fault(c, &problems);
}

/* Which unique value it was that another person has. */
static err who_has(call *c, const char *staff_no)
{
    const store_value *row;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                            "SELECT id FROM app_user WHERE staff_no = $1", (store_value[]){store_text(staff_no)}, 1);
    if (e == ERR_USER_NOT_FOUND)
        return fault_field(&c->fault, ERR_EXISTS, "aliases");
    return e == ERR_OK ? fault_field(&c->fault, ERR_USER_EXISTS, "staff_no") : e;
}

err user_create(call *c, const user_request *r, user *out)
{
    uint8_t id[16];
    bool repeated;
    TRY(answer_repeated(c, r, out, &repeated));
    if (repeated)
        return ERR_OK;
    TRY(check(c, &(user_fields){.staff_no = r->staff_no,
                                .name = r->name,
                                .departments = r->departments,
                                .departments_n = r->departments_n,
                                .aliases = r->aliases,
                                .aliases_n = r->aliases_n,
                                .attributes = r->attributes,
                                .attributes_n = r->attributes_n}));
    TRY(uuid7_create(id));
    c->subject = call_subject(c, "user", id);
    c->detail = arena_printf(c->arena, "staff_no=%s", r->staff_no);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO app_user (id, staff_no, name, state, created_at, updated_at, updated_by) "
                   "VALUES ($1, $2, $3, 'active', $4, $4, " USER_WRITE_BY("$5", "$6") ")",
                   (store_value[]){store_id(id), store_text(r->staff_no), store_text(r->name), store_int(c->now_ms),
                                   user_write_by(c), store_text(c->actor_text)},
                   6);
    user_write_departments(unit, id, r->departments, r->departments_n);
    user_write_aliases(unit, id, NULL, r->aliases, r->aliases_n);
    user_write_attributes(unit, id, r->attributes, r->attributes_n);
    idempotency_add(c, unit, &r->once, id);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS) {
        /* The same key came twice at the same moment, or another has the staff number or an alias. */
        TRY(answer_repeated(c, r, out, &repeated));
        return repeated ? ERR_OK : who_has(c, r->staff_no);
    }
    TRY(e == ERR_SYSTEM_NOT_FOUND ? fault_field(&c->fault, e, "aliases") : e);
    return user_get(c, id, out);
}

err user_get(call *c, const uint8_t id[16], user *out)
{
    store_result rows;
    user *users;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " USER_READ_COLUMNS " FROM " USER_READ_FROM " WHERE u.id = $1",
                    (store_value[]){store_id(id)}, 1));
    if (rows.rows == 0)
        return ERR_USER_NOT_FOUND;
    TRY(user_read_rows(c, &rows, &users));
    *out = users[0];
    return ERR_OK;
}

static const char *what_changes(arena *a, const user_change *change)
{
    return arena_printf(a, "%s%s%s%s%s%s%s%s%s", change->name ? "name " : "",
                        change->has_departments ? "departments " : "", change->has_aliases ? "aliases " : "",
                        change->has_attributes ? "attributes " : "", change->state ? "state=" : "",
                        change->state ? change->state : "", change->state && change->certificates ? " " : "",
                        change->certificates ? "certificates=" : "", change->certificates ? change->certificates : "");
}

err user_update(call *c, const uint8_t id[16], const user_change *change, user *out)
{
    c->subject = call_subject(c, "user", id);
    TRY(check(c, &(user_fields){.name = change->name,
                                .state = change->state,
                                .certificates = change->certificates,
                                .departments = change->has_departments ? change->departments : NULL,
                                .departments_n = change->departments_n,
                                .aliases = change->has_aliases ? change->aliases : NULL,
                                .aliases_n = change->aliases_n,
                                .attributes = change->has_attributes ? change->attributes : NULL,
                                .attributes_n = change->attributes_n}));
    c->detail = what_changes(c->arena, change);
    bool suspends = change->state && strcmp(change->state, "suspended") == 0;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_USER_NOT_FOUND, "SELECT id FROM app_user WHERE id = $1", (store_value[]){store_id(id)},
                   1);
    if (suspends)
        operator_guard_suspension(c, unit, id);
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE app_user SET name = coalesce($2, name), state = coalesce($3, state), "
                   "certificates = coalesce($5, certificates), updated_at = $4, version = version + 1, "
                   "updated_by = " USER_WRITE_BY("$7", "$8") " WHERE id = $1 AND (version = $6 OR $6 = 0)",
                   (store_value[]){store_id(id), store_text(change->name), store_text(change->state),
                                   store_int(c->now_ms), store_text(change->certificates), store_int(change->version),
                                   user_write_by(c), store_text(c->actor_text)},
                   8);
    if (change->has_departments)
        user_write_departments(unit, id, change->departments, change->departments_n);
    if (change->has_aliases)
        user_write_aliases(unit, id, c->actor == ACTOR_SYSTEM ? c->actor_id : NULL, change->aliases, change->aliases_n);
    if (change->has_attributes)
        user_write_attributes(unit, id, change->attributes, change->attributes_n);
    if (suspends)
        operator_suspended_user(c, unit, id);
    call_wake(c, id); /* the channels of one who is suspended end */
    err e = call_commit(c, unit);
    TRY(e == ERR_EXISTS || e == ERR_SYSTEM_NOT_FOUND ? fault_field(&c->fault, e, "aliases") : e);
    return user_get(c, id, out);
}
