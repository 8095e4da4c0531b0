#include "api/tasks.h"

#include <string.h>

#include "api/input.h"
#include "api/task_body.h"
#include "api/wait.h"
#include "base/text.h"
#include "service/signature_stamp.h"
#include "service/task_cms.h"
#include "service/task_end.h"

err tasks_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    json_t *body;
    idempotency once;
    task_request input;
    task t;
    bool repeated;
    TRY(input_idempotency(c, request, &once));
    TRY(json_body(request, &body, &c->fault));
    err e = task_body_read(c, body, "", &input, NULL, NULL);
    json_decref(body);
    TRY(e);
    input.once = once;
    TRY(task_create(c, &input, &t, &repeated));
    return json_respond(c->arena, response, repeated ? 200 : 201, task_body_json(c, &t));
}

static bool is_open(const char *state)
{
    err e = task_state_error(state);
    return e == ERR_OK || e == ERR_TASK_CLAIMED || e == ERR_TASK_WAITING;
}

/* Whether ?wait goes on: the task and its timestamp are in the states that the caller knows or, where it names none, the task is in one that
 * is not the last. */
static bool is_as_known(const call *c, const http_request *request, const task *t)
{
    const char *state = task_state_at(t, c->now_ms), *known = http_query(request, "state");
    const char *known_timestamp = http_query(request, "timestamp");
    if (known_timestamp && strcmp(task_body_timestamp_state(t), known_timestamp) != 0)
        return false;
    return known ? strcmp(state, known) == 0 : known_timestamp || is_open(state);
}

err tasks_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    task t;
    bool waiting;
    TRY(api_query_only(c, request, "state timestamp wait"));
    TRY(api_param_uuid(c, request, 0, ERR_TASK_NOT_FOUND, id));
    bytes cms, token;
    TRY(task_get(c, id, &t));
    TRY(api_wait(c, request, is_as_known(c, request, &t), id, 1, &waiting));
    if (waiting)
        return ERR_OK;
    TRY(signature_stamp_token(c, &t, &token));
    TRY(task_cms(c, &t, token, &cms));
    json_t *answer = task_body_json(c, &t);
    /* Of one task only: in a list it would be too much. */
    if (token.n > 0)
        (void)json_object_set_new(json_object_get(answer, "timestamp"), "token", api_base64(c->arena, token));
    if (cms.n > 0)
        (void)json_object_set_new(json_object_get(answer, "signature"), "cms", api_base64(c->arena, cms));
    return json_respond(c->arena, response, 200, answer);
}

/* Ids in a row, separated by commas. */
static err read_ids(call *c, const char *text, uint8_t (*ids)[16], size_t *n)
{
    *n = 0;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (*n == TASK_IDS)
            return fault_field(&c->fault, ERR_FIELD_LENGTH, "ids");
        if (uuid_decode(ids[(*n)++], text, length) != ERR_OK)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "ids");
        if (!text[length])
            return ERR_OK;
        text += length + 1;
    }
}

/* With ?wait as soon as one of them is finished. */
static err list_by_id(call *c, http_request *request, const char *text, http_response *response)
{
    uint8_t ids[TASK_IDS][16];
    size_t n, found, missing_n;
    const task *tasks;
    const size_t *missing;
    TRY(read_ids(c, text, ids, &n));
    TRY(task_get_many(c, (const uint8_t(*)[16])ids, n, &tasks, &found, &missing, &missing_n));
    bool waiting, nothing_yet = missing_n == 0;
    for (size_t i = 0; i < found && nothing_yet; i++)
        nothing_yet = is_open(task_state_at(&tasks[i], c->now_ms));
    TRY(api_wait(c, request, nothing_yet, ids[0], n, &waiting));
    if (waiting)
        return ERR_OK;
    json_t *items = json_array(), *unknown = json_array();
    for (size_t i = 0; i < found; i++)
        json_array_append_new(items, task_body_json(c, &tasks[i]));
    for (size_t i = 0; i < missing_n; i++)
        json_array_append_new(unknown, api_uuid(ids[missing[i]]));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:o, s:n}", "items", items, "missing", unknown, "next"));
}

err tasks_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const task *tasks;
    size_t n;
    const char *ids = http_query(request, "ids");
    TRY(api_query_only(c, request, ids ? "ids wait" : "limit after state reference"));
    if (ids)
        return list_by_id(c, request, ids, response);
    TRY(api_page_read(c, request, &page));
    task_filter filter = {.state = http_query(request, "state"),
                          .reference = http_query(request, "reference"),
                          .has_after = page.has_after,
                          .limit = page.limit < TASK_PAGE ? page.limit : TASK_PAGE};
    memcpy(filter.after, page.after, 16);
    if (filter.state && !task_state_known(filter.state))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    TRY(task_list(c, &filter, &tasks, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, task_body_json(c, &tasks[i]));
    json_t *next = n > 0 && (int64_t)n == filter.limit ? api_uuid(tasks[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err tasks_cancel(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    const char *reason;
    task t;
    TRY(api_param_uuid(c, request, 0, ERR_TASK_NOT_FOUND, id));
    TRY(task_body_reason(c, request, false, &reason));
    TRY(task_cancel(c, id, reason, &t));
    return json_respond(c->arena, response, 200, task_body_json(c, &t));
}

err tasks_withdraw(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    const char *reason;
    task t;
    TRY(api_param_uuid(c, request, 0, ERR_TASK_NOT_FOUND, id));
    TRY(task_body_reason(c, request, true, &reason));
    TRY(task_withdraw(c, id, reason, &t));
    return json_respond(c->arena, response, 200, task_body_json(c, &t));
}
