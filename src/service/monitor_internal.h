/* What the parts of monitoring share; nothing outside service/monitor*.c, service/check*.c and their tests includes this. */
#ifndef YIQIAN_SERVICE_MONITOR_INTERNAL_H
#define YIQIAN_SERVICE_MONITOR_INTERNAL_H

#include "os/host.h"
#include "service/alarm_claim.h"
#include "service/alarm_decide.h"
#include "service/alarm_unrecorded.h"
#include "service/check.h"
#include "service/internal.h"
#include "service/monitor.h"

/* Everything that only grows, or stands, at one moment. */
typedef struct monitor_counters {
    uint64_t at_ns; /* monotonic */
    host_reading host;
    host_disk disk;
    monitor_requests requests;
    int64_t signatures, tokens;
    int64_t callbacks_queued, tasks_unfinished, stamps_waiting; /* HOST_UNKNOWN: not known */
} monitor_counters;

/* What can be said of the time between two of them. Pure. */
void monitor_compute(int64_t value[MONITOR_METRIC_COUNT], const monitor_counters *before, const monitor_counters *now);

struct monitor {
    char node[HOST_NAME];
    pthread_mutex_t requests_lock; /* of who reads them */
    void (*read_requests)(void *context, monitor_requests *out);
    void *requests_context;

    pthread_mutex_t round_lock; /* of the last counters */
    monitor_counters last;
    int64_t rolled_up_ms;     /* the hour that was put together last */
    int64_t audit_checked_ms; /* when the audit log was last recomputed by itself */

    pthread_mutex_t thread_lock; /* of what follows */
    pthread_cond_t thread_wake;
    pthread_t thread;
    bool started, stopping;

    pthread_mutex_t report_lock; /* of the last checks */
    arena *report_arena;
    check_report report;

    alarm_trend *trends; /* of the rounds: how long each check has been as it is */
    size_t trends_n;
    alarm_unrecorded unrecorded;
    alarm_claim claims[ALARM_CHANNELS_MAX]; /* of the thread that tells alarms */
};

/* Counters of this moment. */
void monitor_count(service *s, arena *a, monitor_counters *out);

#endif
