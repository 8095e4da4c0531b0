/* The audit log: /v1/audit. */
#ifndef YIQIAN_API_AUDITS_H
#define YIQIAN_API_AUDITS_H

#include "api/api.h"

MUST_CHECK err audits_list(void *app, http_request *request, http_response *response);
MUST_CHECK err audits_check(void *app, http_request *request, http_response *response);

#endif
