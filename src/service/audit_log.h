/* The audit log as the auditor reads, searches and checks it. */
#ifndef YIQIAN_SERVICE_AUDIT_LOG_H
#define YIQIAN_SERVICE_AUDIT_LOG_H

#include "service/service.h"

enum {
    AUDIT_LOG_PAGE = 300, /* rows in one listing at the most: what a request's memory holds, long details included */
    AUDIT_LOG_EVENTS = 6  /* events in one filter */
};

typedef struct audit_entry {
    int64_t sequence, time_ms;
    const char *event, *outcome, *actor, *subject, *origin, *detail; /* the last four may be NULL */
    const uint8_t *leaf;                                             /* 32 bytes; of audit_log_search alone */
} audit_entry;

/* In the order of sequence, after the given one (0: from the first). limit: 1..AUDIT_LOG_PAGE. */
MUST_CHECK err audit_log_list(call *c, int64_t after, int64_t limit, const audit_entry **out, size_t *n);

/* What is NULL or 0 is not looked at. */
typedef struct audit_filter {
    const char *events[AUDIT_LOG_EVENTS]; /* whole names, or beginnings that end with '.': "task." */
    size_t events_n;
    const char *actor, *subject, *origin; /* exactly */
    const char *outcome;                  /* a code; "refused": any but "ok" */
    int64_t from_ms, to_ms;               /* to_ms is not in it */
    int64_t after, before;                /* sequences: rows between them */
    bool newest_first;
    int64_t limit;
} audit_filter;
/* All that fit, up to the limit; a search that people wait for is audit_search's. */
MUST_CHECK err audit_log_search(call *c, const audit_filter *filter, const audit_entry **out, size_t *n);

/* Rows of the nine columns in the order of the table, behind *n entries. */
MUST_CHECK err audit_log_rows(const store_result *rows, audit_entry *out, size_t *n);

/* Recomputes the whole log (audit_fsck). Where the call is an act, its row comes after what was checked and tells the finding. */
MUST_CHECK err audit_log_check(call *c, audit_finding *out);

#endif
