#include "service/user_read.h"

#include <string.h>

#include "service/column.h"
#include "service/internal.h"

/* As many users as one statement asks for; what is left over is NULL, which is nobody's id. */
enum { AT_ONCE = 20 };
#define THESE "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"

static err read_user(const store_value *v, user *u)
{
    memset(u, 0, sizeof *u);
    TRY(store_column_id(u->id, &v[0]));
    u->staff_no = column_text(&v[1]);
    u->name = column_text(&v[2]);
    u->state = column_text(&v[3]);
    u->created_ms = column_int(&v[4]);
    u->updated_ms = column_int(&v[5]);
    u->certificates = column_text(&v[6]);
    u->version = column_int(&v[7]);
    u->seal_version = column_int(&v[8]);
    u->updated_by = column_text(&v[9]);
    return u->staff_no && u->name && u->state && u->certificates ? ERR_OK : ERR_CORRUPT;
}

static user *whose(user *users, size_t n, const store_value *id)
{
    for (size_t i = 0; i < n; i++)
        if (id->type == STORE_BLOB && id->n == 16 && memcmp(users[i].id, id->p, 16) == 0)
            return &users[i];
    return NULL;
}

/* What hangs on some users: rows (user id, ...), those of one user together. Each `attach` puts one row into its place `at`. */
typedef err (*attach)(call *c, user *u, void *all, size_t at, const store_value *row);

static err attach_department(call *c, user *u, void *all, size_t at, const store_value *row)
{
    (void)c;
    const char **names = all;
    names[at] = column_text(&row[1]);
    if (u->departments_n++ == 0)
        u->departments = names + at;
    return names[at] ? ERR_OK : ERR_CORRUPT;
}

static err attach_alias(call *c, user *u, void *all, size_t at, const store_value *row)
{
    (void)c;
    user_alias *alias = (user_alias *)all + at;
    TRY(store_column_id(alias->system_id, &row[1]));
    alias->system = column_text(&row[2]);
    alias->external_id = column_text(&row[3]);
    if (u->aliases_n++ == 0)
        u->aliases = alias;
    return alias->system && alias->external_id ? ERR_OK : ERR_CORRUPT;
}

static err attach_attribute(call *c, user *u, void *all, size_t at, const store_value *row)
{
    (void)c;
    user_attribute *attribute = (user_attribute *)all + at;
    *attribute = (user_attribute){column_text(&row[1]), column_text(&row[2])};
    if (u->attributes_n++ == 0)
        u->attributes = attribute;
    return attribute->name && attribute->value ? ERR_OK : ERR_CORRUPT;
}

static err attach_all(call *c, user *users, size_t n, size_t size, attach one, const char *sql)
{
    store_value ids[AT_ONCE];
    store_result rows;
    for (size_t i = 0; i < AT_ONCE; i++)
        ids[i] = i < n ? store_id(users[i].id) : store_null();
    TRY(store_query(c->service->options.store, c->arena, &rows, sql, ids, AT_ONCE));
    void *all = arena_alloc(c->arena, rows.rows * size);
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *row = rows.values + i * rows.columns;
        user *u = whose(users, n, &row[0]);
        if (!u)
            return ERR_CORRUPT;
        TRY(one(c, u, all, i, row));
    }
    return ERR_OK;
}

static err attach_what_hangs_on(call *c, user *users, size_t n)
{
    TRY(attach_all(c, users, n, sizeof(const char *), attach_department,
                   "SELECT user_id, department FROM user_department WHERE user_id IN " THESE
                   " ORDER BY user_id, place"));
    TRY(attach_all(c, users, n, sizeof(user_alias), attach_alias,
                   "SELECT a.user_id, a.system_id, s.name, a.external_id FROM user_alias a "
                   "JOIN system s ON s.id = a.system_id WHERE a.user_id IN " THESE
                   " ORDER BY a.user_id, a.system_id, a.external_id"));
    return attach_all(c, users, n, sizeof(user_attribute), attach_attribute,
                      "SELECT user_id, name, value FROM user_attribute WHERE user_id IN " THESE
                      " ORDER BY user_id, name");
}

err user_read_rows(call *c, const store_result *rows, user **out)
{
    user *users = arena_alloc(c->arena, rows->rows * sizeof *users);
    if (!users)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows->rows; i++)
        TRY(read_user(rows->values + i * rows->columns, &users[i]));
    for (size_t i = 0; i < rows->rows; i += AT_ONCE)
        TRY(attach_what_hangs_on(c, users + i, rows->rows - i < AT_ONCE ? rows->rows - i : AT_ONCE));
    *out = users;
    return ERR_OK;
}
