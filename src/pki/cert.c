#include "pki/cert.h"

#include <limits.h>
#include <string.h>

#include "asn1/spki.h"
#include "pki/signed.h"

enum { VERSION_1 = 0, VERSION_2 = 1, VERSION_3 = 2 };

/* [0] EXPLICIT INTEGER DEFAULT v1 */
static err read_version(der_reader *tbs, uint64_t *version)
{
    der_reader inner;
    *version = VERSION_1;
    if (!der_next_is(tbs, DER_CONTEXT_CONSTRUCTED(0)))
        return ERR_OK;
    TRY(der_enter(tbs, &inner, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_uint64(&inner, version));
    TRY(der_finish(&inner));
    return *version == VERSION_2 || *version == VERSION_3 ? ERR_OK : ERR_DER;
}

/* RFC 5280 4.1.2.2: positive, at most 20 octets as an INTEGER. */
static err read_serial(der_reader *tbs, bytes *serial)
{
    TRY(der_unsigned(tbs, serial));
    bool zero = serial->n == 1 && serial->p[0] == 0;
    bool padded = serial->p[0] & 0x80;
    return zero || serial->n + padded > CERT_SERIAL_MAX ? ERR_DER : ERR_OK;
}

static err read_name(der_reader *tbs, bytes *name)
{
    TRY(der_any(tbs, NULL, NULL, name));
    return name_check(*name);
}

static err read_validity(der_reader *tbs, cert *out)
{
    der_reader validity;
    TRY(der_enter(tbs, &validity, DER_SEQUENCE));
    TRY(der_time(&validity, &out->not_before_ms));
    TRY(der_time(&validity, &out->not_after_ms));
    return der_finish(&validity);
}

static err read_key(der_reader *tbs, cert *out)
{
    spki key;
    point on_curve;
    TRY(spki_read(tbs, &key));
    out->spki = key.der;
    out->is_sm2 = key.is_sm2;
    if (!key.is_sm2)
        return ERR_OK;
    TRY(point_from_bytes(&on_curve, key.key.p));
    memcpy(out->public_key, key.key.p, POINT_SIZE);
    return ERR_OK;
}

/* RFC 5280 4.2.1.9. An explicit cA FALSE is not DER but is found in certificates, and means what its absence means. */
static err read_basic_constraints(bytes value, cert *out)
{
    der_reader outer = der_reader_over(value), sequence;
    TRY(der_enter(&outer, &sequence, DER_SEQUENCE));
    TRY(der_finish(&outer));
    if (der_next_is(&sequence, DER_BOOLEAN))
        TRY(der_boolean(&sequence, &out->ca));
    if (!der_at_end(&sequence)) {
        uint64_t path_len;
        TRY(der_uint64(&sequence, &path_len));
        out->path_len = path_len > INT_MAX ? INT_MAX : (int)path_len;
    }
    return der_finish(&sequence);
}

static err read_key_usage(bytes value, cert *out)
{
    der_reader r = der_reader_over(value);
    TRY(der_named_bits(&r, &out->key_usage));
    out->has_key_usage = true;
    return der_finish(&r);
}

static err read_subject_key_id(bytes value, cert *out)
{
    der_reader r = der_reader_over(value);
    TRY(der_value(&r, &out->ski, DER_OCTET_STRING));
    return der_finish(&r);
}

static bool is_http(bytes url)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < 2; i++) {
        bytes scheme = bytes_of_text(schemes[i]);
        if (url.n > scheme.n && bytes_equal(bytes_of(url.p, scheme.n), scheme))
            return der_string_valid(DER_VISIBLE_STRING, url);
    }
    return false;
}

/* Takes the next GeneralName; it goes to *url if it is the first http URI seen. */
static err read_general_name(der_reader *r, bytes *url)
{
    uint8_t tag;
    bytes content;
    TRY(der_any(r, &tag, &content, NULL));
    if (url->n == 0 && tag == DER_CONTEXT(6) && is_http(content))
        *url = content;
    return ERR_OK;
}

/* [0] distributionPoint with [0] fullName; reasons and cRLIssuer belong to lists that are not used here. */
static err read_distribution_point(der_reader *points, bytes *url)
{
    der_reader one, name, full;
    TRY(der_enter(points, &one, DER_SEQUENCE));
    if (der_next_is(&one, DER_CONTEXT_CONSTRUCTED(0))) {
        TRY(der_enter(&one, &name, DER_CONTEXT_CONSTRUCTED(0)));
        if (der_next_is(&name, DER_CONTEXT_CONSTRUCTED(0))) {
            TRY(der_enter(&name, &full, DER_CONTEXT_CONSTRUCTED(0)));
            while (!der_at_end(&full))
                TRY(read_general_name(&full, url));
        }
    }
    return ERR_OK;
}

static err read_crl_url(bytes value, cert *out)
{
    der_reader outer = der_reader_over(value), points;
    TRY(der_enter(&outer, &points, DER_SEQUENCE));
    TRY(der_finish(&outer));
    while (!der_at_end(&points))
        TRY(read_distribution_point(&points, &out->crl_url));
    return ERR_OK;
}

static err read_ca_issuers_url(bytes value, cert *out)
{
    der_reader outer = der_reader_over(value), list, one;
    TRY(der_enter(&outer, &list, DER_SEQUENCE));
    TRY(der_finish(&outer));
    while (!der_at_end(&list)) {
        bytes method, other = {NULL, 0};
        TRY(der_enter(&list, &one, DER_SEQUENCE));
        TRY(der_oid(&one, &method));
        TRY(read_general_name(&one, oid_from_octets(method) == OID_CA_ISSUERS ? &out->ca_issuers_url : &other));
        TRY(der_finish(&one));
    }
    return ERR_OK;
}

static err read_extension(const extension *x, cert *out)
{
    switch (oid_from_octets(x->type)) {
    case OID_BASIC_CONSTRAINTS:
        return read_basic_constraints(x->value, out);
    case OID_KEY_USAGE:
        return read_key_usage(x->value, out);
    case OID_SUBJECT_KEY_ID:
        return read_subject_key_id(x->value, out);
    case OID_AUTHORITY_KEY_ID:
        return extension_authority_key_id(x->value, &out->aki);
    case OID_CRL_DISTRIBUTION_POINTS:
        return read_crl_url(x->value, out);
    case OID_AUTHORITY_INFO_ACCESS:
        return read_ca_issuers_url(x->value, out);
    case OID_SUBJECT_ALT_NAME:
        return ERR_OK;
    default:
        out->unknown_critical |= x->critical;
        return ERR_OK;
    }
}

static err read_extensions(der_reader *tbs, cert *out)
{
    der_reader explicit_tag;
    extension_list list;
    extension x;
    err e;
    TRY(der_enter(tbs, &explicit_tag, DER_CONTEXT_CONSTRUCTED(3)));
    TRY(der_value(&explicit_tag, &out->extensions, DER_SEQUENCE));
    TRY(der_finish(&explicit_tag));
    extension_list_open(&list, out->extensions);
    while ((e = extension_next(&list, &x)) == ERR_OK)
        TRY(read_extension(&x, out));
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* issuerUniqueID [1] and subjectUniqueID [2], which nobody should use (RFC 5280 4.1.2.8), and the extensions. */
static err read_optional_parts(der_reader *tbs, uint64_t version, cert *out)
{
    for (uint8_t i = 1; i <= 2; i++)
        if (version >= VERSION_2 && der_next_is(tbs, DER_CONTEXT(i)))
            TRY(der_any(tbs, NULL, NULL, NULL));
    if (version == VERSION_3 && !der_at_end(tbs))
        TRY(read_extensions(tbs, out));
    return der_finish(tbs);
}

static err read_tbs(const signed_value *whole, cert *out)
{
    der_reader outer = der_reader_over(whole->tbs), tbs;
    uint64_t version;
    bytes algorithm;
    TRY(der_enter(&outer, &tbs, DER_SEQUENCE));
    TRY(read_version(&tbs, &version));
    TRY(read_serial(&tbs, &out->serial));
    TRY(der_any(&tbs, NULL, NULL, &algorithm));
    if (whole->algorithm.n > 0 && !bytes_equal(algorithm, whole->algorithm)) /* RFC 5280 4.1.1.2 */
        return ERR_DER;
    TRY(read_name(&tbs, &out->issuer));
    TRY(read_validity(&tbs, out));
    TRY(read_name(&tbs, &out->subject));
    TRY(read_key(&tbs, out));
    return read_optional_parts(&tbs, version, out);
}

err cert_parse(cert *out, bytes der)
{
    signed_value whole;
    if (der.n > CERT_DER_MAX)
        return ERR_LENGTH;
    TRY(signed_read(&whole, der));
    cert c = {.der = der, .tbs = whole.tbs, .path_len = -1, .signed_by_sm2 = whole.sm2};
    if (whole.sm2)
        memcpy(c.signature, whole.signature, sizeof c.signature);
    TRY(read_tbs(&whole, &c));
    *out = c;
    return ERR_OK;
}

err cert_parse_tbs(cert *out, bytes tbs)
{
    if (tbs.n > CERT_DER_MAX)
        return ERR_LENGTH;
    cert c = {.tbs = tbs, .path_len = -1};
    der_reader r = der_reader_over(tbs);
    TRY(der_any(&r, NULL, NULL, NULL));
    TRY(der_finish(&r));
    TRY(read_tbs(&(signed_value){.tbs = tbs}, &c));
    *out = c;
    return ERR_OK;
}

err cert_find_extension(const cert *c, bytes type, extension *out)
{
    extension_list list;
    extension_list_open(&list, c->extensions);
    do
        TRY(extension_next(&list, out));
    while (!bytes_equal(out->type, type));
    return ERR_OK;
}

err cert_verify_signature(const cert *c, const uint8_t issuer_key[POINT_SIZE])
{
    return c->signed_by_sm2 ? signed_verify(c->tbs, c->signature, issuer_key) : ERR_UNSUPPORTED;
}
