#include "bench_of_checks.h"

#define DAY INT64_C(86400000)

static check_state age(bench *b, const char *schedule, int64_t days)
{
    b->k.n = 0;
    check_backup_judge(&b->k, &(backup_facts){.schedule = schedule, .last_good_ms = days < 0 ? 0 : 1}, 1 + days * DAY);
    return bench_state(b, "backup.age");
}

static check_state none_good(bench *b, const char *schedule, bool any_done, int64_t since_ms)
{
    b->k.n = 0;
    check_backup_judge(&b->k, &(backup_facts){.schedule = schedule, .schedule_ms = DAY, .any_done = any_done},
                       DAY + since_ms);
    return bench_state(b, "backup.age");
}

static void how_old_the_newest_may_be(void **state)
{
    bench *b = *state;
    assert_int_equal(age(b, "off", -1), CHECK_UNKNOWN);
    assert_int_equal(none_good(b, "daily", true, 0), CHECK_FAILED);
    assert_int_equal(none_good(b, "weekly", false, DAY), CHECK_UNKNOWN);
    assert_int_equal(none_good(b, "weekly", false, DAY + 1), CHECK_FAILED);
    assert_int_equal(none_good(b, "off", true, 9 * DAY), CHECK_UNKNOWN);
    assert_int_equal(age(b, "off", 30), CHECK_OK);
    assert_int_equal(age(b, "off", 31), CHECK_WARNING);
    assert_int_equal(age(b, "daily", 1), CHECK_OK);
    assert_int_equal(age(b, "daily", 2), CHECK_WARNING);
    assert_int_equal(age(b, "daily", 7), CHECK_FAILED);
    assert_int_equal(age(b, "weekly", 7), CHECK_OK);
    assert_int_equal(age(b, "weekly", 8), CHECK_WARNING);
    assert_int_equal(age(b, "weekly", 21), CHECK_FAILED);
}

static void what_failed_is_told(void **state)
{
    bench *b = *state;
    check_backup_judge(
        &b->k, &(backup_facts){.schedule = "daily", .last_error = "disk_full", .last_finding = "backup_damaged"}, DAY);
    assert_int_equal(bench_state(b, "backup.scheduled"), CHECK_FAILED);
    assert_int_equal(bench_state(b, "backup.finding"), CHECK_FAILED);
    b->k.n = 0;
    check_backup_judge(&b->k, &(backup_facts){.schedule = "daily", .last_good_ms = DAY}, DAY);
    assert_int_equal(bench_state(b, "backup.scheduled"), CHECK_OK);
    assert_int_equal(bench_state(b, "backup.finding"), CHECK_FAILED + 1); /* nothing was found */
}

static void directories(void **state)
{
    bench *b = *state;
    b->k.n = 0;
    check_backup_judge(&b->k, &(backup_facts){.directory = ERR_BACKUP_DIRECTORY, .before_restore = "before-restore-2"},
                       DAY);
    assert_int_equal(bench_state(b, "backup.directory"), CHECK_FAILED);
    assert_int_equal(bench_state(b, "backup.before_restore"), CHECK_WARNING);
    b->k.n = 0;
    check_backup_judge(&b->k, &(backup_facts){.schedule = "off"}, DAY);
    assert_int_equal(bench_state(b, "backup.directory"), CHECK_OK);
    assert_int_equal(bench_state(b, "backup.before_restore"), CHECK_FAILED + 1);
}

RUN_ON_BENCH(ON_BENCH(directories), ON_BENCH(how_old_the_newest_may_be), ON_BENCH(what_failed_is_told))
