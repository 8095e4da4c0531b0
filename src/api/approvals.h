/* Acts that another person has to approve: /v1/approvals. */
#ifndef YIQIAN_API_APPROVALS_H
#define YIQIAN_API_APPROVALS_H

#include "api/api.h"

/* In place of the handler of a row with WHO_SECOND, for a person in the console: the act is gone through but for its writing, so that what could not be done is
 * refused now; then it is kept and answered 202. Where nobody else may do the same it is done at once. */
MUST_CHECK err approvals_ask(api_call *ac, http_request *request, http_response *response);

MUST_CHECK err approvals_list(void *app, http_request *request, http_response *response);
MUST_CHECK err approvals_get(void *app, http_request *request, http_response *response);
MUST_CHECK err approvals_approve(void *app, http_request *request, http_response *response);
MUST_CHECK err approvals_reject(void *app, http_request *request, http_response *response);
MUST_CHECK err approvals_withdraw(void *app, http_request *request, http_response *response);

#endif
