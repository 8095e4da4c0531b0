/* Certificates of persons: /v1/certificates. */
#ifndef YIQIAN_API_CERTIFICATES_H
#define YIQIAN_API_CERTIFICATES_H

#include "api/api.h"

MUST_CHECK err certificates_list(void *app, http_request *request, http_response *response);
MUST_CHECK err certificates_get(void *app, http_request *request, http_response *response);
MUST_CHECK err certificates_revoke(void *app, http_request *request, http_response *response);
MUST_CHECK err certificates_statistics(void *app, http_request *request, http_response *response);

#endif
