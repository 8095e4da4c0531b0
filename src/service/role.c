#include "service/role.h"

#include <string.h>

#include "base/text.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/console_session.h"
#include "service/operator_token.h"

#define ROLE_COLUMNS "r.id, r.name, r.permissions, r.version, r.created_at, r.updated_at"

static const char *const operators_of_role = "SELECT count(*) FROM operator WHERE state <> 'removed' AND role = $1";

err role_permissions(const char *built_in, const char *own, uint64_t *out)
{
    *out = 0;
    if (!built_in)
        return !own ? ERR_CORRUPT : *own == '\0' ? ERR_OK : permission_parse(own, out);
    for (permission_role i = 0; i < ROLE_COUNT; i++)
        if (strcmp(permission_role_name(i), built_in) == 0) {
            *out = permission_of_role(i);
            return ERR_OK;
        }
    return ERR_CORRUPT;
}

static role built_in_role(permission_role i)
{
    return (role){.built_in = true,
                  .text = permission_role_name(i),
                  .name = permission_role_name(i),
                  .permissions = permission_of_role(i),
                  .version = 1};
}

static err read_role(call *c, const store_value *v, role *out)
{
    char text[UUID_TEXT];
    *out = (role){.name = column_text(&v[1]),
                  .version = column_int(&v[3]),
                  .created_ms = column_int(&v[4]),
                  .updated_ms = column_int(&v[5]),
                  .operators = column_int(&v[6])};
    TRY(store_column_id(out->id, &v[0]));
    uuid_encode(text, out->id);
    out->text = arena_text(c->arena, text, UUID_TEXT - 1);
    return out->text ? role_permissions(NULL, column_text(&v[2]), &out->permissions) : ERR_MEMORY;
}

static err count_built_in(call *c, role *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL, operators_of_role,
                        (store_value[]){store_text(out->text)}, 1));
    out->operators = column_int(&row[0]);
    return ERR_OK;
}

err role_list(call *c, const role **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " ROLE_COLUMNS ", (SELECT count(*) FROM operator o WHERE o.role_id = r.id AND "
                    "o.state <> 'removed') FROM role r ORDER BY r.name LIMIT $1",
                    (store_value[]){store_int(ROLES_MAX)}, 1));
    role *list = arena_alloc(c->arena, (ROLE_COUNT + rows.rows) * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (permission_role i = 0; i < ROLE_COUNT; i++) {
        list[i] = built_in_role(i);
        TRY(count_built_in(c, &list[i]));
    }
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_role(c, rows.values + i * rows.columns, &list[ROLE_COUNT + i]));
    *out = list;
    *n = ROLE_COUNT + rows.rows;
    return ERR_OK;
}

err role_find(call *c, const char *text, role *out)
{
    uint8_t id[16];
    const store_value *row;
    for (permission_role i = 0; i < ROLE_COUNT; i++)
        if (strcmp(permission_role_name(i), text) == 0) {
            *out = built_in_role(i);
            return count_built_in(c, out);
        }
    if (uuid_decode(id, text, strlen(text)) != ERR_OK)
        return ERR_NOT_FOUND;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT " ROLE_COLUMNS ", (SELECT count(*) FROM operator o WHERE o.role_id = r.id AND "
                        "o.state <> 'removed') FROM role r WHERE r.id = $1",
                        (store_value[]){store_id(id)}, 1));
    return read_role(c, row, out);
}

static err check_name(call *c, const char *name)
{
    size_t n = utf8_length(name, strlen(name));
    if (n < 1 || n > ROLE_NAME_MAX)
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "name");
    for (permission_role i = 0; i < ROLE_COUNT; i++)
        if (strcmp(permission_role_name(i), name) == 0)
            return fault_field(&c->fault, ERR_EXISTS, "name");
    return ERR_OK;
}

static err check_permissions(call *c, uint64_t permissions)
{
    if (permissions & ~PERMISSION_ALL)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "permissions");
    return permission_is_separate(permissions) ? ERR_OK : fault_field(&c->fault, ERR_SEPARATION, "permissions");
}

static err check_room(call *c)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL, "SELECT count(*) FROM role", NULL, 0));
    return column_int(&row[0]) < ROLES_MAX ? ERR_OK : ERR_LIMIT;
}

err role_create(call *c, const char *name, uint64_t permissions, role *out)
{
    uint8_t id[16];
    char text[UUID_TEXT];
    TRY(check_name(c, name));
    TRY(check_permissions(c, permissions));
    TRY(check_room(c));
    TRY(uuid7_create(id));
    uuid_encode(text, id);
    const char *names = permission_text(c->arena, permissions);
    c->subject = call_subject(c, "role", id);
    store_unit *unit = store_unit_begin(c->arena);
    if (!names || !c->subject || !unit)
        return ERR_MEMORY;
    c->detail = arena_printf(c->arena, "name=%s permissions=%s", name, names);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO role (id, name, permissions, version, created_at, updated_at) "
                   "VALUES ($1, $2, $3, 1, $4, $4)",
                   (store_value[]){store_id(id), store_text(name), store_text(names), store_int(c->now_ms)}, 4);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS)
        return fault_field(&c->fault, e, "name");
    TRY(e);
    return role_find(c, text, out);
}

/* The role of whoever asks, or approves, is not his to change. */
static err check_own(call *c, const role *r)
{
    return console_session_concerns(c, NULL, r->text) ? ERR_OWN_ROLE : ERR_OK;
}

err role_update(call *c, const char *text, const role_change *change, role *out)
{
    role before;
    c->subject = arena_printf(c->arena, "role:%s", text);
    TRY(role_find(c, text, &before));
    if (before.built_in)
        return fault_set(&c->fault, ERR_FORBIDDEN, "a built-in role is not changed");
    if (change->version && change->version != before.version)
        return ERR_STALE;
    if (change->name)
        TRY(check_name(c, change->name));
    if (change->has_permissions)
        TRY(check_permissions(c, change->permissions));
    TRY(check_own(c, &before));
    uint64_t permissions = change->has_permissions ? change->permissions : before.permissions;
    const char *names = permission_text(c->arena, permissions);
    const char *name = change->name ? change->name : before.name;
    store_unit *unit = store_unit_begin(c->arena);
    if (!names || !unit)
        return ERR_MEMORY;
    c->detail = arena_printf(c->arena, "name=%s permissions=%s", name, names);
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE role SET name = $2, permissions = $3, version = version + 1, updated_at = $4 "
                   "WHERE id = $1 AND version = $5",
                   (store_value[]){store_id(before.id), store_text(name), store_text(names), store_int(c->now_ms),
                                   store_int(before.version)},
                   5);
    if (before.permissions & PERMISSION_BIT(PERMISSION_OPERATORS_MANAGE))
        operator_keep_administrator(unit);
    operator_token_add_end(unit, c->now_ms);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS)
        return fault_field(&c->fault, e, "name");
    TRY(e);
    return role_find(c, text, out);
}

err role_delete(call *c, const char *text)
{
    role before;
    c->subject = arena_printf(c->arena, "role:%s", text);
    TRY(role_find(c, text, &before));
    if (before.built_in)
        return fault_set(&c->fault, ERR_FORBIDDEN, "a built-in role is not deleted");
    c->detail = arena_printf(c->arena, "name=%s", before.name);
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->detail || !unit)
        return ERR_MEMORY;
    /* Operators that were removed keep no role of the hospital's own alive. */
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE operator SET role = 'removed', role_id = NULL WHERE role_id = $1 AND state = 'removed'",
                   (store_value[]){store_id(before.id)}, 1);
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "DELETE FROM role WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM operator WHERE role_id = $1)",
                   (store_value[]){store_id(before.id)}, 1);
    return call_commit(c, unit);
}
