#include "service/tsa_unit_make.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "keystore/openssl_key.h"
#include "os/entropy.h"
#include "service/internal.h"
#include "service/tsa_authority.h"

enum { UNIT_DAYS = 1826 /* 5 years */, PLAIN_MAX = OPENSSL_KEY_MAX };

static bytes key_context(arena *a, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    const char *context = arena_printf(a, "tsa_unit.key%s", text);
    return context ? bytes_of_text(context) : bytes_of(NULL, 0);
}

err tsa_unit_key_open(service *s, arena *a, const uint8_t id[16], signer_algorithm algorithm, bytes sealed,
                      signer **out)
{
    bytes context = key_context(a, id);
    if (!context.p)
        return ERR_MEMORY;
    return algorithm == SIGNER_SM2 ? keystore_signer(s->options.keystore, context, sealed, out, &s->options.rng)
                                   : openssl_key_unseal(out, s->options.keystore, context, sealed);
}

/* ---- the key ---- */

/* As it is sealed: of SM2 the scalar, else PKCS#8. */
static err draw(const service *s, signer_algorithm algorithm, uint8_t plain[PLAIN_MAX], size_t *n)
{
    sm2_private key;
    if (algorithm != SIGNER_SM2)
        return openssl_key_generate(algorithm, plain, n);
    err e = sm2_private_generate(&key, &s->options.rng);
    if (e == ERR_OK) {
        scalar_to_bytes(plain, &key.d);
        *n = 32;
    }
    sm2_private_wipe(&key);
    return e;
}

static err make_key(call *c, signer_algorithm algorithm, tsa_unit_draft *out)
{
    const service *s = c->service;
    err e = ERR_OK;
    uint8_t plain[PLAIN_MAX];
    size_t n = 0;
    bytes context = key_context(c->arena, out->id);
    uint8_t *sealed = arena_alloc(c->arena, sizeof plain + KEYSTORE_OVERHEAD);
    if (!context.p || !sealed)
        return ERR_MEMORY;
    TRY_OUT(draw(s, algorithm, plain, &n));
    TRY_OUT(keystore_seal(s->options.keystore, context, bytes_of(plain, n), sealed, &s->options.rng));
    out->sealed = bytes_of(sealed, n + KEYSTORE_OVERHEAD);
out:
    wipe(plain, sizeof plain);
    return e;
}

/* ---- the certificate ---- */

/* Not longer than its issuer's. */
static err set_period(call *c, cert_template *t, const cert *issuer)
{
    t->not_before_ms = c->now_ms;
    t->not_after_ms = c->now_ms + UNIT_DAYS * INT64_C(86400000);
    if (t->not_after_ms > issuer->not_after_ms)
        t->not_after_ms = issuer->not_after_ms;
    return t->not_before_ms < t->not_after_ms ? ERR_OK : ERR_CERTIFICATE_EXPIRED;
}

static err issue(call *c, const char *name, cert_template *t, signer *ca, const cert *issuer, bytes *out)
{
    const service *s = c->service;
    const char *suffix = arena_printf(c->arena, " 时间戳 %s (yiqian timestamp)", name);
    if (!suffix)
        return ERR_MEMORY;
    t->profile = CERT_TIMESTAMP;
    t->serial_n = CERT_SERIAL_SIZE;
    t->issuer = issuer->subject;
    t->authority_key_id = issuer->ski;
    TRY(set_period(c, t, issuer));
    TRY(cert_serial_generate(t->serial, &s->options.rng));
    TRY(authority_subject(s, c->arena, suffix, &t->subject));
    size_t cap = cert_size_max(t);
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(cert_issue(&b, t, ca));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

static err certify_sm2(call *c, const char *name, const signer *key, tsa_unit_draft *out)
{
    const service *s = c->service;
    cert_template t = {.public_key = key->public_key,
                       .crl_url = arena_printf(c->arena, "%s/pki/issuing.crl", s->options.public_url),
                       .ca_issuers_url = arena_printf(c->arena, "%s/pki/issuing.cer", s->options.public_url)};
    size_t n = s->issuing.der.n + s->root.der.n;
    buffer chain = buffer_over(arena_alloc(c->arena, n), n);
    if (!t.crl_url || !t.ca_issuers_url || !chain.p)
        return ERR_MEMORY;
    TRY(issue(c, name, &t, s->issuing.signer, &s->issuing.cert, &out->certificate));
    buffer_put(&chain, s->issuing.der.p, s->issuing.der.n);
    buffer_put(&chain, s->root.der.p, s->root.der.n);
    out->chain = bytes_of(chain.p, chain.n);
    return ERR_OK;
}

static err certify_other(call *c, const char *name, const signer *key, tsa_unit_draft *out)
{
    tsa_authority ca;
    cert_template t = {.spki = key->spki};
    TRY(tsa_authority_open(c, key->algorithm, &ca));
    err e = issue(c, name, &t, ca.signer, &ca.cert, &out->certificate);
    out->chain = ca.certificate;
    signer_destroy(ca.signer);
    return e;
}

err tsa_unit_make(call *c, const tsa_unit_request *rq, tsa_unit_draft *out)
{
    signer *key;
    *out = (tsa_unit_draft){0};
    TRY(uuid7_create(out->id));
    TRY(make_key(c, rq->algorithm, out));
    TRY(tsa_unit_key_open(c->service, c->arena, out->id, rq->algorithm, out->sealed, &key));
    err e = rq->algorithm == SIGNER_SM2 ? certify_sm2(c, rq->name, key, out) : certify_other(c, rq->name, key, out);
    signer_destroy(key);
    return e;
}
