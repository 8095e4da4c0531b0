#include "store/copy.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "os/file.h"
#include "os/log.h"
#include "store/store_path.h"

enum { STEPS = 10000, SQL_MAX = 512 };

typedef struct copying {
    sqlite3 *db; /* the copy; the database itself is attached as `source`, to be read only */
    const copy_rule *rules;
    size_t n;
} copying;

static err err_of(sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ERR_OK;
    case SQLITE_FULL:
        return ERR_DISK_FULL;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    case SQLITE_INTERRUPT:
        return ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        log_write(LOG_ERROR, "store", "copy: sqlite result %d errno %d", rc, sqlite3_system_errno(db));
        return ERR_IO;
    default:
        log_write(LOG_ERROR, "store", "copy: sqlite result %d (%s)", rc, db ? sqlite3_errmsg(db) : "");
        return ERR_INTERNAL;
    }
}

static err run(const copying *c, const char *sql)
{
    return err_of(c->db, sqlite3_exec(c->db, sql, NULL, NULL, NULL));
}

static int is_stopped(void *stop)
{
    return *(const atomic_bool *)stop;
}

/* A path as a URI (RFC 3986 2.1), so that none of its characters means anything. */
static err uri_of(char out[4 * PATH_MAX], const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    size_t n = (size_t)snprintf(out, 4 * PATH_MAX, "file:");
    for (; *path; path++) {
        if (n + 16 >= 4 * PATH_MAX)
            return ERR_LENGTH;
        n += (size_t)snprintf(out + n, 4, strchr(plain, *path) ? "%c" : "%%%02X", (unsigned char)*path);
    }
    (void)snprintf(out + n, 16, "?mode=ro");
    return ERR_OK;
}

static err attach(const copying *c, const char *path)
{
    char *uri = malloc(4 * (size_t)PATH_MAX);
    sqlite3_stmt *s = NULL;
    err e = uri ? uri_of(uri, path) : ERR_MEMORY;
    if (e == ERR_OK)
        e = err_of(c->db, sqlite3_prepare_v2(c->db, "ATTACH $1 AS source", -1, &s, NULL));
    if (e == ERR_OK)
        e = err_of(c->db, sqlite3_bind_text(s, 1, uri, -1, SQLITE_STATIC));
    if (e == ERR_OK)
        e = err_of(c->db, sqlite3_step(s));
    (void)sqlite3_finalize(s);
    free(uri);
    return e;
}

/* Calls `each` with what one column of a statement gives. */
static err each_text(const copying *c, const char *sql, err (*each)(const copying *c, const char *text))
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(c->db, sql, -1, &s, NULL);
    err e = err_of(c->db, rc);
    while (e == ERR_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        char *text = strdup((const char *)sqlite3_column_text(s, 0));
        e = text ? each(c, text) : ERR_MEMORY;
        free(text);
    }
    if (e == ERR_OK)
        e = err_of(c->db, rc);
    (void)sqlite3_finalize(s);
    return e;
}

static err copy_rows(const copying *c, const char *table)
{
    char sql[SQL_MAX];
    const copy_rule *rule = NULL;
    for (size_t i = 0; i < c->n && !rule; i++)
        rule = strcmp(c->rules[i].table, table) == 0 ? &c->rules[i] : NULL;
    if (!rule) {
        log_write(LOG_ERROR, "store", "nothing says whether the table %s is copied", table);
        return ERR_INTERNAL;
    }
    if (!rule->rows)
        return ERR_OK;
    int n = snprintf(sql, sizeof sql, "INSERT INTO main.\"%s\" SELECT * FROM source.\"%s\"", table, table);
    return n > 0 && (size_t)n < sizeof sql ? run(c, sql) : ERR_INTERNAL;
}

static err copy_all(const copying *c, const char *after)
{
    /* Its first reading holds the state of that moment until the end. */
    TRY(run(c, "BEGIN"));
    TRY(each_text(
        c,
        "SELECT sql FROM source.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY type = 'table' DESC, rowid",
        run));
    TRY(each_text(
        c,
        "SELECT name FROM source.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY rowid",
        copy_rows));
    if (after)
        TRY(run(c, after));
    return run(c, "COMMIT");
}

err store_copy(const store *s, const char *path, const copy_rule *rules, size_t n, const char *after,
               const atomic_bool *stop)
{
    copying c = {.rules = rules, .n = n};
    TRY(file_create(path, "", 0, S_IRUSR | S_IWUSR));
    int rc = sqlite3_open_v2(path, &c.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
    err e = err_of(c.db, rc);
    if (e == ERR_OK)
        sqlite3_progress_handler(c.db, STEPS, is_stopped, (void *)(uintptr_t)stop);
    /* Where it fails it is thrown away: neither a journal nor syncs are of use. What the script removes is overwritten. */
    if (e == ERR_OK)
        e = run(&c, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON; "
                    "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY");
    if (e == ERR_OK)
        e = attach(&c, store_path(s));
    if (e == ERR_OK)
        e = copy_all(&c, after);
    (void)sqlite3_close(c.db);
    return e;
}

static err is_fine(const copying *c, const char *text)
{
    (void)c;
    if (strcmp(text, "ok") == 0)
        return ERR_OK;
    log_write(LOG_ERROR, "store", "the copy is not whole: %.200s", text);
    return ERR_CORRUPT;
}

err store_copy_check(const char *path)
{
    copying c = {0};
    int rc = sqlite3_open_v2(path, &c.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    err e = err_of(c.db, rc);
    if (e == ERR_OK)
        e = each_text(&c, "PRAGMA quick_check(1)", is_fine);
    if (e == ERR_OK)
        e = each_text(
            &c, "SELECT 'a row of ' || \"table\" || ' refers to none of ' || parent FROM pragma_foreign_key_check",
            is_fine);
    (void)sqlite3_close(c.db);
    return e;
}
