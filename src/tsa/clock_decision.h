/* "Is the time good, and how good": one pure function of what was measured.
 *
 * Each source gives an interval in which the clock's error lies if the source tells the truth. Where at least k voices agree (their
 * intervals have a point in common) the error lies between the first and the last such point, as long as k of them tell the truth: at most
 * n - k lie (Marzullo). What is farther from zero of the two is how far the clock may be off at the most. Where no k agree, the last state
 * holds over: its bound grows as tsa/holdover.h says. */
#ifndef YIQIAN_TSA_CLOCK_DECISION_H
#define YIQIAN_TSA_CLOCK_DECISION_H

#include "os/clock_reading.h"
#include "tsa/holdover.h"

typedef enum clock_state {
    CLOCK_GOOD,     /* measured, and well within the limit */
    CLOCK_SOON_OUT, /* within the limit still, but beyond three quarters of it, measured or held over */
    CLOCK_HOLDOVER, /* not measured now; what was measured last still bounds the error */
    CLOCK_BAD       /* beyond the limit, or not known: no time is given */
} clock_state;

typedef enum clock_reason {
    CLOCK_FINE,
    CLOCK_SILENT,         /* no source answered */
    CLOCK_UNSYNCHRONISED, /* they answer, and none claims to know the time */
    CLOCK_TOO_FEW,        /* fewer sources than must agree know the time */
    CLOCK_DISAGREE,       /* enough know the time, but not the same */
    CLOCK_STEPPED,        /* the clock was set, and not measured since */
    CLOCK_LEAP,           /* a leap second is under way: its seconds have no names of their own */
    CLOCK_LIMIT           /* off, or possibly off, by more than the limit */
} clock_reason;

typedef struct clock_facts {
    const clock_reading *readings;
    size_t n; /* at most CLOCK_READINGS_MAX */
    unsigned
        agree; /* k, from 1: voices that must agree. chrony and the kernel, whose clock it steers, are one voice, and one gpsd's receivers */
    int64_t unix_ns; /* the system clock */
    uint64_t limit_ns;
    const oscillator *oscillator;
    uint64_t
        since_step_ns; /* how long ago the clock was set by a step; UINT64_MAX: never. What is older is worth nothing */
    /* The last state that was measured, and how long ago; has_last false where there was none. */
    bool has_last;
    uint64_t last_bound_ns, since_ns;
    int last_leap;
    int64_t last_leap_at_s;
} clock_facts;

typedef struct clock_decision {
    clock_state state;
    clock_reason reason;     /* of a state that is not good; of a hold-over why it is not measured */
    bool known;              /* bound_ns bounds the error; in a bad state it may be known all the same */
    bool measured;           /* now, not held over */
    int64_t low_ns, high_ns; /* where measured: the clock's error lies between these */
    uint64_t bound_ns;
    int leap;                        /* pending: +1, -1, 0 */
    int64_t leap_at_s;               /* where pending: the Unix second at which it takes place */
    unsigned voices, agreeing;       /* that know the time, and of these the most that agree */
    bool agrees[CLOCK_READINGS_MAX]; /* of each reading: it has a part in the result */
} clock_decision;

void clock_decide(clock_decision *out, const clock_facts *facts);

/* From two seconds before a leap second until two seconds after it no time is given. */
enum { CLOCK_LEAP_SECONDS = 2 };

/* "good", "soon_out", "holdover", "bad"; "fine", "silent", "unsynchronised", "too_few", "disagree", "stepped", "leap", "limit". */
const char *clock_state_name(clock_state state);
const char *clock_reason_name(clock_reason reason);

#endif
