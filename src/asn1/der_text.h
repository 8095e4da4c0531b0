/* DER as text for people, and the check that a value is strict DER all the way down. */
#ifndef YIQIAN_ASN1_DER_TEXT_H
#define YIQIAN_ASN1_DER_TEXT_H

#include "asn1/der.h"

/* Appends one value, without a terminator: `SEQUENCE { UTF8String "心内科", INTEGER 5, [0] { NULL } }`. Octets are hex, integers of more than
 * eight octets 0x and hex; control characters within text are escaped. ERR_DER: not one value, or something in it is not strict DER (the
 * octets of primitive context tags are anybody's), or deeper than DER_DEPTH_MAX; ERR_LENGTH: no room. */
MUST_CHECK err der_text(buffer *out, bytes der);

/* The check alone. ERR_DER. */
MUST_CHECK err der_check(bytes der);

#endif
