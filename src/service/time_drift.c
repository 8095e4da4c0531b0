#include "service/time_drift.h"

static const uint64_t minute_ns = UINT64_C(60000000000);
enum { WINDOW_MINUTES = 60 };

void time_drift_note(time_drift *d, const oscillator *o, uint64_t at_ns, int64_t offset_ns, uint64_t bound_ns)
{
    uint64_t elapsed = at_ns - d->began_ns;
    if (d->begun && elapsed >= minute_ns) {
        uint64_t moved =
            offset_ns > d->offset_ns ? (uint64_t)(offset_ns - d->offset_ns) : (uint64_t)(d->offset_ns - offset_ns);
        /* What both measurements may be off, and what the figures allow. */
        if (moved > holdover_bound(o, d->bound_ns + bound_ns, elapsed)) {
            double drift = (double)(moved + d->bound_ns + bound_ns) / (double)elapsed;
            d->present = drift > d->present ? drift : d->present;
        }
    }
    if (d->begun && elapsed < WINDOW_MINUTES * minute_ns)
        return;
    *d = (time_drift){
        .begun = true, .began_ns = at_ns, .bound_ns = bound_ns, .offset_ns = offset_ns, .previous = d->present};
}

void time_drift_restart(time_drift *d)
{
    d->begun = false;
}

oscillator time_drift_apply(const time_drift *d, const oscillator *o)
{
    oscillator shown = *o;
    double drift = d->present > d->previous ? d->present : d->previous;
    if (drift > shown.frequency)
        shown.frequency = drift;
    return shown;
}
