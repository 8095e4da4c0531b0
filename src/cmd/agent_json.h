/* The agent's objects as JSON. */
#ifndef YIQIAN_CMD_AGENT_JSON_H
#define YIQIAN_CMD_AGENT_JSON_H

#include <jansson.h>

#include "yiqian/workstation.h"

/* "offered", "active", "closed", "expired", "exhausted". */
const char *agent_json_state(yq_authorisation_state state);

/* For everybody at the workstation: that somebody's is open, and nothing to use it with. {"name","until","count_left"} */
json_t *agent_json_open(const yq_authorisation_status *status);

json_t *agent_json_authorisation(const yq_authorisation_status *status);

#endif
