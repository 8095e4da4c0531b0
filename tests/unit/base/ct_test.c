#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/ct.h"

/* Every single bit of every byte makes a difference, wherever it stands. */
static void every_bit_counts(void **state)
{
    (void)state;
    uint8_t a[67], b[67];
    for (size_t i = 0; i < sizeof a; i++)
        a[i] = b[i] = (uint8_t)(7 * i);
    assert_true(ct_equal(a, b, sizeof a));
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(ct_equal(a, b, sizeof a));
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(ct_equal(a, b, sizeof a));
}

/* Two differences that would cancel each other in a sum or an exclusive or. */
static void differences_do_not_cancel(void **state)
{
    (void)state;
    assert_false(ct_equal("\x01\x80\x00", "\x80\x01\x00", 3));
    assert_false(ct_equal("\x01\x01", "\x00\x00", 2));
}

static void only_n_bytes_are_looked_at(void **state)
{
    (void)state;
    assert_true(ct_equal("abcX", "abcY", 3));
    assert_true(ct_equal("a", "b", 0));
    assert_true(ct_equal(NULL, NULL, 0));
}

static void wipe_takes_exactly_its_bytes(void **state)
{
    (void)state;
    uint8_t room[40];
    for (size_t n = 0; n <= 32; n++) {
        memset(room, 0xa5, sizeof room);
        wipe(room + 4, n);
        for (size_t i = 0; i < sizeof room; i++)
            assert_int_equal(room[i], i >= 4 && i < 4 + n ? 0 : 0xa5);
    }
    wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(differences_do_not_cancel),
        cmocka_unit_test(only_n_bytes_are_looked_at),
        cmocka_unit_test(wipe_takes_exactly_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
