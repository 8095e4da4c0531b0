/* What the time is, and how well that is known: asked for each token. In the demonstration mode the system's clock is trusted as it is, and
 * the policy of what is issued says so. */
#ifndef YIQIAN_SERVICE_TIME_WATCH_H
#define YIQIAN_SERVICE_TIME_WATCH_H

#include "service/service.h"

typedef struct time_now {
    int64_t unix_us;
    uint64_t accuracy_us; /* the error's bound, rounded up */
    int leap;             /* a leap second at the end of this UTC month: -1, 0, +1 */
    bool demonstration;
} time_now;

/* Part of service_open and service_close; NULL is fine in the latter. */
MUST_CHECK err time_watch_open(service *s);
void time_watch_close(service *s);

/* Thread-safe and cheap. ERR_TIME: the time is not known within limit_us. */
MUST_CHECK err time_watch_now(service *s, uint64_t limit_us, time_now *out);

#endif
