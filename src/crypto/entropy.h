/* Randomness is an argument: whoever draws a secret is given a source, and tests give a source of known bytes. */
#ifndef YIQIAN_CRYPTO_ENTROPY_H
#define YIQIAN_CRYPTO_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* fill writes n unpredictable bytes or fails with ERR_ENTROPY, having written nothing of use. Thread-safe where its user is. */
typedef struct entropy {
    err (*fill)(void *ctx, uint8_t *out, size_t n);
    void *ctx;
} entropy;

#endif
