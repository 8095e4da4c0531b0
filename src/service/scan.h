/* What a person's device does with a code: scans or types it, shows what it is for, and goes on or declines. And what a business system
 * makes for signing by scan. */
#ifndef YIQIAN_SERVICE_SCAN_H
#define YIQIAN_SERVICE_SCAN_H

#include "service/login.h"

enum { SCAN_EXPIRES_MIN = 30, SCAN_EXPIRES_MAX = 600, SCAN_EXPIRES_DEFAULT = 300 /* seconds */ };

/* What was scanned, for the device that did. tasks: to be looked at and signed now; a login's only once its number was entered. */
typedef struct scan_seen {
    scan_session session;
    bool number_wanted;
    const task *tasks;
    size_t n;
} scan_seen;

/* code or short_code, the other NULL. The first device to scan has it; the same device may scan again. ERR_SCAN (no such code, or not now, or
 * somebody else's), ERR_TASK_NOT_YOURS, ERR_RATE (too many wrong short codes), and what device_standing says. */
MUST_CHECK err scan_by_device(call *c, const char *code, const char *short_code, scan_seen *out);

/* The two digits that the other screen shows. A wrong number ends the session: ERR_SCAN. */
MUST_CHECK err scan_enter_number(call *c, const uint8_t id[16], int64_t number, scan_seen *out);

/* Ends a session that this device has scanned; a login's task is declined with it. ERR_SCAN, ERR_CONFLICT, ERR_TASK_CLAIMED. */
MUST_CHECK err scan_decline(call *c, const uint8_t id[16], const char *reason);

/* Signing by scan: one task or one batch of the calling system. ERR_TASK_NOT_FOUND, ERR_BATCH_NOT_FOUND, and why a task cannot be signed
 * any more. The batch is one person's: ERR_CONFLICT. */
typedef struct scan_request {
    const uint8_t *task, *batch; /* one of them */
    int64_t expires_in;
    idempotency once;
} scan_request;
MUST_CHECK err scan_create(call *c, const scan_request *request, scan_session *out, bool *repeated);
MUST_CHECK err scan_get(call *c, const uint8_t id[16], scan_session *out);
MUST_CHECK err scan_cancel(call *c, const uint8_t id[16], scan_session *out);

#endif
