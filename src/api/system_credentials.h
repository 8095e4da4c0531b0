/* What business systems sign their requests with: /v1/systems/{system}/credentials. */
#ifndef YIQIAN_API_SYSTEM_CREDENTIALS_H
#define YIQIAN_API_SYSTEM_CREDENTIALS_H

#include "api/api.h"

MUST_CHECK err system_credentials_post(void *app, http_request *request, http_response *response);
MUST_CHECK err system_credentials_list(void *app, http_request *request, http_response *response);
MUST_CHECK err system_credentials_patch(void *app, http_request *request, http_response *response);
MUST_CHECK err system_credentials_rotate(void *app, http_request *request, http_response *response);
MUST_CHECK err system_credentials_delete(void *app, http_request *request, http_response *response);

#endif
