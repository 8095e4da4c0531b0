/* The log of callbacks: what was sent where, what became of it; and sending it again. */
#ifndef YIQIAN_SERVICE_CALLBACK_H
#define YIQIAN_SERVICE_CALLBACK_H

#include "service/service.h"

typedef struct callback {
    uint8_t id[16], endpoint_id[16], subject[16]; /* the task; of a push message the person */
    bool push;
    uint8_t system_id[16];     /* where it is not push */
    const char *event, *state; /* "queued", "delivered", "failed" */
    int64_t sequence, tries, happened_ms, queued_ms, next_ms, finished_ms;
    int64_t last_status;    /* 0: no answer yet, or none */
    const char *last_error; /* NULL: none */
} callback;

typedef struct callback_filter {
    const char *state; /* NULL: any */
    const char *event; /* "task.signed"; NULL: any */
    bool has_task, has_endpoint, has_system, has_after;
    uint8_t task[16], endpoint[16], system[16], after[16];
    int64_t from_ms, until_ms; /* of what happened at or after from, before until; 0: any time */
    bool newest;               /* first; else in the order of their making */
    int64_t limit;             /* 1..1000 */
} callback_filter;

/* A business system sees its own. */
MUST_CHECK err callback_list(call *c, const callback_filter *filter, const callback **out, size_t *n);

/* ERR_CALLBACK_NOT_FOUND (also for another system's). */
MUST_CHECK err callback_get(call *c, const uint8_t id[16], callback *out);

/* The same message under the same id once more, now, whatever became of it before. ERR_CALLBACK_NOT_FOUND (also for another
 * system's), ERR_CONFLICT (its endpoint was removed). */
MUST_CHECK err callback_replay(call *c, const uint8_t id[16], callback *out);

/* All that failed since then, of one endpoint or (NULL) of all that the caller sees. *n: how many. */
MUST_CHECK err callback_replay_failed(call *c, int64_t since_ms, const uint8_t *endpoint_id, int64_t *n);

/* What waits, and since when the most urgent of it could have been sent (0: nothing). */
MUST_CHECK err callback_read_queue(call *c, int64_t *queued, int64_t *oldest_due_ms);

#endif
