/* The file in which `yiqian agent` keeps the ids of what it has open at the server, so that the next one closes what a killed one left
 * open. An id is no secret: with it alone nothing is signed. */
#ifndef YIQIAN_CMD_AGENT_OPEN_H
#define YIQIAN_CMD_AGENT_OPEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { AGENT_OPEN_MAX = 128 };

/* The ids of the file, *n of them; none where there is no file. Lines that are none are left out. ERR_FORBIDDEN, ERR_IO, ERR_LIMIT (a larger file
 * than any that was written), ERR_MEMORY. */
MUST_CHECK err agent_open_read(const char *path, uint8_t ids[AGENT_OPEN_MAX][16], size_t *n);

/* Replaces it, durably; n of at most AGENT_OPEN_MAX. As file_write. */
MUST_CHECK err agent_open_write(const char *path, const uint8_t (*ids)[16], size_t n);

#endif
