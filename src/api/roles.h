/* Roles of operators: /v1/roles. */
#ifndef YIQIAN_API_ROLES_H
#define YIQIAN_API_ROLES_H

#include "api/api.h"

MUST_CHECK err roles_list(void *app, http_request *request, http_response *response);
MUST_CHECK err roles_post(void *app, http_request *request, http_response *response);
MUST_CHECK err roles_patch(void *app, http_request *request, http_response *response);
MUST_CHECK err roles_delete(void *app, http_request *request, http_response *response);

/* ["users.read", ...] */
json_t *roles_permissions_json(uint64_t permissions);

#endif
