/* Inverses modulo an odd number of 256 bits, in constant time: what fe_inv and scalar_inv stand on. */
#ifndef YIQIAN_CRYPTO_INVERSE_H
#define YIQIAN_CRYPTO_INVERSE_H

#include <stdint.h>

/* A number in five limbs of 62 bits, least significant first; the highest limb carries the sign. */
typedef struct signed62 {
    int64_t v[5];
} signed62;

/* An odd modulus above 2^255, and its own inverse mod 2^62. */
typedef struct inverse_modulus {
    signed62 m;
    uint64_t inverse;
} inverse_modulus;

/* r = a^-1 mod m for a < m prime to m, four limbs of 64 bits; 0 gives 0. */
void inverse_mod(uint64_t r[4], const uint64_t a[4], const inverse_modulus *m);

#endif
