#include "api/verifications.h"

#include <string.h>

#include "api/input.h"
#include "api/task_body.h"
#include "api/tsa_json.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "pki/cert.h"
#include "service/certificate.h"
#include "service/task.h"
#include "service/tsa_root.h"
#include "service/verify.h"

enum {
    CERTIFICATE_MAX = 2 * CERT_DER_MAX /* as PEM it is a third longer */,
    SIGNATURE_MAX = 1024,
    CMS_MAX = TASK_DOCUMENT_MAX + (1 << 18) /* with the content attached, and certificates */
};

typedef struct verify_input {
    verify_request request;
    json_t *intermediates;
    const char *signature, *time;
} verify_input;

#define VERIFY_FIELD(member, kind, min, max)                                                                           \
    {                                                                                                                  \
        .name = #member, kind, false, min, max, offsetof(verify_input, request.member), JSON_NO_PRESENT                \
    }

static const json_field fields[] = {
    {"task", JSON_UUID_FIELD, false, 0, 0, offsetof(verify_input, request.task),
     offsetof(verify_input, request.has_task)},
    VERIFY_FIELD(form, JSON_TEXT_FIELD, 1, 16),
    VERIFY_FIELD(document, JSON_BASE64_FIELD, 1, TASK_DOCUMENT_MAX),
    {"digest", JSON_HEX_FIELD, false, 32, 32, offsetof(verify_input, request.digest),
     offsetof(verify_input, request.has_digest)},
    {"signature", JSON_TEXT_FIELD, false, 1, SIGNATURE_MAX, offsetof(verify_input, signature), JSON_NO_PRESENT},
    VERIFY_FIELD(cms, JSON_BASE64_FIELD, 1, CMS_MAX),
    VERIFY_FIELD(timestamp, JSON_BASE64_FIELD, 1, TSA_READ_MAX),
    VERIFY_FIELD(certificate, JSON_BASE64_FIELD, 1, CERTIFICATE_MAX),
    {"intermediates", JSON_ARRAY_FIELD, false, 0, VERIFY_INTERMEDIATES, offsetof(verify_input, intermediates),
     JSON_NO_PRESENT},
    {"time", JSON_TEXT_FIELD, false, 20, 40, offsetof(verify_input, time), JSON_NO_PRESENT}};

static err read_intermediates(call *c, verify_input *in)
{
    const char *const *texts;
    verify_request *r = &in->request;
    TRY(input_texts(c, in->intermediates, "intermediates", &texts));
    for (size_t i = 0; i < json_array_size(in->intermediates); i++) {
        err e = base64_decode(c->arena, texts[i], strlen(texts[i]), &r->intermediates[i]);
        if (e == ERR_MEMORY)
            return e;
        if (e != ERR_OK || r->intermediates[i].n < 1 || r->intermediates[i].n > CERTIFICATE_MAX)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "intermediates[%zu]", i);
        r->intermediates_n++;
    }
    return ERR_OK;
}

/* r || s as hex, as every value of fixed size, or base64 of r || s or of its DER form: no text is both. */
static err read_signature(call *c, verify_input *in)
{
    size_t n = strlen(in->signature);
    uint8_t *rs = arena_alloc(c->arena, 64);
    if (!rs)
        return ERR_MEMORY;
    if (hex_decode(rs, 64, in->signature, n) == ERR_OK) {
        in->request.signature = bytes_of(rs, 64);
        return ERR_OK;
    }
    err e = base64_decode(c->arena, in->signature, n, &in->request.signature);
    return e == ERR_ENCODING ? fault_field(&c->fault, ERR_FIELD_VALUE, "signature") : e;
}

static err read_input(call *c, const http_request *request, verify_input *in)
{
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, sizeof fields / sizeof *fields, in, "", &c->fault);
    if (e == ERR_OK && in->intermediates)
        e = read_intermediates(c, in);
    json_decref(body);
    TRY(e);
    if (in->signature)
        TRY(read_signature(c, in));
    in->request.has_time = in->time != NULL;
    return in->time ? input_time(c, "time", in->time, &in->request.time_ms) : ERR_OK;
}

static json_t *checks_json(const verification *v)
{
    static const char *const states[] = {
        [VERIFY_NOT_DONE] = "not_done", [VERIFY_PASSED] = "ok", [VERIFY_FAILED] = "failed"};
    json_t *checks = json_array();
    for (size_t i = 0; i < VERIFY_CHECK_COUNT; i++) {
        const verify_finding *f = &v->findings[i];
        if (!f->reason)
            continue;
        json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:s, s:s}", "check",
                                                verify_check_name((verify_check)i), "state", states[f->state], "code",
                                                f->reason->code, "reason", f->reason->zh, "reason_en", f->reason->en));
    }
    return checks;
}

static json_t *signer_json(call *c, const verification *v)
{
    json_t *root = v->root ? json_pack("{s:o, s:s, s:s}", "root", api_uuid(v->root->id), "name", v->root->name,
                                       "subject", v->root->subject)
                           : json_null();
    return json_pack("{s:s?, s:s?, s:s?, s:s?, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:s?}", "subject", v->subject, "issuer",
                     v->issuer, "name", v->name, "staff_no", v->staff_no, "serial", api_hex(v->serial.p, v->serial.n),
                     "certificate", api_base64(c->arena, v->certificate), "not_before", api_time(v->not_before_ms),
                     "not_after", api_time(v->not_after_ms), "issued_here", v->issued_here, "trusted_root", root, "revoked_at",
                     api_time(v->revoked_ms), "revocation_reason",
                     v->revoked_ms ? certificate_reason_name(v->revoked_reason) : NULL);
}

json_t *verifications_json(call *c, const verification *v)
{
    static const char *const sources[] = {[VERIFY_TIME_NOW] = "now",
                                          [VERIFY_TIME_GIVEN] = "given",
                                          [VERIFY_TIME_TASK] = "task",
                                          [VERIFY_TIME_TIMESTAMP] = "timestamp"};
    return json_pack("{s:b, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "valid", v->valid, "checks",
                     checks_json(v), "time", api_time(v->time_ms), "time_source", sources[v->time_source], "form",
                     v->form, "algorithm", "SM2-with-SM3", "id", SM2_DEFAULT_ID, "e",
                     v->has_e ? api_hex(v->e, sizeof v->e) : json_null(), "signer", signer_json(c, v), "signing_time",
                     api_time(v->signing_time_ms), "authorisation",
                     v->authorisation_id ? api_uuid(v->authorisation_id) : json_null(), "withdrawal",
                     v->withdrawn ? task_body_withdrawal(v->withdrawn) : json_null(), "timestamp",
                     v->timestamp ? tsa_json_verification(c->arena, v->timestamp) : json_null());
}

err verifications_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    verify_input in = {0};
    verification v;
    TRY(read_input(c, request, &in));
    TRY(verify_run(c, &in.request, &v));
    return json_respond(c->arena, response, 200, verifications_json(c, &v));
}
