/* What every row of known answers is tried for, whichever module it is in. */
#ifndef YIQIAN_TESTS_CRYPTO_KNOWN_ANSWER_ROW_H
#define YIQIAN_TESTS_CRYPTO_KNOWN_ANSWER_ROW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/known_answer.h"

/* Of n digits. As it stands it holds; with any digit changed, or one byte less, it does not. */
static inline void assert_holds_as_it_stands_only(known_answer row, size_t n)
{
    char answer[2 * KNOWN_ANSWER_MAX + 1];
    assert_int_equal(strlen(row.answer), n);
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

#endif
