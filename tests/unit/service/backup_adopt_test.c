#include "service/backup_adopt.h"

#include <sys/stat.h>

#include "fixture.h"
#include "keystore/backup_seal.h"

enum { WHOLE = 1000 };

static backup_header header;

static int setup(void **state)
{
    char directory[128];
    fixture_setup(state);
    fixture *f = *state;
    f->service->options.data_dir = f->dir;
    snprintf(directory, sizeof directory, "%s/backups", f->dir);
    assert_int_equal(mkdir(directory, 0700), 0);
    backup_keys keys;
    header = (backup_header){
        .scope = BACKUP_ALL, .created_ms = f->now_ms, .schema = 1, .server_version = "0", .log2_n = 14, .r = 8, .p = 1};
    assert_int_equal(uuid7_create(header.id), ERR_OK);
    assert_int_equal(backup_header_begin(&header, bytes_of_text("不是口令而是一句长话"), &keys, &f->rng), ERR_OK);
    return 0;
}

static int teardown(void **state)
{
    char directory[128];
    fixture *f = *state;
    snprintf(directory, sizeof directory, "%s/backups", f->dir);
    fixture_remove_dir(directory);
    return fixture_teardown(state);
}

/* So much of a file as has come by now. */
static void put(fixture *f, const char *name, size_t n)
{
    char path[160];
    uint8_t octets[WHOLE] = {0};
    backup_header_write(&header, octets);
    snprintf(path, sizeof path, "%s/backups/%s", f->dir, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(octets, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static int64_t size_listed(fixture *f)
{
    assert_int_equal(backup_adopt(fixture_call(f, NULL)), ERR_OK);
    return fixture_number(f, "SELECT coalesce(max(size), -1) FROM backup WHERE state = 'done'");
}

static void what_was_still_being_copied_is_looked_at_anew(void **state)
{
    fixture *f = *state;
    put(f, "x.yqb", 20);
    assert_int_equal(size_listed(f), -1); /* no header yet */
    put(f, "x.yqb", WHOLE / 2);
    assert_int_equal(size_listed(f), WHOLE / 2);
    put(f, "x.yqb", WHOLE);
    assert_int_equal(size_listed(f), WHOLE);
    assert_int_equal(size_listed(f), WHOLE);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM backup"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit WHERE event = 'backup.adopt'"), 2);
}

/* Of files that are away, and that were verified: more than are looked at in one go. */
static void a_row_behind_many_that_stay_is_looked_at(void **state)
{
    fixture *f = *state;
    store_unit *unit = store_unit_begin(f->arena);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "INSERT INTO backup (id, scope, cause, state, file, size, made_by, created_at, verified_at, finding) "
                   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) "
                   "SELECT CAST(printf('%016d', i) AS BLOB), 'all', 'manual', 'done', 'a' || i || '.yqb', 1, 'unknown', 1, 1, "
                   "'backup_damaged' FROM n",
                   NULL, 0);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "INSERT INTO backup (id, scope, cause, state, file, size, made_by, created_at) VALUES "
                   "(CAST('9999999999999999' AS BLOB), 'all', 'manual', 'done', 'gone.yqb', 1, 'unknown', 1)",
                   NULL, 0);
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
    assert_int_equal(backup_adopt(fixture_call(f, NULL)), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM backup WHERE file = 'gone.yqb'"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM backup"), 1200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_still_being_copied_is_looked_at_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(a_row_behind_many_that_stay_is_looked_at, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
