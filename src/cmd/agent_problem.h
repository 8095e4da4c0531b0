/* What the SDK and the server refused, as the agent's clients read it (problem+json). */
#ifndef YIQIAN_CMD_AGENT_PROBLEM_H
#define YIQIAN_CMD_AGENT_PROBLEM_H

#include "cmd/agent_gate.h"
#include "http/json.h"
#include "yiqian/device.h"

/* {"type","title","status","code",...}: the server's own where it refused. NULL if memory is out. */
json_t *agent_problem_json(yq_status status, const yq_problem *problem);

/* Answers with it. */
void agent_problem_respond(arena *a, http_response *response, yq_status status, const yq_problem *problem);

/* As problem_respond, with a hint for this workstation in the place of the server's. */
void agent_problem_refuse(arena *a, http_response *response, err e, const fault *f, const agent_gate_hint *hint);

#endif
