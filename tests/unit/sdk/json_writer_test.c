#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "json_writer.h"

static void write_sample(json_writer *w)
{
    static const uint8_t id[16] = {0x01, 0x8f};
    json_writer_begin_object(w, NULL);
    json_writer_int(w, "n", INT64_MIN);
    json_writer_text(w, "t", "\"\\\n\x01 医签");
    json_writer_null(w, "z");
    json_writer_begin_array(w, "a");
    json_writer_begin_object(w, NULL);
    json_writer_hex(w, "h", "\x00\xff", 2);
    json_writer_end_object(w);
    json_writer_uuid(w, NULL, id);
    json_writer_begin_array(w, NULL);
    json_writer_end_array(w);
    json_writer_end_array(w);
    json_writer_end_object(w);
}

static void writes_what_jansson_reads(void **state)
{
    (void)state;
    uint8_t out[512];
    json_writer w;
    json_writer_init(&w, out, sizeof out);
    write_sample(&w);
    assert_false(w.out.overflow);
    json_t *root = json_loadb((const char *)out, w.out.n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    json_t *expected = json_pack("{s:I,s:s,s:n,s:[{s:s},s,[]]}", "n", (json_int_t)INT64_MIN, "t", "\"\\\n\x01 医签",
                                 "z", "a", "h", "00ff", "018f0000-0000-0000-0000-000000000000");
    assert_true(json_equal(root, expected));
    json_decref(root);
    json_decref(expected);
}

static void says_when_it_does_not_fit(void **state)
{
    (void)state;
    uint8_t out[512];
    json_writer w;
    json_writer_init(&w, out, sizeof out);
    write_sample(&w);
    size_t whole = w.out.n;
    for (size_t cap = 0; cap < whole; cap++) {
        json_writer_init(&w, out, cap);
        write_sample(&w);
        assert_true(w.out.overflow);
        assert_true(w.out.n <= cap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_jansson_reads),
        cmocka_unit_test(says_when_it_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
