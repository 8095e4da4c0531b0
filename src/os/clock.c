#include "os/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t read_ns(clockid_t id)
{
    struct timespec t = {0};
    (void)clock_gettime(id, &t); /* fails only for a clock the kernel does not have; these four it has */
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int64_t clock_unix_ms(void)
{
    return (int64_t)(read_ns(CLOCK_REALTIME) / 1000000u);
}

uint64_t clock_unix_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

uint64_t clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_thread_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t clock_process_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t clock_cpu_ns_of(pthread_t thread)
{
    clockid_t id;
    return pthread_getcpuclockid(thread, &id) == 0 ? read_ns(id) : 0;
}

void clock_pair_read(clock_pair *out)
{
    enum { TRIES = 8, CLOSE_NS = 2000 };
    for (int i = 0; i < TRIES; i++) {
        clock_pair one;
        one.before_ns = clock_monotonic_ns();
        one.unix_ns = (int64_t)clock_unix_ns();
        one.after_ns = clock_monotonic_ns();
        if (i == 0 || one.after_ns - one.before_ns < out->after_ns - out->before_ns)
            *out = one;
        if (out->after_ns - out->before_ns <= CLOSE_NS)
            return;
    }
}

/* The civil date of a day count since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from 1 March, so
 * that the leap day is the last of its year, and in eras of 400 years (146097 days), which all have the same pattern. */
static void civil_date(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468; /* from 0000-03-01 to 1970-01-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned from_march = (5 * of_year + 2) / 153;
    *day = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = era * 400 + year_of_era + (*month <= 2);
}

void clock_text(char out[CLOCK_TEXT], int64_t unix_ms)
{
    /* Four digits of year are all the text has room for. */
    const int64_t first = -INT64_C(62167219200000), last = INT64_C(253402300799999);
    unix_ms = unix_ms < first ? first : unix_ms > last ? last : unix_ms;
    const int64_t day_ms = 86400000;
    int64_t days = unix_ms / day_ms, rest = unix_ms % day_ms;
    if (rest < 0) {
        rest += day_ms;
        days--;
    }
    int64_t year;
    unsigned month, day, ms = (unsigned)rest;
    civil_date(days, &year, &month, &day);
    (void)snprintf(out, CLOCK_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)year % 10000, month % 100,
                   day % 100, ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

/* ---- reading ---- */

/* Takes n digits. */
static bool digits(const char **text, size_t n, int *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *out = *out * 10 + (**text - '0');
    }
    return true;
}

static bool one_of(const char **text, const char *set)
{
    if (**text == '\0' || !strchr(set, **text))
        return false;
    (*text)++;
    return true;
}

/* Days from 1970-01-01 of a date in the Gregorian calendar: a year begins in March here, so that its leap day comes last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool read_fraction(const char **text, int *ms)
{
    int weight = 100;
    *ms = 0;
    if (!one_of(text, "."))
        return true;
    if (**text < '0' || **text > '9')
        return false;
    for (; **text >= '0' && **text <= '9'; (*text)++, weight /= 10)
        *ms += weight * (**text - '0');
    return true;
}

/* "Z", or hours and minutes ahead of UTC. */
static bool read_offset(const char **text, int *minutes)
{
    int hour, minute, sign = **text == '-' ? -1 : 1;
    *minutes = 0;
    if (one_of(text, "Zz"))
        return true;
    if (!one_of(text, "+-") || !digits(text, 2, &hour) || !one_of(text, ":") || !digits(text, 2, &minute))
        return false;
    *minutes = sign * (hour * 60 + minute);
    return hour <= 23 && minute <= 59;
}

bool clock_read(int64_t *unix_ms, const char *text)
{
    int year, month, day, hour, minute, second, ms, offset;
    if (!digits(&text, 4, &year) || !one_of(&text, "-") || !digits(&text, 2, &month) || !one_of(&text, "-") ||
        !digits(&text, 2, &day) || !one_of(&text, "Tt") || !digits(&text, 2, &hour) || !one_of(&text, ":") ||
        !digits(&text, 2, &minute) || !one_of(&text, ":") || !digits(&text, 2, &second) || !read_fraction(&text, &ms) ||
        !read_offset(&text, &offset) || *text != '\0')
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 ||
        second > 59)
        return false;
    *unix_ms = ((days_of(year, month, day) * 24 + hour) * 60 + minute - offset) * 60000 + second * 1000 + ms;
    return true;
}

/* ---- parts ---- */

void clock_civil_of(clock_civil *out, int64_t unix_s)
{
    const int64_t day_s = 86400;
    int64_t days = unix_s / day_s, rest = unix_s % day_s;
    if (rest < 0) {
        rest += day_s;
        days--;
    }
    civil_date(days, &out->year, &out->month, &out->day);
    out->hour = (unsigned)(rest / 3600);
    out->minute = (unsigned)(rest / 60 % 60);
    out->second = (unsigned)(rest % 60);
}

int64_t clock_month_end(int64_t unix_s)
{
    clock_civil civil;
    clock_civil_of(&civil, unix_s);
    int year = (int)civil.year, month = (int)civil.month + 1;
    return days_of(month > 12 ? year + 1 : year, month > 12 ? 1 : month, 1) * 86400;
}
