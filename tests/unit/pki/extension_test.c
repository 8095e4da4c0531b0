#include "pki/extension.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OCTETS(literal) bytes_of(literal, sizeof(literal) - 1)

static void test_round_trip(void **state)
{
    (void)state;
    uint8_t room[128];
    buffer b = buffer_over(room, sizeof room);
    extension_opened at = extension_open(&b, OCTETS("\x55\x1d\x0f"), true);
    der_put_named_bits(&b, 3);
    extension_close(&b, at);
    extension_put_authority_key_id(&b, OCTETS("abcd"));
    assert_false(b.overflow);
    static const char expected[] = "\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x06\xc0"
                                   "\x30\x0f\x06\x03\x55\x1d\x23\x04\x08\x30\x06\x80\x04"
                                   "abcd";
    assert_true(bytes_equal(bytes_of(b.p, b.n), OCTETS(expected)));

    extension_list list;
    extension x;
    extension_list_open(&list, bytes_of(b.p, b.n));
    assert_int_equal(extension_next(&list, &x), ERR_OK);
    assert_int_equal(oid_from_octets(x.type), OID_KEY_USAGE);
    assert_true(x.critical);
    assert_int_equal(extension_next(&list, &x), ERR_OK);
    assert_int_equal(oid_from_octets(x.type), OID_AUTHORITY_KEY_ID);
    assert_false(x.critical);
    bytes key_id;
    assert_int_equal(extension_authority_key_id(x.value, &key_id), ERR_OK);
    assert_true(bytes_equal(key_id, OCTETS("abcd")));
    assert_int_equal(extension_next(&list, &x), ERR_NOT_FOUND);
}

static void test_authority_key_id(void **state)
{
    (void)state;
    bytes key_id = OCTETS("x");
    assert_int_equal(extension_authority_key_id(OCTETS("\x30\x00"), &key_id), ERR_OK);
    assert_int_equal(key_id.n, 0);
    /* issuer and serial number may come along */
    assert_int_equal(extension_authority_key_id(OCTETS("\x30\x08\x80\x01k\xa1\x00\x82\x01\x05"), &key_id), ERR_OK);
    assert_true(bytes_equal(key_id, OCTETS("k")));
    assert_int_equal(extension_authority_key_id(OCTETS("\x30\x05\xa1\x00\x82\x01\x05"), &key_id), ERR_OK);
    assert_int_equal(key_id.n, 0);
    assert_int_equal(extension_authority_key_id(OCTETS("\x30\x02\x80\x01"), &key_id), ERR_DER);
    assert_int_equal(extension_authority_key_id(OCTETS("\x30\x00\x00"), &key_id), ERR_DER);
    assert_int_equal(extension_authority_key_id(OCTETS("\x04\x00"), &key_id), ERR_DER);
}

static void test_twice_is_refused(void **state)
{
    (void)state;
    extension_list list;
    extension x;
    extension_list_open(&list, OCTETS("\x30\x06\x06\x02\x2a\x03\x04\x00\x30\x06\x06\x02\x2a\x04\x04\x00"
                                      "\x30\x06\x06\x02\x2a\x03\x04\x00"));
    assert_int_equal(extension_next(&list, &x), ERR_OK);
    assert_int_equal(extension_next(&list, &x), ERR_OK);
    assert_int_equal(extension_next(&list, &x), ERR_DER);
}

static void test_something_after_the_value_is_refused(void **state)
{
    (void)state;
    extension_list list;
    extension x;
    extension_list_open(&list, OCTETS("\x30\x08\x06\x02\x2a\x03\x04\x00\x05\x00"));
    assert_int_equal(extension_next(&list, &x), ERR_DER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_authority_key_id),
        cmocka_unit_test(test_twice_is_refused),
        cmocka_unit_test(test_something_after_the_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
