/* Timestamps: RFC 3161 over HTTP (section 3.4), in both profiles and for each unit, and the same for business systems in JSON. */
#ifndef YIQIAN_API_TIMESTAMPS_H
#define YIQIAN_API_TIMESTAMPS_H

#include "api/api.h"

/* POST /tsa, /tsa/gm, /tsa/{unit}, /tsa/{unit}/gm */
MUST_CHECK err timestamps_tsa(void *app, http_request *request, http_response *response);

/* POST /v1/timestamps */
MUST_CHECK err timestamps_post(void *app, http_request *request, http_response *response);

/* GET /pki/tsa/{unit}.pem */
MUST_CHECK err timestamps_chain(void *app, http_request *request, http_response *response);

#endif
