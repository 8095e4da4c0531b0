/* Roots of other authorities, each trusted for what it was taken for alone: for verifying their timestamps, or signatures of people whom they certified; and
 * their revocation lists, as an administrator hands them in (the server asks nobody outside the hospital). */
#ifndef YIQIAN_SERVICE_TSA_ROOT_H
#define YIQIAN_SERVICE_TSA_ROOT_H

#include "pki/crl.h"
#include "service/service.h"

enum {
    TSA_ROOT_NAME_MAX = 64,
    TSA_ROOTS_MAX = 32,
    TSA_ROOT_LISTS_MAX = 8, /* of one root: its own, and of CAs below it */
    TSA_ROOT_CRL_MAX = 1 << 20
};

typedef enum tsa_root_purpose { TSA_ROOT_TIMESTAMPS = 1, TSA_ROOT_SIGNATURES = 2 } tsa_root_purpose;

typedef struct tsa_root {
    uint8_t id[16];
    const char *name, *subject; /* subject: as RFC 4514 has it */
    bytes certificate;          /* DER */
    int64_t not_before_ms, not_after_ms, created_ms;
    size_t lists_n;
    int64_t lists_updated_ms; /* 0: none */
    unsigned purposes;        /* of tsa_root_purpose */
} tsa_root;

/* A certificate of a CA, DER or PEM. ERR_FIELD_LENGTH (name), ERR_ENCODING, ERR_DER, ERR_POINT, ERR_FIELD_VALUE (no purpose; no CA's, or of this server's
 * own CA; for signatures one whose key is not SM2), ERR_EXISTS, ERR_LIMIT. */
MUST_CHECK err tsa_root_add(call *c, const char *name, unsigned purposes, bytes certificate, tsa_root *out);

/* ERR_NOT_FOUND. */
MUST_CHECK err tsa_root_get(call *c, const uint8_t id[16], tsa_root *out);
MUST_CHECK err tsa_root_list(call *c, const tsa_root **out, size_t *n);

/* Its timestamps and signatures are not trusted any more; its lists go with it. ERR_NOT_FOUND. */
MUST_CHECK err tsa_root_remove(call *c, const uint8_t id[16]);

/* A list of the root, or of a CA below it whose certificate comes with it: in `issuers` (DER, or PEM of several; empty: none) or in the list's own PEM text. It
 * takes the place of the last one of the same issuer's same key. ERR_NOT_FOUND, ERR_ENCODING, ERR_DER, and what service/tsa_root_list.h says of one that is refused;
 * ERR_CONFLICT (older than the one that is there), ERR_LIMIT. */
MUST_CHECK err tsa_root_set_crl(call *c, const uint8_t id[16], bytes crl, bytes issuers, tsa_root *out);

/* Those that are trusted for signatures, at most TSA_ROOTS_MAX. */
MUST_CHECK err tsa_root_signers(call *c, const tsa_root **out, size_t *n);

/* What is trusted for timestamps: the roots of this table that are for them, this server's root CA and the CAs of its timestamp units; and what may be missing in
 * a token: the certificates of its units (the newest ones) and the issuing CA's. DER, in the call's arena. */
typedef struct tsa_trust {
    bytes *roots, *certificates;
    size_t roots_n, certificates_n;
} tsa_trust;

MUST_CHECK err tsa_root_trust(call *c, tsa_trust *out);

/* What this server knows of a certificate of its own units: *knows, and when and why it was revoked (entry->revoked_at_ms 0: it was not). */
MUST_CHECK err tsa_root_own(call *c, bytes certificate, bool *knows, crl_entry *entry);

/* The lists of a root that is trusted and of the CAs below it, DER, in the call's arena. */
MUST_CHECK err tsa_root_crls(call *c, bytes root, const bytes **out, size_t *n);

#endif
