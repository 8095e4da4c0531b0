/* All people as a sheet: /v1/users/export. */
#ifndef YIQIAN_API_USER_EXPORTS_H
#define YIQIAN_API_USER_EXPORTS_H

#include "api/api.h"

MUST_CHECK err user_exports_get(void *app, http_request *request, http_response *response);

#endif
