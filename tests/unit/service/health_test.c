#include "service/health.h"

#include "fixture.h"

static int64_t writes(fixture *f)
{
    return fixture_number(f, "SELECT COALESCE(MAX(writes), 0) FROM health_probe");
}

static void low_only_where_little_is_free(void **state)
{
    fixture *f = *state;
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    assert_false(health_disk_low(fixture_call(f, NULL)));
    f->now_ms += HEALTH_SECONDS * 1000;
    f->service->options.data_dir = "/proc"; /* a file system without any free space */
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    assert_true(health_disk_low(fixture_call(f, NULL)));
    f->now_ms += HEALTH_SECONDS * 1000;
    f->service->options.data_dir = "/there is no such directory";
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    assert_false(health_disk_low(fixture_call(f, NULL)));
}

static void change_schema(fixture *f, const char *sql)
{
    store_unit *unit = store_unit_begin(f->arena);
    store_unit_add(unit, STORE_ANY, ERR_OK, sql, NULL, 0);
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
}

static void a_write_every_few_seconds(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    assert_int_equal(writes(f), 1);
    f->now_ms += HEALTH_SECONDS * 1000 - 1;
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    assert_int_equal(writes(f), 1);
    f->now_ms += 1;
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    assert_int_equal(writes(f), 2);
    f->now_ms -= 86400000; /* the clock was set back */
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    assert_int_equal(writes(f), 3);
}

static void what_a_write_came_to_is_told_until_the_next(void **state)
{
    fixture *f = *state;
    fixture_write(f, "INSERT INTO health_probe (id, writes) VALUES (1, 1)", NULL, 0);
    change_schema(f, "CREATE TRIGGER full BEFORE UPDATE ON health_probe BEGIN SELECT RAISE(ABORT, 'full'); END");
    assert_int_not_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    change_schema(f, "DROP TRIGGER full");
    assert_int_not_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    f->now_ms += HEALTH_SECONDS * 1000;
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
}

static void a_server_that_signs_nothing_is_not_well(void **state)
{
    fixture *f = *state;
    atomic_store(&f->service->selftest_failed, true);
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_SELF_TEST);
    assert_int_equal(writes(f), 0);
}

/* A disk that hangs: the write does not come back, and whoever asks meanwhile is not told that all is well. */
static void a_write_that_hangs_is_not_well(void **state)
{
    fixture *f = *state;
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    assert_int_equal(pthread_mutex_lock(&f->service->health_lock), 0);
    atomic_store(&f->service->health_began_ms, f->now_ms);
    f->now_ms += HEALTH_SECONDS * 1000 - 1;
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    f->now_ms += 1;
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_BUSY);
    assert_int_equal(pthread_mutex_unlock(&f->service->health_lock), 0);
    assert_int_equal(health_check(fixture_call(f, NULL)), ERR_OK);
    assert_int_equal(atomic_load(&f->service->health_began_ms), 0);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {ON(a_write_every_few_seconds), ON(what_a_write_came_to_is_told_until_the_next),
                                       ON(a_server_that_signs_nothing_is_not_well), ON(a_write_that_hangs_is_not_well),
                                       ON(low_only_where_little_is_free)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
