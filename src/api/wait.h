/* ?wait=SECONDS: a GET that answers as soon as there is something to say. */
#ifndef YIQIAN_API_WAIT_H
#define YIQIAN_API_WAIT_H

#include "api/api.h"

enum {
    API_WAIT_MAX = 60 /* seconds */,
    API_WAIT_WORKSTATION = 64 /* waiting requests of one workstation, one an authorisation */
};

/* Reads ?wait (0..60; none: 0; ERR_FIELD_VALUE). Where there is nothing to say yet and time is left, *waiting: the handler returns
 * ERR_OK at once without an answer, and runs again, from its beginning, when a topic is woken (call_wake with the same id) or
 * the time is over:
 *
 *     TRY(api_wait(c, request, nothing_yet, id, 1, &waiting));
 *     return waiting ? ERR_OK : json_respond(...);
 *
 * A device, a workstation and a business system may have so many waiting requests at once (api_waiting, API_WAIT_WORKSTATION), event streams among
 * them (ERR_RATE); ERR_BUSY: too many wait. */
MUST_CHECK err api_wait(call *c, http_request *request, bool nothing_yet, const uint8_t *topics, size_t n,
                        bool *waiting);

/* Waits ms for the topic, on behalf of the caller, whose waiting requests are limited as above. */
MUST_CHECK err api_wait_for(call *c, http_request *request, const uint8_t *topics, size_t n, int64_t ms);

#endif
