#include "crypto/backend.h"

#include "peer.h"

static void names_are_best_first(void **state)
{
    (void)state;
    size_t n = 0;
    bool current = false;
    for (; backend_name(n); n++)
        current = current || strcmp(backend_name(n), backend_current()) == 0;
    assert_true(n >= 2 && n <= BACKENDS);
    assert_true(current);
    assert_null(backend_name(n + 1));
    assert_string_equal(backend_name(n - 2), "64");
    assert_string_equal(backend_name(n - 1), "32");
}

static void a_forced_one_is_used(void **state)
{
    (void)state;
    const char *before = backend_current();
    assert_int_equal(backend_force("32"), ERR_OK);
    assert_string_equal(backend_current(), "32");
    assert_int_equal(backend_force("none"), ERR_NOT_FOUND);
    assert_string_equal(backend_current(), "32");
    assert_int_equal(backend_force(before), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_best_first),
        cmocka_unit_test(a_forced_one_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
