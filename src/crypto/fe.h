/* The field of the SM2 curve, p = 2^256 - 2^224 - 2^96 + 2^64 - 1 (GB/T 32918.5-2017). Its form is the same in every back end
 * (crypto/backend.h). Constant-time unless _var. */
#ifndef YIQIAN_CRYPTO_FE_H
#define YIQIAN_CRYPTO_FE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/limb.h"

/* Montgomery form, x * 2^256 mod p, fully reduced, least significant limb first. */
typedef struct fe {
    uint64_t v[4];
} fe;

extern const fe fe_zero, fe_one;

/* p. */
static const uint64_t fe_modulus[4] = {0xffffffffffffffff, 0xffffffff00000000, 0xffffffffffffffff, 0xfffffffeffffffff};

#ifndef CRYPTO_BACKEND
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
#endif

static inline bool fe_is_zero(const fe *a)
{
    return limb_zero_mask4(a->v) & 1;
}

static inline bool fe_equal(const fe *a, const fe *b)
{
    uint64_t d[4];
    for (int i = 0; i < 4; i++)
        d[i] = a->v[i] ^ b->v[i];
    return limb_zero_mask4(d) & 1;
}

/* r = a where mask is all ones, unchanged where it is 0. Limb by limb, for a vector would wait for limbs just written. */
static inline void fe_select(fe *r, const fe *a, uint64_t mask)
{
    for (int i = 0; i < 4; i++)
        r->v[i] ^= mask & limb_opaque(r->v[i] ^ a->v[i]);
}

#endif
