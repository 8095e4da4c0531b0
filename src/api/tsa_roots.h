/* Roots of other timestamp authorities: /v1/tsa/roots. */
#ifndef YIQIAN_API_TSA_ROOTS_H
#define YIQIAN_API_TSA_ROOTS_H

#include "api/api.h"

MUST_CHECK err tsa_roots_list(void *app, http_request *request, http_response *response);
MUST_CHECK err tsa_roots_post(void *app, http_request *request, http_response *response);
MUST_CHECK err tsa_roots_patch(void *app, http_request *request, http_response *response);
MUST_CHECK err tsa_roots_delete(void *app, http_request *request, http_response *response);

/* ["timestamp", "signature"] */
json_t *tsa_roots_purposes_json(unsigned purposes);

#endif
