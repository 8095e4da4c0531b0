#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/fault.h"
#include "base/text.h"

static void a_clear_fault_says_nothing(void **state)
{
    (void)state;
    fault f;
    memset(&f, 0xff, sizeof f);
    fault_clear(&f);
    assert_string_equal(f.detail, "");
    assert_string_equal(f.field, "");
    assert_int_equal(f.tries_left, -1);
    assert_int_equal(f.retry_after, -1);
}

static void setting_gives_the_error_and_touches_one_text(void **state)
{
    (void)state;
    fault f;
    fault_clear(&f);
    assert_int_equal(fault_set(&f, ERR_FORM, "form %s, item %d", "raw", 3), ERR_FORM);
    assert_string_equal(f.detail, "form raw, item 3");
    assert_string_equal(f.field, "");
    assert_int_equal(fault_field(&f, ERR_FIELD_VALUE, "items[%zu].task", (size_t)999), ERR_FIELD_VALUE);
    assert_string_equal(f.field, "items[999].task");
    assert_string_equal(f.detail, "form raw, item 3");
    assert_int_equal(f.tries_left, -1);
    assert_int_equal(f.retry_after, -1);
}

static void what_fits_exactly_is_not_cut(void **state)
{
    (void)state;
    fault f;
    char text[sizeof f.detail + 1];
    memset(text, 'x', sizeof text);
    text[sizeof f.detail - 1] = '\0';
    assert_int_equal(fault_set(&f, ERR_ARG, "%s", text), ERR_ARG);
    assert_string_equal(f.detail, text);
    text[sizeof f.detail - 1] = 'y';
    text[sizeof f.detail] = '\0';
    assert_int_equal(fault_set(&f, ERR_ARG, "%s", text), ERR_ARG);
    assert_int_equal(strlen(f.detail), sizeof f.detail - 1);
    assert_memory_equal(f.detail, text, sizeof f.detail - 1);
}

/* Characters of one to four bytes, with the cut at each of their bytes: what is left is all the whole characters that
 * fit. */
static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"x", "é", "医", "𠀀"};
    fault f;
    for (size_t c = 0; c < sizeof characters / sizeof *characters; c++) {
        size_t size = strlen(characters[c]);
        for (size_t shift = 0; shift < 4; shift++) {
            char text[400];
            size_t n = 0;
            for (; n < shift; n++)
                text[n] = 'a';
            for (; n + size < sizeof text; n += size)
                memcpy(text + n, characters[c], size);
            text[n] = '\0';
            assert_int_equal(fault_set(&f, ERR_ARG, "%s", text), ERR_ARG);
            assert_int_equal(fault_field(&f, ERR_ARG, "%s", text), ERR_ARG);
            size_t detail = strlen(f.detail), field = strlen(f.field);
            assert_true(utf8_valid(f.detail, detail));
            assert_true(utf8_valid(f.field, field));
            assert_memory_equal(f.detail, text, detail);
            assert_memory_equal(f.field, text, field);
            assert_in_range(detail, sizeof f.detail - size, sizeof f.detail - 1);
            assert_in_range(field, sizeof f.field - size, sizeof f.field - 1);
        }
    }
}

/* One long character run after ASCII: the ASCII before the cut stays. */
static void the_last_whole_character_before_the_cut_stays(void **state)
{
    (void)state;
    fault f;
    char text[300];
    memset(text, 'a', sizeof text);
    memcpy(text + sizeof f.detail - 2, "医签", 7);
    assert_int_equal(fault_set(&f, ERR_ARG, "%s", text), ERR_ARG);
    assert_int_equal(strlen(f.detail), sizeof f.detail - 2);
    memset(text, 'a', sizeof text);
    memcpy(text + sizeof f.detail - 4, "医签", 7);
    assert_int_equal(fault_set(&f, ERR_ARG, "%s", text), ERR_ARG);
    assert_int_equal(strlen(f.detail), sizeof f.detail - 1);
    assert_memory_equal(f.detail + sizeof f.detail - 4, "医", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clear_fault_says_nothing),
        cmocka_unit_test(setting_gives_the_error_and_touches_one_text),
        cmocka_unit_test(what_fits_exactly_is_not_cut),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(the_last_whole_character_before_the_cut_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
