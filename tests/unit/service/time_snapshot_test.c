#include "service/time_snapshot.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>

static const int64_t unix_ns = INT64_C(1795780800) * 1000000000;
static const uint64_t then_ns = UINT64_C(1000000000000);

static time_snapshot snapshot(void)
{
    return (time_snapshot){.serial = 1,
                           .known = 1,
                           .bound_ns = 1000000,
                           .measured_ns = then_ns,
                           .low_ns = unix_ns - (int64_t)then_ns - 40,
                           .high_ns = unix_ns - (int64_t)then_ns,
                           .limit_ns = 1000000000,
                           .oscillator = oscillator_quartz};
}

static clock_pair later(int64_t ns, int64_t set)
{
    return (clock_pair){unix_ns + ns + set, then_ns + (uint64_t)ns, then_ns + (uint64_t)ns + 40};
}

static void the_difference_of_the_clocks_stays(void **state)
{
    (void)state;
    time_snapshot s = snapshot();
    for (int64_t set = -3; set <= 3; set++) {
        clock_pair now = later(5000000000, set * 1000);
        uint64_t shift = time_snapshot_shift(s.low_ns, s.high_ns, &now);
        int64_t want = llabs(set * 1000) - 40;
        assert_int_equal(shift, want > 0 ? want : 0);
    }
}

static void what_it_says_then(void **state)
{
    (void)state;
    time_snapshot s = snapshot();
    uint64_t bound;
    clock_pair now = later(8000000000, 0);
    assert_int_equal(time_snapshot_bound(&s, &now, &bound), TIME_KNOWN);
    assert_int_equal(bound, holdover_bound(&oscillator_quartz, 1000000, 8000000040) + 40);
    now = later(8000000000, TIME_STEP_NS);
    assert_int_equal(time_snapshot_bound(&s, &now, &bound), TIME_KNOWN);
    assert_in_range(bound, 1000000 + TIME_STEP_NS, 1000000 + TIME_STEP_NS + 50000);
    now = later(8000000000, TIME_STEP_NS + 41);
    assert_int_equal(time_snapshot_bound(&s, &now, &bound), TIME_STEPPED);
    now = later(8000000000, -TIME_STEP_NS - 41);
    assert_int_equal(time_snapshot_bound(&s, &now, &bound), TIME_STEPPED);
    s.known = 0;
    assert_int_equal(time_snapshot_bound(&s, &now, &bound), TIME_UNKNOWN);
    s = snapshot();
    s.limit_ns = 1000000;
    now = later(1, 0);
    assert_int_equal(time_snapshot_bound(&s, &now, &bound), TIME_UNKNOWN);
    s = snapshot();
    s.leap = -1;
    s.leap_at_s = unix_ns / 1000000000 + 10;
    now = later(7999999999, 0);
    assert_int_equal(time_snapshot_bound(&s, &now, &bound), TIME_KNOWN);
    now = later(8000000000, 0);
    assert_int_equal(time_snapshot_bound(&s, &now, &bound), TIME_UNKNOWN);
    time_snapshot nothing;
    time_board board = {.turn = 0};
    time_board_read(&board, &nothing);
    assert_int_equal(time_snapshot_bound(&nothing, &now, &bound), TIME_UNKNOWN);
}

/* ---- the board, read while it is written ---- */

static time_board board;
static atomic_bool over;

static void *write_for_ever(void *context)
{
    (void)context;
    for (uint64_t i = 1; !atomic_load(&over); i++) {
        time_snapshot s = {.serial = i, .bound_ns = i, .measured_ns = i, .limit_ns = i, .leap_at_s = (int64_t)i};
        s.oscillator.temperature = (double)i;
        time_board_write(&board, &s);
    }
    return NULL;
}

static void a_reader_never_sees_half_a_writing(void **state)
{
    (void)state;
    pthread_t writer;
    uint64_t last = 0;
    assert_int_equal(pthread_create(&writer, NULL, write_for_ever, NULL), 0);
    for (int i = 0; i < 200000; i++) {
        time_snapshot s;
        time_board_read(&board, &s);
        assert_true(s.serial >= last && s.bound_ns == s.serial && s.measured_ns == s.serial && s.limit_ns == s.serial &&
                    s.leap_at_s == (int64_t)s.serial && s.oscillator.temperature == (double)s.serial);
        last = s.serial;
    }
    atomic_store(&over, true);
    assert_int_equal(pthread_join(writer, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_difference_of_the_clocks_stays),
                                       cmocka_unit_test(what_it_says_then),
                                       cmocka_unit_test(a_reader_never_sees_half_a_writing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
