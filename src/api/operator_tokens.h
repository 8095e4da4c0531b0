/* Operators' tokens: /v1/operator-tokens. */
#ifndef YIQIAN_API_OPERATOR_TOKENS_H
#define YIQIAN_API_OPERATOR_TOKENS_H

#include "api/api.h"

MUST_CHECK err operator_tokens_post(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_tokens_list(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_tokens_delete(void *app, http_request *request, http_response *response);

#endif
