#include "crypto/hash_drbg.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "crypto/sm3.h"
#include "peer.h"

/* OpenSSL's HASH-DRBG with digest SM3, over a TEST-RAND that gives the entropy and nonce it is told. */
typedef struct peer_drbg {
    EVP_RAND_CTX *source, *generator;
} peer_drbg;

static EVP_RAND_CTX *rand_create(const char *name, EVP_RAND_CTX *parent)
{
    EVP_RAND *method = EVP_RAND_fetch(NULL, name, NULL);
    assert_non_null(method);
    EVP_RAND_CTX *ctx = EVP_RAND_CTX_new(method, parent);
    assert_non_null(ctx);
    EVP_RAND_free(method);
    return ctx;
}

static void set_entropy(peer_drbg *p, const uint8_t *input, size_t n)
{
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY, (void *)input, n),
                                 OSSL_PARAM_construct_end()};
    assert_int_equal(EVP_RAND_CTX_set_params(p->source, params), 1);
}

static peer_drbg peer_create(const uint8_t input[HASH_DRBG_ENTROPY], const uint8_t nonce[HASH_DRBG_NONCE],
                             bytes personalization)
{
    char digest[] = "SM3";
    unsigned strength = 256;
    peer_drbg p = {rand_create("TEST-RAND", NULL), NULL};
    const OSSL_PARAM source[] = {
        OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
        OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY, (void *)input, HASH_DRBG_ENTROPY),
        OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_NONCE, (void *)nonce, HASH_DRBG_NONCE),
        OSSL_PARAM_construct_end()};
    const OSSL_PARAM generator[] = {OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_DIGEST, digest, 0),
                                    OSSL_PARAM_construct_end()};
    assert_int_equal(EVP_RAND_instantiate(p.source, strength, 0, NULL, 0, source), 1);
    p.generator = rand_create("HASH-DRBG", p.source);
    assert_int_equal(EVP_RAND_instantiate(p.generator, strength, 0, personalization.p, personalization.n, generator),
                     1);
    return p;
}

static void peer_release(peer_drbg *p)
{
    EVP_RAND_CTX_free(p->generator);
    EVP_RAND_CTX_free(p->source);
}

static void assert_same_output(hash_drbg *ours, peer_drbg *theirs, size_t n)
{
    static uint8_t a[HASH_DRBG_REQUEST_MAX], b[HASH_DRBG_REQUEST_MAX];
    hash_drbg_generate(ours, a, n);
    assert_int_equal(EVP_RAND_generate(theirs->generator, b, n, 256, 0, NULL, 0), 1);
    assert_memory_equal(a, b, n);
}

/* Seeds, lengths and personalizations at random; between the requests new seeds, with and without additional input. */
static void as_openssl_does(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 31, 32, 33, 55, 64, 1000, 1024, 4096, HASH_DRBG_REQUEST_MAX};
    for (int round = 0; round < 50; round++) {
        uint8_t input[HASH_DRBG_ENTROPY], nonce[HASH_DRBG_NONCE], text[100];
        peer_fill(input, sizeof input);
        peer_fill(nonce, sizeof nonce);
        peer_fill(text, sizeof text);
        bytes personalization = bytes_of(text, (size_t)round % 3 == 0 ? 0 : 2 * (size_t)round);
        hash_drbg ours;
        hash_drbg_instantiate(&ours, bytes_of(input, sizeof input), bytes_of(nonce, sizeof nonce), personalization);
        peer_drbg theirs = peer_create(input, nonce, personalization);
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            assert_same_output(&ours, &theirs, lengths[i]);
        for (size_t i = 0; i < 4; i++) {
            bytes additional = bytes_of(text, 25 * i);
            peer_fill(input, sizeof input);
            set_entropy(&theirs, input, sizeof input);
            hash_drbg_reseed(&ours, bytes_of(input, sizeof input), additional);
            assert_int_equal(EVP_RAND_reseed(theirs.generator, 0, NULL, 0, additional.p, additional.n), 1);
            for (size_t j = 0; j < 8; j++)
                assert_same_output(&ours, &theirs, 1 + peer_random() % 300);
        }
        peer_release(&theirs);
    }
}

/* A V of ones: V + 1 is zero and V + 2 is one, and V + H + C + 1 with C = 0 is H, the carry gone. */
static void carries_through(void **state)
{
    (void)state;
    static const uint8_t zero[HASH_DRBG_SEEDLEN - SM3_SIZE];
    hash_drbg s = {.reseed_counter = 1};
    uint8_t out[3 * SM3_SIZE], expected[SM3_SIZE], v[1 + HASH_DRBG_SEEDLEN] = {0};
    memset(s.v, 0xff, sizeof s.v);
    hash_drbg_generate(&s, out, sizeof out);
    sm3(expected, v + 1, HASH_DRBG_SEEDLEN);
    assert_memory_equal(out + SM3_SIZE, expected, SM3_SIZE);
    v[HASH_DRBG_SEEDLEN] = 1;
    sm3(expected, v + 1, HASH_DRBG_SEEDLEN);
    assert_memory_equal(out + 2 * SM3_SIZE, expected, SM3_SIZE);
    memset(v, 0xff, sizeof v);
    v[0] = 3;
    sm3(expected, v, sizeof v);
    assert_memory_equal(s.v, zero, sizeof zero);
    assert_memory_equal(s.v + sizeof zero, expected, SM3_SIZE);
    assert_int_equal(s.reseed_counter, 2);
}

static void the_state_moves_on(void **state)
{
    (void)state;
    uint8_t seed[48], first[64], second[64];
    hash_drbg s;
    peer_fill(seed, sizeof seed);
    hash_drbg_instantiate(&s, bytes_of(seed, 32), bytes_of(seed + 32, 16), bytes_of(NULL, 0));
    hash_drbg_generate(&s, first, sizeof first);
    hash_drbg_generate(&s, second, sizeof second);
    assert_memory_not_equal(first, second, 32);
    assert_memory_not_equal(first + 32, second, 32);
    assert_memory_not_equal(first + 32, second + 32, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_openssl_does),
        cmocka_unit_test(carries_through),
        cmocka_unit_test(the_state_moves_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
