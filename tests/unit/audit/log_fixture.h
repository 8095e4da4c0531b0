/* A store with the program's own schema and an audit log in it. */
#ifndef YIQIAN_TESTS_AUDIT_LOG_FIXTURE_H
#define YIQIAN_TESTS_AUDIT_LOG_FIXTURE_H

#include "unit/store/scratch.h"

#include <sqlite3.h>

#include "audit/audit.h"
#include "audit/audit_block.h"

static const uint8_t log_key[32] = {0x6b, 0x65, 0x79};

typedef struct log_fixture {
    scratch scratch;
    store *store;
    audit *audit;
    arena *arena;
} log_fixture;

static inline void log_open_store(log_fixture *f)
{
    assert_int_equal(store_open(&f->store, &(store_options){f->scratch.path, 2, 64}), ERR_OK);
}

static inline void log_close(log_fixture *f)
{
    audit_close(f->audit);
    store_close(f->store);
    f->audit = NULL;
    f->store = NULL;
}

static inline err log_reopen(log_fixture *f)
{
    log_close(f);
    log_open_store(f);
    return audit_open(&f->audit, f->store, log_key, true);
}

static inline int log_set_up(void **state)
{
    log_fixture *f = calloc(1, sizeof *f);
    scratch_make(&f->scratch);
    f->arena = arena_create(32 << 20);
    assert_int_equal(log_reopen(f), ERR_OK);
    *state = f;
    return 0;
}

static inline int log_tear_down(void **state)
{
    log_fixture *f = *state;
    log_close(f);
    arena_destroy(f->arena);
    scratch_remove(&f->scratch);
    free(f);
    return 0;
}

static inline audit_record log_record(const char *detail)
{
    return (audit_record){1767225600000, "task.sign", "ok", "device:1", "task:1", "192.0.2.1", detail};
}

static inline void log_add(log_fixture *f, store_unit *u, const char *detail)
{
    const audit_record r = log_record(detail);
    assert_int_equal(audit_add(f->audit, f->arena, u, &r), ERR_OK);
}

/* n units of one record each, with the details "1", "2" ... */
static inline void log_fill(log_fixture *f, int n)
{
    for (int i = 1; i <= n; i++) {
        arena_reset(f->arena);
        store_unit *u = store_unit_begin(f->arena);
        log_add(f, u, arena_printf(f->arena, "%d", i));
        assert_int_equal(store_commit(f->store, u), ERR_OK);
    }
}

/* Many records a unit. */
static inline void log_fill_fast(log_fixture *f, int64_t rows)
{
    enum { A_UNIT = 2500 };
    for (int64_t done = 0; done < rows; done += A_UNIT) {
        arena_reset(f->arena);
        store_unit *u = store_unit_begin(f->arena);
        for (int64_t k = done; k < rows && k < done + A_UNIT; k++)
            log_add(f, u, "long");
        assert_int_equal(store_commit(f->store, u), ERR_OK);
    }
}

static inline void log_fill_with_blocks(log_fixture *f, int64_t rows)
{
    log_fill_fast(f, rows);
    assert_int_equal(audit_block_roll_up(f->store), ERR_OK);
}

static inline audit_finding log_check(log_fixture *f)
{
    audit_finding found;
    assert_int_equal(audit_fsck(f->store, log_key, &found), ERR_OK);
    return found;
}

/* What somebody with access to the file can do. */
static inline void log_tamper(log_fixture *f, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(f->scratch.path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 1000);
    assert_int_equal(sqlite3_exec(db, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    sqlite3_close(db);
}

#endif
