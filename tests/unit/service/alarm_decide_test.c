#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/alarm_decide.h"

static void a_warning_opens_at_the_second_time(void **state)
{
    alarm_trend t = {0};
    (void)state;
    assert_int_equal(alarm_decide(&t, CHECK_WARNING, false), ALARM_NOTHING);
    assert_int_equal(alarm_decide(&t, CHECK_OK, false), ALARM_NOTHING);
    assert_int_equal(alarm_decide(&t, CHECK_WARNING, false), ALARM_NOTHING); /* it flaps */
    assert_int_equal(alarm_decide(&t, CHECK_UNKNOWN, false), ALARM_NOTHING);
    assert_int_equal(alarm_decide(&t, CHECK_WARNING, false), ALARM_OPEN);
    assert_int_equal(alarm_decide(&t, CHECK_WARNING, true), ALARM_SEE);
}

static void a_failure_opens_at_once(void **state)
{
    alarm_trend t = {0};
    (void)state;
    assert_int_equal(alarm_decide(&t, CHECK_FAILED, false), ALARM_OPEN);
    assert_int_equal(alarm_decide(&t, CHECK_FAILED, true), ALARM_SEE);
}

static void it_ends_after_five_good_ones_in_a_row(void **state)
{
    alarm_trend t = {0};
    (void)state;
    assert_int_equal(alarm_decide(&t, CHECK_FAILED, false), ALARM_OPEN);
    for (int i = 0; i < 4; i++)
        assert_int_equal(alarm_decide(&t, CHECK_OK, true), ALARM_NOTHING);
    assert_int_equal(alarm_decide(&t, CHECK_WARNING, true), ALARM_SEE); /* not over */
    for (int i = 0; i < 4; i++)
        assert_int_equal(alarm_decide(&t, CHECK_OK, true), ALARM_NOTHING);
    assert_int_equal(alarm_decide(&t, CHECK_UNKNOWN, true), ALARM_NOTHING);
    assert_int_equal(alarm_decide(&t, CHECK_OK, true), ALARM_CLOSE);
}

static void the_quiet_time(void **state)
{
    (void)state;
    assert_false(alarm_is_quiet(0, 0, 0));
    assert_true(alarm_is_quiet(60, 120, 60));
    assert_true(alarm_is_quiet(60, 120, 119));
    assert_false(alarm_is_quiet(60, 120, 120));
    assert_false(alarm_is_quiet(60, 120, 59));
    assert_true(alarm_is_quiet(1320, 420, 1320)); /* over midnight */
    assert_true(alarm_is_quiet(1320, 420, 0));
    assert_true(alarm_is_quiet(1320, 420, 419));
    assert_false(alarm_is_quiet(1320, 420, 420));
    assert_false(alarm_is_quiet(1320, 420, 1319));
}

static void the_pause_grows_to_an_hour(void **state)
{
    (void)state;
    assert_int_equal(alarm_backoff_ms(0), 0);
    assert_int_equal(alarm_backoff_ms(1), 60000);
    assert_int_equal(alarm_backoff_ms(2), 120000);
    assert_int_equal(alarm_backoff_ms(6), 1920000);
    assert_int_equal(alarm_backoff_ms(7), 3600000);
    assert_int_equal(alarm_backoff_ms(INT64_MAX), 3600000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_opens_at_the_second_time),
        cmocka_unit_test(a_failure_opens_at_once),
        cmocka_unit_test(it_ends_after_five_good_ones_in_a_row),
        cmocka_unit_test(the_quiet_time),
        cmocka_unit_test(the_pause_grows_to_an_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
