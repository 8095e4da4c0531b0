/* The P-256 credential of a device: its key of its own, with which it opens sessions (docs/spec/device-api.md 2). By OpenSSL. */
#ifndef YIQIAN_PKI_P256_H
#define YIQIAN_PKI_P256_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum { P256_POINT = 65, P256_SIGNATURE = 64 };

/* ERR_POINT unless the 65 bytes 04 || X || Y are a point of the curve. */
MUST_CHECK err p256_check(const uint8_t public_key[P256_POINT]);

/* ECDSA with SHA-256 over the message; signature r || s. ERR_SIGNATURE, ERR_POINT, ERR_MEMORY. */
MUST_CHECK err p256_verify(const uint8_t public_key[P256_POINT], bytes message,
                           const uint8_t signature[P256_SIGNATURE]);

#endif
