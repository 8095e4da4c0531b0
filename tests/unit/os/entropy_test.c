#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/entropy.h"

static void fills_all_and_differs(void **state)
{
    (void)state;
    static uint8_t a[100000], b[100000]; /* more than getrandom(2) gives at once when interrupted */
    assert_int_equal(os_entropy_fill(NULL, a, sizeof a), ERR_OK);
    assert_int_equal(os_entropy_fill(NULL, b, sizeof b), ERR_OK);
    assert_memory_not_equal(a, b, sizeof a);
    size_t ones = 0;
    for (size_t i = 0; i < sizeof a; i++)
        ones += (size_t)__builtin_popcount(a[i]);
    /* 400000 expected, standard deviation 447 */
    assert_in_range(ones, 396000, 404000);
}

static void fills_no_more_than_asked(void **state)
{
    (void)state;
    uint8_t p[8] = {0};
    for (int i = 0; i < 100; i++)
        assert_int_equal(os_entropy_fill(NULL, p, 4), ERR_OK);
    assert_memory_equal(p + 4, "\0\0\0\0", 4);
    assert_int_equal(os_entropy_fill(NULL, p + 4, 0), ERR_OK);
    assert_memory_equal(p + 4, "\0\0\0\0", 4);
}

/* A child has another number than its parent, a grandchild than both; the parent's stays. */
static void forks_are_counted(void **state)
{
    (void)state;
    const atomic_uint *forks, *again;
    assert_int_equal(os_entropy_forks(&forks), ERR_OK);
    assert_int_equal(os_entropy_forks(&again), ERR_OK);
    assert_ptr_equal(forks, again);
    unsigned parent = *forks;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        unsigned own = *forks;
        pid_t grandchild = fork();
        if (grandchild == 0)
            _exit(*forks != own && *forks != parent ? 0 : 1);
        bool good = waitpid(grandchild, &status, 0) == grandchild && status == 0 && own != parent && *forks == own;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(*forks, parent);
}

static void uuid_has_time_version_and_variant(void **state)
{
    (void)state;
    uint8_t id[16], other[16];
    int64_t before = clock_unix_ms();
    assert_int_equal(uuid7_create(id), ERR_OK);
    int64_t after = clock_unix_ms();
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id[i];
    assert_in_range(ms, before, after);
    assert_int_equal(id[6] >> 4, 7);
    assert_int_equal(id[8] >> 6, 2);
    assert_int_equal(uuid7_create(other), ERR_OK);
    assert_memory_not_equal(id + 6, other + 6, 10);
}

static void later_uuid_sorts_later(void **state)
{
    (void)state;
    uint8_t earlier[16], later[16];
    assert_int_equal(uuid7_create(earlier), ERR_OK);
    int64_t then = clock_unix_ms();
    while (clock_unix_ms() <= then) {
    }
    assert_int_equal(uuid7_create(later), ERR_OK);
    assert_true(memcmp(earlier, later, 16) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_all_and_differs),  cmocka_unit_test(fills_no_more_than_asked),
        cmocka_unit_test(forks_are_counted),      cmocka_unit_test(uuid_has_time_version_and_variant),
        cmocka_unit_test(later_uuid_sorts_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
