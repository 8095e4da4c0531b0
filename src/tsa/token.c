#include "tsa/token.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "asn1/ecsig.h"
#include "asn1/spki.h"
#include "crypto/sm3.h"

enum {
    TST_INFO_VERSION = 1,
    SIGNED_DATA_VERSION = 3, /* RFC 5652 5.1: the content is no id-data */
    SIGNER_INFO_VERSION = 1,
    DIGEST = 32,
    INFO_FRAME = 320, /* TSTInfo but its tsa */
    ATTRIBUTES_MAX = 256,
    TOKEN_FRAME = 256, /* everything but TSTInfo, attributes, the issuer's own parts and the signature */
    INFO_MAX = INFO_FRAME + NAME_DER_MAX + 16
};

static const struct {
    oid digest, signature;
    bool null; /* parameters of the signature's algorithm (RFC 3370 3.2; for ECDSA none, RFC 5754 3.3) */
} algorithms[] = {
    [SIGNER_SM2] = {OID_SM3, OID_SM2_WITH_SM3, false},
    [SIGNER_P256] = {OID_SHA256, OID_ECDSA_WITH_SHA256, false},
    [SIGNER_RSA] = {OID_SHA256, OID_RSA, true},
};

struct tsa_issuer {
    signer *signer;
    signer_algorithm algorithm;
    bool ordering;
    unsigned time_digits;
    EVP_MD *sha256; /* fetched once; NULL in a unit of SM2 */
    uint8_t z[DIGEST];
    /* DER, in room */
    bytes tsa;                 /* [0] GeneralName */
    bytes certificates;        /* [0] SET OF Certificate */
    bytes signer_head;         /* of SignerInfo: version, sid, digestAlgorithm */
    bytes signing_certificate; /* the whole attribute */
    uint8_t room[];
};

/* ---- the unit ---- */

static void put_algorithm(buffer *b, oid id, bool null)
{
    size_t sequence = der_open(b, DER_SEQUENCE);
    oid_put(b, id);
    if (null)
        der_put_null(b);
    der_close(b, sequence);
}

static err algorithm_of(signer_algorithm *out, const cert *c)
{
    spki key;
    der_reader r = der_reader_over(c->spki);
    TRY(spki_read(&r, &key));
    oid type = oid_from_octets(key.algorithm);
    der_reader parameters = der_reader_over(key.parameters);
    bytes curve = {NULL, 0};
    if (type == OID_EC_PUBLIC_KEY)
        TRY(der_oid(&parameters, &curve));
    if (key.is_sm2)
        *out = SIGNER_SM2;
    else if (type == OID_EC_PUBLIC_KEY && oid_from_octets(curve) == OID_P256_CURVE)
        *out = SIGNER_P256;
    else if (type == OID_RSA)
        *out = SIGNER_RSA;
    else
        return ERR_UNSUPPORTED;
    return ERR_OK;
}

static bool signs_for(const signer *s, signer_algorithm algorithm, const cert *c)
{
    if (s->algorithm != algorithm)
        return false;
    if (algorithm == SIGNER_SM2)
        return memcmp(s->public_key, c->public_key, POINT_SIZE) == 0;
    return bytes_equal(s->spki, c->spki);
}

static err digest(const tsa_issuer *t, uint8_t out[DIGEST], bytes message)
{
    if (t->algorithm == SIGNER_SM2) {
        sm3(out, message.p, message.n);
        return ERR_OK;
    }
    return EVP_Digest(message.p, message.n, out, NULL, t->sha256, NULL) == 1 ? ERR_OK : ERR_MEMORY;
}

/* What was written since start. */
static bytes since(const buffer *b, size_t start)
{
    return bytes_of(b->p + start, b->n - start);
}

static err prepare_parts(tsa_issuer *t, buffer *b, const cert *c, const tsa_issuer_options *o)
{
    uint8_t hash[DIGEST];
    TRY(digest(t, hash, c->der));
    bytes certificates[SIGNED_DATA_CERTIFICATES] = {c->der};
    size_t start = b->n, explicitly = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
    der_put(b, DER_CONTEXT_CONSTRUCTED(4), c->subject); /* directoryName */
    der_close(b, explicitly);
    t->tsa = since(b, start);

    start = b->n;
    for (size_t i = 0; i < o->chain_n; i++)
        certificates[1 + i] = o->chain[i];
    der_put_set_of(b, DER_CONTEXT_CONSTRUCTED(0), certificates, 1 + o->chain_n);
    t->certificates = since(b, start);

    start = b->n;
    der_put_uint64(b, SIGNER_INFO_VERSION);
    size_t sid = der_open(b, DER_SEQUENCE);
    buffer_put(b, c->issuer.p, c->issuer.n);
    der_put_unsigned(b, c->serial);
    der_close(b, sid);
    put_algorithm(b, algorithms[t->algorithm].digest, false);
    t->signer_head = since(b, start);

    start = b->n;
    signed_attribute_opened at = signed_attribute_open(b, OID_SIGNING_CERTIFICATE_V2);
    signed_attributes_put_certificate(b, algorithms[t->algorithm].digest, hash);
    signed_attribute_close(b, at);
    t->signing_certificate = since(b, start);
    return b->overflow ? ERR_LENGTH : ERR_OK;
}

static err prepare(tsa_issuer *t, size_t room, const cert *c, const tsa_issuer_options *o)
{
    buffer b = buffer_over(t->room, room);
    TRY(algorithm_of(&t->algorithm, c));
    if (o->signer && !signs_for(o->signer, t->algorithm, c))
        return ERR_ARG;
    if (t->algorithm == SIGNER_SM2) {
        TRY(sm2_z(t->z, bytes_of_text(SM2_DEFAULT_ID), c->public_key));
    } else {
        t->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        if (!t->sha256)
            return ERR_MEMORY;
    }
    TRY(prepare_parts(t, &b, c, o));
    size_t most = TOKEN_FRAME + INFO_FRAME + ATTRIBUTES_MAX + b.n + TSA_SIGNATURE_MAX;
    return c->subject.n > NAME_DER_MAX || most > TSA_TOKEN_MAX ? ERR_LENGTH : ERR_OK;
}

err tsa_issuer_create(tsa_issuer **out, const tsa_issuer_options *o)
{
    cert c;
    err e = ERR_OK;
    *out = NULL;
    TRY(cert_parse(&c, o->certificate));
    if (o->time_digits > TSA_TIME_DIGITS_MAX)
        return ERR_RANGE;
    if (o->chain_n >= SIGNED_DATA_CERTIFICATES)
        return ERR_LIMIT;
    size_t room = 256 + c.subject.n + c.issuer.n + c.der.n;
    for (size_t i = 0; i < o->chain_n; i++)
        room += o->chain[i].n;
    tsa_issuer *t = calloc(1, sizeof *t + room);
    if (!t)
        return ERR_MEMORY;
    t->signer = o->signer;
    t->ordering = o->ordering;
    t->time_digits = o->time_digits;
    TRY_OUT(prepare(t, room, &c, o));
    *out = t;
    t = NULL;
out:
    tsa_issuer_destroy(t);
    return e;
}

void tsa_issuer_destroy(tsa_issuer *t)
{
    if (!t)
        return;
    EVP_MD_free(t->sha256);
    free(t);
}

signer_algorithm tsa_issuer_algorithm(const tsa_issuer *t)
{
    return t->algorithm;
}

/* ---- what is signed ---- */

/* TSTInfo, and the attributes as the SET that is signed (RFC 5652 5.4). */
typedef struct signed_parts {
    uint8_t info_room[INFO_MAX], attributes_room[ATTRIBUTES_MAX];
    bytes info, attributes;
} signed_parts;

uint64_t tsa_time_cut_us(unsigned digits)
{
    uint64_t step = 1;
    for (unsigned i = digits; i < TSA_TIME_DIGITS_MAX; i++)
        step *= 10;
    return step - 1;
}

/* An INTEGER 1 to 999 under [n] IMPLICIT; 0 is left out. */
static void put_thousandths(buffer *b, unsigned n, unsigned value)
{
    const uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    size_t from = value < 0x80;
    if (value > 0)
        der_put(b, DER_CONTEXT(n), bytes_of(octets + from, sizeof octets - from));
}

/* Accuracy ::= SEQUENCE { seconds INTEGER, millis [0] INTEGER (1..999), micros [1] INTEGER (1..999), each OPTIONAL } */
static void put_accuracy(buffer *b, uint64_t us)
{
    if (us == 0)
        return;
    size_t sequence = der_open(b, DER_SEQUENCE);
    if (us >= 1000000)
        der_put_uint64(b, us / 1000000);
    put_thousandths(b, 0, (unsigned)(us / 1000 % 1000));
    put_thousandths(b, 1, (unsigned)(us % 1000));
    der_close(b, sequence);
}

static err put_info(buffer *b, const tsa_issuer *t, const tsa_statement *s)
{
    size_t sequence = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, TST_INFO_VERSION);
    der_put(b, DER_OID, s->policy);
    tsa_put_imprint(b, s->hash, s->imprint, s->bare_hash);
    der_put_unsigned(b, bytes_of(s->serial, sizeof s->serial));
    TRY(der_put_generalized_time(b, s->time_us, t->time_digits));
    put_accuracy(b, s->accuracy_us);
    if (t->ordering)
        der_put_boolean(b, true);
    if (s->nonce.n > 0)
        der_put(b, DER_INTEGER, s->nonce);
    buffer_put(b, t->tsa.p, t->tsa.n);
    der_close(b, sequence);
    return b->overflow ? ERR_LENGTH : ERR_OK;
}

/* In the order of a SET OF in DER: each is longer than the one before it, and begins with its length. */
static err put_attributes(buffer *b, const tsa_issuer *t, const tsa_statement *s, const uint8_t hash[DIGEST])
{
    size_t set = der_open(b, DER_SET);
    signed_attribute_opened at = signed_attribute_open(b, OID_CONTENT_TYPE);
    oid_put(b, OID_TST_INFO);
    signed_attribute_close(b, at);
    at = signed_attribute_open(b, OID_SIGNING_TIME);
    TRY(der_put_time(b, s->time_us / 1000 - (s->time_us % 1000 < 0)));
    signed_attribute_close(b, at);
    at = signed_attribute_open(b, OID_MESSAGE_DIGEST);
    der_put(b, DER_OCTET_STRING, bytes_of(hash, DIGEST));
    signed_attribute_close(b, at);
    buffer_put(b, t->signing_certificate.p, t->signing_certificate.n);
    der_close(b, set);
    return b->overflow ? ERR_LENGTH : ERR_OK;
}

static err check_statement(const tsa_issuer *t, const tsa_statement *s)
{
    if (s->profile == CMS_GM && t->algorithm != SIGNER_SM2)
        return ERR_ARG;
    TRY(tsa_nonce_check(s->nonce));
    bool fits = s->imprint.n == tsa_hash_size(s->hash) && s->policy.n >= 1 && s->policy.n <= TSA_POLICY_MAX;
    return fits ? ERR_OK : ERR_LENGTH;
}

static err write_parts(signed_parts *p, const tsa_issuer *t, const tsa_statement *s)
{
    uint8_t hash[DIGEST];
    buffer info = buffer_over(p->info_room, sizeof p->info_room);
    buffer attributes = buffer_over(p->attributes_room, sizeof p->attributes_room);
    TRY(check_statement(t, s));
    TRY(put_info(&info, t, s));
    p->info = since(&info, 0);
    TRY(digest(t, hash, p->info));
    TRY(put_attributes(&attributes, t, s, hash));
    p->attributes = since(&attributes, 0);
    return ERR_OK;
}

/* SM2: e = SM3(Z || message), with Z from the issuer, and the two numbers as DER. */
static err sign_parts(const tsa_issuer *t, const signed_parts *p, uint8_t signature[TSA_SIGNATURE_MAX], size_t *n)
{
    if (!t->signer)
        return ERR_ARG;
    if (t->algorithm != SIGNER_SM2)
        return t->signer->sign_octets(t->signer, p->attributes, signature, n);
    uint8_t e[DIGEST], rs[ECSIG_SIZE];
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, t->z, sizeof t->z);
    sm3_update(&ctx, p->attributes.p, p->attributes.n);
    sm3_final(&ctx, e);
    TRY(t->signer->sign(t->signer, e, rs));
    return ecsig_to_der(signature, n, rs);
}

/* ---- the token around it ---- */

static void put_content(buffer *b, bytes info)
{
    size_t sequence = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_TST_INFO);
    size_t explicitly = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
    der_put(b, DER_OCTET_STRING, info);
    der_close(b, explicitly);
    der_close(b, sequence);
}

static void put_signer(buffer *b, const tsa_issuer *t, bytes attributes, bytes signature)
{
    size_t set = der_open(b, DER_SET), info = der_open(b, DER_SEQUENCE);
    buffer_put(b, t->signer_head.p, t->signer_head.n);
    /* [0] IMPLICIT SET OF: the same octets under another tag. */
    buffer_put_u8(b, DER_CONTEXT_CONSTRUCTED(0));
    buffer_put(b, attributes.p + 1, attributes.n - 1);
    put_algorithm(b, algorithms[t->algorithm].signature, algorithms[t->algorithm].null);
    der_put(b, DER_OCTET_STRING, signature);
    der_close(b, info);
    der_close(b, set);
}

static err put_token(buffer *b, const tsa_issuer *t, const signed_parts *p, cms_profile profile, bytes signature,
                     bool certificates)
{
    size_t content_info = der_open(b, DER_SEQUENCE);
    oid_put(b, profile == CMS_GM ? OID_GM_SIGNED_DATA : OID_CMS_SIGNED_DATA);
    size_t explicitly = der_open(b, DER_CONTEXT_CONSTRUCTED(0)), data = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, SIGNED_DATA_VERSION);
    size_t digests = der_open(b, DER_SET);
    put_algorithm(b, algorithms[t->algorithm].digest, false);
    der_close(b, digests);
    put_content(b, p->info);
    if (certificates)
        buffer_put(b, t->certificates.p, t->certificates.n);
    put_signer(b, t, p->attributes, signature);
    der_close(b, data);
    der_close(b, explicitly);
    der_close(b, content_info);
    return b->overflow ? ERR_LENGTH : ERR_OK;
}

err tsa_token_issue(buffer *out, const tsa_issuer *t, const tsa_statement *s, bool certificates,
                    uint8_t signature[TSA_SIGNATURE_MAX], size_t *n)
{
    signed_parts parts;
    TRY(write_parts(&parts, t, s));
    TRY(sign_parts(t, &parts, signature, n));
    return put_token(out, t, &parts, s->profile, bytes_of(signature, *n), certificates);
}

err tsa_token_write(buffer *out, const tsa_issuer *t, const tsa_statement *s, bytes signature, bool certificates)
{
    signed_parts parts;
    TRY(write_parts(&parts, t, s));
    return put_token(out, t, &parts, s->profile, signature, certificates);
}
