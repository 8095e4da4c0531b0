#include "api/wait.h"

#include <stdlib.h>
#include <string.h>

err api_wait_for(call *c, http_request *request, const uint8_t *topics, size_t n, int64_t ms)
{
    const api_call *ac = (const api_call *)c; /* a handler's call is the head of its api_call */
    const http_waiting waiting = {.topics = topics,
                                  .n = n,
                                  .ms = ms,
                                  .owner = c->actor_id,
                                  .owner_max = c->actor == ACTOR_DEVICE        ? ac->limits.per_device
                                               : c->actor == ACTOR_WORKSTATION ? API_WAIT_WORKSTATION
                                                                               : ac->limits.per_system};
    return http_wait(request, &waiting);
}

err api_wait(call *c, http_request *request, bool nothing_yet, const uint8_t *topics, size_t n, bool *waiting)
{
    const char *text = http_query(request, "wait");
    *waiting = false;
    if (!text)
        return ERR_OK;
    size_t digits = strspn(text, "0123456789");
    long seconds = digits > 0 && digits <= 2 && !text[digits] ? strtol(text, NULL, 10) : -1;
    if (seconds < 0 || seconds > API_WAIT_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "wait");
    int64_t left = (int64_t)seconds * 1000 - request->waited_ms;
    if (!nothing_yet || left <= 0)
        return ERR_OK;
    TRY(api_wait_for(c, request, topics, n, left));
    *waiting = true;
    return ERR_OK;
}
