#include "tsa/clock_decision.h"

#include <string.h>

#include "os/clock.h"

const char *clock_state_name(clock_state state)
{
    static const char *const names[] = {"good", "soon_out", "holdover", "bad"};
    return names[state];
}

const char *clock_reason_name(clock_reason reason)
{
    static const char *const names[] = {"fine",     "silent",  "unsynchronised", "too_few",
                                        "disagree", "stepped", "leap",           "limit"};
    return names[reason];
}

typedef struct interval {
    int64_t low, high;
} interval;

/* chronyd steers the kernel's clock and tells it how good it is: what both say is one statement. So are the receivers of one gpsd ("address
 * device"): whoever lies in its place lies for all of them. */
static bool same_voice(const clock_reading *a, const clock_reading *b)
{
    bool local_a = a->kind == CLOCK_CHRONY || a->kind == CLOCK_KERNEL;
    bool local_b = b->kind == CLOCK_CHRONY || b->kind == CLOCK_KERNEL;
    size_t n = strcspn(a->id, " ");
    return (local_a && local_b) || (a->kind == b->kind && n == strcspn(b->id, " ") && strncmp(a->id, b->id, n) == 0);
}

/* What a reading says of the clock now: its own bound, and what the clock may have drifted since. False: nothing. */
static bool interval_of(interval *out, const clock_reading *r, const clock_facts *f)
{
    if (!r->synchronised || r->offset_ns > CLOCK_NS_MAX || r->offset_ns < -CLOCK_NS_MAX ||
        r->age_ns >= f->since_step_ns)
        return false;
    uint64_t bound = holdover_bound(f->oscillator, r->bound_ns, r->age_ns);
    if (bound > (uint64_t)CLOCK_NS_MAX)
        return false;
    *out = (interval){r->offset_ns - (int64_t)bound, r->offset_ns + (int64_t)bound};
    return true;
}

/* The voices' intervals: of several readings of one voice what all of them allow. A voice that contradicts itself has none. */
static size_t hear(interval voices[CLOCK_READINGS_MAX], const clock_facts *f)
{
    size_t n = 0;
    bool heard[CLOCK_READINGS_MAX] = {false};
    for (size_t i = 0; i < f->n; i++) {
        interval all;
        if (heard[i] || !interval_of(&all, &f->readings[i], f))
            continue;
        for (size_t k = i + 1; k < f->n; k++) {
            interval one;
            if (!same_voice(&f->readings[i], &f->readings[k]) || !interval_of(&one, &f->readings[k], f))
                continue;
            heard[k] = true;
            all.low = one.low > all.low ? one.low : all.low;
            all.high = one.high < all.high ? one.high : all.high;
        }
        if (all.low <= all.high)
            voices[n++] = all;
    }
    return n;
}

static unsigned cover(const interval *voices, size_t n, int64_t point)
{
    unsigned count = 0;
    for (size_t i = 0; i < n; i++)
        count += voices[i].low <= point && point <= voices[i].high;
    return count;
}

/* From the first to the last point that k voices allow: the first is where one begins, the last where one ends. */
static bool intersect(interval *out, unsigned *most, const interval *voices, size_t n, unsigned k)
{
    bool found = false;
    *most = 0;
    *out = (interval){INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < n; i++) {
        unsigned at_low = cover(voices, n, voices[i].low), at_high = cover(voices, n, voices[i].high);
        *most = at_low > *most ? at_low : *most;
        if (at_low >= k && voices[i].low < out->low)
            out->low = voices[i].low;
        if (at_high >= k && voices[i].high > out->high)
            out->high = voices[i].high;
        found = found || at_low >= k;
    }
    return found;
}

static uint64_t farther(interval i)
{
    uint64_t low = i.low < 0 ? (uint64_t)-i.low : (uint64_t)i.low;
    uint64_t high = i.high < 0 ? (uint64_t)-i.high : (uint64_t)i.high;
    return low > high ? low : high;
}

/* Who agrees, and what these announce. Where they contradict each other a second more is expected: the times to be careful are the same. */
static void ask_agreeing(clock_decision *out, const clock_facts *f, interval result)
{
    for (size_t i = 0; i < f->n; i++) {
        interval one;
        out->agrees[i] = interval_of(&one, &f->readings[i], f) && one.low <= result.high && one.high >= result.low;
        if (out->agrees[i] && f->readings[i].leap != 0 && out->leap != 1)
            out->leap = f->readings[i].leap;
    }
}

static clock_reason why_not(const clock_facts *f, unsigned voices)
{
    bool answered = false;
    for (size_t i = 0; i < f->n; i++)
        answered = answered || f->readings[i].synchronised;
    if (voices >= f->agree)
        return CLOCK_DISAGREE;
    if (answered)
        return CLOCK_TOO_FEW;
    return f->n > 0 ? CLOCK_UNSYNCHRONISED : CLOCK_SILENT;
}

/* Around a leap second, and in a hold-over behind one: whether the clock took part in it is not known. */
static bool in_leap(const clock_decision *d, int64_t unix_s)
{
    return d->leap != 0 && (unix_s >= d->leap_at_s - CLOCK_LEAP_SECONDS &&
                            (!d->measured || unix_s < d->leap_at_s + CLOCK_LEAP_SECONDS));
}

static void hold_over(clock_decision *out, const clock_facts *f)
{
    if (!f->has_last)
        return;
    if (f->since_ns >= f->since_step_ns) {
        out->reason = CLOCK_STEPPED;
        return;
    }
    out->bound_ns = holdover_bound(f->oscillator, f->last_bound_ns, f->since_ns);
    out->known = true;
    out->leap = f->last_leap;
    out->leap_at_s = f->last_leap_at_s;
}

static void judge(clock_decision *out, const clock_facts *f, int64_t unix_s)
{
    if (!out->known) {
        out->state = CLOCK_BAD;
    } else if (in_leap(out, unix_s)) {
        out->state = CLOCK_BAD;
        out->reason = CLOCK_LEAP;
    } else if (out->bound_ns > f->limit_ns) {
        out->state = CLOCK_BAD;
        out->reason = CLOCK_LIMIT;
    } else if (out->bound_ns > f->limit_ns / 4 * 3) {
        out->state = CLOCK_SOON_OUT;
        out->reason = out->measured ? CLOCK_LIMIT : out->reason;
    } else {
        out->state = out->measured ? CLOCK_GOOD : CLOCK_HOLDOVER;
    }
}

void clock_decide(clock_decision *out, const clock_facts *f)
{
    interval voices[CLOCK_READINGS_MAX], result;
    int64_t unix_s = f->unix_ns / 1000000000;
    *out = (clock_decision){.bound_ns = UINT64_MAX};
    size_t n = hear(voices, f);
    out->voices = (unsigned)n;
    out->measured = intersect(&result, &out->agreeing, voices, n, f->agree);
    if (out->measured) {
        out->known = true;
        out->low_ns = result.low;
        out->high_ns = result.high;
        out->bound_ns = farther(result);
        ask_agreeing(out, f, result);
        out->leap_at_s = out->leap != 0 ? clock_month_end(unix_s) : 0;
        /* Sources take their time to forget a leap second that is over: its month ended with it. */
        if (f->has_last && f->last_leap != 0 && unix_s < f->last_leap_at_s + CLOCK_LEAP_SECONDS &&
            unix_s >= f->last_leap_at_s - CLOCK_LEAP_SECONDS) {
            out->leap = f->last_leap;
            out->leap_at_s = f->last_leap_at_s;
        }
    } else {
        out->reason = why_not(f, out->voices);
        hold_over(out, f);
    }
    judge(out, f, unix_s);
}
