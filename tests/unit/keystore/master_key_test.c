#include "unit/keystore/key_dir.h"

#include <pthread.h>

#include "keystore/master_key.h"

static int set_up(void **state)
{
    key_dir *d = calloc(1, sizeof *d);
    key_dir_make(d);
    *state = d;
    return 0;
}

static int tear_down(void **state)
{
    key_dir_remove(*state);
    free(*state);
    return 0;
}

static const uint8_t zero[33];

static void it_is_made_once_and_read_again(void **state)
{
    key_dir *d = *state;
    master_key made, read_again;
    assert_int_equal(master_key_load(&made, d->dir, false, &system_rng), ERR_NOT_FOUND);
    assert_int_equal(master_key_load(&made, d->dir, true, &system_rng), ERR_OK);
    assert_memory_not_equal(made.bytes, zero, 32);
    assert_int_equal(master_key_load(&read_again, d->dir, true, &system_rng), ERR_OK);
    assert_memory_equal(made.bytes, read_again.bytes, 32);
    assert_int_equal(master_key_load(&read_again, d->dir, false, &no_rng), ERR_OK);
    struct stat status;
    assert_int_equal(stat(d->key, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_size, 32);
}

static void without_entropy_none_is_made(void **state)
{
    key_dir *d = *state;
    master_key key;
    assert_int_equal(master_key_load(&key, d->dir, true, &no_rng), ERR_ENTROPY);
    assert_int_equal(access(d->key, F_OK), -1);
}

static void a_file_others_can_reach_is_refused(void **state)
{
    key_dir *d = *state;
    master_key key;
    static const mode_t modes[] = {0640, 0604, 0620, 0610, 0601, 0666};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        key_dir_put(d, "0123456789abcdef0123456789abcdef", 32, modes[i]);
        assert_int_equal(master_key_load(&key, d->dir, true, &system_rng), ERR_FORBIDDEN);
    }
    assert_int_equal(chmod(d->key, 0400), 0);
    assert_int_equal(master_key_load(&key, d->dir, true, &system_rng), ERR_OK);
}

static void a_file_of_another_size_is_no_key_and_stays(void **state)
{
    key_dir *d = *state;
    master_key key;
    static const size_t sizes[] = {0, 31, 33};
    for (size_t i = 0; i < 3; i++) {
        key_dir_put(d, zero, sizes[i], 0600);
        assert_int_equal(master_key_load(&key, d->dir, true, &system_rng), ERR_CORRUPT);
        struct stat status;
        assert_int_equal(stat(d->key, &status), 0);
        assert_int_equal(status.st_size, sizes[i]);
    }
}

static void what_is_no_file_is_refused(void **state)
{
    key_dir *d = *state;
    master_key key;
    assert_int_equal(mkdir(d->key, 0700), 0);
    assert_int_equal(master_key_load(&key, d->dir, true, &system_rng), ERR_IO);
    assert_int_equal(rmdir(d->key), 0);
}

static void a_missing_directory_and_a_long_path_are_errors(void **state)
{
    (void)state;
    static char path[5000];
    master_key key;
    memset(path, 'a', sizeof path - 1);
    assert_int_equal(master_key_load(&key, path, true, &system_rng), ERR_LENGTH);
    assert_int_equal(master_key_load(&key, "/tmp/yiqian-test-none/none", true, &system_rng), ERR_NOT_FOUND);
}

static void a_credential_goes_first(void **state)
{
    key_dir *d = *state;
    key_dir credentials;
    key_dir_make(&credentials);
    master_key from_dir, key;
    assert_int_equal(master_key_load(&from_dir, d->dir, true, &system_rng), ERR_OK);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", credentials.dir, 1), 0);
    /* The service has other credentials only. */
    assert_int_equal(master_key_load(&key, d->dir, true, &system_rng), ERR_OK);
    assert_memory_equal(key.bytes, from_dir.bytes, 32);
    /* systemd's ACL for the service shows as the group's permission. */
    key_dir_put(&credentials, "0123456789abcdef0123456789abcdef", 32, 0440);
    assert_int_equal(master_key_load(&key, d->dir, true, &system_rng), ERR_OK);
    assert_memory_equal(key.bytes, "0123456789abcdef0123456789abcdef", 32);
    /* One that is no key does not fall back to the file. */
    key_dir_put(&credentials, "0123456789abcdef0123456789abcde", 31, 0400);
    assert_int_equal(master_key_load(&key, d->dir, true, &system_rng), ERR_CORRUPT);
    key_dir_put(&credentials, "0123456789abcdef0123456789abcdefg", 33, 0400);
    assert_int_equal(master_key_load(&key, d->dir, true, &system_rng), ERR_CORRUPT);
    key_dir_put(&credentials, "0123456789abcdef0123456789abcdef", 32, 0444);
    assert_int_equal(master_key_load(&key, d->dir, true, &system_rng), ERR_FORBIDDEN);
    key_dir_remove(&credentials);
}

typedef struct racer {
    pthread_t thread;
    const char *dir;
    master_key key;
    err result;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    r->result = master_key_load(&r->key, r->dir, true, &system_rng);
    return NULL;
}

static void who_starts_at_the_same_moment_gets_the_same_key(void **state)
{
    key_dir *d = *state;
    for (int round = 0; round < 20; round++) {
        racer r[4];
        for (size_t i = 0; i < 4; i++) {
            r[i].dir = d->dir;
            assert_int_equal(pthread_create(&r[i].thread, NULL, race, &r[i]), 0);
        }
        for (size_t i = 0; i < 4; i++)
            pthread_join(r[i].thread, NULL);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(r[i].result, ERR_OK);
            assert_memory_equal(r[i].key.bytes, r[0].key.bytes, 32);
        }
        assert_int_equal(unlink(d->key), 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_is_made_once_and_read_again),
        TEST(without_entropy_none_is_made),
        TEST(a_file_others_can_reach_is_refused),
        TEST(a_file_of_another_size_is_no_key_and_stays),
        TEST(what_is_no_file_is_refused),
        TEST(a_missing_directory_and_a_long_path_are_errors),
        TEST(a_credential_goes_first),
        TEST(who_starts_at_the_same_moment_gets_the_same_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
