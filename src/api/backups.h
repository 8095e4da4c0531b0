/* Backups (docs/spec/backup.md): /v1/backups, /v1/backup-settings. */
#ifndef YIQIAN_API_BACKUPS_H
#define YIQIAN_API_BACKUPS_H

#include "api/api.h"

MUST_CHECK err backups_list(void *app, http_request *request, http_response *response);
MUST_CHECK err backups_post(void *app, http_request *request, http_response *response);
MUST_CHECK err backups_get(void *app, http_request *request, http_response *response);
MUST_CHECK err backups_delete(void *app, http_request *request, http_response *response);
MUST_CHECK err backups_permit(void *app, http_request *request, http_response *response);
MUST_CHECK err backups_file(void *app, http_request *request, http_response *response);
MUST_CHECK err backups_verify(void *app, http_request *request, http_response *response);

MUST_CHECK err backups_settings_get(void *app, http_request *request, http_response *response);
MUST_CHECK err backups_settings_put(void *app, http_request *request, http_response *response);

#endif
