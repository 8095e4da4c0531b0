#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "http/uri.h"

static arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_create(1 << 16);
    return a ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(a);
    return 0;
}

static void decodes(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
        uri_part part;
    } known[] = {
        {"", "", URI_SEGMENT},
        {"abc", "abc", URI_SEGMENT},
        {"a%20b", "a b", URI_SEGMENT},
        {"%e5%8c%BB", "医", URI_SEGMENT},
        {"医", "医", URI_SEGMENT},
        {"a+b", "a+b", URI_SEGMENT},
        {"/a/b%20c", "/a/b c", URI_PATH},
        {"", "", URI_PATH},
        {"a+b", "a b", URI_QUERY},
        {"a%2bb", "a+b", URI_QUERY},
        {"%2525", "%25", URI_QUERY},
        {"a%2Fb/c", "a/b/c", URI_QUERY},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char *out = NULL;
        assert_int_equal(uri_decode(a, &out, known[i].in, strlen(known[i].in), known[i].part), ERR_OK);
        assert_string_equal(out, known[i].out);
    }
}

static void refuses_what_is_ill_encoded(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        uri_part part;
        err e;
    } bad[] = {
        {"%", URI_QUERY, ERR_ENCODING},       {"%4", URI_QUERY, ERR_ENCODING},      {"%4g", URI_QUERY, ERR_ENCODING},
        {"a%00b", URI_QUERY, ERR_ENCODING},   {"%0d%0a", URI_QUERY, ERR_ENCODING},  {"%7f", URI_QUERY, ERR_ENCODING},
        {"a/%2fb", URI_PATH, ERR_ENCODING},   {"a/%00", URI_PATH, ERR_ENCODING},    {"a/%ff", URI_PATH, ERR_UTF8},
        {"a%2fb", URI_SEGMENT, ERR_ENCODING}, {"a/b", URI_SEGMENT, ERR_ENCODING},   {"%ff", URI_QUERY, ERR_UTF8},
        {"%c0%80", URI_SEGMENT, ERR_UTF8},    {"%ed%a0%80", URI_SEGMENT, ERR_UTF8}, {"%e5%8c", URI_SEGMENT, ERR_UTF8},
        {"\xb1\xb1", URI_SEGMENT, ERR_UTF8},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *out = NULL;
        assert_int_equal(uri_decode(a, &out, bad[i].in, strlen(bad[i].in), bad[i].part), bad[i].e);
    }
}

/* An escape at the end may not be completed by what stands after the end. */
static void keeps_within_the_length(void **state)
{
    (void)state;
    char *out = NULL;
    assert_int_equal(uri_decode(a, &out, "a%41", 3, URI_SEGMENT), ERR_ENCODING);
    assert_int_equal(uri_decode(a, &out, "a%41", 2, URI_SEGMENT), ERR_ENCODING);
    assert_int_equal(uri_decode(a, &out, "a%41", 1, URI_SEGMENT), ERR_OK);
    assert_string_equal(out, "a");
}

static void finds_arguments(void **state)
{
    (void)state;
    const char *query = "ab=1&a=2&empty=&bare&a=3&x=%E5%8C%BB+y&bad=%zz";
    assert_string_equal(uri_query(a, query, "a"), "2");
    assert_string_equal(uri_query(a, query, "ab"), "1");
    assert_string_equal(uri_query(a, query, "empty"), "");
    assert_string_equal(uri_query(a, query, "bare"), "");
    assert_string_equal(uri_query(a, query, "x"), "医 y");
    assert_null(uri_query(a, query, "b"));
    assert_null(uri_query(a, query, "bad"));
    assert_null(uri_query(a, "", "a"));
    assert_null(uri_query(a, "&&", "a"));
    assert_string_equal(uri_query(a, "&&a=1", "a"), "1");
}

static void checks_a_whole_query(void **state)
{
    (void)state;
    assert_int_equal(uri_check_query(a, ""), ERR_OK);
    assert_int_equal(uri_check_query(a, "a=1&b=%E5%8C%BB"), ERR_OK);
    assert_int_equal(uri_check_query(a, "a=1&b=%"), ERR_ENCODING);
    assert_int_equal(uri_check_query(a, "a=%b1%b1"), ERR_UTF8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes),
        cmocka_unit_test(refuses_what_is_ill_encoded),
        cmocka_unit_test(keeps_within_the_length),
        cmocka_unit_test(finds_arguments),
        cmocka_unit_test(checks_a_whole_query),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
