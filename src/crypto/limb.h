/* Arithmetic on 64-bit limbs with carries, shared by the field and the scalars. Nothing here branches on a value.
 * LIMB_HALVES, or a compiler without a type of 128 bits, makes products of 32-bit halves. */
#ifndef YIQIAN_CRYPTO_LIMB_H
#define YIQIAN_CRYPTO_LIMB_H

#include <stdint.h>

#include "base/bytes.h"

#if !defined(__SIZEOF_INT128__) && !defined(LIMB_HALVES)
#define LIMB_HALVES
#endif

/* a + b + *carry, and a - b - *borrow; carry and borrow are 0 or 1. Compilers make one instruction of their own built-in, but
 * several of the same thing said in C. */
#if defined(__clang__) && !defined(LIMB_HALVES)
static inline uint64_t limb_add(uint64_t a, uint64_t b, uint64_t *carry)
{
    unsigned long long out;
    uint64_t sum = __builtin_addcll(a, b, *carry, &out);
    *carry = out;
    return sum;
}

static inline uint64_t limb_sub(uint64_t a, uint64_t b, uint64_t *borrow)
{
    unsigned long long out;
    uint64_t difference = __builtin_subcll(a, b, *borrow, &out);
    *borrow = out;
    return difference;
}
#elif defined(__x86_64__) && !defined(LIMB_HALVES)
static inline uint64_t limb_add(uint64_t a, uint64_t b, uint64_t *carry)
{
    unsigned long long sum;
    *carry = __builtin_ia32_addcarryx_u64((unsigned char)*carry, a, b, &sum);
    return sum;
}

static inline uint64_t limb_sub(uint64_t a, uint64_t b, uint64_t *borrow)
{
    unsigned long long difference;
    *borrow = __builtin_ia32_sbb_u64((unsigned char)*borrow, a, b, &difference);
    return difference;
}
#else
static inline uint64_t limb_add(uint64_t a, uint64_t b, uint64_t *carry)
{
    uint64_t sum = a + b + *carry;
    *carry = ((a & b) | ((a | b) & ~sum)) >> 63;
    return sum;
}

static inline uint64_t limb_sub(uint64_t a, uint64_t b, uint64_t *borrow)
{
    uint64_t difference = a - b - *borrow;
    *borrow = ((~a & b) | ((~a | b) & difference)) >> 63;
    return difference;
}
#endif

/* a + b * c + *carry, which fits two limbs: the low one, and the high one as the new carry. */
#ifdef LIMB_HALVES
static inline uint64_t limb_mul_add(uint64_t a, uint64_t b, uint64_t c, uint64_t *carry)
{
    const uint64_t low32 = 0xffffffff;
    uint64_t b0 = b & low32, b1 = b >> 32, c0 = c & low32, c1 = c >> 32;
    /* Each sum is at most (2^32-1)^2 + 2 * (2^32-1) = 2^64 - 1. */
    uint64_t p0 = b0 * c0 + (a & low32) + (*carry & low32);
    uint64_t p1 = b1 * c0 + (p0 >> 32) + (a >> 32);
    uint64_t p2 = b0 * c1 + (p1 & low32) + (*carry >> 32);
    *carry = b1 * c1 + (p1 >> 32) + (p2 >> 32);
    return p2 << 32 | (p0 & low32);
}
#else
__extension__ typedef unsigned __int128 uint128;

static inline uint64_t limb_mul_add(uint64_t a, uint64_t b, uint64_t c, uint64_t *carry)
{
    uint128 t = (uint128)b * c + a + *carry;
    *carry = (uint64_t)(t >> 64);
    return (uint64_t)t;
}
#endif

/* The value itself, but the compiler no longer knows anything about it: it cannot turn what a mask does into a branch. */
static inline uint64_t limb_opaque(uint64_t v)
{
    __asm__("" : "+r"(v));
    return v;
}

/* All ones where v is zero, otherwise 0. */
static inline uint64_t limb_zero_mask(uint64_t v)
{
    return limb_opaque(((v | (0 - v)) >> 63) - 1);
}

static inline uint64_t limb_zero_mask4(const uint64_t v[4])
{
    return limb_zero_mask(v[0] | v[1] | v[2] | v[3]);
}

/* r = t - m where carry:t >= m, else t. carry:t < 2m. */
static inline void limb_reduce_once(uint64_t r[4], const uint64_t t[4], uint64_t carry, const uint64_t m[4])
{
    uint64_t d[4], borrow = 0;
    for (int i = 0; i < 4; i++)
        d[i] = limb_sub(t[i], m[i], &borrow);
    /* The difference was negative: m is added back. (A choice by masks is what gcc would turn into slower vector code.) */
    uint64_t mask = limb_opaque(0 - (borrow & (carry ^ 1)));
    carry = 0;
    for (int i = 0; i < 4; i++)
        r[i] = limb_add(d[i], m[i] & mask, &carry);
}

/* r = a + b mod m for a, b < m. */
static inline void limb_add_mod(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t m[4])
{
    uint64_t t[4], carry = 0;
    for (int i = 0; i < 4; i++)
        t[i] = limb_add(a[i], b[i], &carry);
    limb_reduce_once(r, t, carry, m);
}

/* r = a - b mod m for a, b < m. */
static inline void limb_sub_mod(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t m[4])
{
    uint64_t t[4], borrow = 0, carry = 0;
    for (int i = 0; i < 4; i++)
        t[i] = limb_sub(a[i], b[i], &borrow);
    uint64_t mask = limb_opaque(0 - borrow);
    for (int i = 0; i < 4; i++)
        r[i] = limb_add(t[i], m[i] & mask, &carry);
}

/* r = a / 2 mod m: an odd a has m added first, both halve without a remainder. */
static inline void limb_half_mod(uint64_t r[4], const uint64_t a[4], const uint64_t m[4])
{
    uint64_t t[4], mask = limb_opaque(0 - (a[0] & 1)), carry = 0;
    for (int i = 0; i < 4; i++)
        t[i] = limb_add(a[i], m[i] & mask, &carry);
    for (int i = 0; i < 3; i++)
        r[i] = t[i] >> 1 | t[i + 1] << 63;
    r[3] = t[3] >> 1 | carry << 63;
}

/* 1 where a < b, otherwise 0. */
static inline uint64_t limb_less(const uint64_t a[4], const uint64_t b[4])
{
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++)
        (void)limb_sub(a[i], b[i], &borrow);
    return borrow;
}

static inline void limb_load(uint64_t r[4], const uint8_t in[32])
{
    for (int i = 0; i < 4; i++)
        r[i] = load_u64be(in + 24 - 8 * i);
}

static inline void limb_store(uint8_t out[32], const uint64_t a[4])
{
    for (int i = 0; i < 4; i++)
        store_u64be(out + 24 - 8 * i, a[i]);
}

/* t = a * b. */
static inline void limb_mul(uint64_t t[8], const uint64_t a[4], const uint64_t b[4])
{
    uint64_t carry = 0;
    for (int j = 0; j < 4; j++)
        t[j] = limb_mul_add(0, a[0], b[j], &carry);
    t[4] = carry;
    for (int i = 1; i < 4; i++) {
        carry = 0;
        for (int j = 0; j < 4; j++)
            t[i + j] = limb_mul_add(t[i + j], a[i], b[j], &carry);
        t[i + 4] = carry;
    }
}

/* t = a^2: the products of different limbs once, doubled, then the squares. */
static inline void limb_sqr(uint64_t t[8], const uint64_t a[4])
{
    uint64_t carry = 0;
    for (int j = 1; j < 4; j++)
        t[j] = limb_mul_add(0, a[0], a[j], &carry);
    t[4] = carry;
    carry = 0;
    for (int j = 2; j < 4; j++)
        t[1 + j] = limb_mul_add(t[1 + j], a[1], a[j], &carry);
    t[5] = carry;
    carry = 0;
    t[5] = limb_mul_add(t[5], a[2], a[3], &carry);
    t[6] = carry;

    carry = 0;
    for (int i = 1; i < 7; i++)
        t[i] = limb_add(t[i], t[i], &carry);
    t[7] = carry;

    t[0] = 0;
    carry = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t high = 0, low = limb_mul_add(0, a[i], a[i], &high);
        t[2 * i] = limb_add(t[2 * i], low, &carry);
        t[2 * i + 1] = limb_add(t[2 * i + 1], high, &carry);
    }
}

#endif
