/* The operating system's randomness (getrandom), the number of forks, and identifiers made from randomness. */
#ifndef YIQIAN_OS_ENTROPY_H
#define YIQIAN_OS_ENTROPY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* n unpredictable bytes; ERR_ENTROPY. Thread-safe. The `fill` of an `entropy` (crypto/entropy.h) with any ctx. */
MUST_CHECK err os_entropy_fill(void *ctx, uint8_t *out, size_t n);

/* A number that differs between a process and every child that fork(2) made of it after the first call: what was drawn in
 * advance (crypto/drbg.h) must not be given out in both. Lives as long as the process. ERR_MEMORY. */
MUST_CHECK err os_entropy_forks(const atomic_uint **out);

/* A UUIDv7 (RFC 9562 5.7): 60 bits of time (a quarter of a microsecond), 62 random ones; ids made later sort later. ERR_ENTROPY. */
MUST_CHECK err uuid7_create(uint8_t id[16]);

#endif
