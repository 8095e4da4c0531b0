/* Certificates of others, checked link by link to the CA certificates that this side holds. */
#ifndef YIQIAN_SDK_CHAIN_H
#define YIQIAN_SDK_CHAIN_H

#include "pki/cert.h"
#include "stored_key.h"

/* The CA certificates: of the root (anchor) and between. As a stored_key has them in places 1 and 2; where there is no root, the issuing
 * CA's is the anchor. */
typedef struct chain_trust {
    bytes issuing, root;
} chain_trust;
chain_trust chain_of_key(const stored_key *key);

typedef enum chain_use { CHAIN_WORKSTATION, CHAIN_PERSON } chain_use;

/* How far this side's clock may be from the server's. */
enum { CHAIN_CLOCK_SECONDS = 300 };

/* Is the certificate valid at this time (seconds; by a clock that may be behind: a certificate just issued is valid), issued under the CA, and of this kind by its key usage (a workstation's has
 * digitalSignature only, a person's nonRepudiation too)? *out borrows from der. Revocation is the server's to look at. ERR_CHAIN, and for
 * what is no certificate ERR_DER, ERR_LENGTH, ERR_POINT. */
MUST_CHECK err chain_check(cert *out, bytes der, const chain_trust *trust, chain_use use, int64_t seconds);

/* The value of one attribute of the name, NUL-terminated; ERR_NOT_FOUND, ERR_DER, ERR_LENGTH, ERR_UTF8 (also what would steer a
 * display). */
MUST_CHECK err chain_name(char *out, size_t cap, bytes name, oid type);

#endif
