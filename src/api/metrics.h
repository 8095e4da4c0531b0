/* What Prometheus scrapes: /metrics, text format 0.0.4. */
#ifndef YIQIAN_API_METRICS_H
#define YIQIAN_API_METRICS_H

#include "api/api.h"

MUST_CHECK err metrics_get(void *app, http_request *request, http_response *response);

/* For monitor_set_requests: the server of an api that is given by its address. */
struct monitor_requests;
void metrics_read_requests(void *server, struct monitor_requests *out);

#endif
