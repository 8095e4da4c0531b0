/* The standard verification: /v1/verify. */
#ifndef YIQIAN_API_VERIFICATIONS_H
#define YIQIAN_API_VERIFICATIONS_H

#include "api/api.h"
#include "service/verify.h"

MUST_CHECK err verifications_post(void *app, http_request *request, http_response *response);

/* What was found, as JSON; NULL: no memory. */
json_t *verifications_json(call *c, const verification *v);

#endif
