#include "service/audit_who.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "service/column.h"
#include "service/internal.h"

enum { TOGETHER = 16 };

typedef struct named {
    uint8_t id[16];
    const char *name; /* NULL: none was found */
} named;

/* Ids are UUIDs, so none is of two tables; $1 to $16. */
#define THESE "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
#define PERSON "u.staff_no || ' ' || u.name"
static const char lookup[] =
    "SELECT u.id, " PERSON " FROM app_user u WHERE u.id IN " THESE
    " UNION ALL SELECT o.id, " PERSON " FROM operator o JOIN app_user u ON u.id = o.user_id WHERE o.id IN " THESE
    " UNION ALL SELECT e.id, " PERSON " FROM enrolment e JOIN app_user u ON u.id = e.user_id WHERE e.id IN " THESE
    " UNION ALL SELECT k.id, " PERSON " FROM device_key k JOIN app_user u ON u.id = k.user_id WHERE k.id IN " THESE
    " UNION ALL SELECT s.id, s.name FROM system s WHERE s.id IN " THESE
    " UNION ALL SELECT w.id, w.name FROM workstation w WHERE w.id IN " THESE
    " UNION ALL SELECT t.id, t.reference FROM task t WHERE t.reference <> '' AND t.id IN " THESE;

/* The id of "task:0193..."; what carries none has none. */
static bool id_of(const char *text, uint8_t id[16])
{
    const char *at = text ? strchr(text, ':') : NULL;
    return at && uuid_decode(id, at + 1, strlen(at + 1)) == ERR_OK;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, 16); /* id is the first member */
}

static named *find(named *all, size_t n, const uint8_t id[16])
{
    return n > 0 ? bsearch(id, all, n, sizeof *all, by_id) : NULL;
}

/* Each id once, in order. */
static size_t collect(const audit_entry *entries, size_t n, named *out)
{
    size_t found = 0, kept = 0;
    for (size_t i = 0; i < n; i++) {
        found += id_of(entries[i].actor, out[found].id);
        found += id_of(entries[i].subject, out[found].id);
    }
    if (found > 0)
        qsort(out, found, sizeof *out, by_id);
    for (size_t i = 0; i < found; i++)
        if (kept == 0 || memcmp(out[kept - 1].id, out[i].id, 16) != 0)
            out[kept++] = out[i];
    return kept;
}

static err name_some(call *c, named *all, size_t n, size_t from)
{
    store_value params[TOGETHER];
    store_result rows;
    uint8_t id[16];
    for (size_t i = 0; i < TOGETHER; i++)
        params[i] = from + i < n ? store_id(all[from + i].id) : store_null();
    TRY(store_query(c->service->options.store, c->arena, &rows, lookup, params, TOGETHER));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        TRY(store_column_id(id, &v[0]));
        named *one = find(all, n, id);
        if (one)
            one->name = column_text(&v[1]);
    }
    return ERR_OK;
}

static const char *name_of(named *all, size_t n, const char *text)
{
    uint8_t id[16];
    const named *one = id_of(text, id) ? find(all, n, id) : NULL;
    return one ? one->name : NULL;
}

err audit_who_find(call *c, const audit_entry *entries, size_t n, const audit_who **out)
{
    /* One more, in which an id that is none may be tried. */
    named *all = arena_alloc(c->arena, (2 * n + 1) * sizeof *all);
    audit_who *who = arena_alloc(c->arena, (n + 1) * sizeof *who);
    if (!all || !who)
        return ERR_MEMORY;
    memset(all, 0, (2 * n + 1) * sizeof *all);
    size_t ids = collect(entries, n, all);
    for (size_t from = 0; from < ids; from += TOGETHER)
        TRY(name_some(c, all, ids, from));
    for (size_t i = 0; i < n; i++)
        who[i] = (audit_who){name_of(all, ids, entries[i].actor), name_of(all, ids, entries[i].subject)};
    *out = who;
    return ERR_OK;
}
