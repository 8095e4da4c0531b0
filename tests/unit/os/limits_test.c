#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "os/limits.h"

static void the_soft_limit_becomes_the_hard_one(void **state)
{
    struct rlimit files;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = 100;
    files.rlim_max = files.rlim_max < 300 ? files.rlim_max : 300;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(limits_raise_files(), files.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(files.rlim_cur, files.rlim_max);
}

static void no_core_file(void **state)
{
    struct rlimit core;
    (void)state;
    limits_forbid_core();
    assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
    assert_int_equal(core.rlim_cur, 0);
    assert_int_equal(core.rlim_max, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_soft_limit_becomes_the_hard_one),
                                       cmocka_unit_test(no_core_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
