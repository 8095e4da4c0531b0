/* Where a command gets the passphrase of backups: a file, or the terminal without echo. */
#ifndef YIQIAN_CMD_PASSPHRASE_H
#define YIQIAN_CMD_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { PASSPHRASE_ROOM = 1024 + 8 };

/* Its *n bytes, terminated; a byte order mark before it and line ends after it are no part of it. From the file (NULL for none), which nobody else may
 * be able to read; else asked for on the terminal, twice where it is a new one. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_LIMIT, ERR_IO (the file);
 * ERR_UNSUPPORTED (there is no terminal); ERR_CONFLICT (the two differ); ERR_TIMEOUT (the person gave up); ERR_PASSPHRASE_MISSING (it is empty);
 * ERR_ENCODING (no UTF-8). The
 * caller wipes out. */
MUST_CHECK err passphrase_read(char out[PASSPHRASE_ROOM], size_t *n, const char *file, bool fresh);

/* What to say of such an error, in the language chosen. */
const char *passphrase_problem(err e);

#endif
