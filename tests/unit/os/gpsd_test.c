#include "os/gpsd.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FIX "{\"class\":\"TPV\",\"device\":\"/dev/ttyS0\",\"mode\":3,\"time\":\"2026-11-27T12:00:00.000Z\"}"
#define EDGE                                                                                                           \
    "{\"class\":\"PPS\",\"device\":\"/dev/"                                                                            \
    "ttyS0\",\"real_sec\":1795780800,\"real_nsec\":0,\"clock_sec\":1795780800,\"clock_nsec\":25000,\"precision\":-20}"

static const int64_t fix_ns = INT64_C(1795780800) * 1000000000;

static void take(gpsd_session *s, const char *line, int64_t unix_ns)
{
    gpsd_line(s, line, strlen(line), unix_ns, 1000);
}

static void a_sentence_is_up_to_a_second_late(void **state)
{
    (void)state;
    /* As it arrives, our clock shows this much after the time that it carries; if our clock is right, that is its lateness. */
    for (int64_t late = 0; late <= 1000000000; late += 125000000) {
        gpsd_session s = {.n = 0};
        clock_reading r;
        take(&s, FIX, fix_ns + late);
        assert_int_equal(gpsd_readings(&r, 1, &s, "h", 1500), 1);
        assert_true(r.synchronised && !gpsd_complete(&s));
        assert_string_equal(r.id, "h /dev/ttyS0");
        assert_string_equal(r.said, "sentences");
        assert_int_equal(r.age_ns, 500);
        assert_true((uint64_t)llabs(r.offset_ns) <= r.bound_ns); /* no error is among what it allows */
        assert_int_equal(r.bound_ns, 500000001);
    }
    gpsd_session s = {.n = 0};
    clock_reading r;
    take(&s, FIX, fix_ns + 3300000000); /* our clock is ahead by 2.3 to 3.3 s */
    assert_int_equal(gpsd_readings(&r, 1, &s, "h", 1000), 1);
    assert_int_equal(r.offset_ns, 2800000000);
}

/* Sentences of one receiver come at different moments of their second: together they say more. */
static void several_sentences_narrow_it(void **state)
{
    (void)state;
    gpsd_session s = {.n = 0};
    clock_reading r;
    take(&s, FIX, fix_ns + 700000000);
    take(&s, FIX, fix_ns + 100000000);
    take(&s, FIX, fix_ns + 400000000);
    assert_int_equal(gpsd_readings(&r, 1, &s, "h", 1000), 1);
    assert_true(r.synchronised);
    assert_int_equal(r.offset_ns, -100000000); /* between 0.3 behind and 0.1 ahead */
    assert_int_equal(r.bound_ns, 200000001);
    take(&s, FIX, fix_ns + 1100000000);
    assert_int_equal(gpsd_readings(&r, 1, &s, "h", 1000), 1);
    assert_true(r.synchronised);
    take(&s, FIX, fix_ns + 1100000001); /* a second and more between two of them: it is not as we think */
    assert_int_equal(gpsd_readings(&r, 1, &s, "h", 1000), 1);
    assert_false(r.synchronised);
    assert_string_equal(r.said, "no time");
}

static void an_edge_is_better(void **state)
{
    (void)state;
    gpsd_session s = {.n = 0};
    clock_reading r;
    take(&s, EDGE, fix_ns + 40000);
    assert_false(gpsd_complete(&s)); /* whether it has a fix is not known yet */
    assert_int_equal(gpsd_readings(&r, 1, &s, "h", 1000), 1);
    assert_string_equal(r.said, "no fix");
    take(&s, FIX, fix_ns + 200000000);
    assert_true(gpsd_complete(&s));
    assert_int_equal(gpsd_readings(&r, 1, &s, "h", 1000), 1);
    assert_true(r.synchronised);
    assert_string_equal(r.said, "PPS");
    assert_int_equal(r.offset_ns, 25000);
    assert_in_range(r.bound_ns, 100000 + 953, 100000 + 955); /* 2^-20 s, and 0.1 ms for being told */
    take(&s, "{\"class\":\"TPV\",\"device\":\"/dev/ttyS0\",\"mode\":1}", 0);
    assert_int_equal(gpsd_readings(&r, 1, &s, "h", 1000), 1);
    assert_false(r.synchronised); /* it lost its fix */
}

static void toff_is_a_sentence_that_gpsd_timed(void **state)
{
    (void)state;
    gpsd_session s = {.n = 0};
    clock_reading r;
    take(&s, "{\"class\":\"TPV\",\"device\":\"/dev/ttyS0\",\"mode\":2}", 0);
    take(&s,
         "{\"class\":\"TOFF\",\"device\":\"/dev/"
         "ttyS0\",\"real_sec\":100,\"real_nsec\":0,\"clock_sec\":100,\"clock_nsec\":300000000}",
         0);
    assert_int_equal(gpsd_readings(&r, 1, &s, "h", 1000), 1);
    assert_true(r.synchronised);
    assert_int_equal(r.offset_ns, -200000000);
    assert_int_equal(r.bound_ns, 500000001);
}

static void several_receivers(void **state)
{
    (void)state;
    gpsd_session s = {.n = 0};
    clock_reading r[GPSD_DEVICES];
    take(&s, FIX, fix_ns);
    for (int i = 1; i < 10; i++) {
        char line[200];
        (void)snprintf(line, sizeof line, "{\"class\":\"TPV\",\"device\":\"/dev/ttyS%d\",\"mode\":1}", i);
        take(&s, line, fix_ns);
    }
    assert_int_equal(s.n, GPSD_DEVICES); /* no more than this */
    assert_int_equal(gpsd_readings(r, GPSD_DEVICES, &s, "h", 1000), GPSD_DEVICES);
    assert_true(r[0].synchronised && !r[1].synchronised);
    assert_int_equal(gpsd_readings(r, 1, &s, "h", 1000), 1);
    gpsd_session none = {.n = 0};
    assert_int_equal(gpsd_readings(r, 1, &none, "h", 1000), 1);
    assert_string_equal(r[0].said, "no receiver");
    assert_false(gpsd_complete(&none));
}

static void what_is_not_understood_is_passed_over(void **state)
{
    (void)state;
    static const char *const lines[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "7",
                                        "{\"class\":7}",
                                        "{\"class\":\"TPV\"}",
                                        "{\"class\":\"TPV\",\"device\":\"\",\"mode\":3}",
                                        "{\"class\":\"TPV\",\"device\":7,\"mode\":3}",
                                        "{\"class\":\"TPV\",\"class\":\"TPV\",\"device\":\"/dev/x\",\"mode\":3}",
                                        "{\"class\":\"VERSION\",\"release\":\"3.22\"}"};
    gpsd_session s = {.n = 0};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        take(&s, lines[i], 0);
    assert_int_equal(s.n, 0);
    static const char *const worthless[] = {
        "{\"class\":\"TPV\",\"device\":\"/dev/x\",\"mode\":3,\"time\":\"yesterday\"}",
        "{\"class\":\"TPV\",\"device\":\"/dev/x\",\"mode\":3,\"time\":20261127}",
        "{\"class\":\"TPV\",\"device\":\"/dev/x\",\"mode\":3,\"time\":\"9999-12-31T23:59:59.999Z\"}",
        "{\"class\":\"TOFF\",\"device\":\"/dev/x\",\"real_sec\":1.5,\"real_nsec\":0,\"clock_sec\":1,\"clock_nsec\":0}",
        "{\"class\":\"TOFF\",\"device\":\"/dev/"
        "x\",\"real_sec\":1,\"real_nsec\":1000000000,\"clock_sec\":1,\"clock_nsec\":0}",
        "{\"class\":\"TOFF\",\"device\":\"/dev/x\",\"real_sec\":-1,\"real_nsec\":0,\"clock_sec\":1,\"clock_nsec\":0}",
        "{\"class\":\"TOFF\",\"device\":\"/dev/"
        "x\",\"real_sec\":1,\"real_nsec\":0,\"clock_sec\":9223372036854775807,\"clock_nsec\":0}",
        "{\"class\":\"TOFF\",\"device\":\"/dev/x\",\"real_sec\":1,\"real_nsec\":0}",
        "{\"class\":\"PPS\",\"device\":\"/dev/x\",\"real_sec\":1,\"real_nsec\":0,\"clock_sec\":1,\"clock_nsec\":0}",
        "{\"class\":\"PPS\",\"device\":\"/dev/"
        "x\",\"real_sec\":1,\"real_nsec\":0,\"clock_sec\":1,\"clock_nsec\":0,\"precision\":1}",
        "{\"class\":\"PPS\",\"device\":\"/dev/"
        "x\",\"real_sec\":1,\"real_nsec\":0,\"clock_sec\":1,\"clock_nsec\":0,\"precision\":-99}"};
    for (size_t i = 0; i < sizeof worthless / sizeof *worthless; i++) {
        clock_reading r;
        gpsd_session one = {.n = 0};
        take(&one, "{\"class\":\"TPV\",\"device\":\"/dev/x\",\"mode\":3}", 0);
        take(&one, worthless[i], 0);
        assert_int_equal(gpsd_readings(&r, 1, &one, "h", 1000), 1);
        if (r.synchronised)
            fail_msg("%s", worthless[i]);
        assert_string_equal(r.said, "no time");
    }
    char *long_line = calloc(1, GPSD_LINE_MAX + 2);
    assert_non_null(long_line);
    memset(long_line, ' ', GPSD_LINE_MAX + 1);
    memcpy(long_line, FIX, strlen(FIX));
    gpsd_line(&s, long_line, GPSD_LINE_MAX + 1, 0, 0);
    assert_int_equal(s.n, 0);
    gpsd_line(&s, long_line, GPSD_LINE_MAX, 0, 0);
    assert_int_equal(s.n, 1);
    free(long_line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_sentence_is_up_to_a_second_late),
                                       cmocka_unit_test(several_sentences_narrow_it),
                                       cmocka_unit_test(an_edge_is_better),
                                       cmocka_unit_test(toff_is_a_sentence_that_gpsd_timed),
                                       cmocka_unit_test(several_receivers),
                                       cmocka_unit_test(what_is_not_understood_is_passed_over)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
