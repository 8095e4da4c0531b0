/* Outbound HTTP, over libcurl: no redirects, no proxy from the environment, http and https only. A client keeps its connections
 * open between requests; it is used by one thread at a time. */
#ifndef YIQIAN_OS_CLIENT_H
#define YIQIAN_OS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

typedef struct client client;

/* ERR_MEMORY. Ownership: client_destroy; NULL is fine. */
MUST_CHECK err client_create(client **out);
void client_destroy(client *c);

typedef struct client_request {
    const char *method; /* "GET", "POST" ... */
    const char *url;
    const char *unix_path;      /* connects to this Unix socket instead of the URL's host; NULL for none */
    const char *const *headers; /* "Name: value" */
    size_t headers_n;
    bytes body;
    uint32_t timeout_ms; /* for all of it; over 0 */
    size_t response_max; /* bytes of the response's body */
    const char *ca_file; /* PEM of the trusted roots instead of the system's; NULL for those */
    /* Takes the body of an answer whose status is 2xx piece by piece, and response_max does not count: for large ones. An error ends it. NULL: none. */
    err (*sink)(void *context, const void *p, size_t n);
    void *sink_context;
} client_request;

enum { CLIENT_MESSAGE = 256 };

typedef struct client_response {
    int status;
    const char *content_type; /* "" for none */
    bytes body;               /* a NUL stands after its last byte */
    int retry_after;          /* seconds; -1 for none */
} client_response;

/* Sends a request and reads the whole response, whatever its status, into the arena. message (CLIENT_MESSAGE bytes) says in words what
 * went wrong, "" if nothing did. ERR_ARG (bad URL, scheme or header), ERR_TRANSPORT (no connection, untrusted certificate, too slow),
 * ERR_LIMIT (the body is longer than response_max), ERR_MEMORY. */
MUST_CHECK err client_send(client *c, arena *a, const client_request *request, client_response *out,
                           char message[CLIENT_MESSAGE]);

#endif
