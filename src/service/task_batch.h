/* Batches: many tasks made in one call, all or none, read and cancelled together. */
#ifndef YIQIAN_SERVICE_TASK_BATCH_H
#define YIQIAN_SERVICE_TASK_BATCH_H

#include "service/task_create.h"

enum {
    TASK_BATCH_MAX = 1000,
    TASK_BATCH_DOCUMENTS = 16 << 20 /* bytes in all, copies for countersignatures counted */
};

typedef struct task_batch_request {
    const char *title;
    /* `after` and `document_of` may mean an earlier task of the batch: by place, where the place is not -1. */
    const task_request *tasks;
    const int64_t *after, *document_of;
    size_t n; /* 1..TASK_BATCH_MAX */
    idempotency once;
} task_batch_request;

enum { TASK_BATCH_STATES = 8 };

typedef struct task_batch {
    uint8_t id[16];
    const char *title;
    int64_t created_ms;
    size_t n;
    int64_t counts
        [TASK_BATCH_STATES]; /* in the order of task_states; as stored: behind by a round of housekeeping at the most */
    const uint8_t (*tasks)[16]; /* in their order; of a create only */
} task_batch;

/* One unit of work, one audit row. What is wrong with a task is what task_create says, with its place before the field:
 * "tasks[3].signer". ERR_FIELD_VALUE (a place that is not an earlier one's), ERR_LIMIT (TASK_BATCH_DOCUMENTS), ERR_IDEMPOTENCY. */
MUST_CHECK err task_batch_create(call *c, const task_batch_request *request, task_batch *out, bool *repeated);

/* A batch of the calling system; ERR_BATCH_NOT_FOUND for others' too. */
MUST_CHECK err task_batch_get(call *c, const uint8_t id[16], task_batch *out);

/* Cancels what is waiting or pending in it, and leaves the rest (signed, being signed, finished): counts say how it stands. */
MUST_CHECK err task_batch_cancel(call *c, const uint8_t id[16], const char *reason, task_batch *out);

#endif
