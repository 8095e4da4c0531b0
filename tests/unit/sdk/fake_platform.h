/* The platform: storage, entropy and credentials in memory. */
#ifndef TESTS_UNIT_SDK_FAKE_PLATFORM_H
#define TESTS_UNIT_SDK_FAKE_PLATFORM_H

#include "fake_types.h"

/* ---- randomness: known bytes ---- */

static inline int fake_fill(void *context, uint8_t *out, size_t n)
{
    fake *f = context;
    uint8_t seed[4];
    if (f->no_entropy)
        return YQ_PLATFORM_FAILED;
    store_u32be(seed, ++f->drawn);
    sm3_kdf(out, n, seed, sizeof seed);
    return YQ_PLATFORM_OK;
}

static inline err fake_rng_fill(void *ctx, uint8_t *out, size_t n)
{
    fake *f = ctx;
    uint8_t seed[5] = "s";
    f->drawn++;
    store_u32be(seed + 1, f->drawn);
    sm3_kdf(out, n, seed, sizeof seed);
    return ERR_OK;
}

static inline entropy fake_rng(fake *f)
{
    return (entropy){fake_rng_fill, f};
}

static inline void fake_id(fake *f, uint8_t id[16])
{
    assert_int_equal(fake_rng_fill(f, id, 16), ERR_OK);
}

static inline int64_t fake_now(void *context)
{
    const fake *f = context;
    return f->now;
}

static inline void fake_stop(void *context)
{
    fake *f = context;
    if (f->stopped)
        f->stopped(f);
}

/* ---- storage ---- */

static inline void fake_check_name(const char *name)
{
    size_t n = strlen(name);
    assert_in_range(n, 1, YQ_NAME_MAX);
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"), n);
}

static inline fake_file *fake_find_file(fake *f, const char *name)
{
    for (size_t i = 0; i < FAKE_FILES; i++)
        if (strcmp(f->files[i].name, name) == 0)
            return &f->files[i];
    return NULL;
}

static inline int fake_load(void *context, const char *name, uint8_t *out, size_t capacity, size_t *n)
{
    fake_check_name(name);
    const fake_file *file = fake_find_file(context, name);
    if (!file)
        return YQ_PLATFORM_NOT_FOUND;
    assert_int_equal(capacity, YQ_RECORD_MAX);
    memcpy(out, file->p, file->n);
    *n = file->n;
    return YQ_PLATFORM_OK;
}

static inline int fake_save(void *context, const char *name, const uint8_t *p, size_t n)
{
    fake *f = context;
    fake_check_name(name);
    assert_in_range(n, 1, YQ_RECORD_MAX);
    if (++f->saves == f->fail_save_at)
        return YQ_PLATFORM_FAILED;
    fake_file *file = fake_find_file(f, name);
    if (!file) {
        file = fake_find_file(f, "");
        assert_non_null(file);
        memcpy(file->name, name, strlen(name) + 1);
    }
    free(file->p);
    file->p = malloc(n);
    assert_non_null(file->p);
    memcpy(file->p, p, n);
    file->n = n;
    return YQ_PLATFORM_OK;
}

static inline int fake_erase(void *context, const char *name)
{
    fake *f = context;
    fake_check_name(name);
    if (++f->erases == f->fail_erase_at)
        return YQ_PLATFORM_FAILED;
    fake_file *file = fake_find_file(f, name);
    if (file) {
        free(file->p);
        memset(file, 0, sizeof *file);
    }
    return YQ_PLATFORM_OK;
}

static inline size_t fake_files_n(const fake *f)
{
    size_t n = 0;
    for (size_t i = 0; i < FAKE_FILES; i++)
        n += f->files[i].name[0] != 0;
    return n;
}

static inline size_t fake_credentials_n(const fake *f)
{
    size_t n = 0;
    for (size_t i = 0; i < FAKE_FILES; i++)
        n += f->credentials[i].name[0] != 0;
    return n;
}

/* ---- credential ---- */

static inline fake_credential *fake_find_credential(fake *f, const char *name)
{
    for (size_t i = 0; i < FAKE_FILES; i++)
        if (strcmp(f->credentials[i].name, name) == 0)
            return &f->credentials[i];
    return NULL;
}

static inline int fake_create(void *context, const char *name, uint8_t public_key[65])
{
    fake *f = context;
    size_t n;
    fake_check_name(name);
    if (++f->credential_calls == f->fail_credential_at)
        return YQ_PLATFORM_FAILED;
    fake_credential *c = fake_find_credential(f, name);
    if (!c) {
        c = fake_find_credential(f, "");
        assert_non_null(c);
        memcpy(c->name, name, strlen(name) + 1);
        c->key = EVP_EC_gen("P-256");
        assert_non_null(c->key);
    }
    assert_int_equal(EVP_PKEY_get_octet_string_param(c->key, OSSL_PKEY_PARAM_PUB_KEY, public_key, 65, &n), 1);
    assert_int_equal(n, 65);
    return YQ_PLATFORM_OK;
}

static inline int fake_credential_sign(void *context, const char *name, const uint8_t *message, size_t n,
                                       uint8_t rs[64])
{
    fake *f = context;
    if (++f->credential_calls == f->fail_credential_at)
        return YQ_PLATFORM_FAILED;
    fake_credential *c = fake_find_credential(f, name);
    assert_non_null(c);
    uint8_t der[80];
    size_t der_n = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, c->key), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &der_n, message, n), 1);
    EVP_MD_CTX_free(ctx);
    const uint8_t *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der_n);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(signature), rs, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(signature), rs + 32, 32), 32);
    ECDSA_SIG_free(signature);
    return YQ_PLATFORM_OK;
}

static inline int fake_credential_erase(void *context, const char *name)
{
    fake *f = context;
    if (++f->credential_calls == f->fail_credential_at)
        return YQ_PLATFORM_FAILED;
    fake_credential *c = fake_find_credential(f, name);
    if (c) {
        EVP_PKEY_free(c->key);
        memset(c, 0, sizeof *c);
    }
    return YQ_PLATFORM_OK;
}

/* ---- fingerprint ---- */

static inline fake_finger *fake_find_finger(fake *f, const char *name)
{
    for (size_t i = 0; i < FAKE_ENROLMENTS; i++)
        if (strcmp(f->fingers[i].name, name) == 0)
            return &f->fingers[i];
    return NULL;
}

static inline size_t fake_fingers_n(const fake *f)
{
    size_t n = 0;
    for (size_t i = 0; i < FAKE_ENROLMENTS; i++)
        n += f->fingers[i].name[0] != 0;
    return n;
}

static inline int fake_wrap(void *context, const char *name, const uint8_t *secret, size_t n)
{
    fake *f = context;
    fake_check_name(name);
    assert_in_range(n, 1, YQ_FINGERPRINT_MAX);
    f->wraps++;
    if (f->wrap_gives != YQ_PLATFORM_OK)
        return f->wrap_gives;
    fake_finger *finger = fake_find_finger(f, name);
    if (!finger)
        finger = fake_find_finger(f, "");
    assert_non_null(finger);
    memcpy(finger->name, name, strlen(name) + 1);
    memcpy(finger->secret, secret, n);
    finger->n = n;
    return YQ_PLATFORM_OK;
}

static inline int fake_unwrap(void *context, const char *name, const char *prompt, uint8_t *secret, size_t capacity,
                              size_t *n)
{
    fake *f = context;
    fake_check_name(name);
    assert_int_equal(capacity, YQ_FINGERPRINT_MAX);
    assert_true(utf8_valid(prompt, strlen(prompt)));
    (void)snprintf(f->prompt, sizeof f->prompt, "%s", prompt);
    f->unwraps++;
    if (f->unwrap_gives != YQ_PLATFORM_OK)
        return f->unwrap_gives;
    const fake_finger *finger = fake_find_finger(f, name);
    if (!finger)
        return YQ_PLATFORM_NOT_FOUND;
    memcpy(secret, finger->secret, finger->n);
    *n = finger->n;
    return YQ_PLATFORM_OK;
}

static inline int fake_finger_erase(void *context, const char *name)
{
    fake *f = context;
    fake_check_name(name);
    f->finger_erases++;
    if (f->fail_finger_erase)
        return YQ_PLATFORM_FAILED;
    fake_finger *finger = fake_find_finger(f, name);
    if (finger)
        memset(finger, 0, sizeof *finger);
    return YQ_PLATFORM_OK;
}

static inline bool fake_credential_verify(const uint8_t public_key[65], const uint8_t *message, size_t n,
                                          const uint8_t rs[64])
{
    char group[] = "P-256";
    uint8_t encoded[65];
    memcpy(encoded, public_key, 65);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, 65),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *from = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    assert_int_equal(EVP_PKEY_fromdata_init(from), 1);
    assert_int_equal(EVP_PKEY_fromdata(from, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    EVP_PKEY_CTX_free(from);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    ECDSA_SIG_set0(signature, BN_bin2bn(rs, 32, NULL), BN_bin2bn(rs + 32, 32, NULL));
    uint8_t *der = NULL;
    int der_n = i2d_ECDSA_SIG(signature, &der);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    bool valid = EVP_DigestVerify(ctx, der, (size_t)der_n, message, n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    OPENSSL_free(der);
    return valid;
}

#endif
