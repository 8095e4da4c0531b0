/* Signing tasks, for business systems: /v1/tasks. */
#ifndef YIQIAN_API_TASKS_H
#define YIQIAN_API_TASKS_H

#include "api/api.h"

MUST_CHECK err tasks_post(void *app, http_request *request, http_response *response);
MUST_CHECK err tasks_list(void *app, http_request *request, http_response *response);
MUST_CHECK err tasks_get(void *app, http_request *request, http_response *response);
MUST_CHECK err tasks_cancel(void *app, http_request *request, http_response *response);
MUST_CHECK err tasks_withdraw(void *app, http_request *request, http_response *response);

#endif
