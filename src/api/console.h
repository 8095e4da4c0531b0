/* The console's sessions: /v1/console/... (docs/spec/console.md). */
#ifndef YIQIAN_API_CONSOLE_H
#define YIQIAN_API_CONSOLE_H

#include "api/api.h"

MUST_CHECK err console_challenges_post(void *app, http_request *request, http_response *response);
MUST_CHECK err console_first_post(void *app, http_request *request, http_response *response);
MUST_CHECK err console_logins_get(void *app, http_request *request, http_response *response);
MUST_CHECK err console_logins_post(void *app, http_request *request, http_response *response);
MUST_CHECK err console_session_get(void *app, http_request *request, http_response *response);
MUST_CHECK err console_session_delete(void *app, http_request *request, http_response *response);
MUST_CHECK err console_sessions_list(void *app, http_request *request, http_response *response);
MUST_CHECK err console_sessions_post(void *app, http_request *request, http_response *response);
MUST_CHECK err console_sessions_delete(void *app, http_request *request, http_response *response);

#endif
