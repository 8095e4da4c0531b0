#include "api/profiles.h"

#include <stdlib.h>
#include <string.h>

#include "api/certificate_reading.h"
#include "api/input.h"
#include "service/audit_who.h"
#include "service/certificate_profile.h"

typedef struct profile_input {
    const char *profile, *name, *note;
    json_t *definition;
    uint8_t user[16];
    bool has_user;
} profile_input;

#define INPUT(member, kind, required, min, max)                                                                        \
    {                                                                                                                  \
#member, kind, required, min, max, offsetof(profile_input, member), JSON_NO_PRESENT                            \
    }

static const json_field new_fields[] = {
    INPUT(profile, JSON_TEXT_FIELD, true, 1, CERTIFICATE_PROFILE_ID_MAX),
    INPUT(name, JSON_TEXT_FIELD, true, 1, CERTIFICATE_PROFILE_NAME_MAX),
    INPUT(note, JSON_TEXT_FIELD, false, 1, CERTIFICATE_PROFILE_NOTE_MAX),
    INPUT(definition, JSON_OBJECT_FIELD, true, 0, 0),
};
static const json_field change_fields[] = {
    INPUT(name, JSON_TEXT_FIELD, false, 1, CERTIFICATE_PROFILE_NAME_MAX),
    INPUT(note, JSON_TEXT_FIELD, false, 1, CERTIFICATE_PROFILE_NOTE_MAX),
    INPUT(definition, JSON_OBJECT_FIELD, true, 0, 0),
};
static const json_field preview_fields[] = {
    INPUT(definition, JSON_OBJECT_FIELD, true, 0, 0),
    {"user", JSON_UUID_FIELD, false, 0, 0, offsetof(profile_input, user), offsetof(profile_input, has_user)},
};

/* The definition again as text, in the arena: one reader reads what comes in and what was kept (pki/profile.h). */
static err definition_text(call *c, const json_t *definition, bytes *out)
{
    char *text = json_dumps(definition, JSON_COMPACT);
    const char *copy = text ? arena_text(c->arena, text, strlen(text)) : NULL;
    free(text);
    if (!copy)
        return ERR_MEMORY;
    *out = bytes_of_text(copy);
    return ERR_OK;
}

static err read_input(call *c, const http_request *request, const json_field *fields, size_t n, profile_input *in,
                      bytes *definition)
{
    json_t *body;
    memset(in, 0, sizeof *in);
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, n, in, "", &c->fault);
    if (e == ERR_OK)
        e = definition_text(c, in->definition, definition);
    json_decref(body);
    return e;
}

static json_t *profile_json(const certificate_profile_view *p)
{
    json_t *answer =
        json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:o, s:o}", "profile", p->id, "name", p->name, "state", p->state,
                  "in_use", p->in_use, "version", (json_int_t)p->version, "certificates", (json_int_t)p->certificates,
                  "created_at", api_time(p->created_ms), "updated_at", api_time(p->updated_ms));
    if (answer && p->definition)
        json_object_set_new(answer, "definition", json_loads(p->definition, 0, NULL));
    return answer;
}

static err respond(call *c, http_response *response, int status, const certificate_profile_view *p)
{
    TRY(json_respond(c->arena, response, status, profile_json(p)));
    return api_etag(c, response, p->version);
}

err profiles_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const certificate_profile_view *views;
    size_t n;
    (void)request;
    TRY(certificate_profile_list(c, &views, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, profile_json(&views[i]));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err profiles_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    profile_input in;
    certificate_profile_change change = {0};
    certificate_profile_view p;
    TRY(read_input(c, request, new_fields, COUNT(new_fields), &in, &change.definition));
    change.name = in.name;
    change.note = in.note;
    TRY(certificate_profile_create(c, in.profile, &change, &p));
    return respond(c, response, 201, &p);
}

err profiles_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    certificate_profile_view p;
    TRY(certificate_profile_show(c, request->params[0], &p));
    return respond(c, response, 200, &p);
}

err profiles_patch(void *app, http_request *request, http_response *response)
{
    call *c = app;
    profile_input in;
    certificate_profile_change change = {0};
    certificate_profile_view p;
    TRY(api_if_match(c, request, &change.version));
    TRY(read_input(c, request, change_fields, COUNT(change_fields), &in, &change.definition));
    change.name = in.name;
    change.note = in.note;
    TRY(certificate_profile_update(c, request->params[0], &change, &p));
    return respond(c, response, 200, &p);
}

/* Who made each, by name where he has one: the column holds an actor of the audit log. */
static err makers(call *c, const certificate_profile_version *list, size_t n, const char ***out)
{
    const char **names = arena_alloc(c->arena, n * sizeof *names);
    audit_entry *entries = arena_alloc(c->arena, AUDIT_LOG_PAGE * sizeof *entries);
    if (!names || !entries)
        return ERR_MEMORY;
    for (size_t from = 0; from < n; from += AUDIT_LOG_PAGE) {
        size_t some = n - from < AUDIT_LOG_PAGE ? n - from : AUDIT_LOG_PAGE;
        const audit_who *who;
        for (size_t i = 0; i < some; i++)
            entries[i] = (audit_entry){.actor = list[from + i].created_by};
        TRY(audit_who_find(c, entries, some, &who));
        for (size_t i = 0; i < some; i++)
            names[from + i] = who[i].actor;
    }
    *out = names;
    return ERR_OK;
}

err profiles_versions(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const certificate_profile_version *list;
    size_t n;
    const char **names;
    TRY(certificate_profile_versions(c, request->params[0], &list, &n));
    TRY(makers(c, list, n, &names));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items,
                              json_pack("{s:I, s:o, s:s?, s:s, s:s?, s:o, s:I}", "version", (json_int_t)list[i].version,
                                        "definition", json_loads(list[i].definition, 0, NULL), "note", list[i].note,
                                        "created_by", list[i].created_by, "created_by_name", names[i], "created_at",
                                        api_time(list[i].created_ms), "certificates", (json_int_t)list[i].certificates));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err profiles_retire(void *app, http_request *request, http_response *response)
{
    call *c = app;
    certificate_profile_view p;
    TRY(certificate_profile_retire(c, request->params[0], &p));
    return respond(c, response, 200, &p);
}

err profiles_use(void *app, http_request *request, http_response *response)
{
    call *c = app;
    certificate_profile_view p;
    TRY(certificate_profile_use(c, request->params[0], &p));
    return respond(c, response, 200, &p);
}

/* ---- preview ---- */

static void warn(json_t *list, const char *code, json_t *field)
{
    json_array_append_new(list, json_pack("{s:s, s:o}", "code", code, "field", field));
}

/* A verifier refuses what is critical and unknown to it (RFC 5280 4.2), this server too. */
static json_t *warnings_json(const certificate_profile_preview *p)
{
    json_t *list = json_array();
    if (p->definition.usage.purposes_n > 0 && p->definition.usage.purposes_critical)
        warn(list, "critical_purposes", json_string("definition.extended_key_usage"));
    for (size_t i = 0; i < p->definition.extensions_n; i++)
        if (p->definition.extensions[i].critical)
            warn(list, "critical_extension", json_sprintf("definition.extensions.%zu", i));
    return list;
}

static json_t *left_out_json(const profile_applied *applied)
{
    json_t *list = json_array();
    for (size_t i = 0; i < PROFILE_SUBJECT_MAX; i++)
        if (applied->subject_left_out & UINT32_C(1) << i)
            json_array_append_new(list, json_sprintf("definition.subject.%zu", i));
    for (size_t i = 0; i < PROFILE_EXTENSIONS_MAX; i++)
        if (applied->extensions_left_out & UINT32_C(1) << i)
            json_array_append_new(list, json_sprintf("definition.extensions.%zu", i));
    return list;
}

static json_t *attributes_json(const certificate_profile_attributes *there)
{
    json_t *list = json_array();
    for (size_t i = 0; i < there->n; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:I}", "name", there->list[i].name, "people", (json_int_t)there->list[i].people));
    return list;
}

err profiles_preview(void *app, http_request *request, http_response *response)
{
    call *c = app;
    profile_input in;
    bytes definition;
    certificate_profile_preview p;
    certificate_profile_attributes there;
    cert x;
    TRY(read_input(c, request, preview_fields, COUNT(preview_fields), &in, &definition));
    TRY(certificate_profile_try(c, definition, in.has_user ? in.user : NULL, &p));
    TRY(certificate_profile_attributes_there(c, &there));
    if (cert_parse_tbs(&x, p.tbs) != ERR_OK)
        return ERR_INTERNAL;
    return json_respond(c->arena, response, 200,
                        json_pack("{s:{s:s, s:s, s:b}, s:o, s:o, s:o, s:o, s:o, s:I}", "person", "name", p.name, "staff_no",
                                  p.staff_no, "sample", p.sample, "tbs_certificate", api_base64(c->arena, p.tbs),
                                  "reading", certificate_reading_json(c, &x), "left_out", left_out_json(&p.applied),
                                  "warnings", warnings_json(&p), "attributes", attributes_json(&there), "people",
                                  (json_int_t)there.people));
}
