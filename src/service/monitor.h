/* The machine and the server, measured once a minute and kept: rows of minutes for 30 days, of hours for a year. A thread measures, has the checks
 * run (service/check.h) and lets alarms follow from them (service/alarm.h). */
#ifndef YIQIAN_SERVICE_MONITOR_H
#define YIQIAN_SERVICE_MONITOR_H

#include "base/histogram.h"
#include "service/monitor_metric.h"
#include "service/service.h"

/* What the HTTP server counted since its start. */
enum { MONITOR_ANSWERS = 5 };
typedef struct monitor_requests {
    uint64_t requests, waiting;
    uint64_t answers[MONITOR_ANSWERS]; /* 1xx to 5xx */
    histogram_counts latency;
} monitor_requests;

/* Who knows that; before monitor_start, and NULL before the server stops. */
void monitor_set_requests(service *s, void (*read)(void *context, monitor_requests *out), void *context);

/* Part of service_open and service_close; NULL is fine in the latter. */
MUST_CHECK err monitor_open(service *s);
void monitor_close(service *s);

/* The thread; stop it before service_close. ERR_MEMORY. */
MUST_CHECK err monitor_start(service *s);
void monitor_stop(service *s);

/* One round at this moment, as the thread runs it every minute. */
MUST_CHECK err monitor_round(service *s, arena *a, int64_t now_ms);

/* Measures now, from the last round on; nothing is kept of it. */
void monitor_measure(service *s, arena *a, int64_t value[MONITOR_METRIC_COUNT]);

/* Counted since the start; tokens since the first start. */
typedef struct monitor_totals {
    int64_t signatures, tokens;
} monitor_totals;
void monitor_read_totals(const service *s, monitor_totals *out);

/* The name of this node, and the metrics' by their number. */
const char *monitor_node(const service *s);
const char *monitor_metric_name(monitor_metric metric);

/* ---- history ---- */

enum { MONITOR_POINTS_MAX = 1500, MONITOR_MINUTE_DAYS = 30, MONITOR_HOUR_DAYS = 366 };

typedef struct monitor_point {
    int64_t at_ms; /* its beginning */
    int64_t value[MONITOR_METRIC_COUNT];
} monitor_point;

typedef struct monitor_query {
    const char *node;               /* NULL: this one */
    int64_t from_ms, to_ms, step_s; /* step_s 0: as fits */
} monitor_query;

/* Points in their order; those of which nothing is known are left out. step_s: what it came to, a multiple of a minute (of an hour, where minutes are
 * not kept any more). nodes: all that have rows of this time. ERR_FIELD_VALUE (from, to, step), ERR_LIMIT. */
typedef struct monitor_history {
    int64_t step_s;
    const monitor_point *points;
    size_t n;
    const char *const *nodes;
    size_t nodes_n;
} monitor_history;
MUST_CHECK err monitor_read_history(call *c, const monitor_query *q, monitor_history *out);

/* Hours that are over are put together, and what is too old goes. Part of a round. */
MUST_CHECK err monitor_roll_up(service *s, arena *a, int64_t now_ms);

/* Writes the row of this minute; a second one of the same minute changes nothing. */
MUST_CHECK err monitor_write(service *s, arena *a, int64_t at_ms, const int64_t value[MONITOR_METRIC_COUNT]);

#endif
