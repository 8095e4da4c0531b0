#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/scope.h"

static void names_and_bits_belong_together(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SCOPE_COUNT; i++)
        assert_int_equal(scope_bit(scope_name(i)), 1u << i);
    assert_int_equal(scope_bit("administrator"), SCOPE_ADMINISTRATOR);
    assert_int_equal(scope_bit("Tasks"), 0);
    assert_int_equal(scope_bit("task"), 0);
    assert_int_equal(scope_bit(""), 0);
}

static void every_set_survives_text(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 20);
    for (uint32_t set = 1; set < 1u << SCOPE_COUNT; set++) {
        uint32_t again = 0;
        const char *text = scope_text(a, set);
        assert_non_null(text);
        assert_int_equal(scope_parse(text, &again), ERR_OK);
        assert_int_equal(again, set);
    }
    assert_string_equal(scope_text(a, SCOPE_TASKS | SCOPE_VERIFY), "tasks verify");
    arena_destroy(a);
}

static void damaged_text_is_no_scope(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    " ", "tasks ", " tasks", "tasks  users", "tasks,users", "tasks tasks",
                                      "root"};
    uint32_t set;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(scope_parse(bad[i], &set), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_bits_belong_together),
        cmocka_unit_test(every_set_survives_text),
        cmocka_unit_test(damaged_text_is_no_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
