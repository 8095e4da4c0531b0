#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/bytes.h"

static void text_is_taken_without_its_terminator(void **state)
{
    (void)state;
    bytes b = bytes_of_text("医签");
    assert_int_equal(b.n, 6);
    assert_memory_equal(b.p, "\xe5\x8c\xbb\xe7\xad\xbe", 6);
    assert_int_equal(bytes_of_text("").n, 0);
}

static void equality_is_of_length_and_content(void **state)
{
    (void)state;
    assert_true(bytes_equal(bytes_of("abc", 3), bytes_of("abcd", 3)));
    assert_false(bytes_equal(bytes_of("abc", 3), bytes_of("abc", 2)));
    assert_false(bytes_equal(bytes_of("abc", 3), bytes_of("abd", 3)));
    assert_false(bytes_equal(bytes_of("\0a", 2), bytes_of("\0b", 2)));
    assert_true(bytes_equal(bytes_of(NULL, 0), bytes_of("x", 0)));
    assert_true(bytes_equal(bytes_of(NULL, 0), bytes_of(NULL, 0)));
    assert_false(bytes_equal(bytes_of(NULL, 0), bytes_of("x", 1)));
}

static void a_buffer_can_be_filled_to_the_last_byte(void **state)
{
    (void)state;
    uint8_t room[8];
    memset(room, 0xee, sizeof room);
    buffer b = buffer_over(room, 7);
    buffer_put(&b, "ab", 2);
    buffer_put_u8(&b, 0x7f);
    buffer_put_u32be(&b, 0x01020304);
    assert_false(b.overflow);
    assert_int_equal(b.n, 7);
    assert_memory_equal(room, "ab\x7f\x01\x02\x03\x04\xee", 8);
    buffer_put(&b, NULL, 0);
    assert_false(b.overflow);
    buffer_put_u8(&b, 1);
    assert_true(b.overflow);
    assert_int_equal(b.n, 7);
    assert_int_equal(room[7], 0xee);
}

/* What does not fit is not written in part, and nothing that would fit is written after it. */
static void overflow_stays(void **state)
{
    (void)state;
    uint8_t room[4];
    memset(room, 0xee, sizeof room);
    buffer b = buffer_over(room, sizeof room);
    buffer_put_u8(&b, 1);
    buffer_put_u32be(&b, 0x02030405);
    assert_true(b.overflow);
    buffer_put_u8(&b, 6);
    assert_true(b.overflow);
    assert_int_equal(b.n, 1);
    assert_memory_equal(room, "\x01\xee\xee\xee", 4);
}

static void a_length_that_would_wrap_overflows(void **state)
{
    (void)state;
    uint8_t room[4] = {0};
    buffer b = buffer_over(room, sizeof room);
    buffer_put_u8(&b, 1);
    buffer_put(&b, room, SIZE_MAX);
    assert_true(b.overflow);
    assert_int_equal(b.n, 1);
    b = buffer_over(NULL, 0);
    buffer_put(&b, "x", 1);
    assert_true(b.overflow);
}

static void big_endian_both_ways(void **state)
{
    (void)state;
    static const uint64_t values[] = {
        0,          1,          0x80,       0xff,     0x0102030405060708, 0x8000000000000000,
        UINT64_MAX, 0xffffffff, 0x80000000, 0x7fffff, 0xfedcba9876543210, 1000000};
    uint8_t out[8];
    store_u32be(out, 0xfedcba98);
    assert_memory_equal(out, "\xfe\xdc\xba\x98", 4);
    store_u64be(out, 0xfedcba9876543210);
    assert_memory_equal(out, "\xfe\xdc\xba\x98\x76\x54\x32\x10", 8);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        store_u64be(out, values[i]);
        assert_true(load_u64be(out) == values[i]);
        store_u32be(out, (uint32_t)values[i]);
        assert_true(load_u32be(out) == (uint32_t)values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_taken_without_its_terminator),    cmocka_unit_test(equality_is_of_length_and_content),
        cmocka_unit_test(a_buffer_can_be_filled_to_the_last_byte), cmocka_unit_test(overflow_stays),
        cmocka_unit_test(a_length_that_would_wrap_overflows),      cmocka_unit_test(big_endian_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
