/* SM2 signatures as DER: SEQUENCE { r INTEGER, s INTEGER } (GM/T 0009-2012 7.3), to and from the 64 bytes r || s. */
#ifndef YIQIAN_ASN1_ECSIG_H
#define YIQIAN_ASN1_ECSIG_H

#include "base/bytes.h"
#include "base/err.h"

enum { ECSIG_SIZE = 64, ECSIG_DER_MAX = 72 };

/* *n bytes of out are used. ERR_SCALAR where r or s is 0. */
MUST_CHECK err ecsig_to_der(uint8_t out[ECSIG_DER_MAX], size_t *n, const uint8_t rs[ECSIG_SIZE]);

/* Strict: one SEQUENCE of two minimal, positive INTEGERs of at most 256 bits and nothing after it; ERR_DER. That r and s are
 * below n is checked where the signature is verified. */
MUST_CHECK err ecsig_from_der(uint8_t rs[ECSIG_SIZE], bytes der);

#endif
