#include "service/tsa_authority.h"

#include <string.h>

#include "base/ct.h"
#include "keystore/openssl_key.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/tsa_unit.h"

enum { ROOT_DAYS = 7305 /* 20 years, as the SM2 root */ };

static bytes key_context(arena *a, signer_algorithm algorithm)
{
    const char *context = arena_printf(a, "tsa_authority.key%s", tsa_unit_algorithm_name(algorithm));
    return context ? bytes_of_text(context) : bytes_of(NULL, 0);
}

static err load(call *c, signer_algorithm algorithm, tsa_authority *out)
{
    const store_value *row;
    bytes context = key_context(c->arena, algorithm);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT certificate, sealed_key FROM tsa_authority WHERE algorithm = $1",
                        (store_value[]){store_text(tsa_unit_algorithm_name(algorithm))}, 1));
    out->certificate = column_bytes(&row[0]);
    if (!context.p)
        return ERR_MEMORY;
    if (cert_parse(&out->cert, out->certificate) != ERR_OK)
        return ERR_CORRUPT;
    TRY(openssl_key_unseal(&out->signer, c->service->options.keystore, context, column_bytes(&row[1])));
    if (out->signer->algorithm == algorithm && bytes_equal(out->signer->spki, out->cert.spki))
        return ERR_OK;
    signer_destroy(out->signer);
    return ERR_CORRUPT;
}

static err issue_root(call *c, signer_algorithm algorithm, signer *key, bytes *out)
{
    const service *s = c->service;
    cert_template t = {.profile = CERT_ROOT,
                       .spki = key->spki,
                       .not_before_ms = c->now_ms,
                       .not_after_ms = c->now_ms + ROOT_DAYS * INT64_C(86400000),
                       .serial_n = CERT_SERIAL_SIZE};
    const char *suffix =
        arena_printf(c->arena, " 时间戳根 CA %s (yiqian timestamp root)", algorithm == SIGNER_P256 ? "P-256" : "RSA");
    if (!suffix)
        return ERR_MEMORY;
    TRY(cert_serial_generate(t.serial, &s->options.rng));
    TRY(authority_subject(s, c->arena, suffix, &t.subject));
    t.issuer = t.subject;
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(cert_issue(&b, &t, key));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

static err keep(call *c, signer_algorithm algorithm, bytes certificate, bytes sealed)
{
    store_unit *unit = store_unit_begin(c->arena);
    const char *name = tsa_unit_algorithm_name(algorithm);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO tsa_authority (algorithm, certificate, sealed_key, created_at) VALUES ($1, $2, $3, $4)",
                   (store_value[]){store_text(name), store_blob(certificate.p, certificate.n),
                                   store_blob(sealed.p, sealed.n), store_int(c->now_ms)},
                   4);
    audit_record record = {.time_ms = c->now_ms,
                           .event = "tsa.authority_create",
                           .outcome = "ok",
                           .actor = "server",
                           .subject = arena_printf(c->arena, "tsa_authority:%s", name)};
    TRY(audit_add(c->service->options.audit, c->arena, unit, &record));
    return store_commit(c->service->options.store, unit);
}

static err make(call *c, signer_algorithm algorithm)
{
    err e = ERR_OK;
    uint8_t pkcs8[OPENSSL_KEY_MAX];
    size_t n = 0;
    signer *key = NULL;
    bytes certificate, context = key_context(c->arena, algorithm);
    uint8_t *sealed = arena_alloc(c->arena, sizeof pkcs8 + KEYSTORE_OVERHEAD);
    if (!context.p || !sealed)
        return ERR_MEMORY;
    TRY_OUT(openssl_key_generate(algorithm, pkcs8, &n));
    TRY_OUT(openssl_key_signer(&key, bytes_of(pkcs8, n)));
    TRY_OUT(issue_root(c, algorithm, key, &certificate));
    TRY_OUT(keystore_seal(c->service->options.keystore, context, bytes_of(pkcs8, n), sealed, &c->service->options.rng));
    TRY_OUT(keep(c, algorithm, certificate, bytes_of(sealed, n + KEYSTORE_OVERHEAD)));
out:
    wipe(pkcs8, sizeof pkcs8);
    signer_destroy(key);
    return e;
}

err tsa_authority_open(call *c, signer_algorithm algorithm, tsa_authority *out)
{
    err e = load(c, algorithm, out);
    if (e != ERR_NOT_FOUND)
        return e;
    e = make(c, algorithm);
    if (e != ERR_OK && e != ERR_EXISTS) /* made by another server meanwhile */
        return e;
    return load(c, algorithm, out);
}
