/* A data directory for one test, and known randomness. */
#ifndef YIQIAN_TESTS_KEYSTORE_KEY_DIR_H
#define YIQIAN_TESTS_KEYSTORE_KEY_DIR_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/entropy.h"
#include "os/entropy.h"
#include "unit/scratch_name.h"

typedef struct key_dir {
    char dir[64], key[96];
} key_dir;

static const entropy system_rng = {os_entropy_fill, NULL};

static err no_entropy_fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    (void)out;
    (void)n;
    return ERR_ENTROPY;
}

static const entropy no_rng = {no_entropy_fill, NULL};

static inline void key_dir_make(key_dir *d)
{
    scratch_name(d->dir, sizeof d->dir);
    assert_non_null(mkdtemp(d->dir));
    snprintf(d->key, sizeof d->key, "%s/master.key", d->dir);
    unsetenv("CREDENTIALS_DIRECTORY");
}

static inline void key_dir_remove(key_dir *d)
{
    unlink(d->key);
    assert_int_equal(rmdir(d->dir), 0); /* nothing else was left there */
    unsetenv("CREDENTIALS_DIRECTORY");
}

static inline void key_dir_put(const key_dir *d, const void *p, size_t n, mode_t mode)
{
    FILE *file = fopen(d->key, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(p, 1, n, file), n);
    fclose(file);
    assert_int_equal(chmod(d->key, mode), 0);
}

#endif
