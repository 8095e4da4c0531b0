#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "json_reader.h"

static err open_text(json_value *root, const char *text)
{
    return json_reader_open(root, text, strlen(text));
}

static void assert_opens(const char *text, err expected)
{
    json_value root;
    err e = open_text(&root, text);
    if (e != expected)
        fail_msg("%s: %s instead of %s", text, err_code(e), err_code(expected));
}

static json_value field(const char *text, const char *name)
{
    static json_value root;
    json_value value;
    assert_int_equal(open_text(&root, text), ERR_OK);
    assert_int_equal(json_reader_field(&value, root, name), ERR_OK);
    return value;
}

static void opens_what_is_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        " \t\r\n{ } \n",
        "{\"a\":1}",
        "{\"a\":-0.5e+10,\"b\":[1,2.5,-3E-2,0],\"c\":{\"d\":null},\"e\":true,\"f\":false,\"\":\"\"}",
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u4e2d\\ud83d\\ude00\"}",
        "{\"医\":\"签\"}",
        "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_opens(texts[i], ERR_OK);
}

static void refuses_what_is_not(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":1e+}",
        "{\"a\":0x10}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":tru}",
        "{\"a\":nul}",
        "{\"a\":truex}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":[}",
        "{\"a\":[1}",
        "{\"a\":{]}",
        "{\"a\":1}}",
        "{\"a\":1} x",
        "{}{}",
        "{} null",
        "{\"a\":\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\\"}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\n\"}",
        "{/**/}",
        "{\"a\":1//\n}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"\\u0061\":1,\"a\":2}",
        "{\"b\":{\"x\":1,\"y\":2,\"x\":3}}",
        "\xef\xbb\xbf{}",
        "{\"a\":1\f}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_opens(texts[i], ERR_JSON);
}

static void refuses_what_is_not_unicode(void **state)
{
    (void)state;
    json_value root;
    assert_opens("{\"a\":\"\xff\"}", ERR_UTF8);
    assert_opens("{\"a\":\"\xc0\xaf\"}", ERR_UTF8);
    assert_opens("{\"a\":\"\xed\xa0\x80\"}", ERR_UTF8);
    assert_opens("{\"a\":\"\\ud800\"}", ERR_UTF8);
    assert_opens("{\"a\":\"\\ud800x\"}", ERR_UTF8);
    assert_opens("{\"a\":\"\\ud800\\u0041\"}", ERR_UTF8);
    assert_opens("{\"a\":\"\\udc00\\ud800\"}", ERR_UTF8);
    assert_opens("{\"a\":\"\\u0000\"}", ERR_UTF8);
    assert_opens("{\"\\u0000\":1}", ERR_UTF8);
    assert_int_equal(json_reader_open(&root, "{\"a\":\"\0\"}", 9), ERR_UTF8);
    assert_int_equal(json_reader_open(&root, "{}\0", 3), ERR_UTF8);
    assert_int_equal(json_reader_open(&root, NULL, 0), ERR_JSON);
}

static void wants_an_object(void **state)
{
    (void)state;
    static const char *const texts[] = {"[]", "1", "null", "\"a\"", "[{}]"};
    json_value root;
    /* Longer texts follow, so that nothing is read behind the end. */
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_not_equal(open_text(&root, texts[i]), ERR_OK);
    assert_opens("[]", ERR_FIELD_TYPE);
}

static void nest(char *out, size_t depth, const char *open, const char *inside, const char *close)
{
    for (size_t i = 0; i < depth; i++)
        out = stpcpy(out, open);
    out = stpcpy(out, inside);
    for (size_t i = 0; i < depth; i++)
        out = stpcpy(out, close);
}

static void bounds_depth(void **state)
{
    (void)state;
    char text[8192];
    nest(text, JSON_READER_DEPTH, "{\"a\":", "1", "}");
    assert_opens(text, ERR_OK);
    nest(text, JSON_READER_DEPTH + 1, "{\"a\":", "1", "}");
    assert_opens(text, ERR_LIMIT);
    nest(text, 1000, "{\"a\":[", "1", "]}");
    assert_opens(text, ERR_LIMIT);
    nest(text, 1000, "[", "", "");
    assert_opens(text, ERR_LIMIT);
}

static void bounds_members_and_names(void **state)
{
    (void)state;
    char text[4096] = "{", name[80];
    size_t n = 1;
    for (int i = 0; i < JSON_READER_MEMBERS; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s\"m%d\":%d", i ? "," : "", i, i);
    (void)snprintf(text + n, sizeof text - n, "}");
    assert_opens(text, ERR_OK);
    (void)snprintf(text + n, sizeof text - n, ",\"more\":1}");
    assert_opens(text, ERR_LIMIT);

    memset(name, 'n', sizeof name);
    (void)snprintf(text, sizeof text, "{\"%.*s\":1}", JSON_READER_NAME, name);
    assert_opens(text, ERR_OK);
    (void)snprintf(text, sizeof text, "{\"%.*s\":1}", JSON_READER_NAME + 1, name);
    assert_opens(text, ERR_LIMIT);
}

/* Every prefix of a text is malformed, and reading it stays inside it (the sanitizers watch). */
static void refuses_every_prefix(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":[1,-2.5e3,{\"b\":\"\\u4e2d\\ud83d\\ude00x\\n\"},true,false,null],\"c\":\"医签\"}";
    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *copy = test_malloc(n + 1);
        json_value root;
        memcpy(copy, text, n);
        assert_int_not_equal(json_reader_open(&root, copy, n), ERR_OK);
        test_free(copy);
    }
    assert_opens(text, ERR_OK);
}

static void finds_fields(void **state)
{
    (void)state;
    static const char text[] =
        "{ \"skipped\" : { \"b\":[\"]}\\\"\", {}] } , \"\\u0062\" : 7 , \"s\" : \"a,}b\", \"n\":null}";
    json_value root, value;
    int64_t number;
    assert_int_equal(open_text(&root, text), ERR_OK);
    assert_int_equal(json_reader_field(&value, root, "b"), ERR_OK);
    assert_int_equal(json_reader_int(&number, value, 0, 10), ERR_OK);
    assert_int_equal(number, 7);
    assert_int_equal(json_reader_field(&value, root, "n"), ERR_OK);
    assert_true(json_reader_is_null(value));
    assert_int_equal(json_reader_field(&value, root, "nn"), ERR_FIELD_MISSING);
    assert_int_equal(json_reader_field(&value, root, ""), ERR_FIELD_MISSING);
    assert_int_equal(json_reader_field(&value, root, "s"), ERR_OK);
    assert_int_equal(json_reader_field(&value, value, "a"), ERR_FIELD_TYPE);
}

static void reads_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t min, max;
        err e;
        int64_t value;
    } cases[] = {
        {"{\"v\":0}", 0, 0, ERR_OK, 0},
        {"{\"v\":-0}", 0, 0, ERR_OK, 0},
        {"{\"v\":-12}", -12, 0, ERR_OK, -12},
        {"{\"v\":1000000000000}", 0, INT64_MAX, ERR_OK, 1000000000000},
        {"{\"v\":5}", 6, 9, ERR_FIELD_VALUE, 0},
        {"{\"v\":10}", 6, 9, ERR_FIELD_VALUE, 0},
        {"{\"v\":9223372036854775808}", INT64_MIN, INT64_MAX, ERR_FIELD_VALUE, 0},
        {"{\"v\":99999999999999999999999999}", INT64_MIN, INT64_MAX, ERR_FIELD_VALUE, 0},
        {"{\"v\":1.0}", 0, 9, ERR_FIELD_TYPE, 0},
        {"{\"v\":1e1}", 0, 99, ERR_FIELD_TYPE, 0},
        {"{\"v\":\"1\"}", 0, 9, ERR_FIELD_TYPE, 0},
        {"{\"v\":true}", 0, 9, ERR_FIELD_TYPE, 0},
        {"{\"v\":null}", 0, 9, ERR_FIELD_TYPE, 0},
        {"{\"v\":[1]}", 0, 9, ERR_FIELD_TYPE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 0;
        assert_int_equal(json_reader_int(&value, field(cases[i].text, "v"), cases[i].min, cases[i].max), cases[i].e);
        if (cases[i].e == ERR_OK)
            assert_true(value == cases[i].value);
    }
}

static void reads_text(void **state)
{
    (void)state;
    arena *a = arena_create(4096);
    const char *text;
    char small[8];
    json_value v = field("{\"v\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u4e2d\\ud83d\\ude00医\"}", "v");
    assert_int_equal(json_reader_text(a, &text, v), ERR_OK);
    assert_string_equal(text, "\"\\/\b\f\n\r\tA\xc3\xa9中😀医");
    assert_int_equal(json_reader_copy(small, sizeof small, field("{\"v\":\"1234567\"}", "v")), ERR_OK);
    assert_string_equal(small, "1234567");
    assert_int_equal(json_reader_copy(small, sizeof small, field("{\"v\":\"12345678\"}", "v")), ERR_FIELD_LENGTH);
    assert_int_equal(json_reader_copy(small, sizeof small, field("{\"v\":\"\"}", "v")), ERR_OK);
    assert_string_equal(small, "");
    assert_int_equal(json_reader_copy(small, sizeof small, field("{\"v\":5}", "v")), ERR_FIELD_TYPE);
    assert_int_equal(json_reader_text(a, &text, field("{\"v\":null}", "v")), ERR_FIELD_TYPE);
    arena_destroy(a);
}

static void reads_bytes(void **state)
{
    (void)state;
    arena *a = arena_create(4096);
    uint8_t out[16];
    bytes der;
    assert_int_equal(json_reader_hex(out, 2, field("{\"v\":\"0aFf\"}", "v")), ERR_OK);
    assert_memory_equal(out, "\x0a\xff", 2);
    assert_int_equal(json_reader_hex(out, 2, field("{\"v\":\"0aF\"}", "v")), ERR_FIELD_LENGTH);
    assert_int_equal(json_reader_hex(out, 2, field("{\"v\":\"0aFf0\"}", "v")), ERR_FIELD_LENGTH);
    assert_int_equal(json_reader_hex(out, 2, field("{\"v\":\"\"}", "v")), ERR_FIELD_LENGTH);
    assert_int_equal(json_reader_hex(out, 2, field("{\"v\":\"0ag0\"}", "v")), ERR_FIELD_VALUE);
    assert_int_equal(json_reader_hex(out, 2, field("{\"v\":1234}", "v")), ERR_FIELD_TYPE);
    assert_int_equal(json_reader_uuid(out, field("{\"v\":\"00112233-4455-6677-8899-aabbccddeeff\"}", "v")), ERR_OK);
    assert_int_equal(out[15], 0xff);
    assert_int_equal(json_reader_uuid(out, field("{\"v\":\"00112233445566778899aabbccddeeff\"}", "v")),
                     ERR_FIELD_LENGTH);
    assert_int_equal(json_reader_uuid(out, field("{\"v\":\"00112233-4455-6677-8899+aabbccddeeff\"}", "v")),
                     ERR_FIELD_VALUE);
    assert_int_equal(json_reader_uuid(out, field("{\"v\":{}}", "v")), ERR_FIELD_TYPE);
    assert_int_equal(json_reader_base64(a, &der, field("{\"v\":\"AQI\\/\"}", "v"), 3), ERR_OK);
    assert_int_equal(der.n, 3);
    assert_memory_equal(der.p, "\x01\x02\x3f", 3);
    assert_int_equal(json_reader_base64(a, &der, field("{\"v\":\"AQI/\"}", "v"), 2), ERR_FIELD_LENGTH);
    assert_int_equal(json_reader_base64(a, &der, field("{\"v\":\"AQI\"}", "v"), 9), ERR_FIELD_VALUE);
    assert_int_equal(json_reader_base64(a, &der, field("{\"v\":\"AQ-_\"}", "v"), 9), ERR_FIELD_VALUE);
    assert_int_equal(json_reader_base64(a, &der, field("{\"v\":[]}", "v"), 9), ERR_FIELD_TYPE);
    arena_destroy(a);
}

static void walks_arrays(void **state)
{
    (void)state;
    json_value array = field("{\"v\":[ 1, [2,3], {\"a\":[4]}, \"5,]\" ,null ]}", "v"), element;
    size_t n, position = 0;
    assert_int_equal(json_reader_count(&n, array, 5), ERR_OK);
    assert_int_equal(n, 5);
    assert_int_equal(json_reader_count(&n, array, 4), ERR_FIELD_LENGTH);
    static const char *const expected[] = {"1", "[2,3]", "{\"a\":[4]}", "\"5,]\"", "null"};
    for (size_t i = 0; i < 5; i++) {
        assert_true(json_reader_next(&element, array, &position));
        assert_int_equal(element.n, strlen(expected[i]));
        assert_memory_equal(element.p, expected[i], element.n);
    }
    assert_false(json_reader_next(&element, array, &position));
    position = 0;
    assert_false(json_reader_next(&element, field("{\"v\":[ ]}", "v"), &position));
    assert_false(json_reader_next(&element, field("{\"v\":7}", "v"), &position));
    assert_int_equal(json_reader_count(&n, field("{\"v\":{}}", "v"), 4), ERR_FIELD_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_what_is_json),
        cmocka_unit_test(refuses_what_is_not),
        cmocka_unit_test(refuses_what_is_not_unicode),
        cmocka_unit_test(wants_an_object),
        cmocka_unit_test(bounds_depth),
        cmocka_unit_test(bounds_members_and_names),
        cmocka_unit_test(refuses_every_prefix),
        cmocka_unit_test(finds_fields),
        cmocka_unit_test(reads_integers),
        cmocka_unit_test(reads_text),
        cmocka_unit_test(reads_bytes),
        cmocka_unit_test(walks_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
