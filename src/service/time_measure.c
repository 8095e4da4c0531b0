/* Asks all sources: receivers one after another, then chronyd and the kernel, then the NTP servers at once. */
#include "os/chrony.h"
#include "os/gpsd_client.h"
#include "os/kernel_time.h"
#include "service/time_internal.h"

/* Readings so far, and when each was complete: they grow older while the next source is asked. */
typedef struct round {
    clock_reading *readings;
    uint64_t at_ns[CLOCK_READINGS_MAX];
    size_t n;
} round;

static void taken(round *r, size_t n)
{
    for (size_t end = r->n + n; r->n < end; r->n++)
        r->at_ns[r->n] = clock_monotonic_ns();
}

static void ask_ntp(struct time_watch *w, round *r)
{
    ntp_server asked[TIME_SOURCES_MAX];
    size_t place[TIME_SOURCES_MAX], n = 0;
    for (size_t i = 0; i < w->options.sources.n; i++)
        if (w->options.sources.of[i].kind == CLOCK_NTP) {
            w->servers[i].at = w->options.sources.of[i].at;
            place[n] = i;
            asked[n++] = w->servers[i];
        }
    ntp_measure(r->readings + r->n, asked, n);
    for (size_t i = 0; i < n; i++)
        w->servers[place[i]] = asked[i];
    taken(r, n);
}

size_t time_measure(struct time_watch *w, clock_reading out[CLOCK_READINGS_MAX])
{
    enum { RECEIVERS = CLOCK_READINGS_MAX - TIME_SOURCES_MAX }; /* a place is left for every other source */
    const time_sources *sources = &w->options.sources;
    round r = {.readings = out};
    for (size_t i = 0; i < sources->n; i++)
        if (sources->of[i].kind == CLOCK_GPSD)
            taken(&r, gpsd_measure(out + r.n, RECEIVERS - r.n, &sources->of[i].at));
    for (size_t i = 0; i < sources->n; i++) {
        const time_source *s = &sources->of[i];
        if (s->kind == CLOCK_CHRONY)
            chrony_measure(&out[r.n], s->has_at ? &s->at : NULL);
        else if (s->kind == CLOCK_KERNEL)
            kernel_time_measure(&out[r.n]);
        else
            continue;
        taken(&r, 1);
    }
    ask_ntp(w, &r);
    uint64_t now_ns = clock_monotonic_ns();
    for (size_t i = 0; i < r.n; i++)
        out[i].age_ns += now_ns - r.at_ns[i];
    return r.n;
}
