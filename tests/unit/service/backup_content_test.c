#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/backup_content.h"
#include "unit/scratch_name.h"

typedef struct fixture {
    char dir[64], path[96], copy[96];
    store *store;
    arena *arena;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    scratch_name(f->dir, sizeof f->dir);
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/yiqian.db", f->dir);
    snprintf(f->copy, sizeof f->copy, "%s/copy.db", f->dir);
    f->arena = arena_create(4 << 20);
    assert_int_equal(store_open(&f->store, &(store_options){f->path, 1, 1}), ERR_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    store_close(f->store);
    arena_destroy(f->arena);
    unlink(f->path);
    unlink(f->copy);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

/* Whoever adds a table decides whether a backup has it. */
static void every_table_has_its_row(void **state)
{
    fixture *f = *state;
    store_result tables;
    assert_int_equal(
        store_query(f->store, f->arena, &tables,
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' "
                    "ORDER BY name",
                    NULL, 0),
        ERR_OK);
    for (size_t i = 0; i < tables.rows && i < backup_tables_n; i++)
        assert_string_equal(backup_tables[i].table, tables.values[i].p);
    assert_int_equal(tables.rows, backup_tables_n);
}

static void run(fixture *f, const char *sql)
{
    store_unit *unit = store_unit_begin(f->arena);
    store_unit_add(unit, STORE_ANY, ERR_OK, sql, NULL, 0);
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
}

static int64_t count(store *s, arena *a, const char *sql)
{
    const store_value *v;
    assert_int_equal(store_query_one(s, a, &v, ERR_OK, sql, NULL, 0), ERR_OK);
    return v->i;
}

static void what_must_not_be_in_it(void **state)
{
    fixture *f = *state;
    atomic_bool stop = false;
    store *copy;
    run(f, "INSERT INTO app_user (id, staff_no, name, state, created_at, updated_at) VALUES (zeroblob(16), 'A1', 'n', "
           "'active', 1, 1)");
    run(f, "INSERT INTO enrolment (id, user_id, code_hash, state, tries, created_at, expires_at) VALUES (zeroblob(16), "
           "zeroblob(16), "
           "x'5ec4e7c0de5ec4e7c0de5ec4e7c0de5ec4e7c0de5ec4e7c0de5ec4e7c0de5ec4', 'offered', 0, 1, 1)");
    run(f, "INSERT INTO idempotency (actor, idempotency_key, request_digest, made, created_at) VALUES ('a', 'k', "
           "x'00', x'00', 1)");
    run(f, "INSERT INTO audit (sequence, time_ms, event, outcome, leaf) VALUES (1, 1, 'e', 'ok', x'00')");
    for (int scope = BACKUP_CONFIGURATION; scope <= BACKUP_ALL; scope++) {
        unlink(f->copy);
        assert_int_equal(store_copy(f->store, f->copy, backup_rules(f->arena, (backup_scope)scope), backup_tables_n,
                                    backup_scrub, &stop),
                         ERR_OK);
        assert_int_equal(store_copy_check(f->copy), ERR_OK);
        assert_int_equal(store_open(&copy, &(store_options){f->copy, 1, 1}), ERR_OK);
        assert_int_equal(count(copy, f->arena, "SELECT count(*) FROM app_user WHERE staff_no = 'A1'"), 1);
        assert_int_equal(
            count(copy, f->arena, "SELECT count(*) FROM enrolment WHERE state = 'closed' AND code_hash = zeroblob(32)"),
            1);
        assert_int_equal(count(copy, f->arena, "SELECT count(*) FROM idempotency"), 0);
        assert_int_equal(count(copy, f->arena, "SELECT count(*) FROM audit"), scope == BACKUP_ALL);
        store_close(copy);
    }
    stop = true;
    unlink(f->copy);
    assert_int_equal(store_copy(f->store, f->copy, backup_rules(f->arena, BACKUP_ALL), 3, NULL, &stop),
                     ERR_INTERNAL); /* no rule */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(every_table_has_its_row, set_up, tear_down),
                                       cmocka_unit_test_setup_teardown(what_must_not_be_in_it, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
