#include "api/timestamp_verifications.h"

#include <string.h>

#include "api/input.h"
#include "api/tsa_json.h"
#include "base/text.h"
#include "service/task.h"
#include "service/timestamp_verify.h"

enum {
    CERTIFICATE_MAX = 2 * CERT_DER_MAX /* as PEM it is a third longer */,
    NONCE_MAX = 31,
    POLICY_TEXT_MAX = 200,
    POLICY_OCTETS = 64
};

typedef struct verify_input {
    timestamp_verify_request request;
    json_t *certificates;
    bytes nonce;
    const char *policy, *at;
} verify_input;

static const json_field fields[] = {
    {"token", JSON_BASE64_FIELD, true, 1, TSA_READ_MAX, offsetof(verify_input, request.token), JSON_NO_PRESENT},
    {"document", JSON_BASE64_FIELD, false, 1, TASK_DOCUMENT_MAX, offsetof(verify_input, request.document),
     JSON_NO_PRESENT},
    {"imprint", JSON_BASE64_FIELD, false, 1, TSA_IMPRINT_MAX, offsetof(verify_input, request.imprint), JSON_NO_PRESENT},
    {"hash", JSON_TEXT_FIELD, false, 1, 16, offsetof(verify_input, request.hash), JSON_NO_PRESENT},
    {"nonce", JSON_BASE64_FIELD, false, 1, NONCE_MAX, offsetof(verify_input, nonce), JSON_NO_PRESENT},
    {"policy", JSON_TEXT_FIELD, false, 3, POLICY_TEXT_MAX, offsetof(verify_input, policy), JSON_NO_PRESENT},
    {"certificates", JSON_ARRAY_FIELD, false, 0, TIMESTAMP_CERTIFICATES, offsetof(verify_input, certificates),
     JSON_NO_PRESENT},
    {"at", JSON_TEXT_FIELD, false, 20, 40, offsetof(verify_input, at), JSON_NO_PRESENT}};

static err read_certificates(call *c, verify_input *in)
{
    const char *const *texts;
    timestamp_verify_request *r = &in->request;
    TRY(input_texts(c, in->certificates, "certificates", &texts));
    for (size_t i = 0; i < json_array_size(in->certificates); i++) {
        err e = base64_decode(c->arena, texts[i], strlen(texts[i]), &r->certificates[i]);
        if (e == ERR_MEMORY)
            return e;
        if (e != ERR_OK || r->certificates[i].n < 1 || r->certificates[i].n > CERTIFICATE_MAX)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "certificates[%zu]", i);
        r->certificates_n++;
    }
    return ERR_OK;
}

static err read_body(call *c, const http_request *request, verify_input *in)
{
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, COUNT(fields), in, "", &c->fault);
    if (e == ERR_OK && in->certificates)
        e = read_certificates(c, in);
    json_decref(body);
    return e;
}

static err read_policy(call *c, const char *text, bytes *out)
{
    buffer b = buffer_over(arena_alloc(c->arena, POLICY_OCTETS), POLICY_OCTETS);
    if (!b.p)
        return ERR_MEMORY;
    if (oid_from_text(&b, bytes_of_text(text)) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "policy");
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

err timestamp_verifications_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    verify_input in = {0};
    tsa_verification v;
    TRY(read_body(c, request, &in));
    if (in.nonce.n > 0)
        TRY(input_nonce(c, in.nonce, &in.request.nonce));
    if (in.policy)
        TRY(read_policy(c, in.policy, &in.request.policy));
    if (in.at)
        TRY(input_time(c, "at", in.at, &in.request.at_ms));
    TRY(timestamp_verify(c, &in.request, &v));
    return json_respond(c->arena, response, 200, tsa_json_verification(c->arena, &v));
}
