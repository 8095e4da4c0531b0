#include "api/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "os/clock.h"
#include "service/check.h"
#include "service/monitor.h"

enum { TEXT_MAX = 256 << 10, POWER_FIRST = 8, POWER_LAST = 26, THOUSAND = 1000, MILLION = 1000000 };

void metrics_read_requests(void *server, monitor_requests *out)
{
    http_figures figures;
    http_read_figures(server, &figures);
    *out = (monitor_requests){.requests = figures.requests, .waiting = figures.waiting, .latency = figures.latency};
    _Static_assert((int)MONITOR_ANSWERS == (int)HTTP_ANSWER_CLASSES, "the same classes");
    memcpy(out->answers, figures.answers, sizeof out->answers);
}

/* ---- writing ---- */

typedef struct text {
    char *p;
    size_t n;
    bool overflow;
} text;

static void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->p + t->n, TEXT_MAX - t->n, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= TEXT_MAX - t->n)
        t->overflow = true;
    else
        t->n += (size_t)n;
}

static void head(text *t, const char *name, const char *type, const char *help)
{
    put(t, "# HELP yiqian_%s %s\n# TYPE yiqian_%s %s\n", name, help, name, type);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void put_label(text *t, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n')
            put(t, "\\n");
        else
            put(t, "%s%c", *value == '\\' || *value == '"' ? "\\" : "", *value);
    }
}

/* ---- what is known at any time ---- */

typedef struct gauge {
    monitor_metric metric;
    const char *name, *help;
    double scale;
} gauge;

static const gauge gauges[] = {
    {MONITOR_cpu, "host_cpu_ratio", "Share of all processors in use since the last measurement", 1e-3},
    {MONITOR_load, "host_load1", "Load average of a minute", 1e-3},
    {MONITOR_memory_used, "host_memory_used_bytes", "Memory that is not available", 1},
    {MONITOR_memory_total, "host_memory_bytes", "Memory", 1},
    {MONITOR_disk_free, "data_free_bytes", "Free where the data is", 1},
    {MONITOR_disk_total, "data_size_bytes", "Size of the file system where the data is", 1},
    {MONITOR_temperature, "host_temperature_celsius", "The warmest zone", 1e-3},
    {MONITOR_process_memory, "process_resident_memory_bytes", "Resident memory of the server", 1},
    {MONITOR_process_files, "process_open_fds", "Open files of the server", 1},
    {MONITOR_requests_waiting, "requests_waiting", "Requests that wait for something to happen", 1},
    {MONITOR_callbacks_queued, "callbacks_queued", "Callbacks to be delivered", 1},
    {MONITOR_tasks_unfinished, "tasks_unfinished", "Tasks that are not finished", 1},
    {MONITOR_stamps_waiting, "signatures_without_timestamp", "Signatures that wait for their timestamps", 1},
};

static void put_gauges(text *t, const int64_t value[MONITOR_METRIC_COUNT])
{
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) {
        int64_t one = value[gauges[i].metric];
        if (one < 0)
            continue; /* not known: no sample */
        head(t, gauges[i].name, "gauge", gauges[i].help);
        put(t, "yiqian_%s %.15g\n", gauges[i].name, (double)one * gauges[i].scale);
    }
}

static void put_requests(text *t, const monitor_requests *r)
{
    head(t, "http_requests_total", "counter", "Requests answered");
    put(t, "yiqian_http_requests_total %" PRIu64 "\n", r->requests);
    head(t, "http_answers_total", "counter", "Answers by the first digit of their status");
    for (unsigned i = 0; i < MONITOR_ANSWERS; i++)
        put(t, "yiqian_http_answers_total{class=\"%uxx\"} %" PRIu64 "\n", i + 1, r->answers[i]);
    head(t, "http_request_duration_seconds", "histogram",
         "From the whole request to the last byte of its answer, of those that did not wait for something to happen");
    for (unsigned power = POWER_FIRST; power <= POWER_LAST; power++)
        put(t, "yiqian_http_request_duration_seconds_bucket{le=\"%.9g\"} %" PRIu64 "\n",
            (double)(UINT64_C(1) << power) / MILLION, histogram_below(&r->latency, power));
    put(t, "yiqian_http_request_duration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", histogram_count(&r->latency));
    put(t, "yiqian_http_request_duration_seconds_sum %.15g\n", (double)r->latency.sum_us / MILLION);
    put(t, "yiqian_http_request_duration_seconds_count %" PRIu64 "\n", histogram_count(&r->latency));
}

static void put_counters(text *t, const service_figures *f, const monitor_totals *totals)
{
    static const double ns = 1e-9;
    head(t, "process_cpu_seconds_total", "counter", "CPU of the server");
    put(t, "yiqian_process_cpu_seconds_total %.15g\n", (double)clock_process_cpu_ns() * ns);
    head(t, "store_units_total", "counter", "Units of work that became durable");
    put(t, "yiqian_store_units_total %" PRIu64 "\n", f->store.units);
    head(t, "store_groups_total", "counter", "Group commits that became durable");
    put(t, "yiqian_store_groups_total %" PRIu64 "\n", f->store.groups);
    head(t, "store_last_group_seconds", "gauge", "How long the last group commit took");
    put(t, "yiqian_store_last_group_seconds %.15g\n", (double)f->store.last_group_ns * ns);
    head(t, "signatures_total", "counter", "Signatures recorded since the start");
    put(t, "yiqian_signatures_total %" PRId64 "\n", totals->signatures);
    head(t, "timestamps_total", "counter", "Timestamps issued, earlier starts included");
    put(t, "yiqian_timestamps_total %" PRId64 "\n", totals->tokens);
}

/* 0 ok, 1 unknown, 2 warning, 3 failed. */
static void put_checks(text *t, const check_report *report)
{
    head(t, "check_state", "gauge", "Of each check as it last was: 0 ok, 1 unknown, 2 warning, 3 failed");
    for (size_t i = 0; i < report->n; i++) {
        put(t, "yiqian_check_state{check=\"%s\",subject=\"", report->results[i].kind->id);
        put_label(t, report->results[i].subject);
        put(t, "\"} %d\n", (int)report->results[i].state);
    }
}

err metrics_get(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    call *c = &ac->call;
    text t = {.p = arena_alloc(c->arena, TEXT_MAX)};
    int64_t value[MONITOR_METRIC_COUNT];
    monitor_requests requests = {0};
    service_figures figures;
    monitor_totals totals;
    check_report report;
    TRY(api_query_only(c, request, ""));
    if (!t.p)
        return ERR_MEMORY;
    if (ac->server)
        metrics_read_requests(ac->server, &requests);
    service_read_figures(c->service, &figures);
    monitor_measure(c->service, c->arena, value);
    monitor_read_totals(c->service, &totals);
    TRY(check_last(c, &report));
    head(&t, "info", "gauge", "What runs here");
    put(&t, "yiqian_info{version=\"%s\",node=\"", YIQIAN_VERSION);
    put_label(&t, monitor_node(c->service));
    put(&t, "\"} 1\n");
    put_gauges(&t, value);
    put_requests(&t, &requests);
    put_counters(&t, &figures, &totals);
    put_checks(&t, &report);
    if (t.overflow)
        return ERR_LIMIT;
    response->status = 200;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    response->body = bytes_of(t.p, t.n);
    return ERR_OK;
}
