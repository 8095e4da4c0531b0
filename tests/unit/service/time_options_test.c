#include "service/time_options.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void sources_are_read(void **state)
{
    (void)state;
    time_sources s;
    assert_int_equal(time_sources_read(&s, "system"), ERR_OK);
    assert_int_equal(s.n, 0);
    assert_int_equal(time_sources_read(&s, " chrony ,kernel, ntp:10.0.0.1,ntp:[fd00::1]:1123 , gpsd:127.0.0.1"),
                     ERR_OK);
    assert_int_equal(s.n, 5);
    assert_true(s.of[0].kind == CLOCK_CHRONY && !s.of[0].has_at);
    assert_true(s.of[1].kind == CLOCK_KERNEL && !s.of[1].has_at);
    assert_string_equal(s.of[2].at.text, "10.0.0.1:123");
    assert_string_equal(s.of[3].at.text, "[fd00::1]:1123");
    assert_string_equal(s.of[4].at.text, "127.0.0.1:2947");
    assert_int_equal(time_sources_voices(&s), 4);
    assert_int_equal(time_sources_read(&s, "chrony:127.0.0.1:11323"), ERR_OK);
    assert_true(s.of[0].has_at && s.of[0].at.port == 11323);
    assert_int_equal(time_sources_voices(&s), 1);
    assert_int_equal(time_sources_read(&s, "kernel,chrony"), ERR_OK);
    assert_int_equal(time_sources_voices(&s), 1);
}

static void others_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        err e;
    } rows[] = {
        {"", ERR_ENCODING},
        {",", ERR_ENCODING},
        {"chrony,", ERR_ENCODING},
        {"chrony kernel", ERR_ENCODING},
        {"system, chrony", ERR_ENCODING},
        {"ntp", ERR_ENCODING},
        {"ntp:", ERR_ENCODING},
        {"ntp:time.example.cn", ERR_ENCODING},
        {"kernel:127.0.0.1", ERR_ENCODING},
        {"gpsd", ERR_ENCODING},
        {"sntp:10.0.0.1", ERR_ENCODING},
        {"NTP:10.0.0.1", ERR_ENCODING},
        {"ntp:10.0.0.1:0", ERR_ENCODING},
        {"chrony, chrony:127.0.0.1", ERR_EXISTS},
        {"kernel, kernel", ERR_EXISTS},
        {"ntp:10.0.0.1, ntp:10.0.0.1:123", ERR_EXISTS},
        {"ntp:1.0.0.1,ntp:1.0.0.2,ntp:1.0.0.3,ntp:1.0.0.4,ntp:1.0.0.5,ntp:1.0.0.6,ntp:1.0.0.7,ntp:1.0.0.8,ntp:1.0.0.9,"
         "ntp:1.0.0.10,ntp:1.0.0.11,ntp:1.0.0.12,ntp:1.0.0.13,ntp:1.0.0.14,ntp:1.0.0.15,ntp:1.0.0.16,kernel",
         ERR_LIMIT}};
    time_sources s;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (time_sources_read(&s, rows[i].text) != rows[i].e)
            fail_msg("%s", rows[i].text);
}

static void zones(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        err e;
        int minutes;
    } rows[] = {{"Asia/Shanghai", ERR_OK, 480},     {"UTC", ERR_OK, 0},         {"+08:00", ERR_OK, 480},
                {"-03:30", ERR_OK, -210},           {"+14:00", ERR_OK, 840},    {"-12:00", ERR_OK, -720},
                {"+14:01", ERR_RANGE, 0},           {"-12:01", ERR_RANGE, 0},   {"+05:60", ERR_RANGE, 0},
                {"+8:00", ERR_ENCODING, 0},         {"08:00", ERR_ENCODING, 0}, {"+0800", ERR_ENCODING, 0},
                {"Europe/Berlin", ERR_ENCODING, 0}, {"", ERR_ENCODING, 0},      {"+08:00 ", ERR_ENCODING, 0},
                {"+0a:00", ERR_ENCODING, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int minutes;
        if (time_zone_read(&minutes, rows[i].text) != rows[i].e)
            fail_msg("%s", rows[i].text);
        if (rows[i].e == ERR_OK)
            assert_int_equal(minutes, rows[i].minutes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sources_are_read), cmocka_unit_test(others_are_refused),
                                       cmocka_unit_test(zones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
