/* The server's health and figures: /v1/health, /v1/system/figures. */
#ifndef YIQIAN_API_FIGURES_H
#define YIQIAN_API_FIGURES_H

#include "api/api.h"

MUST_CHECK err figures_health(void *app, http_request *request, http_response *response);
MUST_CHECK err figures_get(void *app, http_request *request, http_response *response);

#endif
