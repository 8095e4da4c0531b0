#include "api/roles.h"

#include "api/input.h"
#include "service/role.h"

json_t *roles_permissions_json(uint64_t permissions)
{
    json_t *names = json_array();
    for (unsigned i = 0; i < PERMISSION_COUNT; i++)
        if (permissions & PERMISSION_BIT(i))
            json_array_append_new(names, json_string(permission_name(i)));
    return names;
}

static json_t *role_json(const role *r)
{
    return json_pack("{s:s, s:s, s:b, s:o, s:I, s:I, s:o, s:o}", "role", r->text, "name", r->name, "built_in",
                     r->built_in, "permissions", roles_permissions_json(r->permissions), "operators",
                     (json_int_t)r->operators, "version", (json_int_t)r->version, "created_at", api_time(r->created_ms),
                     "updated_at", api_time(r->updated_ms));
}

static err role_respond(call *c, http_response *response, int status, const role *r)
{
    TRY(api_etag(c, response, r->version));
    return json_respond(c->arena, response, status, role_json(r));
}

err roles_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const role *list;
    size_t n;
    TRY(api_query_only(c, request, ""));
    TRY(role_list(c, &list, &n));
    json_t *items = json_array(), *all = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, role_json(&list[i]));
    for (unsigned i = 0; i < PERMISSION_COUNT; i++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s?}", "permission", permission_name(i), "zh",
                                             permission_title(i, true), "en", permission_title(i, false), "duty",
                                             permission_duty(i)));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:n, s:o}", "items", items, "next", "permissions", all));
}

typedef struct role_input {
    const char *name;
    json_t *permissions;
} role_input;

static err read_permissions(call *c, const json_t *array, uint64_t *out)
{
    const char *const *names;
    *out = 0;
    TRY(input_texts(c, array, "permissions", &names));
    for (size_t i = 0; i < json_array_size(array); i++) {
        uint64_t bit = permission_bit(names[i]);
        if (!bit || *out & bit)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "permissions[%zu]", i);
        *out |= bit;
    }
    return ERR_OK;
}

static err read_role(call *c, const http_request *request, bool whole, role_change *out)
{
    const json_field fields[] = {
        {"name", JSON_TEXT_FIELD, whole, 1, ROLE_NAME_MAX, offsetof(role_input, name), JSON_NO_PRESENT},
        {"permissions", JSON_ARRAY_FIELD, whole, 0, PERMISSION_COUNT, offsetof(role_input, permissions),
         JSON_NO_PRESENT}};
    role_input in = {0};
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, COUNT(fields), &in, "", &c->fault);
    if (e == ERR_OK && in.permissions)
        e = read_permissions(c, in.permissions, &out->permissions);
    out->name = in.name;
    out->has_permissions = in.permissions != NULL;
    json_decref(body);
    return e;
}

err roles_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    role_change in = {0};
    role made;
    TRY(read_role(c, request, true, &in));
    TRY(role_create(c, in.name, in.permissions, &made));
    return role_respond(c, response, 201, &made);
}

err roles_patch(void *app, http_request *request, http_response *response)
{
    call *c = app;
    role_change in = {0};
    role changed;
    TRY(api_if_match(c, request, &in.version));
    TRY(read_role(c, request, false, &in));
    TRY(role_update(c, request->params[0], &in, &changed));
    return role_respond(c, response, 200, &changed);
}

err roles_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    TRY(role_delete(c, request->params[0]));
    response->status = 204;
    return ERR_OK;
}
