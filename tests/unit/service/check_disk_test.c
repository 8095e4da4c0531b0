#include "bench_of_checks.h"

static check_state space(bench *b, int64_t free)
{
    b->k.n = 0;
    check_disk_judge(&b->k,
                     &(disk_facts){.data = {free, 1000, 50, 1000}, .backups = {-1, -1, -1, -1}, .free_least = 400});
    return bench_state(b, "disk.space");
}

static void free_space_at_its_limits(void **state)
{
    bench *b = *state;
    assert_int_equal(space(b, 400), CHECK_OK);
    assert_int_equal(space(b, 399), CHECK_WARNING);
    assert_int_equal(space(b, 100), CHECK_WARNING);
    assert_int_equal(space(b, 99), CHECK_FAILED);
    assert_int_equal(space(b, -1), CHECK_UNKNOWN);
    assert_int_equal(bench_state(b, "disk.backups"), CHECK_FAILED + 1); /* there is no such place */
}

static check_state inodes(bench *b, int64_t free, int64_t total)
{
    b->k.n = 0;
    check_disk_judge(
        &b->k, &(disk_facts){.data = {1000, 1000, free, total}, .backups = {50, 1000, -1, -1}, .free_least = 400});
    return bench_state(b, "disk.inodes");
}

static void inodes_and_backups(void **state)
{
    bench *b = *state;
    assert_int_equal(inodes(b, 50, 1000), CHECK_OK);
    assert_int_equal(inodes(b, 49, 1000), CHECK_WARNING);
    assert_int_equal(inodes(b, 9, 1000), CHECK_FAILED);
    assert_int_equal(bench_state(b, "disk.backups"), CHECK_FAILED);
    assert_int_equal(inodes(b, -1, -1), CHECK_FAILED + 1); /* a file system without a number of them */
}

RUN_ON_BENCH(ON_BENCH(free_space_at_its_limits), ON_BENCH(inodes_and_backups))
