/* The field of the SM2 curve, p = 2^256 - 2^224 - 2^96 + 2^64 - 1 (GB/T 32918.5-2017). This header is the whole of what the
 * rest knows of a field element: another back end (assembly, 32-bit limbs) replaces fe.c only. Constant-time unless _var. */
#ifndef YIQIAN_CRYPTO_FE_H
#define YIQIAN_CRYPTO_FE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Montgomery form, fully reduced, least significant limb first. */
typedef struct fe {
    uint64_t v[4];
} fe;

extern const fe fe_zero, fe_one;

/* 32 bytes big-endian that must be below p; ERR_RANGE. */
MUST_CHECK err fe_from_bytes(fe *r, const uint8_t in[32]);
void fe_to_bytes(uint8_t out[32], const fe *a);

void fe_add(fe *r, const fe *a, const fe *b);
void fe_sub(fe *r, const fe *a, const fe *b);
void fe_neg(fe *r, const fe *a);
/* a / 2. */
void fe_half(fe *r, const fe *a);
void fe_mul(fe *r, const fe *a, const fe *b);
void fe_sqr(fe *r, const fe *a);
/* a^-1; 0 gives 0. */
void fe_inv(fe *r, const fe *a);

bool fe_is_zero(const fe *a);
bool fe_equal(const fe *a, const fe *b);

/* r = a where mask is all ones, unchanged where it is 0. Inline: tables are read by hundreds of these. */
static inline void fe_select(fe *r, const fe *a, uint64_t mask)
{
    for (int i = 0; i < 4; i++)
        r->v[i] ^= mask & (r->v[i] ^ a->v[i]);
}

#endif
