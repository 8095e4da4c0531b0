/* What the time is, and how well that is known: asked for each token. A thread asks the sources, decides (tsa/clock_decision.h), and publishes
 * what it found; without sources (demonstration) the system clock is trusted as it is, and the policy of what is issued says so.
 *
 * Fail-closed: where nothing new is found the bound grows as the oscillator allows, until it is beyond the limit. A clock that was set is
 * noticed in the call itself, which compares it with the monotonic one: no time is given until the next good measurement. */
#ifndef YIQIAN_SERVICE_TIME_WATCH_H
#define YIQIAN_SERVICE_TIME_WATCH_H

#include "os/clock_reading.h"
#include "service/service.h"
#include "tsa/clock_decision.h"

typedef struct time_now {
    int64_t unix_us;
    uint64_t accuracy_us; /* the error's bound, rounded up */
    int leap;             /* a leap second at the end of this UTC month: -1, 0, +1 */
    bool demonstration;
} time_now;

/* Part of service_open and service_close; NULL is fine in the latter. */
MUST_CHECK err time_watch_open(service *s);
void time_watch_close(service *s);

/* The thread: measures at once, then at the interval of the settings, sooner while the time is not good. Stop it before service_close. */
MUST_CHECK err time_watch_start(service *s);
void time_watch_stop(service *s);

/* Thread-safe and cheap. ERR_TIME: the time is not known within limit_us, or within the server's own limit. */
MUST_CHECK err time_watch_now(service *s, uint64_t limit_us, time_now *out);

/* The clock's states, and that of a clock which nobody watches. */
typedef enum time_state {
    TIME_GOOD = CLOCK_GOOD,
    TIME_SOON_OUT = CLOCK_SOON_OUT,
    TIME_HOLDOVER = CLOCK_HOLDOVER,
    TIME_BAD = CLOCK_BAD,
    TIME_DEMONSTRATION
} time_state;
const char *time_state_name(time_state state);

/* What the last round found; state and reason as they are now, which may be worse. */
typedef struct time_report {
    time_state state;
    clock_reason reason;
    int64_t at_us; /* 0: there was no round yet */
    bool known;
    uint64_t error_us; /* where known */
    int leap;
    int64_t low_us, high_us; /* where measured in this round: the clock is ahead by something between these */
    bool measured;
    unsigned voices, agreeing, needed;
    uint64_t limit_us,
        holdover_seconds; /* how long it stays within the limit without any source; UINT64_MAX: for ever */
    oscillator oscillator;
    size_t n;
    clock_reading readings[CLOCK_READINGS_MAX];
    bool agrees[CLOCK_READINGS_MAX];
} time_report;
void time_watch_read(service *s, time_report *out);

/* The state alone. */
time_state time_watch_state(service *s);

/* Minutes of the hospital's civil time east of UTC. */
int time_watch_zone(const service *s);

#endif
