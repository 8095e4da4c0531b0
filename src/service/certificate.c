#include "service/certificate.h"

#include <string.h>

#include "base/text.h"
#include "pki/cert.h"
#include "service/certificate_row.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/key_state.h"

static const struct {
    revocation_reason reason;
    const char *name;
} reasons[] = {{REASON_UNSPECIFIED, "unspecified"},
               {REASON_KEY_COMPROMISE, "keyCompromise"},
               {REASON_AFFILIATION_CHANGED, "affiliationChanged"},
               {REASON_SUPERSEDED, "superseded"},
               {REASON_CESSATION, "cessationOfOperation"},
               {REASON_HOLD, "certificateHold"}};

const char *certificate_reason_name(int64_t reason)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if ((int64_t)reasons[i].reason == reason)
            return reasons[i].name;
    return NULL;
}

err certificate_reason_from_name(const char *name, revocation_reason *out)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].reason != REASON_HOLD && strcmp(reasons[i].name, name) == 0) {
            *out = reasons[i].reason;
            return ERR_OK;
        }
    return ERR_FIELD_VALUE;
}

err certificate_read_row(const store_value *v, int64_t now_ms, certificate_view *out)
{
    memset(out, 0, sizeof *out);
    out->der = column_bytes(&v[0]);
    out->serial = column_bytes(&v[1]);
    TRY(store_column_id(out->key_id, &v[2]));
    TRY(store_column_id(out->user_id, &v[3]));
    out->staff_no = column_text(&v[4]);
    out->user_name = column_text(&v[5]);
    out->state = column_text(&v[6]);
    out->not_before_ms = column_int(&v[7]);
    out->not_after_ms = column_int(&v[8]);
    out->created_ms = column_int(&v[9]);
    out->revoked_ms = column_int(&v[10]);
    out->reason = (revocation_reason)column_int(&v[11]);
    out->profile = column_text(&v[12]);
    out->profile_version = column_int(&v[13]);
    out->key_state = column_text(&v[14]);
    if (!out->state || !out->profile || !out->key_state)
        return ERR_CORRUPT;
    /* The row is brought up to date by housekeeping; the answer is right before that. */
    if (strcmp(out->state, "active") == 0 && out->not_after_ms < now_ms)
        out->state = "expired";
    return ERR_OK;
}

static err template_fill(call *c, bytes subject_der, const uint8_t public_key[65], cert_template *t)
{
    const service *s = c->service;
    uint8_t serial[CERT_SERIAL_SIZE];
    TRY(cert_serial_generate(serial, &s->options.rng));
    *t = (cert_template){.serial_n = sizeof serial,
                         .issuer = s->issuing.cert.subject,
                         .subject = subject_der,
                         .public_key = public_key,
                         .not_before_ms = c->now_ms,
                         .authority_key_id = s->issuing.cert.ski,
                         .crl_url = arena_printf(c->arena, "%s/pki/issuing.crl", s->options.public_url),
                         .ca_issuers_url = arena_printf(c->arena, "%s/pki/issuing.cer", s->options.public_url)};
    memcpy(t->serial, serial, sizeof serial);
    return t->crl_url && t->ca_issuers_url ? ERR_OK : ERR_MEMORY;
}

/* No certificate outlives its issuer. */
static void template_end(const call *c, int64_t days, cert_template *t)
{
    t->not_after_ms = c->now_ms + days * INT64_C(86400000);
    if (t->not_after_ms > c->service->issuing.cert.not_after_ms)
        t->not_after_ms = c->service->issuing.cert.not_after_ms;
}

err certificate_template_fill(call *c, bytes subject_der, const uint8_t public_key[65],
                              const certificate_profile_made *made, cert_template *t)
{
    TRY(template_fill(c, subject_der, public_key, t));
    t->profile = CERT_PERSON;
    t->usage = &made->definition.usage;
    t->extensions = made->applied.extensions;
    t->extensions_n = made->applied.extensions_n;
    template_end(c, made->definition.days ? made->definition.days : c->service->options.certificate_days, t);
    return ERR_OK;
}

err certificate_issue_for_key(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t user_id[16],
                              bytes subject_der, const uint8_t public_key[65], bytes *certificate_der)
{
    cert_template t;
    cert issued;
    certificate_profile_made made;
    TRY(certificate_profile_make(c, user_id, &made));
    TRY(certificate_template_fill(c, subject_der, public_key, &made, &t));
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(cert_issue(&b, &t, c->service->issuing.signer));
    if (b.n > PROFILE_CERTIFICATE_MAX)
        return fault_set(&c->fault, ERR_PROFILE,
                         "证书超过设备可保存的大小 / the certificate is larger than devices take");
    *certificate_der = bytes_of(b.p, b.n);
    /* The row tells what the certificate says: its times have no fractions of a second. */
    TRY(cert_parse(&issued, *certificate_der));
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO certificate (serial, key_id, user_id, state, certificate, not_before, not_after, created_at, "
        "profile, profile_version) VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9)",
        (store_value[]){store_blob(issued.serial.p, issued.serial.n), store_id(key_id), store_id(user_id),
                        store_blob(b.p, b.n), store_int(issued.not_before_ms), store_int(issued.not_after_ms),
                        store_int(c->now_ms), store_text(made.id), store_int(made.version)},
        9);
    return ERR_OK;
}

err certificate_issue_for_workstation(call *c, bytes subject_der, const uint8_t public_key[65], bytes *certificate_der)
{
    cert_template t;
    TRY(template_fill(c, subject_der, public_key, &t));
    t.profile = CERT_WORKSTATION;
    template_end(c, CERTIFICATE_WORKSTATION_DAYS, &t);
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(cert_issue(&b, &t, c->service->issuing.signer));
    *certificate_der = bytes_of(b.p, b.n);
    return ERR_OK;
}

err certificate_show(call *c, bytes serial, certificate_view *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_CERTIFICATE_NOT_FOUND,
                        "SELECT c.certificate" CERTIFICATE_COLUMNS "WHERE c.serial = $1",
                        (store_value[]){store_blob(serial.p, serial.n)}, 1));
    return certificate_read_row(row, c->now_ms, out);
}

static err revocable(const certificate_view *found)
{
    if (strcmp(found->state, "revoked") == 0)
        return ERR_CERTIFICATE_REVOKED;
    if (strcmp(found->state, "expired") == 0)
        return ERR_CERTIFICATE_EXPIRED;
    return strcmp(found->state, "superseded") == 0 ? ERR_CONFLICT : ERR_OK;
}

/* Under the key's lock: not between the check of a sign request and its answer. After this none is computed any more. */
static err revoke_locked(call *c, const certificate_view *found, revocation_reason reason)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(
        unit, 1, ERR_CERTIFICATE_REVOKED,
        "UPDATE certificate SET state = 'revoked', revoked_at = $2, reason = $3 WHERE serial = $1 "
        "AND state IN ('active', 'frozen')",
        (store_value[]){store_blob(found->serial.p, found->serial.n), store_int(c->now_ms), store_int(reason)}, 3);
    /* The others of this key, which a renewal superseded, are no better. */
    certificate_revoke_in_unit(c, unit, found->key_id, reason);
    TRY(key_state_destroy_add(c, unit, found->key_id, found->user_id));
    return call_commit(c, unit);
}

static err revoke_commit(call *c, const certificate_view *found, revocation_reason reason)
{
    TRY(key_lock_take(c->service->locks, found->key_id));
    err e = revoke_locked(c, found, reason);
    key_lock_release(c->service->locks, found->key_id);
    return e;
}

err certificate_revoke(call *c, bytes serial, revocation_reason reason, certificate_view *out)
{
    certificate_view found;
    TRY(certificate_show(c, serial, &found));
    const char *hex = hex_text(c->arena, serial.p, serial.n);
    c->subject = hex ? arena_printf(c->arena, "certificate:%s", hex) : NULL;
    c->detail = arena_printf(c->arena, "reason=%s", certificate_reason_name(reason));
    TRY(revocable(&found));
    TRY(revoke_commit(c, &found, reason));
    crl_refresh_after(c);
    return certificate_show(c, serial, out);
}

void certificate_revoke_in_unit(call *c, store_unit *unit, const uint8_t key_id[16], revocation_reason reason)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE certificate SET state = 'revoked', revoked_at = $2, reason = $3 WHERE key_id = $1 "
                   "AND (state IN ('active', 'frozen') OR (state = 'superseded' AND revoked_at IS NULL))",
                   (store_value[]){store_id(key_id), store_int(c->now_ms), store_int(reason)}, 3);
}
