#include "tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "failure_report.h"
#include "keys.h"
#include "wire.h"

enum { LIMIT_MAX = 1000, REASON_MAX = 200 };

/* ---- pulling ---- */

static err read_form(yq_form *out, arena *a, json_value object)
{
    json_value value;
    const char *form;
    TRY(json_reader_field(&value, object, "form"));
    TRY(json_reader_text(a, &form, value));
    *out = strcmp(form, "raw") == 0      ? YQ_FORM_RAW
           : strcmp(form, "digest") == 0 ? YQ_FORM_DIGEST
           : strcmp(form, "cms") == 0    ? YQ_FORM_CMS
                                         : YQ_FORM_OTHER;
    return ERR_OK;
}

static err read_size(yq_task *task, json_value object)
{
    json_value value;
    int64_t size;
    TRY(json_reader_field(&value, object, "document_size"));
    task->has_document = !json_reader_is_null(value);
    if (!task->has_document)
        return ERR_OK;
    TRY(json_reader_int(&size, value, 0, INT64_MAX));
    task->document_size = (uint64_t)size;
    return ERR_OK;
}

/* A word that an older server does not send. */
static err optional_word(arena *a, size_t *place, json_value object, const char *name, const char *const *words,
                         size_t n, size_t none, size_t other)
{
    const char *word;
    TRY(json_reader_text_or_empty(a, &word, object, name));
    *place = *word ? other : none;
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, words[i]) == 0)
            *place = i;
    return ERR_OK;
}

static err read_words(yq_task *task, arena *a, json_value object)
{
    static const char *const kinds[] = {"document", "login"}, *const priorities[] = {"normal", "high", "urgent"};
    size_t place;
    TRY(optional_word(a, &place, object, "kind", kinds, 2, YQ_KIND_DOCUMENT, YQ_KIND_OTHER));
    task->kind = (yq_kind)place;
    TRY(optional_word(a, &place, object, "priority", priorities, 3, YQ_PRIORITY_NORMAL, YQ_PRIORITY_NORMAL));
    task->priority = (yq_priority)place;
    return ERR_OK;
}

static err read_batch(yq_task *task, json_value object)
{
    json_value value;
    uint8_t id[16];
    err e = json_reader_field(&value, object, "batch");
    if (e == ERR_FIELD_MISSING || (e == ERR_OK && json_reader_is_null(value)))
        return ERR_OK;
    TRY(e);
    TRY(json_reader_uuid(id, value));
    uuid_encode(task->batch, id);
    return ERR_OK;
}

/* What is left out is not shown, and the person would sign without it: more fields than there may be are refused. */
static err read_fields(yq_task *task, arena *a, json_value object)
{
    json_value array, element, value;
    size_t position = 0;
    err e = json_reader_field(&array, object, "fields");
    if (e == ERR_FIELD_MISSING || (e == ERR_OK && json_reader_is_null(array)))
        return ERR_OK;
    TRY(e);
    TRY(json_reader_count(&task->fields_n, array, YQ_FIELDS_MAX));
    yq_field *fields = arena_alloc(a, task->fields_n * sizeof *fields);
    if (!fields)
        return ERR_MEMORY;
    for (size_t i = 0; json_reader_next(&element, array, &position); i++) {
        TRY(json_reader_field(&value, element, "label"));
        TRY(json_reader_text(a, &fields[i].label, value));
        TRY(json_reader_field(&value, element, "value"));
        TRY(json_reader_text(a, &fields[i].value, value));
    }
    task->fields = fields;
    return ERR_OK;
}

static err read_task(yq_task *task, arena *a, json_value object)
{
    json_value value;
    uint8_t id[16];
    TRY(json_reader_field(&value, object, "task"));
    TRY(json_reader_uuid(id, value));
    uuid_encode(task->task, id);
    TRY(read_form(&task->form, a, object));
    TRY(json_reader_field(&value, object, "digest"));
    TRY(json_reader_hex(task->digest, sizeof task->digest, value));
    TRY(read_size(task, object));
    TRY(json_reader_text_or_empty(a, &task->title, object, "title"));
    TRY(json_reader_text_or_empty(a, &task->description, object, "description"));
    TRY(read_words(task, a, object));
    TRY(read_batch(task, object));
    TRY(read_fields(task, a, object));
    TRY(json_reader_text_or_empty(a, &task->record_type, object, "record_type"));
    TRY(json_reader_text_or_empty(a, &task->reference, object, "reference"));
    TRY(json_reader_text_or_empty(a, &task->media_type, object, "media_type"));
    TRY(json_reader_text_or_empty(a, &task->system, object, "system"));
    TRY(json_reader_text_or_empty(a, &task->created_at, object, "created_at"));
    return json_reader_text_or_empty(a, &task->expires_at, object, "expires_at");
}

err tasks_read(const yq_task **out, size_t *n, arena *a, json_value root, size_t limit)
{
    json_value array, element;
    size_t position = 0;
    TRY(json_reader_field(&array, root, "tasks"));
    TRY(json_reader_count(n, array, limit));
    yq_task *items = arena_alloc(a, *n * sizeof *items);
    if (!items)
        return ERR_MEMORY;
    for (size_t i = 0; json_reader_next(&element, array, &position); i++)
        TRY(read_task(&items[i], a, element));
    *out = items;
    return ERR_OK;
}

arena *tasks_arena(size_t answer_n, size_t limit)
{
    return arena_create(3 * answer_n + limit * (sizeof(yq_task) + YQ_FIELDS_MAX * sizeof(yq_field) + 2048) +
                        WIRE_SMALL);
}

static err read_tasks(yq_tasks *out, arena *a, json_value root, size_t limit)
{
    json_value value;
    uint8_t id[16];
    TRY(tasks_read(&out->items, &out->n, a, root, limit));
    TRY(json_reader_field(&value, root, "next"));
    if (json_reader_is_null(value))
        return ERR_OK;
    TRY(json_reader_uuid(id, value));
    uuid_encode(out->next, id);
    return ERR_OK;
}

static yq_status fetch_tasks(yq_device *device, context_key *key, const char *path, size_t limit, yq_tasks *out)
{
    const wire_call call = {"GET", path, NULL, 0, WIRE_SMALL + limit * TASKS_ONE};
    wire_answer answer = {0};
    json_value root;
    yq_tasks tasks = {0};
    arena *a = NULL;
    yq_status status = wire_request(device, key, &call, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK) {
        a = tasks_arena(answer.n, limit);
        status = a ? status_of_answer(read_tasks(&tasks, a, root, limit)) : YQ_OUT_OF_MEMORY;
    }
    wire_answer_free(&answer);
    if (status != YQ_OK) {
        arena_destroy(a);
        return status;
    }
    tasks.memory = a;
    *out = tasks;
    return YQ_OK;
}

yq_status tasks_pull(yq_device *device, context_key *key, const char *after, size_t limit, yq_tasks *out)
{
    char path[WIRE_PATH], query[WIRE_PATH / 2], cursor[UUID_TEXT] = "";
    uint8_t id[16];
    memset(out, 0, sizeof *out);
    if (limit < 1 || limit > LIMIT_MAX)
        return YQ_INVALID_ARGUMENT;
    if (after && *after) {
        if (uuid_decode(id, after, strlen(after)) != ERR_OK)
            return YQ_INVALID_ARGUMENT;
        uuid_encode(cursor, id);
    }
    (void)snprintf(query, sizeof query, "?limit=%zu%s%s", limit, *cursor ? "&after=" : "", cursor);
    wire_tasks_path(path, key, query);
    YQ_TRY(failure_report_flush(device, key)); /* its tasks are pending again, and so in this list */
    return fetch_tasks(device, key, path, limit, out);
}

static yq_status pull_tasks(yq_device *device, const char *name, const char *after, size_t limit, yq_tasks *out)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    return tasks_pull(device, key, after, limit, out);
}

yq_status yq_pull_tasks(yq_device *device, const char *key, const char *after, size_t limit, yq_tasks *out,
                        yq_problem *problem)
{
    context_clear_problem(problem);
    if (!out || limit < 1 || limit > LIMIT_MAX)
        return YQ_INVALID_ARGUMENT;
    memset(out, 0, sizeof *out);
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, pull_tasks(device, key, after, limit, out), problem);
}

void yq_tasks_free(yq_tasks *tasks)
{
    if (!tasks)
        return;
    arena_destroy(tasks->memory);
    memset(tasks, 0, sizeof *tasks);
}

/* ---- declining ---- */

yq_status tasks_decline(yq_device *device, context_key *key, const char *path, const char *reason)
{
    uint8_t body[WIRE_BODY];
    json_writer w;
    wire_answer answer = {0};
    YQ_TRY(failure_report_flush(device, key)); /* or this device's own request still holds it */
    wire_begin(&w, body, sizeof body);
    json_writer_text(&w, "reason", reason);
    YQ_TRY(wire_end(&w));
    const wire_call call = {"POST", path, w.out.p, w.out.n, WIRE_SMALL};
    yq_status status = wire_request(device, key, &call, &answer);
    wire_answer_free(&answer);
    return status;
}

static yq_status decline(yq_device *device, const char *name, const char *task, const char *reason)
{
    char path[WIRE_PATH], text[UUID_TEXT];
    uint8_t id[16];
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    if (uuid_decode(id, task, strlen(task)) != ERR_OK)
        return YQ_INVALID_ARGUMENT;
    uuid_encode(text, id);
    (void)snprintf(path, sizeof path, "/v1/device/tasks/%s/decline", text);
    return tasks_decline(device, key, path, reason);
}

yq_status yq_decline(yq_device *device, const char *key, const char *task, const char *reason, yq_problem *problem)
{
    context_clear_problem(problem);
    if (!task || !reason || !utf8_valid(reason, strlen(reason)))
        return YQ_INVALID_ARGUMENT;
    size_t n = utf8_length(reason, strlen(reason));
    if (n < 1 || n > REASON_MAX)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, decline(device, key, task, reason), problem);
}

/* ---- documents ---- */

void yq_document_free(yq_document *document)
{
    if (!document)
        return;
    if (document->p)
        wipe(document->p, document->n);
    free(document->p);
    memset(document, 0, sizeof *document);
}

yq_status tasks_fetch(yq_device *device, context_key *key, const yq_task *task, yq_document *out)
{
    char path[WIRE_PATH], what[WIRE_PATH / 2], text[UUID_TEXT];
    uint8_t id[16];
    wire_answer answer = {0};
    memset(out, 0, sizeof *out);
    if (uuid_decode(id, task->task, strlen(task->task)) != ERR_OK)
        return YQ_INVALID_ARGUMENT;
    if (task->document_size > device->document_max)
        return YQ_LIMIT_REACHED;
    uuid_encode(text, id);
    (void)snprintf(what, sizeof what, "/%s/document", text);
    wire_tasks_path(path, key, what);
    /* Room for a problem too, however small the document. */
    const wire_call call = {"GET", path, NULL, 0, (size_t)task->document_size + WIRE_SMALL};
    yq_status status = wire_request(device, key, &call, &answer);
    if (status == YQ_OK)
        sm3(out->digest, answer.p, answer.n);
    if (status == YQ_OK && memcmp(out->digest, task->digest, sizeof out->digest) == 0) {
        out->p = answer.p; /* handed over */
        out->n = answer.n;
        return YQ_OK;
    }
    if (status == YQ_OK || answer.too_large) {
        status = YQ_DOCUMENT_CHANGED;
        failure_report_send(device, key, NULL, id, "document_changed");
    }
    wire_answer_free(&answer);
    return status;
}

static yq_status task_document(yq_device *device, const char *name, const yq_task *task, yq_document *out)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    return tasks_fetch(device, key, task, out);
}

yq_status yq_task_document(yq_device *device, const char *key, const yq_task *task, yq_document *out,
                           yq_problem *problem)
{
    context_clear_problem(problem);
    if (!out || !task || !task->has_document)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, task_document(device, key, task, out), problem);
}
