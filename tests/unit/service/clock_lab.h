/* A server whose clocks and sources are the test's: time passes when it says so, and the clock can be set. */
#ifndef YIQIAN_TESTS_SERVICE_CLOCK_LAB_H
#define YIQIAN_TESTS_SERVICE_CLOCK_LAB_H

#include "service/time_history.h"
#include "service/time_internal.h"
#include "unit/service/fixture.h"

enum { LAB_MS = 1000000 };

typedef struct lab {
    fixture *f;
    struct time_watch *w;
    int64_t unix_ns;
    uint64_t monotonic_ns;
    clock_reading readings[4];
    size_t n;
    uint64_t round_takes_ns; /* and the clock is set meanwhile by */
    int64_t set_meanwhile_ns;
} lab;

static inline void lab_clocks(void *context, clock_pair *out)
{
    const lab *l = context;
    *out = (clock_pair){l->unix_ns, l->monotonic_ns, l->monotonic_ns + 40};
}

static inline void lab_pass(lab *l, int64_t ns)
{
    l->unix_ns += ns;
    l->monotonic_ns += (uint64_t)ns;
}

static inline size_t lab_measure(void *context, clock_reading out[CLOCK_READINGS_MAX])
{
    lab *l = context;
    if (l->round_takes_ns >
        0) { /* else nothing is written: the watch's thread measures while the test looks at its clock */
        lab_pass(l, (int64_t)l->round_takes_ns);
        l->unix_ns += l->set_meanwhile_ns;
        l->set_meanwhile_ns = 0;
    }
    memcpy(out, l->readings, l->n * sizeof *out);
    return l->n;
}

/* n NTP servers, all of which must agree or as many as said; the clock is right within a millisecond. */
static inline void lab_open(lab *l, fixture *f, size_t n, unsigned agree)
{
    *l = (lab){
        .f = f, .w = f->service->time, .unix_ns = INT64_C(1795780800) * 1000000000, .monotonic_ns = 5000000000, .n = n};
    struct time_watch *w = l->w;
    w->options.sources.n = n;
    w->options.oscillator = oscillator_quartz;
    w->demonstration = false;
    w->agree = agree;
    w->inputs = (time_inputs){l, lab_clocks, lab_measure};
    w->report.state = TIME_BAD;
    for (size_t i = 0; i < n; i++) {
        l->readings[i] =
            (clock_reading){.kind = CLOCK_NTP, .synchronised = true, .bound_ns = LAB_MS, .said = "stratum 1"};
        (void)snprintf(l->readings[i].id, sizeof l->readings[i].id, "10.0.0.%zu:123", i + 1);
    }
}

static inline void lab_round(lab *l)
{
    assert_int_equal(time_watch_round(l->f->service, l->f->arena), ERR_OK);
}

static inline void lab_silence(lab *l)
{
    for (size_t i = 0; i < l->n; i++)
        clock_reading_none(&l->readings[i], CLOCK_NTP, l->readings[i].id, "silent");
}

static inline void lab_answer(lab *l)
{
    for (size_t i = 0; i < l->n; i++) {
        l->readings[i].synchronised = true;
        l->readings[i].bound_ns = LAB_MS;
    }
}

/* The time within a second. */
static inline err lab_now(lab *l, time_now *out)
{
    return time_watch_now(l->f->service, 1000000, out);
}

#endif
