/* Operators: /v1/operators. */
#ifndef YIQIAN_API_OPERATORS_H
#define YIQIAN_API_OPERATORS_H

#include "api/api.h"

MUST_CHECK err operators_list(void *app, http_request *request, http_response *response);
MUST_CHECK err operators_post(void *app, http_request *request, http_response *response);
MUST_CHECK err operators_get(void *app, http_request *request, http_response *response);
MUST_CHECK err operators_patch(void *app, http_request *request, http_response *response);
MUST_CHECK err operators_delete(void *app, http_request *request, http_response *response);
MUST_CHECK err operators_setup(void *app, http_request *request, http_response *response);
MUST_CHECK err operators_setup_link(void *app, http_request *request, http_response *response);
MUST_CHECK err operators_link(void *app, http_request *request, http_response *response);

#endif
