#include "api/authorisations.h"

#include <string.h>

#include "api/devices.h"
#include "api/input.h"
#include "api/wait.h"
#include "base/ct.h"
#include "base/text.h"
#include "service/authorisation.h"

static json_t *scope_json(call *c, bytes scope)
{
    return scope.n > 0 ? api_base64(c->arena, scope) : json_null();
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* Beside the exact bytes what they say, for those who only read. */
static json_t *scope_fields(call *c, bytes scope)
{
    mpc_scope s;
    if (scope.n == 0 || mpc_scope_read(c->arena, scope, &s) != ERR_OK)
        return json_null();
    json_t *systems = json_array(), *types = json_array();
    for (size_t i = 0; i < s.systems_n; i++)
        json_array_append_new(systems, json_string(s.systems[i]));
    for (size_t i = 0; i < s.record_types_n; i++)
        json_array_append_new(types, json_string(s.record_types[i]));
    return json_pack("{s:o, s:o, s:o, s:I}", "systems", systems, "record_types", types, "until",
                     api_time(s.until * 1000), "count", (json_int_t)s.count);
}

static json_t *authorisation_json(call *c, const authorisation *a)
{
    return json_pack("{s:o, s:s, s:{s:o, s:s, s:s}, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "authorisation",
                     api_uuid(a->id), "state", a->state, "workstation", "workstation", api_uuid(a->workstation_id),
                     "name", a->workstation_name, "place", a->workstation_place, "scope", scope_fields(c, a->scope),
                     "count_left", (json_int_t)a->count_left, "count_used", (json_int_t)a->count_used, "created_at",
                     api_time(a->created_ms), "approved_at", api_time(a->approved_ms), "expires_at",
                     api_time(a->expires_ms), "closed_at", api_time(a->closed_ms), "closed_by",
                     text_or_null(a->closed_by), "method", text_or_null(a->method));
}

/* ---- the phone ---- */

err authorisations_offered(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    workstation w;
    authorisation a;
    TRY(api_param_uuid(c, request, 0, ERR_AUTHORISATION_NOT_FOUND, id));
    TRY(authorisation_offered(c, id, &w, &a));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:i, s:{s:o, s:o}, s:o, s:o}", "protocol", MPC_VERSION, "workstation",
                                  "workstation", api_uuid(w.id), "certificate", api_base64(c->arena, w.certificate),
                                  "scope", scope_json(c, a.scope), "expires_at", api_time(a.expires_ms)));
}

typedef struct approve_input {
    int64_t protocol;
    uint8_t sid[MPC_ID], auth_id[16], t[32], pkW[POINT_SIZE], sealed[MPC_SEALED], c[MPC_CHALLENGE], z[32];
    bytes scope;
    const char *method;
} approve_input;

static err approve(call *c, const uint8_t key_id[16], approve_input *in, authorisation *out)
{
    mpc_authorise_request rq = {.scope = in->scope, .sealed = bytes_of(in->sealed, sizeof in->sealed)};
    bool by_fingerprint;
    TRY(input_method(c, in->method, &by_fingerprint));
    memcpy(rq.key_id, key_id, 16);
    memcpy(rq.sid, in->sid, MPC_ID);
    memcpy(rq.auth_id, in->auth_id, 16);
    memcpy(rq.t, in->t, sizeof rq.t);
    wipe(in->t, sizeof in->t);
    memcpy(rq.pkW, in->pkW, POINT_SIZE);
    memcpy(rq.proof.c, in->c, MPC_CHALLENGE);
    memcpy(rq.proof.z, in->z, 32);
    return authorisation_approve(c, &rq, by_fingerprint, out);
}

err authorisations_approve(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        FIELD(approve_input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
        FIELD(approve_input, sid, JSON_HEX_FIELD, MPC_ID, MPC_ID),
        {"method", JSON_TEXT_FIELD, false, 1, 16, offsetof(approve_input, method), JSON_NO_PRESENT},
        FIELD(approve_input, auth_id, JSON_UUID_FIELD, 0, 0),
        FIELD(approve_input, t, JSON_HEX_FIELD, 32, 32),
        FIELD(approve_input, scope, JSON_BASE64_FIELD, 1, MPC_SCOPE_MAX),
        FIELD(approve_input, pkW, JSON_HEX_FIELD, POINT_SIZE, POINT_SIZE),
        FIELD(approve_input, sealed, JSON_HEX_FIELD, MPC_SEALED, MPC_SEALED),
        FIELD(approve_input, c, JSON_HEX_FIELD, MPC_CHALLENGE, MPC_CHALLENGE),
        FIELD(approve_input, z, JSON_HEX_FIELD, 32, 32)};
    call *c = app;
    uint8_t key_id[16];
    approve_input in = {0};
    authorisation made;
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, key_id));
    err e = input_message(c, request, fields, COUNT(fields), &in, &in.protocol);
    if (e == ERR_OK)
        e = approve(c, key_id, &in, &made);
    wipe(in.t, sizeof in.t);
    TRY(e);
    json_t *answer = authorisation_json(c, &made);
    if (answer)
        json_object_set_new(answer, "protocol", json_integer(MPC_VERSION));
    return json_respond(c->arena, response, 201, answer);
}

static json_t *list_json(call *c, const authorisation *all, size_t n, bool with_person)
{
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *item = authorisation_json(c, &all[i]);
        if (with_person && item) {
            json_object_set_new(item, "signer", text_or_null(all[i].staff_no));
            json_object_set_new(item, "signer_name", text_or_null(all[i].user_name));
        }
        json_array_append_new(items, item);
    }
    return items;
}

err authorisations_of_device(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const authorisation *all;
    size_t n;
    TRY(api_query_only(c, request, ""));
    TRY(authorisation_list_of_device(c, &all, &n));
    return json_respond(
        c->arena, response, 200,
        json_pack("{s:i, s:o}", "protocol", MPC_VERSION, "authorisations", list_json(c, all, n, false)));
}

/* ---- the workstation ---- */

err authorisations_offer(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        uint8_t auth_id[16], pkW[POINT_SIZE];
        bytes scope;
    } input;
    static const json_field fields[] = {
        FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
        FIELD(input, auth_id, JSON_UUID_FIELD, 0, 0),
        FIELD(input, pkW, JSON_HEX_FIELD, POINT_SIZE, POINT_SIZE),
        {"scope", JSON_BASE64_FIELD, false, 1, MPC_SCOPE_MAX, offsetof(input, scope), JSON_NO_PRESENT}};
    call *c = app;
    input in = {0};
    authorisation made;
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    TRY(authorisation_offer(c, in.auth_id, in.pkW, in.scope, &made));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:i, s:o, s:o, s:I}", "protocol", MPC_VERSION, "authorisation", api_uuid(made.id),
                                  "expires_at", api_time(made.expires_ms), "expires",
                                  (json_int_t)(made.expires_ms / 1000)));
}

err authorisations_fetch(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    authorisation_grant g;
    bool waiting;
    TRY(api_query_only(c, request, "state wait"));
    TRY(api_param_uuid(c, request, 0, ERR_AUTHORISATION_NOT_FOUND, id));
    TRY(authorisation_fetch(c, id, &g));
    const authorisation *a = &g.authorisation;
    const char *known = http_query(request, "state");
    TRY(api_wait(c, request, strcmp(a->state, known ? known : "offered") == 0, id, 1, &waiting));
    if (waiting)
        return ERR_OK;
    json_t *answer = json_pack("{s:i, s:o, s:s, s:o, s:o, s:I}", "protocol", MPC_VERSION, "authorisation",
                               api_uuid(a->id), "state", a->state, "expires_at", api_time(a->expires_ms), "closed_by",
                               text_or_null(a->closed_by), "count_left", (json_int_t)a->count_left);
    if (answer && g.sealed.p) {
        json_object_set_new(answer, "scope", scope_json(c, a->scope));
        json_object_set_new(answer, "sealed", json_string(hex_text(c->arena, g.sealed.p, g.sealed.n)));
        json_object_set_new(answer, "P", api_hex(g.P, POINT_SIZE));
        json_object_set_new(answer, "signer", text_or_null(a->staff_no));
        json_object_set_new(answer, "signer_name", text_or_null(a->user_name));
        json_object_set_new(answer, "certificate", api_base64(c->arena, g.certificate));
    }
    return json_respond(c->arena, response, 200, answer);
}

err authorisations_tasks(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    uint8_t id[16], last[16];
    const task *tasks;
    size_t n;
    bool more;
    TRY(api_query_only(c, request, "limit after"));
    TRY(api_page_read(c, request, &page));
    TRY(api_param_uuid(c, request, 0, ERR_AUTHORISATION_NOT_FOUND, id));
    task_filter filter = {.has_after = page.has_after, .limit = page.limit < TASK_PAGE ? page.limit : TASK_PAGE};
    memcpy(filter.after, page.after, 16);
    TRY(authorisation_tasks(c, id, &filter, &tasks, &n, last, &more));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, devices_task_json(&tasks[i]));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:i, s:o, s:o}", "protocol", MPC_VERSION, "tasks", items, "next",
                                  more ? api_uuid(last) : json_null()));
}

err authorisations_document(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16], task_id[16];
    TRY(api_param_uuid(c, request, 0, ERR_AUTHORISATION_NOT_FOUND, id));
    TRY(api_param_uuid(c, request, 1, ERR_TASK_NOT_FOUND, task_id));
    TRY(authorisation_document(c, id, task_id, &response->body, &response->content_type));
    response->status = 200;
    return ERR_OK;
}

err authorisations_close(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_AUTHORISATION_NOT_FOUND, id));
    TRY(authorisation_close(c, id));
    response->status = 204;
    return ERR_OK;
}

/* ---- all of them ---- */

static err list_for_system(call *c, const http_request *request, http_response *response)
{
    const char *staff_no = http_query(request, "signer");
    int64_t until_ms;
    TRY(api_query_only(c, request, "signer"));
    if (!staff_no)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "signer");
    TRY(authorisation_of_signer(c, staff_no, &until_ms));
    return json_respond(
        c->arena, response, 200,
        json_pack("{s:s, s:b, s:o}", "signer", staff_no, "authorised", until_ms > 0, "until", api_time(until_ms)));
}

/* NULL: any. */
static err read_state(call *c, const http_request *request, const char **out)
{
    static const char *const states[] = {"offered", "active", "closed", "expired", "exhausted"};
    *out = http_query(request, "state");
    bool known = !*out;
    for (size_t i = 0; !known && i < sizeof states / sizeof *states; i++)
        known = strcmp(*out, states[i]) == 0;
    return known ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "state");
}

err authorisations_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const authorisation *all;
    const char *state;
    size_t n;
    if (c->actor == ACTOR_SYSTEM)
        return list_for_system(c, request, response);
    TRY(api_query_only(c, request, "limit after state"));
    TRY(api_page_read(c, request, &page));
    TRY(read_state(c, request, &state));
    int64_t limit = page.limit < AUTHORISATION_PAGE ? page.limit : AUTHORISATION_PAGE;
    TRY(authorisation_list(c, state, page.has_after ? page.after : NULL, limit, &all, &n));
    json_t *next = n > 0 && (int64_t)n == limit ? api_uuid(all[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:o}", "items", list_json(c, all, n, true), "next", next));
}
