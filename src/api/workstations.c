#include "api/workstations.h"

#include <string.h>

#include "api/auth.h"
#include "api/input.h"
#include "base/ct.h"
#include "mpc/mpc.h"
#include "service/workstation.h"

static json_t *workstation_json(const workstation *w)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:o}", "workstation", api_uuid(w->id), "name", w->name, "place", w->place,
                     "state", w->state, "created_at", api_time(w->created_ms));
}

err workstations_post(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {FIELD(workstation_request, name, JSON_TEXT_FIELD, 1, WORKSTATION_NAME_MAX),
                                        FIELD(workstation_request, place, JSON_TEXT_FIELD, 1, WORKSTATION_PLACE_MAX)};
    call *c = app;
    workstation_request in = {0};
    workstation made;
    json_t *body;
    char code[ENROLMENT_CODE_SHOWN];
    TRY(auth_secure(request));
    TRY(input_idempotency(c, request, &in.once));
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, COUNT(fields), &in, "", &c->fault);
    json_decref(body);
    TRY(e);
    TRY(workstation_create(c, &in, &made, code));
    json_t *answer = workstation_json(&made);
    if (answer) {
        json_object_set_new(answer, "registration_code", *code ? json_string(code) : json_null());
        json_object_set_new(answer, "expires_at", api_time(made.expires_ms));
    }
    wipe(code, sizeof code);
    return json_respond(c->arena, response, made.repeated ? 200 : 201, answer);
}

err workstations_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const workstation *all;
    size_t n;
    TRY(api_query_only(c, request, "limit after"));
    TRY(api_page_read(c, request, &page));
    TRY(workstation_list(c, page.has_after ? page.after : NULL, page.limit, &all, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, workstation_json(&all[i]));
    json_t *next = n > 0 && (int64_t)n == page.limit ? api_uuid(all[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err workstations_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_WORKSTATION_NOT_FOUND, id));
    TRY(workstation_remove(c, id));
    response->status = 204;
    return ERR_OK;
}

/* ---- the installation's own calls: docs/spec/device-api.md, Workstations ---- */

err workstations_register(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        const char *name, *registration_code;
        uint8_t public_key[65], proof[64];
    } input;
    static const json_field fields[] = {FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
                                        FIELD(input, name, JSON_TEXT_FIELD, 1, WORKSTATION_NAME_MAX),
                                        FIELD(input, registration_code, JSON_TEXT_FIELD, 1, 64),
                                        FIELD(input, public_key, JSON_HEX_FIELD, 65, 65),
                                        FIELD(input, proof, JSON_HEX_FIELD, 64, 64)};
    call *c = app;
    input in = {0};
    workstation w;
    bytes chain[2];
    TRY(auth_secure(request));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    workstation_registration r = {.name = in.name, .code = in.registration_code};
    memcpy(r.public_key, in.public_key, sizeof r.public_key);
    memcpy(r.proof, in.proof, sizeof r.proof);
    TRY(workstation_register(c, &r, &w));
    service_chain(c->service, chain);
    return json_respond(c->arena, response, 201,
                        json_pack("{s:i, s:o, s:s, s:s, s:o, s:[o, o]}", "protocol", MPC_VERSION, "workstation",
                                  api_uuid(w.id), "name", w.name, "place", w.place, "certificate",
                                  api_base64(c->arena, w.certificate), "chain", api_base64(c->arena, chain[0]),
                                  api_base64(c->arena, chain[1])));
}
