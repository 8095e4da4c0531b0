#include "unit/pki/authority.h"

static identity ca;

static int setup(void **state)
{
    (void)state;
    identity_make(&ca, 31, "CA");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    identity_drop(&ca);
    return 0;
}

static bytes sign(uint8_t *room, size_t cap, bytes tbs)
{
    buffer b = buffer_over(room, cap);
    size_t whole = der_open(&b, DER_SEQUENCE), start = b.n;
    buffer_put(&b, tbs.p, tbs.n);
    assert_int_equal(signed_finish(&b, start, ca.sign), ERR_OK);
    der_close(&b, whole);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

static void test_round_trip(void **state)
{
    (void)state;
    uint8_t room[2 + SIGNED_OVERHEAD];
    bytes tbs = OCTETS("\x30\x02\x05\x00");
    signed_value v;
    assert_int_equal(signed_read(&v, sign(room, sizeof room, tbs)), ERR_OK);
    assert_true(v.sm2);
    assert_true(bytes_equal(v.tbs, tbs));
    assert_int_equal(signed_verify(v.tbs, v.signature, ca.key.public_key), ERR_OK);
    assert_int_equal(signed_verify(OCTETS("\x30\x02\x05\x01"), v.signature, ca.key.public_key), ERR_SIGNATURE);
}

static void test_overhead_bound(void **state)
{
    (void)state;
    uint8_t rs[64], room[256];
    static const uint8_t tbs[100];
    memset(rs, 0xff, sizeof rs);
    buffer b = buffer_over(room, sizeof room);
    size_t whole = der_open(&b, DER_SEQUENCE);
    buffer_put(&b, tbs, sizeof tbs);
    assert_int_equal(signed_put_signature(&b, rs), ERR_OK);
    der_close(&b, whole);
    assert_true(b.n <= sizeof tbs + SIGNED_OVERHEAD);
}

static void test_read_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *der;
        size_t n;
    } bad[] = {
        {"", 0},
        {"\x30\x00", 2},
        {"\x30\x02\x30\x00", 4},                                                      /* no algorithm */
        {"\x30\x09\x30\x00\x30\x05\x06\x03\x2a\x03\x04", 11},                         /* no signature */
        {"\x30\x0d\x31\x00\x30\x05\x06\x03\x2a\x03\x04\x03\x02\x00\x01", 15},         /* tbs a SET */
        {"\x30\x0c\x30\x00\x30\x05\x06\x03\x2a\x03\x04\x03\x01\x01", 14},             /* unused bits */
        {"\x30\x0f\x30\x00\x30\x05\x06\x03\x2a\x03\x04\x03\x02\x00\x01\x05\x00", 17}, /* something after it */
        {"\x30\x0d\x30\x00\x30\x05\x06\x03\x2a\x03\x04\x03\x02\x00\x01\x00", 16},
        {"\x30\x11\x30\x00\x30\x09\x06\x03\x2a\x03\x04\x05\x00\x05\x00\x03\x02\x00\x01", 19}, /* two parameters */
    };
    signed_value v;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(signed_read(&v, bytes_of(bad[i].der, bad[i].n)), ERR_DER);
    assert_int_equal(signed_read(&v, OCTETS("\x30\x0d\x30\x00\x30\x05\x06\x03\x2a\x03\x04\x03\x02\x00\x01")), ERR_OK);
    assert_false(v.sm2);
    /* parameters of other algorithms are theirs */
    assert_int_equal(
        signed_read(&v, OCTETS("\x30\x10\x30\x00\x30\x08\x06\x03\x2a\x03\x04\x02\x01\x05\x03\x02\x00\x01")), ERR_OK);
}

static err unused_sign(signer *self, const uint8_t e[32], uint8_t rs[64])
{
    (void)self;
    (void)e;
    (void)rs;
    return ERR_IO;
}

static void test_finish_sees_a_full_buffer(void **state)
{
    (void)state;
    uint8_t room[64];
    buffer b = buffer_over(room, sizeof room);
    der_put_null(&b);
    assert_int_equal(signed_finish(&b, 0, ca.sign), ERR_LENGTH);
    b = buffer_over(room, 1);
    der_put_null(&b);
    assert_int_equal(signed_finish(&b, 0, ca.sign), ERR_LENGTH);
    signer unused = {.sign = unused_sign};
    assert_int_equal(signed_finish(&b, 0, &unused), ERR_LENGTH); /* what is cut off is not signed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_overhead_bound),
        cmocka_unit_test(test_read_refuses),
        cmocka_unit_test(test_finish_sees_a_full_buffer),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
