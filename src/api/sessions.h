/* Sessions of devices and of workstations: a challenge for their key, and a token for the answer. */
#ifndef YIQIAN_API_SESSIONS_H
#define YIQIAN_API_SESSIONS_H

#include "api/api.h"

MUST_CHECK err sessions_device_challenge(void *app, http_request *request, http_response *response);
MUST_CHECK err sessions_device(void *app, http_request *request, http_response *response);
MUST_CHECK err sessions_workstation_challenge(void *app, http_request *request, http_response *response);
MUST_CHECK err sessions_workstation(void *app, http_request *request, http_response *response);

#endif
