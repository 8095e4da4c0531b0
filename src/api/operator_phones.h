/* The phones of whoever is logged in to the console, and which of them log him in: /v1/console/phones. */
#ifndef YIQIAN_API_OPERATOR_PHONES_H
#define YIQIAN_API_OPERATOR_PHONES_H

#include "api/api.h"

MUST_CHECK err operator_phones_list(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_phones_post(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_phones_put(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_phones_delete(void *app, http_request *request, http_response *response);

#endif
