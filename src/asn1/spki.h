/* SubjectPublicKeyInfo (RFC 5280 4.1.2.7) with id-ecPublicKey and the SM2 curve as its named curve (GM/T 0015, RFC 8998). */
#ifndef YIQIAN_ASN1_SPKI_H
#define YIQIAN_ASN1_SPKI_H

#include "asn1/der.h"

enum { SPKI_KEY_SIZE = 65, SPKI_SM2_SIZE = 91 };

typedef struct spki {
    bytes der;        /* the whole value */
    bytes algorithm;  /* content octets of its OID */
    bytes parameters; /* the whole value; empty where there is none */
    bytes key;        /* the octets of the BIT STRING: for SM2 the 65 bytes 04 || X || Y */
    bool
        is_sm2; /* id-ecPublicKey, the SM2 curve, an uncompressed point (whether it lies on the curve is not checked) */
} spki;

/* Writes SPKI_SM2_SIZE bytes. */
void spki_put(buffer *b, const uint8_t public_key[SPKI_KEY_SIZE]);

/* Takes the next value of the reader; keys of other algorithms are read too. Borrows. ERR_DER. */
MUST_CHECK err spki_read(der_reader *r, spki *out);

#endif
