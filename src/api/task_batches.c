#include "api/task_batches.h"

#include <stdio.h>
#include <string.h>

#include "api/input.h"
#include "api/task_body.h"
#include "service/task_batch.h"

static json_t *batch_json(const task_batch *b)
{
    json_t *counts = json_object(), *tasks = b->tasks ? json_array() : NULL;
    for (size_t i = 0; task_states[i]; i++)
        json_object_set_new(counts, task_states[i], json_integer(b->counts[i]));
    for (size_t i = 0; b->tasks && i < b->n; i++)
        json_array_append_new(tasks, api_uuid(b->tasks[i]));
    return json_pack("{s:o, s:s, s:I, s:o, s:o, s:o*}", "batch", api_uuid(b->id), "title", b->title, "size",
                     (json_int_t)b->n, "counts", counts, "created_at", api_time(b->created_ms), "tasks", tasks);
}

static err read_tasks(call *c, const json_t *array, task_batch_request *out)
{
    size_t n = json_array_size(array);
    task_request *tasks = arena_alloc(c->arena, n * sizeof *tasks);
    int64_t *after = arena_alloc(c->arena, n * sizeof *after);
    int64_t *document_at = arena_alloc(c->arena, n * sizeof *document_at);
    if (!tasks || !after || !document_at)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        char prefix[32];
        (void)snprintf(prefix, sizeof prefix, "tasks[%zu].", i);
        TRY(task_body_read(c, json_array_get(array, i), prefix, &tasks[i], &after[i], &document_at[i]));
    }
    out->tasks = tasks;
    out->after = after;
    out->document_of = document_at;
    out->n = n;
    return ERR_OK;
}

typedef struct batch_input {
    const char *title;
    const json_t *tasks;
} batch_input;

err task_batches_post(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        {"title", JSON_TEXT_FIELD, true, 1, 200, offsetof(batch_input, title), JSON_NO_PRESENT},
        {"tasks", JSON_ARRAY_FIELD, true, 1, TASK_BATCH_MAX, offsetof(batch_input, tasks), JSON_NO_PRESENT}};
    call *c = app;
    json_t *body;
    batch_input in = {0};
    task_batch_request wish = {0};
    task_batch b;
    bool repeated;
    TRY(input_idempotency(c, request, &wish.once));
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, 2, &in, "", &c->fault);
    if (e == ERR_OK)
        e = read_tasks(c, in.tasks, &wish);
    json_decref(body);
    TRY(e);
    wish.title = in.title;
    TRY(task_batch_create(c, &wish, &b, &repeated));
    return json_respond(c->arena, response, repeated ? 200 : 201, batch_json(&b));
}

err task_batches_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    api_page page;
    task_batch b;
    const task *tasks;
    size_t n;
    TRY(api_param_uuid(c, request, 0, ERR_BATCH_NOT_FOUND, id));
    TRY(api_query_only(c, request, "limit after state"));
    TRY(api_page_read(c, request, &page));
    task_filter filter = {.state = http_query(request, "state"),
                          .has_after = page.has_after,
                          .limit = page.limit < TASK_PAGE ? page.limit : TASK_PAGE};
    memcpy(filter.after, page.after, 16);
    if (filter.state && !task_state_known(filter.state))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    TRY(task_batch_get(c, id, &b));
    TRY(task_list_of_batch(c, id, &filter, &tasks, &n));
    json_t *answer = batch_json(&b), *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, task_body_json(c, &tasks[i]));
    json_object_set_new(answer, "items", items);
    json_object_set_new(answer, "next", n > 0 && (int64_t)n == filter.limit ? api_uuid(tasks[n - 1].id) : json_null());
    return json_respond(c->arena, response, 200, answer);
}

err task_batches_cancel(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    const char *reason;
    task_batch b;
    TRY(api_param_uuid(c, request, 0, ERR_BATCH_NOT_FOUND, id));
    TRY(task_body_reason(c, request, false, &reason));
    TRY(task_batch_cancel(c, id, reason, &b));
    return json_respond(c->arena, response, 200, batch_json(&b));
}
