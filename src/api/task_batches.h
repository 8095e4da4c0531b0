/* Batches of signing tasks, for business systems: /v1/task-batches. */
#ifndef YIQIAN_API_TASK_BATCHES_H
#define YIQIAN_API_TASK_BATCHES_H

#include "api/api.h"

MUST_CHECK err task_batches_post(void *app, http_request *request, http_response *response);
MUST_CHECK err task_batches_get(void *app, http_request *request, http_response *response);
MUST_CHECK err task_batches_cancel(void *app, http_request *request, http_response *response);

#endif
