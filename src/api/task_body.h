/* A task as JSON, in requests and answers: for tasks, batches and devices. */
#ifndef YIQIAN_API_TASK_BODY_H
#define YIQIAN_API_TASK_BODY_H

#include "api/api.h"
#include "service/task_create.h"

/* What the object asks for; prefix stands before the fields' names in errors: "", "tasks[3].". In a batch `after` and `document_at` name
 * earlier tasks by place: *after and *document_at, -1 where they are not there. Both NULL: no batch, and no such fields. ERR_FIELD_*. */
MUST_CHECK err task_body_read(call *c, const json_t *object, const char *prefix, task_request *out, int64_t *after,
                              int64_t *document_at);

/* {"reason": ...}; a body that is not there is {} where the reason is not required. *reason: NULL where it is not there. */
MUST_CHECK err task_body_reason(call *c, const http_request *request, bool required, const char **reason);

/* The task as its business system reads it. */
json_t *task_body_json(call *c, const task *t);

/* A signature with all that verifying it needs. form: as the task's. */
json_t *task_body_signature(call *c, const task_signature *g, const char *form);

/* "none", "pending", "stamped". */
const char *task_body_timestamp_state(const task *t);

/* The labelled fields, and the word of the priority, as signer and system read them. */
json_t *task_body_fields(const task *t);
const char *task_body_priority(const task *t);

/* When, by which system and why a task was withdrawn; JSON null where it was not. */
json_t *task_body_withdrawal(const task *t);

#endif
