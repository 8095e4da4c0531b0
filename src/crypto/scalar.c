#include "crypto/scalar.h"

#include "base/ct.h"
#include "crypto/backend_table.h"
#include "crypto/limb.h"

const scalar scalar_one = {{1, 0, 0, 0}};

err scalar_from_bytes(scalar *r, const uint8_t in[32])
{
    limb_load(r->v, in);
    uint64_t good = limb_less(r->v, scalar_order) & ~limb_zero_mask4(r->v);
    return ct_public(good & 1) ? ERR_OK : ERR_SCALAR; /* the caller refuses it, for all to see */
}

void scalar_from_digest(scalar *r, const uint8_t in[32])
{
    uint64_t t[4];
    limb_load(t, in);
    limb_reduce_once(r->v, t, 0, scalar_order); /* 2^256 < 2n */
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
    limb_add_mod(r->v, a->v, b->v, scalar_order);
}

void scalar_sub(scalar *r, const scalar *a, const scalar *b)
{
    limb_sub_mod(r->v, a->v, b->v, scalar_order);
}

void scalar_neg(scalar *r, const scalar *a)
{
    const scalar zero = {{0, 0, 0, 0}};
    limb_sub_mod(r->v, zero.v, a->v, scalar_order);
}

void scalar_from_wide(scalar *r, const uint8_t in[48])
{
    backend_used()->scalar_from_wide(r, in);
}

void scalar_mul(scalar *r, const scalar *a, const scalar *b)
{
    backend_used()->scalar_mul(r, a, b);
}

void scalar_inv(scalar *r, const scalar *a)
{
    backend_used()->scalar_inv(r, a);
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
