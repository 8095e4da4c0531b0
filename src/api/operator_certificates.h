/* What operators log in with: /v1/operators/{operator}/certificates, and one's own under /v1/console/certificates. */
#ifndef YIQIAN_API_OPERATOR_CERTIFICATES_H
#define YIQIAN_API_OPERATOR_CERTIFICATES_H

#include "api/api.h"

MUST_CHECK err operator_certificates_list(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_certificates_post(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_certificates_delete(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_certificates_own_list(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_certificates_own_post(void *app, http_request *request, http_response *response);
MUST_CHECK err operator_certificates_own_delete(void *app, http_request *request, http_response *response);

#endif
