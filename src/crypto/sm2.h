/* SM2 (GB/T 32918-2016, GM/T 0003; identifiers by GM/T 0009-2012): digital signature and public-key encryption.
 * Signatures are 64 bytes r || s; their DER form is in asn1/ecsig.h. Digests e are 32 bytes, reduced only where r is formed. */
#ifndef YIQIAN_CRYPTO_SM2_H
#define YIQIAN_CRYPTO_SM2_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/entropy.h"
#include "crypto/point.h"

/* The ID of GM/T 0009-2012 section 10, used for every signature of this product. */
#define SM2_DEFAULT_ID "1234567812345678"

/* A whole private key (of the CA, never of a person), with what signing needs of it precomputed. Wiped by the owner. */
typedef struct sm2_private {
    scalar d, inverse; /* inverse = (1 + d)^-1 */
    uint8_t public_key[POINT_SIZE];
} sm2_private;

/* From 32 bytes in [1, n-2]; ERR_SCALAR. */
MUST_CHECK err sm2_private_from_bytes(sm2_private *key, const uint8_t d[32]);
MUST_CHECK err sm2_private_generate(sm2_private *key, const entropy *rng);
void sm2_private_wipe(sm2_private *key);

/* Z (GB/T 32918.2-2016 5.5) of an ID of at most 8191 bytes; ERR_LENGTH. P is taken as it is, unchecked. */
MUST_CHECK err sm2_z(uint8_t z[32], bytes id, const uint8_t public_key[POINT_SIZE]);

/* e = SM3(Z || M) under the default ID. */
void sm2_digest(uint8_t e[32], const uint8_t public_key[POINT_SIZE], bytes message);

/* GB/T 32918.2-2016 6.1. Constant-time in d and the nonce; the nonce is hedged with d and e. ERR_ENTROPY. */
MUST_CHECK err sm2_sign(uint8_t rs[64], const sm2_private *key, const uint8_t e[32], const entropy *rng);

/* 6.1 with a given k, for known-answer tests; ERR_SCALAR where this k must not be used (r = 0, r + k = n, s = 0). */
MUST_CHECK err sm2_sign_with_nonce(uint8_t rs[64], const sm2_private *key, const uint8_t e[32], const scalar *k);

/* 7.1. ERR_SIGNATURE for every signature that is not valid. p must be a point of the curve, not infinity. */
MUST_CHECK err sm2_verify(const point *p, const uint8_t e[32], const uint8_t rs[64]);

/* The same for a key that was prepared (point_prepare_var): in half the time. */
MUST_CHECK err sm2_verify_prepared(const point_prepared *p, const uint8_t e[32], const uint8_t rs[64]);

/* The same from the 65 bytes of a public key; ERR_POINT where they are no point. */
MUST_CHECK err sm2_verify_bytes(const uint8_t public_key[POINT_SIZE], const uint8_t e[32], const uint8_t rs[64]);

/* Public-key encryption, GB/T 32918.4-2016 6.1 and 7.1: C1 || C3 || C2, without DER (which is in
 * asn1/sm2_cipher.h), message_n + SM2_CIPHER_OVERHEAD bytes; message_n >= 1. Decryption is constant-time in d; every failure is ERR_DECRYPT, with out wiped. */
enum { SM2_CIPHER_OVERHEAD = 97 };
MUST_CHECK err sm2_encrypt(uint8_t *out, const uint8_t public_key[POINT_SIZE], bytes message, const entropy *rng);
MUST_CHECK err sm2_encrypt_with_nonce(uint8_t *out, const uint8_t public_key[POINT_SIZE], bytes message,
                                      const scalar *k);
MUST_CHECK err sm2_decrypt(uint8_t *out, const sm2_private *key, bytes cipher);

#endif
