#include "service/time_stale.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static clock_reading given(clock_source_kind kind, uint64_t mark, uint64_t bound_ns)
{
    return (clock_reading){.kind = kind, .synchronised = true, .mark = mark, .bound_ns = bound_ns, .id = "x"};
}

static bool counts(time_stale *s, clock_reading r)
{
    time_stale_filter(s, &r, 1);
    if (!r.synchronised)
        assert_string_equal(r.said, "not measured since the clock was set");
    return r.synchronised;
}

static void before_a_step_all_count(void **state)
{
    (void)state;
    time_stale s = {.chrony = false};
    for (int i = 0; i < 3; i++)
        assert_true(counts(&s, given(CLOCK_CHRONY, 5, 1)) && counts(&s, given(CLOCK_KERNEL, 0, 10)));
}

static void chrony_counts_when_it_measured_anew(void **state)
{
    (void)state;
    time_stale s = {.chrony = false};
    time_stale_step(&s);
    assert_false(counts(&s, given(CLOCK_CHRONY, 5, 1)));
    assert_false(counts(&s, given(CLOCK_CHRONY, 5, 1)));
    assert_true(counts(&s, given(CLOCK_CHRONY, 6, 1)));
    assert_true(counts(&s, given(CLOCK_CHRONY, 6, 1)));
    time_stale_step(&s); /* set again */
    assert_false(counts(&s, given(CLOCK_CHRONY, 6, 1)));
}

/* Its bound grows until the clock is steered again. */
static void the_kernel_counts_when_its_bound_falls(void **state)
{
    (void)state;
    time_stale s = {.chrony = false};
    time_stale_step(&s);
    assert_false(counts(&s, given(CLOCK_KERNEL, 0, 1000)));
    assert_false(counts(&s, given(CLOCK_KERNEL, 0, 1000)));
    assert_false(counts(&s, given(CLOCK_KERNEL, 0, 1500)));
    assert_true(counts(&s, given(CLOCK_KERNEL, 0, 1200)));
    assert_true(counts(&s, given(CLOCK_KERNEL, 0, 1700)));
}

static void servers_measure_when_they_are_asked(void **state)
{
    (void)state;
    time_stale s = {.chrony = false};
    time_stale_step(&s);
    assert_true(counts(&s, given(CLOCK_NTP, 0, 1)) && counts(&s, given(CLOCK_GPSD, 0, 1)));
    clock_reading silent = {.kind = CLOCK_CHRONY, .said = "silent"};
    time_stale_filter(&s, &silent, 1);
    assert_string_equal(silent.said, "silent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(before_a_step_all_count),
                                       cmocka_unit_test(chrony_counts_when_it_measured_anew),
                                       cmocka_unit_test(the_kernel_counts_when_its_bound_falls),
                                       cmocka_unit_test(servers_measure_when_they_are_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
