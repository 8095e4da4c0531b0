#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "os/clock.h"
#include "service/backup_setting.h"

static int64_t at(const char *text)
{
    int64_t ms;
    assert_true(clock_read(&ms, text));
    return ms;
}

enum { CHINA = 480 };
static const int64_t hour = 3600000;

static void every_day(void **state)
{
    (void)state;
    backup_setting s = {.schedule = "daily", .minute = 150, .weekday = 7};
    int64_t moment = at("2026-03-02T02:30:00+08:00"), before = moment - 24 * hour;
    assert_false(backup_is_due(&s, CHINA, moment - 1, before, before));
    assert_true(backup_is_due(&s, CHINA, moment, before, before));
    assert_true(backup_is_due(&s, CHINA, moment + 23 * hour, before, before)); /* the server was not running */
    assert_false(backup_is_due(&s, CHINA, moment + 1, moment, moment));
    assert_true(backup_is_due(&s, CHINA, moment, 0, 0));
    /* One that failed is tried again after an hour. */
    assert_false(backup_is_due(&s, CHINA, moment + hour - 1, before, moment));
    assert_true(backup_is_due(&s, CHINA, moment + hour, before, moment));
    /* What was due before the schedule was made is not made up for. */
    s.changed_ms = moment + 1;
    assert_false(backup_is_due(&s, CHINA, moment + 2, 0, 0));
    assert_true(backup_is_due(&s, CHINA, moment + 24 * hour, 0, 0));
    s.schedule = "off";
    assert_false(backup_is_due(&s, CHINA, moment + 48 * hour, 0, 0));
}

static void every_week(void **state)
{
    (void)state;
    backup_setting s = {.schedule = "weekly", .minute = 30, .weekday = 1};
    int64_t monday = at("2026-03-02T00:30:00+08:00"); /* still Sunday in UTC */
    assert_true(backup_is_due(&s, CHINA, monday, monday - 168 * hour, monday - 168 * hour));
    assert_false(backup_is_due(&s, CHINA, monday - 1, monday - 168 * hour, monday - 168 * hour));
    assert_false(backup_is_due(&s, CHINA, monday + 167 * hour, monday, monday));
    assert_true(backup_is_due(&s, CHINA, monday + 168 * hour, monday, monday));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_day), cmocka_unit_test(every_week)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
