#include "api/logins.h"

#include "api/auth.h"
#include "api/input.h"
#include "api/scans.h"
#include "api/task_body.h"
#include "api/wait.h"
#include "service/login.h"

static json_t *result_json(call *c, const login *l)
{
    const scan_session *s = &l->session;
    if (!l->has_signature)
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:o}", "staff_no", s->staff_no, "name", s->person_name, "assertion",
                     api_base64(c->arena, bytes_of_text(s->assertion)), "signature",
                     task_body_signature(c, &l->signature, "raw"));
}

static json_t *login_json(call *c, const login *l)
{
    const scan_session *s = &l->session;
    json_t *out = scans_session_json(s);
    json_object_set_new(out, "login", api_uuid(s->id));
    json_object_set_new(out, "purpose", json_string(s->purpose));
    json_object_set_new(out, "nonce", json_string(s->nonce));
    json_object_set_new(out, "short_code", json_string(s->short_code));
    json_object_set_new(out, "number", scans_number_json(c->arena, s));
    json_object_set_new(out, "result", result_json(c, l));
    return out;
}

err logins_post(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        {"purpose", JSON_TEXT_FIELD, false, 0, 100, offsetof(login_request, purpose), JSON_NO_PRESENT},
        {"nonce", JSON_TEXT_FIELD, false, 0, 64, offsetof(login_request, nonce), JSON_NO_PRESENT},
        {"staff_no", JSON_TEXT_FIELD, false, 1, 64, offsetof(login_request, staff_no), JSON_NO_PRESENT},
        {"expires_in", JSON_INT_FIELD, false, LOGIN_EXPIRES_MIN, LOGIN_EXPIRES_MAX, offsetof(login_request, expires_in),
         JSON_NO_PRESENT}};
    call *c = app;
    login_request wish = {.purpose = "", .nonce = "", .expires_in = LOGIN_EXPIRES_DEFAULT};
    login made;
    bool repeated;
    json_t *body;
    TRY(auth_secure(request));
    TRY(input_idempotency(c, request, &wish.once));
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, sizeof fields / sizeof *fields, &wish, "", &c->fault);
    json_decref(body);
    TRY(e);
    TRY(login_create(c, &wish, &made, &repeated));
    json_t *out = login_json(c, &made);
    json_object_set_new(out, "secret", api_hex(made.session.secret, SCAN_SECRET));
    return json_respond(c->arena, response, repeated ? 200 : 201, out);
}

err logins_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    login l;
    bool waiting;
    TRY(api_query_only(c, request, "state wait"));
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(login_get(c, id, &l));
    /* The login's id is also its task's. */
    TRY(api_wait(c, request, scans_as_known(request, &l.session), id, 1, &waiting));
    return waiting ? ERR_OK : json_respond(c->arena, response, 200, login_json(c, &l));
}

err logins_cancel(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    login l;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(login_cancel(c, id, &l));
    return json_respond(c->arena, response, 200, login_json(c, &l));
}

err logins_code(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    login l;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(login_get(c, id, &l));
    return scans_code_respond(c, &l.session, response);
}
