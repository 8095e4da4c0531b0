#include "pki/p256.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static EVP_PKEY *key_load(const uint8_t public_key[P256_POINT])
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)public_key, P256_POINT),
        OSSL_PARAM_construct_end()};
    if (ctx && public_key[0] == 4 && EVP_PKEY_fromdata_init(ctx) == 1)
        if (EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
            key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

err p256_check(const uint8_t public_key[P256_POINT])
{
    EVP_PKEY *key = key_load(public_key);
    EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    err e = ctx && EVP_PKEY_public_check(ctx) == 1 ? ERR_OK : ERR_POINT;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    return e;
}

err p256_verify(const uint8_t public_key[P256_POINT], bytes message, const uint8_t signature[P256_SIGNATURE])
{
    err e = ERR_MEMORY;
    unsigned char *der = NULL;
    int der_n;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY *key = key_load(public_key);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL), *s = BN_bin2bn(signature + 32, 32, NULL);
    if (!key) {
        e = ERR_POINT;
        goto out;
    }
    if (!md || !sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1)
        goto out;
    r = s = NULL; /* the signature's now */
    der_n = i2d_ECDSA_SIG(sig, &der);
    if (der_n <= 0)
        goto out;
    e = ERR_SIGNATURE;
    if (EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(md, der, (size_t)der_n, message.p, message.n) == 1)
        e = ERR_OK;
out:
    BN_free(r);
    BN_free(s);
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    EVP_PKEY_free(key);
    EVP_MD_CTX_free(md);
    return e;
}
