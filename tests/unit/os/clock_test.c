#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "os/clock.h"

static void text_of_known_times(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } known[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782399999, "2000-02-28T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1772353800123, "2026-03-01T08:30:00.123Z"},
        {4107542399000, "2100-02-28T23:59:59.000Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"}, /* 2100 is no leap year */
        {-62167219200000, "0000-01-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[CLOCK_TEXT];
        clock_text(text, known[i].ms);
        assert_string_equal(text, known[i].text);
    }
}

/* Every day of four centuries, beside the C library's calendar. */
static void text_agrees_with_libc(void **state)
{
    (void)state;
    for (int64_t day = -73000; day < 73100; day++) {
        time_t seconds = (time_t)(day * 86400 + 45296);
        struct tm parts;
        char want[CLOCK_TEXT], got[CLOCK_TEXT];
        assert_non_null(gmtime_r(&seconds, &parts));
        assert_int_equal(strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.007Z", &parts), CLOCK_TEXT - 1);
        clock_text(got, (int64_t)seconds * 1000 + 7);
        assert_string_equal(got, want);
    }
}

static void now_is_now(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = clock_unix_ms();
    assert_in_range(now, before - 1000, before + 5000);
    uint64_t monotonic = clock_monotonic_ns();
    assert_true(clock_monotonic_ns() >= monotonic);
}

static void spin_until(uint64_t cpu_ns)
{
    while (clock_thread_cpu_ns() < cpu_ns) {
    }
}

static void *spin(void *gate)
{
    spin_until(20000000);
    (void)pthread_barrier_wait(gate);
    (void)pthread_barrier_wait(gate);
    return NULL;
}

static void cpu_of_another_thread(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_barrier_t gate;
    assert_int_equal(pthread_barrier_init(&gate, NULL, 2), 0);
    uint64_t mine = clock_thread_cpu_ns(), all = clock_process_cpu_ns();
    assert_int_equal(pthread_create(&thread, NULL, spin, &gate), 0);
    (void)pthread_barrier_wait(&gate);
    assert_in_range(clock_cpu_ns_of(thread), 20000000, 2000000000);
    assert_true(clock_thread_cpu_ns() - mine < 20000000);
    assert_true(clock_process_cpu_ns() - all >= 20000000);
    (void)pthread_barrier_wait(&gate);
    (void)pthread_join(thread, NULL);
    (void)pthread_barrier_destroy(&gate);
}

static void parts_of_a_time(void **state)
{
    (void)state;
    static const struct {
        int64_t unix_s;
        clock_civil want;
        int64_t month_end;
    } rows[] = {{0, {1970, 1, 1, 0, 0, 0}, 2678400},
                {-1, {1969, 12, 31, 23, 59, 59}, 0},
                {951782400, {2000, 2, 29, 0, 0, 0}, 951868800},
                {1798761599, {2026, 12, 31, 23, 59, 59}, 1798761600},
                {1798761600, {2027, 1, 1, 0, 0, 0}, 1801440000},
                {4107542399, {2100, 2, 28, 23, 59, 59}, 4107542400}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        clock_civil c;
        clock_civil_of(&c, rows[i].unix_s);
        assert_true(c.year == rows[i].want.year && c.month == rows[i].want.month && c.day == rows[i].want.day &&
                    c.hour == rows[i].want.hour && c.minute == rows[i].want.minute && c.second == rows[i].want.second);
        assert_int_equal(clock_month_end(rows[i].unix_s), rows[i].month_end);
    }
}

/* Nobody sets the clock meanwhile: the difference stays. */
static void both_clocks_together(void **state)
{
    (void)state;
    clock_pair first, second;
    clock_pair_read(&first);
    clock_pair_read(&second);
    assert_true(first.before_ns <= first.after_ns && first.after_ns <= second.before_ns);
    int64_t apart = (second.unix_ns - (int64_t)second.before_ns) - (first.unix_ns - (int64_t)first.before_ns);
    assert_true(llabs(apart) <=
                (int64_t)(second.after_ns - second.before_ns + first.after_ns - first.before_ns) + 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_time),     cmocka_unit_test(both_clocks_together),

        cmocka_unit_test(text_of_known_times), cmocka_unit_test(text_agrees_with_libc),
        cmocka_unit_test(now_is_now),          cmocka_unit_test(cpu_of_another_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
