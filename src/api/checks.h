/* The system's checks: /v1/system/checks. */
#ifndef YIQIAN_API_CHECKS_H
#define YIQIAN_API_CHECKS_H

#include "api/api.h"
#include "service/check.h"

MUST_CHECK err checks_get(void *app, http_request *request, http_response *response);
MUST_CHECK err checks_post(void *app, http_request *request, http_response *response);

#endif
