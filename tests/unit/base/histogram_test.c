#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "base/histogram.h"

static uint64_t quantile_of_one(uint64_t us)
{
    histogram h;
    histogram_counts c;
    memset(&h, 0, sizeof h);
    histogram_add(&h, us);
    histogram_read(&h, &c);
    assert_int_equal(histogram_count(&c), 1);
    assert_int_equal(c.sum_us, us);
    return histogram_quantile(&c, 500);
}

static void every_number_has_its_bucket(void **state)
{
    (void)state;
    for (uint64_t us = 0; us < 16; us++)
        assert_int_equal(quantile_of_one(us), us);
    /* Never less than it was, and at most an eighth more. */
    for (uint64_t us = 16; us < UINT64_C(1) << 26; us += us / 7 + 1) {
        uint64_t said = quantile_of_one(us);
        assert_in_range(said, us, us + us / 8);
    }
    assert_in_range(quantile_of_one((UINT64_C(1) << 27) - 1), (UINT64_C(1) << 27) - 1, UINT64_C(1) << 27);
    assert_int_equal(quantile_of_one(UINT64_MAX), (UINT64_C(1) << 27) - 1); /* the last one takes the rest */
}

static void quantiles(void **state)
{
    histogram h;
    histogram_counts c, before;
    (void)state;
    memset(&h, 0, sizeof h);
    memset(&before, 0, sizeof before);
    histogram_read(&h, &c);
    assert_int_equal(histogram_quantile(&c, 500), 0);
    for (uint64_t us = 1; us <= 10; us++)
        histogram_add(&h, us);
    histogram_read(&h, &c);
    assert_int_equal(histogram_quantile(&c, 500), 5);
    assert_int_equal(histogram_quantile(&c, 501), 6);
    assert_int_equal(histogram_quantile(&c, 900), 9);
    assert_int_equal(histogram_quantile(&c, 901), 10);
    assert_int_equal(histogram_quantile(&c, 1000), 10);
    assert_int_equal(histogram_quantile(&c, 0), 1);
    before = c;
    histogram_add(&h, 1000);
    histogram_read(&h, &c);
    histogram_since(&c, &before, &c);
    assert_int_equal(histogram_count(&c), 1);
    assert_int_equal(c.sum_us, 1000);
    assert_in_range(histogram_quantile(&c, 500), 1000, 1125);
}

static void how_many_below_a_power(void **state)
{
    histogram h;
    histogram_counts c;
    (void)state;
    memset(&h, 0, sizeof h);
    histogram_add(&h, 15);
    histogram_add(&h, 16);
    histogram_add(&h, 1023);
    histogram_add(&h, 1024);
    histogram_read(&h, &c);
    assert_int_equal(histogram_below(&c, 4), 1);
    assert_int_equal(histogram_below(&c, 5), 2);
    assert_int_equal(histogram_below(&c, 10), 3);
    assert_int_equal(histogram_below(&c, 11), 4);
}

enum { EACH = 100000, THREADS = 4 };

static void *count_many(void *arg)
{
    for (uint64_t i = 0; i < EACH; i++)
        histogram_add(arg, i);
    return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    static histogram h;
    histogram_counts c;
    pthread_t threads[THREADS];
    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, &h), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    histogram_read(&h, &c);
    assert_int_equal(histogram_count(&c), EACH * THREADS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_has_its_bucket),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(how_many_below_a_power),
        cmocka_unit_test(nothing_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
