#include "service/monitor_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"
#include "os/log.h"
#include "service/alarm.h"
#include "service/audit_job.h"

enum { ROUND_ARENA = 16 << 20, INTERVAL_S = 60, THOUSAND = 1000, AUDIT_RETRY_MS = 600000, MINUTE_MS = 60000 };
static const int64_t day_ms = 86400000;

const char *monitor_node(const service *s)
{
    return s->monitor->node;
}

const char *monitor_metric_name(monitor_metric metric)
{
#define MONITOR_NAME(name, aggregate) #name,
    static const char *const names[] = {MONITOR_METRICS(MONITOR_NAME)};
#undef MONITOR_NAME
    return names[metric];
}

/* ---- measuring ---- */

static int64_t count_rows(service *s, arena *a, const char *sql)
{
    const store_value *row;
    return store_query_one(s->options.store, a, &row, ERR_OK, sql, NULL, 0) == ERR_OK ? row->i : HOST_UNKNOWN;
}

void monitor_count(service *s, arena *a, monitor_counters *out)
{
    struct monitor *m = s->monitor;
    memset(out, 0, sizeof *out);
    out->at_ns = clock_monotonic_ns();
    host_read(&out->host, a);
    host_disk_read(&out->disk, s->options.data_dir ? s->options.data_dir : "/nowhere");
    pthread_mutex_lock(&m->requests_lock);
    if (m->read_requests)
        m->read_requests(m->requests_context, &out->requests);
    pthread_mutex_unlock(&m->requests_lock);
    out->signatures = s->signatures;
    out->tokens = s->tokens_logged;
    out->callbacks_queued = count_rows(s, a, "SELECT count(*) FROM callback WHERE finished_at IS NULL");
    out->tasks_unfinished = count_rows(s, a, "SELECT count(*) FROM task WHERE finished_at IS NULL");
    out->stamps_waiting = count_rows(s, a, "SELECT count(*) FROM signature_stamp WHERE serial IS NULL");
}

/* Of a counter that may not be known, or began anew. */
static int64_t since(int64_t before, int64_t now)
{
    return before < 0 || now < before ? HOST_UNKNOWN : now - before;
}

static int64_t share(int64_t part, int64_t whole)
{
    return part < 0 || whole <= 0 ? HOST_UNKNOWN : part * THOUSAND / whole;
}

static void compute_requests(int64_t value[MONITOR_METRIC_COUNT], const monitor_requests *before,
                             const monitor_requests *now)
{
    enum { P50 = 500, P95 = 950, P99 = 990 };
    static const monitor_metric classes[MONITOR_ANSWERS] = {
        MONITOR_METRIC_COUNT, MONITOR_answers_2xx, MONITOR_answers_3xx, MONITOR_answers_4xx, MONITOR_answers_5xx};
    histogram_counts latency;
    histogram_since(&latency, &before->latency, &now->latency);
    bool any = histogram_count(&latency) > 0;
    value[MONITOR_requests] = since((int64_t)before->requests, (int64_t)now->requests);
    for (size_t i = 1; i < MONITOR_ANSWERS; i++)
        value[classes[i]] = since((int64_t)before->answers[i], (int64_t)now->answers[i]);
    value[MONITOR_latency_p50] = any ? (int64_t)histogram_quantile(&latency, P50) : HOST_UNKNOWN;
    value[MONITOR_latency_p95] = any ? (int64_t)histogram_quantile(&latency, P95) : HOST_UNKNOWN;
    value[MONITOR_latency_p99] = any ? (int64_t)histogram_quantile(&latency, P99) : HOST_UNKNOWN;
    value[MONITOR_requests_waiting] = (int64_t)now->waiting;
}

void monitor_compute(int64_t value[MONITOR_METRIC_COUNT], const monitor_counters *before, const monitor_counters *now)
{
    const host_reading *was = &before->host, *is = &now->host;
    int64_t passed_ns = (int64_t)(now->at_ns - before->at_ns);
    int64_t ticks = since(was->cpu_total, is->cpu_total);
    value[MONITOR_cpu] = share(since(was->cpu_busy, is->cpu_busy), ticks);
    value[MONITOR_load] = is->load;
    value[MONITOR_memory_used] = since(is->memory_available, is->memory_total);
    value[MONITOR_memory_total] = is->memory_total;
    value[MONITOR_disk_free] = now->disk.free;
    value[MONITOR_disk_total] = now->disk.total;
    value[MONITOR_disk_read] = since(was->disk_read, is->disk_read);
    value[MONITOR_disk_written] = since(was->disk_written, is->disk_written);
    value[MONITOR_net_received] = since(was->net_received, is->net_received);
    value[MONITOR_net_sent] = since(was->net_sent, is->net_sent);
    value[MONITOR_temperature] = is->temperature;
    value[MONITOR_process_cpu] = share(since(was->process_cpu_ns, is->process_cpu_ns), passed_ns);
    value[MONITOR_process_memory] = is->process_memory;
    value[MONITOR_process_files] = is->process_files;
    compute_requests(value, &before->requests, &now->requests);
    value[MONITOR_callbacks_queued] = now->callbacks_queued;
    value[MONITOR_tasks_unfinished] = now->tasks_unfinished;
    value[MONITOR_stamps_waiting] = now->stamps_waiting;
    value[MONITOR_signatures] = since(before->signatures, now->signatures);
    value[MONITOR_tokens] = since(before->tokens, now->tokens);
}

void monitor_measure(service *s, arena *a, int64_t value[MONITOR_METRIC_COUNT])
{
    struct monitor *m = s->monitor;
    monitor_counters now;
    monitor_count(s, a, &now);
    pthread_mutex_lock(&m->round_lock);
    monitor_compute(value, &m->last, &now);
    pthread_mutex_unlock(&m->round_lock);
}

void monitor_read_totals(const service *s, monitor_totals *out)
{
    *out = (monitor_totals){s->signatures, s->tokens_logged};
}

void monitor_set_requests(service *s, void (*read)(void *, monitor_requests *), void *context)
{
    struct monitor *m = s->monitor;
    pthread_mutex_lock(&m->requests_lock);
    m->read_requests = read;
    m->requests_context = context;
    pthread_mutex_unlock(&m->requests_lock);
}

/* ---- a round ---- */

static int64_t interval_ms(const service *s)
{
    int64_t set = s->options.monitor_interval_s;
    return (set > 0 ? set : INTERVAL_S) * THOUSAND;
}

/* The log is recomputed once a day, and sooner where that failed; while it runs nothing waits for it. */
static void check_audit_log(service *s, int64_t now_ms)
{
    struct monitor *m = s->monitor;
    audit_job_state job;
    audit_job_read(s, &job);
    int64_t pause_ms = job.failed == ERR_OK ? day_ms : AUDIT_RETRY_MS;
    if (m->audit_checked_ms != 0 && now_ms >= m->audit_checked_ms && now_ms - m->audit_checked_ms < pause_ms)
        return;
    err e = audit_job_start(s, "server", "server");
    if (e == ERR_OK || e == ERR_BUSY)
        m->audit_checked_ms = now_ms;
}

err monitor_round(service *s, arena *a, int64_t now_ms)
{
    struct monitor *m = s->monitor;
    int64_t value[MONITOR_METRIC_COUNT], step_ms = interval_ms(s);
    monitor_counters now;
    monitor_count(s, a, &now);
    pthread_mutex_lock(&m->round_lock);
    monitor_compute(value, &m->last, &now);
    m->last = now;
    pthread_mutex_unlock(&m->round_lock);
    /* The row is of the time that is over. */
    err e = monitor_write(s, a, now_ms / step_ms * step_ms - step_ms, value);
    err next = monitor_roll_up(s, a, now_ms);
    e = e == ERR_OK ? next : e;
    check_audit_log(s, now_ms);
    next = alarm_round(s, a, now_ms);
    return e == ERR_OK ? next : e;
}

/* Until the next whole minute of the clock; false: the thread is to end. */
static bool pause_for(struct monitor *m, int64_t ms)
{
    uint64_t end_ns = clock_monotonic_ns() + (uint64_t)ms * 1000000;
    struct timespec end = {.tv_sec = (time_t)(end_ns / 1000000000), .tv_nsec = (long)(end_ns % 1000000000)};
    pthread_mutex_lock(&m->thread_lock);
    while (!m->stopping && pthread_cond_timedwait(&m->thread_wake, &m->thread_lock, &end) == 0)
        ;
    bool go_on = !m->stopping;
    pthread_mutex_unlock(&m->thread_lock);
    return go_on;
}

static void *run(void *context)
{
    service *s = context;
    arena *a = arena_create(ROUND_ARENA);
    int64_t step_ms = interval_ms(s);
    if (!a)
        log_write(LOG_ERROR, "monitor", "no memory: nothing is measured");
    /* A start does not look at each row of the log (docs/adr/0019): that follows soon, however seldom is measured. */
    if (step_ms > MINUTE_MS && pause_for(s->monitor, MINUTE_MS))
        check_audit_log(s, clock_unix_ms());
    while (a && pause_for(s->monitor, step_ms - clock_unix_ms() % step_ms)) {
        err e = monitor_round(s, a, clock_unix_ms());
        if (e != ERR_OK)
            log_write(LOG_ERROR, "monitor", "a measurement or its checks failed code=%s", err_code(e));
        arena_reset(a);
    }
    arena_destroy(a);
    return NULL;
}

err monitor_start(service *s)
{
    struct monitor *m = s->monitor;
    m->stopping = false;
    if (pthread_create(&m->thread, NULL, run, s) != 0)
        return ERR_MEMORY;
    m->started = true;
    return ERR_OK;
}

void monitor_stop(service *s)
{
    struct monitor *m = s ? s->monitor : NULL;
    if (!m || !m->started)
        return;
    pthread_mutex_lock(&m->thread_lock);
    m->stopping = true;
    pthread_cond_signal(&m->thread_wake);
    pthread_mutex_unlock(&m->thread_lock);
    (void)pthread_join(m->thread, NULL);
    m->started = false;
}

err monitor_open(service *s)
{
    arena *a = arena_create(1 << 20);
    struct monitor *m = calloc(1, sizeof *m);
    pthread_condattr_t monotonic;
    if (!m || !a) {
        free(m);
        arena_destroy(a);
        return ERR_MEMORY;
    }
    s->monitor = m;
    host_name(m->node);
    if (s->options.node && *s->options.node)
        (void)snprintf(m->node, sizeof m->node, "%s", s->options.node);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&m->thread_wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&m->thread_lock, NULL);
    pthread_mutex_init(&m->requests_lock, NULL);
    pthread_mutex_init(&m->round_lock, NULL);
    pthread_mutex_init(&m->report_lock, NULL);
    monitor_count(s, a, &m->last);
    m->last.requests = (monitor_requests){0};
    arena_destroy(a);
    return ERR_OK;
}

void monitor_close(service *s)
{
    struct monitor *m = s->monitor;
    if (!m)
        return;
    monitor_stop(s);
    pthread_cond_destroy(&m->thread_wake);
    pthread_mutex_destroy(&m->thread_lock);
    pthread_mutex_destroy(&m->requests_lock);
    pthread_mutex_destroy(&m->round_lock);
    pthread_mutex_destroy(&m->report_lock);
    arena_destroy(m->report_arena);
    free(m->trends);
    free(m);
    s->monitor = NULL;
}
