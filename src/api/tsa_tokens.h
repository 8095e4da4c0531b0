/* The log of tokens and their statistics: for operators and auditors. */
#ifndef YIQIAN_API_TSA_TOKENS_H
#define YIQIAN_API_TSA_TOKENS_H

#include "api/api.h"

MUST_CHECK err tsa_tokens_list(void *app, http_request *request, http_response *response);
MUST_CHECK err tsa_tokens_get(void *app, http_request *request, http_response *response);
MUST_CHECK err tsa_tokens_statistics(void *app, http_request *request, http_response *response);

#endif
