/* Four eyes: an act that another person has to approve. What was asked for is kept, sealed, as the request that it was; the one who approves has it run
 * again, as the one who asked, and that it ran and that it was approved become durable together. */
#ifndef YIQIAN_SERVICE_APPROVAL_H
#define YIQIAN_SERVICE_APPROVAL_H

#include "service/console_session.h"

enum {
    APPROVAL_HOURS = 24,
    APPROVALS_PENDING = 50, /* of one operator */
    APPROVAL_PAGE = 100,
    APPROVAL_REASON_MAX = 200 /* characters */
};

/* The request as it came. if_match: NULL for none. */
typedef struct approval_request {
    const char *act;             /* its audit event */
    const char *method, *target; /* path and query */
    const char *if_match;
    const char *about; /* what it is about, in words for people: the API's text; NULL: nothing */
    bytes body;
} approval_request;

typedef struct approval {
    uint8_t id[16], asked_by[16], decided_by[16];
    bool decided; /* by somebody */
    approval_request request;
    const char *asker_staff_no, *asker_name, *decider_staff_no, *decider_name;
    const char *state;  /* "pending", "approved", "failed", "rejected", "withdrawn", "expired" */
    const char *reason; /* why it was rejected; NULL */
    int64_t status;     /* of the act's answer; 0: it did not run */
    int64_t created_ms, expires_ms, decided_ms;
} approval;

/* By the call's person. ERR_LIMIT. */
MUST_CHECK err approval_ask(call *c, const approval_request *request, approval *out);

/* ERR_NOT_FOUND. */
MUST_CHECK err approval_get(call *c, const uint8_t id[16], approval *out);

/* Newest first, before that id (NULL: from the newest). state NULL: any. limit: 1..APPROVAL_PAGE. */
MUST_CHECK err approval_list(call *c, const char *state, const uint8_t *before, int64_t limit, const approval **out,
                             size_t *n);

/* Begins to run it: *act becomes the call of whoever asked, approved by the person of c. needed: the permissions of which both must have one now.
 * ERR_CONFLICT (it is over), ERR_FORBIDDEN (c's person may not do it himself), ERR_APPROVAL (it is his own; whoever asked may not do it any more). */
MUST_CHECK err approval_begin(call *c, const approval *a, uint64_t needed, call *act);

/* After it ran: that it was done where nothing was written, or that it failed with this error. */
MUST_CHECK err approval_done(call *act, int status);
MUST_CHECK err approval_failed(call *act, err why, int status);

/* Not by whoever asked, who withdraws it. needed as above. ERR_CONFLICT, ERR_FORBIDDEN, ERR_APPROVAL. */
MUST_CHECK err approval_reject(call *c, const uint8_t id[16], uint64_t needed, const char *reason, approval *out);
MUST_CHECK err approval_withdraw(call *c, const uint8_t id[16], approval *out);

/* Adds to the unit: what was not decided in time; what is long over is forgotten. */
void approval_expire(store_unit *unit, int64_t now_ms);

/* For service/service.c: adds to the act's unit that it was approved, by people who may still do it, and to its detail by whom; and the unit is durable. */
MUST_CHECK err approval_add_end(call *c, store_unit *unit, const char **detail);
void approval_committed(call *c);

#endif
