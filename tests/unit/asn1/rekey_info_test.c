#include "asn1/rekey_info.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/csr_info.h"

static const uint8_t renewal[16] = {1, 2, 3}, key_id[16] = {0xa0, 0xb0}, new_key[SPKI_KEY_SIZE] = {4, 5, 6};

static void test_golden(void **state)
{
    (void)state;
    uint8_t room[REKEY_INFO_SIZE + 1];
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(rekey_info_build(&b, renewal, key_id, new_key), ERR_OK);
    assert_int_equal(b.n, REKEY_INFO_SIZE);
    assert_memory_equal(room, "\x30\x77\x0c\x0eyiqian/rekey/1\x04\x10", 20);
    assert_memory_equal(room + 20, renewal, 16);
    assert_memory_equal(room + 36, "\x04\x10", 2);
    assert_memory_equal(room + 38, key_id, 16);
    assert_memory_equal(room + 54, "\x04\x41", 2);
    assert_memory_equal(room + 56, new_key, sizeof new_key);
}

/* It is none of the other forms of what is signed. */
static void test_taken_for_nothing_else(void **state)
{
    (void)state;
    uint8_t room[REKEY_INFO_SIZE], key[SPKI_KEY_SIZE];
    bytes subject;
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(rekey_info_build(&b, renewal, key_id, new_key), ERR_OK);
    assert_true(der_is_one_value(bytes_of(b.p, b.n), DER_SEQUENCE)); /* no raw document */
    assert_false(der_is_one_value(bytes_of(b.p, b.n), DER_SET));     /* no signed attributes */
    assert_int_not_equal(b.n, 32);                                   /* no digest */
    assert_int_equal(csr_info_read(bytes_of(b.p, b.n), &subject, key), ERR_DER);
}

static void test_no_room(void **state)
{
    (void)state;
    uint8_t room[REKEY_INFO_SIZE];
    for (size_t n = 0; n < sizeof room; n++) {
        buffer b = buffer_over(room, n);
        assert_int_equal(rekey_info_build(&b, renewal, key_id, new_key), ERR_LENGTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden), cmocka_unit_test(test_taken_for_nothing_else),
                                       cmocka_unit_test(test_no_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
