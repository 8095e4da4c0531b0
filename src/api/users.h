/* People who sign: /v1/users. */
#ifndef YIQIAN_API_USERS_H
#define YIQIAN_API_USERS_H

#include "api/api.h"

MUST_CHECK err users_post(void *app, http_request *request, http_response *response);
MUST_CHECK err users_list(void *app, http_request *request, http_response *response);
MUST_CHECK err users_get(void *app, http_request *request, http_response *response);
MUST_CHECK err users_patch(void *app, http_request *request, http_response *response);
MUST_CHECK err users_activation_code(void *app, http_request *request, http_response *response);

#endif
