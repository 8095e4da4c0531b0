/* How far a clock may be off when nothing measures it any more: what was known last, and what its oscillator can have done since.
 *
 *     bound(t) = bound(0) + (frequency + temperature) t + 1/2 aging t^2 + 5 stability (t + 1 s)
 *
 * The oscillator is the one that the system clock runs on. A better one in a device beside it (a receiver with an OCXO) holds that device's
 * time, not the system clock's, unless it steers it: docs/operations/time.md. */
#ifndef YIQIAN_TSA_HOLDOVER_H
#define YIQIAN_TSA_HOLDOVER_H

#include <stdint.h>

#include "base/err.h"

/* Fractions of a second a second, each an upper bound of the absolute value. */
typedef struct oscillator {
    double frequency;     /* how far its rate is from what it is taken for, at the moment the sources go */
    double aging_per_day; /* how much the rate changes a day */
    double stability;     /* Allan deviation at 1 s, taken as the floor for all longer times */
    double temperature;   /* how much the rate changes over the temperatures of the room */
} oscillator;

/* An ordinary crystal, and an oven-controlled one with the figures of the tender (5E-10 a day, 2E-11 at 1 s). */
extern const oscillator oscillator_quartz, oscillator_ocxo;

/* "quartz", "ocxo", or all four figures: "frequency=1e-10, aging=5e-10, stability=2e-11, temperature=2e-10" (aging a day), each from 0 to 1e-3.
 * ERR_ENCODING, ERR_RANGE, ERR_FIELD_MISSING, ERR_EXISTS (one twice). */
MUST_CHECK err oscillator_read(oscillator *out, const char *text);

/* The bound, elapsed_ns after it was bound_ns; rounded up; UINT64_MAX where it is beyond 500 years. */
uint64_t holdover_bound(const oscillator *o, uint64_t bound_ns, uint64_t elapsed_ns);

/* How long a bound stays within the limit, rounded down to whole seconds; UINT64_MAX for more than a hundred years. */
uint64_t holdover_seconds(const oscillator *o, uint64_t bound_ns, uint64_t limit_ns);

#endif
