#include "os/chrony.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "os/clock.h"

#define TRACKING(leap)                                                                                                 \
    "7F000001,127.0.0.1,6,1795783156.900009187,-0.000000954,-0.000000379,0.000000983,-0.028,-0.001,0.723,0.000004714," \
    "0.000002833,4.0," leap "\n"
#define SELECTED "^,*,127.0.0.1,5,2,77,1,-0.000000040,-0.000000419,0.000002392\n"
#define FALSE_SOURCE "^,x,10.0.0.9,5,2,77,1,-0.5,-0.5,0.001\n"

static const int64_t now_ns = INT64_C(1795783159) * 1000000000;

static clock_reading given(const char *text)
{
    clock_reading r;
    chrony_read(&r, "chronyd", text, strlen(text), now_ns);
    return r;
}

static void what_chronyc_prints(void **state)
{
    (void)state;
    clock_reading r = given(TRACKING("Normal") FALSE_SOURCE SELECTED);
    assert_true(r.synchronised);
    assert_int_equal(r.kind, CLOCK_CHRONY);
    assert_string_equal(r.id, "chronyd");
    assert_string_equal(r.said, "stratum 6 from 127.0.0.1, skew 0.723 ppm");
    assert_int_equal(r.offset_ns, 954); /* "fast of NTP time": ahead */
    assert_in_range(r.bound_ns, 2833 + 2357, 2833 + 2357 + 2);
    assert_in_range(r.age_ns / 1000000, 2099, 2100);
    assert_int_equal(r.leap, 0);
    assert_int_not_equal(r.mark, 0);
    assert_int_equal(given(TRACKING("Insert second") SELECTED).leap, 1);
    assert_int_equal(given(TRACKING("Delete second") SELECTED).leap, -1);
    /* A clock that is slow is behind. */
    r = given(
        "7F000001,,1,1795783156.9,0.25,0,0,0,0,0,-0.000002,0.000001,16.0,Normal\n#,*,PPS,0,4,377,14,0,0,0.0000001\n");
    assert_true(r.synchronised);
    assert_int_equal(r.offset_ns, -250000000);
    assert_in_range(r.bound_ns, 2000, 2002); /* a reference clock's delay below zero counts as well */
}

static void without_a_source_it_does_not_know(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"00000000,,0,0.000000000,0.000000000,0,0,0,0,0,1.000000000,1.000000000,0.0,Not synchronised\n",
         "not synchronised"},
        {TRACKING("Normal"), "no source is selected"},
        {TRACKING("Normal") FALSE_SOURCE, "no source is selected"},
        {TRACKING("Normal") "^,*,127.0.0.1,5,2,0,400,0,0,0.1\n",
         "no source is selected"}, /* not reached in eight polls */
        {TRACKING("Normal") "^,?,127.0.0.1,5,2,77,1,0,0,0.1\n", "no source is selected"},
        {TRACKING("Normal") "*\n", "no source is selected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        clock_reading r = given(rows[i].text);
        assert_false(r.synchronised);
        assert_string_equal(r.said, rows[i].said);
    }
}

static void what_is_not_chronyc_s(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n",
        "506 Cannot talk to daemon\n",
        ",,,,,,,,,,,,,\n" SELECTED,
        "7F,a,6,1,2,3,4,5,6,7,8,9,10,Normal,more\n" SELECTED,
        "7F,a,6,1795783156,2,3,4,5,6,7,8,9,10\n" SELECTED,
        "7F,a,17,1795783156,0,0,0,0,0,0,0,0,0,Normal\n" SELECTED, /* stratum */
        "7F,a,-1,1795783156,0,0,0,0,0,0,0,0,0,Normal\n" SELECTED,
        "7F,a,6,nan,0,0,0,0,0,0,0,0,0,Normal\n" SELECTED,
        "7F,a,6,1e300,0,0,0,0,0,0,0,0,0,Normal\n" SELECTED,
        "7F,a,6,-5,0,0,0,0,0,0,0,0,0,Normal\n" SELECTED,
        "7F,a,6,1795783160,0,0,0,0,0,0,0,0,0,Normal\n" SELECTED,    /* measured in the future: the clock was set back */
        "7F,a,6,1795783156,1e10,0,0,0,0,0,0,0,0,Normal\n" SELECTED, /* 300 years */
        "7F,a,6,1795783156,inf,0,0,0,0,0,0,0,0,Normal\n" SELECTED,
        "7F,a,6,1795783156,0x10,0,0,0,0,0,0,0,0,Normal\n" SELECTED,
        "7F,a,6,1795783156,0,0,0,0,0,-1,0,0,0,Normal\n" SELECTED, /* skew */
        "7F,a,6,1795783156,0,0,0,0,0,0,0,-1,0,Normal\n" SELECTED, /* dispersion */
        "7F,a,6,1795783156,0,0,0,0,0,0,,0,0,Normal\n" SELECTED,
        "7F,a,6,1795783156,1 2,0,0,0,0,0,0,0,0,Normal\n" SELECTED,
        "7F,a,6,1795783156,1.2.3,0,0,0,0,0,0,0,0,Normal\n" SELECTED};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        clock_reading r = given(texts[i]);
        if (r.synchronised)
            fail_msg("%s", texts[i]);
        assert_string_equal(r.said, "answer not understood");
    }
    clock_reading r = given("7F,\x1b[2J\xff,6,1795783156,0,0,0,0,0,0,0,0,0,Normal\n" SELECTED);
    assert_string_equal(r.said, "stratum 6 from ?[2J?, skew 0.000 ppm");
}

/* Nobody listens there: bounded in time, and said. */
static void no_chronyd(void **state)
{
    (void)state;
    endpoint nowhere;
    clock_reading r;
    assert_int_equal(endpoint_read(&nowhere, "127.0.0.1:9", CHRONY_PORT), ERR_OK);
    uint64_t began = clock_monotonic_ns();
    chrony_measure(&r, &nowhere);
    assert_true(clock_monotonic_ns() - began < UINT64_C(1000000) * (CHRONY_WAIT_MS + 1000));
    assert_false(r.synchronised);
    assert_string_equal(r.id, "127.0.0.1:9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_chronyc_prints),
                                       cmocka_unit_test(without_a_source_it_does_not_know),
                                       cmocka_unit_test(what_is_not_chronyc_s), cmocka_unit_test(no_chronyd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
