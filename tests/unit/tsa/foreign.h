/* A timestamp authority of the tests, written apart from src/tsa: tokens of every kind of key and both profiles, and each wrongness that a
 * verification must find. Certificates of P-256 and RSA by OpenSSL, of SM2 by pki. */
#ifndef YIQIAN_TESTS_TSA_FOREIGN_H
#define YIQIAN_TESTS_TSA_FOREIGN_H

#include "unit/pki/authority.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "asn1/ecsig.h"
#include "cms/signed_data.h"
#include "pki/crl.h"
#include "tsa/digest.h"

enum { FOREIGN_ROOM = 8192 };

typedef enum foreign_key {
    FOREIGN_SM2,
    FOREIGN_P256,
    FOREIGN_P384,
    FOREIGN_RSA,
    FOREIGN_PSS,
    FOREIGN_KEYS
} foreign_key;

/* ---- certificates ---- */

/* What a TSA's certificate says. */
typedef struct foreign_paper {
    bool no_purpose, purpose_not_critical, second_purpose, no_usage, wide_usage, not_ca; /* not_ca: its issuer */
    int64_t from_ms, until_ms;
    bool with_alternative; /* subjectAltName DNS:tsa.example */
    bool weak;             /* RSA of 1,024 bits */
    bool unknown_critical;
} foreign_paper;

typedef struct foreign {
    foreign_key kind;
    identity sm2_root, sm2_tsa;
    EVP_PKEY *root_key, *tsa_key;
    uint8_t root_room[FOREIGN_ROOM], tsa_room[FOREIGN_ROOM], crl_room[FOREIGN_ROOM];
    bytes root, tsa, crl; /* DER */
    cert parsed;
} foreign;

static inline void foreign_extension(X509 *x, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static inline EVP_PKEY *foreign_generate(foreign_key kind, bool weak)
{
    EVP_PKEY *key = kind == FOREIGN_P256   ? EVP_EC_gen("P-256")
                    : kind == FOREIGN_P384 ? EVP_EC_gen("P-384")
                                           : EVP_RSA_gen(weak ? 1024 : 2048);
    assert_non_null(key);
    return key;
}

static inline X509_NAME *foreign_name(const char *common_name)
{
    X509_NAME *name = X509_NAME_new();
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const uint8_t *)"CN", -1, -1, 0), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1, -1, 0), 1);
    return name;
}

static inline bytes foreign_issue(uint8_t room[FOREIGN_ROOM], EVP_PKEY *of, const char *subject, EVP_PKEY *by,
                                  long serial, const foreign_paper *p, bool ca)
{
    X509 *x = X509_new();
    X509_NAME *name = foreign_name(subject), *issuer = foreign_name("Foreign Root");
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
    X509_set_subject_name(x, name);
    X509_set_issuer_name(x, issuer);
    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(p->from_ms / 1000));
    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(p->until_ms / 1000));
    X509_set_pubkey(x, of);
    if (ca) {
        foreign_extension(x, NID_basic_constraints, p->not_ca ? "critical,CA:FALSE" : "critical,CA:TRUE");
        foreign_extension(x, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        if (!p->no_purpose)
            foreign_extension(x, NID_ext_key_usage,
                              p->purpose_not_critical ? "timeStamping"
                              : p->second_purpose     ? "critical,timeStamping,codeSigning"
                                                      : "critical,timeStamping");
        if (!p->no_usage)
            foreign_extension(x, NID_key_usage,
                              p->wide_usage ? "critical,digitalSignature,keyEncipherment"
                                            : "critical,digitalSignature");
        if (p->with_alternative)
            foreign_extension(x, NID_subject_alt_name, "DNS:tsa.example");
        if (p->unknown_critical)
            foreign_extension(x, NID_name_constraints, "critical,permitted;DNS:example");
        foreign_extension(x, NID_subject_key_identifier, "hash");
    }
    assert_true(X509_sign(x, by, EVP_sha256()) > 0);
    uint8_t *at = room;
    int n = i2d_X509(x, &at);
    assert_true(n > 0 && n <= FOREIGN_ROOM);
    X509_NAME_free(name);
    X509_NAME_free(issuer);
    X509_free(x);
    return bytes_of(room, (size_t)n);
}

/* extendedKeyUsage as cert_issue takes it. */
static inline extension foreign_purpose(uint8_t room[64], const foreign_paper *p)
{
    buffer b = buffer_over(room, 64);
    size_t list = der_open(&b, DER_SEQUENCE);
    oid_put(&b, OID_TIME_STAMPING);
    if (p->second_purpose)
        oid_put(&b, OID_CA_ISSUERS); /* any other identifier */
    der_close(&b, list);
    return (extension){oid_octets(OID_EXTENDED_KEY_USAGE), !p->purpose_not_critical, bytes_of(b.p, b.n)};
}

static inline void foreign_certify_sm2(foreign *f, const foreign_paper *p)
{
    uint8_t room[64];
    extension extensions[3];
    size_t n = 0;
    cert_template t = authority_template(&f->sm2_root, &f->sm2_root, p->not_ca ? CERT_WORKSTATION : CERT_ROOT);
    t.not_before_ms = p->from_ms;
    t.not_after_ms = p->until_ms;
    f->root = authority_issue(f->root_room, &t, &f->sm2_root);
    t = authority_template(&f->sm2_root, &f->sm2_tsa, p->no_usage || p->wide_usage ? CERT_ISSUING : CERT_WORKSTATION);
    t.serial[0] = 0x55;
    t.not_before_ms = p->from_ms;
    t.not_after_ms = p->until_ms;
    if (!p->no_purpose)
        extensions[n++] = foreign_purpose(room, p);
    if (p->unknown_critical)
        extensions[n++] = (extension){oid_octets(OID_CERTIFICATE_POLICIES), true, OCTETS("\x30\x00")};
    t.extensions = extensions;
    t.extensions_n = n;
    f->tsa = authority_issue(f->tsa_room, &t, &f->sm2_root);
}

static inline void foreign_certify(foreign *f, const foreign_paper *p)
{
    if (f->kind == FOREIGN_SM2) {
        foreign_certify_sm2(f, p);
    } else {
        if (p->weak) {
            EVP_PKEY_free(f->tsa_key);
            f->tsa_key = foreign_generate(f->kind, true);
        }
        f->root = foreign_issue(f->root_room, f->root_key, "Foreign Root", f->root_key, 1, p, true);
        f->tsa = foreign_issue(f->tsa_room, f->tsa_key, "Foreign TSA", f->root_key, 0x5501, p, false);
    }
    f->parsed = authority_parse(f->tsa);
}

static inline foreign_paper foreign_paper_good(void)
{
    return (foreign_paper){.from_ms = AUTHORITY_NOW - AUTHORITY_DAY, .until_ms = AUTHORITY_NOW + 364 * AUTHORITY_DAY};
}

static inline void foreign_make(foreign *f, foreign_key kind)
{
    const foreign_paper p = foreign_paper_good();
    memset(f, 0, sizeof *f);
    f->kind = kind;
    if (kind == FOREIGN_SM2) {
        identity_make(&f->sm2_root, 21, "外部根");
        identity_make(&f->sm2_tsa, 22, "外部时间戳");
    } else {
        f->root_key = foreign_generate(kind, false);
        f->tsa_key = foreign_generate(kind, false);
    }
    foreign_certify(f, &p);
}

static inline void foreign_drop(foreign *f)
{
    if (f->kind == FOREIGN_SM2) {
        identity_drop(&f->sm2_root);
        identity_drop(&f->sm2_tsa);
    }
    EVP_PKEY_free(f->root_key);
    EVP_PKEY_free(f->tsa_key);
}

/* ---- lists ---- */

/* A list of the root's: with the TSA's certificate where revoked_ms is not 0; reason -1: not said. */
static inline bytes foreign_list(foreign *f, int64_t this_ms, int64_t next_ms, int64_t revoked_ms, int reason)
{
    if (f->kind == FOREIGN_SM2) {
        /* reason 0 is said only by what OpenSSL writes */
        crl_entry entry = {f->parsed.serial, revoked_ms, reason < 0 ? CRL_UNSPECIFIED : (crl_reason)reason};
        crl_template t = {.issuer = f->sm2_root.name,
                          .number = 1,
                          .this_update_ms = this_ms,
                          .next_update_ms = next_ms,
                          .entries = &entry,
                          .entries_n = revoked_ms != 0};
        buffer b = buffer_over(f->crl_room, sizeof f->crl_room);
        assert_int_equal(crl_issue(&b, &t, f->sm2_root.sign), ERR_OK);
        return f->crl = bytes_of(b.p, b.n);
    }
    X509_CRL *x = X509_CRL_new();
    X509_NAME *issuer = foreign_name("Foreign Root");
    ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)(this_ms / 1000)),
              *next = ASN1_TIME_set(NULL, (time_t)(next_ms / 1000));
    X509_CRL_set_version(x, 1);
    X509_CRL_set_issuer_name(x, issuer);
    X509_CRL_set1_lastUpdate(x, at);
    X509_CRL_set1_nextUpdate(x, next);
    if (revoked_ms) {
        X509_REVOKED *r = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)(revoked_ms / 1000));
        ASN1_INTEGER_set(serial, 0x5501);
        X509_REVOKED_set_serialNumber(r, serial);
        X509_REVOKED_set_revocationDate(r, when);
        if (reason >= 0) {
            ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();
            ASN1_ENUMERATED_set(why, reason);
            assert_int_equal(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, why, 0, 0), 1);
            ASN1_ENUMERATED_free(why);
        }
        X509_CRL_add0_revoked(x, r);
        ASN1_INTEGER_free(serial);
        ASN1_TIME_free(when);
    }
    assert_true(X509_CRL_sign(x, f->root_key, EVP_sha256()) > 0);
    uint8_t *out = f->crl_room;
    int n = i2d_X509_CRL(x, &out);
    assert_true(n > 0 && n <= FOREIGN_ROOM);
    ASN1_TIME_free(at);
    ASN1_TIME_free(next);
    X509_NAME_free(issuer);
    X509_CRL_free(x);
    return f->crl = bytes_of(f->crl_room, (size_t)n);
}

/* ---- tokens ---- */

/* What a token says; zero is a plain good one: see foreign_token. */
typedef struct foreign_words {
    cms_profile profile; /* CMS_GM is 0, so say it */
    tsa_hash hash;
    bytes imprint;    /* default: 32 octets 11 */
    const char *time; /* default: 20260101000000Z */
    bytes accuracy;   /* whole value; default: none */
    bytes nonce;      /* content octets */
    bytes tsa;        /* GeneralName, whole */
    bytes extensions; /* [1], whole */
    bytes policy;     /* content octets; default: 1.2.3 */
    bytes serial;     /* magnitude; default: 1 */
    bool ordering;
    int info_version;   /* 0: 1 */
    oid content_type;   /* of what is signed; default id-ct-TSTInfo */
    oid attribute_type; /* the attribute's; likewise */
    oid outer_type;     /* default: by the profile */
    bool wrong_digest, no_attributes, no_id, id_v1, id_both, other_id, by_key_id, wrong_signature, no_certificates;
    tsa_hash id_hash; /* of ESSCertIDv2; SM3 by default; id_default: left out */
    bool id_default;
    int signers;       /* -1: none; 0: one; 2: two */
    oid signature_oid; /* default: by key */
    tsa_hash digest;   /* used where set_digest */
    bool set_digest;
    bool explicit_null; /* parameters of algorithms */
} foreign_words;

static inline void foreign_algorithm(buffer *b, oid id, bool null)
{
    size_t s = der_open(b, DER_SEQUENCE);
    oid_put(b, id);
    if (null)
        der_put_null(b);
    der_close(b, s);
}

static inline void foreign_tst_info(buffer *b, const foreign_words *w)
{
    static const uint8_t eleven[64] = {0x11, 0x11};
    size_t info = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, w->info_version ? (uint64_t)w->info_version : 1);
    der_put(b, DER_OID, w->policy.n ? w->policy : OCTETS("\x2a\x03"));
    size_t imprint = der_open(b, DER_SEQUENCE);
    foreign_algorithm(b, tsa_hash_oid(w->hash), w->explicit_null);
    der_put(b, DER_OCTET_STRING, w->imprint.p ? w->imprint : bytes_of(eleven, tsa_hash_size(w->hash)));
    der_close(b, imprint);
    der_put_unsigned(b, w->serial.n ? w->serial : OCTETS("\x01"));
    der_put(b, DER_GENERALIZED_TIME, bytes_of_text(w->time ? w->time : "20260101000000Z"));
    buffer_put(b, w->accuracy.p, w->accuracy.n);
    if (w->ordering)
        der_put_boolean(b, true);
    if (w->nonce.n)
        der_put(b, DER_INTEGER, w->nonce);
    if (w->tsa.n)
        der_put(b, DER_CONTEXT_CONSTRUCTED(0), w->tsa);
    buffer_put(b, w->extensions.p, w->extensions.n);
    der_close(b, info);
}

/* What is written into the room becomes the value of an attribute of this type. */
static inline bytes foreign_attribute(uint8_t *room, size_t cap, oid type, bytes value)
{
    buffer b = buffer_over(room, cap);
    size_t s = der_open(&b, DER_SEQUENCE);
    oid_put(&b, type);
    der_put(&b, DER_SET, value);
    der_close(&b, s);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

static inline bytes foreign_id(uint8_t room[128], const foreign *f, const foreign_words *w, bool v1)
{
    uint8_t digest[64];
    unsigned n;
    buffer b = buffer_over(room, 128);
    size_t whole = der_open(&b, DER_SEQUENCE), list = der_open(&b, DER_SEQUENCE), id = der_open(&b, DER_SEQUENCE);
    if (v1) {
        assert_int_equal(EVP_Digest(f->tsa.p, f->tsa.n, digest, &n, EVP_sha1(), NULL), 1);
    } else {
        tsa_hash hash = w->id_default ? TSA_SHA256 : w->id_hash;
        assert_int_equal(tsa_digest_of(digest, hash, f->tsa), ERR_OK);
        n = (unsigned)tsa_hash_size(hash);
        if (!w->id_default)
            foreign_algorithm(&b, tsa_hash_oid(hash), false);
    }
    digest[0] ^= w->other_id;
    der_put(&b, DER_OCTET_STRING, bytes_of(digest, n));
    der_close(&b, id);
    der_close(&b, list);
    der_close(&b, whole);
    return bytes_of(b.p, b.n);
}

static inline tsa_hash foreign_digest(const foreign *f, const foreign_words *w)
{
    return w->set_digest             ? w->digest
           : f->kind == FOREIGN_SM2  ? TSA_SM3
           : f->kind == FOREIGN_P384 ? TSA_SHA384
                                     : TSA_SHA256;
}

static inline const EVP_MD *foreign_md(tsa_hash hash)
{
    return hash == TSA_SM3      ? EVP_sm3()
           : hash == TSA_SHA256 ? EVP_sha256()
           : hash == TSA_SHA384 ? EVP_sha384()
                                : EVP_sha512();
}

static inline bytes foreign_sign(uint8_t room[512], const foreign *f, tsa_hash digest, bytes message)
{
    size_t n = 512;
    if (f->kind == FOREIGN_SM2) {
        uint8_t e[32], rs[64];
        sm2_digest(e, f->sm2_tsa.key.public_key, message);
        assert_int_equal(sm2_sign(rs, &f->sm2_tsa.key, e, authority_entropy()), ERR_OK);
        assert_int_equal(ecsig_to_der(room, &n, rs), ERR_OK);
        return bytes_of(room, n);
    }
    EVP_PKEY_CTX *key;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, &key, foreign_md(digest), NULL, f->tsa_key), 1);
    if (f->kind == FOREIGN_PSS) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(key, RSA_PSS_SALTLEN_DIGEST), 1);
    }
    assert_int_equal(EVP_DigestSign(ctx, room, &n, message.p, message.n), 1);
    EVP_MD_CTX_free(ctx);
    return bytes_of(room, n);
}

static inline void foreign_signature_algorithm(buffer *b, const foreign *f, const foreign_words *w, tsa_hash digest)
{
    static const oid by_key[] = {OID_SM2_WITH_SM3, OID_ECDSA_WITH_SHA256, OID_ECDSA_WITH_SHA384, OID_SHA256_WITH_RSA,
                                 OID_RSA_PSS};
    oid id = w->signature_oid ? w->signature_oid : by_key[f->kind];
    if (id != OID_RSA_PSS) {
        foreign_algorithm(b, id, w->explicit_null);
        return;
    }
    size_t whole = der_open(b, DER_SEQUENCE);
    oid_put(b, id);
    size_t pss = der_open(b, DER_SEQUENCE), field = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
    foreign_algorithm(b, tsa_hash_oid(digest), true);
    der_close(b, field);
    field = der_open(b, DER_CONTEXT_CONSTRUCTED(1));
    size_t mask = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_MGF1);
    foreign_algorithm(b, tsa_hash_oid(digest), true);
    der_close(b, mask);
    der_close(b, field);
    field = der_open(b, DER_CONTEXT_CONSTRUCTED(2));
    der_put_uint64(b, tsa_hash_size(digest));
    der_close(b, field);
    der_close(b, pss);
    der_close(b, whole);
}

static inline bytes foreign_attributes(uint8_t room[1024], const foreign *f, const foreign_words *w, bytes info)
{
    uint8_t parts[6][256], values[6][128], digest[64];
    bytes attributes[6];
    size_t n = 0;
    tsa_hash hash = foreign_digest(f, w);
    buffer v = buffer_over(values[0], sizeof values[0]);
    oid_put(&v, w->attribute_type ? w->attribute_type : OID_TST_INFO);
    attributes[n++] = foreign_attribute(parts[0], sizeof parts[0], OID_CONTENT_TYPE, bytes_of(v.p, v.n));
    v = buffer_over(values[1], sizeof values[1]);
    assert_int_equal(tsa_digest_of(digest, hash, info), ERR_OK);
    digest[0] ^= w->wrong_digest;
    der_put(&v, DER_OCTET_STRING, bytes_of(digest, tsa_hash_size(hash)));
    attributes[n++] = foreign_attribute(parts[1], sizeof parts[1], OID_MESSAGE_DIGEST, bytes_of(v.p, v.n));
    v = buffer_over(values[2], sizeof values[2]);
    assert_int_equal(der_put_time(&v, AUTHORITY_NOW), ERR_OK);
    attributes[n++] = foreign_attribute(parts[2], sizeof parts[2], OID_SIGNING_TIME, bytes_of(v.p, v.n));
    if (!w->no_id && (w->id_v1 || w->id_both))
        attributes[n++] =
            foreign_attribute(parts[3], sizeof parts[3], OID_SIGNING_CERTIFICATE, foreign_id(values[3], f, w, true));
    if (!w->no_id && !w->id_v1)
        attributes[n++] = foreign_attribute(parts[4], sizeof parts[4], OID_SIGNING_CERTIFICATE_V2,
                                            foreign_id(values[4], f, w, false));
    buffer b = buffer_over(room, 1024);
    der_put_set_of(&b, DER_SET, attributes, n);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

static inline void foreign_signer(buffer *b, const foreign *f, const foreign_words *w, bytes info)
{
    uint8_t room[1024], signature[512];
    tsa_hash digest = foreign_digest(f, w);
    bytes attributes = foreign_attributes(room, f, w, info), content;
    size_t whole = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, w->by_key_id ? 3 : 1);
    if (w->by_key_id) {
        der_put(b, DER_CONTEXT(0), f->parsed.ski);
    } else {
        size_t name = der_open(b, DER_SEQUENCE);
        buffer_put(b, f->parsed.issuer.p, f->parsed.issuer.n);
        der_put_unsigned(b, f->parsed.serial);
        der_close(b, name);
    }
    foreign_algorithm(b, tsa_hash_oid(digest), w->explicit_null);
    der_reader r = der_reader_over(attributes);
    assert_int_equal(der_value(&r, &content, DER_SET), ERR_OK);
    if (!w->no_attributes)
        der_put(b, DER_CONTEXT_CONSTRUCTED(0), content);
    foreign_signature_algorithm(b, f, w, digest);
    bytes made = foreign_sign(signature, f, digest, w->no_attributes ? info : attributes);
    signature[made.n - 1] ^= w->wrong_signature;
    der_put(b, DER_OCTET_STRING, made);
    der_close(b, whole);
}

/* A whole token. */
static inline bytes foreign_token(uint8_t room[FOREIGN_ROOM], const foreign *f, const foreign_words *w)
{
    uint8_t info_room[2048];
    buffer info = buffer_over(info_room, sizeof info_room), b = buffer_over(room, FOREIGN_ROOM);
    foreign_tst_info(&info, w);
    bytes content = bytes_of(info.p, info.n);
    size_t whole = der_open(&b, DER_SEQUENCE);
    oid_put(&b, w->outer_type ? w->outer_type : w->profile == CMS_GM ? OID_GM_SIGNED_DATA : OID_CMS_SIGNED_DATA);
    size_t explicitly = der_open(&b, DER_CONTEXT_CONSTRUCTED(0)), data = der_open(&b, DER_SEQUENCE);
    der_put_uint64(&b, 3);
    size_t digests = der_open(&b, DER_SET);
    foreign_algorithm(&b, tsa_hash_oid(foreign_digest(f, w)), w->explicit_null);
    der_close(&b, digests);
    size_t encapsulated = der_open(&b, DER_SEQUENCE);
    oid_put(&b, w->content_type ? w->content_type : OID_TST_INFO);
    size_t inner = der_open(&b, DER_CONTEXT_CONSTRUCTED(0));
    der_put(&b, DER_OCTET_STRING, content);
    der_close(&b, inner);
    der_close(&b, encapsulated);
    if (!w->no_certificates)
        der_put(&b, DER_CONTEXT_CONSTRUCTED(0), f->tsa);
    size_t infos = der_open(&b, DER_SET);
    for (int i = 0; i < (w->signers < 0 ? 0 : w->signers ? w->signers : 1); i++)
        foreign_signer(&b, f, w, content);
    der_close(&b, infos);
    der_close(&b, data);
    der_close(&b, explicitly);
    der_close(&b, whole);
    assert_false(b.overflow || info.overflow);
    return bytes_of(b.p, b.n);
}

#endif
