/* Workstations: registered by an operator, and their own calls before there is an authorisation. */
#ifndef YIQIAN_API_WORKSTATIONS_H
#define YIQIAN_API_WORKSTATIONS_H

#include "api/api.h"

MUST_CHECK err workstations_post(void *app, http_request *request, http_response *response);
MUST_CHECK err workstations_list(void *app, http_request *request, http_response *response);
MUST_CHECK err workstations_delete(void *app, http_request *request, http_response *response);
MUST_CHECK err workstations_register(void *app, http_request *request, http_response *response);

#endif
