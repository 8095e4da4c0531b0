/* Who may ask for timestamps: /v1/tsa/access. */
#ifndef YIQIAN_API_TSA_ACCESS_H
#define YIQIAN_API_TSA_ACCESS_H

#include "api/api.h"

err tsa_access_rows(void *app, http_request *request, http_response *response);
err tsa_access_post(void *app, http_request *request, http_response *response);
err tsa_access_patch(void *app, http_request *request, http_response *response);
err tsa_access_delete(void *app, http_request *request, http_response *response);
err tsa_access_ask(void *app, http_request *request, http_response *response);

#endif
