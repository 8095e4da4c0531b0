/* The CRLs of the built-in CA: signed anew at each revocation and at half their life, kept in the table `crl`. */
#ifndef YIQIAN_SERVICE_CRL_H
#define YIQIAN_SERVICE_CRL_H

#include "service/service.h"

/* The current list of "issuing" or "root", DER. ERR_NOT_FOUND. */
MUST_CHECK err crl_current(call *c, const char *issuer, bytes *der);

/* What the current list of an issuer is. number 0: there is none yet. */
typedef struct crl_status {
    const char *issuer; /* "issuing", "root" */
    int64_t number, this_update_ms, next_update_ms;
    size_t entries, size; /* size: bytes */
} crl_status;

enum { CRL_ISSUERS = 2 };
MUST_CHECK err crl_statuses(call *c, crl_status out[CRL_ISSUERS]);

/* The issuing CA's list is made anew, the root's where it is due. ERR_SELF_TEST, ERR_BUSY. */
MUST_CHECK err crl_issue_now(call *c, crl_status out[CRL_ISSUERS]);

#endif
