#include "api/systems.h"

#include "api/auth.h"
#include "api/input.h"
#include "base/ct.h"
#include "service/system.h"

static json_t *system_json(const business_system *s)
{
    return json_pack("{s:o, s:s, s:o, s:b, s:s, s:o}", "system", api_uuid(s->id), "name", s->name, "scopes",
                     input_scopes_json(s->scopes), "stamps", s->stamps, "state", s->state, "created_at",
                     api_time(s->created_ms));
}

typedef struct system_input {
    const char *name;
    json_t *scopes;
    bool stamps;
} system_input;

static err read_system(call *c, const http_request *request, system_input *in, uint32_t *scopes)
{
    static const json_field fields[] = {
        {"name", JSON_TEXT_FIELD, true, 1, SYSTEM_NAME_MAX, offsetof(system_input, name), JSON_NO_PRESENT},
        {"scopes", JSON_ARRAY_FIELD, true, 1, SCOPE_COUNT, offsetof(system_input, scopes), JSON_NO_PRESENT},
        {"stamps", JSON_BOOL_FIELD, false, 0, 0, offsetof(system_input, stamps), JSON_NO_PRESENT}};
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, sizeof fields / sizeof *fields, in, "", &c->fault);
    if (e == ERR_OK)
        e = input_scopes(c, in->scopes, scopes);
    json_decref(body);
    return e;
}

err systems_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    system_input in = {0};
    uint32_t scopes;
    business_system s;
    TRY(read_system(c, request, &in, &scopes));
    TRY(system_create(c, in.name, scopes, in.stamps, &s));
    return json_respond(c->arena, response, 201, system_json(&s));
}

err systems_patch(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        {"stamps", JSON_BOOL_FIELD, true, 0, 0, offsetof(system_input, stamps), JSON_NO_PRESENT}};
    call *c = app;
    uint8_t id[16];
    system_input in = {0};
    business_system s;
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(input_message(c, request, fields, sizeof fields / sizeof *fields, &in, NULL));
    TRY(system_set_stamps(c, id, in.stamps, &s));
    return json_respond(c->arena, response, 200, system_json(&s));
}

err systems_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const business_system *systems;
    size_t n;
    TRY(api_query_only(c, request, "limit after"));
    TRY(api_page_read(c, request, &page));
    TRY(system_list(c, page.has_after ? page.after : NULL, page.limit, &systems, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, system_json(&systems[i]));
    json_t *next = n > 0 && (int64_t)n == page.limit ? api_uuid(systems[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err systems_credential_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    system_credential made;
    TRY(auth_secure(request));
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(system_credential_create(c, id, &made));
    json_t *answer =
        json_pack("{s:s, s:s, s:o, s:o, s:o}", "key_id", made.id, "secret", made.secret, "system", api_uuid(id),
                  "scopes", input_scopes_json(made.scopes), "created_at", api_time(c->now_ms));
    wipe(&made, sizeof made);
    return json_respond(c->arena, response, 201, answer);
}

err systems_credential_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    const system_credential_view *views;
    size_t n;
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(system_credential_list(c, id, &views, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, json_pack("{s:s, s:s, s:o}", "key_id", views[i].id, "state", views[i].state,
                                               "created_at", api_time(views[i].created_ms)));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err systems_credential_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(system_credential_revoke(c, id, request->params[1]));
    response->status = 204;
    return ERR_OK;
}
