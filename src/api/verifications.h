/* The standard verification: /v1/verify. */
#ifndef YIQIAN_API_VERIFICATIONS_H
#define YIQIAN_API_VERIFICATIONS_H

#include "api/api.h"

MUST_CHECK err verifications_post(void *app, http_request *request, http_response *response);

#endif
