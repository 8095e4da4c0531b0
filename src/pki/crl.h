/* Certificate revocation lists, version 2 (RFC 5280 section 5, GM/T 0015-2012 5.3), signed by SM2-with-SM3 under the default ID.
 * Complete lists only: a delta or an indirect list has critical extensions that are not understood here, and is not used. */
#ifndef YIQIAN_PKI_CRL_H
#define YIQIAN_PKI_CRL_H

#include "pki/cert.h"

enum { CRL_DER_MAX = 64 * 1024 * 1024 };

/* CRLReason (RFC 5280 5.3.1). */
typedef enum crl_reason {
    CRL_UNSPECIFIED = 0, /* not written (RFC 5280 5.3.1) */
    CRL_KEY_COMPROMISE = 1,
    CRL_CA_COMPROMISE = 2,
    CRL_AFFILIATION_CHANGED = 3,
    CRL_SUPERSEDED = 4,
    CRL_CESSATION_OF_OPERATION = 5,
    CRL_CERTIFICATE_HOLD = 6,
    CRL_REMOVE_FROM_CRL = 8, /* in delta lists only: crl_issue refuses it */
    CRL_PRIVILEGE_WITHDRAWN = 9,
    CRL_AA_COMPROMISE = 10
} crl_reason;

typedef struct crl_entry {
    bytes serial; /* big-endian magnitude, at most 20 octets */
    int64_t revoked_at_ms;
    crl_reason reason;
} crl_entry;

typedef struct crl_template {
    bytes issuer;           /* Name, DER */
    bytes authority_key_id; /* the issuer's subjectKeyIdentifier; empty: computed from the signer's key */
    uint64_t number;        /* cRLNumber: larger in every list */
    int64_t this_update_ms, next_update_ms;
    const crl_entry *entries; /* any order, written as given; no serial twice */
    size_t entries_n;
} crl_template;

/* Room enough for the list of t (about 50 bytes an entry). */
size_t crl_size_max(const crl_template *t);

/* Appends the list, signed by ca. ERR_RANGE (a serial, a reason, next_update not after this_update, a year after 9999), ERR_DER (the
 * issuer), ERR_LENGTH (no room), and what the signer gives. */
MUST_CHECK err crl_issue(buffer *out, const crl_template *t, signer *ca);

/* A list that was read. All slices borrow from der, which must live as long. */
typedef struct crl {
    bytes der, tbs, issuer;
    bytes aki;    /* key identifier; empty where there is none */
    bytes number; /* big-endian magnitude; empty where there is none */
    int64_t this_update_ms;
    int64_t next_update_ms; /* INT64_MAX where there is none */
    bytes entries;          /* what stands inside revokedCertificates, for crl_find */
    size_t entries_n;
    bool unknown_critical; /* of the list or of an entry: the list must not be relied on */
    bytes critical;        /* which: the first one's OBJECT IDENTIFIER, its content */
    bool signed_by_sm2;
    uint8_t signature[64];
} crl;

/* Strict; every entry is looked at. ERR_DER, ERR_LENGTH (more than CRL_DER_MAX bytes). */
MUST_CHECK err crl_parse(crl *out, bytes der);

/* The entry of this serial (big-endian magnitude); entry->serial borrows. ERR_NOT_FOUND: not revoked. */
MUST_CHECK err crl_find(const crl *list, bytes serial, crl_entry *entry);

/* The same, and whether the list gives a reason: where it gives none, entry->reason is CRL_UNSPECIFIED too. */
MUST_CHECK err crl_find_said(const crl *list, bytes serial, crl_entry *entry, bool *said);

/* Is it the list of this CA: its name, its key identifier where both tell one, its keyUsage, its signature? ERR_CHAIN (name, key
 * identifier or keyUsage), ERR_UNSUPPORTED (not an SM2 signature or key, or unknown critical extensions), ERR_SIGNATURE. */
MUST_CHECK err crl_verify(const crl *list, const cert *issuer);

#endif
