/* Timestamp units: for operators. */
#ifndef YIQIAN_API_TSA_UNITS_H
#define YIQIAN_API_TSA_UNITS_H

#include "api/api.h"

MUST_CHECK err tsa_units_list(void *app, http_request *request, http_response *response);
MUST_CHECK err tsa_units_post(void *app, http_request *request, http_response *response);

/* POST /v1/tsa/units/{unit}/start, /stop, /retire */
MUST_CHECK err tsa_units_start(void *app, http_request *request, http_response *response);
MUST_CHECK err tsa_units_stop(void *app, http_request *request, http_response *response);
MUST_CHECK err tsa_units_retire(void *app, http_request *request, http_response *response);

#endif
