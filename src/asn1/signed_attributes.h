/* The signed attributes of a SignedData (RFC 5652 5.3 and 11, GM/T 0010-2012; docs/spec/two-party-sm2.md, Digests): the message M of form
 * `cms`, which device and server each build for themselves, and reading those of anybody. */
#ifndef YIQIAN_ASN1_SIGNED_ATTRIBUTES_H
#define YIQIAN_ASN1_SIGNED_ATTRIBUTES_H

#include "asn1/oid.h"

enum { SIGNED_ATTRIBUTES_BUILT_MAX = 320 /* bytes */, SIGNED_ATTRIBUTES_MAX = 32 /* attributes that are read */ };

typedef struct signed_attributes_values {
    oid content_type;                /* OID_GM_DATA or OID_CMS_DATA */
    const uint8_t *digest;           /* 32 bytes: SM3 of the content */
    int64_t signing_time_ms;         /* parts of a second are dropped */
    const uint8_t *certificate_hash; /* 32 bytes: SM3 of the signer's certificate, DER */
    const uint8_t *authorisation_id; /* 16 bytes; NULL: not under an authorisation */
} signed_attributes_values;

/* Appends a SET OF Attribute in DER, whose first byte is 31: the same bytes for the same values. ERR_RANGE (a year outside 0 to 9999),
 * ERR_LENGTH (no room; SIGNED_ATTRIBUTES_BUILT_MAX is always enough). */
MUST_CHECK err signed_attributes_build(buffer *out, const signed_attributes_values *values);

/* Attribute { type, SET OF value }, around one value that is written between the two calls. */
typedef struct signed_attribute_opened {
    size_t sequence, set;
} signed_attribute_opened;
signed_attribute_opened signed_attribute_open(buffer *b, oid type);
void signed_attribute_close(buffer *b, signed_attribute_opened at);

/* SigningCertificateV2 { certs { ESSCertIDv2 { hashAlgorithm DEFAULT SHA-256, certHash } } } (RFC 5035 3 and 4, RFC 5816 2.2.1): of the certificate with
 * this hash, 32 bytes. */
void signed_attributes_put_certificate(buffer *b, oid algorithm, const uint8_t hash[32]);

/* What was read; slices borrow. */
typedef struct signed_attributes {
    bytes content_type;   /* content octets of the OID */
    bytes message_digest; /* of whatever length */
    bool has_signing_time;
    int64_t signing_time_ms;
    bool has_certificate;        /* signingCertificateV2: its first ESSCertIDv2 */
    bytes certificate_algorithm; /* content octets of the hash's OID; empty: the DEFAULT, SHA-256 */
    bytes certificate_hash;
    bytes certificate_sha1; /* signingCertificate, of its first ESSCertID (RFC 2634 5.4); empty where there is none */
    bytes authorisation_id; /* 16 bytes; empty where there is none */
} signed_attributes;

/* content: what stands inside the SET, in any order. Attributes of other types are passed over. ERR_DER, also where contentType or
 * messageDigest is missing, a type comes twice, one of the above has not exactly one value, or there are more than
 * SIGNED_ATTRIBUTES_MAX. */
MUST_CHECK err signed_attributes_read(signed_attributes *out, bytes content);

#endif
