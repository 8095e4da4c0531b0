#include "service/time_drift.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const uint64_t second_ns = 1000000000;

/* Measures a clock that drifts by this, within a bound, for so long. */
static void run(time_drift *d, const oscillator *o, double drift, uint64_t bound_ns, uint64_t seconds)
{
    for (uint64_t s = 0; s <= seconds; s += 8)
        time_drift_note(d, o, (100 + s) * second_ns, (int64_t)(drift * (double)s * 1e9), bound_ns);
}

static void a_clock_that_keeps_to_its_figures(void **state)
{
    (void)state;
    time_drift d = {.begun = false};
    run(&d, &oscillator_quartz, 4e-6, 1000000, 7200);
    oscillator shown = time_drift_apply(&d, &oscillator_quartz);
    assert_true(shown.frequency == oscillator_quartz.frequency);
    /* What the measurements do not show is not held against it. */
    d = (time_drift){.begun = false};
    run(&d, &oscillator_ocxo, 1e-7, 1000000, 3000);
    shown = time_drift_apply(&d, &oscillator_ocxo);
    assert_true(shown.frequency == oscillator_ocxo.frequency);
}

static void one_that_does_not(void **state)
{
    (void)state;
    time_drift d = {.begun = false};
    run(&d, &oscillator_ocxo, -50e-6, 1000000, 3000);
    oscillator shown = time_drift_apply(&d, &oscillator_ocxo);
    assert_true(shown.frequency >= 50e-6 && shown.frequency < 110e-6);
    assert_true(shown.aging_per_day == oscillator_ocxo.aging_per_day);
    /* It is remembered for the window after the one in which it was seen, and no longer. */
    run(&d, &oscillator_ocxo, 0, 1000, 600);
    d = (time_drift){.begun = true, .began_ns = 0, .bound_ns = 1000, .present = 50e-6};
    time_drift_note(&d, &oscillator_ocxo, 3600 * second_ns, 0, 1000);
    assert_true(time_drift_apply(&d, &oscillator_ocxo).frequency == 50e-6);
    time_drift_note(&d, &oscillator_ocxo, 7200 * second_ns, 0, 1000);
    assert_true(time_drift_apply(&d, &oscillator_ocxo).frequency == oscillator_ocxo.frequency);
}

static void a_step_is_no_drift(void **state)
{
    (void)state;
    time_drift d = {.begun = false};
    run(&d, &oscillator_ocxo, 0, 1000, 600);
    time_drift_restart(&d);
    time_drift_note(&d, &oscillator_ocxo, 800 * second_ns, 5000000000, 1000);
    time_drift_note(&d, &oscillator_ocxo, 900 * second_ns, 5000000000, 1000);
    assert_true(time_drift_apply(&d, &oscillator_ocxo).frequency == oscillator_ocxo.frequency);
}

static void the_first_minute_says_nothing(void **state)
{
    (void)state;
    time_drift d = {.begun = false};
    run(&d, &oscillator_ocxo, 1e-3, 1000, 56);
    assert_true(time_drift_apply(&d, &oscillator_ocxo).frequency == oscillator_ocxo.frequency);
    run(&d, &oscillator_ocxo, 1e-3, 1000, 64);
    assert_true(time_drift_apply(&d, &oscillator_ocxo).frequency >= 1e-3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_clock_that_keeps_to_its_figures),
                                       cmocka_unit_test(one_that_does_not), cmocka_unit_test(a_step_is_no_drift),
                                       cmocka_unit_test(the_first_minute_says_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
