/* TimeStampReq (RFC 3161 2.4.1, GM/T 0033-2014 7.1): read strictly, with the failInfo a client is told where it is refused; and written, for
 * who asks.
 *
 *   TimeStampReq ::= SEQUENCE { version INTEGER 1, messageImprint SEQUENCE { hashAlgorithm, hashedMessage OCTET STRING },
 *                               reqPolicy OBJECT IDENTIFIER OPTIONAL, nonce INTEGER OPTIONAL, certReq BOOLEAN DEFAULT FALSE,
 *                               extensions [0] OPTIONAL } */
#ifndef YIQIAN_TSA_REQUEST_H
#define YIQIAN_TSA_REQUEST_H

#include "asn1/oid.h"

/* The hashes an imprint may be made with. MD5 and SHA-1 are badAlg, as is what is unknown. */
typedef enum tsa_hash { TSA_SM3, TSA_SHA256, TSA_SHA384, TSA_SHA512, TSA_HASH_COUNT } tsa_hash;

size_t tsa_hash_size(tsa_hash hash);
oid tsa_hash_oid(tsa_hash hash);

/* "sm3", "sha256", "sha384", "sha512". Static storage. */
const char *tsa_hash_name(tsa_hash hash);

/* ERR_UNSUPPORTED: none of these. */
MUST_CHECK err tsa_hash_from_name(tsa_hash *out, const char *name);
MUST_CHECK err tsa_hash_from_oid(tsa_hash *out, bytes octets);

/* PKIFailureInfo (RFC 3161 2.4.2): the value is the number of the bit. */
typedef enum tsa_failure {
    TSA_BAD_ALG = 0,
    TSA_BAD_REQUEST = 2,
    TSA_BAD_DATA_FORMAT = 5,
    TSA_TIME_NOT_AVAILABLE = 14,
    TSA_UNACCEPTED_POLICY = 15,
    TSA_UNACCEPTED_EXTENSION = 16,
    TSA_ADD_INFO_NOT_AVAILABLE = 17,
    TSA_SYSTEM_FAILURE = 25
} tsa_failure;

/* "badAlg", "badRequest" ... as RFC 3161 has them; NULL for a bit that it does not have. Static storage. */
const char *tsa_failure_name(unsigned bit);

enum { TSA_REQUEST_MAX = 4096, TSA_NONCE_MAX = 32 /* octets */, TSA_IMPRINT_MAX = 64 };

/* What a request or a token may carry as its nonce: nothing, or the content octets of an INTEGER in DER. ERR_LENGTH (more than TSA_NONCE_MAX),
 * ERR_DER (not minimal: octets that somebody made up are no INTEGER yet). */
MUST_CHECK err tsa_nonce_check(bytes content);

/* Slices borrow. */
typedef struct tsa_request {
    tsa_hash hash;
    bytes imprint; /* tsa_hash_size(hash) octets */
    bytes policy;  /* content octets; empty: none is asked for */
    bytes nonce;   /* content octets of the INTEGER, of either sign, at most TSA_NONCE_MAX; empty: none */
    bool certificates;
    bool
        bare_hash; /* the hash's AlgorithmIdentifier has no parameters; else NULL, as most write it (RFC 5754 2 allows both) */
} tsa_request;

/* Whatever is read is written again by tsa_request_write to the same octets. *why is set after every error: TSA_BAD_DATA_FORMAT with
 * ERR_DER (no DER of a TimeStampReq, something after it) or ERR_LENGTH (an imprint that does not fit its hash); TSA_BAD_REQUEST with
 * ERR_PROTOCOL (another version than 1) or ERR_LENGTH (more than TSA_REQUEST_MAX octets, a nonce longer than TSA_NONCE_MAX); TSA_BAD_ALG or
 * TSA_UNACCEPTED_EXTENSION (any extension) with ERR_UNSUPPORTED. */
MUST_CHECK err tsa_request_read(tsa_request *out, bytes der, tsa_failure *why);

/* Appends the request. ERR_LENGTH (an imprint that does not fit its hash, no room), and as tsa_nonce_check. */
MUST_CHECK err tsa_request_write(buffer *out, const tsa_request *request);

/* MessageImprint, as requests and tokens share it. */
void tsa_put_imprint(buffer *out, tsa_hash hash, bytes imprint, bool bare_hash);

#endif
