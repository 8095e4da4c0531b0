#include "service/user.h"

#include <string.h>

#include "base/text.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/internal.h"

/* One list of columns for every reading of a user; read_user knows their order. */
#define USER_COLUMNS "u.id, u.staff_no, u.name, u.state, u.created_at, u.updated_at, u.certificates"

/* The same users, in the same order, for the listing and for its departments: $1 after, $2 staff number, $3 pattern, $4 limit. */
#define USER_PAGE_WHERE                                                                                                \
    "u.id > $1 AND (u.staff_no = $2 OR $2 IS NULL) AND (lower(u.name) LIKE $3 ESCAPE '!' OR "                          \
    "lower(u.staff_no) LIKE $3 ESCAPE '!' OR $3 IS NULL) ORDER BY u.id LIMIT $4"

/* Text for people and certificates: no control characters, no space at either end. */
static err check_text(call *c, const char *field, const char *text, size_t max)
{
    size_t n = strlen(text);
    if (!utf8_valid(text, n))
        return fault_field(&c->fault, ERR_UTF8, "%s", field);
    size_t characters = utf8_length(text, n);
    if (characters < 1 || characters > max)
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "%s", field);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
    if (text[0] == ' ' || text[n - 1] == ' ')
        return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
    return ERR_OK;
}

/* serialNumber (2.5.4.5) is a PrintableString (ITU-T X.520 6.2.9); its space is left out. */
static err check_staff_no(call *c, const char *staff_no)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+,-./:=?";
    TRY(check_text(c, "staff_no", staff_no, USER_STAFF_NO_MAX));
    if (staff_no[strspn(staff_no, allowed)] != '\0') {
        fault_field(&c->fault, ERR_FIELD_VALUE, "staff_no");
        return fault_set(&c->fault, ERR_FIELD_VALUE, "staff_no holds letters, digits and '()+,-./:=? only");
    }
    return ERR_OK;
}

static err check_departments(call *c, const char *const *departments, size_t n)
{
    if (n > USER_DEPARTMENTS)
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "departments");
    for (size_t i = 0; i < n; i++) {
        const char *field = arena_printf(c->arena, "departments[%zu]", i);
        if (!field)
            return ERR_MEMORY;
        TRY(check_text(c, field, departments[i], USER_DEPARTMENT_MAX));
        for (size_t j = 0; j < i; j++)
            if (strcmp(departments[i], departments[j]) == 0)
                return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
    }
    return ERR_OK;
}

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
    return u->staff_no && u->name && u->state && u->certificates ? ERR_OK : ERR_CORRUPT;
}

/* Gives each user the departments among rows (user id, department), which stand in the users' order. */
static err attach_departments(call *c, const store_result *rows, user *users, size_t n)
{
    const char **names = arena_alloc(c->arena, rows->rows * sizeof *names);
    if (!names)
        return ERR_MEMORY;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        users[i].departments = names + at;
        for (; at < rows->rows; at++) {
            const store_value *row = rows->values + at * rows->columns;
            int order = row[0].type == STORE_BLOB && row[0].n == 16 ? memcmp(row[0].p, users[i].id, 16) : -1;
            if (order > 0)
                break;
            names[at] = column_text(&row[1]);
            /* order < 0: a user who came in between the two reads. */
            if (order < 0)
                users[i].departments = names + at + 1;
            else
                users[i].departments_n++;
        }
    }
    return ERR_OK;
}

static void add_departments(store_unit *unit, const uint8_t id[16], const char *const *departments, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "INSERT INTO user_department (user_id, place, department) VALUES ($1, $2, $3)",
                       (store_value[]){store_id(id), store_int((int64_t)i), store_text(departments[i])}, 3);
}

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

err user_create(call *c, const user_request *r, user *out)
{
    uint8_t id[16];
    bool repeated;
    TRY(answer_repeated(c, r, out, &repeated));
    if (repeated)
        return ERR_OK;
    TRY(check_staff_no(c, r->staff_no));
    TRY(check_text(c, "name", r->name, USER_NAME_MAX));
    TRY(check_departments(c, r->departments, r->departments_n));
    TRY(uuid7_create(id));
    c->subject = call_subject(c, "user", id);
    c->detail = arena_printf(c->arena, "staff_no=%s", r->staff_no);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO app_user (id, staff_no, name, state, created_at, updated_at) "
                   "VALUES ($1, $2, $3, 'active', $4, $4)",
                   (store_value[]){store_id(id), store_text(r->staff_no), store_text(r->name), store_int(c->now_ms)},
                   4);
    add_departments(unit, id, r->departments, r->departments_n);
    idempotency_add(c, unit, &r->once, id);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS) {
        /* The same key came twice at the same moment, or another has the staff number. */
        TRY(answer_repeated(c, r, out, &repeated));
        return repeated ? ERR_OK : fault_field(&c->fault, ERR_USER_EXISTS, "staff_no");
    }
    TRY(e);
    return user_get(c, id, out);
}

err user_get(call *c, const uint8_t id[16], user *out)
{
    const store_value *row;
    store_result departments;
    store_value params[] = {store_id(id)};
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT " USER_COLUMNS " FROM app_user u WHERE u.id = $1", params, 1));
    TRY(read_user(row, out));
    TRY(store_query(c->service->options.store, c->arena, &departments,
                    "SELECT user_id, department FROM user_department WHERE user_id = $1 ORDER BY place", params, 1));
    return attach_departments(c, &departments, out, 1);
}

/* A LIKE pattern for "contains", lower case as the columns are compared: SQLite's LIKE ignores the case of ASCII letters,
 * PostgreSQL's does not. */
static const char *contains_pattern(arena *a, const char *q)
{
    size_t n = 0;
    char *pattern = arena_alloc(a, 2 * strlen(q) + 3);
    if (!pattern)
        return NULL;
    pattern[n++] = '%';
    for (; *q; q++) {
        if (*q == '%' || *q == '_' || *q == '!')
            pattern[n++] = '!';
        pattern[n++] = *q >= 'A' && *q <= 'Z' ? (char)(*q - 'A' + 'a') : *q;
    }
    pattern[n++] = '%';
    return pattern;
}

err user_list(call *c, const user_filter *filter, const user **out, size_t *n)
{
    static const uint8_t least[16];
    const char *pattern = filter->q ? contains_pattern(c->arena, filter->q) : NULL;
    if (filter->q && !pattern)
        return ERR_MEMORY;
    store_value params[] = {store_id(filter->has_after ? filter->after : least), store_text(filter->staff_no),
                            store_text(pattern), store_int(filter->limit)};
    store_result rows, departments;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " USER_COLUMNS " FROM app_user u WHERE " USER_PAGE_WHERE, params, 4));
    TRY(store_query(c->service->options.store, c->arena, &departments,
                    "SELECT d.user_id, d.department FROM user_department d WHERE d.user_id IN "
                    "(SELECT u.id FROM app_user u WHERE " USER_PAGE_WHERE ") ORDER BY d.user_id, d.place",
                    params, 4));
    user *users = arena_alloc(c->arena, rows.rows * sizeof *users);
    if (!users)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_user(rows.values + i * rows.columns, &users[i]));
    TRY(attach_departments(c, &departments, users, rows.rows));
    *out = users;
    *n = rows.rows;
    return ERR_OK;
}

static err check_change(call *c, const user_change *change)
{
    if (change->name)
        TRY(check_text(c, "name", change->name, USER_NAME_MAX));
    if (change->state && strcmp(change->state, "active") != 0 && strcmp(change->state, "suspended") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    if (change->certificates && strcmp(change->certificates, "policy") != 0 &&
        strcmp(change->certificates, "single") != 0 && strcmp(change->certificates, "many") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "certificates");
    if (change->certificates && c->actor != ACTOR_OPERATOR)
        return fault_field(&c->fault, ERR_FORBIDDEN, "certificates");
    return change->has_departments ? check_departments(c, change->departments, change->departments_n) : ERR_OK;
}

err user_update(call *c, const uint8_t id[16], const user_change *change, user *out)
{
    c->subject = call_subject(c, "user", id);
    TRY(check_change(c, change));
    c->detail =
        arena_printf(c->arena, "%s%s%s%s%s%s%s", change->name ? "name " : "",
                     change->has_departments ? "departments " : "", change->state ? "state=" : "",
                     change->state ? change->state : "", change->state && change->certificates ? " " : "",
                     change->certificates ? "certificates=" : "", change->certificates ? change->certificates : "");
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_USER_NOT_FOUND,
                   "UPDATE app_user SET name = coalesce($2, name), state = coalesce($3, state), "
                   "certificates = coalesce($5, certificates), updated_at = $4 WHERE id = $1",
                   (store_value[]){store_id(id), store_text(change->name), store_text(change->state),
                                   store_int(c->now_ms), store_text(change->certificates)},
                   5);
    if (change->has_departments) {
        store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM user_department WHERE user_id = $1",
                       (store_value[]){store_id(id)}, 1);
        add_departments(unit, id, change->departments, change->departments_n);
    }
    call_wake(c, id); /* the channels of one who is suspended end */
    TRY(call_commit(c, unit));
    return user_get(c, id, out);
}
