/* The server's health, figures and self-tests: /v1/health, /v1/system/figures, /v1/system/self-tests. */
#ifndef YIQIAN_API_FIGURES_H
#define YIQIAN_API_FIGURES_H

#include "api/api.h"

MUST_CHECK err figures_health(void *app, http_request *request, http_response *response);
MUST_CHECK err figures_get(void *app, http_request *request, http_response *response);
MUST_CHECK err figures_self_tests(void *app, http_request *request, http_response *response);

#endif
