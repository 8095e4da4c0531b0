/* What people's departments are called: /v1/departments. */
#ifndef YIQIAN_API_DEPARTMENTS_H
#define YIQIAN_API_DEPARTMENTS_H

#include "api/api.h"

MUST_CHECK err departments_list(void *app, http_request *request, http_response *response);
MUST_CHECK err departments_rename(void *app, http_request *request, http_response *response);

#endif
