#include "store/engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"
#include "os/log.h"
#include "store/statement.h"

enum {
    BUSY_MS = 5000,           /* for another process, such as a backup, that holds the lock */
    CHECKPOINT_FRAMES = 3000, /* pages in the WAL: what one block of its index takes (4062), less a large commit */
    RESTART_MS = 100,
    WAL_RETRY_MS = 20,
    FIRST_ROWS = 16,
    CACHE_PAGES = 64,
    COMPLAINT_NS = 1000000000
};

struct engine {
    sqlite3 *db;
    int wal_frames, checkpoint_at;
    uint64_t complained_ns; /* monotonic; when it last wrote into the log that the machine fails it */
    statement_cache statements;
};

static err err_of_constraint(int rc)
{
    return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ? ERR_EXISTS : ERR_CONFLICT;
}

static err err_of(sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ERR_OK;
    case SQLITE_CONSTRAINT:
        return err_of_constraint(rc);
    case SQLITE_FULL:
        return ERR_DISK_FULL;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_TOOBIG:
        return ERR_LIMIT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    case SQLITE_IOERR: {
        if (rc == SQLITE_IOERR_NOMEM)
            return ERR_MEMORY;
        /* A full disk is SQLITE_FULL only in a write; where a sync or the shared memory meets it, it is an I/O error. */
        int number = sqlite3_system_errno(db);
        return number == ENOSPC || number == EDQUOT ? ERR_DISK_FULL : ERR_IO;
    }
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return ERR_IO;
    default:
        return ERR_INTERNAL;
    }
}

static const char *message(const engine *c, int rc)
{
    switch (rc) {
    case SQLITE_MISUSE: /* these two are statement.c's own */
        return "not one statement with the parameters $1..$n";
    case SQLITE_RANGE:
        return "another number of parameters was given";
    default:
        return sqlite3_errmsg(c->db);
    }
}

/* What the caller's data explain is his to tell. A full disk or a lock fails every unit while it lasts: one line a second says it. */
static bool worth_a_line(engine *c, err e)
{
    if (e == ERR_OK || e == ERR_EXISTS || e == ERR_CONFLICT)
        return false;
    if (e == ERR_INTERNAL || e == ERR_CORRUPT)
        return true;
    uint64_t now = clock_monotonic_ns();
    if (c->complained_ns != 0 && now - c->complained_ns < COMPLAINT_NS)
        return false;
    c->complained_ns = now;
    return true;
}

/* The error of a call on the connection, with a line in the log: statements carry no values, these are bound. */
static err failure(engine *c, int rc, const char *sql)
{
    err e = err_of(c->db, rc);
    if (worth_a_line(c, e))
        log_write(LOG_ERROR, "store", "sqlite result %d (%s) in: %.200s", rc, message(c, rc), sql);
    return e;
}

static int on_wal_grown(void *context, sqlite3 *db, const char *schema, int frames)
{
    (void)db;
    (void)schema;
    ((engine *)context)->wal_frames = frames;
    return SQLITE_OK;
}

/* SQLite counts its allocations under one process-wide mutex unless told not to before its first use. */
static void configure_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, CACHE_PAGES);
}

/* LIKE distinguishes case and "x" is only ever a name, as on PostgreSQL. The rest: no code from the schema, no damage to it. */
static err set_up(engine *c)
{
    static const struct {
        int option, value;
    } options[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},
                   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                   {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
                   {SQLITE_DBCONFIG_DQS_DDL, 0},
                   {SQLITE_DBCONFIG_DQS_DML, 0}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        int rc = sqlite3_db_config(c->db, options[i].option, options[i].value, NULL);
        if (rc != SQLITE_OK)
            return failure(c, rc, "settings");
    }
    (void)sqlite3_busy_timeout(c->db, BUSY_MS);
    return engine_script(c, "PRAGMA case_sensitive_like = ON; PRAGMA temp_store = MEMORY");
}

/* Two processes that switch a new database to WAL at the same moment may both be told that it is locked, at once and not after
 * BUSY_MS: neither may wait for the other there. */
static err switch_to_wal(engine *c, arena *a, store_result *mode)
{
    err e = ERR_BUSY;
    for (int waited = 0; e == ERR_BUSY && waited < BUSY_MS; waited += WAL_RETRY_MS) {
        if (waited > 0)
            (void)sqlite3_sleep(WAL_RETRY_MS);
        e = engine_query(c, a, mode, "PRAGMA journal_mode = WAL", NULL, 0);
    }
    return e;
}

/* A file system that cannot do WAL (no shared memory) leaves another journal mode and no error; that is not good enough. */
static err set_up_writer(engine *c)
{
    TRY(engine_script(c,
                      "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 16777216"));
    arena *a = arena_create(64 * 1024);
    if (!a)
        return ERR_MEMORY;
    store_result mode;
    err e;
    TRY_OUT(switch_to_wal(c, a, &mode));
    if (mode.rows != 1 || mode.values[0].type != STORE_TEXT || strcmp(mode.values[0].p, "wal") != 0)
        e = ERR_IO;
    sqlite3_wal_hook(c->db, on_wal_grown, c);
out:
    arena_destroy(a);
    return e;
}

err engine_open(engine **out, const char *path, engine_role role)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, configure_library);
    *out = NULL;
    engine *c = calloc(1, sizeof *c);
    if (!c)
        return ERR_MEMORY;
    c->checkpoint_at = CHECKPOINT_FRAMES;
    int flags = role == ENGINE_WRITER ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    int rc = sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    err e = rc == SQLITE_OK ? set_up(c) : c->db ? failure(c, rc, "open") : ERR_MEMORY;
    if (e == ERR_OK && role == ENGINE_WRITER)
        e = set_up_writer(c);
    if (e == ERR_OK)
        *out = c;
    else
        engine_close(c);
    return e;
}

void engine_close(engine *c)
{
    if (!c)
        return;
    statement_cache_close(&c->statements);
    (void)sqlite3_close(c->db);
    free(c);
}

static err begin_statement(engine *c, statement **out, const char *sql, const store_value *params, size_t n)
{
    int rc;
    *out = statement_get(&c->statements, c->db, sql, &rc);
    if (!*out)
        return failure(c, rc, sql);
    rc = statement_bind(*out, params, n);
    if (rc == SQLITE_OK)
        return ERR_OK;
    (void)statement_done(*out);
    return failure(c, rc, sql);
}

err engine_run(engine *c, int64_t *rows, const char *sql, const store_value *params, size_t n)
{
    statement *s;
    TRY(begin_statement(c, &s, sql, params, n));
    int64_t given = 0;
    int rc;
    while ((rc = sqlite3_step(s->handle)) == SQLITE_ROW)
        given++;
    /* sqlite3_changes64 still holds the number of an earlier statement after one that cannot change anything. */
    *rows = sqlite3_stmt_readonly(s->handle) ? given : sqlite3_changes64(c->db);
    err e = rc == SQLITE_DONE ? ERR_OK : failure(c, rc, sql);
    (void)statement_done(s);
    return e;
}

static err read_column(arena *a, statement *s, int i, store_value *out)
{
    switch (sqlite3_column_type(s->handle, i)) {
    case SQLITE_NULL:
        *out = store_null();
        return ERR_OK;
    case SQLITE_INTEGER:
        *out = store_int(sqlite3_column_int64(s->handle, i));
        if (s->booleans >> i & 1)
            out->type = STORE_BOOL;
        return ERR_OK;
    case SQLITE_TEXT: {
        const void *p = sqlite3_column_text(s->handle, i);
        size_t n = (size_t)sqlite3_column_bytes(s->handle, i);
        *out = (store_value){STORE_TEXT, 0, p ? arena_text(a, p, n) : NULL, n};
        return out->p ? ERR_OK : ERR_MEMORY;
    }
    case SQLITE_BLOB: {
        const void *p = sqlite3_column_blob(s->handle, i);
        size_t n = (size_t)sqlite3_column_bytes(s->handle, i);
        *out = (store_value){STORE_BLOB, 0, p || n == 0 ? arena_copy(a, p, n) : NULL, n};
        return out->p ? ERR_OK : ERR_MEMORY;
    }
    default:
        return ERR_INTERNAL; /* the dialect has no floating point */
    }
}

/* Room for one row more. What is left behind stays in the arena until it is freed: less than the final size in all. */
static err make_room(arena *a, store_value **values, size_t *room, size_t rows, size_t columns)
{
    if (rows < *room)
        return ERR_OK;
    size_t more = *room > 0 ? *room * 2 : FIRST_ROWS;
    store_value *grown = arena_alloc(a, more * columns * sizeof *grown);
    if (!grown)
        return ERR_MEMORY;
    if (rows > 0)
        memcpy(grown, *values, rows * columns * sizeof *grown);
    *values = grown;
    *room = more;
    return ERR_OK;
}

static err read_rows(engine *c, arena *a, store_result *out, statement *s)
{
    size_t columns = (size_t)s->columns, rows = 0, room = 0;
    store_value *values = NULL;
    int rc;
    while ((rc = sqlite3_step(s->handle)) == SQLITE_ROW) {
        if (rows == STORE_ROWS)
            return ERR_LIMIT;
        TRY(make_room(a, &values, &room, rows, columns));
        for (size_t i = 0; i < columns; i++)
            TRY(read_column(a, s, (int)i, &values[rows * columns + i]));
        rows++;
    }
    *out = (store_result){rows, columns, values};
    return rc == SQLITE_DONE ? ERR_OK : failure(c, rc, s->sql);
}

err engine_query(engine *c, arena *a, store_result *out, const char *sql, const store_value *params, size_t n)
{
    *out = (store_result){0};
    statement *s;
    TRY(begin_statement(c, &s, sql, params, n));
    err e = read_rows(c, a, out, s);
    (void)statement_done(s);
    return e;
}

err engine_script(engine *c, const char *text)
{
    int rc = sqlite3_exec(c->db, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : failure(c, rc, text);
}

bool engine_in_transaction(const engine *c)
{
    return !sqlite3_get_autocommit(c->db);
}

void engine_roll_back(engine *c)
{
    if (engine_in_transaction(c))
        (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}

/* Seldom, since a page that was written often goes into the file once. And the WAL must be begun anew, or it grows without end;
 * a passive checkpoint never gets to that where some reader is always at work. So wait a moment for the readers; if one stays (a
 * backup), not again before the WAL has grown as much once more. */
void engine_checkpoint(engine *c)
{
    if (c->wal_frames < c->checkpoint_at)
        return;
    (void)sqlite3_busy_timeout(c->db, RESTART_MS);
    int rc = sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    (void)sqlite3_busy_timeout(c->db, BUSY_MS);
    c->checkpoint_at = CHECKPOINT_FRAMES + (rc == SQLITE_OK ? 0 : c->wal_frames);
}

/* Every so many steps of SQLite's machine (progress handler): not zero ends the statement. */
static int is_late(void *deadline_ns)
{
    return clock_monotonic_ns() > *(const uint64_t *)deadline_ns;
}

err engine_quick_check(engine *c, uint32_t ms, char finding[STORE_FINDING])
{
    enum { STEPS = 10000 };
    uint64_t deadline_ns = clock_monotonic_ns() + (uint64_t)ms * 1000000;
    sqlite3_stmt *look = NULL;
    finding[0] = '\0';
    int rc = sqlite3_prepare_v2(c->db, "PRAGMA quick_check(1)", -1, &look, NULL);
    sqlite3_progress_handler(c->db, STEPS, is_late, &deadline_ns);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(look);
    sqlite3_progress_handler(c->db, 0, NULL, NULL);
    const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(look, 0) : NULL;
    err e = rc == SQLITE_INTERRUPT ? ERR_TIMEOUT : rc == SQLITE_ROW ? ERR_OK : err_of(c->db, rc);
    if (e == ERR_OK && (!text || strcmp(text, "ok") != 0)) {
        (void)snprintf(finding, STORE_FINDING, "%.*s", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
        e = ERR_CORRUPT;
    }
    (void)sqlite3_finalize(look);
    return e;
}
