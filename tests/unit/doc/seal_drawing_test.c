#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "doc/seal_drawing.h"

static int setup(void **state)
{
    *state = arena_create(4 << 20);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static const char *draw(arena *a, const char *name)
{
    bytes svg;
    assert_int_equal(seal_drawing_make(a, name, &svg), ERR_OK);
    const char *text = arena_text(a, svg.p, svg.n);
    assert_int_equal(strlen(text), svg.n);
    assert_int_equal(strncmp(text, "<svg ", 5), 0);
    assert_string_equal(text + svg.n - 10, "</g></svg>");
    return text;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

/* 王建国 -> 王建 in the right column, 国印 in the left one. */
static void short_chinese_names_stand_in_two_columns(void **state)
{
    arena *a = *state;
    const char *three = draw(a, "王建国");
    assert_non_null(strstr(three, "x=\"170\" y=\"104\" font-size=\"98\">&#x738b;<"));
    assert_non_null(strstr(three, "x=\"170\" y=\"206\" font-size=\"98\">&#x5efa;<"));
    assert_non_null(strstr(three, "x=\"70\" y=\"104\" font-size=\"98\">&#x56fd;<"));
    assert_non_null(strstr(three, "x=\"70\" y=\"206\" font-size=\"98\">&#x5370;<"));
    const char *two = draw(a, "李明");
    assert_non_null(strstr(two, "&#x4e4b;"));
    assert_non_null(strstr(two, "&#x5370;"));
    const char *four = draw(a, "欧阳建国");
    assert_null(strstr(four, "&#x5370;"));
    assert_int_equal(count(four, "<text "), 4);
    assert_int_equal(count(draw(a, "𠮷野家"), "&#x20bb7;"), 1); /* beyond the basic plane */
}

static void other_names_stand_in_one_row(void **state)
{
    arena *a = *state;
    static const char *const names[] = {"王", "Smith", "阿依古丽·买买提", "王A", "a"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(count(draw(a, names[i]), "<text "), 1);
        assert_non_null(strstr(draw(a, names[i]), "textLength="));
    }
    assert_string_equal(draw(a, "Smith"), draw(a, "Smith"));
}

static void nothing_in_a_name_becomes_markup(void **state)
{
    arena *a = *state;
    const char *text = draw(a, "<script>&\"'/x");
    assert_null(strstr(text, "<script"));
    assert_non_null(strstr(text, "&#x3c;&#x73;&#x63;&#x72;&#x69;&#x70;&#x74;&#x3e;&#x26;&#x22;&#x27;&#x2f;&#x78;"));
    /* The longest name there is, of the longest characters, is drawn whole. */
    char name[4 * 64 + 1] = "";
    for (size_t i = 0; i < 64; i++)
        memcpy(name + 4 * i, "\xf0\xa0\xae\xb7", 5);
    assert_int_equal(count(draw(a, name), "&#x20bb7;"), 64);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(short_chinese_names_stand_in_two_columns),
        WITH_ARENA(other_names_stand_in_one_row),
        WITH_ARENA(nothing_in_a_name_becomes_markup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
