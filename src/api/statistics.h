/* Statistics: /v1/statistics/signatures, /v1/statistics/tasks, /v1/statistics/timestamps, /v1/statistics/stock. */
#ifndef YIQIAN_API_STATISTICS_H
#define YIQIAN_API_STATISTICS_H

#include "api/api.h"

MUST_CHECK err statistics_signatures(void *app, http_request *request, http_response *response);
MUST_CHECK err statistics_tasks(void *app, http_request *request, http_response *response);
MUST_CHECK err statistics_timestamps(void *app, http_request *request, http_response *response);
MUST_CHECK err statistics_stock_get(void *app, http_request *request, http_response *response);

#endif
