/* Many people at once: /v1/user-imports. */
#ifndef YIQIAN_API_USER_IMPORTS_H
#define YIQIAN_API_USER_IMPORTS_H

#include "api/api.h"

MUST_CHECK err user_imports_post(void *app, http_request *request, http_response *response);

#endif
