#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/table.h"

static int set_up(void **state)
{
    *state = arena_create(1 << 20);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    arena_destroy(*state);
    return 0;
}

static void width_counts_chinese_double_and_combining_marks_not(void **state)
{
    (void)state;
    assert_int_equal(table_width(""), 0);
    assert_int_equal(table_width("D1001"), 5);
    assert_int_equal(table_width("王建国"), 6);
    assert_int_equal(table_width("A王，B"), 6);
    assert_int_equal(table_width("\xF0\xA0\xAE\xB7"), 2); /* U+20BB7, a name outside the BMP */
    assert_int_equal(table_width("e\xCC\x81"), 1);        /* e and U+0301 */
    assert_int_equal(table_width("r\xE2\x80\x96s"), 3);   /* U+2016 */
}

static void printable_lets_nothing_steer_the_terminal(void **state)
{
    assert_string_equal(table_printable(*state, "出院小结"), "出院小结");
    assert_string_equal(table_printable(*state, "a\nb\tc"), "a b c");
    assert_string_equal(table_printable(*state, "\x1B[2J"), "\xEF\xBF\xBD[2J");
    assert_string_equal(table_printable(*state, "\xC2\x9B"), "\xEF\xBF\xBD"); /* U+009B, CSI */
    assert_string_equal(table_printable(*state, "\xE2\x80\xAE"
                                                "1"),
                        "\xEF\xBF\xBD"
                        "1"); /* U+202E */
    assert_string_equal(table_printable(*state, "\xFF"
                                                "a"),
                        "\xEF\xBF\xBD"
                        "a");
    assert_string_equal(table_printable(*state, "a\xE7\x8E"), "a\xEF\xBF\xBD\xEF\xBF\xBD"); /* cut in a character */
}

static char *printed(const table *t, size_t indent)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    table_print(out, t, indent);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void columns_stand_in_line(void **state)
{
    table *t = table_begin(*state, 3);
    assert_int_equal(table_add(t, (const char *[]){"工号", "姓名", "状态"}), ERR_OK);
    assert_int_equal(table_add(t, (const char *[]){"D1001", "欧阳文静", "有效"}), ERR_OK);
    assert_int_equal(table_add(t, (const char *[]){"D2", "Li", ""}), ERR_OK);
    assert_int_equal(table_add(t, (const char *[]){NULL, "x", "y"}), ERR_OK);
    char *text = printed(t, 1);
    assert_string_equal(text, " 工号   姓名      状态\n"
                              " D1001  欧阳文静  有效\n"
                              " D2     Li        -\n"
                              " -      x         y\n");
    free(text);
}

static void a_full_arena_is_an_error(void **state)
{
    (void)state;
    arena *small = arena_create(1);
    assert_non_null(small);
    table *t = table_begin(small, 2);
    assert_null(t);
    assert_int_equal(table_add(t, (const char *[]){"a", "b"}), ERR_MEMORY);
    arena_destroy(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width_counts_chinese_double_and_combining_marks_not),
        cmocka_unit_test(printable_lets_nothing_steer_the_terminal),
        cmocka_unit_test(columns_stand_in_line),
        cmocka_unit_test(a_full_arena_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
