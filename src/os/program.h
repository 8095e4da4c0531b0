/* Runs another program and takes what it prints: bounded in time and in size, with an environment of its own and none of our files. */
#ifndef YIQIAN_OS_PROGRAM_H
#define YIQIAN_OS_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* argv[0] is the program's path, the last one NULL. Its standard output goes into out (NUL after the last byte). ERR_NOT_FOUND (no such
 * program), ERR_TIMEOUT (killed), ERR_LIMIT (printed cap bytes or more: killed), ERR_REMOTE (ended with another code than 0), ERR_IO. */
MUST_CHECK err program_run(const char *const *argv, char *out, size_t cap, size_t *n, uint32_t timeout_ms);

#endif
