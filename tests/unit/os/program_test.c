#include "os/program.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "os/clock.h"

static err shell(const char *script, char *out, size_t cap, size_t *n, uint32_t ms)
{
    return program_run((const char *const[]){"/bin/sh", "-c", script, NULL}, out, cap, n, ms);
}

static void what_it_prints(void **state)
{
    (void)state;
    char out[64];
    size_t n;
    assert_int_equal(shell("printf 'a b\n'; printf c; echo lost >&2", out, sizeof out, &n, 5000), ERR_OK);
    assert_string_equal(out, "a b\nc");
    assert_int_equal(n, 5);
    assert_int_equal(shell("true", out, sizeof out, &n, 5000), ERR_OK);
    assert_int_equal(n, 0);
    assert_string_equal(out, "");
}

/* Our environment may hold what is not its business. */
static void its_environment_is_its_own(void **state)
{
    (void)state;
    char out[256];
    size_t n;
    assert_int_equal(setenv("YIQIAN_TEST_SECRET", "secret", 1), 0);
    assert_int_equal(
        shell("echo \"$YIQIAN_TEST_SECRET|$LC_ALL|$HOME\"; ls /proc/self/fd | wc -l; cat", out, sizeof out, &n, 5000),
        ERR_OK);
    assert_string_equal(out, "|C|\n4\n"); /* the three, and the folder that ls reads */
}

static void how_it_ends(void **state)
{
    (void)state;
    char out[16];
    size_t n;
    assert_int_equal(shell("exit 3", out, sizeof out, &n, 5000), ERR_REMOTE);
    assert_int_equal(shell("kill -9 $$", out, sizeof out, &n, 5000), ERR_REMOTE);
    assert_int_equal(program_run((const char *const[]){"/there/is/none", NULL}, out, sizeof out, &n, 5000),
                     ERR_NOT_FOUND);
    assert_int_equal(program_run((const char *const[]){"/etc/passwd", NULL}, out, sizeof out, &n, 5000), ERR_NOT_FOUND);
    assert_int_equal(shell("printf 123456789012345", out, sizeof out, &n, 5000), ERR_OK);
    assert_int_equal(shell("printf 1234567890123456", out, sizeof out, &n, 5000), ERR_LIMIT);
    assert_int_equal(shell("while :; do echo for ever; done", out, sizeof out, &n, 5000), ERR_LIMIT);
}

static void it_does_not_keep_us(void **state)
{
    (void)state;
    char out[16];
    size_t n;
    uint64_t began = clock_monotonic_ns();
    assert_int_equal(shell("sleep 60", out, sizeof out, &n, 200), ERR_TIMEOUT);
    assert_int_equal(shell("exec >&-; exec sleep 60", out, sizeof out, &n, 200), ERR_TIMEOUT);
    assert_true(clock_monotonic_ns() - began < UINT64_C(10000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_it_prints), cmocka_unit_test(its_environment_is_its_own),
                                       cmocka_unit_test(how_it_ends), cmocka_unit_test(it_does_not_keep_us)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
