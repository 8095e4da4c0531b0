#include "http/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/log.h"

enum { SEGMENTS = 16 };

typedef struct segment {
    const char *p;
    size_t n;
} segment;

typedef struct node {
    segment text;         /* in the route's pattern */
    struct node *sibling; /* the next literal beside this one */
    struct node *literals, *param, *rest;
    const http_route *const *routes; /* those that end here, one a method */
    size_t routes_n;
} node;

/* Nodes and the routes that end at them come from two blocks, sized for the whole table. */
struct router {
    node *nodes;
    size_t nodes_n;
    const http_route **ends;
    size_t ends_n;
};

/* Splits "/a/b" into its segments. False: not a path, or more segments than any route could have. */
static bool split(segment out[SEGMENTS], size_t *n, const char *path)
{
    *n = 0;
    while (*path == '/') {
        path++;
        if (*n == SEGMENTS)
            return false;
        size_t length = strcspn(path, "/");
        out[(*n)++] = (segment){path, length};
        path += length;
    }
    return *n > 0 && *path == 0;
}

static bool is_param(segment s)
{
    return s.n > 2 && s.p[0] == '{' && s.p[s.n - 1] == '}';
}

/* "{path*}": all that is left of the path, with its slashes, or nothing of it. */
static bool is_rest(segment s)
{
    return is_param(s) && s.p[s.n - 2] == '*';
}

static bool same(segment a, segment b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static node *child_of(router *r, node *parent, segment s)
{
    if (is_param(s)) {
        node **child = is_rest(s) ? &parent->rest : &parent->param;
        if (!*child) {
            *child = &r->nodes[r->nodes_n++];
            (*child)->text = s;
        }
        return *child;
    }
    for (node *at = parent->literals; at; at = at->sibling)
        if (same(at->text, s))
            return at;
    node *fresh = &r->nodes[r->nodes_n++];
    fresh->text = s;
    fresh->sibling = parent->literals;
    parent->literals = fresh;
    return fresh;
}

static bool params_fit(const segment *segments, size_t n)
{
    size_t params = 0;
    for (size_t i = 0; i < n; i++) {
        if (is_rest(segments[i]) && i + 1 < n)
            return false;
        params += is_param(segments[i]);
    }
    return params <= HTTP_PARAMS;
}

/* The node at which the pattern ends; NULL for a bad pattern. */
static node *end_of(router *r, const char *pattern)
{
    segment segments[SEGMENTS];
    size_t n;
    if (!split(segments, &n, pattern) || !params_fit(segments, n))
        return NULL;
    node *at = &r->nodes[0];
    for (size_t i = 0; i < n; i++)
        at = child_of(r, at, segments[i]);
    return at;
}

static const http_route *route_for(const node *end, const char *method)
{
    for (size_t i = 0; i < end->routes_n; i++)
        if (strcmp(end->routes[i]->method, method) == 0)
            return end->routes[i];
    return NULL;
}

/* Gathers the rows that end where row `first` does, unless an earlier row did so already. */
static bool gather(router *r, const http_route *routes, size_t n, size_t first)
{
    node *end = end_of(r, routes[first].pattern);
    if (!end || !routes[first].method || !routes[first].handler)
        return false;
    if (end->routes_n > 0)
        return true;
    const http_route **rows = r->ends + r->ends_n;
    end->routes = rows;
    for (size_t i = first; i < n; i++) {
        if (end_of(r, routes[i].pattern) != end)
            continue;
        if (!routes[i].method || route_for(end, routes[i].method))
            return false;
        rows[end->routes_n++] = &routes[i];
    }
    r->ends_n += end->routes_n;
    return true;
}

static size_t nodes_needed(const http_route *routes, size_t n)
{
    size_t needed = 1;
    for (size_t i = 0; i < n; i++)
        for (const char *c = routes[i].pattern; *c; c++)
            needed += *c == '/';
    return needed;
}

err router_create(router **out, const http_route *routes, size_t n)
{
    router *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_MEMORY;
    err e = ERR_OK;
    r->nodes = calloc(nodes_needed(routes, n), sizeof *r->nodes);
    r->nodes_n = 1;
    r->ends = calloc(n + 1, sizeof *r->ends);
    if (!r->nodes || !r->ends)
        e = ERR_MEMORY;
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        if (!gather(r, routes, n, i)) {
            log_write(LOG_ERROR, "http", "route %s %s: bad or repeated", routes[i].method ? routes[i].method : "?",
                      routes[i].pattern);
            e = ERR_CONFIG;
        }
    }
    if (e != ERR_OK) {
        router_destroy(r);
        return e;
    }
    *out = r;
    return ERR_OK;
}

void router_destroy(router *r)
{
    if (!r)
        return;
    free(r->nodes);
    free(r->ends);
    free(r);
}

typedef struct search {
    const char *method;
    const segment *segments;
    size_t n;
    router_match *out;
    size_t allow_n;
} search;

static void allow_method(search *s, const char *method)
{
    size_t room = ROUTER_ALLOW - s->allow_n;
    int n = snprintf(s->out->allow + s->allow_n, room, "%s%s", s->allow_n > 0 ? ", " : "", method);
    if (n > 0 && (size_t)n < room)
        s->allow_n += (size_t)n;
    else
        s->out->allow[s->allow_n] = 0;
}

static bool arrived(search *s, const node *end)
{
    s->out->route = route_for(end, s->method);
    if (s->out->route)
        return true;
    for (size_t i = 0; i < end->routes_n; i++) {
        allow_method(s, end->routes[i]->method);
        if (strcmp(end->routes[i]->method, "GET") == 0)
            allow_method(s, "HEAD");
    }
    return false;
}

static void set_param(search *s, size_t index, const char *p, size_t n)
{
    s->out->params[index].p = p;
    s->out->params[index].n = n;
}

static bool take_rest(search *s, const node *rest, segment from, size_t params)
{
    segment last = s->segments[s->n - 1];
    set_param(s, params, from.p, (size_t)(last.p - from.p) + last.n);
    s->out->params_n = params + 1;
    return arrived(s, rest);
}

/* Depth is bounded by SEGMENTS; at each level one literal, the parameter and the rest are tried, in this order. */
static bool descend(search *s, const node *at, size_t depth, size_t params)
{
    if (depth == s->n) {
        s->out->params_n = params;
        return arrived(s, at);
    }
    segment here = s->segments[depth];
    for (const node *child = at->literals; child; child = child->sibling)
        if (same(child->text, here) && descend(s, child, depth + 1, params))
            return true;
    if (at->param && here.n > 0) {
        set_param(s, params, here.p, here.n);
        if (descend(s, at->param, depth + 1, params + 1))
            return true;
    }
    return at->rest && take_rest(s, at->rest, here, params);
}

err router_find(const router *r, const char *method, const char *path, router_match *out)
{
    segment segments[SEGMENTS];
    search s = {.method = strcmp(method, "HEAD") == 0 ? "GET" : method, .segments = segments, .out = out};
    out->route = NULL;
    out->params_n = 0;
    out->allow[0] = 0;
    if (!split(segments, &s.n, path))
        return ERR_ROUTE;
    if (descend(&s, &r->nodes[0], 0, 0))
        return ERR_OK;
    return s.allow_n > 0 ? ERR_METHOD : ERR_ROUTE;
}
