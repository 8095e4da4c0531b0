/* What an operator logs in with: a certificate that the hospital's issuing CA made for a key of his (clientAuth, for nothing else), or one of another CA, on a USB
 * key, which is bound to him as it is. */
#ifndef YIQIAN_SERVICE_OPERATOR_CERTIFICATE_H
#define YIQIAN_SERVICE_OPERATOR_CERTIFICATE_H

#include "crypto/sm3.h"
#include "pki/cert.h"
#include "pki/crl.h"
#include "service/certificate.h"
#include "service/operator.h"

enum { OPERATOR_CERTIFICATES = 10 /* of one operator, not revoked */ };

typedef struct operator_certificate {
    uint8_t id[16], operator_id[16];
    bool issued;       /* by the hospital's CA; else bound */
    const char *state; /* "active", "expired", "revoked" */
    const char *subject;
    bytes serial, der;
    uint8_t fingerprint[SM3_SIZE]; /* SM3 of the DER */
    int64_t not_before_ms, not_after_ms, revoked_ms, created_ms;
    revocation_reason reason;
} operator_certificate;

/* Issued for the key of a CSR (PKCS#10, DER), with his name and staff number, whatever the CSR names. ERR_OPERATOR_NOT_FOUND, ERR_CONFLICT (suspended), ERR_LIMIT, and
 * csr_verify's; ERR_EXISTS: the key is a person's or another operator's already. */
MUST_CHECK err operator_certificate_issue(call *c, const uint8_t operator_id[16], bytes csr, operator_certificate *out);

/* Bound: an SM2 certificate in its period, that is not of the hospital's own CA. ERR_EXISTS (bound to somebody), ERR_UNSUPPORTED (not SM2), ERR_CERTIFICATE_EXPIRED,
 * ERR_FIELD_VALUE (a CA's, or the hospital's), ERR_DER ... */
MUST_CHECK err operator_certificate_bind(call *c, const uint8_t operator_id[16], bytes der, operator_certificate *out);

/* All of him, newest first. ERR_OPERATOR_NOT_FOUND. */
MUST_CHECK err operator_certificate_list(call *c, const uint8_t operator_id[16], const operator_certificate **out,
                                         size_t *n);

/* Issued ones go on the list; bound ones are his no more. Sessions that were begun with it end. ERR_NOT_FOUND, ERR_CERTIFICATE_REVOKED, ERR_FIELD_VALUE (reason). */
MUST_CHECK err operator_certificate_revoke(call *c, const uint8_t operator_id[16], const uint8_t id[16],
                                           revocation_reason reason);

/* Nothing outside src/service uses what follows. */

/* Whose it is, if it is good now: in the database and not revoked, in its period; of the hospital's CA also signed by it. ERR_UNAUTHENTICATED. */
MUST_CHECK err operator_certificate_check(call *c, bytes der, cert *parsed, uint8_t operator_id[16]);

/* Adds to the unit: one for the key of a CSR, of an operator that the unit makes. */
MUST_CHECK err operator_certificate_add(call *c, store_unit *unit, const uint8_t operator_id[16], const char *staff_no,
                                        const char *name, bytes csr, bytes *der);

/* Adds to the unit: all that are left of him are revoked. */
void operator_certificate_revoke_all(store_unit *unit, const uint8_t operator_id[16], int64_t now_ms);

/* For service/crl.c: what stands on the list of the issuing CA, and how many ever did. */
MUST_CHECK err operator_certificate_listed(const service *s, arena *a, int64_t *n);
MUST_CHECK err operator_certificate_entries(const service *s, arena *a, int64_t not_after_ms, size_t most,
                                            crl_entry *entries, size_t *n);

#endif
