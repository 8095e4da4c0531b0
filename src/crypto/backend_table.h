/* What a back end consists of. Each backend_NAME.c defines CRYPTO_BACKEND, which hides the declarations of the functions below,
 * includes its own field operations and then the .inc files, which define these functions as its own, and ends with its table.
 * crypto/fe.h, crypto/scalar.h and crypto/point.h say what each function does. */
#ifndef YIQIAN_CRYPTO_BACKEND_TABLE_H
#define YIQIAN_CRYPTO_BACKEND_TABLE_H

#include "crypto/point.h"

/* An odd modulus above 2^255, and its own inverse mod 2^62. */
typedef struct inverse_modulus {
    uint64_t m[4], inverse;
} inverse_modulus;

/* clang-format off */
#define BACKEND_FUNCTIONS(X) \
    X(void, inverse_mod, (uint64_t r[4], const uint64_t a[4], const inverse_modulus *m)) \
    X(err, fe_from_bytes, (fe *r, const uint8_t in[32])) \
    X(void, fe_to_bytes, (uint8_t out[32], const fe *a)) \
    X(void, fe_add, (fe *r, const fe *a, const fe *b)) \
    X(void, fe_sub, (fe *r, const fe *a, const fe *b)) \
    X(void, fe_neg, (fe *r, const fe *a)) \
    X(void, fe_half, (fe *r, const fe *a)) \
    X(void, fe_mul, (fe *r, const fe *a, const fe *b)) \
    X(void, fe_sqr, (fe *r, const fe *a)) \
    X(void, fe_inv, (fe *r, const fe *a)) \
    X(void, scalar_from_wide, (scalar *r, const uint8_t in[48])) \
    X(void, scalar_mul, (scalar *r, const scalar *a, const scalar *b)) \
    X(void, scalar_inv, (scalar *r, const scalar *a)) \
    X(err, point_from_bytes, (point *r, const uint8_t in[POINT_SIZE])) \
    X(err, point_to_bytes, (uint8_t out[POINT_SIZE], const point *p)) \
    X(err, point_to_bytes_many, (uint8_t (*out)[POINT_SIZE], const point *p, size_t n, fe *scratch)) \
    X(bool, point_equal_var, (const point *a, const point *b)) \
    X(void, point_neg, (point *r, const point *p)) \
    X(void, point_add_var, (point *r, const point *a, const point *b)) \
    X(void, point_double, (point *r, const point *p)) \
    X(void, point_mul_base, (point *r, const scalar *k)) \
    X(void, point_mul, (point *r, const scalar *k, const point *p)) \
    X(void, point_mul_two, (point *r, const scalar *j, const point *p, const scalar *k, const point *q)) \
    X(void, point_odd_var, (point_odd *r, const point *p, size_t n)) \
    X(void, point_odd_mul_two, (point *r, const scalar *j, const point_odd *p, const scalar *k, const point_odd *q)) \
    X(void, point_odd_sum_var, (point *r, const scalar *k, const point_odd *p, size_t n)) \
    X(void, point_multi_var, (point *r, const scalar *g, const point_term *terms, size_t n)) \
    X(void, point_prepare_var, (point_prepared *r, const point *p)) \
    X(void, point_prepared_var, (point *r, const scalar *g, const scalar *k, const point_prepared *p)) \
    X(bool, point_x_plus_equals_var, (const point *p, const scalar *e, const scalar *r)) \
    X(err, point_x_scalar, (scalar *x, const point *p))
/* clang-format on */

typedef struct backend {
    const char *name;
#define BACKEND_MEMBER(type, function, arguments) type(*function) arguments;
    BACKEND_FUNCTIONS(BACKEND_MEMBER)
#undef BACKEND_MEMBER
} backend;

#define BACKEND_VALUE(type, function, arguments) .function = function,
#define BACKEND_TABLE(backend_id)                                                                                      \
    {                                                                                                                  \
        .name = backend_id, BACKEND_FUNCTIONS(BACKEND_VALUE)                                                           \
    }

#ifdef __x86_64__
extern const backend backend_adx;
#endif
extern const backend backend_64, backend_32;

/* The back end in use. */
const backend *backend_used(void);

#endif
