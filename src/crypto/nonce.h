/* Hedged nonces: from fresh bytes together with the secret they protect and what they are used for, so that a weak or cloned
 * generator alone does not repeat one (the idea of RFC 6979 3.6 and draft-irtf-cfrg-det-sigs-with-noise). Constant-time in the
 * fresh bytes and the secret. */
#ifndef YIQIAN_CRYPTO_NONCE_H
#define YIQIAN_CRYPTO_NONCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/entropy.h"
#include "crypto/scalar.h"

enum { NONCE_FRESH = 32 };

/* S = fresh (32) || secret (32) || u8(len label) || label || u32be(len x1) || x1 || ..., at most 255 bytes of label;
 * nonce = (SM3(S || 0x01) || first 16 bytes of SM3(S || 0x02)) mod (n-1) + 1. */
void nonce_hedged(scalar *nonce, const uint8_t fresh[NONCE_FRESH], const scalar *secret, const char *label,
                  const bytes *parts, size_t n);

/* The same with bytes of rng's. ERR_ENTROPY. */
MUST_CHECK err nonce_draw(scalar *nonce, const entropy *rng, const scalar *secret, const char *label,
                          const bytes *parts, size_t n);

#endif
