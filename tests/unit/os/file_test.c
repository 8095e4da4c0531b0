#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "os/file.h"
#include "scratch.h"

static mode_t mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void written_is_read_back(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 20);
    static const char data[] = "a\0b\xff\n";
    bytes got;
    assert_int_equal(file_write(scratch_path("f"), data, sizeof data, 0640), ERR_OK);
    assert_int_equal(mode_of(scratch_path("f")), 0640);
    assert_int_equal(file_read(a, scratch_path("f"), sizeof data, &got), ERR_OK);
    assert_int_equal(got.n, sizeof data);
    assert_memory_equal(got.p, data, sizeof data);
    assert_int_equal(got.p[got.n], 0);
    assert_int_equal(file_write(scratch_path("f"), "new", 3, 0600), ERR_OK);
    assert_int_equal(mode_of(scratch_path("f")), 0600);
    assert_int_equal(file_read(a, scratch_path("f"), 10, &got), ERR_OK);
    assert_int_equal(got.n, 3);
    assert_int_equal(file_write(scratch_path("f"), NULL, 0, 0600), ERR_OK);
    assert_int_equal(file_read(a, scratch_path("f"), 10, &got), ERR_OK);
    assert_int_equal(got.n, 0);
    assert_int_equal(scratch_entries(0), 1); /* no temporary is left */
    arena_destroy(a);
}

static void mode_does_not_depend_on_umask(void **state)
{
    (void)state;
    mode_t before = umask(0777);
    assert_int_equal(file_write(scratch_path("f"), "x", 1, 0644), ERR_OK);
    assert_int_equal(file_make_directory(scratch_path("d"), 0750), ERR_OK);
    (void)umask(0);
    assert_int_equal(file_create(scratch_path("g"), "x", 1, 0600), ERR_OK);
    (void)umask(before);
    assert_int_equal(mode_of(scratch_path("f")), 0644);
    assert_int_equal(mode_of(scratch_path("g")), 0600);
    assert_int_equal(mode_of(scratch_path("d")), 0750);
}

static void reading_is_bounded_and_says_why(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 20);
    bytes got;
    assert_int_equal(file_read(a, scratch_path("none"), 10, &got), ERR_NOT_FOUND);
    assert_int_equal(file_read(a, scratch, 10, &got), ERR_IO);
    assert_int_equal(file_write(scratch_path("f"), "12345", 5, 0600), ERR_OK);
    assert_int_equal(file_read(a, scratch_path("f"), 4, &got), ERR_LIMIT);
    assert_int_equal(file_read(a, scratch_path("f"), 5, &got), ERR_OK);
    assert_int_equal(mkfifo(scratch_path("pipe"), 0600), 0);
    assert_int_equal(file_read(a, scratch_path("pipe"), 10, &got), ERR_IO); /* and does not hang */
    arena *small = arena_create(4);
    assert_int_equal(file_read(small, scratch_path("f"), 5, &got), ERR_MEMORY);
    arena_destroy(small);
    arena_destroy(a);
}

static void a_secret_that_others_may_read_is_refused(void **state)
{
    (void)state;
    uint8_t secret[8] = {0};
    size_t n = 0;
    assert_int_equal(file_write(scratch_path("key"), "12345678", 8, 0600), ERR_OK);
    assert_int_equal(file_read_secret(secret, sizeof secret, scratch_path("key"), &n), ERR_OK);
    assert_int_equal(n, 8);
    assert_memory_equal(secret, "12345678", 8);
    assert_int_equal(file_read_secret(secret, 7, scratch_path("key"), &n), ERR_LIMIT);
    static const mode_t open_modes[] = {0640, 0604, 0620, 0601};
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        assert_int_equal(chmod(scratch_path("key"), open_modes[i]), 0);
        assert_int_equal(file_read_secret(secret, sizeof secret, scratch_path("key"), &n), ERR_FORBIDDEN);
    }
    assert_int_equal(chmod(scratch_path("key"), 0400), 0);
    assert_int_equal(file_read_secret(secret, sizeof secret, scratch_path("key"), &n), ERR_OK);
}

static void create_does_not_replace(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 20);
    bytes got;
    assert_int_equal(file_create(scratch_path("f"), "first", 5, 0600), ERR_OK);
    assert_int_equal(file_create(scratch_path("f"), "second", 6, 0600), ERR_EXISTS);
    assert_int_equal(file_read(a, scratch_path("f"), 10, &got), ERR_OK);
    assert_memory_equal(got.p, "first", 5);
    assert_int_equal(scratch_entries(0), 1);
    arena_destroy(a);
}

static const char *raced;

static void *race(void *won)
{
    *(err *)won = file_create(raced, "x", 1, 0600);
    return NULL;
}

static void one_of_several_creators_wins(void **state)
{
    (void)state;
    pthread_t threads[4];
    err results[4];
    raced = scratch_path("one");
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &results[i]), 0);
    int won = 0;
    for (size_t i = 0; i < 4; i++) {
        (void)pthread_join(threads[i], NULL);
        won += results[i] == ERR_OK;
        assert_true(results[i] == ERR_OK || results[i] == ERR_EXISTS);
    }
    assert_int_equal(won, 1);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 20);
    bytes got;
    char big[8192] = {1};
    assert_int_equal(file_write(scratch_path("f"), "old", 3, 0600), ERR_OK);
    assert_int_equal(file_write(scratch_path("no/such"), "x", 1, 0600), ERR_NOT_FOUND);
    /* A limit on the size of files stands in for a full disk. */
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 4096;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    err e = file_write(scratch_path("f"), big, sizeof big, 0600);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(e, ERR_DISK_FULL);
    assert_int_equal(file_read(a, scratch_path("f"), 10, &got), ERR_OK);
    assert_memory_equal(got.p, "old", 3);
    assert_int_equal(scratch_entries(0), 1);
    arena_destroy(a);
}

static void directories(void **state)
{
    (void)state;
    assert_int_equal(file_make_directory(scratch_path("d"), 0700), ERR_OK);
    assert_int_equal(chmod(scratch_path("d"), 0711), 0);
    assert_int_equal(file_make_directory(scratch_path("d"), 0700), ERR_OK);
    assert_int_equal(mode_of(scratch_path("d")), 0711); /* what the administrator set stays */
    assert_int_equal(file_write(scratch_path("f"), "x", 1, 0600), ERR_OK);
    assert_int_equal(file_make_directory(scratch_path("f"), 0700), ERR_EXISTS);
    assert_int_equal(file_make_directory(scratch_path("no/such"), 0700), ERR_NOT_FOUND);
    assert_true(file_exists(scratch_path("d")) && file_exists(scratch_path("f")) && !file_exists(scratch_path("n")));
}

static void kinds(void **state)
{
    (void)state;
    file_kind kind;
    assert_int_equal(file_write(scratch_path("f"), "x", 1, 0600), ERR_OK);
    assert_int_equal(file_make_directory(scratch_path("d"), 0700), ERR_OK);
    assert_int_equal(symlink("f", scratch_path("l")), 0);
    assert_int_equal(mkfifo(scratch_path("p"), 0600), 0);
    assert_int_equal(file_kind_of(scratch_path("f"), &kind), ERR_OK);
    assert_int_equal(kind, FILE_REGULAR);
    assert_int_equal(file_kind_of(scratch_path("d"), &kind), ERR_OK);
    assert_int_equal(kind, FILE_DIRECTORY);
    assert_int_equal(file_kind_of(scratch_path("l"), &kind), ERR_OK);
    assert_int_equal(kind, FILE_OTHER);
    assert_int_equal(file_kind_of(scratch_path("p"), &kind), ERR_OK);
    assert_int_equal(kind, FILE_OTHER);
    assert_int_equal(file_kind_of(scratch_path("n"), &kind), ERR_NOT_FOUND);
}

static void leftovers_go_and_nothing_else(void **state)
{
    (void)state;
    static const char *const names[] = {"master.key.0123456789abcdef.tmp", "x.0123456789abcdef.tmp",
                                        ".0123456789abcdef.tmp",           "x.0123456789abcdeF.tmp",
                                        "x.123456789abcdef.tmp",           "x-0123456789abcdef.tmp",
                                        "x.0123456789abcdef.tmp.x",        "x.tmp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(file_write(scratch_path(names[i]), "x", 1, 0600), ERR_OK);
    assert_int_equal(file_remove_leftovers(scratch_path(".")), ERR_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(file_exists(scratch_path(names[i])), i > 1);
    assert_int_equal(file_remove_leftovers(scratch_path("nowhere")), ERR_OK);
}

static void free_space(void **state)
{
    (void)state;
    uint64_t left = 0;
    assert_int_equal(file_free_space("/", &left), ERR_OK);
    assert_true(left > 0);
    assert_int_equal(file_free_space("/there is no such directory", &left), ERR_NOT_FOUND);
}

int main(void)
{
#define SCRATCH_TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(written_is_read_back),
        SCRATCH_TEST(mode_does_not_depend_on_umask),
        SCRATCH_TEST(reading_is_bounded_and_says_why),
        SCRATCH_TEST(a_secret_that_others_may_read_is_refused),
        SCRATCH_TEST(create_does_not_replace),
        SCRATCH_TEST(one_of_several_creators_wins),
        SCRATCH_TEST(a_failed_write_leaves_the_old_file),
        SCRATCH_TEST(directories),
        SCRATCH_TEST(kinds),
        SCRATCH_TEST(leftovers_go_and_nothing_else),
        cmocka_unit_test(free_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
