/* Logins: a business system asks who is there, a person scans or types, and signs an assertion that the system verifies by itself
 * (docs/spec/qr.md, Login). The login's id is also its task's. */
#ifndef YIQIAN_SERVICE_LOGIN_H
#define YIQIAN_SERVICE_LOGIN_H

#include "service/idempotency.h"
#include "service/scan_session.h"
#include "service/task.h"

enum { LOGIN_EXPIRES_MIN = 30, LOGIN_EXPIRES_MAX = 180, LOGIN_EXPIRES_DEFAULT = 120 /* seconds */ };

/* How a message begins that only the server may write. A raw document that begins so is refused (ERR_FORM). */
#define LOGIN_RESERVED "{\"type\":\"yiqian/"

typedef struct login_request {
    const char *purpose, *nonce; /* "": none */
    const char *staff_no;        /* NULL: whoever scans it */
    int64_t expires_in;          /* seconds */
    idempotency once;
} login_request;

typedef struct login {
    scan_session session;
    bool has_signature;
    task_signature signature;
} login;

/* ERR_USER_NOT_FOUND, ERR_USER_SUSPENDED, ERR_IDEMPOTENCY. */
MUST_CHECK err login_create(call *c, const login_request *request, login *out, bool *repeated);

/* A login of the calling system; ERR_NOT_FOUND for others' too. */
MUST_CHECK err login_get(call *c, const uint8_t id[16], login *out);

/* ERR_CONFLICT (it is over), ERR_TASK_CLAIMED (being signed now). */
MUST_CHECK err login_cancel(call *c, const uint8_t id[16], login *out);

/* Adds to the unit the task whose message is the assertion that this person is here, for the device that scanned it; its certificate is
 * that of the device. */
MUST_CHECK err login_add_task(call *c, store_unit *unit, const scan_session *s, const uint8_t user[16]);

/* May a key of this enrolment sign the login's assertion? Only the device that scanned: ERR_TASK_NOT_YOURS. */
MUST_CHECK err login_check_signer(call *c, const uint8_t id[16], const uint8_t enrolment[16]);

/* Whether a document begins as only the server's own messages do. */
bool login_reserved(bytes document);

#endif
