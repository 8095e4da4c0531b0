#include "tsa/serial.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "unit/pki/authority.h"

static err failing(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx, (void)out, (void)n;
    return ERR_ENTROPY;
}

static tsa_serials *make(void)
{
    tsa_serials *s;
    assert_int_equal(tsa_serials_create(&s, authority_entropy()), ERR_OK);
    return s;
}

static void test_the_layout(void **state)
{
    (void)state;
    tsa_serials *s = make();
    uint8_t first[TSA_SERIAL_SIZE], next[TSA_SERIAL_SIZE];
    assert_int_equal(tsa_serial_next(s, AUTHORITY_NOW, first), ERR_OK);
    assert_int_equal(load_u64be(first) >> 16, AUTHORITY_NOW);
    assert_int_equal(load_u32be(first + 16), 0);
    /* The same prefix, whatever the time is said to be, and the next number. */
    assert_int_equal(tsa_serial_next(s, AUTHORITY_NOW - AUTHORITY_DAY, next), ERR_OK);
    assert_memory_equal(first, next, 16);
    assert_int_equal(load_u32be(next + 16), 1);
    tsa_serials_destroy(s);
}

static void test_another_process_has_another_prefix(void **state)
{
    (void)state;
    tsa_serials *a = make(), *b = make();
    uint8_t x[TSA_SERIAL_SIZE], y[TSA_SERIAL_SIZE];
    assert_int_equal(tsa_serial_next(a, AUTHORITY_NOW, x), ERR_OK);
    assert_int_equal(tsa_serial_next(b, AUTHORITY_NOW, y), ERR_OK);
    assert_memory_equal(x, y, 6);
    assert_memory_not_equal(x + 6, y + 6, 10);
    tsa_serials_destroy(a);
    tsa_serials_destroy(b);
}

static void test_a_prefix_lives_a_minute(void **state)
{
    (void)state;
    const uint64_t drawn = UINT64_C(7000000000), minute = UINT64_C(60000000000);
    tsa_serials *s = make();
    uint8_t first[TSA_SERIAL_SIZE], next[TSA_SERIAL_SIZE];
    assert_int_equal(tsa_serial_at(s, AUTHORITY_NOW, drawn, first), ERR_OK);
    /* A thread that read its clock before another one drew the prefix. */
    assert_int_equal(tsa_serial_at(s, AUTHORITY_NOW, drawn - 1, next), ERR_OK);
    assert_memory_equal(first, next, 16);
    assert_int_equal(tsa_serial_at(s, AUTHORITY_NOW, drawn + minute - 1, next), ERR_OK);
    assert_memory_equal(first, next, 16);
    /* The clock was set back meanwhile: the millisecond repeats, the random octets do not. */
    assert_int_equal(tsa_serial_at(s, AUTHORITY_NOW, drawn + minute, next), ERR_OK);
    assert_memory_not_equal(first + 6, next + 6, 10);
    assert_int_equal(load_u32be(next + 16), 0);
    tsa_serials_destroy(s);
}

static void test_a_prefix_gives_so_many_numbers(void **state)
{
    (void)state;
    tsa_serials *s = make();
    uint8_t first[TSA_SERIAL_SIZE], next[TSA_SERIAL_SIZE];
    assert_int_equal(tsa_serial_at(s, AUTHORITY_NOW, 0, first), ERR_OK);
    for (uint32_t i = 1; i < TSA_SERIALS_A_PREFIX; i++)
        assert_int_equal(tsa_serial_at(s, AUTHORITY_NOW, 0, next), ERR_OK);
    assert_memory_equal(first, next, 16);
    assert_int_equal(load_u32be(next + 16), TSA_SERIALS_A_PREFIX - 1);
    assert_int_equal(tsa_serial_at(s, AUTHORITY_NOW, 0, next), ERR_OK);
    assert_memory_not_equal(first + 6, next + 6, 10);
    tsa_serials_destroy(s);
}

static void test_times_that_give_no_number(void **state)
{
    (void)state;
    tsa_serials *s = make();
    uint8_t serial[TSA_SERIAL_SIZE];
    const int64_t bad[] = {INT64_MIN, -1, 0, (INT64_C(1) << 40) - 1, INT64_C(1) << 47, INT64_MAX};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(tsa_serial_next(s, bad[i], serial), ERR_RANGE);
    assert_int_equal(tsa_serial_next(s, INT64_C(1) << 40, serial), ERR_OK);
    assert_int_equal(serial[0], 1);
    tsa_serials_destroy(s);
    s = make();
    assert_int_equal(tsa_serial_next(s, (INT64_C(1) << 47) - 1, serial), ERR_OK);
    assert_int_equal(serial[0], 0x7f);
    tsa_serials_destroy(s);
}

static void test_no_randomness_no_number(void **state)
{
    (void)state;
    static const entropy none = {failing, NULL};
    tsa_serials *s;
    uint8_t serial[TSA_SERIAL_SIZE];
    assert_int_equal(tsa_serials_create(&s, &none), ERR_OK);
    assert_int_equal(tsa_serial_next(s, AUTHORITY_NOW, serial), ERR_ENTROPY);
    assert_int_equal(tsa_serial_next(s, AUTHORITY_NOW, serial), ERR_ENTROPY);
    tsa_serials_destroy(s);
    tsa_serials_destroy(NULL);
}

enum { THREADS = 4, EACH = 20000 };

typedef struct drawer {
    tsa_serials *serials;
    uint8_t (*out)[TSA_SERIAL_SIZE];
    unsigned refused;
} drawer;

static void *draw(void *arg)
{
    drawer *d = arg;
    for (size_t i = 0; i < EACH; i++)
        d->refused += tsa_serial_next(d->serials, AUTHORITY_NOW, d->out[i]) != ERR_OK;
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, TSA_SERIAL_SIZE);
}

static void test_no_number_twice_from_many_threads(void **state)
{
    (void)state;
    tsa_serials *s = make();
    uint8_t(*all)[TSA_SERIAL_SIZE] = calloc((size_t)THREADS * EACH, TSA_SERIAL_SIZE);
    assert_non_null(all);
    pthread_t threads[THREADS];
    drawer drawers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        drawers[i] = (drawer){s, all + i * EACH, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, draw, &drawers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(drawers[i].refused, 0);
    }
    qsort(all, (size_t)THREADS * EACH, TSA_SERIAL_SIZE, compare);
    for (size_t i = 1; i < (size_t)THREADS * EACH; i++)
        assert_true(compare(all[i - 1], all[i]) < 0);
    free(all);
    tsa_serials_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_layout),
        cmocka_unit_test(test_another_process_has_another_prefix),
        cmocka_unit_test(test_a_prefix_lives_a_minute),
        cmocka_unit_test(test_a_prefix_gives_so_many_numbers),
        cmocka_unit_test(test_times_that_give_no_number),
        cmocka_unit_test(test_no_randomness_no_number),
        cmocka_unit_test(test_no_number_twice_from_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
