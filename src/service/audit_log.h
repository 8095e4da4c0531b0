/* The audit log as the auditor reads and checks it. */
#ifndef YIQIAN_SERVICE_AUDIT_LOG_H
#define YIQIAN_SERVICE_AUDIT_LOG_H

#include "service/service.h"

enum {
    AUDIT_LOG_PAGE = 300 /* rows in one listing at the most: what a request's memory holds, long details included */
};

typedef struct audit_entry {
    int64_t sequence, time_ms;
    const char *event, *outcome, *actor, *subject, *origin, *detail; /* the last four may be NULL */
} audit_entry;

/* In the order of sequence, after the given one (0: from the first). limit: 1..AUDIT_LOG_PAGE. */
MUST_CHECK err audit_log_list(call *c, int64_t after, int64_t limit, const audit_entry **out, size_t *n);

/* Recomputes the whole log (audit_fsck). Where the call is an act, its row comes after what was checked and tells the finding. */
MUST_CHECK err audit_log_check(call *c, audit_finding *out);

#endif
