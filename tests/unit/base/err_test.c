#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/err.h"

static void every_code_is_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(err_code((err)i), err_code((err)j));
}

/* Codes are part of the API: lower case words, and short enough for every place that keeps one. */
static void every_code_is_well_formed(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        const char *code = err_code((err)i);
        size_t n = strlen(code);
        assert_in_range(n, 2, 32);
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_"), n);
    }
}

static void every_code_leads_back(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++)
        assert_int_equal(err_from_code(err_code((err)i)), i);
}

static void what_is_no_error_is_internal(void **state)
{
    (void)state;
    assert_string_equal(err_code((err)ERR_COUNT), "internal");
    assert_string_equal(err_code((err)-1), "internal");
    assert_int_equal(err_from_code(""), ERR_INTERNAL);
    assert_int_equal(err_from_code("OK"), ERR_INTERNAL);
    assert_int_equal(err_from_code("ok "), ERR_INTERNAL);
    assert_int_equal(err_from_code("no_such_code"), ERR_INTERNAL);
}

/* A few that clients are documented to act on. */
static void released_codes_do_not_change(void **state)
{
    (void)state;
    assert_string_equal(err_code(ERR_OK), "ok");
    assert_string_equal(err_code(ERR_PIN), "pin_wrong");
    assert_string_equal(err_code(ERR_KEY_LOCKED), "key_locked");
    assert_string_equal(err_code(ERR_KEY_BUSY), "key_busy");
    assert_string_equal(err_code(ERR_TASK_CLAIMED), "task_claimed");
    assert_string_equal(err_code(ERR_TASK_NOT_YOURS), "task_not_yours");
    assert_string_equal(err_code(ERR_DIGEST), "digest_mismatch");
    assert_string_equal(err_code(ERR_SESSION_EXPIRED), "session_expired");
    assert_string_equal(err_code(ERR_IDEMPOTENCY), "idempotency_mismatch");
}

static int passed;

static err after_try(err e)
{
    TRY(e);
    passed++;
    return ERR_OK;
}

static err after_try_out(err given)
{
    err e = ERR_OK;
    TRY_OUT(given);
    passed++;
out:
    return e;
}

static void try_leaves_at_the_first_error(void **state)
{
    (void)state;
    passed = 0;
    assert_int_equal(after_try(ERR_PIN), ERR_PIN);
    assert_int_equal(after_try_out(ERR_BUSY), ERR_BUSY);
    assert_int_equal(passed, 0);
    assert_int_equal(after_try(ERR_OK), ERR_OK);
    assert_int_equal(after_try_out(ERR_OK), ERR_OK);
    assert_int_equal(passed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_its_own),        cmocka_unit_test(every_code_is_well_formed),
        cmocka_unit_test(every_code_leads_back),        cmocka_unit_test(what_is_no_error_is_internal),
        cmocka_unit_test(released_codes_do_not_change), cmocka_unit_test(try_leaves_at_the_first_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
