#include "store/migration.h"

#include <inttypes.h>
#include <string.h>

#include "os/clock.h"
#include "os/log.h"

enum { MIGRATION_ARENA = 4 * 1024 * 1024 };

uint64_t migration_checksum(const char *sql)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *sql; sql++)
        h = (h ^ (uint8_t)*sql) * UINT64_C(0x100000001b3);
    return h;
}

static char *checksum_text(arena *a, const char *sql)
{
    return arena_printf(a, "%016" PRIx64, migration_checksum(sql));
}

static err check_list(const migration *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].version != (int64_t)i + 1) {
            log_write(LOG_ERROR, "store", "migration %s stands at place %zu", list[i].name, i + 1);
            return ERR_INTERNAL;
        }
    }
    return ERR_OK;
}

static bool has_text(const store_value *v, const char *text)
{
    return v->type == STORE_TEXT && strcmp(v->p, text) == 0;
}

static err check_applied(arena *a, const store_value *row, const migration *list, size_t i, size_t n)
{
    if (i >= n) {
        log_write(LOG_ERROR, "store", "the database is from a newer program: it has migration %" PRId64, row[0].i);
        return ERR_CORRUPT;
    }
    const char *checksum = checksum_text(a, list[i].sql);
    if (!checksum)
        return ERR_MEMORY;
    if (row[0].i == list[i].version && has_text(&row[1], checksum))
        return ERR_OK;
    log_write(LOG_ERROR, "store", "migration %s is not the one that was applied to this database", list[i].name);
    return ERR_CORRUPT;
}

/* How many of the list the database has; these are its first ones, unchanged. */
static err count_applied(engine *c, arena *a, const migration *list, size_t n, size_t *applied)
{
    *applied = 0;
    store_result found;
    TRY(engine_query(c, a, &found, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'",
                     NULL, 0));
    if (found.rows == 0)
        return ERR_OK;
    TRY(engine_query(c, a, &found, "SELECT version, checksum FROM schema_migration ORDER BY version", NULL, 0));
    for (size_t i = 0; i < found.rows; i++)
        TRY(check_applied(a, &found.values[i * found.columns], list, i, n));
    *applied = found.rows;
    return ERR_OK;
}

static err apply_one(engine *c, arena *a, const migration *m)
{
    err e = engine_script(c, m->sql);
    /* A COMMIT in the text would have ended the transaction that holds all of them together. */
    if (e == ERR_OK && !engine_in_transaction(c))
        e = ERR_INTERNAL;
    if (e != ERR_OK) {
        log_write(LOG_ERROR, "store", "migration %s failed: %s", m->name, err_code(e));
        return e;
    }
    const store_value row[] = {store_int(m->version), store_text(m->name), store_text(checksum_text(a, m->sql)),
                               store_int(clock_unix_ms())};
    int64_t rows;
    return engine_run(
        c, &rows, "INSERT INTO schema_migration (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)", row, 4);
}

/* Of the tables that were made or changed, and of those that refer to one: statements keep foreign keys by themselves, and to go through every row of
 * years took minutes at an upgrade. A table that was made anew by the same words stands elsewhere in the file; one that lost a unique index may be referred to
 * no more. */
static err check_foreign_keys(engine *c, arena *a)
{
    store_result broken;
    TRY(engine_script(
        c, "CREATE TEMP TABLE schema_same AS SELECT m.name FROM main.sqlite_master m JOIN temp.schema_before b ON "
           "b.type = 'table' AND b.name = m.name AND b.sql = m.sql AND b.rootpage = m.rootpage AND b.place = m.rowid "
           "WHERE m.type = 'table' AND NOT EXISTS (SELECT 1 FROM temp.schema_before i WHERE i.type = 'index' AND "
           "i.tbl_name = m.name AND i.sql LIKE 'CREATE UNIQUE%' AND NOT EXISTS (SELECT 1 FROM main.sqlite_master j "
           "WHERE j.type = 'index' AND j.name = i.name AND j.tbl_name = i.tbl_name AND j.sql = i.sql))"));
    err e = engine_query(
        c, a, &broken,
        "SELECT 1 FROM main.sqlite_master m, pragma_foreign_key_check(m.name) WHERE m.type = 'table' AND (m.name NOT "
        "IN (SELECT name FROM temp.schema_same) OR EXISTS (SELECT 1 FROM pragma_foreign_key_list(m.name) f WHERE "
        "f.\"table\" NOT IN (SELECT name FROM temp.schema_same))) LIMIT 1",
        NULL, 0);
    if (e == ERR_OK && broken.rows == 0)
        return engine_script(c, "DROP TABLE temp.schema_before; DROP TABLE temp.schema_same");
    log_write(LOG_ERROR, "store", "after the migrations a foreign key refers to nothing");
    return e == ERR_OK || e == ERR_INTERNAL ? ERR_CORRUPT : e; /* the second: to columns that are not unique any more */
}

/* Inside the transaction: another process may have applied something between the first look and the lock. */
static err apply_missing(engine *c, arena *a, const migration *list, size_t n)
{
    size_t applied;
    TRY(engine_script(
        c, "CREATE TEMP TABLE schema_before AS SELECT type, name, tbl_name, sql, rootpage, rowid AS place FROM "
           "main.sqlite_master"));
    TRY(engine_script(c, "CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT PRIMARY KEY, "
                         "name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)"));
    TRY(count_applied(c, a, list, n, &applied));
    for (size_t i = applied; i < n; i++)
        TRY(apply_one(c, a, &list[i]));
    return check_foreign_keys(c, a);
}

static err apply_in_transaction(engine *c, arena *a, const migration *list, size_t n)
{
    TRY(engine_script(c, "BEGIN EXCLUSIVE"));
    err e = apply_missing(c, a, list, n);
    if (e == ERR_OK)
        e = engine_script(c, "COMMIT");
    engine_roll_back(c);
    return e;
}

err migration_apply(engine *c, const migration *list, size_t n)
{
    TRY(check_list(list, n));
    arena *a = arena_create(MIGRATION_ARENA);
    if (!a)
        return ERR_MEMORY;
    size_t applied;
    err e;
    TRY_OUT(count_applied(c, a, list, n, &applied));
    if (applied < n)
        e = apply_in_transaction(c, a, list, n);
out:
    arena_destroy(a);
    return e;
}
