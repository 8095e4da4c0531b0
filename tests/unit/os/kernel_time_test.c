#include "os/kernel_time.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/timex.h>

static clock_reading given(int state, struct timex said)
{
    clock_reading r;
    kernel_time_read(&r, &said, state);
    return r;
}

static void a_clock_that_is_steered(void **state)
{
    (void)state;
    clock_reading r =
        given(TIME_OK, (struct timex){.status = STA_PLL, .offset = 250, .maxerror = 1500, .esterror = 20});
    assert_true(r.synchronised);
    assert_int_equal(r.kind, CLOCK_KERNEL);
    assert_int_equal(r.offset_ns, -250000); /* still to be added: it is behind */
    assert_int_equal(r.bound_ns, 1500000);
    assert_int_equal(r.leap, 0);
    r = given(TIME_OK, (struct timex){.status = STA_PLL | STA_NANO, .offset = -250, .maxerror = 1500});
    assert_int_equal(r.offset_ns, 250);
}

static void one_that_is_not(void **state)
{
    (void)state;
    assert_false(given(TIME_ERROR, (struct timex){.status = STA_PLL, .maxerror = 5}).synchronised);
    assert_false(given(TIME_OK, (struct timex){.status = STA_UNSYNC, .maxerror = 5}).synchronised);
    assert_false(given(-1, (struct timex){.maxerror = 5}).synchronised);
    assert_false(given(TIME_OK, (struct timex){.maxerror = -1}).synchronised);
}

static void leap_seconds(void **state)
{
    (void)state;
    assert_int_equal(given(TIME_INS, (struct timex){.status = STA_INS}).leap, 1);
    assert_int_equal(given(TIME_OK, (struct timex){.status = STA_INS}).leap, 1);
    assert_int_equal(given(TIME_OOP, (struct timex){.status = 0}).leap, 1);
    assert_int_equal(given(TIME_DEL, (struct timex){.status = STA_DEL}).leap, -1);
    assert_int_equal(given(TIME_WAIT, (struct timex){.status = 0}).leap, 0);
}

/* Whatever this machine's kernel says, it is asked and nothing is set. */
static void this_kernel(void **state)
{
    (void)state;
    clock_reading r;
    kernel_time_measure(&r);
    assert_int_equal(r.kind, CLOCK_KERNEL);
    assert_string_not_equal(r.said, "");
    assert_string_equal(r.id, "adjtimex");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_clock_that_is_steered), cmocka_unit_test(one_that_is_not),
                                       cmocka_unit_test(leap_seconds), cmocka_unit_test(this_kernel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
