/* SM2 cipher texts as DER (GM/T 0009-2012 7.2), to and from the bytes C1 || C3 || C2 of crypto/sm2.h:
 * SM2Cipher ::= SEQUENCE { XCoordinate INTEGER, YCoordinate INTEGER, HASH OCTET STRING (32), CipherText OCTET STRING }. */
#ifndef YIQIAN_ASN1_SM2_CIPHER_H
#define YIQIAN_ASN1_SM2_CIPHER_H

#include "base/bytes.h"
#include "base/err.h"

/* Of a message of n bytes, C1 || C3 || C2 has n + SM2_CIPHER_FIXED bytes, its DER at most n + SM2_CIPHER_DER_FIXED. */
enum {
    SM2_CIPHER_POINT = 65,
    SM2_CIPHER_FIXED = SM2_CIPHER_POINT + 32,
    SM2_CIPHER_DER_FIXED = 6 + 35 + 35 + 34 + 6,
    SM2_CIPHER_TEXT_MAX = 1 << 30 /* bytes of a message */
};

/* Appends to out. ERR_LENGTH (no message, too long, or no room), ERR_POINT where C1 does not begin with 04. */
MUST_CHECK err sm2_cipher_to_der(buffer *out, bytes cipher);

/* Appends to out. Strict: one SEQUENCE of two minimal INTEGERs from 0 to 2^256 - 1, 32 bytes, at least one byte, and nothing after
 * it; ERR_DER. ERR_LENGTH where there is no room. That C1 is a point is checked where it is decrypted. */
MUST_CHECK err sm2_cipher_from_der(buffer *out, bytes der);

#endif
