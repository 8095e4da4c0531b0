/* Keys of devices, for operators: those of a person, and everybody's. */
#ifndef YIQIAN_API_KEY_LIST_H
#define YIQIAN_API_KEY_LIST_H

#include "api/api.h"

MUST_CHECK err key_list_get(void *app, http_request *request, http_response *response);
MUST_CHECK err key_list_of_user(void *app, http_request *request, http_response *response);

#endif
