/* What one source said of this machine's clock, and how far that can be trusted: an interval in which the clock's error lies, if the source
 * tells the truth. */
#ifndef YIQIAN_OS_CLOCK_READING_H
#define YIQIAN_OS_CLOCK_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum clock_source_kind { CLOCK_CHRONY, CLOCK_KERNEL, CLOCK_NTP, CLOCK_GPSD } clock_source_kind;

enum {
    CLOCK_READINGS_MAX = 24, /* in one round, of all sources */
    CLOCK_ID_TEXT = 128,
    CLOCK_SAID_TEXT = 96
};

/* Offsets and bounds beyond this (31 years) are no measurements; sums of a few stay within an int64_t. */
#define CLOCK_NS_MAX INT64_C(1000000000000000000)

typedef struct clock_reading {
    clock_source_kind kind;
    char id[CLOCK_ID_TEXT]; /* "10.0.0.1:123", "127.0.0.1:2947 /dev/ttyS0" */
    char
        said[CLOCK_SAID_TEXT]; /* what it said of itself ("stratum 2", "PPS"), or why there is no interval ("silent") */
    bool synchronised;         /* it answered, and claims to know the time; only then the following is set */
    int64_t offset_ns;         /* the system clock less the source: positive where our clock is ahead */
    uint64_t bound_ns;         /* how far offset_ns may be off at the moment it was measured */
    uint64_t age_ns;           /* how long ago that was */
    uint64_t mark;             /* of a source that measures by itself: changes with each measurement; else 0 */
    int leap;                  /* pending at the end of this month (UTC): +1, -1, 0 */
} clock_reading;

/* "chrony", "kernel", "ntp", "gpsd". */
const char *clock_source_name(clock_source_kind kind);

/* A reading without an interval: the source's name, and why. */
void clock_reading_none(clock_reading *out, clock_source_kind kind, const char *id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Copies text that came from outside: printable ASCII, anything else as '?', cut to the room. */
void clock_reading_text(char *out, size_t cap, const char *text, size_t n);

#endif
