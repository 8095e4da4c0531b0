/* GET /v1/time, /v1/tsa/clock, /v1/tsa/clock/history: what the time is, and how that is known. */
#ifndef YIQIAN_API_TIME_H
#define YIQIAN_API_TIME_H

#include "http/http.h"

err time_get(void *app, http_request *request, http_response *response);
err time_clock(void *app, http_request *request, http_response *response);
err time_clock_history(void *app, http_request *request, http_response *response);

#endif
