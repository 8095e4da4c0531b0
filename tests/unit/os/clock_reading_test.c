#include "os/clock_reading.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void text_from_outside_is_printable_and_short(void **state)
{
    (void)state;
    char out[6];
    clock_reading_text(out, sizeof out, "a\x1b\xff\n~more", 9);
    assert_string_equal(out, "a???~");
    clock_reading_text(out, sizeof out, "ab\0cd", 5);
    assert_string_equal(out, "ab");
    clock_reading_text(out, sizeof out, "abcdef", 0);
    assert_string_equal(out, "");
}

static void a_reading_without_an_interval(void **state)
{
    (void)state;
    clock_reading r = {.synchronised = true, .offset_ns = 5, .id = "10.0.0.1:123"};
    clock_reading_none(&r, CLOCK_NTP, r.id, "kiss %s", "RATE"); /* its own name may be given */
    assert_false(r.synchronised);
    assert_int_equal(r.offset_ns, 0);
    assert_string_equal(r.id, "10.0.0.1:123");
    assert_string_equal(r.said, "kiss RATE");
    assert_string_equal(clock_source_name(r.kind), "ntp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_from_outside_is_printable_and_short),
                                       cmocka_unit_test(a_reading_without_an_interval)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
