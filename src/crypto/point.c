#include "crypto/point.h"

#include "crypto/limb.h"

/* b of y^2 = x^3 - 3x + b, and n and p - n as integers, below. */
static const fe curve_b = {{0x90d230632bc0dd42, 0x71cf379ae9b537ab, 0x527981505ea51c3c, 0x240fe188ba20e2c8}};
static const uint64_t n[4] = {0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff, 0xfffffffeffffffff};
static const uint64_t p_minus_n[4] = {0xac440bf6c62abedc, 0x8dfc2093de39fad5, 0, 0};

const point point_generator = {{{0x61328990f418029e, 0x3e7981eddca6c050, 0xd6a1ed99ac24c3c3, 0x91167a5ee1c13b05}},
                               {{0xc1354e593c2d0ddd, 0xc1f5e5788d3295fa, 0x8d4cfb066e2a48f8, 0x63cd65d481d735bd}},
                               {{0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000}}};
const point point_infinity = {{{0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000}},
                              {{0x0000000000000001, 0x00000000ffffffff, 0x0000000000000000, 0x0000000100000000}},
                              {{0, 0, 0, 0}}};

static bool on_curve(const fe *x, const fe *y)
{
    fe left, right, three_x;
    fe_sqr(&left, y);
    fe_sqr(&right, x);
    fe_mul(&right, &right, x);
    fe_add(&three_x, x, x);
    fe_add(&three_x, &three_x, x);
    fe_sub(&right, &right, &three_x);
    fe_add(&right, &right, &curve_b);
    return fe_equal(&left, &right);
}

err point_from_bytes(point *r, const uint8_t in[POINT_SIZE])
{
    point t = point_generator;
    if (in[0] != 4 || fe_from_bytes(&t.x, in + 1) != ERR_OK || fe_from_bytes(&t.y, in + 33) != ERR_OK ||
        !on_curve(&t.x, &t.y))
        return ERR_POINT;
    *r = t;
    return ERR_OK;
}

/* The bytes of a point whose inverse of Z is known. */
static void encode(uint8_t out[POINT_SIZE], const point *p, const fe *z_inverse)
{
    fe zz, zzz, x, y;
    fe_sqr(&zz, z_inverse);
    fe_mul(&zzz, &zz, z_inverse);
    fe_mul(&x, &p->x, &zz);
    fe_mul(&y, &p->y, &zzz);
    out[0] = 4;
    fe_to_bytes(out + 1, &x);
    fe_to_bytes(out + 33, &y);
}

err point_to_bytes(uint8_t out[POINT_SIZE], const point *p)
{
    fe inverse;
    if (point_is_infinity(p))
        return ERR_POINT;
    fe_inv(&inverse, &p->z);
    encode(out, p, &inverse);
    return ERR_OK;
}

err point_to_bytes_many(uint8_t (*out)[POINT_SIZE], const point *p, size_t count, fe *scratch)
{
    fe product = fe_one;
    for (size_t i = 0; i < count; i++) {
        if (point_is_infinity(&p[i]))
            return ERR_POINT;
        scratch[i] = product;
        fe_mul(&product, &product, &p[i].z);
    }
    fe_inv(&product, &product);
    for (size_t i = count; i-- > 0;) {
        fe inverse;
        fe_mul(&inverse, &product, &scratch[i]);
        fe_mul(&product, &product, &p[i].z);
        encode(out[i], &p[i], &inverse);
    }
    return ERR_OK;
}

bool point_is_infinity(const point *p)
{
    return fe_is_zero(&p->z);
}

bool point_equal_var(const point *a, const point *b)
{
    if (point_is_infinity(a) || point_is_infinity(b))
        return point_is_infinity(a) && point_is_infinity(b);
    fe aa, bb, left, right;
    fe_sqr(&aa, &a->z);
    fe_sqr(&bb, &b->z);
    fe_mul(&left, &a->x, &bb);
    fe_mul(&right, &b->x, &aa);
    if (!fe_equal(&left, &right))
        return false;
    fe_mul(&aa, &aa, &a->z);
    fe_mul(&bb, &bb, &b->z);
    fe_mul(&left, &a->y, &bb);
    fe_mul(&right, &b->y, &aa);
    return fe_equal(&left, &right);
}

void point_neg(point *r, const point *p)
{
    r->x = p->x;
    fe_neg(&r->y, &p->y);
    r->z = p->z;
}

/* With M = 3 * (X - Z^2) * (X + Z^2) and S = 4 * X * Y^2: X3 = M^2 - 2S, Y3 = M * (S - X3) - 8 * Y^4, Z3 = 2 * Y * Z. Z = 0 gives
 * Z = 0, and no point of this curve has Y = 0, for its order is an odd prime: so nothing here is exceptional. */
void point_double(point *r, const point *p)
{
    fe m, s, t, yy;
    fe_sqr(&t, &p->z);
    fe_sub(&s, &p->x, &t);
    fe_add(&m, &p->x, &t);
    fe_mul(&m, &m, &s);
    fe_add(&t, &m, &m);
    fe_add(&m, &m, &t);

    fe_add(&t, &p->y, &p->y);
    fe_mul(&r->z, &t, &p->z);
    fe_sqr(&yy, &t);
    fe_mul(&s, &p->x, &yy);
    fe_sqr(&yy, &yy);
    fe_half(&yy, &yy);

    fe_sqr(&t, &m);
    fe_sub(&t, &t, &s);
    fe_sub(&r->x, &t, &s);
    fe_sub(&s, &s, &r->x);
    fe_mul(&s, &s, &m);
    fe_sub(&r->y, &s, &yy);
}

void point_add_var(point *r, const point *a, const point *b)
{
    if (point_is_infinity(a)) {
        *r = *b;
        return;
    }
    if (point_is_infinity(b)) {
        *r = *a;
        return;
    }
    fe aa, bb, u1, u2, s1, s2, h, w, hh, hhh, v, z;
    fe_sqr(&aa, &a->z);
    fe_sqr(&bb, &b->z);
    fe_mul(&u1, &a->x, &bb);
    fe_mul(&u2, &b->x, &aa);
    fe_mul(&bb, &bb, &b->z);
    fe_mul(&aa, &aa, &a->z);
    fe_mul(&s1, &a->y, &bb);
    fe_mul(&s2, &b->y, &aa);
    fe_sub(&h, &u2, &u1);
    fe_sub(&w, &s2, &s1);
    if (fe_is_zero(&h)) {
        if (fe_is_zero(&w))
            point_double(r, a);
        else
            *r = point_infinity;
        return;
    }
    fe_mul(&z, &a->z, &b->z);
    fe_mul(&r->z, &z, &h);
    fe_sqr(&hh, &h);
    fe_mul(&hhh, &hh, &h);
    fe_mul(&v, &u1, &hh);
    fe_sqr(&r->x, &w);
    fe_sub(&r->x, &r->x, &hhh);
    fe_sub(&r->x, &r->x, &v);
    fe_sub(&r->x, &r->x, &v);
    fe_sub(&v, &v, &r->x);
    fe_mul(&v, &v, &w);
    fe_mul(&s1, &s1, &hhh);
    fe_sub(&r->y, &v, &s1);
}

/* True if x(p) is the integer c, below the field's p. */
static bool x_equals(const point *p, const uint64_t c[4])
{
    uint8_t encoded[32];
    fe x, zz;
    limb_store(encoded, c);
    if (fe_from_bytes(&x, encoded) != ERR_OK)
        return false;
    fe_sqr(&zz, &p->z);
    fe_mul(&x, &x, &zz);
    return fe_equal(&x, &p->x);
}

/* n < p < 2n: an x that is c mod n is c itself, or c + n where that is still below p. */
bool point_x_plus_equals_var(const point *p, const scalar *e, const scalar *r)
{
    scalar c;
    if (point_is_infinity(p))
        return false;
    scalar_sub(&c, r, e);
    if (x_equals(p, c.v))
        return true;
    if (!limb_less(c.v, p_minus_n))
        return false;
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++)
        c.v[i] = limb_add(c.v[i], n[i], &carry);
    return x_equals(p, c.v);
}

err point_x_scalar(scalar *x, const point *p)
{
    uint8_t encoded[32];
    fe t, affine;
    if (point_is_infinity(p))
        return ERR_POINT;
    fe_inv(&t, &p->z);
    fe_sqr(&t, &t);
    fe_mul(&affine, &p->x, &t);
    fe_to_bytes(encoded, &affine);
    scalar_from_digest(x, encoded);
    return ERR_OK;
}
