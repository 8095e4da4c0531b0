/* The agent's REST on the loopback address (docs/integration/agent.md). */
#ifndef YIQIAN_CMD_AGENT_API_H
#define YIQIAN_CMD_AGENT_API_H

#include <stdatomic.h>

#include "cmd/agent_book.h"
#include "cmd/agent_gate.h"

/* AGENT_CALLS: requests that may wait for the server at once; more are "busy". There are more workers than that, so what waits for nobody is
 * always answered. */
enum { AGENT_CALLS = 12, AGENT_WORKERS = 16 };

typedef struct agent {
    yq_workstation *workstation;
    yq_workstation_info info;
    agent_book *book;
    agent_gate gate;
    atomic_uint calls; /* under way to the server */
} agent;

extern const http_route agent_routes[];
extern const size_t agent_routes_n;

/* For http_options, with an agent as app. */
void agent_dispatch(void *app, http_request *request, http_response *response);

#endif
