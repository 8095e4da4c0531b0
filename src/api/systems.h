/* Business systems and their credentials: /v1/systems. */
#ifndef YIQIAN_API_SYSTEMS_H
#define YIQIAN_API_SYSTEMS_H

#include "api/api.h"

MUST_CHECK err systems_post(void *app, http_request *request, http_response *response);
MUST_CHECK err systems_list(void *app, http_request *request, http_response *response);
MUST_CHECK err systems_patch(void *app, http_request *request, http_response *response);
MUST_CHECK err systems_credential_post(void *app, http_request *request, http_response *response);
MUST_CHECK err systems_credential_list(void *app, http_request *request, http_response *response);
MUST_CHECK err systems_credential_delete(void *app, http_request *request, http_response *response);

#endif
