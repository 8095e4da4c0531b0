#include <stdio.h>
#include <string.h>

#include "asn1/name.h"
#include "base/ct.h"
#include "base/text.h"
#include "os/log.h"
#include "service/column.h"
#include "service/internal.h"

/* The built-in certification authority: a root and one issuing CA below it, kept in the table `ca`. */

enum {
    AUTHORITY_ARENA = 1 << 20,
    ROOT_DAYS = 7305,   /* 20 years */
    ISSUING_DAYS = 3652 /* 10 years */
};
static const int64_t day_ms = INT64_C(86400000);

/* A CA being made: what goes into its row. */
typedef struct authority_draft {
    const char *name;
    uint8_t public_key[POINT_SIZE];
    signer *signer;
    bytes subject, certificate;
    uint8_t sealed[32 + KEYSTORE_OVERHEAD];
} authority_draft;

static bytes key_context(arena *a, const char *name)
{
    const char *context = arena_printf(a, "ca.key%s", name);
    return context ? bytes_of_text(context) : bytes_of(NULL, 0);
}

static const char internal_unit[] = "内部演示", sandbox_unit[] = "沙箱 SANDBOX";

/* The organisation's name before the suffix, cut where both together are longer than a common name may be. */
static char *common_name(arena *a, const char *organisation, const char *suffix)
{
    size_t room = AUTHORITY_ORGANISATION_MAX - utf8_length(suffix, strlen(suffix));
    return arena_printf(a, "%.*s%s", (int)utf8_prefix(organisation, room), organisation, suffix);
}

/* Named for what it is: nobody shall take this CA for one that the state licensed (《电子签名法》16). */
err authority_subject(const service *s, arena *a, const char *suffix, bytes *out)
{
    const char *cn = common_name(a, s->options.organisation, suffix);
    buffer b = buffer_over(arena_alloc(a, NAME_DER_MAX), NAME_DER_MAX);
    if (!cn || !b.p)
        return ERR_MEMORY;
    name_field fields[] = {{OID_COUNTRY, "CN"},
                           {OID_ORGANIZATION, s->options.organisation},
                           {OID_ORGANIZATIONAL_UNIT, s->options.sandbox ? sandbox_unit : internal_unit},
                           {OID_COMMON_NAME, cn}};
    TRY(name_build(&b, fields, sizeof fields / sizeof *fields));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

static err key_draw(const service *s, arena *a, authority_draft *draft)
{
    err e = ERR_OK;
    sm2_private key;
    uint8_t d[32];
    bytes context = key_context(a, draft->name);
    TRY_OUT(sm2_private_generate(&key, &s->options.rng));
    memcpy(draft->public_key, key.public_key, sizeof draft->public_key);
    scalar_to_bytes(d, &key.d);
    TRY_OUT(keystore_seal(s->options.keystore, context, bytes_of(d, sizeof d), draft->sealed, &s->options.rng));
    draft->signer = signer_in_memory(&key, &s->options.rng);
    e = draft->signer ? ERR_OK : ERR_MEMORY;
out:
    wipe(d, sizeof d);
    sm2_private_wipe(&key);
    return e;
}

static err certificate_make(const service *s, arena *a, cert_template *t, authority_draft *subject,
                            const authority_draft *issuer)
{
    uint8_t serial[CERT_SERIAL_SIZE];
    TRY(cert_serial_generate(serial, &s->options.rng));
    memcpy(t->serial, serial, sizeof serial);
    t->serial_n = sizeof serial;
    t->issuer = issuer->subject;
    t->subject = subject->subject;
    t->public_key = subject->public_key;
    size_t cap = cert_size_max(t);
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(cert_issue(&b, t, issuer->signer));
    subject->certificate = bytes_of(b.p, b.n);
    return ERR_OK;
}

static err certificates_make(const service *s, arena *a, int64_t now_ms, authority_draft *root,
                             authority_draft *issuing)
{
    cert_template t = {.profile = CERT_ROOT, .not_before_ms = now_ms, .not_after_ms = now_ms + ROOT_DAYS * day_ms};
    TRY(certificate_make(s, a, &t, root, root));
    t = (cert_template){.profile = CERT_ISSUING,
                        .not_before_ms = now_ms,
                        .not_after_ms = now_ms + ISSUING_DAYS * day_ms,
                        .crl_url = arena_printf(a, "%s/pki/root.crl", s->options.public_url),
                        .ca_issuers_url = arena_printf(a, "%s/pki/root.cer", s->options.public_url)};
    if (!t.crl_url || !t.ca_issuers_url)
        return ERR_MEMORY;
    return certificate_make(s, a, &t, issuing, root);
}

static err authority_store(const service *s, arena *a, int64_t now_ms, const authority_draft *drafts, size_t n)
{
    store_unit *unit = store_unit_begin(a);
    if (!unit)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const authority_draft *d = &drafts[i];
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "INSERT INTO ca (name, certificate, sealed_key, created_at) VALUES ($1, $2, $3, $4)",
                       (store_value[]){store_text(d->name), store_blob(d->certificate.p, d->certificate.n),
                                       store_blob(d->sealed, sizeof d->sealed), store_int(now_ms)},
                       4);
    }
    audit_record record = {
        .time_ms = now_ms, .event = "ca.create", .outcome = "ok", .actor = "server", .subject = "ca:root,issuing"};
    TRY(audit_add(s->options.audit, a, unit, &record));
    return store_commit(s->options.store, unit);
}

static err authority_create(const service *s, arena *a, int64_t now_ms)
{
    err e = ERR_OK;
    authority_draft drafts[] = {{.name = "root"}, {.name = "issuing"}};
    bool sandbox = s->options.sandbox;
    TRY_OUT(authority_subject(s, a,
                              sandbox ? " 沙箱根 CA (yiqian sandbox root)" : " 内部根 CA (yiqian demonstration root)",
                              &drafts[0].subject));
    TRY_OUT(authority_subject(s, a, sandbox ? " 沙箱签发 CA (yiqian sandbox)" : " 内部签发 CA (yiqian demonstration)",
                              &drafts[1].subject));
    TRY_OUT(key_draw(s, a, &drafts[0]));
    TRY_OUT(key_draw(s, a, &drafts[1]));
    TRY_OUT(certificates_make(s, a, now_ms, &drafts[0], &drafts[1]));
    TRY_OUT(authority_store(s, a, now_ms, drafts, 2));
    log_write(LOG_INFO, "service", "made an internal %s CA", sandbox ? "sandbox" : "demonstration");
out:
    signer_destroy(drafts[0].signer);
    signer_destroy(drafts[1].signer);
    return e;
}

static err authority_load_one(service *s, arena *a, const char *name, certificate_authority *out)
{
    const store_value *row;
    bytes context = key_context(a, name);
    TRY(store_query_one(s->options.store, a, &row, ERR_NOT_FOUND,
                        "SELECT certificate, sealed_key FROM ca WHERE name = $1", (store_value[]){store_text(name)},
                        1));
    bytes der = column_bytes(&row[0]);
    void *copy = arena_copy(s->arena, der.p, der.n);
    if (!copy || !context.p)
        return ERR_MEMORY;
    out->der = bytes_of(copy, der.n);
    if (cert_parse(&out->cert, out->der) != ERR_OK || !out->cert.is_sm2)
        return ERR_CORRUPT;
    TRY(keystore_signer(s->options.keystore, context, column_bytes(&row[1]), &out->signer, &s->options.rng));
    return memcmp(out->signer->public_key, out->cert.public_key, POINT_SIZE) == 0 ? ERR_OK : ERR_CORRUPT;
}

/* ERR_NOT_FOUND where there is no CA yet. */
static err authority_load(service *s, arena *a)
{
    TRY(authority_load_one(s, a, "root", &s->root));
    err e = authority_load_one(s, a, "issuing", &s->issuing);
    if (e == ERR_NOT_FOUND)
        return ERR_CORRUPT;
    TRY(e);
    return cert_verify_signature(&s->issuing.cert, s->root.cert.public_key) == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

/* Once a sandbox, always one: what it is stands in its CA's name, and no setting changes that. */
static err check_sandbox(const service *s)
{
    uint8_t text[NAME_DER_MAX];
    buffer value = buffer_over(text, sizeof text);
    err e = name_value(&value, s->root.cert.subject, OID_ORGANIZATIONAL_UNIT);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    bool is = e == ERR_OK && value.n == sizeof sandbox_unit - 1 && memcmp(text, sandbox_unit, value.n) == 0;
    return is == s->options.sandbox ? ERR_OK : ERR_CONFIG;
}

/* What a CA's certificate carries stays; a setting that was changed afterwards does not reach it. */
static void warn_of_other_url(const service *s)
{
    bytes url = s->issuing.cert.crl_url;
    size_t n = strlen(s->options.public_url);
    if (url.n > 0 && (url.n < n || memcmp(url.p, s->options.public_url, n) != 0))
        log_write(LOG_WARN, "service",
                  "the issuing CA's certificate carries %.*s, not public_url %s: set it before the first start",
                  (int)url.n, (const char *)url.p, s->options.public_url);
}

err authority_open(service *s, int64_t now_ms)
{
    arena *a = arena_create(AUTHORITY_ARENA);
    if (!a)
        return ERR_MEMORY;
    err e = authority_load(s, a);
    if (e == ERR_NOT_FOUND && s->selftest_failed)
        e = ERR_SELF_TEST;
    if (e == ERR_NOT_FOUND) {
        /* Of several servers that start on one empty database, one makes the CA: the others find it there. */
        e = authority_create(s, a, now_ms);
        if (e == ERR_OK || e == ERR_EXISTS)
            e = authority_load(s, a);
    }
    if (e == ERR_OK)
        e = check_sandbox(s);
    if (e == ERR_OK)
        warn_of_other_url(s);
    arena_destroy(a);
    return e;
}

void authority_close(service *s)
{
    signer_destroy(s->root.signer);
    signer_destroy(s->issuing.signer);
    s->root.signer = s->issuing.signer = NULL;
}
