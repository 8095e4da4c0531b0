/* A directory of an app, made by a test file by file. */
#ifndef YIQIAN_TESTS_API_APP_TREE_H
#define YIQIAN_TESTS_API_APP_TREE_H

#include <fts.h>
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

#include "unit/scratch_name.h"

static char tree[64];

static inline int tree_make(void **state)
{
    (void)state;
    scratch_name(tree, sizeof tree);
    return mkdtemp(tree) ? 0 : -1;
}

static inline int tree_remove(void **state)
{
    (void)state;
    char *roots[] = {tree, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (!walk)
        return -1;
    int failed = 0;
    for (FTSENT *at; (at = fts_read(walk)) != NULL;)
        if (at->fts_info != FTS_D)
            failed |= remove(at->fts_accpath);
    return fts_close(walk) | failed;
}

/* A file of n bytes; directories on the way are made. */
static inline void tree_put(const char *path, const void *p, size_t n)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", tree, path);
    for (char *slash = whole + strlen(tree) + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(whole, 0700);
    }
    FILE *f = fopen(whole, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void tree_put_text(const char *path, const char *text)
{
    tree_put(path, text, strlen(text));
}

/* What begins as gzip does and says at its end that it holds that text. */
static inline void tree_put_packed(const char *path, const char *text)
{
    uint8_t packed[20] = {0x1f, 0x8b, 8};
    uint32_t n = (uint32_t)strlen(text), crc = UINT32_MAX;
    for (const char *at = text; *at; at++) {
        crc ^= (uint8_t)*at;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    for (size_t i = 0; i < 4; i++) {
        packed[12 + i] = (uint8_t)(~crc >> 8 * i);
        packed[16 + i] = (uint8_t)(n >> 8 * i);
    }
    tree_put(path, packed, sizeof packed);
}

#endif
