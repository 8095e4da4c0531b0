/* Hash_DRBG with SM3: NIST SP 800-90A rev. 1, 10.1.1, with the hash function that GM/T 0105-2021 names. The algorithm alone,
 * for known-answer tests and for drbg.h, which seeds it and is what callers use. A state is secret; its owner wipes it. */
#ifndef YIQIAN_CRYPTO_HASH_DRBG_H
#define YIQIAN_CRYPTO_HASH_DRBG_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    HASH_DRBG_SEEDLEN = 55,          /* 440 bits: SP 800-90A table 2, of a hash function of 256 bits */
    HASH_DRBG_ENTROPY = 32,          /* the security strength, 256 bits: the least an entropy input has */
    HASH_DRBG_NONCE = 16,            /* half of it, 8.6.7 */
    HASH_DRBG_REQUEST_MAX = 1 << 16, /* bytes of one generate: 2^19 bits, table 2 */
};

typedef struct hash_drbg {
    uint8_t v[HASH_DRBG_SEEDLEN], c[HASH_DRBG_SEEDLEN];
    uint64_t reseed_counter; /* 1 + generates since the last seed; the owner reseeds in time */
} hash_drbg;

/* 10.1.1.2. input, the entropy, has at least HASH_DRBG_ENTROPY bytes, nonce HASH_DRBG_NONCE; personalization may be empty. */
void hash_drbg_instantiate(hash_drbg *s, bytes input, bytes nonce, bytes personalization);

/* 10.1.1.3. additional may be empty. */
void hash_drbg_reseed(hash_drbg *s, bytes input, bytes additional);

/* 10.1.1.4 without additional input; n <= HASH_DRBG_REQUEST_MAX. Afterwards the state does not give these bytes again. */
void hash_drbg_generate(hash_drbg *s, uint8_t *out, size_t n);

#endif
