/* Sessions of people in the console. The cookie's secret names and proves one; what it may do is read anew for every request, so that what is taken
 * from an operator is gone at once, on every server over the same database. */
#ifndef YIQIAN_SERVICE_CONSOLE_SESSION_H
#define YIQIAN_SERVICE_CONSOLE_SESSION_H

#include "service/operator.h"

enum {
    CONSOLE_SESSION_HOURS = 12,
    CONSOLE_FRESH_MINUTES = 15,
    CONSOLE_SESSIONS = 10 /* of one operator; another ends the oldest */
};

/* Who sits there. */
typedef struct console_session {
    uint8_t id[16], operator_id[16], user_id[16];
    const char *staff_no, *name;
    const char *role, *role_name; /* as service/role.h */
    uint64_t permissions;
    const char *method; /* "link", "certificate", "scan" */
    const char *origin;
    int64_t created_ms, seen_ms, expires_ms;
    int64_t idle_ms; /* so long after it was seen last it ends */
} console_session;

/* For whoever showed that he is this operator: an active one, else ERR_UNAUTHENTICATED. Adds the session to the unit, makes him the call's actor, and
 * gives the cookie's value, which is shown this once. */
MUST_CHECK err console_session_begin(call *c, store_unit *unit, const uint8_t operator_id[16], const char *method,
                                     const char **cookie);

/* The same of an operator whom the unit makes. */
MUST_CHECK err console_session_begin_new(call *c, store_unit *unit, const uint8_t operator_id[16],
                                         const uint8_t user_id[16], const char *method, const char **cookie);

/* The session of a cookie: ERR_UNAUTHENTICATED; ERR_SESSION_EXPIRED for one that was real. */
MUST_CHECK err console_session_check(call *c, const char *cookie, console_session *out);

/* Somebody did something: kept to the minute. */
MUST_CHECK err console_session_seen(call *c, const console_session *s);

/* What requests that change something carry besides the cookie, which a page of another origin can send but not read. In the arena; NULL if that is full. */
const char *console_session_csrf(call *c, const console_session *s);
bool console_session_csrf_good(call *c, const console_session *s, const char *given);

/* Those that go on, of this operator; of NULL: all, of at most 1000. Oldest first. */
MUST_CHECK err console_session_list(call *c, const uint8_t *operator_id, const console_session **out, size_t *n);

/* Ends it. operator_id: only his; NULL: whose it may be. ERR_NOT_FOUND. */
MUST_CHECK err console_session_end(call *c, const uint8_t id[16], const uint8_t *operator_id);

/* Whether the call's session began just now: whoever finds one open makes himself no way in that outlives it. */
bool console_session_is_fresh(const call *c);

/* Whether an act on this operator, or on this role (its text), is one on whoever asks for it or approves it. NULL: not asked. */
bool console_session_concerns(const call *c, const uint8_t *operator_id, const char *role_text);

/* Adds to the unit: the sessions and links of an operator end; of the operator that this user is. */
void console_session_end_of_operator(store_unit *unit, const uint8_t operator_id[16], int64_t now_ms);
void console_session_end_of_user(store_unit *unit, const uint8_t user_id[16], int64_t now_ms);

/* Adds to the unit: what ended long ago is forgotten. */
void console_session_expire(store_unit *unit, int64_t now_ms);

#endif
