#include "keystore/keystore_known_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* As it stands it holds; with any digit changed, or one byte less, it does not. */
static void holds_as_it_stands_only(void **state)
{
    (void)state;
    known_answer row = keystore_known_answer;
    char answer[2 * KNOWN_ANSWER_MAX + 1];
    size_t n = strlen(row.answer);
    assert_int_equal(n, 64);
    assert_true(known_answer_holds(&row));
    strcpy(answer, row.answer);
    row.answer = answer;
    for (size_t at = 0; at < n; at++) {
        char kept = answer[at];
        answer[at] = kept == '7' ? '8' : '7';
        if (known_answer_holds(&row))
            fail_msg("holds with digit %zu changed", at);
        answer[at] = kept;
    }
    assert_true(known_answer_holds(&row));
    answer[n - 2] = '\0';
    assert_false(known_answer_holds(&row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_as_it_stands_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
