#include "api/system_credentials.h"

#include "api/auth.h"
#include "api/input.h"
#include "base/ct.h"
#include "service/system.h"

static json_t *view_json(const system_credential_view *v)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s?, s:s?, s:I}", "key_id", v->id, "state", v->state, "note", v->note,
                     "created_at", api_time(v->created_ms), "expires_at", api_time(v->expires_ms), "last_used_at",
                     api_time(v->used_ms), "last_used_from", v->used_from, "replaced_by", v->replaced_by,
                     "version", (json_int_t)v->version);
}

/* The one answer with a secret. */
static err answer_new(call *c, http_response *response, system_credential *made, int64_t expires_ms)
{
    json_t *answer = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "key_id", made->id, "secret", made->secret, "system",
                               api_uuid(made->system_id), "scopes", input_scopes_json(made->scopes), "created_at",
                               api_time(c->now_ms), "expires_at", api_time(expires_ms));
    wipe(made, sizeof *made);
    return json_respond(c->arena, response, 201, answer);
}

typedef struct credential_input {
    const char *note, *expires_at;
} credential_input;

static const json_field fields[] = {
    {"note", JSON_TEXT_FIELD, false, 0, SYSTEM_CREDENTIAL_NOTE_MAX, offsetof(credential_input, note), JSON_NO_PRESENT},
    {"expires_at", JSON_TEXT_FIELD, false, 20, 40, offsetof(credential_input, expires_at), JSON_NO_PRESENT}};

static err read_end(call *c, const char *text, int64_t *out)
{
    *out = 0;
    return text ? input_time(c, "expires_at", text, out) : ERR_OK;
}

err system_credentials_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    credential_input in = {0};
    system_credential_request r = {0};
    system_credential made;
    TRY(auth_secure(request));
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(input_optional(c, request, fields, COUNT(fields), &in));
    TRY(read_end(c, in.expires_at, &r.expires_ms));
    r.note = in.note;
    TRY(system_credential_issue(c, id, &r, &made));
    return answer_new(c, response, &made, r.expires_ms);
}

err system_credentials_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    const system_credential_view *views;
    size_t n;
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(system_credential_list(c, id, &views, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, view_json(&views[i]));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err system_credentials_patch(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    credential_input in = {0};
    system_credential_change change = {0};
    system_credential_view view;
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(api_if_match(c, request, &change.version));
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    if (!in.note && !in.expires_at)
        return fault_set(&c->fault, ERR_FIELD_MISSING, "give note or expires_at");
    TRY(read_end(c, in.expires_at, &change.expires_ms));
    change.note = in.note;
    TRY(system_credential_update(c, id, request->params[1], &change, &view));
    TRY(json_respond(c->arena, response, 200, view_json(&view)));
    return api_etag(c, response, view.version);
}

typedef struct rotate_input {
    int64_t overlap_hours;
    bool has_hours;
    const char *until;
} rotate_input;

/* When the one before the new one ends: after so many hours, or at that time. */
static err read_until(call *c, const http_request *request, int64_t *until_ms)
{
    static const json_field rotate_fields[] = {
        {"overlap_hours", JSON_INT_FIELD, false, 0, SYSTEM_OVERLAP_HOURS_MAX, offsetof(rotate_input, overlap_hours),
         offsetof(rotate_input, has_hours)},
        {"until", JSON_TEXT_FIELD, false, 20, 40, offsetof(rotate_input, until), JSON_NO_PRESENT}};
    enum { HOUR_MS = 3600000 };
    rotate_input in = {.overlap_hours = SYSTEM_OVERLAP_HOURS};
    TRY(input_optional(c, request, rotate_fields, COUNT(rotate_fields), &in));
    *until_ms = c->now_ms + in.overlap_hours * HOUR_MS;
    if (!in.until)
        return ERR_OK;
    const int64_t last = c->now_ms + (int64_t)SYSTEM_OVERLAP_HOURS_MAX * HOUR_MS;
    if (in.has_hours)
        return fault_field(&c->fault, ERR_FIELD_UNKNOWN, "overlap_hours");
    TRY(input_time(c, "until", in.until, until_ms));
    return *until_ms <= last ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "until");
}

err system_credentials_rotate(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    int64_t until_ms;
    system_credential made;
    TRY(auth_secure(request));
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(read_until(c, request, &until_ms));
    TRY(system_credential_rotate(c, id, request->params[1], until_ms, &made));
    return answer_new(c, response, &made, 0);
}

err system_credentials_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_SYSTEM_NOT_FOUND, id));
    TRY(system_credential_revoke(c, id, request->params[1]));
    response->status = 204;
    return ERR_OK;
}
