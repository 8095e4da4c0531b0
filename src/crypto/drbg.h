/* The generator behind an `entropy` (crypto/entropy.h): Hash_DRBG with SM3 (hash_drbg.h), seeded from another `entropy`, the
 * operating system's. It exists because a 32-byte system call costs more than the bytes.
 *
 * Bytes are made a block at a time; what was handed out is wiped and the state has moved on, so a state that leaks says nothing
 * about bytes given before. Several states, each for one thread at a time; with all of them busy the bytes come from the seed
 * source itself. A state takes a new seed after DRBG_RESEED_BLOCKS blocks, when drbg_expire was called, and in the child of a
 * fork, where it otherwise would give what the parent gives: the seed source's owner counts forks (os/entropy.h).
 *
 * The seed source is tested as it is used: a draw with an all-zero part, with two equal parts in a row, or equal to the draw
 * before means that it is broken. From then on there is ERR_ENTROPY and nothing else. */
#ifndef YIQIAN_CRYPTO_DRBG_H
#define YIQIAN_CRYPTO_DRBG_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/entropy.h"
#include "crypto/hash_drbg.h"

enum {
    DRBG_STATES = 16,
    DRBG_BLOCK = 1024,
    /* Generates between two seeds, the stricter of the two limits of GM/T 0105-2021 (2^10); 1 MiB of output. */
    DRBG_RESEED_BLOCKS = 1 << 10,
};

/* One generator; a cache line's alignment keeps threads out of each other's. */
typedef struct drbg_state {
    alignas(64) atomic_flag busy;
    bool seeded, used;     /* has a seed; had one ever */
    unsigned forks, epoch; /* when it was seeded */
    hash_drbg generator;
    size_t left; /* the last `left` bytes of block are still to be given */
    uint8_t block[DRBG_BLOCK];
} drbg_state;

typedef struct drbg {
    entropy seed;
    const atomic_uint *forks;
    atomic_uint epoch;
    atomic_bool failed;
    atomic_ullong last_draw; /* a digest's first 8 bytes */
    drbg_state states[DRBG_STATES];
} drbg;

/* Seeds the first state, to see that the source gives anything: ERR_ENTROPY. The seed source must be thread-safe; *forks
 * changes in the child of a fork, and outlives d. d is static or on the stack, where it is aligned. */
MUST_CHECK err drbg_open(drbg *d, const entropy *seed, const atomic_uint *forks);

/* Wipes everything; no thread may use it any more. */
void drbg_close(drbg *d);

/* Thread-safe; the `fill` of an `entropy` whose ctx is an open drbg. ERR_ENTROPY, with out wiped. */
MUST_CHECK err drbg_fill(void *ctx, uint8_t *out, size_t n);

/* Every state takes a new seed before it gives another byte. For a caller with a clock: GM/T 0105-2021 wants one a minute. */
void drbg_expire(drbg *d);

#endif
