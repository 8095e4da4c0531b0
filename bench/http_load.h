/* A load on an HTTP server from one thread: keep-alive connections, each with one request under way, and as little work a request as can be, for it
 * takes place on the server's cores. */
#ifndef YIQIAN_BENCH_HTTP_LOAD_H
#define YIQIAN_BENCH_HTTP_LOAD_H

#include <stdint.h>

#include "base/bytes.h"

typedef struct http_load {
    unsigned port, connections, requests;
    const char *path, *content_type;
    const char *authorization; /* NULL: none */
    bytes body;                /* each connection sends a copy of its own; all are of this length */
    /* Makes the next request's body of this connection, in place. */
    void (*fill)(void *context, unsigned connection, uint8_t *body);
    /* Takes the answer's body; ends the program where it is not what was asked for. */
    void (*take)(void *context, unsigned connection, bytes answer);
    void *context;
} http_load;

typedef struct http_load_result {
    double seconds, p50_us, p99_us; /* from sending a request to its answer's last byte */
} http_load_result;

/* Ends the program where an answer is not a 200. */
http_load_result http_load_run(const http_load *load);

#endif
