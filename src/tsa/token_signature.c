#include "tsa/token_signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "asn1/ecsig.h"
#include "crypto/sm2.h"

enum { SECURITY_BITS = 112 };

static err verify_sm2(const tsa_token *t, const cert *by, bytes message)
{
    uint8_t rs[ECSIG_SIZE], e[32];
    if (ecsig_from_der(rs, t->signature) != ERR_OK)
        return ERR_SIGNATURE;
    sm2_digest(e, by->public_key, message);
    return sm2_verify_bytes(by->public_key, e, rs) == ERR_OK ? ERR_OK : ERR_SIGNATURE;
}

static const EVP_MD *evp_hash(tsa_hash hash)
{
    return hash == TSA_SM3      ? EVP_sm3()
           : hash == TSA_SHA256 ? EVP_sha256()
           : hash == TSA_SHA384 ? EVP_sha384()
                                : EVP_sha512();
}

static bool key_fits(const EVP_PKEY *key, tsa_signature_kind kind)
{
    int id = EVP_PKEY_get_base_id(key);
    bool fits = kind == TSA_BY_ECDSA ? id == EVP_PKEY_EC
                : kind == TSA_BY_RSA ? id == EVP_PKEY_RSA
                                     : id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS;
    return fits && EVP_PKEY_get_security_bits(key) >= SECURITY_BITS;
}

static bool set_padding(EVP_PKEY_CTX *ctx, const tsa_token *t)
{
    if (t->signature_kind == TSA_BY_ECDSA)
        return true;
    if (t->signature_kind == TSA_BY_RSA)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, evp_hash(t->digest)) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)t->salt_n) == 1;
}

static err verify_openssl(const tsa_token *t, const cert *by, bytes message)
{
    const uint8_t *at = by->spki.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)by->spki.n);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx;
    err e = !digest ? ERR_MEMORY : !key || !key_fits(key, t->signature_kind) ? ERR_UNSUPPORTED : ERR_OK;
    if (e == ERR_OK &&
        (EVP_DigestVerifyInit(digest, &ctx, evp_hash(t->digest), NULL, key) != 1 || !set_padding(ctx, t)))
        e = ERR_UNSUPPORTED;
    if (e == ERR_OK && EVP_DigestVerify(digest, t->signature.p, t->signature.n, message.p, message.n) != 1)
        e = ERR_SIGNATURE;
    EVP_MD_CTX_free(digest);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return e;
}

err tsa_token_signature(arena *a, const tsa_token *t, const cert *by)
{
    bytes message = bytes_of(tsa_token_message(a, t), t->attributes_whole.n);
    if (!message.p)
        return ERR_MEMORY;
    if (by->is_sm2 != (t->signature_kind == TSA_BY_SM2))
        return ERR_UNSUPPORTED;
    return by->is_sm2 ? verify_sm2(t, by, message) : verify_openssl(t, by, message);
}
