/* A server with handlers that tell what they were given. */
#ifndef YIQIAN_TESTS_HTTP_SERVICE_H
#define YIQIAN_TESTS_HTTP_SERVICE_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"
#include "http/json.h"
#include "wire.h"

enum { SERVICE_BODY_MAX = 4096, SERVICE_LARGE_MAX = 8 * 1024 * 1024 };

static http_server *server;
static uint16_t port;

/* Handlers of /wait stay until the gate opens. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opens = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static atomic_uint waiting, handled;

static inline void gate_set(bool open)
{
    (void)pthread_mutex_lock(&gate_lock);
    gate_open = open;
    (void)pthread_cond_broadcast(&gate_opens);
    (void)pthread_mutex_unlock(&gate_lock);
}

/* A line for each thing a handler can see. */
static inline err handle_echo(void *app, http_request *request, http_response *response)
{
    const char *p0 = request->params[0], *p1 = request->params[1], *q = http_query(request, "q");
    const char *header = http_header(request, "X-Test");
    assert_string_equal(app, "the app");
    const char *text =
        arena_printf(request->arena,
                     "method=%s\npath=%s\nquery=%s\nq=%s\np0=%s\np1=%s\nunix=%d\nuid=%u\ntls=%d\nloopback=%d\norigin=%"
                     "s\nx-test=%s\nbody=%zu\n",
                     request->method, request->path, request->query, q ? q : "(none)", p0 ? p0 : "(none)",
                     p1 ? p1 : "(none)", request->unix_socket, request->uid, request->tls, request->loopback,
                     request->origin, header ? header : "(none)", request->body.n);
    *response = (http_response){.status = 200, .content_type = "text/plain", .body = bytes_of_text(text)};
    return ERR_OK;
}

static inline err handle_mirror(void *app, http_request *request, http_response *response)
{
    (void)app;
    *response = (http_response){.status = 200, .content_type = "application/octet-stream", .body = request->body};
    return ERR_OK;
}

/* The sum of the body's bytes, so that a large one need not come back. */
static inline err handle_sum(void *app, http_request *request, http_response *response)
{
    (void)app;
    uint64_t sum = 0;
    for (size_t i = 0; i < request->body.n; i++)
        sum = sum * 31 + request->body.p[i];
    const char *text = arena_printf(request->arena, "%zu %llu", request->body.n, (unsigned long long)sum);
    *response = (http_response){.status = 200, .content_type = "text/plain", .body = bytes_of_text(text)};
    return ERR_OK;
}

static inline err handle_wait(void *app, http_request *request, http_response *response)
{
    (void)app;
    (void)request;
    waiting++;
    (void)pthread_mutex_lock(&gate_lock);
    while (!gate_open)
        (void)pthread_cond_wait(&gate_opens, &gate_lock);
    (void)pthread_mutex_unlock(&gate_lock);
    *response = (http_response){.status = 200, .content_type = "text/plain", .body = bytes_of_text("waited")};
    return ERR_OK;
}

/* Handlers of /held hold their answer; the test releases them, in turn, or they themselves where the query says what with. */
enum { HELD_MAX = 16 };
static http_request *held[HELD_MAX];
static atomic_uint held_n;

static inline void refuse_held(void *context, http_request *request, http_response *response, err result)
{
    assert_string_equal(context, "held");
    assert_int_equal(response->status, 0);
    problem_respond(request->arena, response, result, NULL);
}

static inline err handle_held(void *app, http_request *request, http_response *response)
{
    (void)app;
    static char context[] = "held";
    const char *now = http_query(request, "now");
    http_hold(request, refuse_held, context);
    if (now)
        http_release(request, strcmp(now, "ok") == 0 ? ERR_OK : ERR_DISK_FULL);
    *response = (http_response){.status = 200, .content_type = "text/plain", .body = bytes_of_text("held")};
    if (!now) {
        held[held_n] = request; /* first this: the count tells the test */
        held_n++;
    }
    return ERR_OK;
}

static inline bool is_quick(const http_route *route)
{
    return strcmp(route->pattern, "/held") == 0;
}

static inline err handle_json(void *app, http_request *request, http_response *response)
{
    (void)app;
    fault f;
    json_t *document;
    fault_clear(&f);
    err e = json_body(request, &document, &f);
    if (e != ERR_OK)
        problem_respond(request->arena, response, e, &f);
    else
        e = json_respond(request->arena, response, 200, document);
    return ERR_OK;
}

static inline err handle_headers(void *app, http_request *request, http_response *response)
{
    (void)app;
    (void)request;
    *response = (http_response){.status = 201, .content_type = "text/css", .body = bytes_of_text("x")};
    response->headers[0].name = "Cache-Control";
    response->headers[0].value = "max-age=60";
    response->headers[1].name = "X-Bad";
    response->headers[1].value = "a\r\nX-Forged: 1";
    return ERR_OK;
}

static inline err handle_nothing(void *app, http_request *request, http_response *response)
{
    (void)app;
    (void)request;
    (void)response;
    return ERR_OK;
}

static inline err handle_empty(void *app, http_request *request, http_response *response)
{
    (void)app;
    (void)request;
    response->status = 204;
    return ERR_OK;
}

static const http_route service_routes[] = {
    {"GET", "/echo", 1, NULL, 0, handle_echo},
    {"GET", "/echo/{a}", 1, NULL, 0, handle_echo},
    {"POST", "/echo/{a}/x/{b}", 1, NULL, SERVICE_BODY_MAX, handle_echo},
    {"DELETE", "/echo/{a}", 1, NULL, 0, handle_echo},
    {"POST", "/mirror", 1, NULL, SERVICE_BODY_MAX, handle_mirror},
    {"POST", "/sum", 1, NULL, SERVICE_LARGE_MAX, handle_sum},
    {"POST", "/json", 1, NULL, SERVICE_BODY_MAX, handle_json},
    {"GET", "/wait", 1, NULL, 0, handle_wait},
    {"GET", "/held", 1, NULL, 0, handle_held},
    {"GET", "/headers", 1, NULL, 0, handle_headers},
    {"GET", "/nothing", 1, NULL, 0, handle_nothing},
    {"GET", "/empty", 1, NULL, 0, handle_empty},
};

static inline void service_dispatch(void *app, http_request *request, http_response *response)
{
    handled++;
    err e = request->route->handler(app, request, response);
    if (e != ERR_OK)
        problem_respond(request->arena, response, e, NULL);
}

static inline http_options service_options(void)
{
    static char app[] = "the app";
    return (http_options){.routes = service_routes,
                          .routes_n = sizeof service_routes / sizeof *service_routes,
                          .dispatch = service_dispatch,
                          .app = app,
                          .listen = "127.0.0.1:0",
                          .loops = 2,
                          .workers = 2,
                          .queue_max = 64,
                          .waiting_max = 64,
                          .connections_max = 256,
                          .request_seconds = 10,
                          .idle_seconds = 10};
}

static inline void service_start(const http_options *options)
{
    waiting = handled = held_n = 0;
    gate_set(false);
    assert_int_equal(http_start(&server, options), ERR_OK);
    port = http_port(server);
    assert_true(port > 0);
}

static inline int service_set_up(void **state)
{
    (void)state;
    http_options options = service_options();
    service_start(&options);
    return 0;
}

static inline int service_tear_down(void **state)
{
    (void)state;
    gate_set(true);
    http_stop(server);
    server = NULL;
    return 0;
}

#define SERVICE_TEST(f) cmocka_unit_test_setup_teardown(f, service_set_up, service_tear_down)

#endif
