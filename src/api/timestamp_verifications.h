/* The verification of timestamps: /v1/timestamps/verify. */
#ifndef YIQIAN_API_TIMESTAMP_VERIFICATIONS_H
#define YIQIAN_API_TIMESTAMP_VERIFICATIONS_H

#include "api/api.h"

MUST_CHECK err timestamp_verifications_post(void *app, http_request *request, http_response *response);

#endif
