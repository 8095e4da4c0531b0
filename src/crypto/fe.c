#include "crypto/fe.h"

#include "crypto/inverse.h"
#include "crypto/limb.h"

static const uint64_t p[4] = {0xffffffffffffffff, 0xffffffff00000000, 0xffffffffffffffff, 0xfffffffeffffffff};

static const inverse_modulus modulus = {
    {{0x3fffffffffffffff, 0x3ffffffc00000003, 0x3fffffffffffffff, 0x3fffffbfffffffff, 0xff}}, 0x3fffffffffffffff};

/* 2^256, 2^512 and 2^768 mod p: what Montgomery form multiplies by, what takes a number into it, and an inverse back. */
const fe fe_zero = {{0, 0, 0, 0}};
const fe fe_one = {{0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000}};
static const fe r_squared = {{0x0000000200000003, 0x00000002ffffffff, 0x0000000100000001, 0x0000000400000002}};
static const fe r_cubed = {{0x0000001200000016, 0x0000000efffffff8, 0x0000000a0000000c, 0x0000001b00000009}};

/* One step of Montgomery reduction: t = (t + m*p) / 2^64 with m = t[0], for p = -1 mod 2^64 makes m its own multiplier.
 * (m*p + m) / 2^64 = m * (1 - 2^32 - 2^160 + 2^192), so shifts and subtractions do: with t < 2^256 the sum is below
 * (2^256 + 2^64 * p) / 2^64 < 2^256 and no carry is left. */
static inline void reduce_limb(uint64_t t[4])
{
    uint64_t m = t[0], low = m << 32, high = m >> 32, borrow = 0, carry = 0;
    uint64_t d0 = limb_sub(m, low, &borrow);
    uint64_t d1 = limb_sub(0, high, &borrow);
    uint64_t d2 = limb_sub(0, low, &borrow);
    uint64_t d3 = limb_sub(m, high, &borrow);
    t[0] = limb_add(t[1], d0, &carry);
    t[1] = limb_add(t[2], d1, &carry);
    t[2] = limb_add(t[3], d2, &carry);
    t[3] = d3 + carry;
}

/* r = t / 2^256 mod p for t < p^2: the low half reduced is at most p, the high half is below p, so one subtraction is left. */
static inline void reduce(fe *r, const uint64_t t[8])
{
    uint64_t low[4] = {t[0], t[1], t[2], t[3]}, carry = 0;
    for (int i = 0; i < 4; i++)
        reduce_limb(low);
    for (int i = 0; i < 4; i++)
        low[i] = limb_add(low[i], t[4 + i], &carry);
    limb_reduce_once(r->v, low, carry, p);
}

void fe_mul(fe *r, const fe *a, const fe *b)
{
    uint64_t t[8];
    limb_mul(t, a->v, b->v);
    reduce(r, t);
}

void fe_sqr(fe *r, const fe *a)
{
    uint64_t t[8];
    limb_sqr(t, a->v);
    reduce(r, t);
}

void fe_add(fe *r, const fe *a, const fe *b)
{
    limb_add_mod(r->v, a->v, b->v, p);
}

void fe_sub(fe *r, const fe *a, const fe *b)
{
    limb_sub_mod(r->v, a->v, b->v, p);
}

void fe_neg(fe *r, const fe *a)
{
    limb_sub_mod(r->v, fe_zero.v, a->v, p);
}

/* An odd a has p added first; both halve without a remainder. */
void fe_half(fe *r, const fe *a)
{
    uint64_t t[4], mask = limb_opaque(0 - (a->v[0] & 1)), carry = 0;
    for (int i = 0; i < 4; i++)
        t[i] = limb_add(a->v[i], p[i] & mask, &carry);
    for (int i = 0; i < 3; i++)
        r->v[i] = t[i] >> 1 | t[i + 1] << 63;
    r->v[3] = t[3] >> 1 | carry << 63;
}

/* Of a = x * 2^256 the inverse is x^-1 * 2^-256; two factors of 2^256 are missing, and a third for this multiplication. */
void fe_inv(fe *r, const fe *a)
{
    fe t;
    inverse_mod(t.v, a->v, &modulus);
    fe_mul(r, &t, &r_cubed);
}

err fe_from_bytes(fe *r, const uint8_t in[32])
{
    fe t;
    limb_load(t.v, in);
    uint64_t below = limb_less(t.v, p);
    fe_mul(r, &t, &r_squared);
    return below ? ERR_OK : ERR_RANGE;
}

void fe_to_bytes(uint8_t out[32], const fe *a)
{
    uint64_t t[8] = {a->v[0], a->v[1], a->v[2], a->v[3], 0, 0, 0, 0};
    fe plain;
    reduce(&plain, t);
    limb_store(out, plain.v);
}

bool fe_is_zero(const fe *a)
{
    return limb_zero_mask4(a->v) & 1;
}

bool fe_equal(const fe *a, const fe *b)
{
    uint64_t d[4];
    for (int i = 0; i < 4; i++)
        d[i] = a->v[i] ^ b->v[i];
    return limb_zero_mask4(d) & 1;
}
