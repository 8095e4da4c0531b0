/* TimeStampToken (RFC 3161 2.4.2 with RFC 5816, GM/T 0033-2014 7.2): a SignedData over TSTInfo, written from a statement and a timestamp unit
 * whose fixed parts were prepared. The same statement, unit and signature give the same octets: a token can be written again from the log.
 *
 *   TSTInfo ::= SEQUENCE { version INTEGER 1, policy, messageImprint, serialNumber, genTime, accuracy OPTIONAL, ordering DEFAULT FALSE,
 *                          nonce OPTIONAL, tsa [0] GeneralName }
 *
 * Signed attributes: contentType, signingTime, messageDigest, signingCertificateV2. Digests are SM3 in a unit of SM2, else SHA-256. A token by
 * GM/T 0033 differs in one object identifier: the ContentInfo's type is GM/T 0010's signedData (7.2: for SM2 the ContentInfo is that of GM/T 0010). */
#ifndef YIQIAN_TSA_TOKEN_H
#define YIQIAN_TSA_TOKEN_H

#include "cms/signed_data.h"
#include "crypto/signer.h"
#include "tsa/request.h"
#include "tsa/serial.h"

enum {
    TSA_SIGNATURE_MAX = SIGNER_OCTETS_MAX,
    TSA_TOKEN_MAX = 16384,
    TSA_POLICY_MAX = 64, /* octets */
    TSA_TIME_DIGITS_MAX = 6
};

/* What one token says. */
typedef struct tsa_statement {
    cms_profile profile; /* CMS_GM: of an SM2 unit alone */
    bytes policy;        /* content octets */
    tsa_hash hash;
    bytes imprint;
    bool bare_hash; /* as in the request (tsa_request): the imprint is said as it was asked for (RFC 3161 2.4.2) */
    uint8_t serial[TSA_SERIAL_SIZE];
    int64_t time_us;      /* the token says it in the unit's digits, cut off: never a time that is still to come */
    uint64_t accuracy_us; /* with what is cut off (tsa_time_cut_us); 0: not said */
    bytes nonce;          /* content octets; empty: none */
} tsa_statement;

/* How far a time cut to this many digits of a second may lie before the time itself: what a statement's accuracy includes. */
uint64_t tsa_time_cut_us(unsigned digits);

typedef struct tsa_issuer_options {
    signer *signer;     /* outlives the issuer; NULL: the issuer only writes what was signed before */
    bytes certificate;  /* of the unit, DER; its subject is the token's tsa */
    const bytes *chain; /* the certificates above it, DER, that a token brings along */
    size_t chain_n;
    bool ordering;
    unsigned time_digits; /* of a second: 0 to TSA_TIME_DIGITS_MAX */
} tsa_issuer_options;

/* A timestamp unit with the parts of its tokens that are always the same. Thread-safe, never changes. */
typedef struct tsa_issuer tsa_issuer;

/* Copies what it needs. ERR_UNSUPPORTED (a key other than SM2, P-256, RSA), ERR_ARG (the signer is not the certificate's), ERR_RANGE
 * (digits), ERR_LENGTH (with this name and these certificates a token could be longer than TSA_TOKEN_MAX), ERR_LIMIT (more certificates
 * than SIGNED_DATA_CERTIFICATES), ERR_MEMORY, and as cert_parse. Ownership: tsa_issuer_destroy; NULL is fine. */
MUST_CHECK err tsa_issuer_create(tsa_issuer **out, const tsa_issuer_options *options);
void tsa_issuer_destroy(tsa_issuer *issuer);

signer_algorithm tsa_issuer_algorithm(const tsa_issuer *issuer);

/* Signs and appends the token in one go; signature, *n: the octets of SignerInfo.signature, which the log keeps. certificates: the token
 * brings the unit's certificate and chain along. ERR_ARG (no signer; CMS_GM of another unit than one of SM2), ERR_LENGTH (an imprint that
 * does not fit its hash, a policy too long, no policy; no room: TSA_TOKEN_MAX is always enough), ERR_RANGE (a year outside 0 to 9999), and as
 * tsa_nonce_check and the signer. */
MUST_CHECK err tsa_token_issue(buffer *out, const tsa_issuer *issuer, const tsa_statement *statement, bool certificates,
                               uint8_t signature[TSA_SIGNATURE_MAX], size_t *n);

/* The token again, around the signature that the log kept, which is not verified. Errors as above. */
MUST_CHECK err tsa_token_write(buffer *out, const tsa_issuer *issuer, const tsa_statement *statement, bytes signature,
                               bool certificates);

#endif
