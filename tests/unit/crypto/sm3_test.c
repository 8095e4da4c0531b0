#include "crypto/sm3.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "kat.h"

static void assert_digest(const uint8_t ours[SM3_SIZE], const uint8_t *p, size_t n)
{
    uint8_t theirs[SM3_SIZE];
    unsigned size = sizeof theirs;
    assert_true(EVP_Digest(p, n, theirs, &size, EVP_sm3(), NULL));
    assert_memory_equal(ours, theirs, sizeof theirs);
}

static void examples_of_the_standard(void **state)
{
    (void)state;
    json_t *kat = kat_load(), *list = json_object_get(kat, "sm3");
    assert_true(json_array_size(list) >= 2);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        uint8_t message[256], expected[SM3_SIZE], out[SM3_SIZE];
        size_t n = strlen(kat_text(item, "m")) / 2;
        assert_true(n <= sizeof message);
        kat_bytes(message, n, item, "m");
        kat_bytes(expected, sizeof expected, item, "h");
        sm3(out, message, n);
        assert_memory_equal(out, expected, sizeof out);
    }
    json_decref(kat);
}

static void every_length(void **state)
{
    (void)state;
    uint8_t message[1024], out[SM3_SIZE];
    peer_fill(message, sizeof message);
    for (size_t n = 0; n <= sizeof message; n++) {
        sm3(out, message, n);
        assert_digest(out, message, n);
    }
}

static void however_it_is_cut(void **state)
{
    (void)state;
    uint8_t message[200], out[SM3_SIZE];
    sm3_ctx ctx;
    peer_fill(message, sizeof message);
    for (size_t first = 0; first <= sizeof message; first++) {
        for (size_t second = first; second <= sizeof message; second += 13) {
            sm3_init(&ctx);
            sm3_update(&ctx, message, first);
            sm3_update(&ctx, message + first, second - first);
            sm3_update(&ctx, NULL, 0);
            sm3_update(&ctx, message + second, sizeof message - second);
            sm3_final(&ctx, out);
            assert_digest(out, message, sizeof message);
        }
    }
}

/* 513 MiB are more than 2^32 bits: both words of the length count. */
static void a_length_beyond_32_bits(void **state)
{
    (void)state;
    static uint8_t chunk[1 << 20];
    uint8_t ours[SM3_SIZE], theirs[SM3_SIZE];
    sm3_ctx ctx;
    EVP_MD_CTX *peer = EVP_MD_CTX_new();
    memset(chunk, 0x61, sizeof chunk);
    sm3_init(&ctx);
    assert_true(EVP_DigestInit(peer, EVP_sm3()));
    for (int i = 0; i < 513; i++) {
        sm3_update(&ctx, chunk, sizeof chunk);
        assert_true(EVP_DigestUpdate(peer, chunk, sizeof chunk));
    }
    sm3_final(&ctx, ours);
    assert_true(EVP_DigestFinal(peer, theirs, NULL));
    EVP_MD_CTX_free(peer);
    assert_memory_equal(ours, theirs, sizeof ours);
}

static void output_may_overlap_the_message(void **state)
{
    (void)state;
    uint8_t message[100], expected[SM3_SIZE];
    peer_fill(message, sizeof message);
    sm3(expected, message, sizeof message);
    sm3(message + 7, message, sizeof message);
    assert_memory_equal(message + 7, expected, sizeof expected);
}

static void final_leaves_nothing(void **state)
{
    (void)state;
    static const sm3_ctx zero;
    uint8_t out[SM3_SIZE];
    sm3_ctx ctx;
    hmac_sm3_ctx keyed;
    sm3_init(&ctx);
    sm3_update(&ctx, "secret", 6);
    sm3_final(&ctx, out);
    assert_memory_equal(&ctx, &zero, sizeof ctx);
    hmac_sm3_init(&keyed, "key", 3);
    hmac_sm3_final(&keyed, out);
    assert_memory_equal(&keyed.inner, &zero, sizeof zero);
    assert_memory_equal(&keyed.outer, &zero, sizeof zero);
}

static void hmac_with_every_key_length(void **state)
{
    (void)state;
    uint8_t key[150], message[150], ours[SM3_SIZE], theirs[SM3_SIZE];
    peer_fill(key, sizeof key);
    peer_fill(message, sizeof message);
    for (size_t key_n = 0; key_n <= sizeof key; key_n++) {
        for (size_t n = 0; n <= sizeof message; n += 15) {
            unsigned size = sizeof theirs;
            assert_non_null(HMAC(EVP_sm3(), key, (int)key_n, message, n, theirs, &size));
            hmac_sm3(ours, key, key_n, message, n);
            assert_memory_equal(ours, theirs, sizeof ours);
            hmac_sm3_ctx ctx;
            hmac_sm3_init(&ctx, key, key_n);
            hmac_sm3_update(&ctx, message, n / 2);
            hmac_sm3_update(&ctx, message + n / 2, n - n / 2);
            hmac_sm3_final(&ctx, ours);
            assert_memory_equal(ours, theirs, sizeof ours);
        }
    }
}

static void pbkdf2_like_openssl(void **state)
{
    (void)state;
    static const uint32_t iterations[] = {1, 2, 3, 100, 1000};
    uint8_t password[80], salt[80], ours[100], theirs[100];
    peer_fill(password, sizeof password);
    peer_fill(salt, sizeof salt);
    for (size_t i = 0; i < sizeof iterations / sizeof iterations[0]; i++) {
        for (size_t n = 1; n <= sizeof ours; n += 11) {
            size_t password_n = n * 7 % 81, salt_n = n * 5 % 81;
            memset(ours, 0, sizeof ours);
            memset(theirs, 0, sizeof theirs);
            pbkdf2_hmac_sm3(ours, n, password, password_n, salt, salt_n, iterations[i]);
            assert_true(PKCS5_PBKDF2_HMAC((const char *)password, (int)password_n, salt, (int)salt_n,
                                          (int)iterations[i], EVP_sm3(), (int)n, theirs));
            assert_memory_equal(ours, theirs, sizeof ours);
        }
    }
}

static void kdf_is_a_row_of_digests(void **state)
{
    (void)state;
    uint8_t z[64 + 4], expected[5 * SM3_SIZE], out[5 * SM3_SIZE];
    peer_fill(z, sizeof z);
    for (size_t z_n = 0; z_n <= 64; z_n += 16) {
        for (uint32_t block = 0; block < 5; block++) {
            uint8_t message[68];
            unsigned size = SM3_SIZE;
            memcpy(message, z, z_n);
            store_u32be(message + z_n, block + 1);
            assert_true(EVP_Digest(message, z_n + 4, expected + SM3_SIZE * block, &size, EVP_sm3(), NULL));
        }
        for (size_t n = 0; n <= sizeof out; n++) {
            memset(out, 0xee, sizeof out);
            sm3_kdf(out, n, z, z_n);
            assert_memory_equal(out, expected, n);
            for (size_t i = n; i < sizeof out; i++)
                assert_int_equal(out[i], 0xee);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_standard),
        cmocka_unit_test(every_length),
        cmocka_unit_test(however_it_is_cut),
        cmocka_unit_test(a_length_beyond_32_bits),
        cmocka_unit_test(output_may_overlap_the_message),
        cmocka_unit_test(final_leaves_nothing),
        cmocka_unit_test(hmac_with_every_key_length),
        cmocka_unit_test(pbkdf2_like_openssl),
        cmocka_unit_test(kdf_is_a_row_of_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
