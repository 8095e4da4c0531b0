#include "bench_of_checks.h"

#include "service/time_watch.h"

static check_state judged(bench *b, time_state state)
{
    time_report r = {.state = state, .known = true, .error_us = 900, .limit_us = 1000};
    b->k.n = 0;
    check_clock_judge(&b->k, &r);
    return bench_state(b, "clock.state");
}

static void states(void **state)
{
    bench *b = *state;
    assert_int_equal(judged(b, TIME_GOOD), CHECK_OK);
    assert_int_equal(judged(b, TIME_SOON_OUT), CHECK_WARNING);
    assert_int_equal(judged(b, TIME_HOLDOVER), CHECK_WARNING);
    assert_int_equal(judged(b, TIME_BAD), CHECK_FAILED);
    assert_int_equal(judged(b, TIME_DEMONSTRATION), CHECK_UNKNOWN);
}

static void each_source_speaks_for_itself(void **state)
{
    bench *b = *state;
    time_report r = {.state = TIME_GOOD, .n = 3, .agrees = {true, false, false}};
    clock_reading_none(&r.readings[2], CLOCK_NTP, "10.0.0.3:123", "silent");
    for (size_t i = 0; i < 2; i++) {
        clock_reading_none(&r.readings[i], CLOCK_NTP, i == 0 ? "10.0.0.1:123" : "10.0.0.2:123", "stratum 2");
        r.readings[i].synchronised = true;
    }
    check_clock_judge(&b->k, &r);
    assert_int_equal(b->k.n, 4);
    assert_string_equal(b->results[1].subject, "ntp 10.0.0.1:123");
    assert_int_equal(b->results[1].state, CHECK_OK);
    assert_int_equal(b->results[2].state, CHECK_WARNING);
    assert_string_equal(b->results[2].value, "stratum 2, disagrees");
    assert_int_equal(b->results[3].state, CHECK_WARNING);
    assert_string_equal(b->results[3].value, "silent");
}

RUN_ON_BENCH(ON_BENCH(states), ON_BENCH(each_source_speaks_for_itself))
