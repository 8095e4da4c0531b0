/* From a method and a path to a row of the route table: a tree of path segments, built once. A literal segment beats a {name}, and
 * that a last {name*}, which takes all that is left of the path: several segments, one, or none after the slash. */
#ifndef YIQIAN_HTTP_ROUTER_H
#define YIQIAN_HTTP_ROUTER_H

#include "http/http.h"

typedef struct router router;

/* The routes stay the caller's and must outlive the router. ERR_CONFIG (a bad or repeated row; the log names it), ERR_MEMORY.
 * Ownership: router_destroy; NULL is fine. */
MUST_CHECK err router_create(router **out, const http_route *routes, size_t n);
void router_destroy(router *r);

enum { ROUTER_ALLOW = 64 };

typedef struct router_match {
    const http_route *route;
    struct {
        const char *p; /* in the path, not decoded */
        size_t n;
    } params[HTTP_PARAMS];
    size_t params_n;
    char allow[ROUTER_ALLOW]; /* with ERR_METHOD: "GET, HEAD, POST" */
} router_match;

/* HEAD finds the rows of GET. ERR_ROUTE; ERR_METHOD (the path exists for other methods). Allocates nothing. */
MUST_CHECK err router_find(const router *r, const char *method, const char *path, router_match *out);

#endif
