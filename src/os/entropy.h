/* The operating system's randomness (getrandom), and identifiers made from it. */
#ifndef YIQIAN_OS_ENTROPY_H
#define YIQIAN_OS_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* n unpredictable bytes; ERR_ENTROPY. Thread-safe. The `fill` of an `entropy` (crypto/entropy.h) with any ctx. */
MUST_CHECK err os_entropy_fill(void *ctx, uint8_t *out, size_t n);

/* A UUIDv7 (RFC 9562 5.7): 60 bits of time (a quarter of a microsecond), 62 random ones; ids made later sort later. ERR_ENTROPY. */
MUST_CHECK err uuid7_create(uint8_t id[16]);

#endif
