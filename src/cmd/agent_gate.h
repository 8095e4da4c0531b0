/* Who may talk to the agent: it listens on this machine only, but every page in the machine's browsers can reach it there. */
#ifndef YIQIAN_CMD_AGENT_GATE_H
#define YIQIAN_CMD_AGENT_GATE_H

#include <stdint.h>

#include "base/fault.h"
#include "cmd/options.h"
#include "http/http.h"

enum { AGENT_TOKEN = 64 /* hex digits */ };

/* Names the secret that goes with an authorisation's id. */
#define AGENT_HANDLE_HEADER "Authorisation-Handle"

typedef struct agent_gate {
    const char *host; /* that it listens on, without the port: "127.0.0.1", "[::1]" */
    uint16_t port;
    option_list origins; /* "http://127.0.0.1:8980": pages that may call */
    bool always_token;   /* a page must send the token too */
    const char *token_file;
    char token[AGENT_TOKEN + 1];
} agent_gate;

/* What to do about a refusal at this workstation. */
typedef struct agent_gate_hint {
    const char *zh, *en;
} agent_gate_hint;

/* An origin as browsers write it: scheme, host, port where it is not the scheme's own, nothing behind. */
bool agent_gate_origin_valid(const char *origin);

/* ERR_OK; ERR_FORBIDDEN (the Host is not this machine's: a name that somebody points here; or a page of another origin),
 * ERR_UNAUTHENTICATED (no page, and not the token). */
MUST_CHECK err agent_gate_check(const agent_gate *gate, const http_request *request, fault *f);

/* For an error of agent_gate_check: what whoever set the agent up has to do, in the arena. False for other errors. */
bool agent_gate_explain(const agent_gate *gate, err e, const fault *f, arena *a, agent_gate_hint *out);

/* What a browser needs to hand the answer to the page: nothing where there was no Origin that may call. */
void agent_gate_headers(const agent_gate *gate, const http_request *request, http_response *response);

/* The answer to a browser that asks before it sends (CORS, Private Network Access). */
MUST_CHECK err agent_gate_preflight(const agent_gate *gate, const http_request *request, http_response *response);

#endif
