/* Certification path validation (RFC 5280 section 6) for SM2 certificates, link by link, with an answer for each check. Not
 * done: policies and name constraints. A critical certificate policy or name constraint is a critical extension not understood, and
 * fails. */
#ifndef YIQIAN_PKI_PATH_H
#define YIQIAN_PKI_PATH_H

#include "pki/crl.h"

enum { PATH_CERTS_MAX = 8 }; /* leaf and anchor included */

typedef enum path_check {
    PATH_CHAIN,              /* by names and key identifiers it leads to an anchor */
    PATH_ALGORITHM,          /* keys and signatures are SM2-with-SM3 */
    PATH_SIGNATURE,          /* each is signed by the next; the anchor is trusted as it is */
    PATH_NOT_BEFORE,         /* the period has begun at the time asked for; the anchor's too */
    PATH_NOT_AFTER,          /* and has not ended */
    PATH_BASIC_CONSTRAINTS,  /* each issuer is a CA */
    PATH_LENGTH,             /* within each issuer's path length */
    PATH_KEY_USAGE,          /* each issuer that has keyUsage has keyCertSign */
    PATH_CRITICAL_EXTENSION, /* no critical extension that is not understood */
    PATH_CRL,                /* for each but the anchor there is a list of its issuer that is signed and current */
    PATH_REVOCATION,         /* none was revoked at the time asked for */
    PATH_CHECK_COUNT
} path_check;

typedef enum path_state { PATH_NOT_CHECKED, PATH_PASSED, PATH_FAILED } path_state;

typedef struct path_finding {
    path_state state;
    size_t index; /* PATH_FAILED: in path_result.chain, the first certificate (0 is the leaf) that fails */
} path_finding;

typedef struct path_result {
    const cert
        *chain[PATH_CERTS_MAX]; /* leaf first, anchor last; where PATH_CHAIN failed, as far as it went. Borrowed */
    size_t chain_n;
    path_finding finding[PATH_CHECK_COUNT];
    crl_entry revoked; /* where PATH_REVOCATION failed. Borrows from the list */
} path_result;

/* "chain", "signature", "not_after" ...: stable names for an answer. Static storage. */
const char *path_check_name(path_check check);

/* True if no check failed and at least the chain was checked. */
bool path_passed(const path_result *r);

/* Finds and checks a path from leaf to one of the m anchors at the time at_ms (Unix milliseconds). Where several lead there, the
 * first that passes is taken. ERR_OK: every check but the two of revocation passed. ERR_CHAIN: *out says what failed (of the
 * first path that led to an anchor, else of the longest). */
MUST_CHECK err path_validate(const cert *leaf, const cert *intermediates, size_t n, const cert *anchors, size_t m,
                             int64_t at_ms, path_result *out);

/* Adds the two checks of revocation to a result of path_validate. A list is current if it was issued by now_ms and its nextUpdate
 * is not before at_ms: to judge an old signature, later lists serve too. Of several of one issuer, one that says "revoked" is
 * enough; a certificate that was on hold needs the newest alone. ERR_OK, or ERR_CHAIN where path_passed is false: no list of an
 * issuer, none that is current, a signature of one that is wrong; or revoked at or before at_ms. */
MUST_CHECK err path_check_revocation(path_result *io, const crl *lists, size_t n, int64_t at_ms, int64_t now_ms);

#endif
