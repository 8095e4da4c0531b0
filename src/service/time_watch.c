#include "service/time_watch.h"

#include <stdlib.h>
#include <string.h>

#include "os/log.h"
#include "service/time_internal.h"
#include "service/time_signer.h"

/* Nothing is known of a clock that nobody watches: one second is what a machine that was ever set may be off. */
enum { DEMONSTRATION_US = 1000000, HISTORY_SECONDS = 3600 };
static const uint64_t second_ns = 1000000000;

const char *time_state_name(time_state state)
{
    return state == TIME_DEMONSTRATION ? "demonstration" : clock_state_name((clock_state)state);
}

/* ---- for each token ---- */

static uint64_t up_us(uint64_t ns)
{
    return ns / 1000 + (ns % 1000 != 0);
}

/* Sooner than the thread would: it has to find out how the clock is now. */
static void hurry(struct time_watch *w)
{
    pthread_mutex_lock(&w->thread_lock);
    w->hurry = true;
    pthread_cond_signal(&w->thread_wake);
    pthread_mutex_unlock(&w->thread_lock);
}

/* Against this snapshot there is no time any more, not even if the clock is set back. */
static void stepped(struct time_watch *w, uint64_t serial)
{
    if (atomic_exchange(&w->stepped_serial, serial) == serial)
        return;
    log_write(LOG_ERROR, "time", "the system clock was set: no time is given until it has been measured again");
    hurry(w);
}

static time_answer ask(struct time_watch *w, clock_pair *now, time_snapshot *s, uint64_t *bound_ns)
{
    time_board_read(&w->board, s);
    w->inputs.clocks(w->inputs.context, now);
    *bound_ns = UINT64_MAX;
    if (atomic_load_explicit(&w->stepped_serial, memory_order_relaxed) == s->serial && s->serial != 0)
        return TIME_STEPPED;
    time_answer answer = time_snapshot_bound(s, now, bound_ns);
    if (answer == TIME_STEPPED)
        stepped(w, s->serial);
    return answer;
}

err time_watch_now(service *s, uint64_t limit_us, time_now *out)
{
    struct time_watch *w = s->time;
    clock_pair now;
    time_snapshot snapshot;
    uint64_t bound_ns;
    if (w->demonstration) {
        w->inputs.clocks(w->inputs.context, &now);
        *out = (time_now){now.unix_ns / 1000, DEMONSTRATION_US, 0, true};
        return DEMONSTRATION_US <= limit_us ? ERR_OK : ERR_TIME;
    }
    if (ask(w, &now, &snapshot, &bound_ns) != TIME_KNOWN)
        return ERR_TIME;
    /* A microsecond for what the time itself loses by being cut to microseconds. */
    *out = (time_now){now.unix_ns / 1000, up_us(bound_ns) + 1, (int)snapshot.leap, false};
    return out->accuracy_us <= limit_us ? ERR_OK : ERR_TIME;
}

/* What the last round found may have come to its end since. */
static void look_again(struct time_watch *w, time_state *state, clock_reason *reason)
{
    clock_pair now;
    time_snapshot snapshot;
    uint64_t bound_ns;
    if (w->demonstration || *state == TIME_BAD)
        return;
    time_answer answer = ask(w, &now, &snapshot, &bound_ns);
    if (answer == TIME_KNOWN)
        return;
    *state = TIME_BAD;
    *reason = answer == TIME_STEPPED ? CLOCK_STEPPED : bound_ns > snapshot.limit_ns ? CLOCK_LIMIT : CLOCK_LEAP;
}

void time_watch_read(service *s, time_report *out)
{
    pthread_mutex_lock(&s->time->report_lock);
    *out = s->time->report;
    pthread_mutex_unlock(&s->time->report_lock);
    look_again(s->time, &out->state, &out->reason);
}

time_state time_watch_state(service *s)
{
    pthread_mutex_lock(&s->time->report_lock);
    time_state state = s->time->report.state;
    clock_reason reason = s->time->report.reason;
    pthread_mutex_unlock(&s->time->report_lock);
    look_again(s->time, &state, &reason);
    return state;
}

int time_watch_zone(const service *s)
{
    return s->time->options.zone_minutes;
}

/* ---- a round ---- */

/* Whether the clock was set since the last round, or between the two pairs: what was read before is worth nothing then. */
static void look_for_step(struct time_watch *w, const clock_pair *before, const clock_pair *after)
{
    const time_snapshot *last = &w->snapshot;
    bool since = last->serial != 0 && (time_snapshot_shift(last->low_ns, last->high_ns, before) > TIME_STEP_NS ||
                                       atomic_load(&w->stepped_serial) == last->serial);
    bool during = time_snapshot_shift(before->unix_ns - (int64_t)before->after_ns,
                                      before->unix_ns - (int64_t)before->before_ns, after) > TIME_STEP_NS;
    if (!since && !during)
        return;
    w->has_step = true;
    w->step_ns = during ? after->after_ns : before->before_ns;
    time_drift_restart(&w->drift);
    time_stale_step(&w->stale);
    /* Nor is what a server said last that is not asked now: once somebody else has measured the clock, nothing would tell its age. */
    for (size_t i = 0; i < TIME_SOURCES_MAX; i++)
        w->servers[i].last.synchronised = false;
}

static void decide(struct time_watch *w, const clock_pair *now, const oscillator *o, time_report *r, clock_decision *d)
{
    uint64_t now_ns = now->after_ns;
    clock_facts facts = {.readings = r->readings,
                         .n = r->n,
                         .agree = w->agree,
                         .unix_ns = now->unix_ns,
                         .limit_ns = w->options.limit_us * 1000,
                         .oscillator = o,
                         .since_step_ns = w->has_step ? now_ns - w->step_ns : UINT64_MAX,
                         .has_last = w->has_measured,
                         .last_bound_ns = w->snapshot.bound_ns,
                         .since_ns = w->has_measured ? now_ns - w->snapshot.measured_ns : 0,
                         .last_leap = (int)w->snapshot.leap,
                         .last_leap_at_s = w->snapshot.leap_at_s};
    clock_decide(d, &facts);
}

/* A round without a measurement leaves what was measured before as it is, or takes it away. What the clock was set by meanwhile, if it was too
 * little to be a step, shows against the difference of the clocks before the round, and is added to the bound. */
static void publish(struct time_watch *w, const clock_pair *before, const clock_pair *now, const oscillator *o,
                    const clock_decision *d)
{
    time_snapshot next = w->snapshot;
    const clock_pair *since = d->measured ? before : now;
    next.serial++;
    next.limit_ns = w->options.limit_us * 1000;
    next.known = d->known;
    next.oscillator = *o;
    if (d->measured || !d->known) {
        next.low_ns = since->unix_ns - (int64_t)since->after_ns;
        next.high_ns = since->unix_ns - (int64_t)since->before_ns;
    }
    if (d->measured) {
        next.bound_ns = d->bound_ns;
        next.measured_ns = now->before_ns;
        next.leap = d->leap;
        next.leap_at_s = d->leap_at_s;
        w->has_measured = true;
    }
    w->snapshot = next;
    time_board_write(&w->board, &next);
}

static void fill_report(const struct time_watch *w, const clock_pair *now, const oscillator *o, const clock_decision *d,
                        time_report *r)
{
    r->state = (time_state)d->state;
    r->reason = d->reason;
    r->at_us = now->unix_ns / 1000;
    r->known = d->known;
    r->error_us = d->known ? up_us(d->bound_ns) : 0;
    r->leap = d->leap;
    r->measured = d->measured;
    r->low_us = d->low_ns / 1000 - 1;
    r->high_us = d->high_ns / 1000 + 1;
    r->voices = d->voices;
    r->agreeing = d->agreeing;
    r->needed = w->agree;
    r->limit_us = w->options.limit_us;
    r->oscillator = *o;
    r->holdover_seconds =
        d->known && d->state != CLOCK_BAD ? holdover_seconds(o, d->bound_ns, w->options.limit_us * 1000) : 0;
    memcpy(r->agrees, d->agrees, sizeof r->agrees);
}

static void demonstrate(const struct time_watch *w, const clock_pair *now, time_report *r)
{
    r->state = TIME_DEMONSTRATION;
    r->at_us = now->unix_ns / 1000;
    r->known = true;
    r->error_us = DEMONSTRATION_US;
    r->limit_us = w->options.limit_us;
    r->oscillator = w->options.oscillator;
}

static void watch(struct time_watch *w, time_report *r)
{
    clock_pair before, after;
    clock_decision d;
    w->inputs.clocks(w->inputs.context, &before);
    r->n = w->inputs.measure(w->inputs.context, r->readings);
    w->inputs.clocks(w->inputs.context, &after);
    look_for_step(w, &before, &after);
    time_stale_filter(&w->stale, r->readings, r->n);
    oscillator o = time_drift_apply(&w->drift, &w->options.oscillator);
    decide(w, &after, &o, r, &d);
    if (d.measured) {
        w->has_step = false;
        time_drift_note(&w->drift, &w->options.oscillator, after.after_ns, d.low_ns + (d.high_ns - d.low_ns) / 2,
                        (uint64_t)(d.high_ns - d.low_ns) / 2 + 1);
    }
    publish(w, &before, &after, &o, &d);
    fill_report(w, &after, &o, &d, r);
}

/* ---- what is told of it ---- */

static void log_change(const struct time_watch *w, const time_report *r)
{
    bool bad = r->state == TIME_BAD;
    if (w->has_told && w->told == r->state)
        return;
    if (bad || w->lost)
        log_write(bad ? LOG_ERROR : LOG_WARN, "time", "%s reason=%s sources=%u agreeing=%u needed=%u",
                  bad ? "THE TIME IS LOST: no timestamps are issued" : "the time is back", clock_reason_name(r->reason),
                  r->voices, r->agreeing, r->needed);
    else
        log_write(r->state == TIME_GOOD || r->state == TIME_DEMONSTRATION ? LOG_INFO : LOG_WARN, "time",
                  "state=%s reason=%s error_us=%llu", time_state_name(r->state), clock_reason_name(r->reason),
                  (unsigned long long)r->error_us);
}

/* A row of the history at each change and once an hour; what could not be written is tried again in the next round. */
static err tell(service *s, arena *a, const time_report *r, uint64_t now_ns)
{
    struct time_watch *w = s->time;
    bool changed = !w->has_told || w->told != r->state || w->told_reason != r->reason;
    if (!changed && now_ns - w->told_ns < HISTORY_SECONDS * second_ns)
        return ERR_OK;
    log_change(w, r);
    bool bad = r->state == TIME_BAD;
    TRY(time_history_add(s, a, r, bad && !w->lost ? "time.lost" : !bad && w->lost ? "time.back" : NULL));
    w->has_told = true;
    w->told = r->state;
    w->told_reason = r->reason;
    w->told_ns = now_ns;
    w->lost = bad;
    return ERR_OK;
}

err time_watch_round(service *s, arena *a)
{
    struct time_watch *w = s->time;
    clock_pair now;
    time_report *r = arena_alloc(a, sizeof *r);
    if (!r)
        return ERR_MEMORY;
    pthread_mutex_lock(&w->round_lock);
    w->inputs.clocks(w->inputs.context, &now);
    if (w->demonstration)
        demonstrate(w, &now, r);
    else
        watch(w, r);
    pthread_mutex_lock(&w->report_lock);
    w->report = *r;
    pthread_mutex_unlock(&w->report_lock);
    err e = tell(s, a, r, now.after_ns);
    pthread_mutex_unlock(&w->round_lock);
    return e;
}

/* ---- open and close ---- */

static void real_clocks(void *context, clock_pair *out)
{
    (void)context;
    clock_pair_read(out);
}

static size_t real_measure(void *context, clock_reading out[CLOCK_READINGS_MAX])
{
    return time_measure(context, out);
}

err time_watch_open(service *s)
{
    static const time_options none = {.limit_us = 1000000, .interval_ms = 8000, .zone_minutes = 480};
    struct time_watch *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_MEMORY;
    s->time = w;
    w->options = s->options.time ? *s->options.time : none;
    w->demonstration = w->options.sources.n == 0;
    w->agree = w->options.agree > 0 ? w->options.agree : time_sources_voices(&w->options.sources) / 2 + 1;
    w->inputs = (time_inputs){w, real_clocks, real_measure};
    w->report.state = w->demonstration ? TIME_DEMONSTRATION : TIME_BAD;
    w->report.reason = w->demonstration ? CLOCK_FINE : CLOCK_SILENT;
    w->report.needed = w->agree;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->thread_wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&w->keeper.lock, NULL);
    pthread_mutex_init(&w->round_lock, NULL);
    pthread_mutex_init(&w->report_lock, NULL);
    pthread_mutex_init(&w->thread_lock, NULL);
    return ERR_OK;
}

void time_watch_close(service *s)
{
    struct time_watch *w = s->time;
    if (!w)
        return;
    time_watch_stop(s);
    time_signer_close(s);
    pthread_cond_destroy(&w->thread_wake);
    pthread_mutex_destroy(&w->keeper.lock);
    pthread_mutex_destroy(&w->round_lock);
    pthread_mutex_destroy(&w->report_lock);
    pthread_mutex_destroy(&w->thread_lock);
    free(w);
    s->time = NULL;
}
