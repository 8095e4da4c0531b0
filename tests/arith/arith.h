/* What the arithmetic tests share: numbers at the edges, OpenSSL's numbers beside ours, the back ends in turn. */
#ifndef YIQIAN_TESTS_ARITH_H
#define YIQIAN_TESTS_ARITH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/bn.h>

/* The back ends that run here, best first. */
extern const char *backends[];
extern size_t backend_count;
void use_backend(size_t i);

/* The reproducible stream (splitmix64) everything is drawn from. */
uint64_t draw(void);
static inline uint64_t draw_below(uint64_t n)
{
    return draw() % n;
}
void draw_bytes(uint8_t *out, size_t n);

/* p or n, as limbs (least significant first) and as OpenSSL's number. */
typedef struct modulus {
    uint64_t v[4];
    BIGNUM *bn, *r, *r_inverse; /* m, 2^256 mod m, 2^-256 mod m */
} modulus;
extern modulus field, order;
extern BN_CTX *ctx;

/* Any 256 bits, mostly at an edge: 0, m, m/2, powers of two, 2^256, each with a small difference; sparse numbers, runs of
 * ones, limbs of extreme values. */
void draw_any(uint64_t v[4], const modulus *m);
/* The same below m. */
void draw_number(uint64_t v[4], const modulus *m);

void bn_of_limbs(BIGNUM *r, const uint64_t v[4]);
/* r below 2^256. */
void limbs_of_bn(uint64_t v[4], const BIGNUM *r);

/* The limbs as 32 bytes big-endian. */
void bytes_of_limbs(uint8_t out[32], const uint64_t v[4]);

/* Ends the program with the operands and both results where a result is not the expected one. */
typedef struct trial {
    const char *operation;
    uint64_t a[4], b[4];
} trial;
void check_limbs(const trial *t, const uint64_t ours[4], const BIGNUM *theirs);
void check_same(const trial *t, const void *first, const void *other, size_t n);
void check_true(const trial *t, bool holds);
#define NEED(call) need(call, #call)
void need(bool done, const char *what);

void field_trials(uint64_t count);
void scalar_trials(uint64_t count);
/* Every edge scalar first, then count random ones. */
void point_trials(uint64_t count);

#endif
