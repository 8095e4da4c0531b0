/* The HTTP server: libmicrohttpd behind an interface of rows and handlers. Connections are read by event loops; a request
 * that is whole waits in a bounded queue for one of the workers, which runs its handler from top to bottom (a handler may
 * block on the database) and answers. Limits on everything: connections, per address, header and body bytes, time for a
 * request to arrive, requests waiting. */
#ifndef YIQIAN_HTTP_HTTP_H
#define YIQIAN_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum { HTTP_PARAMS = 4, HTTP_HEADERS_OUT = 8 };

typedef struct http_route http_route;

/* A request as a handler sees it. All memory is the request's arena's. */
typedef struct http_request {
    arena *arena;
    const http_route *route;
    const char *method;              /* "GET" ... */
    const char *path;                /* as received, not decoded, without the query */
    const char *query;               /* as received, without '?'; "" where there is none */
    const char *params[HTTP_PARAMS]; /* the path's {name} parts, in order, decoded; NULL after the last */
    bytes body;
    bool unix_socket; /* came over the Unix socket; then uid is the peer's */
    uint32_t uid;
    bool tls, loopback;
    char origin[64];  /* the peer's address, or "unix" */
    void *connection; /* of http.c */
} http_request;

/* A header of the request (name without regard to case); NULL where there is none or its value is not UTF-8. */
const char *http_header(const http_request *request, const char *name);
/* A query argument, decoded; NULL where there is none. */
const char *http_query(const http_request *request, const char *name);

typedef struct http_response {
    int status;
    const char *content_type;
    bytes body; /* the arena's, or static */
    struct {
        const char *name, *value;
    } headers[HTTP_HEADERS_OUT]; /* up to the first NULL name */
} http_response;

/* A row of the route table. Every column is meant: there is no default. */
typedef err (*http_handler)(void *app, http_request *request, http_response *response);
struct http_route {
    const char *method;
    const char *pattern;     /* "/v1/tasks/{id}" */
    uint32_t who;            /* who may call: bits that the application defines */
    const char *audit_event; /* NULL: the call is not an act and leaves no audit row */
    size_t body_max;         /* bytes; 0: no body */
    http_handler handler;
};

/* What the application makes of a routed request: authenticates by route->who, runs route->handler, turns an error into an
 * answer. Runs on a worker. */
typedef void (*http_dispatch)(void *app, http_request *request, http_response *response);

typedef struct http_options {
    const http_route *routes;
    size_t routes_n;
    http_dispatch dispatch;
    void *app;
    const char *listen;                     /* "127.0.0.1:8970", "[::]:8970"; port 0 takes a free one */
    const char *unix_path;                  /* Unix socket (0600), NULL for none */
    const char *tls_cert_pem, *tls_key_pem; /* the PEM texts; NULL: clear */
    unsigned loops;                         /* event-loop threads */
    unsigned workers;                       /* handler threads */
    unsigned queue_max;                     /* requests waiting for a worker; more are answered 503 "busy" */
    unsigned connections_max, connections_per_address_max; /* 0 for the second: no limit of its own */
    /* For a request to arrive: from the connection or, on one that was kept, from its request line. */
    unsigned request_seconds;
    /* Without a byte on a connection that is kept; its next request line then has request_seconds. */
    unsigned idle_seconds;
} http_options;

typedef struct http_server http_server;

/* Starts listening. ERR_CONFIG (address, certificate), ERR_IO (address in use), ERR_MEMORY. Ownership: http_stop, which waits
 * for the requests under way, answers none new, and frees. NULL is fine. */
MUST_CHECK err http_start(http_server **out, const http_options *options);
void http_stop(http_server *server);

/* The port that was taken. */
uint16_t http_port(const http_server *server);

/* Figures since the start: requests answered, CPU of event loops and of workers (nanoseconds). */
typedef struct http_figures {
    uint64_t requests, loops_cpu_ns, workers_cpu_ns;
} http_figures;
void http_read_figures(http_server *server, http_figures *out);

#endif
