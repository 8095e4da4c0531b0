/* PKCS#10 certification requests (RFC 2986) signed by SM2-with-SM3 under the default ID. */
#ifndef YIQIAN_PKI_CSR_H
#define YIQIAN_PKI_CSR_H

#include "asn1/csr_info.h"
#include "crypto/sm2.h"

enum { CSR_DER_MAX = 8192 };

/* Room enough around an info of n bytes. */
#define CSR_SIZE_MAX(n) ((n) + 104)

/* Puts a CertificationRequestInfo and its signature r || s together. The signature is not verified here. ERR_DER where info is
 * not one SEQUENCE, ERR_SCALAR where r or s is 0, ERR_LENGTH (no room). */
MUST_CHECK err csr_assemble(buffer *out, bytes info, const uint8_t rs[64]);

/* Checks the encoding and the signature, by which the requester shows that it has the private key. *subject borrows from der.
 * ERR_DER, ERR_LENGTH (more than CSR_DER_MAX bytes), ERR_UNSUPPORTED (another algorithm), ERR_POINT, ERR_SIGNATURE. */
MUST_CHECK err csr_verify(bytes der, bytes *subject, uint8_t public_key[POINT_SIZE]);

#endif
