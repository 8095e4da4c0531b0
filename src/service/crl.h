/* The CRLs of the built-in CA: signed anew at each revocation and at half their life, kept in the table `crl`. */
#ifndef YIQIAN_SERVICE_CRL_H
#define YIQIAN_SERVICE_CRL_H

#include "service/service.h"

/* The current list of "issuing" or "root", DER. ERR_NOT_FOUND. */
MUST_CHECK err crl_current(call *c, const char *issuer, bytes *der);

#endif
