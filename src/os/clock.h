/* Clocks. Nothing outside os reads one by itself. */
#ifndef YIQIAN_OS_CLOCK_H
#define YIQIAN_OS_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Milliseconds since 1970-01-01 UTC; nanoseconds of the monotonic clock; CPU nanoseconds of this thread and process. */
int64_t clock_unix_ms(void);
uint64_t clock_unix_ns(void);
uint64_t clock_monotonic_ns(void);
uint64_t clock_thread_cpu_ns(void);
uint64_t clock_process_cpu_ns(void);

/* CPU nanoseconds of another thread, which must not have been joined yet. */
uint64_t clock_cpu_ns_of(pthread_t thread);

/* Both clocks read together: the system clock between two readings of the monotonic one, which are as close as a few tries make them. Their
 * difference stays the same however the clock is steered, and changes where it is set. */
typedef struct clock_pair {
    int64_t unix_ns;
    uint64_t before_ns, after_ns; /* monotonic */
} clock_pair;
void clock_pair_read(clock_pair *out);

/* "2026-03-01T08:30:00.123Z" and its terminator. */
enum { CLOCK_TEXT = 25 };
void clock_text(char out[CLOCK_TEXT], int64_t unix_ms);

/* A time's parts in the Gregorian calendar, of UTC or of what unix_s was shifted to. */
typedef struct clock_civil {
    int64_t year;
    unsigned month, day, hour, minute, second;
} clock_civil;
void clock_civil_of(clock_civil *out, int64_t unix_s);

/* The first second of the next month (UTC). */
int64_t clock_month_end(int64_t unix_s);

/* A time as RFC 3339 section 5.6 has it, "2026-03-01T16:30:00.123+08:00", from 1970 on; digits beyond milliseconds are dropped. False: it is
 * none, nor is a date that no calendar has. */
bool clock_read(int64_t *unix_ms, const char *text);

#endif
