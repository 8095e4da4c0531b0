/* The part of a verification that is about the signature's timestamp. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_VERIFY_TIMESTAMP_H
#define YIQIAN_SERVICE_VERIFY_TIMESTAMP_H

#include "service/verify_matter.h"

/* Verifies the timestamp that was given, else the task's, else the one in the SignedData, on the octets of the signature (RFC 3161 Appendix A). One
 * that is valid is what the signature is judged as of, where no other time was given: it existed then. ERR_MEMORY, and the store's. */
MUST_CHECK err verify_timestamp(call *c, const verify_request *r, const subject_matter *m, verification *v);

#endif
