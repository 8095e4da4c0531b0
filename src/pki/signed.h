/* What certificates, requests and CRLs have in common (RFC 5280 4.1.1): SEQUENCE { to be signed, AlgorithmIdentifier, BIT STRING },
 * with SM2-with-SM3 under the default ID. */
#ifndef YIQIAN_PKI_SIGNED_H
#define YIQIAN_PKI_SIGNED_H

#include "asn1/der.h"
#include "crypto/signer.h"

/* The algorithm and signature around a tbs take at most this. */
enum { SIGNED_OVERHEAD = 104 };

typedef struct signed_value {
    bytes tbs;       /* the whole value that is signed */
    bytes algorithm; /* the whole AlgorithmIdentifier */
    bool sm2;        /* it is SM2-with-SM3, and signature is filled */
    uint8_t signature[64];
} signed_value;

/* Strict; borrows. ERR_DER, also for an SM2 signature that is not DER. */
MUST_CHECK err signed_read(signed_value *out, bytes der);

/* ERR_SIGNATURE, ERR_POINT. */
MUST_CHECK err signed_verify(bytes tbs, const uint8_t signature[64], const uint8_t public_key[POINT_SIZE]);

/* SM2-with-SM3, without parameters (GM/T 0015-2012, RFC 8998 3.2.1, as OpenSSL and BouncyCastle write it too). */
void signed_put_algorithm(buffer *b);

/* The same of any signer; ECDSA has no parameters, RSA's are NULL (RFC 5758 3.2, RFC 4055 5). */
void signed_put_algorithm_of(buffer *b, signer_algorithm algorithm);

/* Algorithm and signature after the tbs; ERR_SCALAR where r or s is 0. */
MUST_CHECK err signed_put_signature(buffer *b, const uint8_t rs[64]);

/* The tbs has been written from position tbs to the end of the buffer: signs it and appends algorithm and signature. ERR_LENGTH where
 * something did not fit, and what the signer gives. */
MUST_CHECK err signed_finish(buffer *b, size_t tbs, signer *ca);

#endif
