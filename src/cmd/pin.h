/* Where a command gets the PIN: a file, the environment, or the terminal without echo. */
#ifndef YIQIAN_CMD_PIN_H
#define YIQIAN_CMD_PIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { PIN_ROOM = 64 };

/* *n bytes of PIN, not terminated, without a line feed at its end; what they are is not checked here. From the file
 * (NULL for none), which nobody else may be able to read; else from the environment variable of that name; else asked for on the
 * terminal, twice where it is a new one. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_LIMIT, ERR_IO (the file); ERR_UNSUPPORTED (there is no
 * terminal); ERR_CONFLICT (the two differ); ERR_TIMEOUT (the person gave up: Ctrl-C, Ctrl-D). The caller wipes out. */
MUST_CHECK err pin_read(char out[PIN_ROOM], size_t *n, const char *file, const char *variable, bool new_pin);

#endif
