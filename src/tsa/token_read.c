#include "tsa/token_read.h"

#include <limits.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "asn1/name.h"
#include "tsa/response.h"

/* An AlgorithmIdentifier: parameters are the whole value, empty where there are none. */
static err read_algorithm(der_reader *r, bytes *type, bytes *parameters)
{
    der_reader algorithm;
    *parameters = (bytes){NULL, 0};
    TRY(der_enter(r, &algorithm, DER_SEQUENCE));
    TRY(der_oid(&algorithm, type));
    if (!der_at_end(&algorithm))
        TRY(der_any(&algorithm, NULL, NULL, parameters));
    return der_finish(&algorithm);
}

static bool none_or_null(bytes parameters)
{
    return parameters.n == 0 || (parameters.n == 2 && parameters.p[0] == DER_NULL);
}

static err read_hash(der_reader *r, tsa_hash *out)
{
    bytes type, parameters;
    TRY(read_algorithm(r, &type, &parameters));
    if (!none_or_null(parameters))
        return ERR_UNSUPPORTED;
    return tsa_hash_from_oid(out, type);
}

static err read_profile(der_reader *r, tsa_token *out)
{
    bytes type;
    TRY(der_oid(r, &type));
    oid id = oid_from_octets(type);
    out->profile = id == OID_GM_SIGNED_DATA ? CMS_GM : CMS_RFC;
    return id == OID_GM_SIGNED_DATA || id == OID_CMS_SIGNED_DATA ? ERR_OK : ERR_UNSUPPORTED;
}

/* SET OF DigestAlgorithmIdentifier: for readers in one pass; what counts is the signer's. */
static err skip_digests(der_reader *r)
{
    der_reader digests;
    bytes type, parameters;
    TRY(der_enter(r, &digests, DER_SET));
    while (!der_at_end(&digests))
        TRY(read_algorithm(&digests, &type, &parameters));
    return ERR_OK;
}

static err read_content(der_reader *r, tsa_token *out)
{
    der_reader content, explicitly;
    TRY(der_enter(r, &content, DER_SEQUENCE));
    TRY(der_oid(&content, &out->content_type));
    TRY(der_enter(&content, &explicitly, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_value(&explicitly, &out->content, DER_OCTET_STRING));
    TRY(der_finish(&explicitly));
    return der_finish(&content);
}

static err read_certificates(der_reader *r, tsa_token *out)
{
    der_reader certificates;
    if (!der_next_is(r, DER_CONTEXT_CONSTRUCTED(0)))
        return ERR_OK;
    TRY(der_enter(r, &certificates, DER_CONTEXT_CONSTRUCTED(0)));
    while (!der_at_end(&certificates)) {
        uint8_t tag;
        bytes whole;
        TRY(der_any(&certificates, &tag, NULL, &whole));
        if (tag != DER_SEQUENCE)
            return ERR_UNSUPPORTED;
        if (out->certificates_n == TSA_READ_CERTIFICATES)
            return ERR_LIMIT;
        out->certificates[out->certificates_n++] = whole;
    }
    return ERR_OK;
}

/* Revocation lists that came along and attributes that are not signed prove nothing. */
static err skip_tagged(der_reader *r, uint8_t tag)
{
    return der_next_is(r, tag) ? der_value(r, &(bytes){NULL, 0}, tag) : ERR_OK;
}

/* SignerIdentifier (RFC 5652 5.3): which of the two goes with which version. */
static err read_signer_id(der_reader *r, uint64_t version, tsa_token *out)
{
    der_reader name;
    if (version == 3)
        return der_value(r, &out->key_id, DER_CONTEXT(0));
    if (version != 1)
        return ERR_UNSUPPORTED;
    TRY(der_enter(r, &name, DER_SEQUENCE));
    TRY(der_any(&name, NULL, NULL, &out->issuer));
    TRY(name_check(out->issuer));
    TRY(der_unsigned(&name, &out->serial));
    return der_finish(&name);
}

/* RSASSA-PSS-params (RFC 4055 3.1), with the digest's own hash twice; the defaults are SHA-1, which is not taken. */
static err read_pss(bytes parameters, tsa_token *out)
{
    der_reader outer = der_reader_over(parameters), pss, field, mask;
    bytes type;
    tsa_hash hash, mask_hash;
    uint64_t salt;
    TRY(der_enter(&outer, &pss, DER_SEQUENCE));
    TRY(der_enter(&pss, &field, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(read_hash(&field, &hash));
    TRY(der_finish(&field));
    TRY(der_enter(&pss, &field, DER_CONTEXT_CONSTRUCTED(1)));
    TRY(der_enter(&field, &mask, DER_SEQUENCE));
    TRY(der_finish(&field));
    TRY(der_oid(&mask, &type));
    TRY(read_hash(&mask, &mask_hash));
    TRY(der_finish(&mask));
    TRY(der_enter(&pss, &field, DER_CONTEXT_CONSTRUCTED(2)));
    TRY(der_uint64(&field, &salt));
    TRY(der_finish(&field));
    TRY(der_finish(&pss));
    if (oid_from_octets(type) != OID_MGF1 || hash != out->digest || mask_hash != out->digest || salt > 64)
        return ERR_UNSUPPORTED;
    out->salt_n = (size_t)salt;
    return ERR_OK;
}

/* Which kind an algorithm is, and its hash where it names one; else that is the digest's. "SM2 sign" is what some write for SM2-with-SM3,
 * id-ecPublicKey and rsaEncryption what others write for a signature by that kind of key. */
static const struct {
    oid id;
    tsa_signature_kind kind;
    int hash;
} algorithms[] = {{OID_SM2_WITH_SM3, TSA_BY_SM2, TSA_SM3},
                  {OID_SM2_SIGN, TSA_BY_SM2, TSA_SM3},
                  {OID_ECDSA_WITH_SHA256, TSA_BY_ECDSA, TSA_SHA256},
                  {OID_ECDSA_WITH_SHA384, TSA_BY_ECDSA, TSA_SHA384},
                  {OID_ECDSA_WITH_SHA512, TSA_BY_ECDSA, TSA_SHA512},
                  {OID_EC_PUBLIC_KEY, TSA_BY_ECDSA, -1},
                  {OID_RSA, TSA_BY_RSA, -1},
                  {OID_SHA256_WITH_RSA, TSA_BY_RSA, TSA_SHA256},
                  {OID_SHA384_WITH_RSA, TSA_BY_RSA, TSA_SHA384},
                  {OID_SHA512_WITH_RSA, TSA_BY_RSA, TSA_SHA512},
                  {OID_RSA_PSS, TSA_BY_RSA_PSS, -1}};

static err read_signature_algorithm(der_reader *r, tsa_token *out)
{
    bytes type, parameters;
    TRY(read_algorithm(r, &type, &parameters));
    oid id = oid_from_octets(type);
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (algorithms[i].id != id)
            continue;
        if (algorithms[i].hash >= 0 && algorithms[i].hash != (int)out->digest)
            return ERR_UNSUPPORTED;
        out->signature_kind = algorithms[i].kind;
        return out->signature_kind == TSA_BY_RSA_PSS ? read_pss(parameters, out)
               : none_or_null(parameters)            ? ERR_OK
                                                     : ERR_UNSUPPORTED;
    }
    return ERR_UNSUPPORTED;
}

static err read_attributes(der_reader *r, tsa_token *out)
{
    uint8_t tag;
    TRY(der_any(r, &tag, &out->attributes, &out->attributes_whole));
    if (tag != DER_CONTEXT_CONSTRUCTED(0))
        return ERR_DER; /* RFC 5652 5.3: they must be there, the content being no id-data */
    return signed_attributes_read(&out->signed_values, out->attributes);
}

static err read_signer(der_reader *r, tsa_token *out, const char **where)
{
    der_reader infos, info;
    uint64_t version;
    *where = "SignedData.signerInfos";
    TRY(der_enter(r, &infos, DER_SET));
    if (der_at_end(&infos))
        return ERR_UNSUPPORTED;
    TRY(der_enter(&infos, &info, DER_SEQUENCE));
    if (!der_at_end(&infos))
        return ERR_UNSUPPORTED; /* RFC 3161 2.4.2: no signature but the authority's */
    *where = "SignerInfo.version";
    TRY(der_uint64(&info, &version));
    *where = "SignerInfo.sid";
    TRY(read_signer_id(&info, version, out));
    *where = "SignerInfo.digestAlgorithm";
    TRY(read_hash(&info, &out->digest));
    *where = "SignerInfo.signedAttrs";
    TRY(read_attributes(&info, out));
    *where = "SignerInfo.signatureAlgorithm";
    TRY(read_signature_algorithm(&info, out));
    *where = "SignerInfo.signature";
    TRY(der_value(&info, &out->signature, DER_OCTET_STRING));
    *where = "SignerInfo.unsignedAttrs";
    TRY(skip_tagged(&info, DER_CONTEXT_CONSTRUCTED(1)));
    return der_finish(&info);
}

static err read_signed_data(der_reader *data, tsa_token *out, const char **where)
{
    uint64_t version;
    *where = "SignedData.version";
    TRY(der_uint64(data, &version));
    if (version < 1 || version > 5)
        return ERR_UNSUPPORTED; /* RFC 5652 5.1 */
    *where = "SignedData.digestAlgorithms";
    TRY(skip_digests(data));
    *where = "SignedData.encapContentInfo";
    TRY(read_content(data, out));
    *where = "SignedData.certificates";
    TRY(read_certificates(data, out));
    *where = "SignedData.crls";
    TRY(skip_tagged(data, DER_CONTEXT_CONSTRUCTED(1)));
    TRY(read_signer(data, out, where));
    *where = "SignedData";
    return der_finish(data);
}

static err read_content_info(tsa_token *out, bytes der, const char **where)
{
    der_reader outer = der_reader_over(der), info, explicitly, data;
    memset(out, 0, sizeof *out);
    *where = "ContentInfo";
    TRY(der_enter(&outer, &info, DER_SEQUENCE));
    TRY(der_finish(&outer));
    *where = "ContentInfo.contentType";
    TRY(read_profile(&info, out));
    *where = "ContentInfo.content";
    TRY(der_enter(&info, &explicitly, DER_CONTEXT_CONSTRUCTED(0)));
    TRY(der_finish(&info));
    TRY(der_enter(&explicitly, &data, DER_SEQUENCE));
    TRY(der_finish(&explicitly));
    TRY(read_signed_data(&data, out, where));
    return tst_info_read(&out->info, out->content, where);
}

/* The token inside a response, where it is one: its first value is a SEQUENCE, a ContentInfo's an OBJECT IDENTIFIER. */
static err unwrap(bytes *der, const char **where)
{
    der_reader outer = der_reader_over(*der), inner;
    tsa_response response;
    if (der_enter(&outer, &inner, DER_SEQUENCE) != ERR_OK || !der_next_is(&inner, DER_SEQUENCE))
        return ERR_OK;
    *where = "TimeStampResp";
    TRY(tsa_response_read(&response, *der));
    *where = "TimeStampResp.status";
    if (response.token.n == 0)
        return ERR_NOT_FOUND;
    *der = response.token;
    return ERR_OK;
}

err tsa_token_read(tsa_token *out, bytes der, const char **where)
{
    *where = "size";
    if (der.n > TSA_READ_MAX)
        return ERR_LENGTH;
    TRY(unwrap(&der, where));
    return read_content_info(out, der, where);
}

/* What OpenSSL makes of a ContentInfo, in DER; *out is empty where it makes nothing of it. */
static err convert(arena *a, bytes given, bytes *out)
{
    const uint8_t *at = given.p;
    uint8_t *der = NULL;
    *out = (bytes){NULL, 0};
    CMS_ContentInfo *info = d2i_CMS_ContentInfo(NULL, &at, (long)given.n);
    int n = info && at == given.p + given.n ? i2d_CMS_ContentInfo(info, &der) : 0;
    if (n > 0)
        *out = bytes_of(arena_copy(a, der, (size_t)n), (size_t)n);
    OPENSSL_free(der);
    CMS_ContentInfo_free(info);
    ERR_clear_error();
    return n > 0 && !out->p ? ERR_MEMORY : ERR_OK;
}

/* The rest of a response's SEQUENCE behind its status, where it has a definite length; else what was given. */
static bytes ber_token(bytes given)
{
    der_reader outer = der_reader_over(given), inner;
    if (der_enter(&outer, &inner, DER_SEQUENCE) != ERR_OK || !der_next_is(&inner, DER_SEQUENCE) ||
        der_any(&inner, NULL, NULL, NULL) != ERR_OK)
        return given;
    return bytes_of(inner.p, (size_t)(inner.end - inner.p));
}

err tsa_token_read_any(arena *a, tsa_token *out, bytes given, bool *converted, const char **where)
{
    bytes der;
    *converted = false;
    err e = tsa_token_read(out, given, where);
    if (e != ERR_DER)
        return e;
    TRY(convert(a, ber_token(given), &der));
    *converted = der.n > 0;
    return der.n > 0 ? tsa_token_read(out, der, where) : e;
}

const uint8_t *tsa_token_message(arena *a, const tsa_token *t)
{
    uint8_t *set = arena_copy(a, t->attributes_whole.p, t->attributes_whole.n);
    if (set)
        set[0] = DER_SET;
    return set;
}
