/* The history of what is measured: /v1/system/history. */
#ifndef YIQIAN_API_MONITOR_H
#define YIQIAN_API_MONITOR_H

#include "api/api.h"

MUST_CHECK err monitor_history_get(void *app, http_request *request, http_response *response);

#endif
