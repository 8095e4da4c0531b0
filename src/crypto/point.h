/* Points of the SM2 curve (GB/T 32918.5-2017). Coordinates are kept projectively, inside; outside a point is the 65 bytes
 * 04 || X || Y. Multiplication by a secret is constant-time in the scalar; what ends in _var, and addition, is for points and
 * scalars that anyone may know. Out-parameters come first and may be the same objects as the inputs. */
#ifndef YIQIAN_CRYPTO_POINT_H
#define YIQIAN_CRYPTO_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/fe.h"
#include "crypto/scalar.h"

enum { POINT_SIZE = 65 };

/* Jacobian: x = X/Z^2, y = Y/Z^3; Z = 0 is infinity. */
typedef struct point {
    fe x, y, z;
} point;

extern const point point_generator, point_infinity;

/* x and y themselves; infinity is not one. */
typedef struct point_affine {
    fe x, y;
} point_affine;

/* P, 3P, 5P, ..., 31P, for a few multiplications of P. 1 KiB. Public. */
enum { POINT_ODD = 16 };
typedef struct point_odd {
    point_affine multiple[POINT_ODD];
} point_odd;

/* What is known beforehand of a point that is multiplied often: table[s][j] = (2j + 1) * 2^(64s) * P. 4 KiB. Public. */
enum { POINT_PARTS = 4, POINT_PART_ENTRIES = 16 };
typedef struct point_prepared {
    point_affine table[POINT_PARTS][POINT_PART_ENTRIES];
} point_prepared;

/* One term of a sum of multiples. */
enum { POINT_TERMS = 4 };
typedef struct point_term {
    scalar k;
    point p;
} point_term;

static inline bool point_is_infinity(const point *p)
{
    return fe_is_zero(&p->z);
}

#ifndef CRYPTO_BACKEND
/* Checks prefix 04, both coordinates < p and the curve equation; ERR_POINT. Infinity has no encoding. */
MUST_CHECK err point_from_bytes(point *r, const uint8_t in[POINT_SIZE]);

/* ERR_POINT for infinity. */
MUST_CHECK err point_to_bytes(uint8_t out[POINT_SIZE], const point *p);

/* The same for n points with one inversion in all. scratch: n field elements of the caller's. */
MUST_CHECK err point_to_bytes_many(uint8_t (*out)[POINT_SIZE], const point *p, size_t n, fe *scratch);

bool point_equal_var(const point *a, const point *b);
void point_neg(point *r, const point *p);

/* Right for all inputs: doubling, opposite points and infinity included. Variable-time. */
void point_add_var(point *r, const point *a, const point *b);

/* 2P, constant-time, right for infinity too. */
void point_double(point *r, const point *p);

/* k*G and k*P, constant-time in k; k = 0 gives infinity. P is public, on the curve, and may be infinity. */
void point_mul_base(point *r, const scalar *k);
void point_mul(point *r, const scalar *k, const point *p);

/* j*P + k*Q, constant-time in j and k, P and Q public (one chain of doublings for both). */
void point_mul_two(point *r, const scalar *j, const point *p, const scalar *k, const point *q);

/* The odd multiples of n points, none of them infinity, with one inversion for each POINT_TERMS of them. Variable-time. */
void point_odd_var(point_odd *r, const point *p, size_t n);

/* point_mul_two from P's and Q's odd multiples. */
void point_odd_mul_two(point *r, const scalar *j, const point_odd *p, const scalar *k, const point_odd *q);

/* The sum of k[i]*P[i] from the odd multiples of n <= POINT_TERMS points. Variable-time. */
void point_odd_sum_var(point *r, const scalar *k, const point_odd *p, size_t n);

/* g*G + sum of k[i]*P[i], n <= POINT_TERMS. Variable-time: everything here is public. g may be NULL for none. */
void point_multi_var(point *r, const scalar *g, const point_term *terms, size_t n);

/* Prepares P, not infinity: takes about as long as two multiplications, and saves half of each that follows. Variable-time. */
void point_prepare_var(point_prepared *r, const point *p);

/* g*G + k*P. Variable-time. */
void point_prepared_var(point *r, const scalar *g, const scalar *k, const point_prepared *p);

/* True if x(p) mod n + e = r mod n, that is the last step of SM2 verification, without an inversion. Variable-time. */
bool point_x_plus_equals_var(const point *p, const scalar *e, const scalar *r);

/* x(p) mod n, as signing needs it; ERR_POINT for infinity. Constant-time. */
MUST_CHECK err point_x_scalar(scalar *x, const point *p);
#endif

#endif
