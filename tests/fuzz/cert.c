/* Certificates: what cert_parse takes OpenSSL takes, and both read the same out of it. */
#include <limits.h>

#include "asn1/spki.h"
#include "pki/cert.h"
#include "x509_peer.h"

/* Whether OpenSSL has a reason to refuse it that x509_peer.h names. */
static bool passed_over(const cert *c)
{
    if (!peer_takes_name(c->issuer) || !peer_takes_name(c->subject) || !peer_takes_key(c->spki) ||
        !peer_takes_algorithm(peer_algorithm(c->der)))
        return true;
    der_reader outer = der_reader_over(c->tbs), tbs;
    CHECK(der_enter(&outer, &tbs, DER_SEQUENCE) == ERR_OK);
    while (!der_at_end(&tbs)) {
        uint8_t tag;
        CHECK(der_any(&tbs, &tag, NULL, NULL) == ERR_OK);
        if (tag == DER_CONTEXT(1) || tag == DER_CONTEXT(2))
            return true;
    }
    return false;
}

static void check_use(const cert *c, X509 *peer)
{
    uint32_t flags = X509_get_extension_flags(peer);
    if (flags & EXFLAG_INVALID) /* it read an extension that is not ours to read */
        return;
    CHECK(c->ca == !!(flags & EXFLAG_CA));
    if (c->ca)
        CHECK(c->path_len == INT_MAX || X509_get_pathlen(peer) == c->path_len);
    CHECK(c->has_key_usage == !!(flags & EXFLAG_KUSAGE));
    uint32_t theirs = X509_get_key_usage(peer);
    for (unsigned i = 0; c->has_key_usage && i < 9; i++)
        CHECK(!!(c->key_usage & 1u << i) == !!(theirs & (i < 8 ? 0x80u >> i : 0x8000u)));
}

static void check_key_ids(const cert *c, X509 *peer)
{
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(peer), *aki = X509_get0_authority_key_id(peer);
    if (ski)
        CHECK(bytes_equal(c->ski, bytes_of(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski))));
    if (aki)
        CHECK(bytes_equal(c->aki, bytes_of(ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki))));
}

static void check_peer(const cert *c)
{
    const uint8_t *at = c->der.p;
    X509 *peer = d2i_X509(NULL, &at, (long)c->der.n);
    ERR_clear_error();
    if (!peer && passed_over(c))
        return;
    CHECK(peer && at == c->der.p + c->der.n);
    peer_check_number(X509_get0_serialNumber(peer), c->serial);
    peer_check_name(X509_get_issuer_name(peer), c->issuer);
    peer_check_name(X509_get_subject_name(peer), c->subject);
    CHECK(peer_time(X509_get0_notBefore(peer)) == c->not_before_ms);
    CHECK(peer_time(X509_get0_notAfter(peer)) == c->not_after_ms);
    check_use(c, peer);
    check_key_ids(c, peer);
    ERR_clear_error();
    X509_free(peer);
}

static void check_extensions(const cert *c)
{
    for (oid type = OID_UNKNOWN + 1; type < OID_COUNT; type++) {
        extension x;
        err e = cert_find_extension(c, oid_octets(type), &x);
        CHECK(e == ERR_OK || e == ERR_NOT_FOUND);
        if (e == ERR_OK)
            CHECK(x.value.p >= c->tbs.p && x.value.p + x.value.n <= c->tbs.p + c->tbs.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    cert c;
    if (cert_parse(&c, bytes_of(p, n)) != ERR_OK)
        return 0;
    check_peer(&c);
    check_extensions(&c);
    peer_check_name_text(c.issuer);
    peer_check_name_text(c.subject);
    if (c.is_sm2) {
        uint8_t again[POINT_SIZE];
        point key;
        CHECK(point_from_bytes(&key, c.public_key) == ERR_OK && point_to_bytes(again, &key) == ERR_OK);
        CHECK(memcmp(again, c.public_key, POINT_SIZE) == 0);
        err e = cert_verify_signature(&c, c.public_key);
        CHECK(e == ERR_OK || e == (c.signed_by_sm2 ? ERR_SIGNATURE : ERR_UNSUPPORTED));
    }
    return 0;
}
