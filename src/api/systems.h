/* Business systems: /v1/systems. Their credentials: api/system_credentials.h. */
#ifndef YIQIAN_API_SYSTEMS_H
#define YIQIAN_API_SYSTEMS_H

#include "api/api.h"

MUST_CHECK err systems_post(void *app, http_request *request, http_response *response);
MUST_CHECK err systems_list(void *app, http_request *request, http_response *response);
MUST_CHECK err systems_get(void *app, http_request *request, http_response *response);
MUST_CHECK err systems_patch(void *app, http_request *request, http_response *response);

#endif
