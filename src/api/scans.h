/* Scanning (docs/spec/qr.md): what a device does with a code, signing by scan, enrolment by scan. */
#ifndef YIQIAN_API_SCANS_H
#define YIQIAN_API_SCANS_H

#include "api/api.h"
#include "service/scan_session.h"

/* Devices. */
MUST_CHECK err scans_by_device(void *app, http_request *request, http_response *response);
MUST_CHECK err scans_number(void *app, http_request *request, http_response *response);
MUST_CHECK err scans_decline(void *app, http_request *request, http_response *response);

/* Business systems: signing by scan. */
MUST_CHECK err scans_post(void *app, http_request *request, http_response *response);
MUST_CHECK err scans_get(void *app, http_request *request, http_response *response);
MUST_CHECK err scans_cancel(void *app, http_request *request, http_response *response);
MUST_CHECK err scans_code(void *app, http_request *request, http_response *response);

/* Enrolment: an operator's screen, and whoever scans it. */
MUST_CHECK err scans_enrol_post(void *app, http_request *request, http_response *response);
MUST_CHECK err scans_enrol_get(void *app, http_request *request, http_response *response);
MUST_CHECK err scans_enrol_cancel(void *app, http_request *request, http_response *response);
MUST_CHECK err scans_enrol_code(void *app, http_request *request, http_response *response);
MUST_CHECK err scans_enrol_use(void *app, http_request *request, http_response *response);

/* What sessions of all kinds tell who made them: state, reason, person, times. */
json_t *scans_session_json(const scan_session *s);

/* Whether ?wait goes on: the session is in the state that the caller knows or, where it names none, in one that is not the last. */
bool scans_as_known(const http_request *request, const scan_session *s);

/* The number for both screens as two digits; JSON null for none. */
json_t *scans_number_json(arena *a, const scan_session *s);

/* What a screen that is drawn each second needs: the code (null once it is scanned or over), the state, the number. */
MUST_CHECK err scans_code_respond(call *c, const scan_session *s, http_response *response);

#endif
