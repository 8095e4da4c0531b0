/* The row behind a login, a signing by scan or an enrolment by scan: made, read with what became of it, scanned once, ended. Nothing
 * outside src/service includes this but for the struct. */
#ifndef YIQIAN_SERVICE_SCAN_SESSION_H
#define YIQIAN_SERVICE_SCAN_SESSION_H

#include "service/scan_code.h"
#include "service/service.h"

enum { SCAN_SHORT_CODE = 8 /* digits */, SCAN_SHORT_CODE_TEXT = SCAN_SHORT_CODE + 1 };

typedef struct scan_session {
    scan_kind kind;
    uint8_t id[16], system_id[16], task_id[16], batch_id[16], enrolment_id[16], only_user[16], scanned_by[16];
    bool has_task, has_batch, has_enrolment, only_one, scanned;
    uint8_t secret[SCAN_SECRET];
    const char *short_code; /* NULL: none; likewise below */
    int64_t number;         /* to be shown on both screens; -1: none */
    const char *nonce, *purpose, *assertion, *reason;
    const char *system_name;            /* NULL: an operator's */
    const char *staff_no, *person_name; /* of who scanned; else of who alone may; NULL */
    const char *state; /* as it is now: "open", "scanned", "done", "declined", "cancelled", "expired" */
    int64_t created_ms, expires_ms;
} scan_session;

/* A new session of this kind, with its id and secret; the caller fills in the rest. ERR_ENTROPY. */
MUST_CHECK err scan_session_make(call *c, scan_kind kind, int64_t expires_in, scan_session *out);

/* Adds to the unit that makes it. ERR_MEMORY, ERR_ENTROPY. */
MUST_CHECK err scan_session_add(call *c, store_unit *unit, const scan_session *s);

/* Any session; `none` where there is none. */
MUST_CHECK err scan_session_load(call *c, const uint8_t id[16], err none, scan_session *out);

/* The same of the calling system (ERR_NOT_FOUND for others'), of this kind. */
MUST_CHECK err scan_session_of_system(call *c, const uint8_t id[16], scan_kind kind, scan_session *out);

/* ERR_OK for "open"; else the error that says why nothing can be done with it any more. */
MUST_CHECK err scan_session_open(call *c, const scan_session *s);

/* The session whose screen shows this code now: ERR_SCAN for every other. */
MUST_CHECK err scan_session_by_code(call *c, const char *text, scan_session *out);

/* Adds to the unit: scanned by this person (NULL: nobody known), from this enrolment. The unit fails with ERR_SCAN where another was first. */
void scan_session_add_scanned(store_unit *unit, const scan_session *s, const uint8_t *user,
                              const uint8_t enrolment[16]);

/* Adds to the unit: ended in this state ("declined", "cancelled"), with a task that was made for a login. The unit fails with ERR_CONFLICT
 * where it had ended, with ERR_TASK_CLAIMED while its task is being signed. */
MUST_CHECK err scan_session_add_end(call *c, store_unit *unit, const scan_session *s, const char *state,
                                    const char *reason);

/* Cancels it: ERR_CONFLICT where it is over. */
MUST_CHECK err scan_session_cancel(call *c, const scan_session *s);

/* The text that the session's screen shows now; ERR_CONFLICT where it is scanned or over. */
MUST_CHECK err scan_session_text(call *c, const scan_session *s, const char **out);

/* Adds to the unit: what nobody scanned in time has expired. */
MUST_CHECK err scan_session_expire(call *c, store_unit *unit);

#endif
