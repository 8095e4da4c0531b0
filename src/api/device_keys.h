/* What becomes of a device's key: refresh, freeze, lost, renewal (docs/spec/device-api.md 9 to 11, 13). */
#ifndef YIQIAN_API_DEVICE_KEYS_H
#define YIQIAN_API_DEVICE_KEYS_H

#include "api/api.h"

MUST_CHECK err device_keys_sid(void *app, http_request *request, http_response *response);
MUST_CHECK err device_keys_refresh_request(void *app, http_request *request, http_response *response);
MUST_CHECK err device_keys_renewal(void *app, http_request *request, http_response *response);
err device_keys_refresh_confirm(void *app, http_request *request, http_response *response);
MUST_CHECK err device_keys_others(void *app, http_request *request, http_response *response);
MUST_CHECK err device_keys_lost_by_device(void *app, http_request *request, http_response *response);
MUST_CHECK err device_keys_lost_of_user(void *app, http_request *request, http_response *response);
MUST_CHECK err device_keys_unlock(void *app, http_request *request, http_response *response);
MUST_CHECK err device_keys_freeze(void *app, http_request *request, http_response *response);
MUST_CHECK err device_keys_unfreeze(void *app, http_request *request, http_response *response);

#endif
