#include "service/rate.h"
#include "unit/service/fixture.h"

static call *at(fixture *f, int64_t ms)
{
    f->now_ms = ms;
    return fixture_call(f, NULL);
}

static err take(call *c, const char *name)
{
    return rate_take(c, RATE_SHORT_CODE, bytes_of_text(name), NULL); /* 10 at once, then one a minute */
}

static void a_bucket_empties_and_fills_again(void **state)
{
    fixture *f = *state;
    const int64_t t = f->now_ms;
    int64_t left = -1;
    for (int i = 9; i >= 0; i--) {
        assert_int_equal(rate_take(at(f, t), RATE_SHORT_CODE, bytes_of_text("a"), &left), ERR_OK);
        assert_int_equal(left, i);
    }
    assert_int_equal(take(at(f, t), "a"), ERR_RATE);
    assert_int_equal(f->c.fault.retry_after, 60);
    assert_int_equal(take(at(f, t + 30500), "a"), ERR_RATE);
    assert_int_equal(f->c.fault.retry_after, 30);
    assert_int_equal(take(at(f, t), "b"), ERR_OK);
    assert_int_equal(rate_take(at(f, t), RATE_CODE_OF_PERSON, bytes_of_text("a"), NULL), ERR_OK);
    assert_int_equal(take(at(f, t + 59999), "a"), ERR_RATE);
    assert_int_equal(take(at(f, t + 60000), "a"), ERR_OK);
    assert_int_equal(take(at(f, t + 60000), "a"), ERR_RATE);
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(at(f, t + 3600000), "a"), ERR_OK);
    assert_int_equal(take(at(f, t + 3600000), "a"), ERR_RATE);
}

static void what_was_right_is_given_back(void **state)
{
    fixture *f = *state;
    const int64_t t = f->now_ms;
    for (int i = 0; i < 9; i++)
        assert_int_equal(take(at(f, t), "a"), ERR_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(take(at(f, t), "a"), ERR_OK);
        assert_int_equal(take(at(f, t), "a"), ERR_RATE);
        rate_give(at(f, t), RATE_SHORT_CODE, bytes_of_text("a"));
    }
    /* No more than it holds. */
    for (int i = 0; i < 100; i++)
        rate_give(at(f, t), RATE_SHORT_CODE, bytes_of_text("a"));
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(at(f, t), "a"), ERR_OK);
    assert_int_equal(take(at(f, t), "a"), ERR_RATE);
}

static void a_clock_that_is_set_back_locks_nobody_out(void **state)
{
    fixture *f = *state;
    const int64_t t = f->now_ms;
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(at(f, t), "a"), ERR_OK);
    assert_int_equal(take(at(f, t - 86400000), "a"), ERR_RATE);
    assert_int_equal(f->c.fault.retry_after, 60);
    assert_int_equal(take(at(f, t - 86400000 + 60000), "a"), ERR_OK);
}

static void no_limit_where_none_is_set(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 10000; i++)
        assert_int_equal(rate_take(at(f, f->now_ms), RATE_ORIGIN, bytes_of_text("a"), NULL), ERR_OK);
}

/* However many names come: who has used up his, stays so while a few thousand others are in sight. */
static void a_flood_of_names(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(at(f, f->now_ms), "a"), ERR_OK);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(take(at(f, f->now_ms), arena_printf(f->arena, "name %d", i)), ERR_OK);
    assert_int_equal(take(at(f, f->now_ms), "a"), ERR_RATE);
}

static void origins(void **state)
{
    fixture *f = *state;
    call *c = fixture_call(f, NULL);
    c->origin = "192.0.2.7";
    assert_true(bytes_equal(rate_origin(c), bytes_of_text("192.0.2.7")));
    c->origin = "2001:db8:1:2:3:4:5:6";
    bytes first = rate_origin(c);
    assert_int_equal(first.n, 8);
    c->origin = "2001:db8:1:2::9";
    assert_true(bytes_equal(rate_origin(c), first));
    c->origin = "2001:db8:1:3::9";
    assert_false(bytes_equal(rate_origin(c), first));
    c->origin = "unix";
    assert_true(bytes_equal(rate_origin(c), bytes_of_text("unix")));
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_bucket_empties_and_fills_again),
        WITH_FIXTURE(what_was_right_is_given_back),
        WITH_FIXTURE(a_clock_that_is_set_back_locks_nobody_out),
        WITH_FIXTURE(no_limit_where_none_is_set),
        WITH_FIXTURE(a_flood_of_names),
        WITH_FIXTURE(origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
