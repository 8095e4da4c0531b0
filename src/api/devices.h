/* The device API (docs/spec/device-api.md). */
#ifndef YIQIAN_API_DEVICES_H
#define YIQIAN_API_DEVICES_H

#include "api/api.h"
#include "service/device_key.h"
#include "service/task.h"

MUST_CHECK err devices_enrol(void *app, http_request *request, http_response *response);
MUST_CHECK err devices_keygen(void *app, http_request *request, http_response *response);
MUST_CHECK err devices_keys(void *app, http_request *request, http_response *response);
MUST_CHECK err devices_key_remove(void *app, http_request *request, http_response *response);
MUST_CHECK err devices_tasks(void *app, http_request *request, http_response *response);
MUST_CHECK err devices_document(void *app, http_request *request, http_response *response);
MUST_CHECK err devices_decline(void *app, http_request *request, http_response *response);
MUST_CHECK err devices_sign_request(void *app, http_request *request, http_response *response);
MUST_CHECK err devices_signatures(void *app, http_request *request, http_response *response);
MUST_CHECK err devices_sign_failure(void *app, http_request *request, http_response *response);

/* A task as a device, or a workstation for it, is told of it. */
json_t *devices_task_json(const task *t);

/* A key as its device is told of it. */
json_t *devices_key_json(call *c, const device_key_view *k);

#endif
