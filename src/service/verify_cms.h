/* The part of a verification that is about signed attributes and SignedData. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_VERIFY_CMS_H
#define YIQIAN_SERVICE_VERIFY_CMS_H

#include "service/verify_matter.h"

/* What is to be verified, from a SignedData. A wrong one is an error only where it cannot be read: ERR_DER, ERR_UNSUPPORTED, ERR_LIMIT,
 * ERR_FIELD_MISSING (no content to verify it on; no certificate). */
MUST_CHECK err verify_cms_matter(call *c, const verify_request *r, subject_matter *m, verification *v);

/* The same for the signature of a task of form cms, beyond what every task's has. ERR_CORRUPT. */
MUST_CHECK err verify_cms_task(call *c, const task *t, subject_matter *m, verification *v);

#endif
