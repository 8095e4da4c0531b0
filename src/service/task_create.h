/* Making tasks, one at a time. */
#ifndef YIQIAN_SERVICE_TASK_CREATE_H
#define YIQIAN_SERVICE_TASK_CREATE_H

#include "service/task.h"

typedef struct task_request {
    const char *signer; /* staff number */
    const char *form;   /* "raw", "digest"; NULL: with document_of, that task's form */
    bytes document;     /* p NULL: none */
    bool has_digest;
    uint8_t digest[32];
    const char *title, *description, *reference, *media_type, *department;
    const char *fields;      /* JSON, [["label", "value"], ...], checked; NULL: none */
    const char *record_type; /* what an authorisation's scope names; NULL: none */
    int64_t priority;        /* of task_priority */
    int64_t expires_in;      /* seconds */
    bool has_after;
    uint8_t after[16]; /* a task of the same system: this one waits until that one is signed */
    /* A task of the same system, over whose document this signer signs too (countersignature; 电子病历应用管理规范（试行）第十四条 to
     * 第十六条): document, digest and media type are that one's. Each task keeps a copy of its own until it is finished. */
    bool has_document_of;
    uint8_t document_of[16];
    idempotency once;
} task_request;

/* ERR_USER_NOT_FOUND, ERR_USER_SUSPENDED, ERR_FORM (raw: no document, or one that could be taken for another form), ERR_DIGEST (a
 * digest that is not the document's), ERR_FIELD_*, ERR_IDEMPOTENCY, ERR_TASK_NOT_FOUND (after, document_of: the field says which), ERR_TASK_*
 * (the task it is to wait for will never be signed), ERR_CONFLICT (the document is not kept any more), ERR_LIMIT (TASK_FOLLOWERS,
 * TASK_CHAIN). A repeated idempotency key gives the first task: *repeated. */
MUST_CHECK err task_create(call *c, const task_request *request, task *out, bool *repeated);

/* For service/task_batch.c: a task that is about to be made, and its statements. */
typedef struct task_draft {
    task task;
    bytes document; /* of its own; p NULL: none, or a copy of copy_of's */
    bool has_copy, after_in_unit, own_department;
    const char *asked_signer; /* as the request names him */
    int64_t batch_place;      /* of a task that has a batch */
    uint8_t copy_of[16];
} task_draft;

/* Checks everything and fills the draft. earlier: drafts of the same unit that `after` and `document_of` may mean, NULL for none. */
MUST_CHECK err task_draft_make(call *c, const task_request *request, const task_draft *earlier, size_t earlier_n,
                               task_draft *out);
/* Where a draft's order or document changes before it is durable, the unit fails with ERR_CONFLICT. */
MUST_CHECK err task_draft_add(call *c, store_unit *unit, const task_draft *draft);

#endif
