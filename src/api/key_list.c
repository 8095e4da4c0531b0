#include "api/key_list.h"

#include <string.h>

#include "api/devices.h"
#include "api/input.h"

static json_t *user_key_json(call *c, const device_key_view *k)
{
    json_t *item = devices_key_json(c, k);
    json_object_set_new(item, "enrolment_id", api_uuid(k->enrolment_id));
    json_object_set_new(item, "device_name", json_string(k->device_name));
    json_object_set_new(item, "platform", json_string(k->platform));
    json_object_set_new(item, "created_at", api_time(k->created_ms));
    json_object_set_new(item, "refreshed_at", api_time(k->refreshed_ms));
    json_object_set_new(item, "last_used_at", api_time(k->used_ms));
    json_object_set_new(item, "alarmed_at", api_time(k->alarmed_ms));
    return item;
}

err key_list_of_user(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t user_id[16];
    const device_key_view *keys;
    size_t n;
    TRY(api_param_uuid(c, request, 0, ERR_USER_NOT_FOUND, user_id));
    TRY(device_key_list_of_user(c, user_id, &keys, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, user_key_json(c, &keys[i]));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

static json_t *held_json(call *c, const device_key_held *k)
{
    json_t *item = user_key_json(c, &k->key);
    json_object_set_new(item, "user",
                        json_pack("{s:o, s:s, s:s, s:s, s:s?}", "user", api_uuid(k->user_id), "staff_no", k->staff_no,
                                  "name", k->user_name, "state", k->user_state, "department", k->department));
    return item;
}

static err read_filter(call *c, const http_request *request, const api_page *page, device_key_filter *out)
{
    static const char *const states[] = {"enrolling", "active", "locked", "frozen", "destroyed"};
    const char *unused = http_query(request, "unused_since");
    bool known = false;
    *out = (device_key_filter){.q = http_query(request, "q"),
                               .state = http_query(request, "state"),
                               .platform = http_query(request, "platform"),
                               .department = http_query(request, "department"),
                               .after = page->has_after ? page->after : NULL,
                               .limit = page->limit};
    for (size_t i = 0; i < COUNT(states) && out->state; i++)
        known |= strcmp(out->state, states[i]) == 0;
    if (out->state && !known)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    return unused ? input_time(c, "unused_since", unused, &out->unused_since_ms) : ERR_OK;
}

err key_list_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    device_key_filter filter;
    const device_key_held *keys;
    size_t n;
    TRY(api_query_only(c, request, "limit after q state platform department unused_since"));
    TRY(api_page_read(c, request, &page));
    TRY(read_filter(c, request, &page, &filter));
    TRY(device_key_list(c, &filter, &keys, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, held_json(c, &keys[i]));
    json_t *next = n > 0 && (int64_t)n == page.limit ? api_uuid(keys[n - 1].key.id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}
