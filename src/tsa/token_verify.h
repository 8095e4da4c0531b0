/* The verification of a timestamp token of ours or of another authority (RFC 3161 2.2 and 4, RFC 5816; GM/T 0033-2014), check by check. SM2 by our
 * own arithmetic and path validation, ECDSA and RSA by OpenSSL. A token that is not valid is an answer, not an error. */
#ifndef YIQIAN_TSA_TOKEN_VERIFY_H
#define YIQIAN_TSA_TOKEN_VERIFY_H

#include "pki/crl.h"
#include "tsa/token_read.h"

typedef enum tsa_check {
    TSA_CHECK_STRUCTURE,           /* it is a token, of algorithms that are known here */
    TSA_CHECK_IMPRINT,             /* it is about the document, or the digest, that was given */
    TSA_CHECK_NONCE,               /* it answers the request that was given */
    TSA_CHECK_POLICY,              /* it was issued under the policy that was asked for */
    TSA_CHECK_CONTENT_TYPE,        /* what was signed is a TSTInfo, and the signed attribute says so */
    TSA_CHECK_MESSAGE_DIGEST,      /* the signed attribute is the digest of this TSTInfo */
    TSA_CHECK_SIGNING_CERTIFICATE, /* the certificate is the one that the signed attributes name by its hash */
    TSA_CHECK_SIGNATURE,           /* by its key */
    TSA_CHECK_TSA_NAME,            /* the name that TSTInfo gives is one of the certificate's */
    TSA_CHECK_CHAIN,               /* it leads to a root that is trusted */
    TSA_CHECK_PERIOD,              /* every certificate of the chain was within its period at genTime */
    TSA_CHECK_EXTENDED_KEY_USAGE,  /* critical, and timeStamping alone (RFC 3161 2.3) */
    TSA_CHECK_KEY_USAGE,           /* signatures alone */
    TSA_CHECK_REVOCATION,          /* by lists of the issuers: by time and reason (RFC 3161 4) */
    TSA_CHECK_ACCURACY,            /* the error that it states is that of a clock */
    TSA_CHECK_TIME,                /* genTime is not in the future */
    TSA_CHECK_COUNT
} tsa_check;

typedef enum tsa_result { TSA_NOT_CHECKED, TSA_PASSED, TSA_FAILED } tsa_result;

/* Why: a stable code and a sentence in Chinese and English. Static storage. */
typedef struct tsa_reason {
    const char *code, *zh, *en;
} tsa_reason;

typedef struct tsa_finding {
    tsa_result result;
    const tsa_reason *reason;
} tsa_finding;

enum {
    TSA_CANDIDATES = 64, /* certificates looked at: the token's and those given; more are left out */
    TSA_ACCURACY_MAX_S = 3600,
    TSA_FUTURE_S = 60 /* what two clocks may be apart */
};

/* What it is verified against; zero: nothing given. */
typedef struct tsa_expected {
    bytes imprint; /* digest by hash; p NULL: none */
    tsa_hash hash;
    bytes nonce;               /* content octets; empty: none */
    bytes policy;              /* likewise */
    const bytes *certificates; /* further ones, DER: the signer's where the token has none, and those above it */
    size_t certificates_n;
    const bytes *roots; /* trusted as they are, DER; one that cannot be read is left out */
    size_t roots_n;
    const bytes *crls; /* likewise */
    size_t crls_n;
    /* Asked about the signer's certificate before any list: who issued it knows more. *knows: he did; entry->revoked_at_ms 0: it is not
     * revoked, else it is, for a reason that is given. NULL: nobody to ask. What it gives ends the verification, if not ERR_OK. */
    err (*issuer_knows)(void *context, const cert *signer, bool *knows, crl_entry *entry);
    /* Asked for more lists when the chain is known, with its root; likewise. */
    err (*more_crls)(void *context, const cert *root, const bytes **crls, size_t *n);
    void *context;
    int64_t now_us; /* of the judgement */
} tsa_expected;

typedef struct tsa_verification tsa_verification;
struct tsa_verification {
    bool
        valid; /* structure, content type, message digest, certificate, signature, chain, period, key usages and time passed, and nothing failed */
    tsa_finding findings[TSA_CHECK_COUNT];
    bool converted;    /* the token is BER, not DER: its structure was read by OpenSSL */
    const char *where; /* where the structure failed: the part, as RFC 3161 and RFC 5652 name it; static */
    bool has_token;
    tsa_token token; /* borrows from what was given, or from the arena */
    bool has_signer;
    cert signer, root; /* root: where the chain was found (has_root) */
    bool has_root;
    int64_t revoked_ms; /* of the certificate that a list has, whatever that comes to; 0: none */
    crl_reason revoked_reason;
    bool revoked_has_reason;
};

/* What lies outside the token is what the caller trusts. ERR_MEMORY. */
MUST_CHECK err tsa_verify(arena *a, bytes token, const tsa_expected *expected, tsa_verification *out);

/* "structure", "imprint" ... Static storage. */
const char *tsa_check_name(tsa_check check);

/* "passed", "failed", "not_checked". Static storage. */
const char *tsa_result_name(tsa_result result);

#endif
