/* The device's channel as server-sent events (docs/spec/device-api.md 4, The channel). */
#ifndef YIQIAN_API_DEVICE_EVENTS_H
#define YIQIAN_API_DEVICE_EVENTS_H

#include "api/api.h"

MUST_CHECK err device_events_get(void *app, http_request *request, http_response *response);

/* The last event of a stream: why it ends. */
void device_events_end(arena *a, http_response *response, err e);

#endif
