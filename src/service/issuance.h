/* What follows a signed certificate request or leave to re-key: the certificate, and the end of those that it supersedes. Nothing outside
 * src/service includes this. */
#ifndef YIQIAN_SERVICE_ISSUANCE_H
#define YIQIAN_SERVICE_ISSUANCE_H

#include "service/sign.h"
#include "service/signing_key.h"

/* Completes what the key has signed, whose signature on e is verified; again it gives the same. subject: the key's enrolment (its certificate
 * request) or a renewal of the key. Under the locks of the person and all his keys (person_lock.h): of two that end at once the later one
 * supersedes the first.
 * ERR_DIGEST (the person was renamed), ERR_ENROLMENT_CLOSED, ERR_TASK_NOT_CLAIMED (a renewal that is over), ERR_KEY_STATE,
 * ERR_CERTIFICATE_* (of the key that gave leave for this one), and those of the issue. */
MUST_CHECK err issuance_complete(call *c, const signing_key *key, const uint8_t sid[16], const uint8_t subject[16],
                                 const uint8_t e[32], sign_completion *out);

#endif
