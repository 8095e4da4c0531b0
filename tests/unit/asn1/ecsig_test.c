#include "asn1/ecsig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_golden(void **state)
{
    (void)state;
    uint8_t rs[64], der[ECSIG_DER_MAX], back[64];
    memset(rs, 0x11, 32);
    memset(rs + 32, 0xee, 32);
    size_t n = 0;
    assert_int_equal(ecsig_to_der(der, &n, rs), ERR_OK);
    assert_int_equal(n, 2 + 2 + 32 + 2 + 33);
    assert_memory_equal(der, "\x30\x45\x02\x20\x11", 5);
    assert_memory_equal(der + 36, "\x02\x21\x00\xee", 4);
    assert_int_equal(ecsig_from_der(back, bytes_of(der, n)), ERR_OK);
    assert_memory_equal(back, rs, 64);
}

static void test_every_length(void **state)
{
    (void)state;
    for (size_t zeros = 0; zeros < 32; zeros++) {
        for (unsigned high = 1; high <= 0xff; high += 0x7f) {
            uint8_t rs[64] = {0}, der[ECSIG_DER_MAX], back[64];
            size_t n;
            rs[zeros] = (uint8_t)high;
            rs[63 - zeros] = 1;
            assert_int_equal(ecsig_to_der(der, &n, rs), ERR_OK);
            assert_int_equal(ecsig_from_der(back, bytes_of(der, n)), ERR_OK);
            assert_memory_equal(back, rs, 64);
        }
    }
    uint8_t rs[64], der[ECSIG_DER_MAX];
    size_t n;
    memset(rs, 0xff, sizeof rs);
    assert_int_equal(ecsig_to_der(der, &n, rs), ERR_OK);
    assert_int_equal(n, ECSIG_DER_MAX);
}

static void test_zero_is_refused(void **state)
{
    (void)state;
    uint8_t rs[64] = {0}, der[ECSIG_DER_MAX];
    size_t n;
    assert_int_equal(ecsig_to_der(der, &n, rs), ERR_SCALAR);
    rs[31] = 1;
    assert_int_equal(ecsig_to_der(der, &n, rs), ERR_SCALAR);
    rs[31] = 0;
    rs[63] = 1;
    assert_int_equal(ecsig_to_der(der, &n, rs), ERR_SCALAR);
    rs[31] = 1;
    assert_int_equal(ecsig_to_der(der, &n, rs), ERR_OK);
    assert_int_equal(n, 8);
}

static void test_bad_der(void **state)
{
    (void)state;
    static const struct {
        const char *der;
        size_t n;
    } bad[] = {
        {"", 0},
        {"\x30\x00", 2},
        {"\x30\x03\x02\x01\x01", 5},                          /* one integer */
        {"\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01", 11}, /* three */
        {"\x30\x06\x02\x01\x01\x02\x01\x01\x00", 9},          /* something after it */
        {"\x30\x06\x02\x01\x00\x02\x01\x01", 8},              /* r = 0 */
        {"\x30\x06\x02\x01\x01\x02\x01\x00", 8},              /* s = 0 */
        {"\x30\x06\x02\x01\xff\x02\x01\x01", 8},              /* r < 0 */
        {"\x30\x07\x02\x02\x00\x01\x02\x01\x01", 9},          /* r padded */
        {"\x30\x81\x06\x02\x01\x01\x02\x01\x01", 9},          /* a long length */
        {"\x30\x80\x02\x01\x01\x02\x01\x01\x00\x00", 10},     /* BER */
        {"\x31\x06\x02\x01\x01\x02\x01\x01", 8},              /* SET */
        {"\x30\x06\x04\x01\x01\x02\x01\x01", 8},              /* OCTET STRING */
    };
    uint8_t rs[64];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ecsig_from_der(rs, bytes_of(bad[i].der, bad[i].n)), ERR_DER);
    uint8_t wide[2 + 2 + 33 + 3] = {0x30, 38, 0x02, 33, 0x01}; /* r = 2^256 */
    memcpy(wide + 37, "\x02\x01\x01", 3);
    assert_int_equal(ecsig_from_der(rs, bytes_of(wide, sizeof wide)), ERR_DER);
    assert_int_equal(ecsig_from_der(rs, bytes_of("\x30\x06\x02\x01\x01\x02\x01\x01", 8)), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_zero_is_refused),
        cmocka_unit_test(test_bad_der),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
