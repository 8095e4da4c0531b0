#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tsa/frame.h"

static const uint8_t der[] = {0x30, 0x03, 0x02, 0x01, 0x01};

/* Each message of the table as its octets, and as what they say. */
static const struct {
    const char *octets;
    size_t n;
    frame f;
} examples[] = {
    {"\0\0\0\6\0\x30\x03\x02\x01\x01", 10, {.type = FRAME_MESSAGE, .message = {der, 5}}},
    {"\0\0\0\x9\1\1\2\3\4\0\0\0\x1e", 13, {.type = FRAME_POLL_REPLY, .reference = 0x01020304, .check_back = 30}},
    {"\0\0\0\5\2\xff\xff\xff\xfe", 9, {.type = FRAME_POLL_REQUEST, .reference = 0xfffffffe}},
    {"\0\0\0\2\3\0", 6, {.type = FRAME_NEGATIVE_POLL_REPLY}},
    {"\0\0\0\xe\4\0\0\0\x7\0\0\0\1\x30\x03\x02\x01\x01",
     18,
     {.type = FRAME_PARTIAL_REPLY, .reference = 7, .check_back = 1, .message = {der, 5}}},
    {"\0\0\0\6\5\x30\x03\x02\x01\x01", 10, {.type = FRAME_FINAL_REPLY, .message = {der, 5}}},
    {"\0\0\0\3\6no", 7, {.type = FRAME_ERROR, .message = {(const uint8_t *)"no", 2}}},
};
enum { EXAMPLES = sizeof examples / sizeof *examples };

static void each_message_is_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        frame f;
        uint8_t room[32];
        buffer out = buffer_over(room, sizeof room);
        assert_int_equal(frame_read(&f, bytes_of(examples[i].octets, examples[i].n)), ERR_OK);
        assert_int_equal(f.type, examples[i].f.type);
        assert_int_equal(f.reference, examples[i].f.reference);
        assert_int_equal(f.check_back, examples[i].f.check_back);
        assert_true(bytes_equal(f.message, examples[i].f.message));
        assert_int_equal(frame_write(&out, &examples[i].f), ERR_OK);
        assert_true(bytes_equal(bytes_of(room, out.n), bytes_of(examples[i].octets, examples[i].n)));
    }
}

static void a_message_cut_or_drawn_out_is_refused(void **state)
{
    (void)state;
    uint8_t longer[32] = {0};
    frame f;
    for (size_t i = 0; i < EXAMPLES; i++) {
        for (size_t n = 0; n < examples[i].n; n++)
            assert_int_equal(frame_read(&f, bytes_of(examples[i].octets, n)), ERR_LENGTH);
        memcpy(longer, examples[i].octets, examples[i].n);
        assert_int_equal(frame_read(&f, bytes_of(longer, examples[i].n + 1)), ERR_LENGTH);
    }
}

static err head(uint32_t length, uint8_t flag, size_t max, size_t *value_n)
{
    uint8_t octets[FRAME_HEAD];
    store_u32be(octets, length);
    octets[4] = flag;
    return frame_head(octets, max, value_n);
}

static void the_head_bounds_the_value(void **state)
{
    (void)state;
    size_t n = 99;
    assert_int_equal(head(0, FRAME_MESSAGE, 4096, &n), ERR_LENGTH); /* not even the flag */
    assert_int_equal(head(1, FRAME_MESSAGE, 4096, &n), ERR_LENGTH);
    assert_int_equal(head(4098, FRAME_MESSAGE, 4096, &n), ERR_LENGTH);
    assert_int_equal(head(UINT32_MAX, FRAME_MESSAGE, 4096, &n), ERR_LENGTH);
    assert_int_equal(n, 99);
    assert_int_equal(head(4097, FRAME_MESSAGE, 4096, &n), ERR_OK);
    assert_int_equal(n, 4096);
    assert_int_equal(head(2, FRAME_MESSAGE, 4096, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(head(2, FRAME_TYPES, 4096, &n), ERR_UNSUPPORTED);
    assert_int_equal(head(2, 0xff, 4096, &n), ERR_UNSUPPORTED);
    /* Those of one length have no other. */
    for (uint32_t length = 0; length < 20; length++) {
        assert_int_equal(head(length, FRAME_POLL_REPLY, 4096, &n), length == 9 ? ERR_OK : ERR_LENGTH);
        assert_int_equal(head(length, FRAME_POLL_REQUEST, 4096, &n), length == 5 ? ERR_OK : ERR_LENGTH);
        assert_int_equal(head(length, FRAME_NEGATIVE_POLL_REPLY, 4096, &n), length == 2 ? ERR_OK : ERR_LENGTH);
        assert_int_equal(head(length, FRAME_PARTIAL_REPLY, 4096, &n), length >= 10 ? ERR_OK : ERR_LENGTH);
    }
}

static void what_a_value_may_not_be(void **state)
{
    (void)state;
    frame f;
    assert_int_equal(frame_read(&f, bytes_of("\0\0\0\2\3\1", 6)), ERR_ENCODING);
    assert_int_equal(frame_read(&f, bytes_of("\0\0\0\2\6\xff", 6)), ERR_ENCODING);
    assert_int_equal(frame_read(&f, bytes_of("\0\0\0\2\7\0", 6)), ERR_UNSUPPORTED);
}

static void what_cannot_be_written(void **state)
{
    (void)state;
    uint8_t room[FRAME_HEAD + 5];
    buffer out = buffer_over(room, sizeof room - 1);
    frame f = {.type = FRAME_FINAL_REPLY, .message = {der, 5}};
    assert_int_equal(frame_write(&out, &f), ERR_LIMIT);
    assert_int_equal(out.n, 0);
    assert_false(out.overflow);
    out = buffer_over(room, sizeof room);
    f.message.n = 0;
    assert_int_equal(frame_write(&out, &f), ERR_LENGTH);
    f.message.n = UINT32_MAX;
    assert_int_equal(frame_write(&out, &f), ERR_LENGTH);
    f = (frame){.type = FRAME_TYPES};
    assert_int_equal(frame_write(&out, &f), ERR_ARG);
    f = (frame){.type = FRAME_ERROR, .message = {(const uint8_t *)"\xc0", 1}};
    assert_int_equal(frame_write(&out, &f), ERR_ENCODING);
    assert_int_equal(out.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_is_read_and_written), cmocka_unit_test(a_message_cut_or_drawn_out_is_refused),
        cmocka_unit_test(the_head_bounds_the_value),        cmocka_unit_test(what_a_value_may_not_be),
        cmocka_unit_test(what_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
