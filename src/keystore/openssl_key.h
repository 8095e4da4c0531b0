/* Signing keys of P-256 and RSA, by OpenSSL: PKCS#8 at rest (sealed), behind crypto/signer.h in use. Randomness is
 * OpenSSL's own: its RSA blinding and ECDSA take no other. */
#ifndef YIQIAN_KEYSTORE_OPENSSL_KEY_H
#define YIQIAN_KEYSTORE_OPENSSL_KEY_H

#include "keystore/keystore.h"

enum { OPENSSL_KEY_MAX = 2560 /* PKCS#8, DER */, OPENSSL_KEY_RSA_BITS = 3072 };

/* A fresh key as PKCS#8; the caller wipes it. ERR_ARG (SIGNER_SM2), ERR_INTERNAL (OpenSSL). */
MUST_CHECK err openssl_key_generate(signer_algorithm algorithm, uint8_t pkcs8[OPENSSL_KEY_MAX], size_t *n);

/* ERR_DER (no such key), ERR_UNSUPPORTED (neither P-256 nor RSA of 2048 to 4096 bits), ERR_MEMORY. Ownership: signer_destroy. */
MUST_CHECK err openssl_key_signer(signer **out, bytes pkcs8);

/* The same of a key that keystore_seal sealed. ERR_DECRYPT, ERR_DER, ERR_UNSUPPORTED, ERR_MEMORY. */
MUST_CHECK err openssl_key_unseal(signer **out, const keystore *ks, bytes context, bytes sealed);

#endif
