#include "asn1/sm2_cipher.h"

#include <stdlib.h>

#include "unit/crypto/kat.h"
#include "unit/crypto/openssl_sm2.h"

enum { TEXT_MAX = 1000, RAW_MAX = TEXT_MAX + SM2_CIPHER_FIXED, DER_MAX = TEXT_MAX + SM2_CIPHER_DER_FIXED };

static size_t to_der(uint8_t out[DER_MAX], bytes cipher)
{
    buffer b = buffer_over(out, DER_MAX);
    assert_int_equal(sm2_cipher_to_der(&b, cipher), ERR_OK);
    return b.n;
}

/* The standard's example (GB/T 32918.5-2017 annex C), both ways; its DER as OpenSSL's template for the same structure writes it. */
static void the_example_of_the_standard(void **state)
{
    (void)state;
    json_t *kat = kat_load(), *example = json_object_get(kat, "encrypt");
    uint8_t raw[SM2_CIPHER_FIXED + 19], der[DER_MAX], back[sizeof raw], *theirs = NULL;
    kat_bytes(raw, 65, example, "C1");
    kat_bytes(raw + 65, 32, example, "C3");
    kat_bytes(raw + 97, 19, example, "C2");
    json_decref(kat);
    size_t n = to_der(der, bytes_of(raw, sizeof raw));
    peer_cipher *cipher = peer_cipher_new();
    BIGNUM *x = bn_of(raw + 1, 32), *y = bn_of(raw + 33, 32);
    assert_non_null(BN_to_ASN1_INTEGER(x, cipher->x));
    assert_non_null(BN_to_ASN1_INTEGER(y, cipher->y));
    assert_true(ASN1_STRING_set(cipher->digest, raw + 65, 32));
    assert_true(ASN1_STRING_set(cipher->text, raw + 97, 19));
    assert_int_equal(i2d_peer_cipher(cipher, &theirs), n);
    assert_memory_equal(der, theirs, n);
    OPENSSL_free(theirs);
    BN_free(x);
    BN_free(y);
    peer_cipher_free(cipher);
    buffer b = buffer_over(back, sizeof back);
    assert_int_equal(sm2_cipher_from_der(&b, bytes_of(der, n)), ERR_OK);
    assert_int_equal(b.n, sizeof raw);
    assert_memory_equal(back, raw, sizeof raw);
}

/* The message that OpenSSL finds in the DER; its length, 0 where it refuses. */
static size_t openssl_decrypt(uint8_t out[DER_MAX], EVP_PKEY *key, bytes der)
{
    size_t n = DER_MAX;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
    bool good = EVP_PKEY_decrypt(ctx, out, &n, der.p, der.n) == 1;
    EVP_PKEY_CTX_free(ctx);
    return good ? n : 0;
}

static size_t openssl_encrypt(uint8_t out[DER_MAX], EVP_PKEY *key, bytes message)
{
    size_t n = DER_MAX;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_encrypt(ctx, out, &n, message.p, message.n), 1);
    EVP_PKEY_CTX_free(ctx);
    return n;
}

/* Messages of 1 to 1000 bytes, under a new key every 20. */
static void both_ways_with_openssl(void **state)
{
    (void)state;
    sm2_private key;
    EVP_PKEY *peer = NULL;
    for (size_t n = 1; n <= TEXT_MAX; n++) {
        uint8_t text[TEXT_MAX], raw[RAW_MAX], der[DER_MAX], out[DER_MAX];
        bytes message = bytes_of(text, n);
        peer_fill(text, n);
        if (n % 20 == 1) {
            EVP_PKEY_free(peer);
            assert_int_equal(sm2_private_generate(&key, &peer_entropy), ERR_OK);
            peer = peer_key(key.public_key, &key.d);
        }
        assert_int_equal(sm2_encrypt(raw, key.public_key, message, &peer_entropy), ERR_OK);
        size_t der_n = to_der(der, bytes_of(raw, n + SM2_CIPHER_FIXED));
        assert_int_equal(openssl_decrypt(out, peer, bytes_of(der, der_n)), n);
        assert_memory_equal(out, text, n);

        der_n = openssl_encrypt(der, peer, message);
        buffer b = buffer_over(raw, sizeof raw);
        assert_int_equal(sm2_cipher_from_der(&b, bytes_of(der, der_n)), ERR_OK);
        assert_int_equal(b.n, n + SM2_CIPHER_FIXED);
        /* OpenSSL keeps a key stream of zeros, of one byte once in 256 times: 7.1 step B4 refuses it. */
        bool masked = memcmp(raw + SM2_CIPHER_FIXED, text, n) != 0;
        assert_int_equal(sm2_decrypt(out, &key, bytes_of(raw, b.n)), masked ? ERR_OK : ERR_DECRYPT);
        if (masked)
            assert_memory_equal(out, text, n);
        /* The way back gives the same DER: there is one only. */
        uint8_t again[DER_MAX];
        assert_int_equal(to_der(again, bytes_of(raw, b.n)), der_n);
        assert_memory_equal(again, der, der_n);
    }
    EVP_PKEY_free(peer);
}

/* Coordinates of every length, high bit set and not, and zero. */
static void every_length_of_coordinate(void **state)
{
    (void)state;
    for (size_t zeros = 0; zeros <= 32; zeros++) {
        for (unsigned high = 1; high <= 0xff; high += 0x7f) {
            uint8_t raw[SM2_CIPHER_FIXED + 3], der[DER_MAX], back[sizeof raw];
            peer_fill(raw, sizeof raw);
            raw[0] = 4;
            memset(raw + 1, 0, zeros);
            memset(raw + 33, 0, 32 - zeros);
            if (zeros < 32)
                raw[1 + zeros] = (uint8_t)high;
            if (zeros > 0)
                raw[65 - zeros] = (uint8_t)high;
            size_t n = to_der(der, bytes_of(raw, sizeof raw));
            assert_true(n <= 3 + SM2_CIPHER_DER_FIXED);
            buffer b = buffer_over(back, sizeof back);
            assert_int_equal(sm2_cipher_from_der(&b, bytes_of(der, n)), ERR_OK);
            assert_memory_equal(back, raw, sizeof raw);
        }
    }
}

static err open_der(const sm2_private *key, bytes der, uint8_t out[DER_MAX], size_t *n)
{
    uint8_t raw[2 * DER_MAX];
    buffer b = buffer_over(raw, sizeof raw);
    TRY(sm2_cipher_from_der(&b, der));
    TRY(sm2_decrypt(out, key, bytes_of(raw, b.n)));
    *n = b.n - SM2_CIPHER_FIXED;
    return ERR_OK;
}

/* Every byte changed in all its bits, every length cut, one byte more: nothing opens. */
static void whatever_is_changed_is_refused(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 15, 16, 100, 300};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        sm2_private key;
        uint8_t text[TEXT_MAX], raw[RAW_MAX], der[DER_MAX + 1], out[DER_MAX];
        size_t n = lengths[i], out_n = 0;
        peer_fill(text, n);
        assert_int_equal(sm2_private_generate(&key, &peer_entropy), ERR_OK);
        assert_int_equal(sm2_encrypt(raw, key.public_key, bytes_of(text, n), &peer_entropy), ERR_OK);
        size_t der_n = to_der(der, bytes_of(raw, n + SM2_CIPHER_FIXED));
        assert_int_equal(open_der(&key, bytes_of(der, der_n), out, &out_n), ERR_OK);
        assert_int_equal(out_n, n);
        assert_memory_equal(out, text, n);
        for (size_t at = 0; at < der_n; at++) {
            for (unsigned change = 1; change < 256; change = change < 128 ? change * 2 : change + 127) {
                der[at] ^= (uint8_t)change;
                if (open_der(&key, bytes_of(der, der_n), out, &out_n) == ERR_OK)
                    fail_msg("%zu bytes: opens with byte %zu changed by %02x", n, at, change);
                der[at] ^= (uint8_t)change;
            }
            assert_int_equal(open_der(&key, bytes_of(der, at), out, &out_n), ERR_DER);
        }
        der[der_n] = 0;
        assert_int_equal(open_der(&key, bytes_of(der, der_n + 1), out, &out_n), ERR_DER);
    }
}

/* A value of our own making: SEQUENCE { 1, 1, hash of hash_n bytes, text of text_n bytes }, with `tail` after the last. */
static size_t make(uint8_t out[256], const char *integers, size_t integers_n, size_t hash_n, size_t text_n, bool tail)
{
    size_t n = 2;
    out[0] = 0x30;
    memcpy(out + n, integers, integers_n);
    n += integers_n;
    out[n++] = 0x04;
    out[n++] = (uint8_t)hash_n;
    memset(out + n, 0xaa, hash_n);
    n += hash_n;
    out[n++] = 0x04;
    out[n++] = (uint8_t)text_n;
    memset(out + n, 0xbb, text_n);
    n += text_n;
    if (tail) {
        out[n++] = 0x05;
        out[n++] = 0x00;
    }
    assert_true(n - 2 < 128);
    out[1] = (uint8_t)(n - 2);
    return n;
}

static err read_made(const char *integers, size_t integers_n, size_t hash_n, size_t text_n, bool tail)
{
    uint8_t der[256], raw[256];
    buffer b = buffer_over(raw, sizeof raw);
    size_t n = make(der, integers, integers_n, hash_n, text_n, tail);
    return sm2_cipher_from_der(&b, bytes_of(der, n));
}

static void what_is_not_its_form_is_refused(void **state)
{
    (void)state;
    char wide[35 + 3] = {0x02, 0x21, 0x01};
    memcpy(wide + 35, "\x02\x01\x01", 3);
    assert_int_equal(read_made("\x02\x01\x01\x02\x01\x01", 6, 32, 5, false), ERR_OK);
    assert_int_equal(read_made("\x02\x01\x00\x02\x01\x01", 6, 32, 5, false), ERR_OK); /* 0 is for the curve to refuse */
    assert_int_equal(read_made("\x02\x01\x01\x02\x01\x01", 6, 31, 5, false), ERR_DER);
    assert_int_equal(read_made("\x02\x01\x01\x02\x01\x01", 6, 33, 5, false), ERR_DER);
    assert_int_equal(read_made("\x02\x01\x01\x02\x01\x01", 6, 32, 0, false), ERR_DER);
    assert_int_equal(read_made("\x02\x01\x01\x02\x01\x01", 6, 32, 5, true), ERR_DER);
    assert_int_equal(read_made("\x02\x01\xff\x02\x01\x01", 6, 32, 5, false), ERR_DER);     /* X < 0 */
    assert_int_equal(read_made("\x02\x02\x00\x01\x02\x01\x01", 7, 32, 5, false), ERR_DER); /* X padded */
    assert_int_equal(read_made("\x02\x01\x01", 3, 32, 5, false), ERR_DER);                 /* no Y */
    assert_int_equal(read_made("\x04\x01\x01\x02\x01\x01", 6, 32, 5, false), ERR_DER);
    assert_int_equal(read_made(wide, sizeof wide, 32, 5, false), ERR_DER); /* X = 2^256 */
}

static void room_and_lengths(void **state)
{
    (void)state;
    uint8_t raw[SM2_CIPHER_FIXED + 1] = {4}, der[DER_MAX], back[sizeof raw];
    memset(raw + 1, 0xff, sizeof raw - 1);
    buffer b = buffer_over(der, sizeof der);
    assert_int_equal(sm2_cipher_to_der(&b, bytes_of(raw, SM2_CIPHER_FIXED)), ERR_LENGTH);
    assert_int_equal(sm2_cipher_to_der(&b, bytes_of(raw, 0)), ERR_LENGTH);
    assert_int_equal(b.n, 0);
    for (unsigned form = 0; form < 256; form++) {
        raw[0] = (uint8_t)form;
        b = buffer_over(der, sizeof der);
        assert_int_equal(sm2_cipher_to_der(&b, bytes_of(raw, sizeof raw)), form == 4 ? ERR_OK : ERR_POINT);
    }
    raw[0] = 4;
    size_t n = to_der(der, bytes_of(raw, sizeof raw));
    uint8_t *small = malloc(n);
    for (size_t cap = 0; cap < n; cap++) {
        b = buffer_over(small, cap);
        assert_int_equal(sm2_cipher_to_der(&b, bytes_of(raw, sizeof raw)), ERR_LENGTH);
    }
    b = buffer_over(small, n);
    assert_int_equal(sm2_cipher_to_der(&b, bytes_of(raw, sizeof raw)), ERR_OK);
    free(small);
    for (size_t cap = 0; cap < sizeof raw; cap++) {
        b = buffer_over(back, cap);
        assert_int_equal(sm2_cipher_from_der(&b, bytes_of(der, n)), ERR_LENGTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_standard),     cmocka_unit_test(both_ways_with_openssl),
        cmocka_unit_test(every_length_of_coordinate),      cmocka_unit_test(whatever_is_changed_is_refused),
        cmocka_unit_test(what_is_not_its_form_is_refused), cmocka_unit_test(room_and_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
