/* A QR code as a picture: SVG for browsers, BMP for clients that know nothing younger. */
#ifndef YIQIAN_CMD_AGENT_CODE_H
#define YIQIAN_CMD_AGENT_CODE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum { AGENT_CODE_SCALE = 6 /* pixels of a module in the BMP */ };

/* In the arena. ERR_LENGTH (the text does not fit a code), ERR_MEMORY. */
MUST_CHECK err agent_code_svg(arena *a, const char *text, bytes *out);
MUST_CHECK err agent_code_bmp(arena *a, const char *text, bytes *out);

#endif
