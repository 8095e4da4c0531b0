/* Leave to re-key: what a key signs so that another one comes in its place. A DER SEQUENCE, which a raw document may not be as a whole, whose
 * first element is a text: it cannot be taken for a CertificationRequestInfo, for signed attributes, for a digest or for any document. */
#ifndef YIQIAN_ASN1_REKEY_INFO_H
#define YIQIAN_ASN1_REKEY_INFO_H

#include "asn1/spki.h"

enum { REKEY_INFO_SIZE = 121 };

/* SEQUENCE { UTF8String "yiqian/rekey/1", OCTET STRING renewal, OCTET STRING key_id, OCTET STRING P' }. P': the new key. ERR_LENGTH (no
 * room). */
MUST_CHECK err rekey_info_build(buffer *out, const uint8_t renewal_id[16], const uint8_t key_id[16],
                                const uint8_t new_key[SPKI_KEY_SIZE]);

#endif
