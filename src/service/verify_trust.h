/* Which root a signer's certificate leads to: this server's own, or one that is trusted for the signatures of others, whose revocation is said by the
 * lists that were handed in for it. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_VERIFY_TRUST_H
#define YIQIAN_SERVICE_VERIFY_TRUST_H

#include "pki/path.h"
#include "service/verify_matter.h"

/* At v->time_ms. Of others it is asked only where the chain does not lead to the own root; v->root is the one it leads to then. What *out borrows is in
 * the call's arena. */
MUST_CHECK err verify_trust_path(call *c, const verify_request *r, const subject_matter *m, verification *v,
                                 path_result *out);

/* Of a chain to v->root: the check of revocation, with what the lists say. */
MUST_CHECK err verify_trust_revocation(call *c, path_result *path, verification *v);

#endif
