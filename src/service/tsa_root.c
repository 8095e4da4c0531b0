#include "service/tsa_root.h"

#include <string.h>

#include "asn1/name.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "pki/crl.h"
#include "pki/pem.h"
#include "service/column.h"
#include "service/crl.h"
#include "service/internal.h"
#include "service/tsa_root_list.h"
#include "tsa/token_chain.h"

enum { OWN_UNITS = 32 /* whose certificates are at hand */ };

/* ---- reading ---- */

#define COLUMNS                                                                                                        \
    "r.id, r.name, r.certificate, r.created_at, r.for_timestamps, r.for_signatures, "                                  \
    "(SELECT COUNT(*) FROM tsa_root_crl c WHERE c.root_id = r.id), "                                                   \
    "(SELECT MAX(c.updated_at) FROM tsa_root_crl c WHERE c.root_id = r.id)"

static err describe(arena *a, const cert *c, tsa_root *out)
{
    size_t cap = 4 * c->subject.n + 64;
    buffer b = buffer_over(arena_alloc(a, cap), cap - 1);
    if (!b.p)
        return ERR_MEMORY;
    TRY(name_text(&b, c->subject));
    out->subject = (const char *)b.p;
    out->not_before_ms = c->not_before_ms;
    out->not_after_ms = c->not_after_ms;
    return ERR_OK;
}

static err read_root(arena *a, const store_value *v, tsa_root *out)
{
    cert c;
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    out->name = column_text(&v[1]);
    out->certificate = column_bytes(&v[2]);
    out->created_ms = column_int(&v[3]);
    out->purposes = (v[4].i ? TSA_ROOT_TIMESTAMPS : 0U) | (v[5].i ? TSA_ROOT_SIGNATURES : 0U);
    out->lists_n = (size_t)column_int(&v[6]);
    out->lists_updated_ms = column_int(&v[7]);
    if (!out->name || cert_parse(&c, out->certificate) != ERR_OK)
        return ERR_CORRUPT;
    return describe(a, &c, out);
}

err tsa_root_get(call *c, const uint8_t id[16], tsa_root *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT " COLUMNS " FROM tsa_root r WHERE r.id = $1", (store_value[]){store_id(id)}, 1));
    return read_root(c->arena, row, out);
}

static err list_roots(call *c, const char *sql, const tsa_root **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows, sql, NULL, 0));
    tsa_root *roots = arena_alloc(c->arena, rows.rows * sizeof *roots);
    if (!roots)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_root(c->arena, rows.values + i * rows.columns, &roots[i]));
    *out = roots;
    *n = rows.rows;
    return ERR_OK;
}

err tsa_root_list(call *c, const tsa_root **out, size_t *n)
{
    return list_roots(c, "SELECT " COLUMNS " FROM tsa_root r ORDER BY r.id", out, n);
}

err tsa_root_signers(call *c, const tsa_root **out, size_t *n)
{
    return list_roots(c, "SELECT " COLUMNS " FROM tsa_root r WHERE r.for_signatures ORDER BY r.id", out, n);
}

/* ---- changing ---- */

/* DER, or the first block of a PEM text. */
static err der_of(call *c, const char *label, bytes given, const char *field, bytes *out)
{
    *out = given;
    if (given.n > 0 && given.p[0] == DER_SEQUENCE)
        return ERR_OK;
    err e = pem_decode(c->arena, label, given, out, NULL);
    return e == ERR_OK || e == ERR_MEMORY ? e : fault_field(&c->fault, ERR_ENCODING, "%s", field);
}

static err check_certificate(call *c, const cert *x, unsigned purposes)
{
    if (purposes == 0 || purposes & ~(unsigned)(TSA_ROOT_TIMESTAMPS | TSA_ROOT_SIGNATURES))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "purposes");
    if (purposes & TSA_ROOT_SIGNATURES && !x->is_sm2) /* by pki/path */
        return fault_field(&c->fault, fault_set(&c->fault, ERR_FIELD_VALUE, "signatures are verified with SM2 alone"),
                           "certificate");
    bool own = bytes_equal(x->der, c->service->root.der) || bytes_equal(x->der, c->service->issuing.der);
    if (x->ca && !own)
        return ERR_OK;
    return fault_field(&c->fault,
                       fault_set(&c->fault, ERR_FIELD_VALUE,
                                 own ? "the server's own CA is trusted by itself" : "this is no CA's certificate"),
                       "certificate");
}

static err check_room(call *c, bytes der)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT COUNT(*), COUNT(CASE WHEN certificate = $1 THEN 1 END) FROM tsa_root",
                    (store_value[]){store_blob(der.p, der.n)}, 1));
    if (column_int(&rows.values[1]) > 0)
        return fault_field(&c->fault, ERR_EXISTS, "certificate");
    if (column_int(&rows.values[0]) >= TSA_ROOTS_MAX)
        return fault_set(&c->fault, ERR_LIMIT, "%d roots at the most", TSA_ROOTS_MAX);
    return ERR_OK;
}

static const char *purposes_text(unsigned purposes)
{
    return purposes == TSA_ROOT_TIMESTAMPS ? "timestamp" : purposes == TSA_ROOT_SIGNATURES ? "signature" : "timestamp,signature";
}

err tsa_root_add(call *c, const char *name, unsigned purposes, bytes certificate, tsa_root *out)
{
    bytes der;
    cert x;
    size_t characters = utf8_length(name, strlen(name));
    memset(out, 0, sizeof *out);
    if (characters < 1 || characters > TSA_ROOT_NAME_MAX)
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "name");
    TRY(der_of(c, PEM_CERTIFICATE, certificate, "certificate", &der));
    err e = cert_parse(&x, der);
    if (e != ERR_OK)
        return fault_field(&c->fault, e, "certificate");
    TRY(check_certificate(c, &x, purposes));
    TRY(check_room(c, der));
    TRY(uuid7_create(out->id));
    out->name = name;
    out->purposes = purposes;
    out->certificate = der;
    out->created_ms = c->now_ms;
    TRY(describe(c->arena, &x, out));
    c->subject = call_subject(c, "tsa_root", out->id);
    c->detail = arena_printf(c->arena, "name=%s for=%s subject=%s", name, purposes_text(purposes), out->subject);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !c->subject || !c->detail)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_EXISTS,
                   "INSERT INTO tsa_root (id, name, certificate, created_at, for_timestamps, for_signatures) VALUES "
                   "($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                   (store_value[]){store_id(out->id), store_text(name), store_blob(der.p, der.n), store_int(c->now_ms),
                                   store_bool(purposes & TSA_ROOT_TIMESTAMPS),
                                   store_bool(purposes & TSA_ROOT_SIGNATURES)},
                   6);
    return call_commit(c, unit);
}

err tsa_root_remove(call *c, const uint8_t id[16])
{
    tsa_root root;
    c->subject = call_subject(c, "tsa_root", id);
    TRY(tsa_root_get(c, id, &root));
    c->detail = arena_printf(c->arena, "name=%s for=%s subject=%s", root.name, purposes_text(root.purposes), root.subject);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !c->subject || !c->detail)
        return ERR_MEMORY;
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM tsa_root_crl WHERE root_id = $1",
                   (store_value[]){store_id(id)}, 1);
    store_unit_add(unit, 1, ERR_NOT_FOUND, "DELETE FROM tsa_root WHERE id = $1", (store_value[]){store_id(id)}, 1);
    return call_commit(c, unit);
}

/* The key of a list's row: the issuer's name, and behind it, where there is another CA of the name already, a digest of this one's key. A CA that goes over to a
 * new key has two lists: the old key's speaks of what was certified with that. */
static err make_key(call *c, const crl *list, const cert *issuer, bool named, bytes *out)
{
    size_t n = list->issuer.n;
    uint8_t *key = arena_alloc(c->arena, n + SM3_SIZE);
    if (!key)
        return ERR_MEMORY;
    memcpy(key, list->issuer.p, n);
    sm3(key + n, issuer->spki.p, issuer->spki.n);
    *out = bytes_of(key, named ? n + SM3_SIZE : n);
    return ERR_OK;
}

/* Nobody goes back behind a list that is known already: an old one does not say who was revoked since. *key: of the row that is written. */
static err check_newer(call *c, const uint8_t id[16], const crl *list, const cert *issuer, bytes *key)
{
    store_result rows;
    bool named = false;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT issuer, crl FROM tsa_root_crl WHERE root_id = $1", (store_value[]){store_id(id)}, 1));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        crl there;
        *key = column_bytes(&v[0]);
        if (key->n < list->issuer.n || memcmp(key->p, list->issuer.p, list->issuer.n) != 0)
            continue;
        if (crl_parse(&there, column_bytes(&v[1])) != ERR_OK)
            return ERR_CORRUPT;
        named = true;
        if (!tsa_chain_is_list_of(&there, issuer))
            continue;
        if (list->this_update_ms < there.this_update_ms)
            return fault_field(&c->fault, fault_set(&c->fault, ERR_CONFLICT, "there is a newer list of this issuer"),
                               "crl");
        return ERR_OK;
    }
    if (rows.rows >= TSA_ROOT_LISTS_MAX)
        return fault_set(&c->fault, ERR_LIMIT, "%d lists of a root at the most", TSA_ROOT_LISTS_MAX);
    return make_key(c, list, issuer, named, key);
}

err tsa_root_set_crl(call *c, const uint8_t id[16], bytes given, bytes issuers, tsa_root *out)
{
    bytes der, key;
    crl list;
    cert root;
    const cert *issuer;
    char at[CLOCK_TEXT];
    c->subject = call_subject(c, "tsa_root", id);
    TRY(tsa_root_get(c, id, out));
    TRY(der_of(c, PEM_CRL, given, "crl", &der));
    err e = crl_parse(&list, der);
    if (e != ERR_OK)
        return fault_field(&c->fault, e, "crl");
    TRY(cert_parse(&root, out->certificate));
    TRY(tsa_root_list_check(c, &root, &list, given, issuers, &issuer));
    TRY(check_newer(c, id, &list, issuer, &key));
    clock_text(at, list.this_update_ms);
    c->detail = arena_printf(c->arena, "name=%s this_update=%s revoked=%zu", out->name, at, list.entries_n);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !c->subject || !c->detail)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_NOT_FOUND,
                   "INSERT INTO tsa_root_crl (root_id, issuer, crl, updated_at) "
                   "SELECT id, $2, $3, $4 FROM tsa_root WHERE id = $1 "
                   "ON CONFLICT (root_id, issuer) DO UPDATE SET crl = excluded.crl, updated_at = excluded.updated_at",
                   (store_value[]){store_id(id), store_blob(key.p, key.n), store_blob(der.p, der.n),
                                   store_int(c->now_ms)},
                   4);
    TRY(call_commit(c, unit));
    return tsa_root_get(c, id, out);
}

/* ---- what is trusted ---- */

/* The first column of each row. */
static err add_rows(call *c, const char *sql, bytes *out, size_t *n, size_t most)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows, sql, (store_value[]){store_int((int64_t)most)}, 1));
    for (size_t i = 0; i < rows.rows && i < most; i++)
        out[(*n)++] = column_bytes(&rows.values[i * rows.columns]);
    return ERR_OK;
}

err tsa_root_trust(call *c, tsa_trust *out)
{
    enum { AUTHORITIES = 2 };
    memset(out, 0, sizeof *out);
    out->roots = arena_alloc(c->arena, (1 + AUTHORITIES + TSA_ROOTS_MAX) * sizeof(bytes));
    out->certificates = arena_alloc(c->arena, (1 + OWN_UNITS) * sizeof(bytes));
    if (!out->roots || !out->certificates)
        return ERR_MEMORY;
    out->roots[out->roots_n++] = c->service->root.der;
    TRY(add_rows(c, "SELECT certificate FROM tsa_authority ORDER BY algorithm LIMIT $1", out->roots, &out->roots_n,
                 AUTHORITIES));
    TRY(add_rows(c, "SELECT certificate FROM tsa_root WHERE for_timestamps ORDER BY id LIMIT $1", out->roots, &out->roots_n, TSA_ROOTS_MAX));
    out->certificates[out->certificates_n++] = c->service->issuing.der;
    return add_rows(c, "SELECT certificate FROM tsa_unit ORDER BY id DESC LIMIT $1", out->certificates,
                    &out->certificates_n, OWN_UNITS);
}

err tsa_root_own(call *c, bytes certificate, bool *knows, crl_entry *entry)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT revoked_at, reason FROM tsa_unit WHERE certificate = $1 LIMIT 1",
                    (store_value[]){store_blob(certificate.p, certificate.n)}, 1));
    *knows = rows.rows > 0;
    if (*knows)
        *entry = (crl_entry){.revoked_at_ms = column_int(&rows.values[0]),
                             .reason = (crl_reason)column_int(&rows.values[1])};
    return ERR_OK;
}

static err own_lists(call *c, bytes *lists, size_t *n)
{
    static const char *const issuers[] = {"issuing", "root"};
    for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++) {
        err e = crl_current(c, issuers[i], &lists[*n]);
        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
        *n += e == ERR_OK;
    }
    return ERR_OK;
}

err tsa_root_crls(call *c, bytes root, const bytes **out, size_t *n)
{
    store_result rows;
    bytes *lists = arena_alloc(c->arena, TSA_ROOT_LISTS_MAX * sizeof *lists);
    *out = lists;
    *n = 0;
    if (!lists)
        return ERR_MEMORY;
    if (bytes_equal(root, c->service->root.der))
        return own_lists(c, lists, n);
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT l.crl FROM tsa_root_crl l JOIN tsa_root r ON r.id = l.root_id WHERE r.certificate = $1 "
                    "ORDER BY l.issuer LIMIT $2",
                    (store_value[]){store_blob(root.p, root.n), store_int(TSA_ROOT_LISTS_MAX)}, 2));
    for (size_t i = 0; i < rows.rows; i++)
        lists[(*n)++] = column_bytes(&rows.values[i * rows.columns]);
    return ERR_OK;
}
