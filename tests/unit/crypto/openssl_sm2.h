/* SM2 by OpenSSL: keys, signatures as r || s, ciphers as C1 || C3 || C2. */
#ifndef YIQIAN_TESTS_CRYPTO_OPENSSL_SM2_H
#define YIQIAN_TESTS_CRYPTO_OPENSSL_SM2_H

#include <openssl/asn1t.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "crypto/sm2.h"
#include "peer.h"

/* OpenSSL's own default is the empty ID. */
static const char peer_id[] = "1234567812345678";

/* d may be NULL for a public key alone. */
static inline EVP_PKEY *peer_key(const uint8_t public_key[POINT_SIZE], const scalar *d)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *secret = d ? bn_scalar(d) : NULL;
    assert_true(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0));
    assert_true(OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public_key, POINT_SIZE));
    if (secret)
        assert_true(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret));
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_free(secret);
    return key;
}

/* A context for one signature or verification; the caller frees it and *pkey. */
static inline EVP_MD_CTX *peer_digest_context(EVP_PKEY *key, EVP_PKEY_CTX **pkey)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    *pkey = EVP_PKEY_CTX_new(key, NULL);
    assert_non_null(ctx);
    assert_non_null(*pkey);
    assert_int_equal(EVP_PKEY_CTX_set1_id(*pkey, peer_id, strlen(peer_id)), 1);
    EVP_MD_CTX_set_pkey_ctx(ctx, *pkey);
    return ctx;
}

static inline void peer_sign(uint8_t rs[64], EVP_PKEY *key, bytes message)
{
    EVP_PKEY_CTX *pkey;
    EVP_MD_CTX *ctx = peer_digest_context(key, &pkey);
    uint8_t der[80];
    const uint8_t *at = der;
    size_t der_n = sizeof der;
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sm3(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &der_n, message.p, message.n), 1);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der_n);
    assert_non_null(signature);
    bn_bytes(rs, ECDSA_SIG_get0_r(signature));
    bn_bytes(rs + 32, ECDSA_SIG_get0_s(signature));
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pkey);
}

static inline bool peer_verify(EVP_PKEY *key, bytes message, const uint8_t rs[64])
{
    EVP_PKEY_CTX *pkey;
    EVP_MD_CTX *ctx = peer_digest_context(key, &pkey);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    uint8_t *der = NULL;
    assert_true(ECDSA_SIG_set0(signature, bn_of(rs, 32), bn_of(rs + 32, 32)));
    int der_n = i2d_ECDSA_SIG(signature, &der);
    assert_true(der_n > 0);
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sm3(), NULL, key), 1);
    bool good = EVP_DigestVerify(ctx, der, (size_t)der_n, message.p, message.n) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pkey);
    return good;
}

/* The same over the 32 bytes e themselves. */
static inline bool peer_verify_digest(const uint8_t public_key[POINT_SIZE], const uint8_t e[32], const uint8_t rs[64])
{
    EVP_PKEY *key = peer_key(public_key, NULL);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    uint8_t *der = NULL;
    assert_true(ECDSA_SIG_set0(signature, bn_of(rs, 32), bn_of(rs + 32, 32)));
    int der_n = i2d_ECDSA_SIG(signature, &der);
    assert_true(der_n > 0);
    assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
    bool good = EVP_PKEY_verify(ctx, der, (size_t)der_n, e, 32) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

/* SM2Cipher of GM/T 0009-2012. */
typedef struct peer_cipher {
    ASN1_INTEGER *x, *y;
    ASN1_OCTET_STRING *digest, *text;
} peer_cipher;

/* clang-format off */
DECLARE_ASN1_FUNCTIONS(peer_cipher)
ASN1_SEQUENCE(peer_cipher) = {
    ASN1_SIMPLE(peer_cipher, x, ASN1_INTEGER),
    ASN1_SIMPLE(peer_cipher, y, ASN1_INTEGER),
    ASN1_SIMPLE(peer_cipher, digest, ASN1_OCTET_STRING),
    ASN1_SIMPLE(peer_cipher, text, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(peer_cipher)
    /* clang-format on */
    IMPLEMENT_ASN1_FUNCTIONS(peer_cipher)

    /* out: message.n + SM2_CIPHER_OVERHEAD bytes. */
    static inline void peer_encrypt(uint8_t * out, EVP_PKEY *key, bytes message)
{
    uint8_t der[1024];
    const uint8_t *at = der;
    size_t der_n = sizeof der;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_encrypt(ctx, der, &der_n, message.p, message.n), 1);
    EVP_PKEY_CTX_free(ctx);
    peer_cipher *cipher = d2i_peer_cipher(NULL, &at, (long)der_n);
    assert_non_null(cipher);
    BIGNUM *x = ASN1_INTEGER_to_BN(cipher->x, NULL), *y = ASN1_INTEGER_to_BN(cipher->y, NULL);
    out[0] = 4;
    bn_bytes(out + 1, x);
    bn_bytes(out + 33, y);
    BN_free(x);
    BN_free(y);
    assert_int_equal(ASN1_STRING_length(cipher->digest), 32);
    assert_int_equal(ASN1_STRING_length(cipher->text), message.n);
    memcpy(out + POINT_SIZE, ASN1_STRING_get0_data(cipher->digest), 32);
    memcpy(out + SM2_CIPHER_OVERHEAD, ASN1_STRING_get0_data(cipher->text), message.n);
    peer_cipher_free(cipher);
}

/* out: cipher.n bytes; the length of the message, or 0 where OpenSSL refuses. */
static inline size_t peer_decrypt(uint8_t *out, EVP_PKEY *key, bytes given)
{
    peer_cipher *cipher = peer_cipher_new();
    BIGNUM *x = bn_of(given.p + 1, 32), *y = bn_of(given.p + 33, 32);
    uint8_t *der = NULL;
    size_t n = given.n;
    assert_non_null(BN_to_ASN1_INTEGER(x, cipher->x));
    assert_non_null(BN_to_ASN1_INTEGER(y, cipher->y));
    assert_true(ASN1_STRING_set(cipher->digest, given.p + POINT_SIZE, 32));
    assert_true(ASN1_STRING_set(cipher->text, given.p + SM2_CIPHER_OVERHEAD, (int)(given.n - SM2_CIPHER_OVERHEAD)));
    int der_n = i2d_peer_cipher(cipher, &der);
    assert_true(der_n > 0);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
    bool good = EVP_PKEY_decrypt(ctx, out, &n, der, (size_t)der_n) == 1;
    EVP_PKEY_CTX_free(ctx);
    OPENSSL_free(der);
    BN_free(x);
    BN_free(y);
    peer_cipher_free(cipher);
    return good ? n : 0;
}

#endif
