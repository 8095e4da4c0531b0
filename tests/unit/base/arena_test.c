#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { CHUNK = 16 * 1024 };

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    enum { PIECES = 300 };
    /* What malloc gives next has been used before. */
    void *used[] = {malloc(CHUNK), malloc(CHUNK + 16), malloc(CHUNK + 32), malloc(4 * CHUNK)};
    memset(used[0], 0xee, CHUNK);
    memset(used[1], 0xee, CHUNK + 16);
    memset(used[2], 0xee, CHUNK + 32);
    memset(used[3], 0xee, 4 * CHUNK);
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        free(used[i]);
    arena *a = arena_create(1 << 20);
    uint8_t *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = arena_alloc(a, i);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        assert_true(all_zero(pieces[i], i));
        memset(pieces[i], (int)(i % 251) + 1, i);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_equal(pieces[i][j], i % 251 + 1);
    arena_destroy(a);
}

static void nothing_is_a_valid_pointer(void **state)
{
    (void)state;
    arena *a = arena_create(64);
    assert_non_null(arena_alloc(a, 0));
    assert_non_null(arena_copy(a, NULL, 0));
    const char *text = arena_text(a, NULL, 0);
    assert_non_null(text);
    assert_string_equal(text, "");
    arena_destroy(a);
}

static void the_limit_can_be_used_up_and_not_passed(void **state)
{
    (void)state;
    arena *a = arena_create(64);
    assert_null(arena_alloc(a, 65));
    assert_non_null(arena_alloc(a, 64));
    assert_null(arena_alloc(a, 1));
    arena_destroy(a);

    a = arena_create(3 * CHUNK);
    for (size_t used = 0; used < 3 * CHUNK; used += 1024)
        assert_non_null(arena_alloc(a, 1024));
    assert_null(arena_alloc(a, 1));
    arena_destroy(a);
}

/* A limit that is no multiple of the alignment counts what is really taken. */
static void rounding_up_does_not_pass_the_limit(void **state)
{
    (void)state;
    arena *a = arena_create(17);
    assert_null(arena_alloc(a, 17));
    assert_non_null(arena_alloc(a, 16));
    assert_null(arena_alloc(a, 1));
    arena_destroy(a);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    arena *a = arena_create(SIZE_MAX);
    for (size_t less = 0; less < 64; less++)
        assert_null(arena_alloc(a, SIZE_MAX - less));
    assert_null(arena_text(a, "", SIZE_MAX));
    assert_null(arena_copy(a, "", SIZE_MAX));
    assert_non_null(arena_alloc(a, 1));
    arena_destroy(a);
}

static void a_large_piece_leaves_the_room_of_the_current_chunk(void **state)
{
    (void)state;
    arena *a = arena_create(CHUNK + 10 * CHUNK);
    uint8_t *first = arena_alloc(a, 16);
    uint8_t *large = arena_alloc(a, 10 * CHUNK);
    assert_non_null(large);
    memset(large, 0xff, 10 * CHUNK);
    uint8_t *second = arena_alloc(a, 16);
    assert_ptr_equal(second, first + 16);
    assert_true(all_zero(second, 16));
    arena_destroy(a);
}

static void reset_keeps_one_chunk_and_gives_back_the_limit(void **state)
{
    (void)state;
    arena *a = arena_create(4 * CHUNK);
    for (int round = 0; round < 3; round++) {
        uint8_t *first = arena_alloc(a, CHUNK);
        assert_non_null(first);
        memset(first, 0xa5, CHUNK);
        assert_non_null(arena_alloc(a, 3 * CHUNK));
        assert_null(arena_alloc(a, 1));
        arena_reset(a);
        /* The chunk that was kept is the first one, and what stood in it is gone. */
        uint8_t *again = arena_alloc(a, 16);
        assert_ptr_equal(again, first);
        assert_true(all_zero(first, CHUNK));
        arena_reset(a);
    }
    arena_destroy(a);
}

static void reset_of_an_empty_or_small_arena(void **state)
{
    (void)state;
    arena *a = arena_create(100);
    arena_reset(a);
    for (int i = 0; i < 3; i++) {
        assert_non_null(arena_alloc(a, 96));
        assert_null(arena_alloc(a, 96));
        arena_reset(a);
    }
    arena_destroy(a);
    arena_destroy(NULL);
}

static void copies_are_whole_and_terminated(void **state)
{
    (void)state;
    static const char source[] = "医签\0x";
    arena *a = arena_create(4096);
    memset(arena_alloc(a, 64), 0xff, 64);
    const char *copy = arena_copy(a, source, sizeof source);
    assert_ptr_not_equal(copy, source);
    assert_memory_equal(copy, source, sizeof source);
    const char *text = arena_text(a, "abcdefghijklmnopXYZ", 16);
    assert_string_equal(text, "abcdefghijklmnop");
    arena_destroy(a);
}

static void printf_into_the_arena(void **state)
{
    (void)state;
    char longest[2000];
    arena *a = arena_create(4096);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_string_equal(arena_printf(a, "%s:%d", "task", -7), "task:-7");
    assert_string_equal(arena_printf(a, "%s", ""), "");
    assert_string_equal(arena_printf(a, "%s", longest), longest);
    assert_string_equal(arena_printf(a, "%s", longest), longest);
    assert_null(arena_printf(a, "%s", longest));
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(nothing_is_a_valid_pointer),
        cmocka_unit_test(the_limit_can_be_used_up_and_not_passed),
        cmocka_unit_test(rounding_up_does_not_pass_the_limit),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(a_large_piece_leaves_the_room_of_the_current_chunk),
        cmocka_unit_test(reset_keeps_one_chunk_and_gives_back_the_limit),
        cmocka_unit_test(reset_of_an_empty_or_small_arena),
        cmocka_unit_test(copies_are_whole_and_terminated),
        cmocka_unit_test(printf_into_the_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
