/* CertificationRequestInfo (PKCS#10, RFC 2986 4.1): what a device signs to ask for its certificate. Device and server each build
 * it from subject and key and must get the same bytes, so there is one form: version 0, the subject as given, the SM2 key, no
 * attributes. */
#ifndef YIQIAN_ASN1_CSR_INFO_H
#define YIQIAN_ASN1_CSR_INFO_H

#include "asn1/spki.h"

/* Room enough for a subject of n bytes. */
#define CSR_INFO_SIZE_MAX(n) ((n) + SPKI_SM2_SIZE + 16)

/* ERR_DER where the subject is no Name, ERR_LENGTH (no room). */
MUST_CHECK err csr_info_build(buffer *out, bytes subject_name_der, const uint8_t public_key[SPKI_KEY_SIZE]);

/* The inverse; attributes of a request that somebody else made are checked for their encoding and passed over. *subject borrows from
 * info. ERR_DER; ERR_UNSUPPORTED where the key is not an SM2 key. */
MUST_CHECK err csr_info_read(bytes info, bytes *subject, uint8_t public_key[SPKI_KEY_SIZE]);

#endif
