/* A timestamp token of any authority: SignedData around a TSTInfo with exactly one signer (RFC 3161 2.4.2, RFC 5816, RFC 5652; GM/T 0033-2014
 * 7.2 with the object identifiers of GM/T 0010). Read strictly and bounded; what it says is not believed here (tsa/token_verify.h). */
#ifndef YIQIAN_TSA_TOKEN_READ_H
#define YIQIAN_TSA_TOKEN_READ_H

#include "asn1/signed_attributes.h"
#include "base/arena.h"
#include "cms/signed_data.h"
#include "tsa/tst_info.h"

enum { TSA_READ_MAX = 1 << 18 /* octets of a token, or of a response around it */, TSA_READ_CERTIFICATES = 16 };

typedef enum tsa_signature_kind { TSA_BY_SM2, TSA_BY_ECDSA, TSA_BY_RSA, TSA_BY_RSA_PSS } tsa_signature_kind;

/* Slices borrow from the input. */
typedef struct tsa_token {
    cms_profile profile;
    bytes content_type; /* of what was signed; content octets */
    bytes content;      /* TSTInfo, DER: the message that messageDigest is of */
    tst_info info;
    bytes certificates[TSA_READ_CERTIFICATES];
    size_t certificates_n;
    bytes issuer, serial; /* who signed, by name and number; or, where issuer is empty, */
    bytes key_id;         /* by subjectKeyIdentifier */
    tsa_hash digest;
    bytes attributes;       /* what stands inside the SET */
    bytes attributes_whole; /* with tag [0] and length */
    signed_attributes signed_values;
    tsa_signature_kind signature_kind;
    size_t salt_n; /* of TSA_BY_RSA_PSS */
    bytes signature;
} tsa_token;

/* A ContentInfo, or a TimeStampResp that grants one (*token then borrows from it). where, if not ERR_OK: which part it was, static. ERR_DER;
 * ERR_LENGTH (more than TSA_READ_MAX octets); ERR_LIMIT (more certificates); ERR_UNSUPPORTED: a version, an algorithm, an extension that is
 * not known here, another number of signers than one; ERR_NOT_FOUND: a response that refuses. */
MUST_CHECK err tsa_token_read(tsa_token *out, bytes der, const char **where);

/* The same for a token that another authority wrote in BER, where it is not DER: OpenSSL takes it apart, and what it writes again in DER is read, in the
 * arena. *converted: that was needed. Of RFC 3161 alone: OpenSSL does not know the identifiers of GM/T 0010. ERR_MEMORY, and the above. */
MUST_CHECK err tsa_token_read_any(arena *a, tsa_token *out, bytes given, bool *converted, const char **where);

/* M of the signature: the attributes under the tag of the SET (RFC 5652 5.4), in the arena; NULL: it is full. */
const uint8_t *tsa_token_message(arena *a, const tsa_token *t);

#endif
