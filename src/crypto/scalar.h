/* Integers modulo n, the order of the SM2 curve (GB/T 32918.5-2017). All calls are constant-time in the scalars' values
 * unless their name ends in _var. Out-parameters come first and may be the same objects as the inputs. */
#ifndef YIQIAN_CRYPTO_SCALAR_H
#define YIQIAN_CRYPTO_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/entropy.h"

/* The value 0..n-1, least significant limb first. A type of its own so that a secret is seen to be one: wipe it. */
typedef struct scalar {
    uint64_t v[4];
} scalar;

/* 32 bytes big-endian that must lie in [1, n-1]: ERR_SCALAR otherwise (received scalars). */
MUST_CHECK err scalar_from_bytes(scalar *r, const uint8_t in[32]);

/* 32 bytes big-endian, any value, reduced mod n (digests). */
void scalar_from_digest(scalar *r, const uint8_t in[32]);

/* 16 bytes big-endian as an integer (challenges and coefficients). */
void scalar_from_u128(scalar *r, const uint8_t in[16]);

void scalar_to_bytes(uint8_t out[32], const scalar *a);

/* A fresh scalar in [1, n-1] from 48 fresh bytes. ERR_ENTROPY. */
MUST_CHECK err scalar_random(scalar *r, const entropy *rng);

void scalar_add(scalar *r, const scalar *a, const scalar *b);
void scalar_sub(scalar *r, const scalar *a, const scalar *b);
void scalar_neg(scalar *r, const scalar *a);

#ifndef CRYPTO_BACKEND
/* 48 bytes big-endian, (x mod (n-1)) + 1: never zero, bias below 2^-128 (nonces, masks). */
void scalar_from_wide(scalar *r, const uint8_t in[48]);

void scalar_mul(scalar *r, const scalar *a, const scalar *b);

/* a^-1; 0 gives 0. */
void scalar_inv(scalar *r, const scalar *a);
#endif

bool scalar_is_zero(const scalar *a);
bool scalar_equal(const scalar *a, const scalar *b);
void scalar_wipe(scalar *a);

extern const scalar scalar_one;

/* n. */
static const uint64_t scalar_order[4] = {0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff,
                                         0xfffffffeffffffff};

#endif
