/* Authorised signing: the workstation's calls, the phone's, an operator's and the business systems'. */
#ifndef YIQIAN_API_AUTHORISATIONS_H
#define YIQIAN_API_AUTHORISATIONS_H

#include "api/api.h"

MUST_CHECK err authorisations_offered(void *app, http_request *request, http_response *response);
MUST_CHECK err authorisations_approve(void *app, http_request *request, http_response *response);
MUST_CHECK err authorisations_of_device(void *app, http_request *request, http_response *response);

/* By the workstation. */
MUST_CHECK err authorisations_offer(void *app, http_request *request, http_response *response);
MUST_CHECK err authorisations_fetch(void *app, http_request *request, http_response *response);
MUST_CHECK err authorisations_tasks(void *app, http_request *request, http_response *response);
MUST_CHECK err authorisations_document(void *app, http_request *request, http_response *response);

/* By whoever may: phone, workstation, operator. */
MUST_CHECK err authorisations_close(void *app, http_request *request, http_response *response);

/* By operators and auditors: all; by a business system: whether one of its signers has one, ?signer=. */
MUST_CHECK err authorisations_list(void *app, http_request *request, http_response *response);

#endif
