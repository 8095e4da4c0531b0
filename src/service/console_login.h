/* Login to the console by scanning with the app: a login of docs/spec/qr.md, asked for by a system that is built in and nobody's. Who began it has its handle, and
 * nobody else is told how it goes on. */
#ifndef YIQIAN_SERVICE_CONSOLE_LOGIN_H
#define YIQIAN_SERVICE_CONSOLE_LOGIN_H

#include "service/console_session.h"
#include "service/login.h"

enum { CONSOLE_LOGIN_SECONDS = 120, CONSOLE_LOGIN_CODE_EVERY = 2 /* seconds, for whoever shows the code */ };

#define CONSOLE_SYSTEM_NAME "管理控制台"

/* Its id is lower than any other, which no path names and no listing gives; 16 zeros are what callers without an id have. */
extern const uint8_t console_login_system[16];

/* Makes sure that the system is there; part of service_open. */
MUST_CHECK err console_login_open(service *s);

/* handle: shown this once. */
MUST_CHECK err console_login_create(call *c, login *out, const char **handle);

/* ERR_NOT_FOUND for every other handle. */
MUST_CHECK err console_login_get(call *c, const uint8_t id[16], const char *handle, login *out);

/* Logs in whoever signed it, once. ERR_CONFLICT (nobody did, or not yet), ERR_UNAUTHENTICATED (he is no operator now), ERR_REPLAY. */
MUST_CHECK err console_login_use(call *c, const uint8_t id[16], const char *handle, const char **cookie);

/* service/scan.c: whether this person may go on with it, on the calling device: an operator, and a phone that logs him in, if it is the console's. ERR_FORBIDDEN. */
MUST_CHECK err console_login_check_person(call *c, const scan_session *s, const uint8_t user_id[16]);

#endif
