/* Signatures, for the hospital's people: /v1/signatures, searched; /v1/signatures/{task}, one's whole story. */
#ifndef YIQIAN_API_SIGNATURES_H
#define YIQIAN_API_SIGNATURES_H

#include "api/api.h"

MUST_CHECK err signatures_list(void *app, http_request *request, http_response *response);
MUST_CHECK err signatures_get(void *app, http_request *request, http_response *response);

#endif
