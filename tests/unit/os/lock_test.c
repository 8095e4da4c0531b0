#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/lock.h"
#include "scratch.h"

static void one_holder_at_a_time(void **state)
{
    (void)state;
    int first, second;
    const char *path = scratch_path("lock");
    assert_int_equal(lock_take(&first, path), ERR_OK);
    assert_int_equal(lock_take(&second, path), ERR_BUSY);
    lock_release(first);
    assert_int_equal(lock_take(&second, path), ERR_OK);
    lock_release(second);
}

static void the_lock_ends_with_its_process(void **state)
{
    (void)state;
    int lock, status;
    const char *path = scratch_path("lock");
    pid_t child = fork();
    if (child == 0)
        _exit(lock_take(&lock, path) == ERR_OK ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(lock_take(&lock, path), ERR_OK);
    lock_release(lock);
}

static void the_holder_is_told(void **state)
{
    (void)state;
    int lock;
    char holder[LOCK_HOLDER];
    const char *path = scratch_path("lock");
    lock_holder(path, holder);
    assert_string_equal(holder, "");
    assert_int_equal(lock_take(&lock, path), ERR_OK);
    lock_say(lock, "restore");
    lock_say(lock, "server");
    lock_holder(path, holder);
    assert_string_equal(holder, "server");
    lock_release(lock);
}

static void a_place_that_cannot_be_written(void **state)
{
    (void)state;
    int lock;
    assert_int_equal(lock_take(&lock, scratch_path("no/such/folder")), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_holder_at_a_time, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(the_lock_ends_with_its_process, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(the_holder_is_told, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(a_place_that_cannot_be_written, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
