/* The tests of the arithmetic are run on every back end that this processor can run. */
#ifndef YIQIAN_TESTS_CRYPTO_BACKENDS_H
#define YIQIAN_TESTS_CRYPTO_BACKENDS_H

#include <stdio.h>
#include <string.h>

#include "crypto/backend.h"

/* The i-th back end that this processor has, in use from now on; NULL past the last. The names come best first, and the best
 * that there is was in use at the start. */
static inline const char *use_backend(size_t i)
{
    static size_t first = BACKENDS;
    if (first == BACKENDS) {
        for (first = 0; strcmp(backend_name(first), backend_current()) != 0;)
            first++;
    }
    const char *name = backend_name(first + i);
    if (name && backend_force(name) != ERR_OK)
        return NULL;
    return name;
}

/* The exit code of main: how many tests failed, on all back ends together. */
#define RUN_ON_EVERY_BACKEND(tests, prepare, release)                                                                  \
    __extension__({                                                                                                    \
        int failed = 0;                                                                                                \
        const char *name;                                                                                              \
        for (size_t i = 0; (name = use_backend(i)); i++) {                                                             \
            printf("back end %s\n", name);                                                                             \
            fflush(stdout);                                                                                            \
            failed += cmocka_run_group_tests(tests, prepare, release);                                                 \
        }                                                                                                              \
        failed;                                                                                                        \
    })

#endif
