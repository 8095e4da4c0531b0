#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/sheet.h"

#include <string.h>

static void formulas_are_defused(void **state)
{
    (void)state;
    static const char *const cells[][2] = {
        {"甲", "\"甲\""},      {"", "\"\""},       {"a\"b", "\"a\"\"b\""},        {"=1+1", "\"'=1+1\""},
        {"+1", "\"'+1\""},     {"-1", "\"'-1\""},  {"@SUM(A1)", "\"'@SUM(A1)\""}, {" =1", "\"' =1\""},
        {"\t=1", "\"'\t=1\""}, {"a=1", "\"a=1\""}, {"\tx", "\"'\tx\""},           {"\"", "\"\"\"\""},
        {NULL, "\"\""}};
    arena *a = arena_create(1 << 20);
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        sheet s = {.arena = a};
        sheet_cell(&s, cells[i][0]);
        assert_false(s.failed);
        assert_string_equal(arena_text(a, s.p, s.n), cells[i][1]);
    }
    arena_destroy(a);
}

static void what_does_not_fit_is_said(void **state)
{
    (void)state;
    static const char piece[1000] = {[0] = 'a', [999] = 'z'};
    arena *a = arena_create(1 << 20);
    sheet s = {.arena = a};
    size_t n = 0;
    for (; n < 200; n++)
        sheet_put(&s, piece, sizeof piece);
    assert_false(s.failed);
    assert_int_equal(s.n, 200 * sizeof piece);
    for (size_t i = 0; i < n; i++)
        assert_memory_equal(s.p + i * sizeof piece, piece, sizeof piece);
    for (; n < 2000 && !s.failed; n++)
        sheet_put(&s, piece, sizeof piece);
    assert_true(s.failed);

    sheet none = {.arena = a};
    sheet_text(&none, NULL);
    assert_true(none.failed);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas_are_defused),
        cmocka_unit_test(what_does_not_fit_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
