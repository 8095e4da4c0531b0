/* The socket transport of timestamps (GM/T 0033-2014 8.3, RFC 3161 3.3) as a client. */
#ifndef YIQIAN_HTTP_FRAME_CLIENT_H
#define YIQIAN_HTTP_FRAME_CLIENT_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

typedef struct frame_request {
    const char *address; /* "host:port", "[address]:port" */
    bool tls;
    const char *ca_file; /* PEM of the trusted roots instead of the system's; NULL for those */
    bytes message;       /* a TimeStampReq, not looked into */
    size_t answer_max;   /* bytes */
    uint32_t timeout_ms; /* for all of it, polling too */
} frame_request;

/* Sends the request, polls while the server asks for it, and gives the final answer (finalMsgRep; or tsaMsg, with which some servers
 * answer), not looked into, in the arena. *why, in the arena: what the server said (errorMsgRep), or what is wrong with it; "" for nothing.
 * ERR_CONFIG (address, or ca_file), ERR_TRANSPORT, ERR_TIMEOUT, ERR_REMOTE (it refused, or what it sent is no such protocol's), ERR_MEMORY. */
MUST_CHECK err frame_exchange(arena *a, const frame_request *request, bytes *answer, const char **why);

#endif
