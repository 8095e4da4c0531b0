/* What sources that steer the system clock still believe after somebody else has set it: chronyd and the kernel do not measure when they are
 * asked, they tell what they measured last. After a step they count again when they have measured anew. */
#ifndef YIQIAN_SERVICE_TIME_STALE_H
#define YIQIAN_SERVICE_TIME_STALE_H

#include "os/clock_reading.h"

/* Zero at first: nothing is stale. */
typedef struct time_stale {
    bool chrony, kernel;   /* stale since a step */
    uint64_t chrony_mark;  /* of the measurement that is (clock_reading.mark); 0: not known yet */
    uint64_t kernel_bound; /* the kernel's bound grows by itself until its clock is steered again */
} time_stale;

void time_stale_step(time_stale *s);

/* Takes the interval from readings that are stale. */
void time_stale_filter(time_stale *s, clock_reading *readings, size_t n);

#endif
