/* Enrolment by scan: an operator's screen shows a code that changes, a phone that is nobody's yet scans it and gets a fresh activation
 * code. */
#ifndef YIQIAN_SERVICE_ENROLMENT_SCAN_H
#define YIQIAN_SERVICE_ENROLMENT_SCAN_H

#include "service/enrolment_offer.h"
#include "service/scan_session.h"

enum { ENROLMENT_SCAN_MIN = 30, ENROLMENT_SCAN_MAX = 900, ENROLMENT_SCAN_DEFAULT = 300 /* seconds */ };

/* ERR_USER_NOT_FOUND, ERR_USER_SUSPENDED. */
MUST_CHECK err enrolment_scan_create(call *c, const uint8_t user_id[16], int64_t expires_in, scan_session *out);

/* ERR_NOT_FOUND. */
MUST_CHECK err enrolment_scan_get(call *c, const uint8_t id[16], scan_session *out);
MUST_CHECK err enrolment_scan_cancel(call *c, const uint8_t id[16], scan_session *out);

/* For whoever scans: the activation code, once; the enrolment is bound to the session. name: masked but for its first character. ERR_SCAN
 * for every code that is not good now. */
typedef struct enrolment_scanned {
    enrolment_offer offer;
    const char *staff_no, *name, *organisation;
} enrolment_scanned;
MUST_CHECK err enrolment_scan_use(call *c, const char *code, enrolment_scanned *out);

#endif
