#include "service/operator.h"

#include <string.h>

#include "base/text.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/console_link.h"
#include "service/console_session.h"
#include "service/crl.h"
#include "service/internal.h"
#include "service/operator_certificate.h"
#include "service/operator_token.h"
#include "service/user.h"

/* One list of columns for every reading of an operator; read_operator knows their order. $1 is now. */
#define SETUP(column)                                                                                                  \
    "(SELECT l." column " FROM console_link l WHERE l.operator_id = o.id AND l.code_hash IS NOT NULL AND "             \
    "l.used_at IS NULL AND l.expires_at > $1 ORDER BY l.id DESC LIMIT 1)"
#define OPERATOR                                                                                                       \
    "SELECT o.id, o.user_id, u.staff_no, u.name, u.state, o.state, o.role, o.role_id, r.name, r.permissions, "         \
    "o.version, o.created_at, o.updated_at, "                                                                          \
    "(SELECT max(s.seen_at) FROM console_session s WHERE s.operator_id = o.id), "                                      \
    "(SELECT count(*) FROM operator_certificate k WHERE k.operator_id = o.id AND k.state = 'active' AND "              \
    "k.not_after > $1), "                                                                                              \
    "(SELECT count(*) FROM operator_phone p JOIN enrolment n ON n.id = p.enrolment_id AND n.state = 'enrolled' "       \
    "JOIN device_key k ON k.enrolment_id = n.id AND k.state = 'active' JOIN certificate x ON x.key_id = k.id "         \
    "AND x.state = 'active' AND x.not_after > $1 WHERE p.operator_id = o.id), "                                        \
    SETUP("expires_at") ", " SETUP("asked_by") " "                                                                     \
    "FROM operator o JOIN app_user u ON u.id = o.user_id LEFT JOIN role r ON r.id = o.role_id WHERE "

static err read_role(call *c, const store_value *v, role *out)
{
    const char *built_in = column_text(&v[0]);
    *out = (role){.built_in = built_in != NULL, .text = built_in, .name = built_in, .version = 1};
    if (!built_in) {
        char text[UUID_TEXT];
        TRY(store_column_id(out->id, &v[1]));
        uuid_encode(text, out->id);
        out->text = arena_text(c->arena, text, UUID_TEXT - 1);
        out->name = column_text(&v[2]);
        if (!out->text)
            return ERR_MEMORY;
    }
    return role_permissions(built_in, column_text(&v[3]), &out->permissions);
}

static err read_operator(call *c, const store_value *v, console_operator *out)
{
    *out = (console_operator){.staff_no = column_text(&v[2]),
                              .name = column_text(&v[3]),
                              .user_state = column_text(&v[4]),
                              .state = column_text(&v[5]),
                              .version = column_int(&v[10]),
                              .created_ms = column_int(&v[11]),
                              .updated_ms = column_int(&v[12]),
                              .seen_ms = column_int(&v[13]),
                              .certificates = column_int(&v[14]),
                              .phones = column_int(&v[15]),
                              .setup_ms = column_int(&v[16])};
    TRY(store_column_id(out->id, &v[0]));
    TRY(store_column_id(out->user_id, &v[1]));
    if (v[17].type != STORE_NULL)
        TRY(store_column_id(out->setup_by, &v[17]));
    return read_role(c, v + 6, &out->role);
}

err operator_get(call *c, const uint8_t id[16], console_operator *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_OPERATOR_NOT_FOUND,
                        OPERATOR "o.id = $2 AND o.state <> 'removed'",
                        (store_value[]){store_int(c->now_ms), store_id(id)}, 2));
    return read_operator(c, row, out);
}

err operator_list(call *c, const operator_filter *filter, const console_operator **out, size_t *n)
{
    static const uint8_t least[16];
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    OPERATOR "o.id > $2 AND o.state <> 'removed' AND (u.staff_no = $3 OR $3 IS NULL) ORDER BY o.id "
                             "LIMIT $4",
                    (store_value[]){store_int(c->now_ms), store_id(filter->after ? filter->after : least),
                                    store_text(filter->staff_no), store_int(filter->limit)},
                    4));
    console_operator *list = arena_alloc(c->arena, rows.rows * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_operator(c, rows.values + i * rows.columns, &list[i]));
    *out = list;
    *n = rows.rows;
    return ERR_OK;
}

err operator_count_with(call *c, uint64_t permissions, const uint8_t *except, int64_t *n)
{
    store_result rows;
    *n = 0;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT o.id, o.role, r.permissions FROM operator o LEFT JOIN role r ON r.id = o.role_id "
                    "WHERE o.state = 'active'",
                    NULL, 0));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        uint64_t his;
        TRY(role_permissions(column_text(&v[1]), column_text(&v[2]), &his));
        bool excepted = except && v[0].n == 16 && memcmp(v[0].p, except, 16) == 0;
        *n += his & permissions && !excepted;
    }
    return ERR_OK;
}

err operator_none(call *c, bool *none)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id FROM operator WHERE state <> 'removed' LIMIT 1", NULL, 0));
    *none = rows.rows == 0;
    return ERR_OK;
}

void operator_keep_administrator(store_unit *unit)
{
    store_unit_add(unit, 1, ERR_LAST_ADMINISTRATOR, OPERATOR_MANAGERS " LIMIT 1", NULL, 0);
}

#define KEPT_USER                                                                                                      \
    "SELECT o.id FROM operator o JOIN app_user u ON u.id = o.user_id WHERE o.user_id = $1 AND o.state = 'active' AND " \
    "u.state = 'active'"

void operator_guard_suspension(const call *c, store_unit *unit, const uint8_t user_id[16])
{
    if (!c->own_socket)
        store_unit_add(unit, 0, ERR_USER_OPERATOR, KEPT_USER, (store_value[]){store_id(user_id)}, 1);
}

err operator_keeps_user(call *c, const uint8_t user_id[16], bool *keeps)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows, KEPT_USER, (store_value[]){store_id(user_id)}, 1));
    *keeps = !c->own_socket && rows.rows > 0;
    return ERR_OK;
}

void operator_suspended_user(const call *c, store_unit *unit, const uint8_t user_id[16])
{
    console_session_end_of_user(unit, user_id, c->now_ms);
    store_unit_add(unit, 0, ERR_LAST_ADMINISTRATOR,
                   "SELECT p.id FROM operator p LEFT JOIN role q ON q.id = p.role_id WHERE p.user_id = $1 "
                   "AND " OPERATOR_MANAGES("p", "q") " AND NOT EXISTS (" OPERATOR_MANAGERS ")",
                   (store_value[]){store_id(user_id)}, 1);
    operator_token_add_end(unit, c->now_ms);
}

/* ---- his phones ---- */

void operator_guard_phone(const call *c, store_unit *unit, const uint8_t user_id[16])
{
    bool own = c->console && memcmp(c->console->user_id, user_id, 16) == 0;
    if (!(own && console_session_is_fresh(c)) && !c->own_socket)
        store_unit_add(unit, 0, own ? ERR_LOGIN_OLD : ERR_FORBIDDEN,
                       "SELECT id FROM operator WHERE user_id = $1 AND state <> 'removed' LIMIT 1",
                       (store_value[]){store_id(user_id)}, 1);
}

err operator_phone_fault(call *c, err e)
{
    return e == ERR_FORBIDDEN ? fault_set(&c->fault, e,
                                          "此人是操作员，只能由本人登录后 15 分钟内或在服务器上发起 / "
                                          "an operator: he himself, within 15 minutes of a login, or on the server")
                              : e;
}

/* ---- making ---- */

static err find_role(call *c, const char *text, role *out)
{
    err e = role_find(c, text, out);
    return e == ERR_NOT_FOUND ? fault_field(&c->fault, ERR_FIELD_VALUE, "role") : e;
}

static err user_by_staff_no(call *c, const char *staff_no, const char *name, uint8_t id[16])
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT id, state, name FROM app_user WHERE staff_no = $1",
                        (store_value[]){store_text(staff_no)}, 1));
    TRY(store_column_id(id, &row[0]));
    if (strcmp(column_text(&row[1]), "active") != 0)
        return ERR_USER_SUSPENDED;
    return !name || strcmp(column_text(&row[2]), name) == 0 ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "name");
}

/* His user is made by an act of its own, which is neither the approved one nor its audit row, nor what a key stands for. */
static err make_user(call *c, const char *staff_no, const char *name, uint8_t id[16])
{
    user made;
    const char *event = c->audit_event;
    struct call_approval *approval = c->approval;
    struct call_once *once = c->once;
    c->audit_event = "user.create";
    c->approval = NULL;
    c->once = NULL;
    err e = user_create(c, &(user_request){.staff_no = staff_no, .name = name}, &made);
    c->audit_event = event;
    c->approval = approval;
    c->once = once;
    TRY(e);
    c->recorded = false;
    memcpy(id, made.id, 16);
    return ERR_OK;
}

err operator_create(call *c, const char *staff_no, const char *name, const char *role_text, console_operator *out)
{
    uint8_t id[16], user_id[16];
    role r;
    console_setup *setup = arena_alloc(c->arena, sizeof *setup);
    if (!setup)
        return ERR_MEMORY;
    TRY(find_role(c, role_text, &r));
    err e = user_by_staff_no(c, staff_no, name, user_id);
    if (e == ERR_USER_NOT_FOUND && name)
        e = make_user(c, staff_no, name, user_id);
    TRY(e);
    TRY(uuid7_create(id));
    c->subject = call_subject(c, "operator", id);
    c->detail = arena_printf(c->arena, "staff_no=%s role=%s", staff_no, r.name);
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->subject || !c->detail || !unit)
        return ERR_MEMORY;
    operator_add(c, unit, id, user_id, &r);
    TRY(console_link_add_setup(c, unit, id, setup));
    e = call_commit(c, unit);
    if (e == ERR_EXISTS)
        return fault_field(&c->fault, e, "staff_no");
    TRY(e);
    TRY(operator_get(c, id, out));
    out->setup_code = *setup->code ? setup->code : NULL;
    return ERR_OK;
}

void operator_add(call *c, store_unit *unit, const uint8_t id[16], const uint8_t user_id[16], const role *r)
{
    if (!r->built_in) /* it may be gone by then, or be another's */
        store_unit_add(unit, 1, ERR_STALE, "SELECT id FROM role WHERE id = $1 AND version = $2",
                       (store_value[]){store_id(r->id), store_int(r->version)}, 2);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO operator (id, user_id, role, role_id, state, version, created_at, updated_at) "
                   "VALUES ($1, $2, $3, $4, 'active', 1, $5, $5)",
                   (store_value[]){store_id(id), store_id(user_id), store_text(r->built_in ? r->text : NULL),
                                   store_id(r->built_in ? NULL : r->id), store_int(c->now_ms)},
                   5);
    /* What was given out while he was none would be a way in for whoever has it. */
    store_value whose[] = {store_id(user_id), store_int(c->now_ms)};
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE enrolment SET state = 'closed' WHERE user_id = $1 AND state IN ('offered', 'open')", whose,
                   1);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE scan SET state = 'cancelled', finished_at = $2 WHERE user_id = $1 AND kind = 'enrol' AND "
                   "state = 'open' AND finished_at IS NULL",
                   whose, 2);
}

/* ---- changing ---- */

static bool manages_operators(const console_operator *o)
{
    return strcmp(o->state, "active") == 0 && strcmp(o->user_state, "active") == 0 &&
           o->role.permissions & PERMISSION_BIT(PERMISSION_OPERATORS_MANAGE);
}

static err check_change(call *c, const operator_change *change, const console_operator *before, role *r)
{
    *r = before->role;
    if (change->version && change->version != before->version)
        return ERR_STALE;
    if (change->state && strcmp(change->state, "active") != 0 && strcmp(change->state, "suspended") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    return change->role ? find_role(c, change->role, r) : ERR_OK;
}

err operator_update(call *c, const uint8_t id[16], const operator_change *change, console_operator *out)
{
    console_operator before;
    role r;
    c->subject = call_subject(c, "operator", id);
    TRY(operator_get(c, id, &before));
    TRY(check_change(c, change, &before, &r));
    if (console_session_concerns(c, before.id, NULL))
        return ERR_OWN_ROLE;
    const char *state = change->state ? change->state : before.state;
    c->detail = arena_printf(c->arena, "staff_no=%s role=%s state=%s", before.staff_no, r.name, state);
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->detail || !unit)
        return ERR_MEMORY;
    if (!r.built_in && change->role)
        store_unit_add(unit, 1, ERR_STALE, "SELECT id FROM role WHERE id = $1 AND version = $2",
                       (store_value[]){store_id(r.id), store_int(r.version)}, 2);
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE operator SET role = $2, role_id = $3, state = $4, version = version + 1, updated_at = $5 "
                   "WHERE id = $1 AND version = $6",
                   (store_value[]){store_id(id), store_text(r.built_in ? r.text : NULL),
                                   store_id(r.built_in ? NULL : r.id), store_text(state), store_int(c->now_ms),
                                   store_int(before.version)},
                   6);
    if (manages_operators(&before))
        operator_keep_administrator(unit);
    operator_token_add_end(unit, c->now_ms);
    console_session_end_of_operator(unit, id, c->now_ms);
    TRY(call_commit(c, unit));
    return operator_get(c, id, out);
}

err operator_remove(call *c, const uint8_t id[16], int64_t version)
{
    console_operator before;
    c->subject = call_subject(c, "operator", id);
    TRY(operator_get(c, id, &before));
    if (version && version != before.version)
        return ERR_STALE;
    if (console_session_concerns(c, before.id, NULL))
        return ERR_OWN_ROLE;
    c->detail = arena_printf(c->arena, "staff_no=%s", before.staff_no);
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->detail || !unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE operator SET state = 'removed', version = version + 1, updated_at = $2 "
                   "WHERE id = $1 AND version = $3",
                   (store_value[]){store_id(id), store_int(c->now_ms), store_int(before.version)}, 3);
    if (manages_operators(&before))
        operator_keep_administrator(unit);
    operator_token_add_end(unit, c->now_ms);
    console_session_end_of_operator(unit, id, c->now_ms);
    operator_certificate_revoke_all(unit, id, c->now_ms);
    TRY(call_commit(c, unit));
    crl_refresh_after(c);
    return ERR_OK;
}
