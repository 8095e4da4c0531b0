/* A seal drawn from a person's name, where no picture of one was given: an SVG with a red frame. */
#ifndef YIQIAN_DOC_SEAL_DRAWING_H
#define YIQIAN_DOC_SEAL_DRAWING_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* name: valid UTF-8, at least one character. A name of two to four Han characters stands in a square, in two columns read from the right, as seals are
 * cut; every other in one row. Nothing in the name can become markup. The same name gives the same octets. ERR_MEMORY. */
MUST_CHECK err seal_drawing_make(arena *a, const char *name, bytes *svg);

#endif
