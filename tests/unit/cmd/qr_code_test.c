#include "cmd/qr_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

/* ISO/IEC 18004 table 7: a code of level M in byte mode holds this many characters. */
enum { LONGEST = 2331 };

/* Finder patterns in three corners, the timing patterns between them, the dark module; what is outside is light. That the data say
 * the text is for tests/integration/cli/qr.py. */
static void makes_a_code(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 20);
    qr_code code;
    assert_int_equal(qr_code_make(a, "YIQIAN:1:L:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e", &code), ERR_OK);
    assert_int_equal(code.size, 33); /* docs/spec/qr.md: version 4 */
    const int size = 33, corners[][2] = {{0, 0}, {0, size - 7}, {size - 7, 0}};
    for (size_t i = 0; i < 3; i++)
        for (int r = 0; r < 7; r++)
            for (int c = 0; c < 7; c++) {
                const bool ring = r == 1 || r == 5 || c == 1 || c == 5, inner = r >= 1 && r <= 5 && c >= 1 && c <= 5;
                assert_int_equal(qr_code_dark(&code, corners[i][0] + r, corners[i][1] + c), !(ring && inner));
            }
    for (int i = 8; i < size - 8; i++)
        assert_true(qr_code_dark(&code, 6, i) == (i % 2 == 0) && qr_code_dark(&code, i, 6) == (i % 2 == 0));
    assert_true(qr_code_dark(&code, size - 8, 8));
    for (int i = -1; i <= size; i++)
        assert_false(qr_code_dark(&code, -1, i) || qr_code_dark(&code, i, -1) || qr_code_dark(&code, size, i) ||
                     qr_code_dark(&code, i, size));
    arena_destroy(a);
}

static void what_a_code_holds(void **state)
{
    (void)state;
    static char text[LONGEST + 2];
    arena *a = arena_create(1 << 20);
    qr_code code;
    assert_int_equal(qr_code_make(a, "", &code), ERR_LENGTH);
    memset(text, 'a', LONGEST + 1);
    assert_int_equal(qr_code_make(a, text, &code), ERR_LENGTH);
    text[LONGEST] = 0;
    assert_int_equal(qr_code_make(a, text, &code), ERR_OK);
    assert_int_equal(code.size, 177);
    arena_destroy(a);
    a = arena_create(16);
    assert_int_equal(qr_code_make(a, "a", &code), ERR_MEMORY);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(makes_a_code), cmocka_unit_test(what_a_code_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
