#include "crypto/scalar.h"

#include "base/ct.h"
#include "crypto/inverse.h"
#include "crypto/limb.h"

static const uint64_t n[4] = {0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff, 0xfffffffeffffffff};
static const uint64_t n_minus_1[4] = {0x53bbf40939d54122, 0x7203df6b21c6052b, 0xffffffffffffffff, 0xfffffffeffffffff};

static const inverse_modulus modulus = {
    {{0x13bbf40939d54123, 0x080f7dac871814ad, 0x3ffffffffffffff7, 0x3fffffbfffffffff, 0xff}}, 0x0d8061778dcaf68b};

/* -n^-1 mod 2^64, and 2^512 mod n. */
static const uint64_t n_inverse = 0x327f9e8872350975;
static const scalar r_squared = {{0x901192af7c114f20, 0x3464504ade6fa2fa, 0x620fc84c3affe0d4, 0x1eb5e412a22b3d3b}};

const scalar scalar_one = {{1, 0, 0, 0}};

/* r = a * b / 2^256 mod n, for a, b < n. */
static void montgomery_mul(scalar *r, const scalar *a, const scalar *b)
{
    uint64_t t[8], top = 0;
    limb_mul(t, a->v, b->v);
    for (int i = 0; i < 4; i++) {
        uint64_t m = t[i] * n_inverse, carry = 0;
        for (int j = 0; j < 4; j++)
            t[i + j] = limb_mul_add(t[i + j], m, n[j], &carry);
        t[i + 4] = limb_add(t[i + 4], carry, &top);
    }
    limb_reduce_once(r->v, t + 4, top, n);
}

err scalar_from_bytes(scalar *r, const uint8_t in[32])
{
    limb_load(r->v, in);
    uint64_t good = limb_less(r->v, n) & ~limb_zero_mask4(r->v);
    return good & 1 ? ERR_OK : ERR_SCALAR;
}

void scalar_from_digest(scalar *r, const uint8_t in[32])
{
    uint64_t t[4];
    limb_load(t, in);
    limb_reduce_once(r->v, t, 0, n); /* 2^256 < 2n */
}

/* r = (r * 2^64 + limb) mod (n - 1), for r < n - 1.
 * The quotient q = floor(t / (n-1)) of t = r * 2^64 + limb is estimated from t's top limb t4 as t4 + floor(t4 * mu / 2^64),
 * where 2^64 + mu = floor(2^320 / (n-1)), mu = 2^32 + 1. It is never too large, and at most 2 too small, because the parts
 * left out are t's low limbs over n-1 (< 1 + 2^-31), the fraction of 2^320 / (n-1) (< 2^-31) times t4 / 2^64, and the floor
 * (< 1). */
static void append_limb(uint64_t r[4], uint64_t limb)
{
    uint64_t t[5] = {limb, r[0], r[1], r[2], r[3]};
    uint64_t q = t[4] + (uint64_t)((uint128)t[4] * 0x100000001 >> 64);
    uint64_t carry = 0, borrow = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t product = limb_mul_add(0, q, n_minus_1[i], &carry);
        t[i] = limb_sub(t[i], product, &borrow);
    }
    t[4] -= carry + borrow;
    for (int round = 0; round < 2; round++) {
        uint64_t d[5];
        borrow = 0;
        for (int i = 0; i < 4; i++)
            d[i] = limb_sub(t[i], n_minus_1[i], &borrow);
        d[4] = limb_sub(t[4], 0, &borrow);
        uint64_t keep = limb_opaque(0 - borrow);
        for (int i = 0; i < 5; i++)
            t[i] = d[i] ^ (keep & (d[i] ^ t[i]));
    }
    for (int i = 0; i < 4; i++)
        r[i] = t[i];
    wipe(t, sizeof t);
}

void scalar_from_wide(scalar *r, const uint8_t in[48])
{
    uint64_t t[4], carry = 1;
    limb_load(t, in);
    limb_reduce_once(t, t, 0, n_minus_1);
    append_limb(t, load_u64be(in + 32));
    append_limb(t, load_u64be(in + 40));
    for (int i = 0; i < 4; i++)
        r->v[i] = limb_add(t[i], 0, &carry);
    wipe(t, sizeof t);
}

void scalar_from_u128(scalar *r, const uint8_t in[16])
{
    *r = (scalar){{load_u64be(in + 8), load_u64be(in), 0, 0}};
}

void scalar_to_bytes(uint8_t out[32], const scalar *a)
{
    limb_store(out, a->v);
}

err scalar_random(scalar *r, const entropy *rng)
{
    uint8_t wide[48];
    err e = rng->fill(rng->ctx, wide, sizeof wide);
    if (e == ERR_OK)
        scalar_from_wide(r, wide);
    wipe(wide, sizeof wide);
    return e == ERR_OK ? ERR_OK : ERR_ENTROPY;
}

void scalar_add(scalar *r, const scalar *a, const scalar *b)
{
    limb_add_mod(r->v, a->v, b->v, n);
}

void scalar_sub(scalar *r, const scalar *a, const scalar *b)
{
    limb_sub_mod(r->v, a->v, b->v, n);
}

void scalar_neg(scalar *r, const scalar *a)
{
    const scalar zero = {{0, 0, 0, 0}};
    limb_sub_mod(r->v, zero.v, a->v, n);
}

void scalar_mul(scalar *r, const scalar *a, const scalar *b)
{
    scalar t;
    montgomery_mul(&t, a, b);
    montgomery_mul(r, &t, &r_squared);
    scalar_wipe(&t);
}

void scalar_inv(scalar *r, const scalar *a)
{
    inverse_mod(r->v, a->v, &modulus);
}

bool scalar_is_zero(const scalar *a)
{
    return limb_zero_mask4(a->v) & 1;
}

bool scalar_equal(const scalar *a, const scalar *b)
{
    return ct_equal(a->v, b->v, sizeof a->v);
}

void scalar_wipe(scalar *a)
{
    wipe(a, sizeof *a);
}
