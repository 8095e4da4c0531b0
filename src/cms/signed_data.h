/* SignedData with one SM2 signature: a signed message by GM/T 0010-2012 (the same structure as GB/T 35275-2017) or RFC 5652, which differ in
 * the object identifiers of content types. Written in DER; read strictly: BER, as some still write it, is refused.
 *
 *   ContentInfo ::= SEQUENCE { contentType, [0] SignedData }
 *   SignedData ::= SEQUENCE { version, SET OF digestAlgorithm, SEQUENCE { contentType, [0] OCTET STRING OPTIONAL },
 *                             [0] certificates OPTIONAL, [1] crls OPTIONAL, SET OF SignerInfo }
 *   SignerInfo ::= SEQUENCE { version, SEQUENCE { issuer, serialNumber }, digestAlgorithm, [0] SET OF Attribute OPTIONAL,
 *                             signatureAlgorithm, OCTET STRING SM2Signature, [1] SET OF Attribute OPTIONAL } */
#ifndef YIQIAN_CMS_SIGNED_DATA_H
#define YIQIAN_CMS_SIGNED_DATA_H

#include "asn1/signed_attributes.h"
#include "base/arena.h"
#include "pki/cert.h"

enum { SIGNED_DATA_CERTIFICATES = 8 /* more are not read */ };

typedef enum cms_profile { CMS_GM /* GM/T 0010 */, CMS_RFC /* RFC 5652 */ } cms_profile;

/* What to write. */
typedef struct signed_data_parts {
    cms_profile profile;
    bytes content; /* p NULL: detached */
    bytes
        attributes; /* SET OF Attribute, whole, first byte 31, whose contentType is the profile's; empty: the content itself was signed */
    const uint8_t *rs;   /* 64 bytes */
    const cert *signer;  /* of the signature; it is written among the certificates */
    const bytes *others; /* further certificates, DER */
    size_t others_n;
    bytes
        timestamp; /* a TimeStampToken over the signature, whole, as an unsigned attribute (RFC 3161 Appendix A); empty: none */
} signed_data_parts;

/* Appends the ContentInfo. The signature is not verified here. ERR_LENGTH (no room), ERR_SCALAR (r or s is 0), ERR_DER (attributes that are
 * no SET, a timestamp that is no SEQUENCE), ERR_LIMIT (certificates). */
MUST_CHECK err signed_data_write(buffer *out, const signed_data_parts *parts);

/* Room enough for the parts. */
size_t signed_data_size_max(const signed_data_parts *parts);

/* What was read; slices borrow from the input. */
typedef struct signed_data {
    cms_profile profile;
    bytes content_type; /* content octets of the OID of what was signed */
    bool attached;
    bytes content; /* where attached */
    bytes certificates[SIGNED_DATA_CERTIFICATES];
    size_t certificates_n;
    bytes issuer, serial;   /* of the signer's certificate; the serial without leading zero */
    bytes attributes;       /* what stands inside the SET; p NULL: there are none */
    bytes attributes_whole; /* with tag [0] and length */
    bytes signature;        /* the octets that a timestamp is about */
    uint8_t rs[64];
    bytes unsigned_attributes; /* what stands inside the SET, not looked at; empty: there are none */
} signed_data;

/* ERR_DER; ERR_UNSUPPORTED: another content type than SignedData, not exactly one signer, a signer named by key identifier, another digest
 * than SM3, another signature than SM2, a certificate that is no X.509 certificate; ERR_LIMIT: too many certificates. */
MUST_CHECK err signed_data_read(signed_data *out, bytes der);

/* The signer's certificate among those that came along, by issuer and serial number. ERR_NOT_FOUND; ERR_DER, ERR_POINT as cert_parse. */
MUST_CHECK err signed_data_signer(const signed_data *s, cert *out);

/* The first TimeStampToken among the unsigned attributes, whole. Nothing says that it is about this signature, or by whom: who asks verifies
 * it. ERR_NOT_FOUND, ERR_DER. */
MUST_CHECK err signed_data_timestamp(const signed_data *s, bytes *token);

/* M of the signature: the attributes as a SET (RFC 5652 5.4: under the tag of the SET, not [0]), in the arena; the content where there are
 * none. ERR_MEMORY. */
MUST_CHECK err signed_data_message(arena *a, const signed_data *s, bytes content, bytes *message);

#endif
