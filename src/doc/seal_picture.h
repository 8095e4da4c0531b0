/* The picture of a person's seal as it is kept: what somebody sent, decoded and written anew, so that nothing but its pixels
 * is handed on. */
#ifndef YIQIAN_DOC_SEAL_PICTURE_H
#define YIQIAN_DOC_SEAL_PICTURE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum { SEAL_PICTURE_BYTES = 512 << 10, SEAL_PICTURE_SIDE = 1200, SEAL_PICTURE_SIDE_MIN = 16 };

typedef struct seal_picture {
    bytes png; /* 8 bits a channel, RGBA, nothing but IHDR, IDAT and IEND; in the arena */
    unsigned width, height;
} seal_picture;

/* PNG (W3C PNG Third Edition) of at most SEAL_PICTURE_BYTES, each side SEAL_PICTURE_SIDE_MIN..SEAL_PICTURE_SIDE pixels, and
 * something to be seen in it. ERR_PICTURE for everything else, with *why the reason in words of the caller's clients (static); ERR_MEMORY. */
MUST_CHECK err seal_picture_read(arena *a, bytes given, seal_picture *out, const char **why);

#endif
