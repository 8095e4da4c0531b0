#include "crypto/fe.h"

#include "crypto/backend_table.h"

/* 0 and 1 in Montgomery form. */
const fe fe_zero = {{0, 0, 0, 0}};
const fe fe_one = {{0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000}};

err fe_from_bytes(fe *r, const uint8_t in[32])
{
    return backend_used()->fe_from_bytes(r, in);
}

void fe_to_bytes(uint8_t out[32], const fe *a)
{
    backend_used()->fe_to_bytes(out, a);
}

void fe_add(fe *r, const fe *a, const fe *b)
{
    backend_used()->fe_add(r, a, b);
}

void fe_sub(fe *r, const fe *a, const fe *b)
{
    backend_used()->fe_sub(r, a, b);
}

void fe_neg(fe *r, const fe *a)
{
    backend_used()->fe_neg(r, a);
}

void fe_half(fe *r, const fe *a)
{
    backend_used()->fe_half(r, a);
}

void fe_mul(fe *r, const fe *a, const fe *b)
{
    backend_used()->fe_mul(r, a, b);
}

void fe_sqr(fe *r, const fe *a)
{
    backend_used()->fe_sqr(r, a);
}

void fe_inv(fe *r, const fe *a)
{
    backend_used()->fe_inv(r, a);
}
