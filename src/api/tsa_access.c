#include "api/tsa_access.h"

#include <string.h>

#include "api/input.h"
#include "base/text.h"
#include "service/tsa_access.h"

static json_t *row_json(const tsa_access_row *r)
{
    return json_pack("{s:o, s:s, s:s?, s:o, s:s?, s:o, s:s, s:I, s:o}", "access", api_uuid(r->id), "action",
                     r->deny ? "deny" : "allow", "network", r->network, "system",
                     r->network ? json_null() : api_uuid(r->system_id), "system_name", r->system_name, "per_minute",
                     r->per_minute < 0 ? json_null() : json_integer(r->per_minute), "note", r->note, "version",
                     (json_int_t)r->version, "created_at", api_time(r->created_ms));
}

err tsa_access_rows(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const tsa_access_row *rows;
    size_t n;
    TRY(api_query_only(c, request, "limit after"));
    TRY(api_page_read(c, request, &page));
    TRY(tsa_access_list(c, page.has_after ? page.after : NULL, page.limit, &rows, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, row_json(&rows[i]));
    json_t *next = n > 0 && (int64_t)n == page.limit ? api_uuid(rows[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

typedef struct access_input {
    const char *action, *network, *note;
    uint8_t system[16];
    bool has_system;
    int64_t per_minute;
} access_input;

err tsa_access_post(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        {"action", JSON_TEXT_FIELD, true, 1, 8, offsetof(access_input, action), JSON_NO_PRESENT},
        {"network", JSON_TEXT_FIELD, false, 1, 64, offsetof(access_input, network), JSON_NO_PRESENT},
        {"system", JSON_UUID_FIELD, false, 0, 0, offsetof(access_input, system), offsetof(access_input, has_system)},
        {"per_minute", JSON_INT_FIELD, false, 0, TSA_ACCESS_PER_MINUTE_MAX, offsetof(access_input, per_minute),
         JSON_NO_PRESENT},
        {"note", JSON_TEXT_FIELD, false, 0, TSA_ACCESS_NOTE_MAX, offsetof(access_input, note), JSON_NO_PRESENT}};
    call *c = app;
    access_input in = {.per_minute = -1};
    tsa_access_row row;
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    tsa_access_request r = {.deny = strcmp(in.action, "deny") == 0,
                            .network = in.network,
                            .system_id = in.has_system ? in.system : NULL,
                            .per_minute = in.per_minute,
                            .note = in.note};
    if (!r.deny && strcmp(in.action, "allow") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "action");
    TRY(tsa_access_add(c, &r, &row));
    return json_respond(c->arena, response, 201, row_json(&row));
}

typedef struct change_input {
    const char *note;
    int64_t per_minute;
    bool has_per_minute, default_limit;
} change_input;

err tsa_access_patch(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        {"per_minute", JSON_INT_FIELD, false, 0, TSA_ACCESS_PER_MINUTE_MAX, offsetof(change_input, per_minute),
         offsetof(change_input, has_per_minute)},
        {"default_limit", JSON_BOOL_FIELD, false, 0, 0, offsetof(change_input, default_limit), JSON_NO_PRESENT},
        {"note", JSON_TEXT_FIELD, false, 0, TSA_ACCESS_NOTE_MAX, offsetof(change_input, note), JSON_NO_PRESENT}};
    call *c = app;
    uint8_t id[16];
    change_input in = {0};
    tsa_access_change change = {0};
    tsa_access_row row;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(api_if_match(c, request, &change.version));
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    if (in.has_per_minute && in.default_limit)
        return fault_field(&c->fault, ERR_FIELD_UNKNOWN, "per_minute");
    change.has_per_minute = in.has_per_minute || in.default_limit;
    change.per_minute = in.default_limit ? -1 : in.per_minute;
    change.note = in.note;
    TRY(tsa_access_update(c, id, &change, &row));
    TRY(json_respond(c->arena, response, 200, row_json(&row)));
    return api_etag(c, response, row.version);
}

err tsa_access_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(tsa_access_remove(c, id));
    response->status = 204;
    return ERR_OK;
}

/* A row that is gone since the verdict is none any more. */
static err verdict_row(call *c, const tsa_access_verdict *v, json_t **out)
{
    tsa_access_row row;
    *out = NULL;
    err e = v->has_row ? tsa_access_get(c, v->row_id, &row) : ERR_NOT_FOUND;
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    *out = e == ERR_OK ? row_json(&row) : json_null();
    return ERR_OK;
}

static const char *reason_of(const tsa_access_verdict *v)
{
    if (v->has_row)
        return v->admitted ? "allow" : "deny";
    return v->admitted ? "no_allow_list" : "not_in_allow_list";
}

err tsa_access_ask(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    tsa_access_verdict v;
    json_t *row;
    TRY(api_query_only(c, request, "address system"));
    const char *address = http_query(request, "address"), *system = http_query(request, "system");
    if (!address)
        address = strcmp(c->origin, "unix") == 0 ? "127.0.0.1" : c->origin;
    if (system && uuid_decode(id, system, strlen(system)) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "system");
    TRY(tsa_access_would(c, address, system ? id : NULL, &v));
    TRY(verdict_row(c, &v, &row));
    return json_respond(
        c->arena, response, 200,
        json_pack("{s:s, s:b, s:s, s:o, s:o}", "address", address, "admitted", v.admitted, "reason", reason_of(&v),
                  "per_minute", v.admitted && v.per_minute > 0 ? json_integer(v.per_minute) : json_null(), "row", row));
}
