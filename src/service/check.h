/* One click that looks at everything: each check says what it found, what would be wrong, and what to do then. A family is a file of its own
 * (service/check_*.c) in which a pure function judges what another measured. */
#ifndef YIQIAN_SERVICE_CHECK_H
#define YIQIAN_SERVICE_CHECK_H

#include "service/service.h"

/* In the order of how bad they are. */
typedef enum check_state { CHECK_OK, CHECK_UNKNOWN, CHECK_WARNING, CHECK_FAILED } check_state;
const char *check_state_name(check_state state); /* "ok", "unknown", "warning", "failed" */

typedef struct check_words {
    const char *zh, *en;
} check_words;

/* A check as such. Its id begins with its family's name: "disk.space". */
typedef struct check_kind {
    const char *id;
    check_words name, what_to_do;
    bool quiet; /* no alarm follows from it: it is as somebody wanted it */
} check_kind;

typedef struct check_result {
    const check_kind *kind;
    const char *subject; /* which of several: a unit's or source's name; "" where there is one */
    check_state state;
    const char *value; /* what was found, with its unit; "" for nothing to say */
    const char *limit; /* beyond what it is not well; "" for none */
} check_result;

enum { CHECK_RESULTS_MAX = 400 };
typedef struct check_report {
    int64_t at_ms, took_ms;
    bool full;         /* the database file was looked through */
    check_state state; /* the worst */
    size_t n;
    const check_result *results;
} check_report;

/* The kind of this id; NULL where there is none. */
const check_kind *check_find(const char *id);

/* What to do about a result: nothing where it is well, and where it is not known how it is what that means: there is no failure to be mended. */
const check_words *check_advice(const check_result *r);

/* Runs all of them now. full: those, too, that take their time (up to CHECK_FULL_MS). The report is kept as the newest; *out is in the call's
 * arena. ERR_MEMORY. */
enum { CHECK_FULL_MS = 5000 };
MUST_CHECK err check_run(call *c, bool full, check_report *out);

/* The act of an operator: the same, and its audit row. */
MUST_CHECK err check_run_now(call *c, check_report *out);

/* The newest report, copied into the call's arena; n 0 and at_ms 0: there was none since the start. ERR_MEMORY. */
MUST_CHECK err check_last(call *c, check_report *out);

#endif
