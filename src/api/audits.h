/* The audit log: /v1/audit. */
#ifndef YIQIAN_API_AUDITS_H
#define YIQIAN_API_AUDITS_H

#include "api/api.h"

MUST_CHECK err audits_list(void *app, http_request *request, http_response *response);
MUST_CHECK err audits_check(void *app, http_request *request, http_response *response);
MUST_CHECK err audits_job_get(void *app, http_request *request, http_response *response);
MUST_CHECK err audits_job_post(void *app, http_request *request, http_response *response);
MUST_CHECK err audits_events(void *app, http_request *request, http_response *response);
MUST_CHECK err audits_export(void *app, http_request *request, http_response *response);

/* How long a search goes through the log before it answers with what it has. */
enum { AUDITS_SEARCH_NS = 300000000 };

/* What stands in a query that searches the log: service/audit_log.h. */
struct audit_filter;
MUST_CHECK err audits_read_filter(call *c, const http_request *request, struct audit_filter *out);

#endif
