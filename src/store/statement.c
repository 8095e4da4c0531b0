#include "store/statement.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PROBES = 8 };

/* The k of "$k", 1..STATEMENT_PARAMS, or 0. */
static unsigned param_number(const char *name)
{
    if (!name || name[0] != '$' || name[1] < '1' || name[1] > '9')
        return 0;
    char *end;
    unsigned long k = strtoul(name + 1, &end, 10);
    return *end == 0 && k <= STATEMENT_PARAMS ? (unsigned)k : 0;
}

/* SQLite numbers $1, $2 ... in the order in which it meets them, because there they are names; PostgreSQL by their digits. */
static bool map_params(statement *s)
{
    uint64_t seen = 0;
    s->params = sqlite3_bind_parameter_count(s->handle);
    if (s->params > STATEMENT_PARAMS)
        return false;
    for (int i = 0; i < s->params; i++) {
        unsigned k = param_number(sqlite3_bind_parameter_name(s->handle, i + 1));
        if (k == 0 || k > (unsigned)s->params || seen >> (k - 1) & 1)
            return false;
        seen |= UINT64_C(1) << (k - 1);
        s->param[i] = (uint8_t)(k - 1);
    }
    return true;
}

static bool map_columns(statement *s)
{
    s->booleans = 0;
    s->columns = sqlite3_column_count(s->handle);
    if (s->columns > STATEMENT_COLUMNS)
        return false;
    for (int i = 0; i < s->columns; i++) {
        const char *declared = sqlite3_column_decltype(s->handle, i);
        if (declared && strcasecmp(declared, "BOOLEAN") == 0)
            s->booleans |= UINT64_C(1) << i;
    }
    return true;
}

static int prepare(statement *s, sqlite3 *db, const char *sql)
{
    const char *tail = NULL;
    int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, &tail);
    if (rc != SQLITE_OK)
        return rc;
    if (s->handle && tail[strspn(tail, " \n\t;")] == 0 && map_params(s) && map_columns(s)) {
        s->sql = sql;
        return SQLITE_OK;
    }
    sqlite3_finalize(s->handle);
    s->handle = NULL;
    return SQLITE_MISUSE;
}

/* The address only chooses the slot; the text decides. So a buffer that is used again with other text is slow, not wrong. */
static bool holds(const statement *s, const char *sql)
{
    return s->handle && s->sql == sql && strcmp(sqlite3_sql(s->handle), sql) == 0;
}

statement *statement_get(statement_cache *cache, sqlite3 *db, const char *sql, int *rc)
{
    size_t home = (size_t)(((uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 56) % STATEMENT_SLOTS;
    statement *victim = NULL;
    for (size_t i = 0; i < PROBES; i++) {
        statement *s = &cache->slots[(home + i) % STATEMENT_SLOTS];
        if (holds(s, sql)) {
            s->used = ++cache->uses;
            *rc = SQLITE_OK;
            return s;
        }
        if (!victim || (victim->handle && (!s->handle || s->used < victim->used)))
            victim = s;
    }
    sqlite3_finalize(victim->handle);
    victim->handle = NULL;
    *rc = prepare(victim, db, sql);
    victim->used = ++cache->uses;
    return *rc == SQLITE_OK ? victim : NULL;
}

static int bind_one(sqlite3_stmt *handle, int at, const store_value *v)
{
    /* SQLite takes a NULL pointer for NULL, whatever the length. */
    const void *p = v->p ? v->p : "";
    switch (v->type) {
    case STORE_NULL:
        return sqlite3_bind_null(handle, at);
    case STORE_INT:
        return sqlite3_bind_int64(handle, at, v->i);
    case STORE_BOOL:
        return sqlite3_bind_int64(handle, at, v->i != 0);
    case STORE_TEXT:
        return sqlite3_bind_text64(handle, at, p, v->n, SQLITE_STATIC, SQLITE_UTF8);
    case STORE_BLOB:
        return sqlite3_bind_blob64(handle, at, p, v->n, SQLITE_STATIC);
    }
    return SQLITE_RANGE;
}

int statement_bind(statement *s, const store_value *params, size_t n)
{
    if (n != (size_t)s->params)
        return SQLITE_RANGE;
    for (int i = 0; i < s->params; i++) {
        int rc = bind_one(s->handle, i + 1, &params[s->param[i]]);
        if (rc != SQLITE_OK)
            return rc;
    }
    return SQLITE_OK;
}

int statement_done(statement *s)
{
    int rc = sqlite3_reset(s->handle);
    sqlite3_clear_bindings(s->handle);
    return rc;
}

void statement_cache_close(statement_cache *cache)
{
    for (size_t i = 0; i < STATEMENT_SLOTS; i++) {
        sqlite3_finalize(cache->slots[i].handle);
        cache->slots[i].handle = NULL;
    }
}
