#include "api/console.h"

#include <string.h>

#include "api/auth.h"
#include "api/input.h"
#include "api/roles.h"
#include "api/scans.h"
#include "api/wait.h"
#include "asn1/ecsig.h"
#include "pki/csr.h"
#include "service/console_challenge.h"
#include "service/console_first.h"
#include "service/console_link.h"
#include "service/console_login.h"
#include "service/user.h"

enum { CERTIFICATE_MAX = 8192 };

static bool over_tls(const call *c, const http_request *request)
{
    static const char https[] = "https://";
    return request->tls || strncmp(service_public_url(c->service), https, sizeof https - 1) == 0;
}

static void set_header(http_response *response, const char *name, const char *value)
{
    size_t i = 0;
    while (response->headers[i].name)
        i++;
    response->headers[i].name = name;
    response->headers[i].value = value;
}

/* The browser keeps it until it ends: how long it is good for is the server's to know. value "": forgets it. */
static err set_cookie(call *c, const http_request *request, http_response *response, const char *value)
{
    const char *cookie = arena_printf(c->arena, AUTH_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict%s%s", value,
                                      *value ? "" : "; Max-Age=0", over_tls(c, request) ? "; Secure" : "");
    if (!cookie)
        return ERR_MEMORY;
    set_header(response, "Set-Cookie", cookie);
    return ERR_OK;
}

static json_t *person_json(const console_session *s)
{
    return json_pack("{s:o, s:o, s:s, s:s}", "operator", api_uuid(s->operator_id), "user", api_uuid(s->user_id),
                     "staff_no", s->staff_no, "name", s->name);
}

static json_t *session_json(call *c, const console_session *s)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:I, s:s, s:b, s:s}", "session", api_uuid(s->id),
                     "operator", person_json(s), "role", s->role, "role_name", s->role_name, "permissions",
                     roles_permissions_json(s->permissions), "csrf", console_session_csrf(c, s), "method", s->method,
                     "created_at", api_time(s->created_ms), "expires_at", api_time(s->expires_ms), "idle_seconds",
                     (json_int_t)(s->idle_ms / 1000), "organisation", service_organisation(c->service), "sandbox",
                     service_is_sandbox(c->service), "version", YIQIAN_VERSION);
}

err console_session_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    TRY(api_query_only(c, request, ""));
    return json_respond(c->arena, response, 200, session_json(c, c->console));
}

err console_session_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    TRY(console_session_end(c, c->console->id, c->console->operator_id));
    TRY(set_cookie(c, request, response, ""));
    response->status = 204;
    return ERR_OK;
}

/* The ways in; each is whole, and alone. */
typedef struct login_input {
    const char *link, *handle, *code;
    uint8_t challenge[CONSOLE_CHALLENGE], login[16];
    bool has_challenge, has_login;
    bytes certificate, signature;
} login_input;

static const json_field login_fields[] = {
    {"link", JSON_TEXT_FIELD, false, 1, 200, offsetof(login_input, link), JSON_NO_PRESENT},
    {"challenge", JSON_HEX_FIELD, false, CONSOLE_CHALLENGE, CONSOLE_CHALLENGE, offsetof(login_input, challenge),
     offsetof(login_input, has_challenge)},
    {"certificate", JSON_BASE64_FIELD, false, 1, CERTIFICATE_MAX, offsetof(login_input, certificate), JSON_NO_PRESENT},
    {"signature", JSON_BASE64_FIELD, false, 1, ECSIG_DER_MAX, offsetof(login_input, signature), JSON_NO_PRESENT},
    {"login", JSON_UUID_FIELD, false, 0, 0, offsetof(login_input, login), offsetof(login_input, has_login)},
    {"handle", JSON_TEXT_FIELD, false, 1, 100, offsetof(login_input, handle), JSON_NO_PRESENT},
    {"code", JSON_TEXT_FIELD, false, 1, 40, offsetof(login_input, code), JSON_NO_PRESENT}};

static err check_login(call *c, const login_input *in)
{
    if (!!in->link + in->has_challenge + in->has_login != 1)
        return fault_field(&c->fault, in->link || in->has_challenge ? ERR_FIELD_VALUE : ERR_FIELD_MISSING, "link");
    if (in->has_challenge != (in->certificate.n > 0))
        return fault_field(&c->fault, ERR_FIELD_MISSING, in->has_challenge ? "certificate" : "challenge");
    if (in->has_challenge != (in->signature.n > 0))
        return fault_field(&c->fault, ERR_FIELD_MISSING, in->has_challenge ? "signature" : "challenge");
    if (in->has_login != (in->handle != NULL))
        return fault_field(&c->fault, ERR_FIELD_MISSING, in->has_login ? "handle" : "login");
    return in->code && !in->link ? fault_field(&c->fault, ERR_FIELD_MISSING, "link") : ERR_OK;
}

static err log_in(call *c, const login_input *in, const char **cookie)
{
    if (in->link)
        return in->code ? console_setup_use(c, in->link, in->code, cookie) : console_link_use(c, in->link, cookie);
    if (in->has_login)
        return console_login_use(c, in->login, in->handle, cookie);
    return console_challenge_use(c, in->challenge, in->certificate, in->signature, cookie);
}

err console_sessions_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    login_input in = {0};
    const char *cookie;
    console_session s;
    TRY(auth_secure(request));
    TRY(input_message(c, request, login_fields, COUNT(login_fields), &in, NULL));
    TRY(check_login(c, &in));
    TRY(log_in(c, &in, &cookie));
    TRY(console_session_check(c, cookie, &s));
    TRY(set_cookie(c, request, response, cookie));
    return json_respond(c->arena, response, 201, session_json(c, &s));
}

err console_challenges_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t challenge[CONSOLE_CHALLENGE];
    const char *message;
    int64_t expires_ms;
    (void)request;
    TRY(console_challenge_make(c, challenge, &message, &expires_ms));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:o, s:o, s:o}", "challenge", api_hex(challenge, sizeof challenge), "message",
                                  api_base64(c->arena, bytes_of_text(message)), "expires_at", api_time(expires_ms)));
}

/* ---- by scan ---- */

static err login_json(call *c, const login *l, json_t **out)
{
    const scan_session *s = &l->session;
    const char *code = NULL;
    if (strcmp(s->state, "open") == 0)
        TRY(scan_session_text(c, s, &code));
    *out = scans_session_json(s);
    json_object_set_new(*out, "login", api_uuid(s->id));
    json_object_set_new(*out, "code", code ? json_string(code) : json_null());
    json_object_set_new(*out, "code_every", json_integer(CONSOLE_LOGIN_CODE_EVERY));
    json_object_set_new(*out, "short_code", json_string(s->short_code));
    json_object_set_new(*out, "number", scans_number_json(c->arena, s));
    return ERR_OK;
}

err console_logins_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    login made;
    const char *handle;
    json_t *answer;
    TRY(auth_secure(request));
    TRY(console_login_create(c, &made, &handle));
    TRY(login_json(c, &made, &answer));
    json_object_set_new(answer, "handle", json_string(handle));
    return json_respond(c->arena, response, 201, answer);
}

err console_logins_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    login l;
    bool waiting;
    json_t *answer;
    TRY(auth_secure(request));
    TRY(api_query_only(c, request, "handle state wait"));
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    const char *handle = http_query(request, "handle");
    if (!handle)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "handle");
    TRY(console_login_get(c, id, handle, &l));
    TRY(api_wait(c, request, scans_as_known(request, &l.session), id, 1, &waiting));
    if (waiting)
        return ERR_OK;
    TRY(login_json(c, &l, &answer));
    return json_respond(c->arena, response, 200, answer);
}

/* ---- the first administrator ---- */

err console_first_post(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        FIELD(console_first_request, link, JSON_TEXT_FIELD, 1, 200),
        FIELD(console_first_request, staff_no, JSON_TEXT_FIELD, 1, USER_STAFF_NO_MAX),
        FIELD(console_first_request, name, JSON_TEXT_FIELD, 1, USER_NAME_MAX),
        {"csr", JSON_BASE64_FIELD, false, 1, CSR_DER_MAX, offsetof(console_first_request, csr), JSON_NO_PRESENT}};
    call *c = app;
    console_first_request in = {0};
    console_first_made made;
    console_session s;
    TRY(auth_secure(request));
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    TRY(console_first_use(c, &in, &made));
    TRY(console_session_check(c, made.cookie, &s));
    TRY(set_cookie(c, request, response, made.cookie));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:o, s:o, s:s?, s:o}", "session", session_json(c, &s), "certificate",
                                  made.certificate.n > 0 ? api_base64(c->arena, made.certificate) : json_null(),
                                  "activation_code", made.has_offer ? made.offer.code : NULL, "activation_expires_at",
                                  api_time(made.has_offer ? made.offer.expires_ms : 0)));
}

/* One's own; whoever may read of the operators has everybody's. */
static const uint8_t *whose(const call *c, unsigned permission)
{
    return c->console && !(c->console->permissions & PERMISSION_BIT(permission)) ? c->console->operator_id : NULL;
}

err console_sessions_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const console_session *list;
    size_t n;
    TRY(api_query_only(c, request, ""));
    TRY(console_session_list(c, whose(c, PERMISSION_OPERATORS_READ), &list, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        const console_session *s = &list[i];
        json_array_append_new(items, json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:b}", "session", api_uuid(s->id),
                                               "operator", person_json(s), "method", s->method, "origin", s->origin,
                                               "created_at", api_time(s->created_ms), "seen_at", api_time(s->seen_ms),
                                               "expires_at", api_time(s->expires_ms), "current",
                                               c->console && memcmp(c->console->id, s->id, 16) == 0));
    }
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err console_sessions_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(console_session_end(c, id, whose(c, PERMISSION_OPERATORS_MANAGE)));
    response->status = 204;
    return ERR_OK;
}
