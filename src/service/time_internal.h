/* What the parts of the watch share; nothing outside service/time_*.c includes this, but its tests. */
#ifndef YIQIAN_SERVICE_TIME_INTERNAL_H
#define YIQIAN_SERVICE_TIME_INTERNAL_H

#include <pthread.h>

#include "os/ntp_client.h"
#include "service/internal.h"
#include "service/time_drift.h"
#include "service/time_options.h"
#include "service/time_snapshot.h"
#include "service/time_stale.h"
#include "service/time_watch.h"
#include "tsa/clock_statement.h"

/* Where readings and clocks come from: the machine, or a test. */
typedef struct time_inputs {
    void *context;
    void (*clocks)(void *context, clock_pair *out);
    size_t (*measure)(void *context, clock_reading out[CLOCK_READINGS_MAX]);
} time_inputs;

/* Keys with which statements are signed: the newest last. */
enum { TIME_KEYS_MAX = 8 };
typedef struct time_key {
    signer *signer;
    uint8_t *certificate;
    size_t n;
    int64_t not_after_ms;
} time_key;
typedef struct time_keeper {
    pthread_mutex_t lock;
    time_key keys[TIME_KEYS_MAX];
    size_t n;
} time_keeper;

struct time_watch {
    time_options options;
    unsigned agree;
    bool demonstration;
    time_inputs inputs;
    time_keeper keeper;
    time_board board;
    _Atomic uint64_t stepped_serial; /* the snapshot against which somebody saw a step; 0: none */

    /* Of rounds: one at a time. */
    pthread_mutex_t round_lock;
    ntp_server servers[TIME_SOURCES_MAX]; /* what is remembered of NTP servers; place i is of source i */
    time_snapshot snapshot;               /* as published last */
    bool has_measured;
    bool has_step;
    uint64_t step_ns; /* monotonic: what was read before is worth nothing */
    time_drift drift;
    time_stale stale;
    bool has_told; /* the state below is in the history */
    time_state told;
    clock_reason told_reason;
    uint64_t told_ns;
    bool lost; /* the audit log's last word was that the time is lost */

    pthread_mutex_t report_lock; /* of the report */
    time_report report;

    pthread_mutex_t thread_lock; /* of what follows */
    pthread_cond_t thread_wake;
    pthread_t thread;
    bool started, stopping, hurry;
};

/* service/time_measure.c: asks all sources of the options. */
size_t time_measure(struct time_watch *w, clock_reading out[CLOCK_READINGS_MAX]);

/* service/time_history.c: one row, and with it an audit row where event is given. */
MUST_CHECK err time_history_add(service *s, arena *a, const time_report *report, const char *event);

/* One round, as the thread runs it every few seconds: measures, decides, publishes, and records what changed. */
MUST_CHECK err time_watch_round(service *s, arena *a);

#endif
