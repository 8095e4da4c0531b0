#include "pki/crl.h"

#include <string.h>

#include "pki/signed.h"

enum { VERSION_2 = 1 };

size_t crl_size_max(const crl_template *t)
{
    /* An entry: SEQUENCE (2) { INTEGER (2 + 21), time (2 + 15), SEQUENCE (2) { reasonCode (12) } }. */
    enum { FIXED = 320, ENTRY = 56 };
    return FIXED + t->issuer.n + t->authority_key_id.n + ENTRY * t->entries_n;
}

static bytes without_leading_zeros(bytes magnitude)
{
    while (magnitude.n > 1 && magnitude.p[0] == 0)
        magnitude = bytes_of(magnitude.p + 1, magnitude.n - 1);
    return magnitude;
}

static bool reason_may_be_listed(crl_reason reason)
{
    return (unsigned)reason <= CRL_AA_COMPROMISE && reason != 7 && reason != CRL_REMOVE_FROM_CRL;
}

static void put_reason(buffer *b, crl_reason reason)
{
    size_t list = der_open(b, DER_SEQUENCE);
    extension_opened at = extension_open(b, oid_octets(OID_CRL_REASON), false);
    uint8_t code = (uint8_t)reason;
    der_put(b, DER_ENUMERATED, bytes_of(&code, 1));
    extension_close(b, at);
    der_close(b, list);
}

static err put_entry(buffer *b, const crl_entry *entry)
{
    bytes serial = without_leading_zeros(entry->serial);
    if (serial.n < 1 || serial.n > CERT_SERIAL_MAX || !reason_may_be_listed(entry->reason))
        return ERR_RANGE;
    size_t sequence = der_open(b, DER_SEQUENCE);
    der_put_unsigned(b, serial);
    TRY(der_put_time(b, entry->revoked_at_ms));
    if (entry->reason != CRL_UNSPECIFIED)
        put_reason(b, entry->reason);
    der_close(b, sequence);
    return ERR_OK;
}

/* RFC 5280 5.1.2.6: absent where there are none. */
static err put_entries(buffer *b, const crl_template *t)
{
    if (t->entries_n == 0)
        return ERR_OK;
    size_t list = der_open(b, DER_SEQUENCE);
    for (size_t i = 0; i < t->entries_n; i++)
        TRY(put_entry(b, &t->entries[i]));
    der_close(b, list);
    return ERR_OK;
}

static void put_extensions(buffer *b, const crl_template *t, const signer *ca)
{
    uint8_t id[CERT_KEY_ID_SIZE];
    bytes authority = t->authority_key_id;
    if (authority.n == 0) {
        cert_key_id(id, ca->public_key);
        authority = bytes_of(id, sizeof id);
    }
    size_t explicit_tag = der_open(b, DER_CONTEXT_CONSTRUCTED(0)), list = der_open(b, DER_SEQUENCE);
    extension_put_authority_key_id(b, authority);
    extension_opened at = extension_open(b, oid_octets(OID_CRL_NUMBER), false);
    der_put_uint64(b, t->number);
    extension_close(b, at);
    der_close(b, list);
    der_close(b, explicit_tag);
}

static err put_tbs(buffer *b, const crl_template *t, const signer *ca)
{
    size_t tbs = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, VERSION_2);
    signed_put_algorithm(b);
    buffer_put(b, t->issuer.p, t->issuer.n);
    TRY(der_put_time(b, t->this_update_ms));
    TRY(der_put_time(b, t->next_update_ms));
    TRY(put_entries(b, t));
    put_extensions(b, t, ca);
    der_close(b, tbs);
    return ERR_OK;
}

err crl_issue(buffer *out, const crl_template *t, signer *ca)
{
    TRY(name_check(t->issuer));
    if (t->next_update_ms <= t->this_update_ms)
        return ERR_RANGE;
    size_t whole = der_open(out, DER_SEQUENCE), tbs = out->n;
    TRY(put_tbs(out, t, ca));
    TRY(signed_finish(out, tbs, ca));
    der_close(out, whole);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

static err read_reason(bytes value, crl_reason *reason)
{
    der_reader r = der_reader_over(value);
    bytes code;
    TRY(der_value(&r, &code, DER_ENUMERATED));
    TRY(der_finish(&r));
    if (code.n != 1 || code.p[0] > CRL_AA_COMPROMISE)
        return ERR_DER;
    *reason = (crl_reason)code.p[0];
    return ERR_OK;
}

/* The first that is not understood is kept. */
static void keep_critical(bytes *critical, const extension *x)
{
    if (x->critical && critical->n == 0)
        *critical = x->type;
}

/* What stands inside a SEQUENCE OF Extension of an entry. */
static err read_entry_extensions(bytes content, crl_entry *entry, bool *said, bytes *critical)
{
    extension_list list;
    extension x;
    err e;
    extension_list_open(&list, content);
    while ((e = extension_next(&list, &x)) == ERR_OK) {
        oid type = oid_from_octets(x.type);
        if (type == OID_CRL_REASON) {
            TRY(read_reason(x.value, &entry->reason));
            *said = true;
        } else if (type != OID_INVALIDITY_DATE)
            keep_critical(critical, &x);
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* said: a reason is given, though it be unspecified. */
static err read_entry(der_reader *entries, crl_entry *entry, bool *said, bytes *critical)
{
    der_reader sequence;
    bytes extensions;
    TRY(der_enter(entries, &sequence, DER_SEQUENCE));
    TRY(der_unsigned(&sequence, &entry->serial));
    TRY(der_time(&sequence, &entry->revoked_at_ms));
    entry->reason = CRL_UNSPECIFIED;
    *said = false;
    if (!der_at_end(&sequence)) {
        TRY(der_value(&sequence, &extensions, DER_SEQUENCE));
        TRY(read_entry_extensions(extensions, entry, said, critical));
    }
    return der_finish(&sequence);
}

static err read_entries(der_reader *tbs, crl *out)
{
    TRY(der_value(tbs, &out->entries, DER_SEQUENCE));
    der_reader entries = der_reader_over(out->entries);
    for (; !der_at_end(&entries); out->entries_n++) {
        crl_entry entry;
        bool said;
        TRY(read_entry(&entries, &entry, &said, &out->critical));
    }
    return ERR_OK;
}

static err read_number(bytes value, bytes *number)
{
    der_reader r = der_reader_over(value);
    TRY(der_unsigned(&r, number));
    return der_finish(&r);
}

/* deltaCRLIndicator and issuingDistributionPoint are always critical (RFC 5280 5.2.4, 5.2.5), so they are caught here. */
static err read_extensions(der_reader *tbs, crl *out)
{
    der_reader explicit_tag;
    bytes content;
    extension_list list;
    extension x;
    err e;
    TRY(der_enter(tbs, &explicit_tag, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_value(&explicit_tag, &content, DER_SEQUENCE));
    TRY(der_finish(&explicit_tag));
    extension_list_open(&list, content);
    while ((e = extension_next(&list, &x)) == ERR_OK) {
        oid type = oid_from_octets(x.type);
        if (type == OID_AUTHORITY_KEY_ID)
            TRY(extension_authority_key_id(x.value, &out->aki));
        else if (type == OID_CRL_NUMBER)
            TRY(read_number(x.value, &out->number));
        else
            keep_critical(&out->critical, &x);
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* version INTEGER OPTIONAL: absent, or v2. */
static err read_version(der_reader *tbs, bool *version_2)
{
    uint64_t version;
    *version_2 = der_next_is(tbs, DER_INTEGER);
    if (!*version_2)
        return ERR_OK;
    TRY(der_uint64(tbs, &version));
    return version == VERSION_2 ? ERR_OK : ERR_DER;
}

static err read_tbs(const signed_value *whole, crl *out)
{
    der_reader outer = der_reader_over(whole->tbs), tbs;
    bool version_2;
    bytes algorithm;
    TRY(der_enter(&outer, &tbs, DER_SEQUENCE));
    TRY(read_version(&tbs, &version_2));
    TRY(der_any(&tbs, NULL, NULL, &algorithm));
    if (!bytes_equal(algorithm, whole->algorithm)) /* RFC 5280 5.1.1.2 */
        return ERR_DER;
    TRY(der_any(&tbs, NULL, NULL, &out->issuer));
    TRY(name_check(out->issuer));
    TRY(der_time(&tbs, &out->this_update_ms));
    if (der_next_is(&tbs, DER_UTC_TIME) || der_next_is(&tbs, DER_GENERALIZED_TIME))
        TRY(der_time(&tbs, &out->next_update_ms));
    if (der_next_is(&tbs, DER_SEQUENCE))
        TRY(read_entries(&tbs, out));
    if (version_2 && !der_at_end(&tbs))
        TRY(read_extensions(&tbs, out));
    out->unknown_critical = out->critical.n > 0;
    return der_finish(&tbs);
}

err crl_parse(crl *out, bytes der)
{
    signed_value whole;
    if (der.n > CRL_DER_MAX)
        return ERR_LENGTH;
    TRY(signed_read(&whole, der));
    crl list = {.der = der, .tbs = whole.tbs, .next_update_ms = INT64_MAX, .signed_by_sm2 = whole.sm2};
    if (whole.sm2)
        memcpy(list.signature, whole.signature, sizeof list.signature);
    TRY(read_tbs(&whole, &list));
    *out = list;
    return ERR_OK;
}

err crl_find(const crl *list, bytes serial, crl_entry *entry)
{
    bool said;
    return crl_find_said(list, serial, entry, &said);
}

err crl_find_said(const crl *list, bytes serial, crl_entry *entry, bool *said)
{
    der_reader entries = der_reader_over(list->entries);
    serial = without_leading_zeros(serial);
    while (!der_at_end(&entries)) {
        bytes critical = bytes_of(NULL, 0);
        crl_entry candidate;
        TRY(read_entry(&entries, &candidate, said, &critical));
        if (bytes_equal(candidate.serial, serial)) {
            *entry = candidate;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

err crl_verify(const crl *list, const cert *issuer)
{
    if (!bytes_equal(list->issuer, issuer->subject))
        return ERR_CHAIN;
    if (list->aki.n > 0 && issuer->ski.n > 0 && !bytes_equal(list->aki, issuer->ski))
        return ERR_CHAIN;
    if (issuer->has_key_usage && !(issuer->key_usage & CERT_CRL_SIGN))
        return ERR_CHAIN;
    if (list->unknown_critical || !list->signed_by_sm2 || !issuer->is_sm2)
        return ERR_UNSUPPORTED;
    return signed_verify(list->tbs, list->signature, issuer->public_key);
}
