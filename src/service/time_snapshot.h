/* What is known of the clock, as the watch last found it: written by one thread, read by all for each token without a lock. */
#ifndef YIQIAN_SERVICE_TIME_SNAPSHOT_H
#define YIQIAN_SERVICE_TIME_SNAPSHOT_H

#include <stdatomic.h>

#include "os/clock.h"
#include "tsa/holdover.h"

typedef struct time_snapshot {
    uint64_t serial;         /* counts the rounds */
    int64_t known;           /* 0: the time is not known */
    uint64_t bound_ns;       /* how far the clock was off at the most, */
    uint64_t measured_ns;    /* then (monotonic), */
    int64_t low_ns, high_ns; /* and how far it was from the monotonic clock: between these */
    uint64_t limit_ns;
    int64_t leap, leap_at_s;
    oscillator oscillator;
} time_snapshot;

/* A difference of the two clocks that changed by less is added to the bound: readings that took their time. By more, the clock was set. */
enum { TIME_STEP_NS = 100000 };

/* How much the difference of the clocks left [low_ns, high_ns]; 0 within. */
uint64_t time_snapshot_shift(int64_t low_ns, int64_t high_ns, const clock_pair *now);

typedef enum time_answer { TIME_KNOWN, TIME_UNKNOWN, TIME_STEPPED } time_answer;

/* How far the clock may be off at this reading; TIME_UNKNOWN also beyond the limit and around a leap second. */
time_answer time_snapshot_bound(const time_snapshot *s, const clock_pair *now, uint64_t *bound_ns);

/* The place that all read from. Zero at first: nothing is known. */
enum { TIME_SNAPSHOT_WORDS = sizeof(time_snapshot) / sizeof(uint64_t) };
_Static_assert(sizeof(time_snapshot) % sizeof(uint64_t) == 0, "copied by words");
typedef struct time_board {
    _Atomic uint64_t turn; /* odd while it is written */
    _Atomic uint64_t words[TIME_SNAPSHOT_WORDS];
} time_board;

void time_board_write(time_board *board, const time_snapshot *s); /* one thread */
void time_board_read(time_board *board, time_snapshot *out);

#endif
