/* Calls about tasks: pulling, documents, waiting, signing, declining. */
#include <string.h>

#include "device.h"
#include "values.h"

static yq_status pull(call *c)
{
    const char *key, *after;
    int64_t limit;
    yq_tasks tasks;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text_or_null(c, &after, "after"));
    YQ_TRY(call_int(c, &limit, "limit", 1, 1000));
    YQ_TRY(yq_pull_tasks(device, key, after, (size_t)limit, &tasks, &c->problem));
    yq_status status = call_give(c, values_tasks, &tasks);
    yq_tasks_free(&tasks);
    return status;
}

static yq_status document(call *c)
{
    const char *key;
    yq_task task;
    yq_document fetched;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(values_task_argument(c, &task));
    YQ_TRY(yq_task_document(device, key, &task, &fetched, &c->problem));
    /* Handed over, as what was allocated: outside it is copied, wiped and freed. */
    c->content = (buffer){fetched.p, fetched.n, fetched.n, false};
    return call_give(c, values_digest, fetched.digest);
}

static yq_status decline(call *c)
{
    const char *key, *task, *reason;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &task, "task"));
    YQ_TRY(call_text(c, &reason, "reason"));
    return yq_decline(device, key, task, reason, &c->problem);
}

typedef struct waited {
    char set[YQ_TASK_SET];
    bool changed;
} waited;

static void write_waited(json_writer *w, const void *value)
{
    const waited *result = value;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "set", result->set);
    json_writer_bool(w, "changed", result->changed);
    json_writer_end_object(w);
}

static yq_status wait(call *c)
{
    const char *key, *set;
    int64_t seconds;
    waited result = {{0}, false};
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text(c, &set, "set"));
    YQ_TRY(call_int(c, &seconds, "seconds", 0, YQ_WAIT_MAX));
    if (strlen(set) >= sizeof result.set)
        return YQ_INVALID_ARGUMENT;
    memcpy(result.set, set, strlen(set) + 1);
    YQ_TRY(yq_wait_tasks(device, key, result.set, (unsigned)seconds, &result.changed, &c->problem));
    return call_give(c, write_waited, &result);
}

static yq_status sign(call *c)
{
    const char *key;
    yq_sign_item *items;
    size_t n;
    values_signed done = {0};
    bytes pin;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_proof(c, &pin));
    /* Documents stand behind the PIN, where there is one. */
    YQ_TRY(values_items(c, pin.p ? 1 : 0, &items, &n));
    if (n == 0)
        return YQ_INVALID_ARGUMENT;
    yq_sign_result *results = arena_alloc(c->memory, n * sizeof *results);
    if (!results)
        return YQ_OUT_OF_MEMORY;
    yq_status status = yq_sign(device, key, items, n, (const char *)pin.p, pin.n, results, &done.summary, &c->problem);
    done.results = results;
    done.n = n;
    return values_give_signed(c, status, &done);
}

static void put_signature(json_writer *w, const yq_signature *s)
{
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "task", s->task);
    json_writer_text(w, "kind", values_kind(s->kind));
    json_writer_text(w, "title", s->title);
    json_writer_text(w, "description", s->description);
    json_writer_text(w, "recordType", s->record_type);
    json_writer_text(w, "reference", s->reference);
    json_writer_text(w, "system", s->system);
    json_writer_text(w, "method", s->method);
    json_writer_text(w, "workstation", s->workstation);
    json_writer_text(w, "serial", s->serial);
    json_writer_text(w, "signedAt", s->signed_at);
    json_writer_text(w, "withdrawnAt", s->withdrawn_at);
    json_writer_end_object(w);
}

static void write_signatures(json_writer *w, const void *value)
{
    const yq_signatures *signatures = value;
    json_writer_begin_object(w, NULL);
    json_writer_begin_array(w, "entries");
    for (size_t i = 0; i < signatures->n; i++)
        put_signature(w, &signatures->items[i]);
    json_writer_end_array(w);
    json_writer_text(w, "next", signatures->next);
    json_writer_end_object(w);
}

static yq_status history(call *c)
{
    const char *key, *before;
    int64_t limit;
    yq_signatures signatures;
    YQ_TRY(call_text(c, &key, "key"));
    YQ_TRY(call_text_or_null(c, &before, "before"));
    YQ_TRY(call_int(c, &limit, "limit", 1, 200));
    YQ_TRY(yq_list_signatures(device, key, before, (size_t)limit, &signatures, &c->problem));
    yq_status status = call_give(c, write_signatures, &signatures);
    yq_signatures_free(&signatures);
    return status;
}

const call_row calls_work[] = {
    {"pull", pull}, {"document", document}, {"decline", decline}, {"wait", wait},
    {"sign", sign}, {"history", history},   {NULL, NULL},
};
