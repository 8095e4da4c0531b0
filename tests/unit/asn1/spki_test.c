#include "asn1/spki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/oid.h"

static const char header[] =
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d"
    "\x03\x42\x00";

static void key_of(uint8_t key[SPKI_KEY_SIZE])
{
    memset(key, 0xa5, SPKI_KEY_SIZE);
    key[0] = 0x04;
}

static void test_golden(void **state)
{
    (void)state;
    uint8_t key[SPKI_KEY_SIZE], room[SPKI_SM2_SIZE];
    key_of(key);
    buffer b = buffer_over(room, sizeof room);
    spki_put(&b, key);
    assert_false(b.overflow);
    assert_int_equal(b.n, SPKI_SM2_SIZE);
    assert_memory_equal(room, header, sizeof header - 1);
    assert_memory_equal(room + sizeof header - 1, key, sizeof key);

    der_reader r = der_reader_over(bytes_of(b.p, b.n));
    spki read;
    assert_int_equal(spki_read(&r, &read), ERR_OK);
    assert_true(der_at_end(&r));
    assert_true(read.is_sm2);
    assert_int_equal(read.der.n, b.n);
    assert_int_equal(oid_from_octets(read.algorithm), OID_EC_PUBLIC_KEY);
    assert_int_equal(read.key.n, SPKI_KEY_SIZE);
    assert_memory_equal(read.key.p, key, SPKI_KEY_SIZE);
}

static void put_key(buffer *b, const char *curve, size_t curve_n, bytes key)
{
    size_t outer = der_open(b, DER_SEQUENCE), algorithm = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_EC_PUBLIC_KEY);
    buffer_put(b, curve, curve_n);
    der_close(b, algorithm);
    der_put_bit_string(b, key);
    der_close(b, outer);
}

static void assert_foreign(const char *curve, size_t curve_n, bytes key)
{
    uint8_t room[128];
    buffer b = buffer_over(room, sizeof room);
    put_key(&b, curve, curve_n, key);
    der_reader r = der_reader_over(bytes_of(b.p, b.n));
    spki read;
    assert_int_equal(spki_read(&r, &read), ERR_OK);
    assert_false(read.is_sm2);
}

static void test_other_keys(void **state)
{
    (void)state;
    static const char sm2_curve[] = "\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d";
    static const char p256_curve[] = "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    uint8_t key[SPKI_KEY_SIZE];
    key_of(key);
    assert_foreign(p256_curve, sizeof p256_curve - 1, bytes_of(key, sizeof key));
    assert_foreign(NULL, 0, bytes_of(key, sizeof key));
    assert_foreign("\x05\x00", 2, bytes_of(key, sizeof key));
    assert_foreign(sm2_curve, sizeof sm2_curve - 1, bytes_of(key, 64));
    key[0] = 0x02;
    assert_foreign(sm2_curve, sizeof sm2_curve - 1, bytes_of(key, 33)); /* compressed */
    assert_foreign(sm2_curve, sizeof sm2_curve - 1, bytes_of(key, sizeof key));
    assert_foreign(sm2_curve, sizeof sm2_curve - 1, bytes_of(NULL, 0));
}

static void test_bad_encodings(void **state)
{
    (void)state;
    uint8_t key[SPKI_KEY_SIZE], room[SPKI_SM2_SIZE + 2];
    key_of(key);
    buffer b = buffer_over(room, SPKI_SM2_SIZE);
    spki_put(&b, key);
    spki read;
    for (size_t n = 0; n < SPKI_SM2_SIZE; n++) {
        der_reader r = der_reader_over(bytes_of(room, n));
        assert_int_equal(spki_read(&r, &read), ERR_DER);
    }
    room[25] = 1; /* unused bits */
    der_reader r = der_reader_over(bytes_of(room, SPKI_SM2_SIZE));
    assert_int_equal(spki_read(&r, &read), ERR_DER);
    b = buffer_over(room, sizeof room);
    put_key(&b, "\x05\x00\x05\x00", 4, bytes_of(key, 32)); /* two parameters */
    r = der_reader_over(bytes_of(b.p, b.n));
    assert_int_equal(spki_read(&r, &read), ERR_DER);
    assert_ptr_equal(r.p, room);
    static const char more[] = "\x30\x0d\x30\x05\x06\x03\x2a\x03\x04\x03\x02\x00\x01\x05\x00"; /* after the key */
    r = der_reader_over(bytes_of(more, sizeof more - 1));
    assert_int_equal(spki_read(&r, &read), ERR_DER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_other_keys),
        cmocka_unit_test(test_bad_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
