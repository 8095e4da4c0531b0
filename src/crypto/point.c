#include "crypto/point.h"

#include "crypto/backend_table.h"

const point point_generator = {{{0x61328990f418029e, 0x3e7981eddca6c050, 0xd6a1ed99ac24c3c3, 0x91167a5ee1c13b05}},
                               {{0xc1354e593c2d0ddd, 0xc1f5e5788d3295fa, 0x8d4cfb066e2a48f8, 0x63cd65d481d735bd}},
                               {{0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000}}};
const point point_infinity = {{{0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000}},
                              {{0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000}},
                              {{0, 0, 0, 0}}};

err point_from_bytes(point *r, const uint8_t in[POINT_SIZE])
{
    return backend_used()->point_from_bytes(r, in);
}

err point_to_bytes(uint8_t out[POINT_SIZE], const point *p)
{
    return backend_used()->point_to_bytes(out, p);
}

err point_to_bytes_many(uint8_t (*out)[POINT_SIZE], const point *p, size_t n, fe *scratch)
{
    return backend_used()->point_to_bytes_many(out, p, n, scratch);
}

bool point_equal_var(const point *a, const point *b)
{
    return backend_used()->point_equal_var(a, b);
}

void point_neg(point *r, const point *p)
{
    backend_used()->point_neg(r, p);
}

void point_add_var(point *r, const point *a, const point *b)
{
    backend_used()->point_add_var(r, a, b);
}

void point_double(point *r, const point *p)
{
    backend_used()->point_double(r, p);
}

void point_mul_base(point *r, const scalar *k)
{
    backend_used()->point_mul_base(r, k);
}

void point_mul(point *r, const scalar *k, const point *p)
{
    backend_used()->point_mul(r, k, p);
}

void point_mul_two(point *r, const scalar *j, const point *p, const scalar *k, const point *q)
{
    backend_used()->point_mul_two(r, j, p, k, q);
}

void point_odd_var(point_odd *r, const point *p, size_t n)
{
    backend_used()->point_odd_var(r, p, n);
}

void point_odd_mul_two(point *r, const scalar *j, const point_odd *p, const scalar *k, const point_odd *q)
{
    backend_used()->point_odd_mul_two(r, j, p, k, q);
}

void point_odd_sum_var(point *r, const scalar *k, const point_odd *p, size_t n)
{
    backend_used()->point_odd_sum_var(r, k, p, n);
}

void point_multi_var(point *r, const scalar *g, const point_term *terms, size_t n)
{
    backend_used()->point_multi_var(r, g, terms, n);
}

void point_prepare_var(point_prepared *r, const point *p)
{
    backend_used()->point_prepare_var(r, p);
}

void point_prepared_var(point *r, const scalar *g, const scalar *k, const point_prepared *p)
{
    backend_used()->point_prepared_var(r, g, k, p);
}

bool point_x_plus_equals_var(const point *p, const scalar *e, const scalar *r)
{
    return backend_used()->point_x_plus_equals_var(p, e, r);
}

err point_x_scalar(scalar *x, const point *p)
{
    return backend_used()->point_x_scalar(x, p);
}
