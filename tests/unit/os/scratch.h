/* A directory that a test makes and removes with all in it. */
#ifndef YIQIAN_TESTS_OS_SCRATCH_H
#define YIQIAN_TESTS_OS_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/scratch_name.h"

static char scratch[64];

static inline int scratch_make(void **state)
{
    (void)state;
    scratch_name(scratch, sizeof scratch);
    return mkdtemp(scratch) ? 0 : -1;
}

/* scratch/name, valid until the next but one call. */
static inline const char *scratch_path(const char *name)
{
    static char paths[2][512];
    static int turn;
    turn = !turn;
    (void)snprintf(paths[turn], sizeof paths[turn], "%s/%s", scratch, name);
    return paths[turn];
}

/* How many names the directory holds, and removes them where told to. */
static inline size_t scratch_entries(int remove_them)
{
    DIR *directory = opendir(scratch);
    size_t n = 0;
    for (struct dirent *at; directory && (at = readdir(directory)) != NULL;) {
        if (strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0)
            continue;
        n++;
        if (remove_them)
            (void)remove(scratch_path(at->d_name));
    }
    if (directory)
        (void)closedir(directory);
    return n;
}

static inline int scratch_remove(void **state)
{
    (void)state;
    (void)scratch_entries(1);
    return rmdir(scratch);
}

#endif
