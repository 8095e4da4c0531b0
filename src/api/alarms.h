/* Alarms and the channels over which they are told: /v1/alarms, /v1/alarm-channels. */
#ifndef YIQIAN_API_ALARMS_H
#define YIQIAN_API_ALARMS_H

#include "api/api.h"

MUST_CHECK err alarms_list(void *app, http_request *request, http_response *response);
MUST_CHECK err alarms_acknowledge(void *app, http_request *request, http_response *response);

MUST_CHECK err alarms_channel_list(void *app, http_request *request, http_response *response);
MUST_CHECK err alarms_channel_post(void *app, http_request *request, http_response *response);
MUST_CHECK err alarms_channel_patch(void *app, http_request *request, http_response *response);
MUST_CHECK err alarms_channel_delete(void *app, http_request *request, http_response *response);
MUST_CHECK err alarms_channel_test(void *app, http_request *request, http_response *response);

#endif
