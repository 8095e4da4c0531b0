/* Whether the clock keeps to its oscillator's figures: two measurements that no such oscillator can lie between say how fast it drifts
 * instead, and the hold-over grows by that. A system clock that nothing steers is found so. */
#ifndef YIQIAN_SERVICE_TIME_DRIFT_H
#define YIQIAN_SERVICE_TIME_DRIFT_H

#include <stdbool.h>

#include "tsa/holdover.h"

/* Over windows of an hour; a window says nothing in its first minute. Zero at first. */
typedef struct time_drift {
    bool begun;
    uint64_t began_ns, bound_ns; /* monotonic; of the window's first measurement */
    int64_t offset_ns;
    double present,
        previous; /* of this window so far and of the one before: a second a second; 0: as the figures say */
} time_drift;

/* A measurement: the middle of what was found and half its width. */
void time_drift_note(time_drift *d, const oscillator *o, uint64_t at_ns, int64_t offset_ns, uint64_t bound_ns);

/* The clock was set: what was measured before has nothing to do with what comes. */
void time_drift_restart(time_drift *d);

/* The oscillator as it shows itself: its figures, or the drift where that is worse. */
oscillator time_drift_apply(const time_drift *d, const oscillator *o);

#endif
