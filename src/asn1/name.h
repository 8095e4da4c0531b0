/* Distinguished names: RDNSequence of RFC 5280 4.1.2.4, with the string types of GM/T 0015 (UTF8String; PrintableString for
 * countryName and serialNumber). Names are compared as bytes: a CA must encode an issuer exactly as in its own certificate (RFC 5280
 * 4.1.2.6). */
#ifndef YIQIAN_ASN1_NAME_H
#define YIQIAN_ASN1_NAME_H

#include "asn1/oid.h"

/* More RDNs than any name here has are ERR_DER. */
enum { NAME_RDN_MAX = 32, NAME_DER_MAX = 2048 };

typedef struct name_field {
    oid type;          /* OID_COUNTRY, OID_ORGANIZATION, OID_COMMON_NAME, OID_SERIAL_NUMBER ... */
    const char *value; /* UTF-8; NULL: the field is left out */
} name_field;

/* Writes a Name of one RDN a field, in the order given (by custom C, O, OU, CN, serialNumber). The lengths of RFC 5280 appendix A
 * hold: C 2 letters, CN, O, OU, serialNumber and title 64 characters, L and ST 128.
 * ERR_ARG (a type that is no attribute of names), ERR_RANGE (empty or too long), ERR_UTF8, ERR_ENCODING (not printable where it has
 * to be), ERR_LENGTH (no room). After an error what was appended is of no use. */
MUST_CHECK err name_build(buffer *out, const name_field *fields, size_t n);

/* Checks that the bytes are as a whole one Name. Values are not looked at, so names of others with a wrong string type pass. */
MUST_CHECK err name_check(bytes name);

/* Appends UTF-8 text as RFC 4514 writes it, most specific first ("serialNumber=D1001,CN=张三,O=...,C=CN"), no terminator. Types
 * without a name are dotted decimal; values that are no text are #hex; control characters are escaped, so the text is safe in a
 * log. An empty name gives no text. ERR_DER, ERR_LENGTH (no room). */
MUST_CHECK err name_text(buffer *out, bytes name);

/* Appends the UTF-8 value of the first attribute of this type in the order of encoding, as it is, without a terminator.
 * ERR_NOT_FOUND, ERR_DER (also a value that is no text), ERR_LENGTH. */
MUST_CHECK err name_value(buffer *out, bytes name, oid type);

#endif
