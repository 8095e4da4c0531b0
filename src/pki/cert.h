/* X.509 certificates: issued by the profile of GB/T 20518-2018 and GM/T 0015-2012 (version 3, SM2-with-SM3 under the default ID), and
 * read strictly. Reading takes certificates with keys and signatures of other algorithms too; only SM2 ones are verified here. */
#ifndef YIQIAN_PKI_CERT_H
#define YIQIAN_PKI_CERT_H

#include "asn1/name.h"
#include "crypto/signer.h"
#include "pki/extension.h"

enum {
    CERT_SERIAL_MAX = 20, /* RFC 5280 4.1.2.2 */
    CERT_SERIAL_SIZE = 16,
    CERT_KEY_ID_SIZE = 20,
    CERT_DER_MAX = 65536 /* larger ones are not read */
};

/* keyUsage (RFC 5280 4.2.1.3): bit i is the named bit i. */
enum {
    CERT_DIGITAL_SIGNATURE = 1 << 0,
    CERT_NON_REPUDIATION = 1 << 1,
    CERT_KEY_ENCIPHERMENT = 1 << 2,
    CERT_DATA_ENCIPHERMENT = 1 << 3,
    CERT_KEY_AGREEMENT = 1 << 4,
    CERT_KEY_CERT_SIGN = 1 << 5,
    CERT_CRL_SIGN = 1 << 6,
    CERT_ENCIPHER_ONLY = 1 << 7,
    CERT_DECIPHER_ONLY = 1 << 8
};

/* What a certificate is for. Each is a row of the table in cert_issue.c: basicConstraints, path length, keyUsage. */
typedef enum cert_profile {
    CERT_ROOT,        /* CA, no path limit, keyCertSign and cRLSign */
    CERT_ISSUING,     /* CA, path length 0, keyCertSign and cRLSign */
    CERT_PERSON,      /* digitalSignature and nonRepudiation */
    CERT_WORKSTATION, /* digitalSignature: it signs for no person */
    CERT_STATEMENT,   /* digitalSignature: what the server itself states, such as the time */
    CERT_TIMESTAMP    /* digitalSignature; critical extKeyUsage, timeStamping alone (RFC 3161 2.3) */
} cert_profile;

/* What stands in the place of a row's keyUsage and extKeyUsage: a person's certificate by a profile (pki/profile.h). */
typedef struct cert_usage {
    uint16_t key_usage;
    bool key_usage_critical;
    const bytes *purposes; /* extKeyUsage: content octets of OIDs; n 0: none */
    size_t purposes_n;
    bool purposes_critical;
} cert_usage;

typedef struct cert_template {
    uint8_t serial[CERT_SERIAL_MAX]; /* big-endian; positive */
    size_t serial_n;
    bytes issuer, subject;     /* Names, DER */
    const uint8_t *public_key; /* 65 bytes */
    bytes spki;                /* SubjectPublicKeyInfo of a key of another algorithm (signer.spki); empty: public_key */
    int64_t not_before_ms, not_after_ms;
    cert_profile profile;
    const cert_usage *usage;     /* NULL: as the profile's row has it; only where that is no CA's */
    bytes authority_key_id;      /* the issuer's subjectKeyIdentifier; empty: computed from the signer's key */
    const char *crl_url;         /* NULL: no cRLDistributionPoints */
    const char *ca_issuers_url;  /* NULL: no authorityInfoAccess */
    const extension *extensions; /* further ones, written last in this order */
    size_t extensions_n;
} cert_template;

/* A random serial number of full length: its first octet is 1 to 7F, so its hex is always 32 digits. ERR_ENTROPY. */
MUST_CHECK err cert_serial_generate(uint8_t serial[CERT_SERIAL_SIZE], const entropy *rng);

/* The key identifier used in subjectKeyIdentifier: the leftmost 160 bits of SM3 over the 65 bytes of the key (RFC 7093
 * section 2 method 1, with SM3 for SHA-256). */
void cert_key_id(uint8_t out[CERT_KEY_ID_SIZE], const uint8_t public_key[POINT_SIZE]);

/* The same of a key of another algorithm: over the octets of its BIT STRING. ERR_DER. */
MUST_CHECK err cert_spki_key_id(uint8_t out[CERT_KEY_ID_SIZE], bytes spki);

/* Room enough for the certificate of t: of an SM2 key, signed with SM2, or of another key, however it is signed. */
size_t cert_size_max(const cert_template *t);

/* Appends the certificate, signed by ca, of whatever algorithm. Not checked: that the issuer's certificate allows it, that the subject has the key.
 * ERR_RANGE (serial 0, too long or negative; not_after before not_before; a year after 9999), ERR_POINT (the key), ERR_DER (a name
 * or key that is none, an extension's type or value), ERR_EXISTS (an extension twice), ERR_ENCODING (a URL that is not ASCII),
 * ERR_LIMIT (too many extensions), ERR_LENGTH (no room), and what the signer gives. */
MUST_CHECK err cert_issue(buffer *out, const cert_template *t, signer *ca);

/* Appends the TBSCertificate that cert_issue would have signed. Nothing is signed: of what this gives no certificate comes. */
MUST_CHECK err cert_issue_tbs(buffer *out, const cert_template *t, const signer *ca);

/* A certificate that was read. All slices borrow from der, which must live as long. */
typedef struct cert {
    bytes der, tbs;
    bytes serial; /* big-endian magnitude */
    bytes issuer, subject;
    bytes spki;
    bool is_sm2;                    /* the subject's key is an SM2 key, on the curve, and in public_key */
    uint8_t public_key[POINT_SIZE]; /* zero where it is not */
    int64_t not_before_ms, not_after_ms;
    bool signed_by_sm2; /* the signature is SM2-with-SM3 and in signature, as r || s */
    uint8_t signature[64];
    bool ca;            /* basicConstraints */
    int path_len;       /* -1: no limit */
    bool has_key_usage; /* else key_usage is 0 */
    uint16_t key_usage;
    bytes ski, aki;                /* key identifiers; empty where there is none */
    bytes crl_url, ca_issuers_url; /* the first http or https URI; empty where there is none. ASCII */
    bytes extensions;              /* what stands inside SEQUENCE OF Extension, for cert_find_extension */
    bool unknown_critical;         /* has a critical extension that is not understood: path_validate refuses it */
} cert;

/* Strict and bounded. ERR_DER (also two extensions of one type, a serial that is not positive or has more than 20 octets, inner
 * and outer algorithm not the same), ERR_LENGTH (more than CERT_DER_MAX bytes), ERR_POINT (an SM2 key off the curve). */
MUST_CHECK err cert_parse(cert *out, bytes der);

/* The same of a TBSCertificate by itself, which nobody signed: der is empty, and the signature is nobody's. */
MUST_CHECK err cert_parse_tbs(cert *out, bytes tbs);

/* The extension of this type (content octets of the OID); borrows. ERR_NOT_FOUND. */
MUST_CHECK err cert_find_extension(const cert *c, bytes type, extension *out);

/* Is it signed with this key? ERR_SIGNATURE, ERR_UNSUPPORTED (not an SM2 signature), ERR_POINT. */
MUST_CHECK err cert_verify_signature(const cert *c, const uint8_t issuer_key[POINT_SIZE]);

#endif
