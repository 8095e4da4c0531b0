#include "keystore/openssl_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"

typedef struct openssl_key {
    signer base;
    EVP_PKEY *key;
    EVP_MD_CTX *prepared; /* DigestSign, begun; each signature begins with a copy of it */
    unsigned char *spki;
} openssl_key;

static err key_generate(EVP_PKEY **out, signer_algorithm algorithm)
{
    if (algorithm == SIGNER_P256)
        *out = EVP_EC_gen("P-256");
    else if (algorithm == SIGNER_RSA)
        *out = EVP_RSA_gen(OPENSSL_KEY_RSA_BITS);
    else
        return ERR_ARG;
    return *out ? ERR_OK : ERR_INTERNAL;
}

err openssl_key_generate(signer_algorithm algorithm, uint8_t pkcs8[OPENSSL_KEY_MAX], size_t *n)
{
    EVP_PKEY *key = NULL;
    PKCS8_PRIV_KEY_INFO *info = NULL;
    unsigned char *der = NULL;
    int der_n = 0;
    err e;
    TRY_OUT(key_generate(&key, algorithm));
    info = EVP_PKEY2PKCS8(key);
    der_n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
    if (der_n <= 0 || der_n > OPENSSL_KEY_MAX) {
        e = ERR_INTERNAL;
        goto out;
    }
    memcpy(pkcs8, der, (size_t)der_n);
    *n = (size_t)der_n;
out:
    if (der_n > 0)
        OPENSSL_clear_free(der, (size_t)der_n);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
    return e;
}

static err openssl_sign(signer *self, bytes message, uint8_t octets[SIGNER_OCTETS_MAX], size_t *n)
{
    openssl_key *k = (openssl_key *)self;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    *n = SIGNER_OCTETS_MAX;
    bool done =
        md && EVP_MD_CTX_copy_ex(md, k->prepared) == 1 && EVP_DigestSign(md, octets, n, message.p, message.n) == 1;
    EVP_MD_CTX_free(md);
    return done ? ERR_OK : ERR_MEMORY;
}

static void openssl_destroy(signer *self)
{
    openssl_key *k = (openssl_key *)self;
    EVP_MD_CTX_free(k->prepared);
    EVP_PKEY_free(k->key);
    OPENSSL_free(k->spki);
    free(k);
}

static err algorithm_of(signer_algorithm *out, EVP_PKEY *key)
{
    char group[32];
    int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
        strcmp(group, "prime256v1") == 0)
        *out = SIGNER_P256;
    else if (EVP_PKEY_is_a(key, "RSA") && bits >= 2048 && bits <= 8 * SIGNER_OCTETS_MAX)
        *out = SIGNER_RSA;
    else
        return ERR_UNSUPPORTED;
    return ERR_OK;
}

static err key_read(EVP_PKEY **out, bytes pkcs8)
{
    const unsigned char *p = pkcs8.p;
    *out = pkcs8.n <= OPENSSL_KEY_MAX ? d2i_AutoPrivateKey(NULL, &p, (long)pkcs8.n) : NULL;
    return *out && p == pkcs8.p + pkcs8.n ? ERR_OK : ERR_DER;
}

err openssl_key_signer(signer **out, bytes pkcs8)
{
    err e;
    int spki_n;
    *out = NULL;
    openssl_key *k = calloc(1, sizeof *k);
    if (!k)
        return ERR_MEMORY;
    k->base.sign_octets = openssl_sign;
    k->base.destroy = openssl_destroy;
    TRY_OUT(key_read(&k->key, pkcs8));
    TRY_OUT(algorithm_of(&k->base.algorithm, k->key));
    e = ERR_MEMORY;
    spki_n = i2d_PUBKEY(k->key, &k->spki);
    k->prepared = EVP_MD_CTX_new();
    if (spki_n <= 0 || !k->prepared || EVP_DigestSignInit(k->prepared, NULL, EVP_sha256(), NULL, k->key) != 1)
        goto out;
    k->base.spki = bytes_of(k->spki, (size_t)spki_n);
    *out = &k->base;
    return ERR_OK;
out:
    openssl_destroy(&k->base);
    return e;
}

err openssl_key_unseal(signer **out, const keystore *ks, bytes context, bytes sealed)
{
    *out = NULL;
    uint8_t pkcs8[OPENSSL_KEY_MAX];
    err e;
    if (sealed.n < KEYSTORE_OVERHEAD || sealed.n > sizeof pkcs8 + KEYSTORE_OVERHEAD)
        return ERR_DECRYPT;
    TRY_OUT(keystore_unseal(ks, context, sealed, pkcs8));
    TRY_OUT(openssl_key_signer(out, bytes_of(pkcs8, sealed.n - KEYSTORE_OVERHEAD)));
out:
    wipe(pkcs8, sizeof pkcs8);
    return e;
}
