/* The object identifiers this product knows, as DER content octets with their names. OIDs under 1.2.156.10197: GB/T 33560-2017. */
#ifndef YIQIAN_ASN1_OID_H
#define YIQIAN_ASN1_OID_H

#include "asn1/der.h"

/* clang-format off */
#define OID_LIST(X) \
    /* algorithms */ \
    X(OID_EC_PUBLIC_KEY,           "id-ecPublicKey",          "\x2a\x86\x48\xce\x3d\x02\x01")             /* 1.2.840.10045.2.1 */ \
    X(OID_SM2_CURVE,               "SM2",                     "\x2a\x81\x1c\xcf\x55\x01\x82\x2d")         /* 1.2.156.10197.1.301 */ \
    X(OID_SM2_SIGN,                "SM2-sign",                "\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x01")     /* 1.2.156.10197.1.301.1 */ \
    X(OID_SM3,                     "SM3",                     "\x2a\x81\x1c\xcf\x55\x01\x83\x11")         /* 1.2.156.10197.1.401 */ \
    X(OID_SM2_WITH_SM3,            "SM2-with-SM3",            "\x2a\x81\x1c\xcf\x55\x01\x83\x75")         /* 1.2.156.10197.1.501 */ \
    X(OID_SHA256,                  "SHA-256",                 "\x60\x86\x48\x01\x65\x03\x04\x02\x01") /* 2.16.840.1.101.3.4.2.1 */ \
    X(OID_SHA384,                  "SHA-384",                 "\x60\x86\x48\x01\x65\x03\x04\x02\x02") \
    X(OID_SHA512,                  "SHA-512",                 "\x60\x86\x48\x01\x65\x03\x04\x02\x03") \
    X(OID_P256_CURVE,              "P-256",                   "\x2a\x86\x48\xce\x3d\x03\x01\x07")         /* 1.2.840.10045.3.1.7 */ \
    X(OID_ECDSA_WITH_SHA256,       "ecdsa-with-SHA256",       "\x2a\x86\x48\xce\x3d\x04\x03\x02")         /* 1.2.840.10045.4.3.2 */ \
    X(OID_ECDSA_WITH_SHA384,       "ecdsa-with-SHA384",       "\x2a\x86\x48\xce\x3d\x04\x03\x03") \
    X(OID_ECDSA_WITH_SHA512,       "ecdsa-with-SHA512",       "\x2a\x86\x48\xce\x3d\x04\x03\x04") \
    X(OID_RSA,                     "rsaEncryption",           "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")     /* 1.2.840.113549.1.1.1 */ \
    X(OID_SHA256_WITH_RSA,         "sha256WithRSAEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")     /* 1.2.840.113549.1.1.11 */ \
    X(OID_SHA384_WITH_RSA,         "sha384WithRSAEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c") \
    X(OID_SHA512_WITH_RSA,         "sha512WithRSAEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d") \
    X(OID_RSA_PSS,                 "id-RSASSA-PSS",           "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")     /* 1.2.840.113549.1.1.10 */ \
    X(OID_MGF1,                    "id-mgf1",                 "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")     /* 1.2.840.113549.1.1.8 */ \
    X(OID_SM4,                     "SM4",                     "\x2a\x81\x1c\xcf\x55\x01\x68")             /* 1.2.156.10197.1.104 */ \
    /* encrypted private keys (RFC 8018) */ \
    X(OID_PBES2,                   "PBES2",                   "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")     /* 1.2.840.113549.1.5.13 */ \
    X(OID_PBKDF2,                  "PBKDF2",                  "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")     /* 1.2.840.113549.1.5.12 */ \
    X(OID_HMAC_SHA256,             "hmacWithSHA256",          "\x2a\x86\x48\x86\xf7\x0d\x02\x09")         /* 1.2.840.113549.2.9 */ \
    X(OID_AES256_CBC,              "aes256-CBC",              "\x60\x86\x48\x01\x65\x03\x04\x01\x2a") /* 2.16.840.1.101.3.4.1.42 */ \
    /* attributes of names; the names are the short ones of RFC 4514 where it has one */ \
    X(OID_COMMON_NAME,             "CN",                      "\x55\x04\x03") \
    X(OID_SURNAME,                 "surname",                 "\x55\x04\x04") \
    X(OID_SERIAL_NUMBER,           "serialNumber",            "\x55\x04\x05") \
    X(OID_COUNTRY,                 "C",                       "\x55\x04\x06") \
    X(OID_LOCALITY,                "L",                       "\x55\x04\x07") \
    X(OID_STATE,                   "ST",                      "\x55\x04\x08") \
    X(OID_ORGANIZATION,            "O",                       "\x55\x04\x0a") \
    X(OID_ORGANIZATIONAL_UNIT,     "OU",                      "\x55\x04\x0b") \
    X(OID_TITLE,                   "title",                   "\x55\x04\x0c") \
    X(OID_GIVEN_NAME,              "givenName",               "\x55\x04\x2a") \
    X(OID_USER_ID,                 "UID",                     "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01") /* 0.9.2342.19200300.100.1.1 */ \
    X(OID_DOMAIN_COMPONENT,        "DC",                      "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19") /* 0.9.2342.19200300.100.1.25 */ \
    X(OID_EMAIL_ADDRESS,           "emailAddress",            "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01")     /* 1.2.840.113549.1.9.1 */ \
    /* extensions of certificates and CRLs (RFC 5280 4.2 and 5.2) */ \
    X(OID_SUBJECT_KEY_ID,          "subjectKeyIdentifier",    "\x55\x1d\x0e") \
    X(OID_KEY_USAGE,               "keyUsage",                "\x55\x1d\x0f") \
    X(OID_SUBJECT_ALT_NAME,        "subjectAltName",          "\x55\x1d\x11") \
    X(OID_BASIC_CONSTRAINTS,       "basicConstraints",        "\x55\x1d\x13") \
    X(OID_CRL_NUMBER,              "cRLNumber",               "\x55\x1d\x14") \
    X(OID_CRL_REASON,              "reasonCode",              "\x55\x1d\x15") \
    X(OID_INVALIDITY_DATE,         "invalidityDate",          "\x55\x1d\x18") \
    X(OID_CRL_DISTRIBUTION_POINTS, "cRLDistributionPoints",   "\x55\x1d\x1f") \
    X(OID_CERTIFICATE_POLICIES,    "certificatePolicies",     "\x55\x1d\x20") \
    X(OID_AUTHORITY_KEY_ID,        "authorityKeyIdentifier",  "\x55\x1d\x23") \
    X(OID_EXTENDED_KEY_USAGE,      "extKeyUsage",             "\x55\x1d\x25") \
    X(OID_AUTHORITY_INFO_ACCESS,   "authorityInfoAccess",     "\x2b\x06\x01\x05\x05\x07\x01\x01")         /* 1.3.6.1.5.5.7.1.1 */ \
    X(OID_CA_ISSUERS,              "caIssuers",               "\x2b\x06\x01\x05\x05\x07\x30\x02")         /* 1.3.6.1.5.5.7.48.2 */ \
    /* extensions of GB/T 20518, 1.2.156.10260.4.1.x */ \
    X(OID_GB_IDENTITY,             "identityCode",            "\x2a\x81\x1c\xd0\x14\x04\x01\x01") \
    X(OID_GB_SOCIAL_INSURANCE,     "insuranceNumber",         "\x2a\x81\x1c\xd0\x14\x04\x01\x02") \
    X(OID_GB_IC_REGISTRATION,      "iCRegistrationNumber",    "\x2a\x81\x1c\xd0\x14\x04\x01\x03") \
    X(OID_GB_ORGANIZATION,         "organizationCode",        "\x2a\x81\x1c\xd0\x14\x04\x01\x04") \
    X(OID_GB_TAXATION,             "taxationNumber",          "\x2a\x81\x1c\xd0\x14\x04\x01\x05") \
    /* signed messages: GM/T 0010-2012 (1.2.156.10197.6.1.4.2.x) and RFC 5652 (1.2.840.113549.1.7.x) */ \
    X(OID_GM_DATA,                 "sm2Data",                 "\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x01") \
    X(OID_GM_SIGNED_DATA,          "sm2SignedData",           "\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02") \
    X(OID_CMS_DATA,                "id-data",                 "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01") \
    X(OID_CMS_SIGNED_DATA,         "id-signedData",           "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02") \
    /* signed attributes (RFC 5652 11, RFC 5035 3); the last is ours: 2.25.130877822842793157558253621931297144976 */ \
    X(OID_CONTENT_TYPE,            "contentType",             "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03") \
    X(OID_MESSAGE_DIGEST,          "messageDigest",           "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04") \
    X(OID_SIGNING_TIME,            "signingTime",             "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05") \
    X(OID_SIGNING_CERTIFICATE_V2,  "signingCertificateV2",    "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f") \
    X(OID_AUTHORISATION,           "yiqianAuthorisation",     "\x69\x81\xc4\xf6\x93\xb7\x9a\x96\xa2\xa0\xd7\xbd\xd0\xc0\xf6\xc2\xfa\xbc\x81\x10") \
    /* timestamps (RFC 3161, RFC 5816) */ \
    X(OID_TST_INFO,                "id-ct-TSTInfo",           "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04") \
    X(OID_SIGNING_CERTIFICATE,     "signingCertificate",      "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c") \
    X(OID_TIME_STAMP_TOKEN,        "timeStampToken",          "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e") \
    X(OID_TIME_STAMPING,           "timeStamping",            "\x2b\x06\x01\x05\x05\x07\x03\x08") \
    /* purposes of certificates (RFC 5280 4.2.1.12, RFC 9336) */ \
    X(OID_SERVER_AUTH,             "serverAuth",              "\x2b\x06\x01\x05\x05\x07\x03\x01") \
    X(OID_CLIENT_AUTH,             "clientAuth",              "\x2b\x06\x01\x05\x05\x07\x03\x02") \
    X(OID_CODE_SIGNING,            "codeSigning",             "\x2b\x06\x01\x05\x05\x07\x03\x03") \
    X(OID_EMAIL_PROTECTION,        "emailProtection",         "\x2b\x06\x01\x05\x05\x07\x03\x04") \
    X(OID_OCSP_SIGNING,            "OCSPSigning",             "\x2b\x06\x01\x05\x05\x07\x03\x09") \
    X(OID_DOCUMENT_SIGNING,        "documentSigning",         "\x2b\x06\x01\x05\x05\x07\x03\x24") \
    /* timestamp policies: ours, below 2.25.92789953449470946607310693012765490645: with a watched clock .1, demonstration .2; tokens by
     * RFC 3161 .1, by GM/T 0033 .2 */ \
    X(OID_POLICY_RFC,              "timestamp",               "\x69\x81\x8b\xce\xd8\xfa\xd8\xee\xe2\xb4\x8f\xae\x93\xae\xd0\xb7\x9b\xc4\xfb\x55\x01\x01") \
    X(OID_POLICY_GM,               "timestampGM",             "\x69\x81\x8b\xce\xd8\xfa\xd8\xee\xe2\xb4\x8f\xae\x93\xae\xd0\xb7\x9b\xc4\xfb\x55\x01\x02") \
    X(OID_POLICY_DEMONSTRATION_RFC, "timestampDemonstration", "\x69\x81\x8b\xce\xd8\xfa\xd8\xee\xe2\xb4\x8f\xae\x93\xae\xd0\xb7\x9b\xc4\xfb\x55\x02\x01") \
    X(OID_POLICY_DEMONSTRATION_GM, "timestampDemonstrationGM", "\x69\x81\x8b\xce\xd8\xfa\xd8\xee\xe2\xb4\x8f\xae\x93\xae\xd0\xb7\x9b\xc4\xfb\x55\x02\x02")
/* clang-format on */

typedef enum oid {
    OID_UNKNOWN,
#define OID_ENUM(id, name, octets) id,
    OID_LIST(OID_ENUM)
#undef OID_ENUM
        OID_COUNT
} oid;

/* Content octets; empty for OID_UNKNOWN. Static storage. */
bytes oid_octets(oid id);

/* OID_UNKNOWN where it is none of the above. */
oid oid_from_octets(bytes content);

/* "CN", "SM2-with-SM3" ...; "unknown" for OID_UNKNOWN. Static storage. */
const char *oid_name(oid id);

/* Writes the whole OBJECT IDENTIFIER. id is not OID_UNKNOWN. */
void oid_put(buffer *b, oid id);

/* Dotted decimal, without a terminator, of content octets as der_oid gives them. ERR_DER (also an arc of more than 64 octets or so), ERR_LENGTH (no
 * room). */
MUST_CHECK err oid_to_text(buffer *out, bytes content);

/* Content octets from dotted decimal, at most 64 octets; arcs of any size. ERR_ENCODING, ERR_LENGTH. */
MUST_CHECK err oid_from_text(buffer *out, bytes text);

#endif
