/* Tasks and their documents, for showing and for signing. */
#ifndef YIQIAN_SDK_TASKS_H
#define YIQIAN_SDK_TASKS_H

#include "context.h"
#include "json_reader.h"

/* Bytes of JSON of one task in an answer, at most. */
enum { TASKS_ONE = 40 * 1024 };

/* What stands in "tasks" of an answer, at most `limit`, in the arena. */
MUST_CHECK err tasks_read(const yq_task **out, size_t *n, arena *a, json_value root, size_t limit);

/* With room for the texts of an answer of that size and so many tasks. NULL if memory is out. */
arena *tasks_arena(size_t answer_n, size_t limit);

/* yq_pull_tasks for this key. */
YQ_MUST_CHECK yq_status tasks_pull(yq_device *device, context_key *key, const char *after, size_t limit, yq_tasks *out);

/* Fetches the document, recomputes SM3 and compares it with the task's digest; a document that differs is reported.
 * YQ_DOCUMENT_CHANGED (out->digest is what was computed, no content), YQ_LIMIT_REACHED, YQ_INVALID_ARGUMENT (the task's
 * id), and what a request gives. Ownership: yq_document_free. */
YQ_MUST_CHECK yq_status tasks_fetch(yq_device *device, context_key *key, const yq_task *task, yq_document *out);

/* Says no, with the reason, to the task or scan whose `path` this is. */
YQ_MUST_CHECK yq_status tasks_decline(yq_device *device, context_key *key, const char *path, const char *reason);

#endif
