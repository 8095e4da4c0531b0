/* Whose a revocation list is that is handed in for a root of another CA. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_TSA_ROOT_LIST_H
#define YIQIAN_SERVICE_TSA_ROOT_LIST_H

#include "pki/crl.h"
#include "service/service.h"

/* The root's, or that of a CA whose certificate leads to it: one of `with` (DER, or PEM of several; empty: none), or of those in the list's own PEM text, `given`.
 * *issuer: whose, in the call's arena, or the root. The fault says why not: ERR_UNSUPPORTED (an extension that is critical), ERR_CHAIN (of another CA, or of one that
 * may sign no lists), ERR_SIGNATURE; ERR_DER, ERR_ENCODING (of the certificates). */
MUST_CHECK err tsa_root_list_check(call *c, const cert *root, const crl *list, bytes given, bytes with,
                                   const cert **issuer);

#endif
