#include "unit/keystore/key_dir.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "keystore/keystore.h"
#include "keystore/openssl_key.h"

#define MESSAGE bytes_of("signed", 6)

static signer *make(signer_algorithm algorithm)
{
    uint8_t pkcs8[OPENSSL_KEY_MAX];
    size_t n;
    signer *s;
    assert_int_equal(openssl_key_generate(algorithm, pkcs8, &n), ERR_OK);
    assert_int_equal(openssl_key_signer(&s, bytes_of(pkcs8, n)), ERR_OK);
    assert_int_equal(s->algorithm, algorithm);
    return s;
}

/* With the public key alone. */
static bool verifies(const signer *s, bytes message, bytes signature)
{
    const unsigned char *p = s->spki.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)s->spki.n);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    assert_true(key && md);
    bool good = EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(md, signature.p, signature.n, message.p, message.n) == 1;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    return good;
}

static void test_what_is_signed_verifies(void **state)
{
    (void)state;
    for (signer_algorithm algorithm = SIGNER_P256; algorithm <= SIGNER_RSA; algorithm++) {
        signer *s = make(algorithm);
        uint8_t octets[SIGNER_OCTETS_MAX], rs[64];
        size_t n;
        assert_int_equal(s->sign_octets(s, MESSAGE, octets, &n), ERR_OK);
        assert_true(verifies(s, MESSAGE, bytes_of(octets, n)));
        assert_false(verifies(s, bytes_of("sIgned", 6), bytes_of(octets, n)));
        if (algorithm == SIGNER_RSA)
            assert_int_equal(n, OPENSSL_KEY_RSA_BITS / 8);
        /* What is SM2's alone is refused, not done with another key. */
        assert_int_equal(signer_sign_message(s, MESSAGE, rs), ERR_UNSUPPORTED);
        signer_destroy(s);
    }
}

typedef struct worker {
    signer *s;
    unsigned bad;
} worker;

static void *work(void *arg)
{
    worker *w = arg;
    for (size_t i = 0; i < 50; i++) {
        uint8_t octets[SIGNER_OCTETS_MAX], message[8] = {(uint8_t)i};
        size_t n;
        bool good = w->s->sign_octets(w->s, bytes_of(message, sizeof message), octets, &n) == ERR_OK &&
                    verifies(w->s, bytes_of(message, sizeof message), bytes_of(octets, n));
        w->bad += !good;
    }
    return NULL;
}

static void test_from_many_threads(void **state)
{
    (void)state;
    for (signer_algorithm algorithm = SIGNER_P256; algorithm <= SIGNER_RSA; algorithm++) {
        signer *s = make(algorithm);
        pthread_t threads[4];
        worker workers[4];
        for (size_t i = 0; i < 4; i++) {
            workers[i] = (worker){s, 0};
            assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
        }
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            assert_int_equal(workers[i].bad, 0);
        }
        signer_destroy(s);
    }
}

/* PKCS#8 of a key that is none of ours. */
static bytes other_key(uint8_t room[OPENSSL_KEY_MAX], EVP_PKEY *key)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    unsigned char *p = room;
    assert_non_null(info);
    assert_true(i2d_PKCS8_PRIV_KEY_INFO(info, NULL) <= OPENSSL_KEY_MAX);
    int n = i2d_PKCS8_PRIV_KEY_INFO(info, &p);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
    return bytes_of(room, (size_t)n);
}

static void test_keys_that_are_refused(void **state)
{
    (void)state;
    uint8_t room[OPENSSL_KEY_MAX + 1] = {0};
    size_t n;
    signer *s;
    assert_int_equal(openssl_key_generate(SIGNER_SM2, room, &n), ERR_ARG);
    assert_int_equal(openssl_key_signer(&s, bytes_of(room, 0)), ERR_DER);
    assert_int_equal(openssl_key_signer(&s, bytes_of(room, 32)), ERR_DER);
    assert_int_equal(openssl_key_signer(&s, bytes_of(room, sizeof room)), ERR_DER);
    assert_int_equal(openssl_key_signer(&s, other_key(room, EVP_EC_gen("P-384"))), ERR_UNSUPPORTED);
    assert_int_equal(openssl_key_signer(&s, other_key(room, EVP_RSA_gen(1024))), ERR_UNSUPPORTED);
    assert_null(s);
    assert_int_equal(openssl_key_generate(SIGNER_P256, room, &n), ERR_OK);
    room[n] = 0;
    assert_int_equal(openssl_key_signer(&s, bytes_of(room, n + 1)), ERR_DER);
}

static void test_sealed_keys(void **state)
{
    (void)state;
    key_dir d;
    keystore *ks;
    uint8_t pkcs8[OPENSSL_KEY_MAX], sealed[OPENSSL_KEY_MAX + KEYSTORE_OVERHEAD + 1];
    size_t n;
    signer *s;
    key_dir_make(&d);
    assert_int_equal(keystore_open(&ks, d.dir, true, &system_rng), ERR_OK);
    for (signer_algorithm algorithm = SIGNER_P256; algorithm <= SIGNER_RSA; algorithm++) {
        bytes context = bytes_of_text("tsa_unit.sealed_key");
        assert_int_equal(openssl_key_generate(algorithm, pkcs8, &n), ERR_OK);
        assert_int_equal(keystore_seal(ks, context, bytes_of(pkcs8, n), sealed, &no_rng), ERR_ENTROPY);
        assert_int_equal(keystore_seal(ks, context, bytes_of(pkcs8, n), sealed, &system_rng), ERR_OK);
        n += KEYSTORE_OVERHEAD;
        assert_int_equal(openssl_key_unseal(&s, ks, context, bytes_of(sealed, n)), ERR_OK);
        assert_int_equal(s->algorithm, algorithm);
        signer_destroy(s);
        assert_int_equal(openssl_key_unseal(&s, ks, bytes_of_text("ca.sealed_key"), bytes_of(sealed, n)), ERR_DECRYPT);
        assert_null(s);
        assert_int_equal(openssl_key_unseal(&s, ks, context, bytes_of(sealed, KEYSTORE_OVERHEAD - 1)), ERR_DECRYPT);
        assert_int_equal(openssl_key_unseal(&s, ks, context, bytes_of(sealed, sizeof sealed)), ERR_DECRYPT);
        sealed[n - 1] ^= 1;
        assert_int_equal(openssl_key_unseal(&s, ks, context, bytes_of(sealed, n)), ERR_DECRYPT);
    }
    keystore_close(ks);
    key_dir_remove(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_signed_verifies),
        cmocka_unit_test(test_from_many_threads),
        cmocka_unit_test(test_keys_that_are_refused),
        cmocka_unit_test(test_sealed_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
