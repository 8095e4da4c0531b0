/* For the tests of one family's judgement: facts go in, results come out. */
#ifndef YIQIAN_TESTS_SERVICE_BENCH_OF_CHECKS_H
#define YIQIAN_TESTS_SERVICE_BENCH_OF_CHECKS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service/check_internal.h"

typedef struct bench {
    call c;
    checker k;
    check_result results[CHECK_RESULTS_MAX];
} bench;

static inline int bench_setup(void **state)
{
    static bench b;
    memset(&b, 0, sizeof b);
    b.c.arena = arena_create(1 << 20);
    assert_non_null(b.c.arena);
    b.k = (checker){.c = &b.c, .results = b.results};
    *state = &b;
    return 0;
}

static inline int bench_teardown(void **state)
{
    arena_destroy(((bench *)*state)->c.arena);
    return 0;
}

/* The one result of this id since the last call; CHECK_FAILED + 1 where there is none. */
static inline check_state bench_state(bench *b, const char *id)
{
    for (size_t i = 0; i < b->k.n; i++)
        if (strcmp(b->results[i].kind->id, id) == 0)
            return b->results[i].state;
    return CHECK_FAILED + 1;
}

#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
#define RUN_ON_BENCH(...)                                                                                              \
    int main(void)                                                                                                     \
    {                                                                                                                  \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                                               \
        return cmocka_run_group_tests(tests, NULL, NULL);                                                              \
    }

#endif
