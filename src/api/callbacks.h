/* Callbacks: their log and sending again, /v1/callbacks; the endpoints that they go to, /v1/systems/{system}/callback-endpoints and
 * /v1/push-endpoints. */
#ifndef YIQIAN_API_CALLBACKS_H
#define YIQIAN_API_CALLBACKS_H

#include "api/api.h"

MUST_CHECK err callbacks_list(void *app, http_request *request, http_response *response);
MUST_CHECK err callbacks_get(void *app, http_request *request, http_response *response);
MUST_CHECK err callbacks_replay(void *app, http_request *request, http_response *response);
MUST_CHECK err callbacks_replay_failed(void *app, http_request *request, http_response *response);

/* Of a system where the path names one, of push services where it does not. */
MUST_CHECK err callbacks_endpoint_post(void *app, http_request *request, http_response *response);
MUST_CHECK err callbacks_endpoint_list(void *app, http_request *request, http_response *response);
MUST_CHECK err callbacks_endpoint_patch(void *app, http_request *request, http_response *response);
MUST_CHECK err callbacks_endpoint_delete(void *app, http_request *request, http_response *response);
MUST_CHECK err callbacks_endpoint_rotate(void *app, http_request *request, http_response *response);
MUST_CHECK err callbacks_endpoint_test(void *app, http_request *request, http_response *response);

#endif
