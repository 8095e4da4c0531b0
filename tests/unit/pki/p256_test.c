#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "pki/p256.h"

/* RFC 6979 A.2.5, P-256 with SHA-256, message "sample". */
static const char PUBLIC_KEY[] = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                                 "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
static const char SIGNATURE[] = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                                "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

typedef struct example {
    uint8_t key[P256_POINT], signature[P256_SIGNATURE];
    bytes message;
} example;

static example example_of_rfc6979(void)
{
    example x = {.message = bytes_of("sample", 6)};
    assert_int_equal(hex_decode(x.key, sizeof x.key, PUBLIC_KEY, strlen(PUBLIC_KEY)), ERR_OK);
    assert_int_equal(hex_decode(x.signature, sizeof x.signature, SIGNATURE, strlen(SIGNATURE)), ERR_OK);
    return x;
}

static void the_standards_example_verifies(void **state)
{
    (void)state;
    example x = example_of_rfc6979();
    assert_int_equal(p256_check(x.key), ERR_OK);
    assert_int_equal(p256_verify(x.key, x.message, x.signature), ERR_OK);
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * P256_SIGNATURE; bit++) {
        example x = example_of_rfc6979();
        x.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(p256_verify(x.key, x.message, x.signature), ERR_SIGNATURE);
    }
    for (size_t bit = 0; bit < 8 * P256_POINT; bit++) {
        example x = example_of_rfc6979();
        x.key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(p256_check(x.key), ERR_POINT);
        assert_int_not_equal(p256_verify(x.key, x.message, x.signature), ERR_OK);
    }
    example x = example_of_rfc6979();
    assert_int_equal(p256_verify(x.key, bytes_of("sampld", 6), x.signature), ERR_SIGNATURE);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    example x = example_of_rfc6979();
    uint8_t s[32];
    memcpy(s, x.signature + 32, 32);
    memset(x.signature + 32, 0, 32);
    assert_int_equal(p256_verify(x.key, x.message, x.signature), ERR_SIGNATURE);
    memset(x.signature + 32, 0xff, 32);
    assert_int_equal(p256_verify(x.key, x.message, x.signature), ERR_SIGNATURE);
    memcpy(x.signature + 32, s, 32);
    memset(x.signature, 0, 32);
    assert_int_equal(p256_verify(x.key, x.message, x.signature), ERR_SIGNATURE);
    memset(x.key, 0, sizeof x.key);
    assert_int_equal(p256_check(x.key), ERR_POINT);
    x.key[0] = 4;
    assert_int_equal(p256_check(x.key), ERR_POINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_example_verifies),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(values_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
