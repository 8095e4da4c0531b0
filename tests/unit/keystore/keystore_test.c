#include "unit/keystore/key_dir.h"

#include <openssl/evp.h>

#include "crypto/sm3.h"
#include "keystore/keystore.h"

static const uint8_t master[32] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a,
                                   0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25,
                                   0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f};

typedef struct fixture {
    key_dir dir;
    keystore *ks;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    key_dir_make(&f->dir);
    key_dir_put(&f->dir, master, sizeof master, 0600);
    assert_int_equal(keystore_open(&f->ks, f->dir.dir, false, &no_rng), ERR_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    keystore_close(f->ks);
    key_dir_remove(&f->dir);
    free(f);
    return 0;
}

static const bytes context = {(const uint8_t *)"device_key.sealed_share:1", 25};

/* One block under a key, ECB. */
static void sm4_block(uint8_t out[16], const uint8_t key[16], const uint8_t in[16])
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_sm4_ecb(), NULL, key, NULL), 1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, 16), 1);
    assert_int_equal(n, 16);
    EVP_CIPHER_CTX_free(ctx);
}

/* GB/T 32907-2016, annex A.1. */
static void sm4_is_that_of_the_standard(void **state)
{
    (void)state;
    static const uint8_t text[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                     0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
    static const uint8_t cipher[16] = {0x68, 0x1e, 0xdf, 0x34, 0xd2, 0x06, 0x96, 0x5e,
                                       0x86, 0xb3, 0xe9, 0x4f, 0x53, 0x6e, 0x42, 0x46};
    uint8_t out[16];
    sm4_block(out, text, text);
    assert_memory_equal(out, cipher, 16);
}

static err counting_fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(0xf0 + i);
    return ERR_OK;
}

static void derive_by_hand(const char *purpose, uint8_t out[32])
{
    uint8_t input[300];
    size_t n = strlen(purpose);
    memcpy(input, "yiqian/derive/1", 15);
    input[15] = (uint8_t)n;
    memcpy(input + 16, purpose, n);
    hmac_sm3(out, master, sizeof master, input, 16 + n);
}

/* The sealed form put together from its description, with single SM4 blocks instead of the CTR mode used inside. */
static void the_sealed_form_is_as_written_down(void **state)
{
    fixture *f = *state;
    static const entropy counting = {counting_fill, NULL};
    uint8_t plain[40], sealed[40 + KEYSTORE_OVERHEAD], expected[40 + KEYSTORE_OVERHEAD];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)i;
    uint8_t cipher_key[32], mac_key[32], iv_key[32], iv_input[16 + 4 + 25 + 40], iv[32], counter[16], stream[16];
    derive_by_hand("keystore/seal/sm4-ctr", cipher_key);
    derive_by_hand("keystore/seal/hmac-sm3", mac_key);
    derive_by_hand("keystore/seal/iv", iv_key);
    expected[0] = 1;
    assert_int_equal(counting_fill(NULL, iv_input, 16), ERR_OK);
    store_u32be(iv_input + 16, 25);
    memcpy(iv_input + 20, context.p, 25);
    memcpy(iv_input + 45, plain, 40);
    hmac_sm3(iv, iv_key, 32, iv_input, sizeof iv_input);
    memcpy(expected + 1, iv, 16);
    memcpy(counter, iv, 16);
    for (size_t i = 0; i < sizeof plain; i++) {
        if (i % 16 == 0) {
            sm4_block(stream, cipher_key, counter);
            for (int k = 15; k >= 0 && ++counter[k] == 0; k--)
                continue;
        }
        expected[17 + i] = plain[i] ^ stream[i % 16];
    }
    uint8_t mac_input[17 + 4 + 25 + 40];
    memcpy(mac_input, expected, 17);
    store_u32be(mac_input + 17, 25);
    memcpy(mac_input + 21, context.p, 25);
    memcpy(mac_input + 46, expected + 17, 40);
    hmac_sm3(expected + 57, mac_key, 32, mac_input, sizeof mac_input);
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(plain, sizeof plain), sealed, &counting), ERR_OK);
    assert_memory_equal(sealed, expected, sizeof sealed);
    assert_int_equal(keystore_unseal(f->ks, context, bytes_of(expected, sizeof expected), plain), ERR_OK);
    /* Another version is refused even where the key's owner made it. */
    expected[0] = mac_input[0] = 2;
    hmac_sm3(expected + 57, mac_key, 32, mac_input, sizeof mac_input);
    assert_int_equal(keystore_unseal(f->ks, context, bytes_of(expected, sizeof expected), plain), ERR_DECRYPT);
}

static void derived_keys_are_apart(void **state)
{
    fixture *f = *state;
    uint8_t a[32], b[32], expected[32];
    keystore_derive(f->ks, "audit/head", a);
    derive_by_hand("audit/head", expected);
    assert_memory_equal(a, expected, 32);
    keystore_derive(f->ks, "audit/heae", b);
    assert_memory_not_equal(a, b, 32);
    keystore_derive(f->ks, "", b);
    assert_memory_not_equal(a, b, 32);
}

static void what_is_sealed_opens_again(void **state)
{
    fixture *f = *state;
    static uint8_t plain[5000], sealed[5000 + KEYSTORE_OVERHEAD], out[5000];
    assert_int_equal(os_entropy_fill(NULL, plain, sizeof plain), ERR_OK);
    static const size_t sizes[] = {0, 1, 15, 16, 17, 32, 64, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t n = sizes[i];
        assert_int_equal(keystore_seal(f->ks, context, bytes_of(plain, n), sealed, &system_rng), ERR_OK);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(keystore_unseal(f->ks, context, bytes_of(sealed, n + KEYSTORE_OVERHEAD), out), ERR_OK);
        assert_memory_equal(out, plain, n);
        assert_int_equal(n < sizeof out ? out[n] : 0xaa, 0xaa);
    }
}

static void the_same_is_never_sealed_the_same(void **state)
{
    fixture *f = *state;
    uint8_t a[32 + KEYSTORE_OVERHEAD], b[32 + KEYSTORE_OVERHEAD];
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(master, 32), a, &system_rng), ERR_OK);
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(master, 32), b, &system_rng), ERR_OK);
    assert_memory_not_equal(a + 1, b + 1, 16);
    assert_memory_not_equal(a + 17, b + 17, 32);
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(master, 32), a, &no_rng), ERR_ENTROPY);
}

static void any_bit_flipped_is_refused(void **state)
{
    fixture *f = *state;
    enum { N = 32 + KEYSTORE_OVERHEAD };
    uint8_t sealed[N], out[32], zero[32] = {0};
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(master, 32), sealed, &system_rng), ERR_OK);
    for (size_t bit = 0; bit < 8 * N; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(keystore_unseal(f->ks, context, bytes_of(sealed, N), out), ERR_DECRYPT);
        assert_memory_equal(out, zero, sizeof out);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(keystore_unseal(f->ks, context, bytes_of(sealed, N), out), ERR_OK);
}

static void any_other_length_is_refused(void **state)
{
    fixture *f = *state;
    enum { N = 32 + KEYSTORE_OVERHEAD };
    uint8_t sealed[N + 1] = {0}, out[33];
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(master, 32), sealed, &system_rng), ERR_OK);
    for (size_t n = 0; n <= N + 1; n++)
        assert_int_equal(keystore_unseal(f->ks, context, bytes_of(sealed, n), out), n == N ? ERR_OK : ERR_DECRYPT);
    assert_int_equal(keystore_unseal(f->ks, context, bytes_of(NULL, 0), out), ERR_DECRYPT);
}

static void a_blob_moved_to_another_row_is_refused(void **state)
{
    fixture *f = *state;
    uint8_t sealed[32 + KEYSTORE_OVERHEAD] = {0}, out[32];
    bytes blob = bytes_of(sealed, sizeof sealed);
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(master, 32), sealed, &system_rng), ERR_OK);
    assert_int_equal(keystore_unseal(f->ks, bytes_of_text("device_key.sealed_share:2"), blob, out), ERR_DECRYPT);
    assert_int_equal(keystore_unseal(f->ks, bytes_of(context.p, 24), blob, out), ERR_DECRYPT);
    assert_int_equal(keystore_unseal(f->ks, bytes_of(NULL, 0), blob, out), ERR_DECRYPT);
    assert_int_equal(keystore_unseal(f->ks, context, blob, out), ERR_OK);
}

/* Context and cipher text stand side by side under the MAC: a byte must not be able to change sides. */
static void a_byte_cannot_move_between_context_and_content(void **state)
{
    fixture *f = *state;
    uint8_t sealed[32 + KEYSTORE_OVERHEAD], moved[31 + KEYSTORE_OVERHEAD], longer[26], out[32];
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(master, 32), sealed, &system_rng), ERR_OK);
    memcpy(longer, context.p, 25);
    longer[25] = sealed[17];
    memcpy(moved, sealed, 17);
    memcpy(moved + 17, sealed + 18, sizeof moved - 17);
    assert_int_equal(keystore_unseal(f->ks, bytes_of(longer, 26), bytes_of(moved, sizeof moved), out), ERR_DECRYPT);
}

static void another_master_key_does_not_open_it(void **state)
{
    fixture *f = *state;
    uint8_t sealed[32 + KEYSTORE_OVERHEAD] = {0}, out[32];
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(master, 32), sealed, &system_rng), ERR_OK);
    key_dir other;
    keystore *ks;
    key_dir_make(&other);
    assert_int_equal(keystore_open(&ks, other.dir, true, &system_rng), ERR_OK);
    assert_int_equal(keystore_unseal(ks, context, bytes_of(sealed, sizeof sealed), out), ERR_DECRYPT);
    keystore_close(ks);
    assert_int_equal(keystore_open(&ks, other.dir, false, &no_rng), ERR_OK);
    keystore_close(ks);
    key_dir_remove(&other);
    assert_int_equal(keystore_open(&ks, "/tmp/yiqian-test-none", false, &no_rng), ERR_NOT_FOUND);
    assert_null(ks);
    keystore_close(NULL);
}

static void a_sealed_key_signs(void **state)
{
    fixture *f = *state;
    uint8_t d[32] = {0}, sealed[32 + KEYSTORE_OVERHEAD], e[32], rs[64];
    d[31] = 7;
    sm2_private key;
    signer *s;
    assert_int_equal(sm2_private_from_bytes(&key, d), ERR_OK);
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(d, 32), sealed, &system_rng), ERR_OK);
    assert_int_equal(keystore_signer(f->ks, context, bytes_of(sealed, sizeof sealed), &s, &system_rng), ERR_OK);
    assert_memory_equal(s->public_key, key.public_key, POINT_SIZE);
    sm2_digest(e, s->public_key, bytes_of_text("message"));
    assert_int_equal(signer_sign_message(s, bytes_of_text("message"), rs), ERR_OK);
    assert_int_equal(sm2_verify_bytes(s->public_key, e, rs), ERR_OK);
    signer_destroy(s);
    sm2_private_wipe(&key);
}

static void what_is_no_key_gives_no_signer(void **state)
{
    fixture *f = *state;
    uint8_t d[33] = {0}, sealed[33 + KEYSTORE_OVERHEAD] = {0};
    signer *s = NULL;
    bytes blob = bytes_of(sealed, 32 + KEYSTORE_OVERHEAD);
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(d, 32), sealed, &system_rng), ERR_OK);
    assert_int_equal(keystore_signer(f->ks, context, blob, &s, &system_rng), ERR_SCALAR);
    assert_null(s);
    d[31] = 7;
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(d, 32), sealed, &system_rng), ERR_OK);
    assert_int_equal(keystore_signer(f->ks, bytes_of_text("ca.sealed_key"), blob, &s, &system_rng), ERR_DECRYPT);
    assert_null(s);
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(d, 33), sealed, &system_rng), ERR_OK);
    assert_int_equal(keystore_signer(f->ks, context, bytes_of(sealed, sizeof sealed), &s, &system_rng), ERR_DECRYPT);
    assert_null(s);
}

/* A machine that was cloned or resumed draws the same bytes again: other texts and other places still get other key streams. */
static void a_generator_that_repeats_itself_repeats_no_key_stream(void **state)
{
    fixture *f = *state;
    static const entropy counting = {counting_fill, NULL};
    static const uint8_t plain[2][8] = {{1}, {2}};
    uint8_t sealed[3][8 + KEYSTORE_OVERHEAD];
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(plain[0], 8), sealed[0], &counting), ERR_OK);
    assert_int_equal(keystore_seal(f->ks, context, bytes_of(plain[1], 8), sealed[1], &counting), ERR_OK);
    assert_int_equal(keystore_seal(f->ks, bytes_of(context.p, 5), bytes_of(plain[0], 8), sealed[2], &counting), ERR_OK);
    for (int i = 0; i < 3; i++)
        assert_memory_not_equal(sealed[i] + 1, sealed[(i + 1) % 3] + 1, 16);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(sm4_is_that_of_the_standard),
        TEST(the_sealed_form_is_as_written_down),
        TEST(a_generator_that_repeats_itself_repeats_no_key_stream),
        TEST(derived_keys_are_apart),
        TEST(what_is_sealed_opens_again),
        TEST(the_same_is_never_sealed_the_same),
        TEST(any_bit_flipped_is_refused),
        TEST(any_other_length_is_refused),
        TEST(a_blob_moved_to_another_row_is_refused),
        TEST(a_byte_cannot_move_between_context_and_content),
        TEST(another_master_key_does_not_open_it),
        TEST(a_sealed_key_signs),
        TEST(what_is_no_key_gives_no_signer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
