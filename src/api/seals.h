/* Pictures of seals: /v1/users/{user}/seal. */
#ifndef YIQIAN_API_SEALS_H
#define YIQIAN_API_SEALS_H

#include "api/api.h"

MUST_CHECK err seals_get(void *app, http_request *request, http_response *response);
MUST_CHECK err seals_put(void *app, http_request *request, http_response *response);
MUST_CHECK err seals_delete(void *app, http_request *request, http_response *response);

#endif
