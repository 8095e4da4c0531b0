#include "api/systems.h"

#include <string.h>

#include "api/input.h"
#include "service/system.h"

/* The column is "10.1.0.0/16, 2001:db8::/32". */
static json_t *networks_json(const char *networks)
{
    json_t *array = json_array();
    while (*networks) {
        size_t n = strcspn(networks, ",");
        json_array_append_new(array, json_stringn(networks, n));
        networks += n + strspn(networks + n, ", ");
    }
    return array;
}

static json_t *system_json(const business_system *s)
{
    return json_pack("{s:o, s:s, s:o, s:b, s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:o}", "system", api_uuid(s->id), "name",
                     s->name, "scopes", input_scopes_json(s->scopes), "stamps", s->stamps, "state", s->state, "note",
                     s->note, "contact", s->contact, "networks", networks_json(s->networks), "version",
                     (json_int_t)s->version, "credentials", (json_int_t)s->credentials, "last_used_at",
                     api_time(s->used_ms), "created_at", api_time(s->created_ms));
}

static err answer(call *c, http_response *response, int status, const business_system *s)
{
    TRY(json_respond(c->arena, response, status, system_json(s)));
    return api_etag(c, response, s->version);
}

typedef struct system_input {
    const char *name, *note, *contact, *state;
    json_t *scopes, *networks;
    bool has_scopes, stamps, has_stamps, has_networks;
    uint32_t bits;
    const char *const *network_texts;
    size_t networks_n;
} system_input;

/* The first is required of a new one; the last is for changes only. */
#define FIELDS(is_new)                                                                                                 \
    {"name", JSON_TEXT_FIELD, is_new, 1, SYSTEM_NAME_MAX, offsetof(system_input, name), JSON_NO_PRESENT},              \
        {"scopes",                                                                                                     \
         JSON_ARRAY_FIELD,                                                                                             \
         is_new,                                                                                                       \
         1,                                                                                                            \
         SCOPE_COUNT,                                                                                                  \
         offsetof(system_input, scopes),                                                                               \
         offsetof(system_input, has_scopes)},                                                                          \
        {"stamps", JSON_BOOL_FIELD, false, 0, 0, offsetof(system_input, stamps), offsetof(system_input, has_stamps)},  \
        {"note", JSON_LINES_FIELD, false, 0, SYSTEM_NOTE_MAX, offsetof(system_input, note), JSON_NO_PRESENT},          \
        {"contact", JSON_TEXT_FIELD, false, 0, SYSTEM_CONTACT_MAX, offsetof(system_input, contact), JSON_NO_PRESENT},  \
    {                                                                                                                  \
        "networks", JSON_ARRAY_FIELD, false, 0, SYSTEM_NETWORKS, offsetof(system_input, networks),                     \
            offsetof(system_input, has_networks)                                                                       \
    }
static const json_field new_fields[] = {FIELDS(true)};
static const json_field change_fields[] = {
    FIELDS(false), {"state", JSON_TEXT_FIELD, false, 1, 16, offsetof(system_input, state), JSON_NO_PRESENT}};

static err read_arrays(call *c, system_input *in)
{
    if (in->has_scopes)
        TRY(input_scopes(c, in->scopes, &in->bits));
    if (!in->has_networks)
        return ERR_OK;
    in->networks_n = json_array_size(in->networks);
    return input_texts(c, in->networks, "networks", &in->network_texts);
}

static err read_system(call *c, const http_request *request, const json_field *fields, size_t n, system_input *in)
{
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, n, in, "", &c->fault);
    if (e == ERR_OK)
        e = read_arrays(c, in);
    json_decref(body);
    return e;
}

err systems_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    system_input in = {0};
    business_system s;
    TRY(read_system(c, request, new_fields, COUNT(new_fields), &in));
    TRY(system_register(c,
                        &(system_request){.name = in.name,
                                          .note = in.note,
                                          .contact = in.contact,
                                          .scopes = in.bits,
                                          .stamps = in.stamps,
                                          .networks = in.network_texts,
                                          .networks_n = in.networks_n},
                        &s));
    return answer(c, response, 201, &s);
}

err systems_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    business_system s;
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(system_get(c, id, &s));
    return answer(c, response, 200, &s);
}

err systems_patch(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    system_input in = {0};
    business_system s;
    int64_t version;
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(api_if_match(c, request, &version));
    TRY(read_system(c, request, change_fields, COUNT(change_fields), &in));
    TRY(system_update(c, id,
                      &(system_change){.name = in.name,
                                       .note = in.note,
                                       .contact = in.contact,
                                       .state = in.state,
                                       .has_scopes = in.has_scopes,
                                       .scopes = in.bits,
                                       .has_stamps = in.has_stamps,
                                       .stamps = in.stamps,
                                       .has_networks = in.has_networks,
                                       .networks = in.network_texts,
                                       .networks_n = in.networks_n,
                                       .version = version},
                      &s));
    return answer(c, response, 200, &s);
}

err systems_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const business_system *systems;
    size_t n;
    TRY(api_query_only(c, request, "limit after q state"));
    TRY(api_page_read(c, request, &page));
    const system_filter filter = {.q = http_query(request, "q"),
                                  .state = http_query(request, "state"),
                                  .after = page.has_after ? page.after : NULL,
                                  .limit = page.limit};
    if (filter.state && strcmp(filter.state, "active") != 0 && strcmp(filter.state, "suspended") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    TRY(system_list(c, &filter, &systems, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, system_json(&systems[i]));
    json_t *next = n > 0 && (int64_t)n == page.limit ? api_uuid(systems[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}
