#include "asn1/pkcs8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "asn1/oid.h"
#include "crypto/sm2.h"

static uint8_t d[32], public_key[SPKI_KEY_SIZE], plain[PKCS8_SM2_SIZE];

static int setup(void **state)
{
    (void)state;
    sm2_private key;
    memset(d, 0x37, sizeof d);
    if (sm2_private_from_bytes(&key, d) != ERR_OK)
        return -1;
    memcpy(public_key, key.public_key, sizeof public_key);
    buffer b = buffer_over(plain, sizeof plain);
    pkcs8_put(&b, d, public_key);
    return b.n == sizeof plain && !b.overflow ? 0 : -1;
}

static err read_plain(bytes der)
{
    uint8_t back[32], key[SPKI_KEY_SIZE];
    return pkcs8_read(der, back, key);
}

static void a_key_there_and_back(void **state)
{
    (void)state;
    uint8_t back[32], key[SPKI_KEY_SIZE];
    assert_int_equal(pkcs8_read(bytes_of(plain, sizeof plain), back, key), ERR_OK);
    assert_memory_equal(back, d, sizeof d);
    assert_memory_equal(key, public_key, sizeof key);
}

static void openssl_reads_it_and_writes_the_same(void **state)
{
    (void)state;
    const uint8_t *at = plain;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, sizeof plain);
    assert_non_null(info);
    EVP_PKEY *key = EVP_PKCS82PKEY(info);
    assert_non_null(key);
    assert_true(EVP_PKEY_is_a(key, "SM2"));
    PKCS8_PRIV_KEY_INFO_free(info);
    info = EVP_PKEY2PKCS8(key);
    uint8_t *theirs = NULL;
    assert_int_equal(i2d_PKCS8_PRIV_KEY_INFO(info, &theirs), sizeof plain);
    assert_memory_equal(theirs, plain, sizeof plain);
    OPENSSL_free(theirs);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
}

/* Every octet but those of the two keys stands for something. */
static void whatever_is_changed_is_refused(void **state)
{
    (void)state;
    const size_t key = sizeof plain - SPKI_KEY_SIZE; /* after the point's 04 there is nothing but it */
    size_t secret = 0;
    while (memcmp(plain + secret, d, sizeof d) != 0)
        secret++;
    for (size_t i = 0; i < sizeof plain; i++) {
        plain[i] ^= 0x41;
        bool read = read_plain(bytes_of(plain, sizeof plain)) == ERR_OK;
        plain[i] ^= 0x41;
        if (read != ((i >= secret && i < secret + sizeof d) || i > key))
            fail_msg("octet %zu", i);
    }
    for (size_t n = 0; n < sizeof plain; n++)
        assert_int_equal(read_plain(bytes_of(plain, n)), ERR_DER);
}

/* PrivateKeyInfo whose parts are replaced. */
typedef struct parts {
    uint64_t version, key_version;
    oid algorithm, curve, inner_curve; /* OID_UNKNOWN: none */
    size_t d_n;
    bool no_public, attributes, more;
} parts;

static bytes build(buffer *b, parts p)
{
    size_t whole = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, p.version);
    size_t algorithm = der_open(b, DER_SEQUENCE);
    oid_put(b, p.algorithm);
    oid_put(b, p.curve);
    if (p.more)
        der_put_null(b);
    der_close(b, algorithm);
    size_t octets = der_open(b, DER_OCTET_STRING), key = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, p.key_version);
    der_put(b, DER_OCTET_STRING, bytes_of(d, p.d_n));
    if (p.inner_curve != OID_UNKNOWN) {
        size_t curve = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
        oid_put(b, p.inner_curve);
        der_close(b, curve);
    }
    if (!p.no_public) {
        size_t public = der_open(b, DER_CONTEXT_CONSTRUCTED(1));
        der_put_bit_string(b, bytes_of(public_key, sizeof public_key));
        der_close(b, public);
    }
    der_close(b, key);
    der_close(b, octets);
    if (p.attributes)
        der_put(b, DER_CONTEXT_CONSTRUCTED(0), bytes_of(NULL, 0));
    der_close(b, whole);
    return bytes_of(b->p, b->n);
}

static void other_keys_are_told_apart(void **state)
{
    (void)state;
#define GOOD .key_version = 1, .algorithm = OID_EC_PUBLIC_KEY, .curve = OID_SM2_CURVE, .d_n = 32
    static const struct {
        parts parts;
        err e;
    } cases[] = {
        {{GOOD}, ERR_OK},
        {{GOOD, .inner_curve = OID_SM2_CURVE}, ERR_OK},
        {{GOOD, .attributes = true}, ERR_OK},
        {{GOOD, .inner_curve = OID_P256_CURVE}, ERR_UNSUPPORTED},
        {{GOOD, .no_public = true}, ERR_UNSUPPORTED},
        {{GOOD, .version = 1}, ERR_UNSUPPORTED},
        {{GOOD, .more = true}, ERR_DER},
        {{.key_version = 1, .algorithm = OID_EC_PUBLIC_KEY, .curve = OID_P256_CURVE, .d_n = 32}, ERR_UNSUPPORTED},
        {{.key_version = 1, .algorithm = OID_RSA, .curve = OID_SM2_CURVE, .d_n = 32}, ERR_UNSUPPORTED},
        {{.key_version = 2, .algorithm = OID_EC_PUBLIC_KEY, .curve = OID_SM2_CURVE, .d_n = 32}, ERR_DER},
        {{.key_version = 1, .algorithm = OID_EC_PUBLIC_KEY, .curve = OID_SM2_CURVE, .d_n = 31}, ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t room[256];
        buffer b = buffer_over(room, sizeof room);
        if (read_plain(build(&b, cases[i].parts)) != cases[i].e)
            fail_msg("case %zu", i);
    }
}

static const uint8_t salt[PKCS8_SALT_MAX + 1] = {1}, iv[PKCS8_IV] = {2}, data[PKCS8_DATA_MAX + 16] = {3};

static pkcs8_sealed sealed_of(size_t salt_n, size_t iv_n, uint64_t rounds, size_t data_n)
{
    return (pkcs8_sealed){bytes_of(salt, salt_n), bytes_of(iv, iv_n), bytes_of(data, data_n), rounds};
}

static void sealed_there_and_back_within_its_limits(void **state)
{
    (void)state;
    static const struct {
        size_t salt_n, iv_n, data_n;
        uint64_t rounds;
        err e;
    } cases[] = {
        {16, 16, 144, 600000, ERR_OK},
        {PKCS8_SALT_MIN, 16, 16, PKCS8_ROUNDS_MIN, ERR_OK},
        {PKCS8_SALT_MAX, 16, PKCS8_DATA_MAX, PKCS8_ROUNDS_MAX, ERR_OK},
        {PKCS8_SALT_MIN - 1, 16, 144, 600000, ERR_RANGE},
        {PKCS8_SALT_MAX + 1, 16, 144, 600000, ERR_RANGE},
        {16, 15, 144, 600000, ERR_RANGE},
        {16, 16, 143, 600000, ERR_RANGE},
        {16, 16, 0, 600000, ERR_RANGE},
        {16, 16, PKCS8_DATA_MAX + 16, 600000, ERR_RANGE},
        {16, 16, 144, PKCS8_ROUNDS_MIN - 1, ERR_RANGE},
        {16, 16, 144, PKCS8_ROUNDS_MAX + 1, ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t room[PKCS8_DATA_MAX + 512];
        buffer b = buffer_over(room, sizeof room);
        pkcs8_sealed in = sealed_of(cases[i].salt_n, cases[i].iv_n, cases[i].rounds, cases[i].data_n), out;
        if (pkcs8_sealed_put(&b, &in) != cases[i].e)
            fail_msg("case %zu", i);
        if (cases[i].e != ERR_OK)
            continue;
        assert_int_equal(pkcs8_sealed_read(bytes_of(room, b.n), &out), ERR_OK);
        assert_true(bytes_equal(out.salt, in.salt) && bytes_equal(out.iv, in.iv) && bytes_equal(out.data, in.data));
        assert_int_equal(out.rounds, in.rounds);
        buffer small = buffer_over(room, b.n - 1);
        assert_int_equal(pkcs8_sealed_put(&small, &in), ERR_LENGTH);
    }
}

/* With OpenSSL's own parameters, whose limits it does not share. */
static bytes openssl_seals(const EVP_CIPHER *cipher, int prf, int rounds, uint8_t **out)
{
    const uint8_t *at = plain;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, sizeof plain);
    X509_ALGOR *algorithm = PKCS5_pbe2_set_iv(cipher, rounds, NULL, 0, NULL, prf);
    assert_non_null(algorithm);
    X509_SIG *sealed = PKCS8_set0_pbe("passphrase", 10, info, algorithm);
    assert_non_null(sealed);
    int n = i2d_X509_SIG(sealed, out);
    assert_true(n > 0);
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(info);
    return bytes_of(*out, (size_t)n);
}

static void of_openssl_what_is_ours_is_read(void **state)
{
    (void)state;
    const struct {
        const EVP_CIPHER *cipher;
        int prf, rounds;
        err e;
    } cases[] = {
        {EVP_aes_256_cbc(), NID_hmacWithSHA256, 2048, ERR_OK},
        {EVP_aes_256_cbc(), NID_hmacWithSHA256, 999, ERR_RANGE},
        {EVP_aes_256_cbc(), NID_hmacWithSHA1, 2048, ERR_UNSUPPORTED},
        {EVP_aes_256_cbc(), NID_hmacWithSHA512, 2048, ERR_UNSUPPORTED},
        {EVP_aes_128_cbc(), NID_hmacWithSHA256, 2048, ERR_UNSUPPORTED},
        {EVP_sm4_cbc(), NID_hmacWithSHA256, 2048, ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *der = NULL;
        bytes whole = openssl_seals(cases[i].cipher, cases[i].prf, cases[i].rounds, &der);
        pkcs8_sealed out;
        if (pkcs8_sealed_read(whole, &out) != cases[i].e)
            fail_msg("case %zu", i);
        OPENSSL_free(der);
    }
}

static void damaged_ones_are_no_der_or_another_algorithm(void **state)
{
    (void)state;
    uint8_t room[512];
    buffer b = buffer_over(room, sizeof room);
    pkcs8_sealed in = sealed_of(16, 16, 600000, 144), out;
    assert_int_equal(pkcs8_sealed_put(&b, &in), ERR_OK);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(pkcs8_sealed_read(bytes_of(room, n), &out), ERR_DER);
    assert_int_equal(pkcs8_sealed_read(bytes_of(room, b.n + 1), &out), ERR_DER);
    for (size_t i = 0; i < b.n; i++) {
        room[i] ^= 0x41;
        (void)!pkcs8_sealed_read(bytes_of(room, b.n), &out);
        room[i] ^= 0x41;
    }
    /* a private key that is not sealed */
    assert_int_not_equal(pkcs8_sealed_read(bytes_of(plain, sizeof plain), &out), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_there_and_back),
        cmocka_unit_test(openssl_reads_it_and_writes_the_same),
        cmocka_unit_test(whatever_is_changed_is_refused),
        cmocka_unit_test(other_keys_are_told_apart),
        cmocka_unit_test(sealed_there_and_back_within_its_limits),
        cmocka_unit_test(of_openssl_what_is_ours_is_read),
        cmocka_unit_test(damaged_ones_are_no_der_or_another_algorithm),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
