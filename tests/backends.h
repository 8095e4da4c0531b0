/* Which back ends of crypto/backend.h a test can run on this machine. */
#ifndef YIQIAN_TESTS_BACKENDS_H
#define YIQIAN_TESTS_BACKENDS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/backend.h"

/* What a test exits with that cannot run here; ctest counts it as skipped. */
enum { TEST_SKIPPED = 77 };

static inline bool processor_has(const char *line, const char *flag)
{
    size_t n = strlen(flag);
    for (const char *at = line; (at = strstr(at, flag)) != NULL; at += n)
        if (at[-1] == ' ' && (at[n] == ' ' || at[n] == '\n'))
            return true;
    return false;
}

/* Asked of the kernel, for valgrind hides ADX from CPUID though it executes it. */
static inline bool backend_runs_here(const char *name)
{
    if (strcmp(name, "adx") != 0)
        return true;
    FILE *file = fopen("/proc/cpuinfo", "r");
    char *line = NULL;
    size_t room = 0;
    bool runs = false;
    while (file != NULL && !runs && getline(&line, &room, file) > 0)
        runs = strncmp(line, "flags", 5) == 0 && processor_has(line, "adx") && processor_has(line, "bmi2") &&
               processor_has(line, "avx2");
    free(line);
    if (file != NULL)
        fclose(file);
    return runs;
}

#endif
