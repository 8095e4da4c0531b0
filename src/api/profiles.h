/* Certificate profiles: /v1/profiles. */
#ifndef YIQIAN_API_PROFILES_H
#define YIQIAN_API_PROFILES_H

#include "api/api.h"

MUST_CHECK err profiles_list(void *app, http_request *request, http_response *response);
MUST_CHECK err profiles_post(void *app, http_request *request, http_response *response);
MUST_CHECK err profiles_preview(void *app, http_request *request, http_response *response);
MUST_CHECK err profiles_get(void *app, http_request *request, http_response *response);
MUST_CHECK err profiles_patch(void *app, http_request *request, http_response *response);
MUST_CHECK err profiles_versions(void *app, http_request *request, http_response *response);
MUST_CHECK err profiles_retire(void *app, http_request *request, http_response *response);
MUST_CHECK err profiles_use(void *app, http_request *request, http_response *response);

#endif
