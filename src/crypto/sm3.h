/* SM3 (GB/T 32905-2016), HMAC-SM3 (GB/T 15852.2), PBKDF2-HMAC-SM3 (RFC 8018 5.2, GM/T 0091) and the key derivation function
 * of SM2 (GB/T 32918.4-2016 5.4.3). Outputs are the caller's; inputs may be secret: nothing here branches on their value. */
#ifndef YIQIAN_CRYPTO_SM3_H
#define YIQIAN_CRYPTO_SM3_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { SM3_SIZE = 32, SM3_BLOCK = 64 };

typedef struct sm3_ctx {
    uint32_t state[8];
    uint64_t total; /* bytes taken so far */
    uint8_t block[SM3_BLOCK];
} sm3_ctx;

void sm3_init(sm3_ctx *ctx);
void sm3_update(sm3_ctx *ctx, const void *p, size_t n);
/* Gives the digest and wipes ctx. */
void sm3_final(sm3_ctx *ctx, uint8_t out[SM3_SIZE]);

/* In one call; out may overlap p. */
void sm3(uint8_t out[SM3_SIZE], const void *p, size_t n);

typedef struct hmac_sm3_ctx {
    sm3_ctx inner, outer;
} hmac_sm3_ctx;

void hmac_sm3_init(hmac_sm3_ctx *ctx, const void *key, size_t key_n);
void hmac_sm3_update(hmac_sm3_ctx *ctx, const void *p, size_t n);
void hmac_sm3_final(hmac_sm3_ctx *ctx, uint8_t out[SM3_SIZE]);
void hmac_sm3(uint8_t out[SM3_SIZE], const void *key, size_t key_n, const void *p, size_t n);

/* iterations >= 1; out_n < 2^32 - 1 blocks of 32 bytes. */
void pbkdf2_hmac_sm3(uint8_t *out, size_t out_n, const void *password, size_t password_n, const void *salt,
                     size_t salt_n, uint32_t iterations);

/* KDF(z, out_n bytes) = SM3(z || u32be(1)) || SM3(z || u32be(2)) || ... */
void sm3_kdf(uint8_t *out, size_t out_n, const void *z, size_t z_n);

#endif
