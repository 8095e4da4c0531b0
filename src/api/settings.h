/* How the server is configured: GET /v1/settings. */
#ifndef YIQIAN_API_SETTINGS_H
#define YIQIAN_API_SETTINGS_H

#include "api/api.h"

MUST_CHECK err settings_list(void *app, http_request *request, http_response *response);

#endif
