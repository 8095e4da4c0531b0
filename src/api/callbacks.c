#include "api/callbacks.h"

#include <string.h>

#include "api/auth.h"
#include "api/input.h"
#include "base/ct.h"
#include "base/text.h"
#include "service/callback.h"
#include "service/callback_endpoint.h"
#include "service/callback_url.h"

/* ---- endpoints ---- */

/* Whose endpoints the path names, and which of them. */
typedef struct endpoint_path {
    uint8_t system_id[16], id[16];
    const uint8_t *system; /* NULL: push endpoints */
} endpoint_path;

static err read_path(call *c, const http_request *request, bool one, endpoint_path *out)
{
    bool push = strncmp(request->route->pattern, "/v1/push-endpoints", strlen("/v1/push-endpoints")) == 0;
    out->system = NULL;
    if (!push) {
        TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, out->system_id));
        out->system = out->system_id;
    }
    return one ? api_param_uuid(c, request, push ? 0 : 1, ERR_NOT_FOUND, out->id) : ERR_OK;
}

static json_t *events_json(uint32_t events)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < CALLBACK_EVENTS; i++)
        if (events >> i & 1)
            json_array_append_new(array, json_string(callback_event_name(i)));
    return array;
}

/* secret NULL: not shown. */
static json_t *endpoint_json(const callback_endpoint *e, const char *secret)
{
    json_t *json = json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:I, s:o, s:I, s:I, s:I}", "endpoint", api_uuid(e->id),
                             "system", e->push ? json_null() : api_uuid(e->system_id), "url", e->url, "events",
                             events_json(e->events), "state", e->state, "created_at", api_time(e->created_ms),
                             "previous_secret_until", api_time(e->previous_until), "queued", (json_int_t)e->queued,
                             "oldest_queued_at", api_time(e->oldest_ms), "failed", (json_int_t)e->failed,
                             "delivered_last_day", (json_int_t)e->delivered, "version", (json_int_t)e->version);
    if (json && secret && *secret)
        json_object_set_new(json, "secret", json_string(secret));
    return json;
}

typedef struct endpoint_input {
    const char *url, *state;
    json_t *events;
    bool has_events;
    uint32_t bits;
} endpoint_input;

static err read_events(call *c, endpoint_input *in)
{
    const char *const *names;
    TRY(input_texts(c, in->events, "events", &names));
    for (size_t i = 0; i < json_array_size(in->events); i++) {
        uint32_t bit = callback_event_bit(names[i]) & CALLBACK_SYSTEM_EVENTS;
        if (!bit || in->bits & bit)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "events[%zu]", i);
        in->bits |= bit;
    }
    return ERR_OK;
}

/* The last field is not for push endpoints: they have no events to choose from. */
#define URL(required)                                                                                                  \
    {                                                                                                                  \
        "url", JSON_TEXT_FIELD, required, CALLBACK_URL_MIN, CALLBACK_URL_MAX, offsetof(endpoint_input, url),           \
            JSON_NO_PRESENT                                                                                            \
    }
#define EVENTS                                                                                                         \
    {                                                                                                                  \
        "events", JSON_ARRAY_FIELD, false, 1, CALLBACK_EVENTS, offsetof(endpoint_input, events),                       \
            offsetof(endpoint_input, has_events)                                                                       \
    }
static const json_field new_fields[] = {URL(true), EVENTS};
static const json_field change_fields[] = {
    URL(false), {"state", JSON_TEXT_FIELD, false, 1, 16, offsetof(endpoint_input, state), JSON_NO_PRESENT}, EVENTS};

static err read_endpoint(call *c, const http_request *request, const json_field *fields, size_t n, endpoint_input *in)
{
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, n, in, "", &c->fault);
    if (e == ERR_OK && in->has_events)
        e = read_events(c, in);
    json_decref(body);
    return e;
}

err callbacks_endpoint_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    endpoint_path path;
    endpoint_input in = {0};
    callback_endpoint made;
    char secret[CALLBACK_SECRET_TEXT];
    TRY(auth_secure(request));
    TRY(read_path(c, request, false, &path));
    callback_endpoint_request r = {.events = CALLBACK_DEFAULT_EVENTS};
    TRY(read_endpoint(c, request, new_fields, path.system ? 2 : 1, &in));
    r.url = in.url;
    if (in.has_events)
        r.events = in.bits;
    err e = callback_endpoint_create(c, path.system, &r, &made, secret);
    if (e == ERR_OK)
        e = json_respond(c->arena, response, 201, endpoint_json(&made, secret));
    wipe(secret, sizeof secret);
    return e;
}

err callbacks_endpoint_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    endpoint_path path;
    const callback_endpoint *endpoints;
    size_t n;
    TRY(read_path(c, request, false, &path));
    TRY(callback_endpoint_list(c, path.system, &endpoints, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, endpoint_json(&endpoints[i], NULL));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err callbacks_endpoint_patch(void *app, http_request *request, http_response *response)
{
    call *c = app;
    endpoint_path path;
    endpoint_input in = {0};
    callback_endpoint endpoint;
    int64_t version;
    TRY(read_path(c, request, true, &path));
    TRY(api_if_match(c, request, &version));
    TRY(read_endpoint(c, request, change_fields, path.system ? 3 : 2, &in));
    callback_endpoint_change change = {
        .url = in.url, .has_events = in.has_events, .events = in.bits, .state = in.state, .version = version};
    TRY(callback_endpoint_update(c, path.system, path.id, &change, &endpoint));
    TRY(json_respond(c->arena, response, 200, endpoint_json(&endpoint, NULL)));
    return api_etag(c, response, endpoint.version);
}

err callbacks_endpoint_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    endpoint_path path;
    TRY(read_path(c, request, true, &path));
    TRY(callback_endpoint_remove(c, path.system, path.id));
    response->status = 204;
    return ERR_OK;
}

err callbacks_endpoint_rotate(void *app, http_request *request, http_response *response)
{
    call *c = app;
    endpoint_path path;
    callback_endpoint endpoint;
    char secret[CALLBACK_SECRET_TEXT];
    TRY(auth_secure(request));
    TRY(read_path(c, request, true, &path));
    err e = callback_endpoint_rotate(c, path.system, path.id, &endpoint, secret);
    if (e == ERR_OK)
        e = json_respond(c->arena, response, 200, endpoint_json(&endpoint, secret));
    wipe(secret, sizeof secret);
    return e;
}

err callbacks_endpoint_test(void *app, http_request *request, http_response *response)
{
    call *c = app;
    endpoint_path path;
    callback_test test;
    TRY(read_path(c, request, true, &path));
    TRY(callback_endpoint_test(c, path.system, path.id, &test));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:b, s:o, s:I, s:s?}", "callback", api_uuid(test.id), "delivered",
                                  test.status >= 200 && test.status < 300, "status",
                                  test.status ? json_integer(test.status) : json_null(), "took_ms",
                                  (json_int_t)test.took_ms, "error", *test.message ? test.message : NULL));
}

/* ---- the log ---- */

static json_t *callback_json(const callback *b)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:s?}", "callback",
                     api_uuid(b->id), "endpoint", api_uuid(b->endpoint_id), "system",
                     b->push ? json_null() : api_uuid(b->system_id), "event", b->event, "task",
                     b->push ? json_null() : api_uuid(b->subject), "user", b->push ? api_uuid(b->subject) : json_null(),
                     "sequence", (json_int_t)b->sequence, "state", b->state, "tries", (json_int_t)b->tries,
                     "happened_at", api_time(b->happened_ms), "queued_at", api_time(b->queued_ms), "next_at",
                     api_time(b->finished_ms ? 0 : b->next_ms), "finished_at", api_time(b->finished_ms), "last_status",
                     b->last_status ? json_integer(b->last_status) : json_null(), "last_error", b->last_error);
}

static err read_uuid(call *c, const http_request *request, const char *name, bool *has, uint8_t out[16])
{
    const char *text = http_query(request, name);
    *has = text;
    return !text || uuid_decode(out, text, strlen(text)) == ERR_OK
               ? ERR_OK
               : fault_field(&c->fault, ERR_FIELD_VALUE, "%s", name);
}

static err read_time(call *c, const http_request *request, const char *name, int64_t *out)
{
    const char *text = http_query(request, name);
    return text ? input_time(c, name, text, out) : ERR_OK;
}

/* What people search the log by. */
static err read_search(call *c, const http_request *request, callback_filter *filter)
{
    const char *order = http_query(request, "order");
    filter->event = http_query(request, "event");
    if (filter->event && !callback_event_bit(filter->event))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "event");
    filter->newest = order && strcmp(order, "newest") == 0;
    if (order && !filter->newest && strcmp(order, "oldest") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "order");
    TRY(read_uuid(c, request, "system", &filter->has_system, filter->system));
    TRY(read_time(c, request, "from", &filter->from_ms));
    return read_time(c, request, "until", &filter->until_ms);
}

err callbacks_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    callback_filter filter = {.state = http_query(request, "state")};
    const callback *callbacks;
    size_t n;
    TRY(api_query_only(c, request, "limit after state event task endpoint system from until order"));
    TRY(api_page_read(c, request, &page));
    filter.limit = page.limit;
    filter.has_after = page.has_after;
    memcpy(filter.after, page.after, 16);
    TRY(read_uuid(c, request, "task", &filter.has_task, filter.task));
    TRY(read_uuid(c, request, "endpoint", &filter.has_endpoint, filter.endpoint));
    if (filter.state && strcmp(filter.state, "queued") != 0 && strcmp(filter.state, "delivered") != 0 &&
        strcmp(filter.state, "failed") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    TRY(read_search(c, request, &filter));
    TRY(callback_list(c, &filter, &callbacks, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, callback_json(&callbacks[i]));
    json_t *next = n > 0 && (int64_t)n == page.limit ? api_uuid(callbacks[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err callbacks_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    callback found;
    TRY(api_param_uuid(c, request, 0, ERR_CALLBACK_NOT_FOUND, id));
    TRY(callback_get(c, id, &found));
    return json_respond(c->arena, response, 200, callback_json(&found));
}

err callbacks_replay(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    callback replayed;
    TRY(api_param_uuid(c, request, 0, ERR_CALLBACK_NOT_FOUND, id));
    TRY(callback_replay(c, id, &replayed));
    return json_respond(c->arena, response, 200, callback_json(&replayed));
}

typedef struct replay_input {
    const char *since;
    uint8_t endpoint[16];
    bool has_endpoint;
} replay_input;

err callbacks_replay_failed(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        {"since", JSON_TEXT_FIELD, true, 20, 40, offsetof(replay_input, since), JSON_NO_PRESENT},
        {"endpoint", JSON_UUID_FIELD, false, 0, 0, offsetof(replay_input, endpoint),
         offsetof(replay_input, has_endpoint)}};
    call *c = app;
    replay_input in = {0};
    int64_t since_ms = 0, n;
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, sizeof fields / sizeof *fields, &in, "", &c->fault);
    if (e == ERR_OK)
        e = input_time(c, "since", in.since, &since_ms);
    json_decref(body);
    TRY(e);
    TRY(callback_replay_failed(c, since_ms, in.has_endpoint ? in.endpoint : NULL, &n));
    return json_respond(c->arena, response, 200, json_pack("{s:I}", "replayed", (json_int_t)n));
}
