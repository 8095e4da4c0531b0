/* What the phone's person has signed (docs/spec/device-api.md 14). */
#ifndef YIQIAN_API_DEVICE_HISTORY_H
#define YIQIAN_API_DEVICE_HISTORY_H

#include "api/api.h"

MUST_CHECK err device_history_get(void *app, http_request *request, http_response *response);

#endif
