/* The certificates above a timestamp's signer: of SM2 by pki/path, of P-256, P-384, RSA by OpenSSL; and what lists of the issuers say of them. */
#ifndef YIQIAN_TSA_TOKEN_CHAIN_H
#define YIQIAN_TSA_TOKEN_CHAIN_H

#include "base/arena.h"
#include "pki/path.h"

typedef enum tsa_chain_state {
    TSA_CHAIN_UNTRUSTED, /* leads to none of the roots */
    TSA_CHAIN_BROKEN, /* leads to one by names, but a signature, a constraint, an algorithm or an extension is wrong */
    TSA_CHAIN_TRUSTED
} tsa_chain_state;

typedef struct tsa_chain {
    tsa_chain_state state;
    bool early, late; /* one of the certificates was not valid yet, or not any more */
    cert certs
        [PATH_CERTS_MAX]; /* leaf first, root last; where it is not trusted, only the leaf. They borrow from what was given, or from the arena */
    size_t n;
} tsa_chain;

/* at_ms: the time the periods are judged by. Keys and signatures below 112 bits of security are broken. ERR_MEMORY. */
MUST_CHECK err tsa_chain_find(arena *a, const cert *leaf, const cert *others, size_t others_n, const cert *roots,
                              size_t roots_n, int64_t at_ms, tsa_chain *out);

typedef struct tsa_revocation {
    bool
        known; /* of each certificate but the root there is a list of its issuer that is signed and speaks of the time */
    bool revoked;    /* one is, and so that the timestamp does not stand */
    bool listed;     /* one is on a list, whatever that comes to */
    crl_entry entry; /* which */
    bool said;       /* with a reason */
} tsa_revocation;

/* Is it the list of this CA, as crl_verify looks at it; of P-256, P-384 and RSA the signature by OpenSSL. */
bool tsa_chain_is_list_of(const crl *list, const cert *issuer);

/* What one entry comes to at the time, beside what is in *out already; said: with a reason. */
void tsa_revocation_add(tsa_revocation *out, const crl_entry *entry, bool said, int64_t at_ms);

/* A revocation counts by RFC 3161 4: for a reason that leaves the key sound (unspecified, affiliationChanged, superseded,
 * cessationOfOperation, and said so) what was made before it stands; for any other reason, and for none that is said, nothing does.
 * ERR_MEMORY. */
MUST_CHECK err tsa_chain_revocation(arena *a, const tsa_chain *chain, const bytes *lists, size_t lists_n, int64_t at_ms,
                                    int64_t now_ms, tsa_revocation *out);

#endif
