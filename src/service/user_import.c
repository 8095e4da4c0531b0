#include "service/user_import.h"

#include <string.h>

#include "os/entropy.h"
#include "service/internal.h"
#include "service/operator.h"
#include "service/user_read.h"
#include "service/user_write.h"

enum { AT_ONCE = 20, TRIES = 3, DETAIL_ROOM = 1800 };

/* What is to be done about a row. */
typedef struct plan {
    const user *there; /* NULL: nobody yet */
    const user_alias *aliases;
    size_t aliases_n;
    const user_attribute *attributes;
    size_t attributes_n;
    bool departments_change, aliases_change, attributes_change;
} plan;

typedef struct import {
    call *call;
    user_import_row *rows;
    plan *plans;
    size_t n;
    const user_import_options *options;
} import;

/* ---- who is there ---- */

static err find_some(import *im, size_t from, size_t n)
{
    call *c = im->call;
    store_value numbers[AT_ONCE];
    store_result rows;
    user *users;
    for (size_t i = 0; i < AT_ONCE; i++)
        numbers[i] = store_text(i < n ? im->rows[from + i].fields.staff_no : NULL);
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " USER_READ_COLUMNS " FROM " USER_READ_FROM " WHERE u.staff_no IN ($1, $2, $3, $4, $5, $6, "
                    "$7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
                    numbers, AT_ONCE));
    TRY(user_read_rows(c, &rows, &users));
    for (size_t i = from; i < from + n; i++)
        for (size_t j = 0; j < rows.rows; j++)
            if (im->rows[i].fields.staff_no && strcmp(im->rows[i].fields.staff_no, users[j].staff_no) == 0)
                im->plans[i].there = &users[j];
    return ERR_OK;
}

/* ---- what is wrong with a row beyond itself ---- */

static err check_alias(import *im, size_t at, size_t k)
{
    call *c = im->call;
    user_import_row *row = &im->rows[at];
    const user_alias *alias = &row->fields.aliases[k];
    const store_value *found;
    const char *field = arena_printf(c->arena, "aliases[%zu].external_id", k);
    const char *system = arena_printf(c->arena, "aliases[%zu].system", k);
    if (!field || !system)
        return ERR_MEMORY;
    for (size_t i = 0; i < at; i++) {
        const user_fields *other = &im->rows[i].fields;
        for (size_t j = 0; j < other->aliases_n && other->aliases_n <= USER_ALIASES; j++) {
            if (memcmp(other->aliases[j].system_id, alias->system_id, 16) == 0 &&
                strcmp(other->aliases[j].external_id, alias->external_id) == 0) {
                user_problem_add(&row->problems, ERR_EXISTS, field, arena_printf(c->arena, "row %zu has it, too", i));
                return ERR_OK;
            }
        }
    }
    err e = store_query_one(c->service->options.store, c->arena, &found, ERR_SYSTEM_NOT_FOUND,
                            "SELECT a.user_id FROM system s LEFT JOIN user_alias a ON a.system_id = s.id AND "
                            "a.external_id = $2 WHERE s.id = $1",
                            (store_value[]){store_id(alias->system_id), store_text(alias->external_id)}, 2);
    if (e == ERR_SYSTEM_NOT_FOUND) {
        user_problem_add(&row->problems, e, system, NULL);
        return ERR_OK;
    }
    TRY(e);
    bool own = im->plans[at].there && found->n == 16 && memcmp(found->p, im->plans[at].there->id, 16) == 0;
    if (found->type == STORE_BLOB && !own)
        user_problem_add(&row->problems, ERR_EXISTS, field, "it is another person's");
    return ERR_OK;
}

static bool suspends(const user_fields *f)
{
    return f->state && strcmp(f->state, "suspended") == 0;
}

static err check_suspension(import *im, size_t at)
{
    user_import_row *row = &im->rows[at];
    bool keeps = false;
    if (suspends(&row->fields) && im->plans[at].there)
        TRY(operator_keeps_user(im->call, im->plans[at].there->id, &keeps));
    if (keeps)
        user_problem_add(&row->problems, ERR_USER_OPERATOR, "state", NULL);
    return ERR_OK;
}

static err check_row(import *im, size_t at)
{
    call *c = im->call;
    user_import_row *row = &im->rows[at];
    const user_fields *f = &row->fields;
    TRY(user_check(c, f, &row->problems));
    /* A field that was there but could not be read has its problem already. */
    bool unread = false, unnamed = false;
    for (size_t i = 0; i < row->problems.n; i++) {
        unread |= strcmp(row->problems.items[i].field, "staff_no") == 0;
        unnamed |= strcmp(row->problems.items[i].field, "name") == 0;
    }
    if (!f->staff_no && !unread)
        user_problem_add(&row->problems, ERR_FIELD_MISSING, "staff_no", NULL);
    if (!f->name && !unnamed && f->staff_no && !im->plans[at].there)
        user_problem_add(&row->problems, ERR_FIELD_MISSING, "name", NULL);
    if (im->options->add_only && im->plans[at].there)
        user_problem_add(&row->problems, ERR_USER_EXISTS, "staff_no", NULL);
    for (size_t i = 0; f->staff_no && i < at; i++) {
        if (im->rows[i].fields.staff_no && strcmp(im->rows[i].fields.staff_no, f->staff_no) == 0) {
            user_problem_add(&row->problems, ERR_EXISTS, "staff_no", arena_printf(c->arena, "row %zu has it, too", i));
            break;
        }
    }
    /* Too many are a problem already, and not looked for one by one. */
    for (size_t k = 0; k < f->aliases_n && f->aliases_n <= USER_ALIASES; k++)
        TRY(check_alias(im, at, k));
    return check_suspension(im, at);
}

/* ---- what a row changes ---- */

static bool names_system(const user_fields *f, const uint8_t system[16])
{
    for (size_t i = 0; i < f->aliases_n; i++)
        if (memcmp(f->aliases[i].system_id, system, 16) == 0)
            return true;
    return false;
}

static bool has_alias(const user *u, const user_alias *wanted)
{
    for (size_t i = 0; i < u->aliases_n; i++)
        if (memcmp(u->aliases[i].system_id, wanted->system_id, 16) == 0 &&
            strcmp(u->aliases[i].external_id, wanted->external_id) == 0)
            return true;
    return false;
}

static err plan_aliases(call *c, user_import_row *row, plan *p)
{
    const user_fields *f = &row->fields;
    size_t n = 0, kept = p->there ? p->there->aliases_n : 0;
    user_alias *all = arena_alloc(c->arena, (kept + f->aliases_n) * sizeof *all);
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < kept; i++)
        if (!names_system(f, p->there->aliases[i].system_id))
            all[n++] = p->there->aliases[i];
    for (size_t i = 0; i < f->aliases_n; i++) {
        p->aliases_change |= !p->there || !has_alias(p->there, &f->aliases[i]);
        all[n++] = f->aliases[i];
    }
    p->aliases_change |= n != kept;
    if (n > USER_ALIASES)
        user_problem_add(&row->problems, ERR_FIELD_LENGTH, "aliases", "too many, with those there are");
    p->aliases = all;
    p->aliases_n = n;
    return ERR_OK;
}

static const char *value_of(const user_attribute *attributes, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(attributes[i].name, name) == 0)
            return attributes[i].value;
    return NULL;
}

static err plan_attributes(call *c, user_import_row *row, plan *p)
{
    const user_fields *f = &row->fields;
    size_t n = 0, kept = p->there ? p->there->attributes_n : 0;
    user_attribute *all = arena_alloc(c->arena, (kept + f->attributes_n) * sizeof *all);
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < kept; i++)
        if (!value_of(f->attributes, f->attributes_n, p->there->attributes[i].name))
            all[n++] = p->there->attributes[i];
    for (size_t i = 0; i < f->attributes_n; i++) {
        const user_attribute *given = &f->attributes[i];
        const char *now = p->there ? value_of(p->there->attributes, kept, given->name) : NULL;
        p->attributes_change |= strcmp(now ? now : "", given->value) != 0;
        if (*given->value)
            all[n++] = *given;
    }
    if (n > USER_ATTRIBUTES)
        user_problem_add(&row->problems, ERR_FIELD_LENGTH, "attributes", "too many, with those there are");
    p->attributes = all;
    p->attributes_n = n;
    return ERR_OK;
}

static bool departments_differ(const user *u, const user_fields *f)
{
    if (!u || u->departments_n != f->departments_n)
        return true;
    for (size_t i = 0; i < f->departments_n; i++)
        if (strcmp(u->departments[i], f->departments[i]) != 0)
            return true;
    return false;
}

static void add_change(user_import_row *row, bool changes, const char *field, const char *before, const char *after)
{
    if (changes)
        row->changes[row->changes_n++] = (user_import_change){field, before, after};
}

static bool text_differs(const char *now, const char *given)
{
    return given && strcmp(now, given) != 0;
}

/* A wrong staff number in a sheet would give one person's account to another: whoever looks at the preview sees the name that goes. */
static void list_changes(user_import_row *row, const plan *p)
{
    const user_fields *f = &row->fields;
    const user *u = p->there;
    add_change(row, text_differs(u->name, f->name), "name", u->name, f->name);
    add_change(row, text_differs(u->state, f->state), "state", u->state, f->state);
    add_change(row, text_differs(u->certificates, f->certificates), "certificates", u->certificates, f->certificates);
    add_change(row, p->departments_change, "departments", NULL, NULL);
    add_change(row, p->aliases_change, "aliases", NULL, NULL);
    add_change(row, p->attributes_change, "attributes", NULL, NULL);
}

static err plan_row(import *im, size_t at)
{
    user_import_row *row = &im->rows[at];
    plan *p = &im->plans[at];
    const user_fields *f = &row->fields;
    p->departments_change = f->departments && departments_differ(p->there, f);
    if (f->aliases)
        TRY(plan_aliases(im->call, row, p));
    if (f->attributes)
        TRY(plan_attributes(im->call, row, p));
    if (row->problems.n > 0) {
        row->outcome = USER_IMPORT_ERROR;
    } else if (!p->there) {
        row->outcome = USER_IMPORT_CREATED;
    } else {
        list_changes(row, p);
        row->outcome = row->changes_n > 0 ? USER_IMPORT_UPDATED : USER_IMPORT_UNCHANGED;
        row->has_user = true;
        memcpy(row->user_id, p->there->id, sizeof row->user_id);
    }
    return ERR_OK;
}

/* ---- writing ---- */

static err write_row(import *im, store_unit *unit, size_t at)
{
    call *c = im->call;
    user_import_row *row = &im->rows[at];
    const plan *p = &im->plans[at];
    const user_fields *f = &row->fields;
    if (row->outcome == USER_IMPORT_CREATED) {
        TRY(uuid7_create(row->user_id));
        row->has_user = true;
        store_unit_add(
            unit, 1, ERR_INTERNAL,
            "INSERT INTO app_user (id, staff_no, name, state, certificates, created_at, updated_at, updated_by) "
            "VALUES ($1, $2, $3, coalesce($4, 'active'), coalesce($5, 'policy'), $6, $6, " USER_WRITE_BY("$7",
                                                                                                         "$8") ")",
            (store_value[]){store_id(row->user_id), store_text(f->staff_no), store_text(f->name), store_text(f->state),
                            store_text(f->certificates), store_int(c->now_ms), user_write_by(c),
                            store_text(c->actor_text)},
            8);
    } else {
        if (suspends(f))
            operator_guard_suspension(c, unit, row->user_id);
        store_unit_add(unit, 1, ERR_STALE,
                       "UPDATE app_user SET name = coalesce($2, name), state = coalesce($3, state), "
                       "certificates = coalesce($4, certificates), updated_at = $5, version = version + 1, updated_by "
                       "= " USER_WRITE_BY("$7", "$8") " "
                                                      "WHERE id = $1 AND version = $6",
                       (store_value[]){store_id(row->user_id), store_text(f->name), store_text(f->state),
                                       store_text(f->certificates), store_int(c->now_ms), store_int(p->there->version),
                                       user_write_by(c), store_text(c->actor_text)},
                       8);
        if (suspends(f))
            operator_suspended_user(c, unit, row->user_id);
        call_wake(c, row->user_id); /* the channels of one who is suspended end */
    }
    if (p->departments_change)
        user_write_departments(unit, row->user_id, f->departments, f->departments_n);
    if (p->aliases_change)
        user_write_aliases(unit, row->user_id, NULL, p->aliases, p->aliases_n);
    if (p->attributes_change)
        user_write_attributes(unit, row->user_id, p->attributes, p->attributes_n);
    return ERR_OK;
}

/* The counts, and whom it touched as far as an audit row has room. */
static const char *detail_of(const import *im, const size_t counts[USER_IMPORT_OUTCOMES])
{
    char *text = arena_alloc(im->call->arena, DETAIL_ROOM + USER_STAFF_NO_MAX + 2);
    const char *head =
        arena_printf(im->call->arena, "rows=%zu created=%zu updated=%zu unchanged=%zu errors=%zu staff_no=", im->n,
                     counts[USER_IMPORT_CREATED], counts[USER_IMPORT_UPDATED], counts[USER_IMPORT_UNCHANGED],
                     counts[USER_IMPORT_ERROR]);
    if (!text || !head)
        return NULL;
    size_t n = strlen(head);
    memcpy(text, head, n);
    for (size_t i = 0; i < im->n; i++) {
        if (im->rows[i].outcome != USER_IMPORT_CREATED && im->rows[i].outcome != USER_IMPORT_UPDATED)
            continue;
        if (n > DETAIL_ROOM - USER_STAFF_NO_MAX) {
            memcpy(text + n, "+", 2); /* and more */
            break;
        }
        size_t length = strlen(im->rows[i].fields.staff_no);
        memcpy(text + n, im->rows[i].fields.staff_no, length);
        n += length;
        text[n++] = ' ';
    }
    return text;
}

static err once(import *im, size_t counts[USER_IMPORT_OUTCOMES])
{
    call *c = im->call;
    memset(counts, 0, USER_IMPORT_OUTCOMES * sizeof *counts);
    for (size_t i = 0; i < im->n; i += AT_ONCE)
        TRY(find_some(im, i, im->n - i < AT_ONCE ? im->n - i : AT_ONCE));
    for (size_t i = 0; i < im->n; i++) {
        TRY(check_row(im, i));
        TRY(plan_row(im, i));
        counts[im->rows[i].outcome]++;
    }
    if (im->options->dry_run)
        return ERR_OK;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    for (size_t i = 0; i < im->n; i++)
        if (im->rows[i].outcome == USER_IMPORT_CREATED || im->rows[i].outcome == USER_IMPORT_UPDATED)
            TRY(write_row(im, unit, i));
    c->subject = "users";
    c->detail = detail_of(im, counts);
    return call_commit(c, unit);
}

static bool is_stale(err e)
{
    return e == ERR_STALE || e == ERR_EXISTS || e == ERR_SYSTEM_NOT_FOUND || e == ERR_USER_OPERATOR;
}

err user_import(call *c, user_import_row *rows, size_t n, const user_import_options *options,
                size_t counts[USER_IMPORT_OUTCOMES])
{
    if (n > USER_IMPORT_ROWS)
        return fault_set(&c->fault, ERR_LIMIT, "at most %d rows", USER_IMPORT_ROWS);
    user_import_row *given = arena_copy(c->arena, rows, n * sizeof *rows);
import im = {c, rows, arena_alloc(c->arena, n * sizeof(plan)), n, options };
    if (!given || !im.plans)
        return ERR_MEMORY;
    /* Somebody may change the same people between reading and writing: then what there is now is read again. */
    err e = ERR_STALE;
    for (int i = 0; i < TRIES && is_stale(e); i++) {
        memcpy(rows, given, n * sizeof *rows);
        memset(im.plans, 0, n * sizeof(plan));
        e = once(&im, counts);
    }
    return is_stale(e) ? ERR_STALE : e;
}
