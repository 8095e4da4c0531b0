#include "api/pki.h"

#include "api/certificate_reading.h"
#include "asn1/name.h"
#include "pki/cert.h"
#include "pki/pem.h"
#include "service/crl.h"

/* Media types: RFC 2585 section 4. A list is asked for again soon: it changes with each revocation. */

static err answer(http_response *response, const char *type, const char *cache, bytes der)
{
    response->status = 200;
    response->content_type = type;
    response->headers[0].name = "Cache-Control";
    response->headers[0].value = cache;
    response->body = der;
    return ERR_OK;
}

static err answer_certificate(call *c, http_response *response, size_t place)
{
    bytes chain[2];
    service_chain(c->service, chain);
    return answer(response, "application/pkix-cert", "public, max-age=86400", chain[place]);
}

static err answer_crl(call *c, http_response *response, const char *issuer)
{
    bytes der;
    TRY(crl_current(c, issuer, &der));
    return answer(response, "application/pkix-crl", "public, max-age=60", der);
}

err pki_issuing_certificate(void *app, http_request *request, http_response *response)
{
    (void)request;
    return answer_certificate(app, response, 0);
}

err pki_root_certificate(void *app, http_request *request, http_response *response)
{
    (void)request;
    return answer_certificate(app, response, 1);
}

err pki_issuing_crl(void *app, http_request *request, http_response *response)
{
    (void)request;
    return answer_crl(app, response, "issuing");
}

err pki_root_crl(void *app, http_request *request, http_response *response)
{
    (void)request;
    return answer_crl(app, response, "root");
}

static json_t *authority_json(call *c, bytes der)
{
    cert x;
    char subject[2 * NAME_DER_MAX + 1] = "";
    buffer b = buffer_over(subject, sizeof subject - 1);
    if (cert_parse(&x, der) != ERR_OK || name_text(&b, x.subject) != ERR_OK)
        return NULL;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "subject", subject, "serial", api_hex(x.serial.p, x.serial.n),
                     "not_before", api_time(x.not_before_ms), "not_after", api_time(x.not_after_ms), "certificate",
                     api_base64(c->arena, der), "reading", certificate_reading_json(c, &x));
}

err pki_authority(void *app, http_request *request, http_response *response)
{
    call *c = app;
    bytes chain[2];
    (void)request;
    service_chain(c->service, chain);
    const char *issuing = pem_encode(c->arena, PEM_CERTIFICATE, chain[0]);
    const char *root = pem_encode(c->arena, PEM_CERTIFICATE, chain[1]);
    if (!issuing || !root)
        return ERR_MEMORY;
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:o, s:o, s:b}", "issuing", authority_json(c, chain[0]), "root",
                                  authority_json(c, chain[1]), "chain_pem", json_sprintf("%s%s", issuing, root),
                                  "sandbox", service_is_sandbox(c->service)));
}

static err answer_crls(call *c, http_response *response, const crl_status *lists)
{
    json_t *items = json_array();
    for (size_t i = 0; i < CRL_ISSUERS; i++)
        json_array_append_new(
            items, json_pack("{s:s, s:I, s:o, s:o, s:I, s:I, s:o}", "issuer", lists[i].issuer, "number",
                             (json_int_t)lists[i].number, "this_update", api_time(lists[i].this_update_ms),
                             "next_update", api_time(lists[i].next_update_ms), "entries", (json_int_t)lists[i].entries,
                             "size", (json_int_t)lists[i].size, "url",
                             json_sprintf("%s/pki/%s.crl", service_public_url(c->service), lists[i].issuer)));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err pki_crls(void *app, http_request *request, http_response *response)
{
    call *c = app;
    crl_status lists[CRL_ISSUERS];
    (void)request;
    TRY(crl_statuses(c, lists));
    return answer_crls(c, response, lists);
}

err pki_crls_issue(void *app, http_request *request, http_response *response)
{
    call *c = app;
    crl_status lists[CRL_ISSUERS];
    (void)request;
    TRY(crl_issue_now(c, lists));
    return answer_crls(c, response, lists);
}
