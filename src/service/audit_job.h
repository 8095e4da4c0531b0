/* Recomputing the whole audit log beside everything else, for whoever wants to see how far it is: one at a time. */
#ifndef YIQIAN_SERVICE_AUDIT_JOB_H
#define YIQIAN_SERVICE_AUDIT_JOB_H

#include "service/service.h"

typedef struct audit_job_state {
    bool running, done;   /* done: of the last one there is a finding */
    uint64_t rows, total; /* while it runs */
    int64_t started_ms, finished_ms;
    err failed;            /* the log could not be read: no finding */
    audit_finding finding; /* of the last one */
} audit_job_state;

/* Part of service_open and service_close, which ends one that runs; NULL is fine in the latter. */
MUST_CHECK err audit_job_open(service *s);
void audit_job_close(service *s);

/* Starts one; its finding becomes an audit row (audit.checked) of this actor. ERR_BUSY: one runs. ERR_MEMORY. */
MUST_CHECK err audit_job_start(service *s, const char *actor, const char *origin);
/* The act of an operator: the same, and its own row. */
MUST_CHECK err audit_job_start_now(call *c, audit_job_state *out);

void audit_job_read(service *s, audit_job_state *out);

#endif
