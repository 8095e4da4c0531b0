/* Logins of business systems' users (docs/spec/qr.md, Login). */
#ifndef YIQIAN_API_LOGINS_H
#define YIQIAN_API_LOGINS_H

#include "api/api.h"

MUST_CHECK err logins_post(void *app, http_request *request, http_response *response);
MUST_CHECK err logins_get(void *app, http_request *request, http_response *response);
MUST_CHECK err logins_cancel(void *app, http_request *request, http_response *response);
MUST_CHECK err logins_code(void *app, http_request *request, http_response *response);

#endif
