/* Where a test makes its directory: under TMPDIR, so that whoever runs tests that fail on purpose (scripts/tools/mutate) clears up after them. */
#ifndef YIQIAN_TESTS_SCRATCH_NAME_H
#define YIQIAN_TESTS_SCRATCH_NAME_H

#include <stdio.h>
#include <stdlib.h>

/* For mkdtemp. */
static inline void scratch_name(char *out, size_t n)
{
    const char *parent = getenv("TMPDIR");
    (void)snprintf(out, n, "%s/yiqian-test-XXXXXX", parent && *parent ? parent : "/tmp");
}

#endif
