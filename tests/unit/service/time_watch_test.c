#include "fixture.h"

#include "service/time_watch.h"

static void an_unwatched_clock_is_trusted_to_a_second_and_says_so(void **state)
{
    fixture *f = *state;
    time_now now;
    int64_t before_us = (int64_t)(clock_unix_ns() / 1000);
    assert_int_equal(time_watch_now(f->service, 1000000, &now), ERR_OK);
    assert_in_range(now.unix_us, before_us, before_us + 5000000);
    assert_int_equal(now.accuracy_us, 1000000);
    assert_true(now.demonstration);
    assert_int_equal(now.leap, 0);
    assert_int_equal(time_watch_now(f->service, 999999, &now), ERR_TIME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_unwatched_clock_is_trusted_to_a_second_and_says_so, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
