/* Signing tasks by their ids under an authorisation. */
#ifndef YIQIAN_CMD_AGENT_SIGN_H
#define YIQIAN_CMD_AGENT_SIGN_H

#include "http/json.h"
#include "yiqian/workstation.h"

/* Finds the n tasks (1..YQ_SIGN_MAX, ids of 16 bytes, none twice) among those that can be signed now, signs them in one request, and gives one
 * result each, in the order asked for: {"task","status":"signed","signature","signed_at"} or {"task","status":"refused","problem"}. A
 * task that stops the request is left out and the others are signed without it. Not YQ_OK: nothing could be begun, problem says why. */
YQ_MUST_CHECK yq_status agent_sign(arena *a, yq_authorisation *handle, const uint8_t (*ids)[16], size_t n,
                                   json_t **results, yq_problem *problem);

#endif
