/* A directory for one test, with a store in it whose tables the test names. */
#ifndef YIQIAN_TESTS_STORE_SCRATCH_H
#define YIQIAN_TESTS_STORE_SCRATCH_H

#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store_open.h"
#include "unit/scratch_name.h"

typedef struct scratch {
    char dir[64], path[128];
} scratch;

static inline void scratch_make(scratch *s)
{
    scratch_name(s->dir, sizeof s->dir);
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof s->path, "%s/store.db", s->dir);
}

static inline void scratch_remove(scratch *s)
{
    DIR *d = opendir(s->dir);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", s->dir, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(s->dir);
}

static inline store *scratch_open(const scratch *s, const char *sql)
{
    store *st = NULL;
    const migration list[] = {{1, "0001_test", sql}};
    assert_int_equal(store_open_with(&st, &(store_options){s->path, 2, 256}, list, 1), ERR_OK);
    return st;
}

/* The one integer that the statement gives. */
static inline int64_t scratch_number(store *st, const char *sql)
{
    arena *a = arena_create(1 << 20);
    const store_value *row;
    assert_int_equal(store_query_one(st, a, &row, ERR_OK, sql, NULL, 0), ERR_OK);
    assert_int_equal(row->type, STORE_INT);
    int64_t i = row->i;
    arena_destroy(a);
    return i;
}

/* Commits one statement as a unit of its own. */
static inline err scratch_write(store *st, int64_t rows, err mismatch, const char *sql, const store_value *params,
                                size_t n)
{
    arena *a = arena_create(1 << 20);
    store_unit *u = store_unit_begin(a);
    store_unit_add(u, rows, mismatch, sql, params, n);
    err e = store_commit(st, u);
    arena_destroy(a);
    return e;
}

#endif
