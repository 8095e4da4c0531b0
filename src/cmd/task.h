/* Parts of `yiqian task`: what the commands of task.c's table do, each with the struct that its rows fill. */
#ifndef YIQIAN_CMD_TASK_H
#define YIQIAN_CMD_TASK_H

#include "cmd/options.h"
#include "cmd/session.h"

typedef struct task_create_options {
    const char *signer, *file, *form, *title, *description, *reference, *media_type, *department, *idempotency_key;
    const char *record_type, *priority, *after_task, *document_of;
    option_list fields;
    int64_t expires_in;
    bool digest_only;
} task_create_options;

typedef struct task_batch_options {
    const char *file, *title, *idempotency_key;
} task_batch_options;

typedef struct task_result_options {
    const char *id;
    int64_t wait;
    const char *encoding, *output, *certificate, *timestamp; /* of task_signature */
} task_result_options;

err task_create(session *s, const void *options);
err task_batch(session *s, const void *options);
err task_show(session *s, const void *options);
err task_signature(session *s, const void *options);

/* Prints a task as the server answered it: after an act what was done, and nothing before it where done is NULL. ERR_MEMORY. */
MUST_CHECK err task_told(session *s, const phrase *done, const json_t *task);

#endif
