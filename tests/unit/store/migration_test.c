#include "unit/store/scratch.h"

#include <sqlite3.h>
#include <sys/wait.h>

static scratch dir;

static int set_up(void **state)
{
    (void)state;
    scratch_make(&dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&dir);
    return 0;
}

static const migration first = {1, "0001_first", "CREATE TABLE a (x BIGINT); INSERT INTO a VALUES (7);"};
static const migration second = {2, "0002_second", "CREATE TABLE b (x BIGINT); UPDATE a SET x = x + 1;"};

static err open_with(store **s, const migration *list, size_t n)
{
    return store_open_with(s, &(store_options){dir.path, 1, 16}, list, n);
}

static err open_and_close(const migration *list, size_t n)
{
    store *s;
    err e = open_with(&s, list, n);
    store_close(s);
    return e;
}

static void each_is_applied_once_and_in_order(void **state)
{
    (void)state;
    const migration list[] = {first, second};
    store *s;
    assert_int_equal(open_and_close(list, 1), ERR_OK);
    assert_int_equal(open_and_close(list, 2), ERR_OK);
    assert_int_equal(open_with(&s, list, 2), ERR_OK);
    assert_int_equal(scratch_number(s, "SELECT x FROM a"), 8);
    assert_int_equal(scratch_number(s, "SELECT COUNT(*) FROM schema_migration WHERE applied_at > 0"), 2);
    store_close(s);
}

static void an_edited_migration_is_refused(void **state)
{
    (void)state;
    migration list[] = {first, second};
    assert_int_equal(open_and_close(list, 2), ERR_OK);
    list[0].sql = "CREATE TABLE a (x BIGINT); INSERT INTO a VALUES (8);";
    assert_int_equal(open_and_close(list, 2), ERR_CORRUPT);
}

static void a_database_of_a_newer_program_is_refused(void **state)
{
    (void)state;
    const migration list[] = {first, second};
    assert_int_equal(open_and_close(list, 2), ERR_OK);
    assert_int_equal(open_and_close(list, 1), ERR_CORRUPT);
    assert_int_equal(open_and_close(list, 2), ERR_OK);
}

static void one_that_fails_leaves_nothing_of_any(void **state)
{
    (void)state;
    const migration broken[] = {first,
                                {2, "0002_broken", "CREATE TABLE b (x BIGINT); INSERT INTO nowhere VALUES (1);"}};
    assert_int_equal(open_and_close(broken, 2), ERR_INTERNAL);
    /* Had the first stayed, it could not be made again. */
    const migration other[] = {{1, "0001_other", "CREATE TABLE a (y BIGINT); CREATE TABLE b (y BIGINT);"}};
    store *s;
    assert_int_equal(open_with(&s, other, 1), ERR_OK);
    assert_int_equal(scratch_number(s, "SELECT COUNT(*) FROM schema_migration"), 1);
    store_close(s);
}

static void a_broken_reference_fails_the_upgrade(void **state)
{
    (void)state;
    const migration list[] = {{1, "0001_reference",
                               "PRAGMA defer_foreign_keys = ON; CREATE TABLE a (x BIGINT PRIMARY KEY);"
                               "CREATE TABLE b (x BIGINT REFERENCES a (x)); INSERT INTO b VALUES (1);"}};
    assert_int_equal(open_and_close(list, 1), ERR_CORRUPT);
}

static void break_reference(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(dir.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys = OFF; INSERT INTO b VALUES (7)", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* What an upgrade leaves alone may be large. */
static void references_are_looked_at_where_something_changed(void **state)
{
    (void)state;
    migration list[] = {
        {1, "0001_two", "CREATE TABLE a (x BIGINT PRIMARY KEY); CREATE TABLE b (x BIGINT REFERENCES a (x));"},
        {2, "0002_other",
         "CREATE TABLE c (x BIGINT REFERENCES a (x)); INSERT INTO a VALUES (1); INSERT INTO c VALUES (1);"},
        {3, "0003_child", "ALTER TABLE b ADD COLUMN y BIGINT"}};
    assert_int_equal(open_and_close(list, 1), ERR_OK);
    break_reference();
    assert_int_equal(open_and_close(list, 2), ERR_OK);
    assert_int_equal(open_and_close(list, 3), ERR_CORRUPT);
    list[2] = (migration){3, "0003_parent", "ALTER TABLE a ADD COLUMN y BIGINT"};
    assert_int_equal(open_and_close(list, 3), ERR_CORRUPT);
    list[2] = (migration){3, "0003_neither", "ALTER TABLE c ADD COLUMN y BIGINT"};
    assert_int_equal(open_and_close(list, 3), ERR_OK);
}

/* A parent that columns refer to by an index of its own. */
static void a_lost_unique_index_is_noticed(void **state)
{
    (void)state;
    migration list[] = {
        {1, "0001_two",
         "CREATE TABLE a (x BIGINT NOT NULL, y BIGINT); CREATE UNIQUE INDEX a_x ON a (x); CREATE INDEX a_y ON a (y);"
         "CREATE TABLE b (x BIGINT REFERENCES a (x)); INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES (1);"},
        {2, "0002_index", "DROP INDEX a_x"}};
    assert_int_equal(open_and_close(list, 1), ERR_OK);
    assert_int_equal(open_and_close(list, 2), ERR_CORRUPT);
    list[1] = (migration){2, "0002_plain", "DROP INDEX a_y"};
    assert_int_equal(open_and_close(list, 2), ERR_OK);
}

static void a_table_made_anew_by_the_same_words_is_noticed(void **state)
{
    (void)state;
    const migration list[] = {
        {1, "0001_two", "CREATE TABLE b (x BIGINT REFERENCES a (x)); CREATE TABLE a (x BIGINT PRIMARY KEY);"},
        {2, "0002_anew", "PRAGMA defer_foreign_keys = ON; ALTER TABLE b RENAME TO old; CREATE TABLE b (x BIGINT REFERENCES a (x));"
                         "INSERT INTO b SELECT x FROM old; DROP TABLE old"}};
    assert_int_equal(open_and_close(list, 1), ERR_OK);
    break_reference();
    assert_int_equal(open_and_close(list, 2), ERR_CORRUPT);
}

static void a_commit_inside_is_refused(void **state)
{
    (void)state;
    const migration list[] = {{1, "0001_commit", "CREATE TABLE a (x BIGINT); COMMIT;"}};
    assert_int_equal(open_and_close(list, 1), ERR_INTERNAL);
}

static void processes_that_start_together_apply_each_once(void **state)
{
    (void)state;
    enum { PROCESSES = 4 };
    const migration list[] = {first, second};
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(open_and_close(list, 2) == ERR_OK ? 0 : 1);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    store *s;
    assert_int_equal(open_with(&s, list, 2), ERR_OK);
    assert_int_equal(scratch_number(s, "SELECT x FROM a"), 8);
    store_close(s);
}

static void versions_have_no_gap(void **state)
{
    (void)state;
    const migration gap[] = {first, {3, "0003_third", "CREATE TABLE c (x BIGINT)"}};
    assert_int_equal(open_and_close(gap, 2), ERR_INTERNAL);
}

/* http://www.isthe.com/chongo/src/fnv/test_fnv.c */
static void checksum_is_fnv_1a(void **state)
{
    (void)state;
    assert_true(migration_checksum("") == UINT64_C(0xcbf29ce484222325));
    assert_true(migration_checksum("a") == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(migration_checksum("foobar") == UINT64_C(0x85944171f73967e8));
}

static void the_embedded_texts_are_the_files(void **state)
{
    (void)state;
    assert_true(store_migration_count >= 1);
    for (size_t i = 0; i < store_migration_count; i++) {
        char path[512];
        static char text[1 << 20];
        snprintf(path, sizeof path, YIQIAN_SOURCE_DIR "/src/store/migrations/%s.sql", store_migrations[i].name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
        assert_string_equal(store_migrations[i].sql, text);
    }
}

static void the_programs_own_apply(void **state)
{
    (void)state;
    store *s;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_open(&s, &(store_options){dir.path, 1, 16}), ERR_OK);
        assert_int_equal(scratch_number(s, "SELECT COUNT(*) FROM schema_migration"), store_migration_count);
        assert_int_equal(scratch_number(s, "SELECT COUNT(*) FROM audit"), 0);
        store_close(s);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_is_applied_once_and_in_order),
        TEST(an_edited_migration_is_refused),
        TEST(a_database_of_a_newer_program_is_refused),
        TEST(one_that_fails_leaves_nothing_of_any),
        TEST(a_broken_reference_fails_the_upgrade),
        TEST(references_are_looked_at_where_something_changed),
        TEST(a_lost_unique_index_is_noticed),
        TEST(a_table_made_anew_by_the_same_words_is_noticed),
        TEST(a_commit_inside_is_refused),
        TEST(processes_that_start_together_apply_each_once),
        TEST(versions_have_no_gap),
        TEST(checksum_is_fnv_1a),
        TEST(the_embedded_texts_are_the_files),
        TEST(the_programs_own_apply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
