#include "service/operator_certificate.h"

#include <string.h>

#include "asn1/name.h"
#include "base/text.h"
#include "os/entropy.h"
#include "pki/csr.h"
#include "service/column.h"
#include "service/console_session.h"
#include "service/crl.h"
#include "service/internal.h"

#define COLUMNS                                                                                                        \
    "SELECT k.id, k.operator_id, k.kind, k.state, k.serial, k.certificate, k.fingerprint, k.not_before, k.not_after, " \
    "k.revoked_at, k.reason, k.created_at FROM operator_certificate k WHERE "

enum { SUBJECT_TEXT = 1024, LISTED = 100, PAGE = 1000 };

static const int64_t day_ms = 86400000;

/* extKeyUsage (2.5.29.37): clientAuth (1.3.6.1.5.5.7.3.2) alone. It says for whoever reads it elsewhere that the key signs no documents. */
static const uint8_t usage_type[] = {0x55, 0x1d, 0x25};
static const uint8_t usage_value[] = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02};

static err subject_text(call *c, bytes der, const char **out)
{
    cert x;
    char *text = arena_alloc(c->arena, SUBJECT_TEXT);
    if (!text)
        return ERR_MEMORY;
    if (cert_parse(&x, der) != ERR_OK)
        return ERR_CORRUPT;
    buffer b = buffer_over(text, SUBJECT_TEXT - 1);
    if (name_text(&b, x.subject) != ERR_OK) /* longer than anybody reads */
        b.n = 0;
    text[b.n] = '\0';
    *out = text;
    return ERR_OK;
}

static err read_certificate(call *c, const store_value *v, operator_certificate *out)
{
    *out = (operator_certificate){.issued = strcmp(column_text(&v[2]), "issued") == 0,
                                  .state = column_text(&v[3]),
                                  .serial = column_bytes(&v[4]),
                                  .der = column_bytes(&v[5]),
                                  .not_before_ms = column_int(&v[7]),
                                  .not_after_ms = column_int(&v[8]),
                                  .revoked_ms = column_int(&v[9]),
                                  .reason = (revocation_reason)column_int(&v[10]),
                                  .created_ms = column_int(&v[11])};
    TRY(store_column_id(out->id, &v[0]));
    TRY(store_column_id(out->operator_id, &v[1]));
    TRY(store_column_blob(out->fingerprint, sizeof out->fingerprint, &v[6]));
    if (strcmp(out->state, "active") == 0 && out->not_after_ms < c->now_ms)
        out->state = "expired";
    return subject_text(c, out->der, &out->subject);
}

static err load(call *c, const uint8_t operator_id[16], const uint8_t id[16], operator_certificate *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        COLUMNS "k.id = $1 AND k.operator_id = $2",
                        (store_value[]){store_id(id), store_id(operator_id)}, 2));
    return read_certificate(c, row, out);
}

/* ---- issuing ---- */

static err subject_of(call *c, const char *staff_no, const char *name, bytes *out)
{
    const name_field fields[] = {{OID_COUNTRY, "CN"},
                                 {OID_ORGANIZATION, c->service->options.organisation},
                                 {OID_ORGANIZATIONAL_UNIT, "操作员 operators"},
                                 {OID_COMMON_NAME, name},
                                 {OID_SERIAL_NUMBER, staff_no}};
    buffer b = buffer_over(arena_alloc(c->arena, NAME_DER_MAX), NAME_DER_MAX);
    if (!b.p)
        return ERR_MEMORY;
    TRY(name_build(&b, fields, sizeof fields / sizeof *fields));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

static err make(call *c, bytes subject, const uint8_t public_key[POINT_SIZE], bytes *der)
{
    const service *s = c->service;
    const extension usage = {bytes_of(usage_type, sizeof usage_type), false, bytes_of(usage_value, sizeof usage_value)};
    cert_template t = {.serial_n = CERT_SERIAL_SIZE,
                       .issuer = s->issuing.cert.subject,
                       .subject = subject,
                       .public_key = public_key,
                       .not_before_ms = c->now_ms,
                       .not_after_ms = c->now_ms + s->options.certificate_days * day_ms,
                       .profile = CERT_WORKSTATION, /* digitalSignature alone */
                       .authority_key_id = s->issuing.cert.ski,
                       .crl_url = arena_printf(c->arena, "%s/pki/issuing.crl", s->options.public_url),
                       .ca_issuers_url = arena_printf(c->arena, "%s/pki/issuing.cer", s->options.public_url),
                       .extensions = &usage,
                       .extensions_n = 1};
    if (!t.crl_url || !t.ca_issuers_url)
        return ERR_MEMORY;
    TRY(cert_serial_generate(t.serial, &s->options.rng));
    if (t.not_after_ms > s->issuing.cert.not_after_ms)
        t.not_after_ms = s->issuing.cert.not_after_ms;
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(c->arena, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(cert_issue(&b, &t, s->issuing.signer));
    *der = bytes_of(b.p, b.n);
    return ERR_OK;
}

static err add_row(call *c, store_unit *unit, const uint8_t operator_id[16], const char *kind, const cert *x, bytes der)
{
    uint8_t *id = arena_alloc(c->arena, 16), *fingerprint = arena_alloc(c->arena, SM3_SIZE);
    uint8_t *owner = arena_copy(c->arena, operator_id, 16);
    if (!id || !fingerprint || !owner)
        return ERR_MEMORY;
    TRY(uuid7_create(id));
    sm3(fingerprint, der.p, der.n);
    c->detail = arena_printf(c->arena, "certificate=%s kind=%s", hex_text(c->arena, x->serial.p, x->serial.n), kind);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO operator_certificate (id, operator_id, kind, serial, fingerprint, certificate, "
                   "not_before, not_after, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9)",
                   (store_value[]){store_id(id), store_id(owner), store_text(kind),
                                   store_blob(x->serial.p, x->serial.n), store_blob(fingerprint, SM3_SIZE),
                                   store_blob(der.p, der.n), store_int(x->not_before_ms), store_int(x->not_after_ms),
                                   store_int(c->now_ms)},
                   9);
    return c->detail ? ERR_OK : ERR_MEMORY;
}

/* One key, one job: a person's signing key, half of which is the server's, opens no console, nor does another operator's. */
static err check_key(call *c, const uint8_t operator_id[16], const uint8_t public_key[POINT_SIZE])
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id FROM device_key WHERE public_key = $1 LIMIT 1",
                    (store_value[]){store_blob(public_key, POINT_SIZE)}, 1));
    if (rows.rows > 0)
        return ERR_EXISTS;
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT certificate FROM operator_certificate WHERE operator_id <> $1 AND state = 'active' LIMIT 10000",
        (store_value[]){store_id(operator_id)}, 1));
    for (size_t i = 0; i < rows.rows; i++) {
        cert x;
        if (cert_parse(&x, column_bytes(&rows.values[i])) == ERR_OK && x.is_sm2 &&
            memcmp(x.public_key, public_key, POINT_SIZE) == 0)
            return ERR_EXISTS;
    }
    return ERR_OK;
}

err operator_certificate_add(call *c, store_unit *unit, const uint8_t operator_id[16], const char *staff_no,
                             const char *name, bytes csr, bytes *der)
{
    bytes asked, subject;
    uint8_t public_key[POINT_SIZE];
    cert x;
    TRY(selftest_require(c));
    err e = csr_verify(csr, &asked, public_key);
    if (e != ERR_OK)
        return fault_field(&c->fault, e, "csr");
    TRY(check_key(c, operator_id, public_key));
    TRY(subject_of(c, staff_no, name, &subject));
    TRY(make(c, subject, public_key, der));
    TRY(cert_parse(&x, *der));
    return add_row(c, unit, operator_id, "issued", &x, *der);
}

static err open_operator(call *c, const uint8_t operator_id[16], console_operator *o)
{
    const store_value *row;
    c->subject = call_subject(c, "operator", operator_id);
    TRY(operator_get(c, operator_id, o));
    if (strcmp(o->state, "active") != 0 || strcmp(o->user_state, "active") != 0)
        return fault_set(&c->fault, ERR_CONFLICT, "the operator is suspended");
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL,
                        "SELECT count(*) FROM operator_certificate WHERE operator_id = $1 AND state = 'active' AND "
                        "not_after > $2",
                        (store_value[]){store_id(operator_id), store_int(c->now_ms)}, 2));
    return column_int(&row[0]) < OPERATOR_CERTIFICATES ? ERR_OK : ERR_LIMIT;
}

static err commit_and_find(call *c, store_unit *unit, const uint8_t operator_id[16], bytes der,
                           operator_certificate *out)
{
    const store_value *row;
    uint8_t fingerprint[SM3_SIZE];
    sm3(fingerprint, der.p, der.n);
    TRY(call_commit(c, unit));
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL,
                        COLUMNS "k.operator_id = $1 AND k.fingerprint = $2 AND k.state = 'active'",
                        (store_value[]){store_id(operator_id), store_blob(fingerprint, SM3_SIZE)}, 2));
    return read_certificate(c, row, out);
}

err operator_certificate_issue(call *c, const uint8_t operator_id[16], bytes csr, operator_certificate *out)
{
    console_operator o;
    bytes der;
    TRY(open_operator(c, operator_id, &o));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(operator_certificate_add(c, unit, operator_id, o.staff_no, o.name, csr, &der));
    return commit_and_find(c, unit, operator_id, der, out);
}

err operator_certificate_bind(call *c, const uint8_t operator_id[16], bytes der, operator_certificate *out)
{
    console_operator o;
    cert x;
    TRY(open_operator(c, operator_id, &o));
    err e = cert_parse(&x, der);
    if (e != ERR_OK)
        return fault_field(&c->fault, e, "certificate");
    if (!x.is_sm2)
        return fault_field(&c->fault, ERR_UNSUPPORTED, "certificate");
    if (x.ca || bytes_equal(x.issuer, c->service->issuing.cert.subject) ||
        bytes_equal(x.issuer, c->service->root.cert.subject))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "certificate");
    if (x.not_after_ms <= c->now_ms)
        return ERR_CERTIFICATE_EXPIRED;
    TRY(check_key(c, operator_id, x.public_key));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(add_row(c, unit, operator_id, "bound", &x, der));
    return commit_and_find(c, unit, operator_id, der, out);
}

err operator_certificate_list(call *c, const uint8_t operator_id[16], const operator_certificate **out, size_t *n)
{
    console_operator o;
    store_result rows;
    TRY(operator_get(c, operator_id, &o));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    COLUMNS "k.operator_id = $1 ORDER BY k.id DESC LIMIT $2",
                    (store_value[]){store_id(operator_id), store_int(LISTED)}, 2));
    operator_certificate *list = arena_alloc(c->arena, rows.rows * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_certificate(c, rows.values + i * rows.columns, &list[i]));
    *out = list;
    *n = rows.rows;
    return ERR_OK;
}

/* ---- revoking ---- */

err operator_certificate_revoke(call *c, const uint8_t operator_id[16], const uint8_t id[16], revocation_reason reason)
{
    operator_certificate x;
    c->subject = call_subject(c, "operator", operator_id);
    if (reason == REASON_HOLD)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "reason");
    TRY(load(c, operator_id, id, &x));
    c->detail = arena_printf(c->arena, "certificate=%s reason=%s", hex_text(c->arena, x.serial.p, x.serial.n),
                             certificate_reason_name(reason));
    if (strcmp(x.state, "revoked") == 0)
        return ERR_CERTIFICATE_REVOKED;
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->detail || !unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_CERTIFICATE_REVOKED,
                   "UPDATE operator_certificate SET state = 'revoked', revoked_at = $2, reason = $3 WHERE id = $1 AND "
                   "state = 'active'",
                   (store_value[]){store_id(id), store_int(c->now_ms), store_int(reason)}, 3);
    /* Whoever has the key may sit in any of his sessions. */
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_session SET ended_at = $2 WHERE operator_id = $1 AND method = 'certificate' AND "
                   "ended_at IS NULL",
                   (store_value[]){store_id(operator_id), store_int(c->now_ms)}, 2);
    TRY(call_commit(c, unit));
    if (x.issued)
        crl_refresh_after(c);
    return ERR_OK;
}

void operator_certificate_revoke_all(store_unit *unit, const uint8_t operator_id[16], int64_t now_ms)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE operator_certificate SET state = 'revoked', revoked_at = $2, reason = $3 WHERE "
                   "operator_id = $1 AND state = 'active'",
                   (store_value[]){store_id(operator_id), store_int(now_ms), store_int(REASON_CESSATION)}, 3);
}

/* ---- the list of the issuing CA ---- */

err operator_certificate_listed(const service *s, arena *a, int64_t *n)
{
    const store_value *row;
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL,
                        "SELECT count(*) FROM operator_certificate WHERE kind = 'issued' AND revoked_at IS NOT NULL",
                        NULL, 0));
    *n = column_int(&row[0]);
    return ERR_OK;
}

err operator_certificate_entries(const service *s, arena *a, int64_t not_after_ms, size_t most, crl_entry *entries,
                                 size_t *n)
{
    bytes after = bytes_of("", 0);
    store_result rows;
    do {
        TRY(store_query(s->options.store, a, &rows,
                        "SELECT serial, revoked_at, reason FROM operator_certificate WHERE kind = 'issued' AND "
                        "revoked_at IS NOT NULL AND not_after > $1 AND serial > $2 ORDER BY serial LIMIT $3",
                        (store_value[]){store_int(not_after_ms), store_blob(after.p, after.n), store_int(PAGE)}, 3));
        for (size_t i = 0; i < rows.rows && *n < most; i++) {
            const store_value *v = rows.values + i * rows.columns;
            entries[(*n)++] = (crl_entry){column_bytes(&v[0]), column_int(&v[1]), (crl_reason)column_int(&v[2])};
        }
        if (rows.rows > 0)
            after = column_bytes(&rows.values[(rows.rows - 1) * rows.columns]);
    } while (rows.rows == PAGE && *n < most);
    return ERR_OK;
}

/* ---- at a login ---- */

err operator_certificate_check(call *c, bytes der, cert *parsed, uint8_t operator_id[16])
{
    const store_value *row;
    uint8_t fingerprint[SM3_SIZE];
    const certificate_authority *issuing = &c->service->issuing;
    sm3(fingerprint, der.p, der.n);
    TRY(store_query_one(
        c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
        "SELECT operator_id, kind FROM operator_certificate WHERE fingerprint = $1 AND state = 'active'",
        (store_value[]){store_blob(fingerprint, SM3_SIZE)}, 1));
    TRY(store_column_id(operator_id, &row[0]));
    if (cert_parse(parsed, der) != ERR_OK || !parsed->is_sm2 || c->now_ms < parsed->not_before_ms ||
        c->now_ms > parsed->not_after_ms)
        return ERR_UNAUTHENTICATED;
    if (strcmp(column_text(&row[1]), "bound") == 0)
        return ERR_OK;
    return bytes_equal(parsed->issuer, issuing->cert.subject) &&
                   cert_verify_signature(parsed, issuing->cert.public_key) == ERR_OK
               ? ERR_OK
               : ERR_UNAUTHENTICATED;
}
