#include "unit/store/scratch.h"

#include "store/engine.h"
#include "store/statement.h"

static scratch dir;

static int set_up(void **state)
{
    scratch_make(&dir);
    FILE *file = fopen(dir.path, "w");
    fclose(file);
    engine *c;
    assert_int_equal(engine_open(&c, dir.path, ENGINE_WRITER), ERR_OK);
    *state = c;
    return 0;
}

static int tear_down(void **state)
{
    engine_close(*state);
    scratch_remove(&dir);
    return 0;
}

static int64_t number(engine *c, const char *sql)
{
    arena *a = arena_create(1 << 16);
    store_result r;
    assert_int_equal(engine_query(c, a, &r, sql, NULL, 0), ERR_OK);
    int64_t i = r.values[0].i;
    arena_destroy(a);
    return i;
}

static void more_statements_than_slots_still_run(void **state)
{
    enum { COUNT = 3 * STATEMENT_SLOTS };
    static char texts[COUNT][32];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            snprintf(texts[i], sizeof texts[i], "SELECT %d", i);
            assert_int_equal(number(*state, texts[i]), i);
        }
    }
}

static void the_text_counts_and_not_the_address_alone(void **state)
{
    char text[32] = "SELECT 1";
    assert_int_equal(number(*state, text), 1);
    snprintf(text, sizeof text, "SELECT 2");
    assert_int_equal(number(*state, text), 2);
}

static void a_statement_is_found_again(void **state)
{
    (void)state;
    static statement_cache cache;
    static const char text[] = "SELECT $1";
    sqlite3 *db;
    int rc;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    statement *first = statement_get(&cache, db, text, &rc);
    assert_non_null(first);
    sqlite3_stmt *handle = first->handle;
    assert_ptr_equal(statement_get(&cache, db, text, &rc), first);
    assert_ptr_equal(first->handle, handle);
    statement_cache_close(&cache);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_table_made_later_is_seen(void **state)
{
    static const char count[] = "SELECT COUNT(*) FROM late";
    arena *a = arena_create(1 << 16);
    store_result r;
    assert_int_equal(engine_query(*state, a, &r, count, NULL, 0), ERR_INTERNAL);
    assert_int_equal(engine_script(*state, "CREATE TABLE late (x BIGINT)"), ERR_OK);
    assert_int_equal(number(*state, count), 0);
    arena_destroy(a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(more_statements_than_slots_still_run),
        TEST(the_text_counts_and_not_the_address_alone),
        TEST(a_statement_is_found_again),
        TEST(a_table_made_later_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
