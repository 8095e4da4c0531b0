#include "service/time_signer.h"

#include <stdlib.h>
#include <string.h>

#include "asn1/name.h"
#include "base/ct.h"
#include "base/text.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/time_internal.h"

static const int64_t day_ms = INT64_C(86400000);
enum { LIFE_DAYS = 1825, RENEW_DAYS = 30 };

static bytes key_context(arena *a, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    const char *context = arena_printf(a, "time_signer.sealed_key%s", text);
    return context ? bytes_of_text(context) : bytes_of(NULL, 0);
}

/* Takes over the row's key, with memory of its own. */
static err adopt(service *s, arena *a, const uint8_t id[16], bytes der, bytes sealed)
{
    time_keeper *k = &s->time->keeper;
    bytes context = key_context(a, id);
    cert parsed;
    if (!context.p)
        return ERR_MEMORY;
    uint8_t *copy = malloc(der.n);
    if (!copy)
        return ERR_MEMORY;
    memcpy(copy, der.p, der.n);
    signer *key = NULL;
    err e = cert_parse(&parsed, bytes_of(copy, der.n)) == ERR_OK && parsed.is_sm2 ? ERR_OK : ERR_CORRUPT;
    if (e == ERR_OK)
        e = keystore_signer(s->options.keystore, context, sealed, &key, &s->options.rng);
    if (e == ERR_OK && memcmp(key->public_key, parsed.public_key, POINT_SIZE) != 0)
        e = ERR_CORRUPT;
    if (e != ERR_OK || k->n == TIME_KEYS_MAX) {
        signer_destroy(key);
        free(copy);
        return e != ERR_OK ? e : ERR_LIMIT;
    }
    k->keys[k->n] = (time_key){key, copy, der.n, parsed.not_after_ms};
    k->n++;
    return ERR_OK;
}

static err load(service *s, arena *a)
{
    const store_value *row;
    uint8_t id[16];
    TRY(store_query_one(s->options.store, a, &row, ERR_NOT_FOUND,
                        "SELECT id, certificate, sealed_key FROM time_signer ORDER BY created_at DESC, id DESC LIMIT 1",
                        NULL, 0));
    TRY(store_column_id(id, &row[0]));
    return adopt(s, a, id, column_bytes(&row[1]), column_bytes(&row[2]));
}

static err subject_build(const service *s, arena *a, bytes *out)
{
    buffer b = buffer_over(arena_alloc(a, NAME_DER_MAX), NAME_DER_MAX);
    name_field fields[] = {
        {OID_COUNTRY, "CN"}, {OID_ORGANIZATION, s->options.organisation}, {OID_COMMON_NAME, "时钟状态 (yiqian clock)"}};
    if (!b.p)
        return ERR_MEMORY;
    TRY(name_build(&b, fields, sizeof fields / sizeof *fields));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

static err certify(const service *s, arena *a, int64_t now_ms, const uint8_t *public_key, bytes *out)
{
    cert_template t = {.serial_n = CERT_SERIAL_SIZE,
                       .issuer = s->issuing.cert.subject,
                       .public_key = public_key,
                       .not_before_ms = now_ms,
                       .not_after_ms = now_ms + LIFE_DAYS * day_ms,
                       .profile = CERT_STATEMENT,
                       .authority_key_id = s->issuing.cert.ski,
                       .crl_url = arena_printf(a, "%s/pki/issuing.crl", s->options.public_url),
                       .ca_issuers_url = arena_printf(a, "%s/pki/issuing.cer", s->options.public_url)};
    if (!t.crl_url || !t.ca_issuers_url)
        return ERR_MEMORY;
    if (t.not_after_ms > s->issuing.cert.not_after_ms)
        t.not_after_ms = s->issuing.cert.not_after_ms;
    TRY(subject_build(s, a, &t.subject));
    TRY(cert_serial_generate(t.serial, &s->options.rng));
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(cert_issue(&b, &t, s->issuing.signer));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

static err make(service *s, arena *a, int64_t now_ms)
{
    err e = ERR_OK;
    sm2_private key;
    uint8_t d[32], id[16], sealed[32 + KEYSTORE_OVERHEAD];
    bytes certificate, context;
    TRY(uuid7_create(id));
    store_unit *unit = store_unit_begin(a);
    context = key_context(a, id);
    if (!unit || !context.p)
        return ERR_MEMORY;
    TRY_OUT(sm2_private_generate(&key, &s->options.rng));
    scalar_to_bytes(d, &key.d);
    TRY_OUT(keystore_seal(s->options.keystore, context, bytes_of(d, sizeof d), sealed, &s->options.rng));
    TRY_OUT(certify(s, a, now_ms, key.public_key, &certificate));
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO time_signer (id, certificate, sealed_key, created_at) VALUES ($1, $2, $3, $4)",
                   (store_value[]){store_id(id), store_blob(certificate.p, certificate.n),
                                   store_blob(sealed, sizeof sealed), store_int(now_ms)},
                   4);
    audit_record record = {.time_ms = now_ms, .event = "time.signer_create", .outcome = "ok", .actor = "server"};
    TRY_OUT(audit_add(s->options.audit, a, unit, &record));
    TRY_OUT(store_commit(s->options.store, unit));
    e = adopt(s, a, id, certificate, bytes_of(sealed, sizeof sealed));
out:
    wipe(d, sizeof d);
    sm2_private_wipe(&key);
    return e;
}

/* The newest, if it is good for a while still. Those before it are kept: somebody may be signing with one. */
static bool usable(const time_keeper *k, int64_t now_ms)
{
    return k->n > 0 && now_ms < k->keys[k->n - 1].not_after_ms - RENEW_DAYS * day_ms;
}

err time_signer_get(service *s, arena *a, int64_t now_ms, time_signer *out)
{
    time_keeper *k = &s->time->keeper;
    if (atomic_load(&s->selftest_failed))
        return ERR_SELF_TEST;
    pthread_mutex_lock(&k->lock);
    err e = ERR_OK;
    if (k->n == 0)
        e = load(s, a);
    /* A CA that is about to end itself certifies nothing that outlives it: then the last key serves to its end. */
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !usable(k, now_ms) &&
                               now_ms < s->issuing.cert.not_after_ms - RENEW_DAYS * day_ms && k->n < TIME_KEYS_MAX))
        e = make(s, a, now_ms);
    if (e == ERR_OK)
        *out = (time_signer){k->keys[k->n - 1].signer, bytes_of(k->keys[k->n - 1].certificate, k->keys[k->n - 1].n)};
    pthread_mutex_unlock(&k->lock);
    return e;
}

void time_signer_close(service *s)
{
    time_keeper *k = &s->time->keeper;
    for (size_t i = 0; i < k->n; i++) {
        signer_destroy(k->keys[i].signer);
        free(k->keys[i].certificate);
    }
    k->n = 0;
}
