#include "api/operators.h"

#include <string.h>

#include "api/input.h"
#include "api/roles.h"
#include "service/console_link.h"
#include "service/user.h"

/* setup_own: whether whoever asks is the one to take the link of his setup. */
static json_t *operator_json(const call *c, const console_operator *o)
{
    bool asked = c->console && memcmp(o->setup_by, c->console->operator_id, sizeof o->setup_by) == 0;
    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:b}",
                     "operator", api_uuid(o->id), "user", api_uuid(o->user_id), "staff_no", o->staff_no, "name", o->name,
                     "user_state", o->user_state, "state", o->state, "role", o->role.text, "role_name", o->role.name,
                     "permissions", roles_permissions_json(o->role.permissions), "certificates",
                     (json_int_t)o->certificates, "phones", (json_int_t)o->phones, "version", (json_int_t)o->version,
                     "created_at", api_time(o->created_ms), "updated_at", api_time(o->updated_ms), "seen_at",
                     api_time(o->seen_ms), "setup_until", api_time(o->setup_ms), "setup_own", o->setup_ms && asked);
}

static err operator_respond(call *c, http_response *response, int status, const console_operator *o)
{
    TRY(api_etag(c, response, o->version));
    json_t *answer = operator_json(c, o);
    if (answer && o->setup_code)
        json_object_set_new(answer, "setup_code", json_string(o->setup_code));
    return json_respond(c->arena, response, status, answer);
}

err operators_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const console_operator *list;
    size_t n;
    TRY(api_query_only(c, request, "limit after staff_no"));
    TRY(api_page_read(c, request, &page));
    if (page.limit > OPERATOR_PAGE)
        page.limit = OPERATOR_PAGE;
    const operator_filter filter = {
        .staff_no = http_query(request, "staff_no"), .after = page.has_after ? page.after : NULL, .limit = page.limit};
    TRY(operator_list(c, &filter, &list, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, operator_json(c, &list[i]));
    json_t *next = n > 0 && (int64_t)n == page.limit ? api_uuid(list[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err operators_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    console_operator o;
    TRY(api_query_only(c, request, ""));
    TRY(api_param_uuid(c, request, 0, ERR_OPERATOR_NOT_FOUND, id));
    TRY(operator_get(c, id, &o));
    return operator_respond(c, response, 200, &o);
}

err operators_post(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        const char *staff_no, *name, *role;
    } input;
    static const json_field fields[] = {
        FIELD(input, staff_no, JSON_TEXT_FIELD, 1, USER_STAFF_NO_MAX),
        {"name", JSON_TEXT_FIELD, false, 1, USER_NAME_MAX, offsetof(input, name), JSON_NO_PRESENT},
        FIELD(input, role, JSON_TEXT_FIELD, 1, 64)};
    call *c = app;
    input in = {0};
    console_operator made;
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    TRY(operator_create(c, in.staff_no, in.name, in.role, &made));
    return operator_respond(c, response, 201, &made);
}

err operators_patch(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        {"role", JSON_TEXT_FIELD, false, 1, 64, offsetof(operator_change, role), JSON_NO_PRESENT},
        {"state", JSON_TEXT_FIELD, false, 1, 16, offsetof(operator_change, state), JSON_NO_PRESENT}};
    call *c = app;
    uint8_t id[16];
    operator_change change = {0};
    console_operator changed;
    TRY(api_param_uuid(c, request, 0, ERR_OPERATOR_NOT_FOUND, id));
    TRY(api_if_match(c, request, &change.version));
    TRY(input_message(c, request, fields, COUNT(fields), &change, NULL));
    TRY(operator_update(c, id, &change, &changed));
    return operator_respond(c, response, 200, &changed);
}

err operators_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    int64_t version;
    TRY(api_param_uuid(c, request, 0, ERR_OPERATOR_NOT_FOUND, id));
    TRY(api_if_match(c, request, &version));
    TRY(operator_remove(c, id, version));
    response->status = 204;
    return ERR_OK;
}

static err link_respond(call *c, http_response *response, const char *page, const char *link, int64_t expires_ms)
{
    const char *url = arena_printf(c->arena, "%s/console/#/%s?link=%s", service_public_url(c->service), page, link);
    return url ? json_respond(
                     c->arena, response, 201,
                     json_pack("{s:s, s:s, s:o}", "link", link, "url", url, "expires_at", api_time(expires_ms)))
               : ERR_MEMORY;
}

err operators_setup(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    console_setup setup = {0};
    TRY(api_param_uuid(c, request, 0, ERR_OPERATOR_NOT_FOUND, id));
    TRY(console_link_setup(c, id, &setup));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:o, s:s, s:o}", "operator", api_uuid(id), "setup_code", setup.code, "expires_at",
                                  api_time(setup.expires_ms)));
}

err operators_setup_link(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    const char *link;
    int64_t expires_ms;
    TRY(api_param_uuid(c, request, 0, ERR_OPERATOR_NOT_FOUND, id));
    TRY(console_link_take(c, id, &link, &expires_ms));
    return link_respond(c, response, "setup", link, expires_ms);
}

/* Whoever has the link is that operator: none but the server's own user makes one. */
err operators_link(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    const char *link;
    int64_t expires_ms;
    TRY(api_param_uuid(c, request, 0, ERR_OPERATOR_NOT_FOUND, id));
    TRY(console_link_create(c, id, &link, &expires_ms));
    return link_respond(c, response, "login", link, expires_ms);
}
