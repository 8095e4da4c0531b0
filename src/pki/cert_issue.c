#include "pki/cert.h"

#include <string.h>

#include "asn1/spki.h"
#include "crypto/sm3.h"
#include "pki/signed.h"

typedef struct profile_row {
    bool ca;
    int path_len; /* -1: no limit */
    uint16_t key_usage;
    oid extended; /* critical extKeyUsage; OID_UNKNOWN: none */
} profile_row;

static const profile_row profiles[] = {
    [CERT_ROOT] = {true, -1, CERT_KEY_CERT_SIGN | CERT_CRL_SIGN, OID_UNKNOWN},
    [CERT_ISSUING] = {true, 0, CERT_KEY_CERT_SIGN | CERT_CRL_SIGN, OID_UNKNOWN},
    [CERT_PERSON] = {false, -1, CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION, OID_UNKNOWN},
    [CERT_WORKSTATION] = {false, -1, CERT_DIGITAL_SIGNATURE, OID_UNKNOWN},
    [CERT_STATEMENT] = {false, -1, CERT_DIGITAL_SIGNATURE, OID_UNKNOWN},
    [CERT_TIMESTAMP] = {false, -1, CERT_DIGITAL_SIGNATURE, OID_TIME_STAMPING},
};

/* Each is written from the template or the profile, or left out on purpose. */
static const oid reserved[] = {OID_SUBJECT_KEY_ID,    OID_AUTHORITY_KEY_ID,        OID_KEY_USAGE,
                               OID_BASIC_CONSTRAINTS, OID_CRL_DISTRIBUTION_POINTS, OID_AUTHORITY_INFO_ACCESS};

err cert_serial_generate(uint8_t serial[CERT_SERIAL_SIZE], const entropy *rng)
{
    TRY(rng->fill(rng->ctx, serial, CERT_SERIAL_SIZE));
    serial[0] &= 0x7f;
    if (serial[0] == 0)
        serial[0] = 1;
    return ERR_OK;
}

void cert_key_id(uint8_t out[CERT_KEY_ID_SIZE], const uint8_t public_key[POINT_SIZE])
{
    uint8_t digest[SM3_SIZE];
    sm3(digest, public_key, POINT_SIZE);
    memcpy(out, digest, CERT_KEY_ID_SIZE);
}

err cert_spki_key_id(uint8_t out[CERT_KEY_ID_SIZE], bytes der)
{
    der_reader r = der_reader_over(der);
    spki key;
    uint8_t digest[SM3_SIZE];
    TRY(spki_read(&r, &key));
    TRY(der_finish(&r));
    sm3(digest, key.key.p, key.key.n);
    memcpy(out, digest, CERT_KEY_ID_SIZE);
    return ERR_OK;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) : 0;
}

size_t cert_size_max(const cert_template *t)
{
    /* The fixed parts: serial, algorithms, validity, key, key identifiers, usage, constraints, signature and all headers. */
    size_t n = 640 + t->issuer.n + t->subject.n + t->authority_key_id.n;
    if (t->spki.n > 0)
        n += t->spki.n + SIGNER_OCTETS_MAX;
    n += text_size(t->crl_url) + text_size(t->ca_issuers_url);
    for (size_t i = 0; t->usage && i < t->usage->purposes_n; i++)
        n += 4 + t->usage->purposes[i].n;
    for (size_t i = 0; i < t->extensions_n; i++)
        n += 32 + t->extensions[i].type.n + t->extensions[i].value.n;
    return n;
}

/* RFC 5280 4.1.2.2: positive, at most 20 octets as an INTEGER. */
static err check_serial(const uint8_t *serial, size_t n)
{
    if (n < 1 || n > CERT_SERIAL_MAX || (serial[0] & 0x80))
        return ERR_RANGE;
    for (size_t i = 0; i < n; i++)
        if (serial[i] != 0)
            return ERR_OK;
    return ERR_RANGE;
}

static err check_url(const char *url)
{
    if (!url)
        return ERR_OK;
    bytes text = bytes_of_text(url);
    bool plain = text.n > 0 && !memchr(text.p, ' ', text.n);
    return plain && der_string_valid(DER_VISIBLE_STRING, text) ? ERR_OK : ERR_ENCODING;
}

static err check_extension(const cert_template *t, size_t i)
{
    const extension *x = &t->extensions[i];
    uint8_t room[64 + 2];
    buffer type = buffer_over(room, sizeof room);
    der_put(&type, DER_OID, x->type);
    der_reader r = der_reader_over(bytes_of(type.p, type.n)), value = der_reader_over(x->value);
    bytes octets;
    TRY(der_oid(&r, &octets));
    TRY(der_any(&value, NULL, NULL, NULL));
    TRY(der_finish(&value));
    for (size_t k = 0; k < sizeof reserved / sizeof reserved[0]; k++)
        if (oid_from_octets(x->type) == reserved[k])
            return ERR_EXISTS;
    for (size_t k = 0; k < i; k++)
        if (bytes_equal(t->extensions[k].type, x->type))
            return ERR_EXISTS;
    return ERR_OK;
}

static err check_usage(const cert_template *t)
{
    enum { ISSUER = CERT_KEY_CERT_SIGN | CERT_CRL_SIGN };
    if (!t->usage)
        return ERR_OK;
    if (profiles[t->profile].ca || t->usage->key_usage == 0 || (t->usage->key_usage & ISSUER))
        return ERR_ARG;
    for (size_t i = 0; i < t->extensions_n; i++)
        if (t->usage->purposes_n > 0 && oid_from_octets(t->extensions[i].type) == OID_EXTENDED_KEY_USAGE)
            return ERR_EXISTS;
    return ERR_OK;
}

static err check_template(const cert_template *t)
{
    enum { OTHERS_MAX = EXTENSION_MAX - sizeof reserved / sizeof reserved[0] };
    point key;
    uint8_t id[CERT_KEY_ID_SIZE];
    TRY(check_serial(t->serial, t->serial_n));
    TRY(name_check(t->issuer));
    TRY(name_check(t->subject));
    if (t->spki.n > 0)
        TRY(cert_spki_key_id(id, t->spki));
    else
        TRY(point_from_bytes(&key, t->public_key));
    if (t->not_after_ms < t->not_before_ms)
        return ERR_RANGE;
    TRY(check_url(t->crl_url));
    TRY(check_url(t->ca_issuers_url));
    TRY(check_usage(t));
    if (t->extensions_n > OTHERS_MAX)
        return ERR_LIMIT;
    for (size_t i = 0; i < t->extensions_n; i++)
        TRY(check_extension(t, i));
    return ERR_OK;
}

static err put_validity(buffer *b, const cert_template *t)
{
    size_t sequence = der_open(b, DER_SEQUENCE);
    TRY(der_put_time(b, t->not_before_ms));
    TRY(der_put_time(b, t->not_after_ms));
    der_close(b, sequence);
    return ERR_OK;
}

/* Of an SM2 key, or of another one by its SubjectPublicKeyInfo. */
static err key_id_of(uint8_t id[CERT_KEY_ID_SIZE], const uint8_t *public_key, bytes other)
{
    if (other.n > 0)
        return cert_spki_key_id(id, other);
    cert_key_id(id, public_key);
    return ERR_OK;
}

static err put_key_ids(buffer *b, const cert_template *t, const signer *ca)
{
    uint8_t id[CERT_KEY_ID_SIZE];
    bytes authority = t->authority_key_id;
    if (authority.n == 0) {
        TRY(key_id_of(id, ca->public_key, ca->spki));
        authority = bytes_of(id, sizeof id);
    }
    extension_put_authority_key_id(b, authority);
    TRY(key_id_of(id, t->public_key, t->spki));
    extension_opened at = extension_open(b, oid_octets(OID_SUBJECT_KEY_ID), false);
    der_put(b, DER_OCTET_STRING, bytes_of(id, sizeof id));
    extension_close(b, at);
    return ERR_OK;
}

static void put_usage(buffer *b, const cert_usage *usage)
{
    extension_opened at = extension_open(b, oid_octets(OID_KEY_USAGE), usage->key_usage_critical);
    der_put_named_bits(b, usage->key_usage);
    extension_close(b, at);
    if (usage->purposes_n == 0)
        return;
    at = extension_open(b, oid_octets(OID_EXTENDED_KEY_USAGE), usage->purposes_critical);
    size_t purposes = der_open(b, DER_SEQUENCE);
    for (size_t i = 0; i < usage->purposes_n; i++)
        der_put(b, DER_OID, usage->purposes[i]);
    der_close(b, purposes);
    extension_close(b, at);
}

static void put_profile(buffer *b, const profile_row *profile, const cert_usage *usage)
{
    bytes purpose = oid_octets(profile->extended);
    cert_usage own = {profile->key_usage, true, &purpose, profile->extended != OID_UNKNOWN, true};
    if (profile->ca) {
        extension_opened at = extension_open(b, oid_octets(OID_BASIC_CONSTRAINTS), true);
        size_t sequence = der_open(b, DER_SEQUENCE);
        der_put_boolean(b, true);
        if (profile->path_len >= 0)
            der_put_uint64(b, (uint64_t)profile->path_len);
        der_close(b, sequence);
        extension_close(b, at);
    }
    put_usage(b, usage ? usage : &own);
}

/* A GeneralName uniformResourceIdentifier [6] (RFC 5280 4.2.1.6). */
static void put_uri(buffer *b, const char *url)
{
    der_put(b, DER_CONTEXT(6), bytes_of_text(url));
}

/* RFC 5280 4.2.1.13: one point with [0] distributionPoint, [0] fullName. */
static void put_crl_url(buffer *b, const char *url)
{
    extension_opened at = extension_open(b, oid_octets(OID_CRL_DISTRIBUTION_POINTS), false);
    size_t points = der_open(b, DER_SEQUENCE), one = der_open(b, DER_SEQUENCE);
    size_t name = der_open(b, DER_CONTEXT_CONSTRUCTED(0)), full = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
    put_uri(b, url);
    der_close(b, full);
    der_close(b, name);
    der_close(b, one);
    der_close(b, points);
    extension_close(b, at);
}

/* RFC 5280 4.2.2.1 */
static void put_ca_issuers_url(buffer *b, const char *url)
{
    extension_opened at = extension_open(b, oid_octets(OID_AUTHORITY_INFO_ACCESS), false);
    size_t list = der_open(b, DER_SEQUENCE), one = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_CA_ISSUERS);
    put_uri(b, url);
    der_close(b, one);
    der_close(b, list);
    extension_close(b, at);
}

static err put_extensions(buffer *b, const cert_template *t, const signer *ca)
{
    size_t explicit_tag = der_open(b, DER_CONTEXT_CONSTRUCTED(3)), list = der_open(b, DER_SEQUENCE);
    TRY(put_key_ids(b, t, ca));
    put_profile(b, &profiles[t->profile], t->usage);
    if (t->crl_url)
        put_crl_url(b, t->crl_url);
    if (t->ca_issuers_url)
        put_ca_issuers_url(b, t->ca_issuers_url);
    for (size_t i = 0; i < t->extensions_n; i++) {
        const extension *x = &t->extensions[i];
        extension_opened at = extension_open(b, x->type, x->critical);
        buffer_put(b, x->value.p, x->value.n);
        extension_close(b, at);
    }
    der_close(b, list);
    der_close(b, explicit_tag);
    return ERR_OK;
}

static err put_tbs(buffer *b, const cert_template *t, const signer *ca)
{
    enum { VERSION_3 = 2 };
    size_t tbs = der_open(b, DER_SEQUENCE), version = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
    der_put_uint64(b, VERSION_3);
    der_close(b, version);
    der_put_unsigned(b, bytes_of(t->serial, t->serial_n));
    signed_put_algorithm_of(b, ca->algorithm);
    buffer_put(b, t->issuer.p, t->issuer.n);
    TRY(put_validity(b, t));
    buffer_put(b, t->subject.p, t->subject.n);
    if (t->spki.n > 0)
        buffer_put(b, t->spki.p, t->spki.n);
    else
        spki_put(b, t->public_key);
    TRY(put_extensions(b, t, ca));
    der_close(b, tbs);
    return ERR_OK;
}

err cert_issue_tbs(buffer *out, const cert_template *t, const signer *ca)
{
    TRY(check_template(t));
    TRY(put_tbs(out, t, ca));
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

err cert_issue(buffer *out, const cert_template *t, signer *ca)
{
    TRY(check_template(t));
    size_t whole = der_open(out, DER_SEQUENCE), tbs = out->n;
    TRY(put_tbs(out, t, ca));
    TRY(signed_finish(out, tbs, ca));
    der_close(out, whole);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}
