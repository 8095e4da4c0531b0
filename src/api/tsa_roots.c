#include "api/tsa_roots.h"

#include <string.h>

#include "api/input.h"
#include "pki/cert.h"
#include "service/tsa_root.h"

enum { CERTIFICATE_MAX = 2 * CERT_DER_MAX, ISSUERS_MAX = 2 * CERTIFICATE_MAX };

typedef struct root_input {
    const char *name;
    json_t *purposes;
    bytes certificate, crl, issuer;
} root_input;

static const struct {
    const char *name;
    tsa_root_purpose purpose;
} purposes[] = {{"timestamp", TSA_ROOT_TIMESTAMPS}, {"signature", TSA_ROOT_SIGNATURES}};

static const json_field new_fields[] = {FIELD(root_input, name, JSON_TEXT_FIELD, 1, TSA_ROOT_NAME_MAX),
                                        FIELD(root_input, certificate, JSON_BASE64_FIELD, 1, CERTIFICATE_MAX),
                                        {"purposes", JSON_ARRAY_FIELD, false, 1, COUNT(purposes),
                                         offsetof(root_input, purposes), JSON_NO_PRESENT}};
static const json_field crl_fields[] = {
    FIELD(root_input, crl, JSON_BASE64_FIELD, 1, TSA_ROOT_CRL_MAX),
    {"issuer", JSON_BASE64_FIELD, false, 1, ISSUERS_MAX, offsetof(root_input, issuer), JSON_NO_PRESENT}};

json_t *tsa_roots_purposes_json(unsigned of)
{
    json_t *list = json_array();
    for (size_t i = 0; i < COUNT(purposes); i++)
        if (of & purposes[i].purpose)
            (void)json_array_append_new(list, json_string(purposes[i].name));
    return list;
}

/* Nothing said: for timestamps, as it was before there was another purpose. */
static err read_purposes(call *c, const json_t *array, unsigned *out)
{
    const char *const *names;
    *out = array ? 0 : TSA_ROOT_TIMESTAMPS;
    if (!array)
        return ERR_OK;
    TRY(input_texts(c, array, "purposes", &names));
    for (size_t i = 0; i < json_array_size(array); i++) {
        unsigned one = 0;
        for (size_t j = 0; j < COUNT(purposes); j++)
            if (strcmp(purposes[j].name, names[i]) == 0)
                one = purposes[j].purpose;
        if (!one || *out & one)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "purposes[%zu]", i);
        *out |= one;
    }
    return ERR_OK;
}

static json_t *root_json(call *c, const tsa_root *r)
{
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:o}", "root", api_uuid(r->id), "name", r->name,
                     "subject", r->subject, "purposes", tsa_roots_purposes_json(r->purposes), "certificate", api_base64(c->arena, r->certificate), "not_before",
                     api_time(r->not_before_ms), "not_after", api_time(r->not_after_ms), "created_at",
                     api_time(r->created_ms), "crls", (int)r->lists_n, "crl_updated_at", api_time(r->lists_updated_ms));
}

err tsa_roots_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const tsa_root *roots;
    size_t n;
    (void)request;
    TRY(tsa_root_list(c, &roots, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, root_json(c, &roots[i]));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

static err read_root(call *c, const http_request *request, root_input *in, unsigned *of)
{
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, new_fields, COUNT(new_fields), in, "", &c->fault);
    if (e == ERR_OK)
        e = read_purposes(c, in->purposes, of);
    json_decref(body);
    return e;
}

err tsa_roots_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    root_input in = {0};
    unsigned of;
    tsa_root root;
    TRY(read_root(c, request, &in, &of));
    TRY(tsa_root_add(c, in.name, of, in.certificate, &root));
    return json_respond(c->arena, response, 201, root_json(c, &root));
}

err tsa_roots_patch(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    root_input in = {0};
    tsa_root root;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(input_message(c, request, crl_fields, COUNT(crl_fields), &in, NULL));
    TRY(tsa_root_set_crl(c, id, in.crl, in.issuer, &root));
    return json_respond(c->arena, response, 200, root_json(c, &root));
}

err tsa_roots_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(tsa_root_remove(c, id));
    response->status = 204;
    return ERR_OK;
}
