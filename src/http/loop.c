#include "http/loop.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>

#include "http/cors.h"
#include "http/forwarded.h"
#include "http/problem.h"
#include "http/uri.h"
#include "os/clock.h"

enum {
    TARGET_MAX = 4096,                 /* bytes of path and query */
    SEND_BYTES_PER_SECOND = 16 * 1024, /* who reads an answer more slowly is cut */
    DROPPED_MAX = 1024 * 1024          /* of a body over TLS that outgrew its route */
};

static void enter_thread(loop *l)
{
    static _Thread_local bool entered;
    if (entered)
        return;
    entered = true;
    (void)prctl(PR_SET_NAME, "http-loop");
    (void)pthread_mutex_lock(&l->threads_lock);
    if (l->threads_n < LOOP_THREADS)
        l->threads[l->threads_n++] = pthread_self();
    (void)pthread_mutex_unlock(&l->threads_lock);
}

void loop_connection(void *arg, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code)
{
    loop *l = arg;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*context)
            connection_remove(l->connections, *context);
        return;
    }
    enter_thread(l);
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *peer = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    *context = connection_add(l->connections, fd, peer, peer->sa_family == AF_UNIX, l->options->request_seconds);
}

void *loop_request_line(void *arg, const char *target, struct MHD_Connection *mhd)
{
    loop *l = arg;
    connection *from = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (!from)
        return NULL;
    from->linger = true;
    connection_hasten(from, l->options->request_seconds);
    return exchange_take(l->pool, from, mhd, target ? target : "");
}

static enum MHD_Result send_answer(loop *l, exchange *x)
{
    if (!x->stream)
        connection_allow(x->from, l->options->request_seconds + exchange_answer_size(x) / SEND_BYTES_PER_SECOND);
    return x->answer ? MHD_queue_response(x->mhd, x->status, x->answer) : MHD_NO;
}

static enum MHD_Result send_refusal(loop *l, exchange *x)
{
    problem_respond(x->request.arena, &x->response, x->refusal, &x->why);
    if (x->refusal == ERR_METHOD) {
        x->response.headers[0].name = "Allow";
        x->response.headers[0].value = x->match.allow;
    }
    return exchange_make_answer(x) == ERR_OK ? send_answer(l, x) : MHD_NO;
}

/* For the method that was asked about; the route's body may be JSON, and its caller have a session. */
static enum MHD_Result send_preflight(loop *l, exchange *x)
{
    http_response *r = &x->response;
    *r = (http_response){.status = 204};
    r->headers[0].name = "Access-Control-Allow-Methods";
    r->headers[0].value = x->match.route->method;
    r->headers[1].name = "Access-Control-Allow-Headers";
    r->headers[1].value = "Authorization, Content-Type";
    r->headers[2].name = "Access-Control-Max-Age";
    r->headers[2].value = arena_printf(x->request.arena, "%d", CORS_MAX_AGE);
    return exchange_make_answer(x) == ERR_OK ? send_answer(l, x) : MHD_NO;
}

/* The library takes no answer in the middle of a body. In clear, it is written past the library. */
static void refuse_on_socket(exchange *x)
{
    problem_respond(x->request.arena, &x->response, x->refusal, &x->why);
    const char *text = arena_printf(x->request.arena,
                                    "HTTP/1.1 %d Refused\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                                    "Cache-Control: no-store\r\nConnection: close\r\n\r\n%.*s",
                                    x->response.status, x->response.content_type, x->response.body.n,
                                    (int)x->response.body.n, (const char *)x->response.body.p);
    if (text)
        (void)send(x->from->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static const char *header_of(exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->mhd, MHD_HEADER_KIND, name);
}

/* Of a route that pages of other origins may use: whether this one may. */
static void share(const loop *l, exchange *x)
{
    const http_options *o = l->options;
    x->shared = o->origins && o->origins->n > 0 && o->is_shared(x->match.route);
    x->shared_with = x->shared ? cors_find(o->origins, header_of(x, "Origin")) : NULL;
}

/* Whether it is a preflight, and may be answered with yes. Every other OPTIONS is a method that no route has. */
static bool is_preflight(const loop *l, exchange *x)
{
    const char *asked = header_of(x, "Access-Control-Request-Method");
    if (strcmp(x->request.method, "OPTIONS") != 0 || !asked ||
        router_find(l->router, asked, x->request.path, &x->match) != ERR_OK)
        return false;
    share(l, x);
    if (x->shared_with && cors_headers_allowed(header_of(x, "Access-Control-Request-Headers")))
        return true;
    x->shared_with = NULL;
    return false;
}

typedef struct framing {
    unsigned lengths, encodings;
    const char *length, *encoding;
    arena *arena;
    const char *forwarded; /* all X-Forwarded-For; NULL: the memory is out */
} framing;

static enum MHD_Result see_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    framing *f = arg;
    (void)kind;
    if (strcasecmp(name, "Content-Length") == 0) {
        f->lengths++;
        f->length = value;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        f->encodings++;
        f->encoding = value;
    } else if (strcasecmp(name, "X-Forwarded-For") == 0 && f->forwarded) {
        f->forwarded = *f->forwarded ? arena_printf(f->arena, "%s,%s", f->forwarded, value ? value : "")
                       : value       ? value
                                     : "";
    }
    return MHD_YES;
}

/* RFC 9112 6.3: where the end of a request is in doubt, a proxy before us may see another one than we do. */
static err check_framing(const framing *f, fault *why)
{
    if (f->lengths > 1)
        return fault_set(why, ERR_ARG, "Content-Length is repeated");
    if (f->lengths > 0 && f->encodings > 0)
        return fault_set(why, ERR_ARG, "Content-Length beside Transfer-Encoding");
    if (f->encodings > 1 || (f->encodings == 1 && (!f->encoding || strcasecmp(f->encoding, "chunked") != 0)))
        return fault_set(why, ERR_ARG, "Transfer-Encoding other than chunked");
    return ERR_OK;
}

static err decode_target(exchange *x)
{
    for (size_t i = 0; i < x->match.params_n; i++) {
        char *value;
        err e = uri_decode(x->request.arena, &value, x->match.params[i].p, x->match.params[i].n, URI_PATH);
        if (e != ERR_OK)
            return fault_set(&x->why, e, "in the path");
        x->request.params[i] = value;
    }
    err e = uri_check_query(x->request.arena, x->request.query);
    return e == ERR_OK ? e : fault_set(&x->why, e, "in the query");
}

/* Clients that send JSON with everything send "{}" where there is nothing to say. Whatever it is, nobody here reads it. */
static err check_no_body(exchange *x)
{
    static const char space[] = " \t\r\n";
    size_t brackets = 0;
    for (size_t i = 0; i < x->body_n; i++) {
        if (brackets < 2 && x->body[i] == "{}"[brackets])
            brackets++;
        else if (!memchr(space, x->body[i], sizeof space - 1))
            brackets = 3;
    }
    return brackets == 0 || brackets == 2
               ? ERR_OK
               : fault_set(&x->why, ERR_ARG, "该接口不接受请求体：请去掉请求体，或发送 {} / it takes no body: send none, or {}");
}

static err admit(loop *l, exchange *x, const framing *f)
{
    TRY(check_framing(f, &x->why));
    if (!f->forwarded)
        return ERR_MEMORY;
    if (l->options->trusted_proxies && !x->from->unix_socket)
        forwarded_origin(x->request.origin, l->options->trusted_proxies, f->forwarded);
    if (strlen(x->request.path) + strlen(x->request.query) > TARGET_MAX)
        return fault_set(&x->why, ERR_LENGTH, "path and query: at most %d bytes", TARGET_MAX);
    TRY(router_find(l->router, x->request.method, x->request.path, &x->match));
    share(l, x);
    x->request.route = x->match.route;
    size_t body_max = x->match.route->body_max;
    if (body_max == 0 && (x->body_size > EXCHANGE_NO_BODY || f->encodings > 0))
        return fault_set(&x->why, ERR_ARG, "该接口不接受请求体 / it takes no body");
    if (x->body_size > body_max && body_max > 0)
        return fault_set(&x->why, ERR_BODY_TOO_LARGE, "at most %zu bytes", body_max);
    TRY(exchange_expect_body(x, f->encodings > 0 ? body_max : x->body_size));
    return decode_target(x);
}

static enum MHD_Result headers_are_in(loop *l, exchange *x, const char *method, const char *version)
{
    framing f = {.arena = x->request.arena, .forwarded = ""};
    (void)MHD_get_connection_values(x->mhd, MHD_HEADER_KIND, see_header, &f);
    x->request.method = method;
    x->chunked = strcmp(version, "HTTP/1.1") == 0;
    x->request.tls = l->tls && !x->from->unix_socket;
    x->body_size = f.length ? (size_t)strtoull(f.length, NULL, 10) : 0; /* the library checked that it is a number */
    if (x->body_size == 0 && f.encodings == 0 && is_preflight(l, x)) {
        x->stage = EXCHANGE_PREFLIGHT;
        return MHD_YES;
    }
    x->refusal = admit(l, x, &f);
    x->stage = x->refusal == ERR_OK ? EXCHANGE_BODY : EXCHANGE_REFUSED;
    /* An answer to the headers alone ends the connection; where no body comes, it can wait for the end of the request. */
    if (x->refusal == ERR_OK || (x->body_size == 0 && f.encodings == 0))
        return MHD_YES;
    x->closes = true;
    return send_refusal(l, x);
}

static enum MHD_Result body_comes(exchange *x, const char *p, size_t n)
{
    if (x->stage == EXCHANGE_BODY) {
        x->refusal = exchange_append(x, p, n);
        if (x->refusal == ERR_OK)
            return MHD_YES;
        x->stage = EXCHANGE_REFUSED;
        x->closes = true;
        if (!x->request.tls) {
            refuse_on_socket(x);
            return MHD_NO;
        }
    }
    x->dropped += n;
    return x->dropped <= DROPPED_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result request_is_whole(loop *l, exchange *x)
{
    queue *workers = l->quick && l->options->is_quick(x->request.route) ? l->quick : l->queue;
    x->refusal = x->match.route->body_max == 0 ? check_no_body(x) : ERR_OK;
    if (x->refusal == ERR_OK && !queue_reserve(workers))
        x->refusal = ERR_BUSY;
    if (x->refusal != ERR_OK)
        return send_refusal(l, x);
    x->request.body = x->body ? bytes_of(x->body, x->body_n) : bytes_of_text("");
    if (x->body && x->match.route->body_max == 0) {
        memcpy(x->no_body, x->body, x->body_n);
        x->request.body.p = x->no_body;
    }
    x->stage = EXCHANGE_QUEUED;
    x->whole_ns = clock_monotonic_ns();
    x->parking = l->parking;
    x->wait.item = x;
    x->wait.fd = x->from->fd;
    x->counted = true;
    connection_wait_for_us(x->from);
    atomic_fetch_add_explicit(&l->under_way, 1, memory_order_relaxed);
    /* In this order: a worker may be done before this function is. */
    MHD_suspend_connection(x->mhd);
    queue_push(workers, x);
    return MHD_YES;
}

enum MHD_Result loop_request(void *arg, struct MHD_Connection *mhd, const char *url, const char *method,
                             const char *version, const char *data, size_t *data_n, void **context)
{
    loop *l = arg;
    exchange *x = *context;
    (void)mhd;
    (void)url;
    if (!x)
        return MHD_NO;
    if (*data_n > 0) {
        size_t n = *data_n;
        *data_n = 0;
        return body_comes(x, data, n);
    }
    switch (x->stage) {
    case EXCHANGE_HEADERS:
        return headers_are_in(l, x, method, version);
    case EXCHANGE_BODY:
        return request_is_whole(l, x);
    case EXCHANGE_REFUSED:
        return send_refusal(l, x);
    case EXCHANGE_PREFLIGHT:
        return send_preflight(l, x);
    case EXCHANGE_ANSWERED:
        return send_answer(l, x);
    case EXCHANGE_QUEUED: /* suspended: not called */
    case EXCHANGE_GONE:
        break;
    }
    return MHD_NO;
}

/* Of requests that never waited for something to happen: how long those that did were answered in says nothing of the server. */
static void count_answer(loop *l, const exchange *x)
{
    enum { HUNDRED = 100, US = 1000 };
    unsigned class = x->status / HUNDRED;
    if (class < 1 || class > HTTP_ANSWER_CLASSES)
        return;
    atomic_fetch_add_explicit(&l->answers[class - 1], 1, memory_order_relaxed);
    if (x->whole_ns != 0 && !x->stream && x->request.runs <= 1)
        histogram_add(&l->latency, (clock_monotonic_ns() - x->whole_ns) / US);
}

void loop_completed(void *arg, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
    loop *l = arg;
    exchange *x = *context;
    (void)mhd;
    if (!x)
        return;
    *context = NULL;
    x->whole = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    x->from->linger = x->closes || !x->whole;
    connection_allow(x->from, (uint64_t)l->options->idle_seconds + l->options->request_seconds);
    bool counted = x->counted;
    count_answer(l, x);
    parking_leave(l->parking, &x->wait);
    exchange_give_back(x);
    atomic_fetch_add_explicit(&l->requests, 1, memory_order_relaxed);
    if (counted)
        atomic_fetch_sub_explicit(&l->under_way, 1, memory_order_release);
}
