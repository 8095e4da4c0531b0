/* What anybody may fetch of the CA: certificates, CRLs, the chain. The addresses stand in every certificate. */
#ifndef YIQIAN_API_PKI_H
#define YIQIAN_API_PKI_H

#include "api/api.h"

MUST_CHECK err pki_root_certificate(void *app, http_request *request, http_response *response);
MUST_CHECK err pki_issuing_certificate(void *app, http_request *request, http_response *response);
MUST_CHECK err pki_root_crl(void *app, http_request *request, http_response *response);
MUST_CHECK err pki_issuing_crl(void *app, http_request *request, http_response *response);
MUST_CHECK err pki_authority(void *app, http_request *request, http_response *response);

/* For operators: what the current lists are, and a new one. */
MUST_CHECK err pki_crls(void *app, http_request *request, http_response *response);
MUST_CHECK err pki_crls_issue(void *app, http_request *request, http_response *response);

#endif
