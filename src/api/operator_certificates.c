#include "api/operator_certificates.h"

#include <string.h>

#include "api/input.h"
#include "pki/csr.h"
#include "service/console_session.h"
#include "service/operator_certificate.h"

static json_t *certificate_json(call *c, const operator_certificate *x)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}", "certificate_id", api_uuid(x->id),
                     "kind", x->issued ? "issued" : "bound", "state", x->state, "subject", x->subject, "serial",
                     api_hex(x->serial.p, x->serial.n), "fingerprint", api_hex(x->fingerprint, sizeof x->fingerprint),
                     "certificate", api_base64(c->arena, x->der), "not_before", api_time(x->not_before_ms), "not_after",
                     api_time(x->not_after_ms), "created_at", api_time(x->created_ms), "revoked_at",
                     api_time(x->revoked_ms), "reason", x->revoked_ms ? certificate_reason_name(x->reason) : NULL);
}

static err list(call *c, const uint8_t operator_id[16], http_response *response)
{
    const operator_certificate *found;
    size_t n;
    TRY(operator_certificate_list(c, operator_id, &found, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, certificate_json(c, &found[i]));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

static err post(call *c, const uint8_t operator_id[16], const http_request *request, http_response *response)
{
    typedef struct input {
        bytes csr, certificate;
    } input;
    static const json_field fields[] = {
        {"csr", JSON_BASE64_FIELD, false, 1, CSR_DER_MAX, offsetof(input, csr), JSON_NO_PRESENT},
        {"certificate", JSON_BASE64_FIELD, false, 1, 8192, offsetof(input, certificate), JSON_NO_PRESENT}};
    input in = {0};
    operator_certificate made;
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    if ((in.csr.n > 0) == (in.certificate.n > 0))
        return fault_field(&c->fault, in.csr.n > 0 ? ERR_FIELD_VALUE : ERR_FIELD_MISSING, "csr");
    TRY(in.csr.n > 0 ? operator_certificate_issue(c, operator_id, in.csr, &made)
                     : operator_certificate_bind(c, operator_id, in.certificate, &made));
    return json_respond(c->arena, response, 201, certificate_json(c, &made));
}

static err revoke(call *c, const uint8_t operator_id[16], const http_request *request, size_t param,
                  http_response *response)
{
    uint8_t id[16];
    revocation_reason reason = REASON_UNSPECIFIED;
    TRY(api_query_only(c, request, "reason"));
    const char *name = http_query(request, "reason");
    if (name && certificate_reason_from_name(name, &reason) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "reason");
    TRY(api_param_uuid(c, request, param, ERR_NOT_FOUND, id));
    TRY(operator_certificate_revoke(c, operator_id, id, reason));
    response->status = 204;
    return ERR_OK;
}

err operator_certificates_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_query_only(c, request, ""));
    TRY(api_param_uuid(c, request, 0, ERR_OPERATOR_NOT_FOUND, id));
    return list(c, id, response);
}

err operator_certificates_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_OPERATOR_NOT_FOUND, id));
    return post(c, id, request, response);
}

err operator_certificates_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_OPERATOR_NOT_FOUND, id));
    return revoke(c, id, request, 1, response);
}

err operator_certificates_own_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    TRY(api_query_only(c, request, ""));
    return list(c, c->console->operator_id, response);
}

err operator_certificates_own_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    if (!console_session_is_fresh(c))
        return ERR_LOGIN_OLD;
    return post(c, c->console->operator_id, request, response);
}

err operator_certificates_own_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    return revoke(c, c->console->operator_id, request, 0, response);
}
