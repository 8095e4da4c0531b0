#include "http/http.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "http/loop.h"
#include "http/problem.h"
#include "http/stream.h"
#include "http/uri.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/socket.h"

enum {
    CONNECTION_MEMORY =
        16 * 1024, /* the library's, of a connection: its headers, and the buffer that a body passes through */
    LOCAL_CONNECTIONS_MAX = 64, /* of the Unix socket */
    RUNNING_SHARE = 4,          /* of the queue, as a divisor: what requests that waited may take of it at once */
    STOP_SECONDS = 5            /* for the last answers to be sent */
};

/* Between two looks whether all is done. */
static const struct timespec stop_step = {0, 2000000};

/* Of all request bodies under way. */
static const size_t bodies_max = (size_t)512 * 1024 * 1024;

typedef struct worker {
    pthread_t thread;
    http_server *server;
    queue *queue;
} worker;

struct http_server {
    http_options options;
    loop loop;
    struct MHD_Daemon *tcp, *local;
    char *unix_path;
    uint16_t port;
    worker *workers;
    unsigned workers_n;
};

/* As it came; NULL is a value, too. */
static bool header_of(const http_request *request, const char *name, const char **value, size_t *n)
{
    const exchange *x = request->connection;
    *value = NULL;
    for (const char *const *h = request->headers; h && h[0]; h += 2) {
        if (strcasecmp(h[0], name) != 0)
            continue;
        *value = h[1];
        *n = strlen(h[1]);
        return true;
    }
    return !request->headers && x &&
           MHD_lookup_connection_value_n(x->mhd, MHD_HEADER_KIND, name, strlen(name), value, n) != MHD_NO;
}

const char *http_header(const http_request *request, const char *name)
{
    const char *value;
    size_t n = 0;
    return header_of(request, name, &value, &n) && value && utf8_valid(value, n) ? value : NULL;
}

bool http_has_header(const http_request *request, const char *name)
{
    const char *value;
    size_t n = 0;
    return header_of(request, name, &value, &n);
}

const char *http_query(const http_request *request, const char *name)
{
    return uri_query(request->arena, request->query, name);
}

err http_wait(http_request *request, const http_waiting *waiting)
{
    exchange *x = request->connection;
    if ((request->body.n > 0 && request->body.p != x->no_body) || x->large)
        return ERR_ARG;
    TRY(parked_topics(&x->wait, waiting->topics, waiting->n));
    TRY(parking_admit(x->parking, &x->wait, waiting->owner, waiting->owner_max));
    x->wait.until_ns = clock_monotonic_ns() + (uint64_t)(waiting->ms > 0 ? waiting->ms : 0) * UINT64_C(1000000);
    x->wants_to_wait = true;
    return ERR_OK;
}

void http_wake(http_server *s, const uint8_t topic[16])
{
    parking_wake(s->loop.parking, topic);
}

static void make_answer(exchange *x)
{
    err e = exchange_make_answer(x);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "http", "%s %s: %s", x->request.method, x->request.path, err_code(e));
}

static void answer(exchange *x)
{
    make_answer(x);
    x->stage = EXCHANGE_ANSWERED;
    MHD_resume_connection(x->mhd);
}

/* Without a worker: the arena may have to be made again. */
static void answer_problem(exchange *x, err why)
{
    if (exchange_begin_run(x) == ERR_OK) {
        problem_respond(x->request.arena, &x->response, why, NULL);
        answer(x);
    } else {
        x->stage = EXCHANGE_GONE;
        MHD_resume_connection(x->mhd);
    }
}

/* parking_options.end: no handler runs for it again. */
static void end_parked(void *context, void *item, parking_end why)
{
    exchange *x = item;
    (void)context;
    if (x->stream) {
        stream_end(x, why == PARKING_GONE);
    } else if (why == PARKING_GONE) {
        x->stage = EXCHANGE_GONE;
        MHD_resume_connection(x->mhd);
    } else {
        answer_problem(x, ERR_BUSY);
    }
}

void http_hold(http_request *request, http_refuse refuse, void *context)
{
    exchange_hold(request->connection, refuse, context);
}

/* Has the answer leave if nothing holds it any more. It is made by the worker: whoever releases it has better things to do. */
static void let_go(exchange *x)
{
    if (!exchange_let_go(x))
        return;
    exchange_pool *pool = x->pool;
    if (x->result != ERR_OK) {
        x->response = (http_response){0};
        x->refuse(x->refuse_context, &x->request, &x->response, x->result);
        make_answer(x);
    }
    x->stage = EXCHANGE_ANSWERED;
    MHD_resume_connection(x->mhd);
    exchange_released(pool);
}

void http_release(http_request *request, err result)
{
    exchange *x = request->connection;
    x->result = result;
    let_go(x);
}

/* What the handler's run left: an answer, a piece of one, or the wish to wait. */
static void after_run(exchange *x)
{
    if (x->refuse) {
        make_answer(x);
        let_go(x);
    } else if (x->stream || x->response.stream)
        stream_advance(x);
    else if (!x->wants_to_wait || x->response.status != 0)
        answer(x);
    else if (exchange_shrink(x) == ERR_OK)
        parking_park(x->parking, &x->wait);
    else
        answer_problem(x, ERR_MEMORY);
}

static void run(http_server *s, exchange *x)
{
    x->wait.ticket = parking_ticket(s->loop.parking);
    bool ready = exchange_begin_run(x) == ERR_OK;
    if (ready) {
        s->options.dispatch(s->options.app, &x->request, &x->response);
        x->request.runs++;
    }
    parking_ran(s->loop.parking, &x->wait);
    if (ready)
        after_run(x);
    else
        end_parked(NULL, x, PARKING_GONE);
}

static void *work(void *arg)
{
    const worker *w = arg;
    (void)prctl(PR_SET_NAME, w->queue == w->server->loop.quick ? "http-quick" : "http-worker");
    for (exchange *x; (x = queue_take(w->queue)) != NULL;)
        run(w->server, x);
    return NULL;
}

static err start_workers_of(http_server *s, queue *q, unsigned n)
{
    for (unsigned end = s->workers_n + n; s->workers_n < end; s->workers_n++) {
        worker *w = &s->workers[s->workers_n];
        *w = (worker){.server = s, .queue = q};
        if (pthread_create(&w->thread, NULL, work, w) != 0)
            return ERR_MEMORY;
    }
    return ERR_OK;
}

static err start_workers(http_server *s)
{
    const http_options *o = &s->options;
    s->workers = calloc((size_t)o->workers + o->quick_workers, sizeof *s->workers);
    if (!s->workers)
        return ERR_MEMORY;
    TRY(start_workers_of(s, s->loop.queue, o->workers));
    return s->loop.quick ? start_workers_of(s, s->loop.quick, o->quick_workers) : ERR_OK;
}

static void library_says(void *arg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void library_says(void *arg, const char *format, va_list args)
{
    (void)arg;
    char text[256];
    int n = vsnprintf(text, sizeof text, format, args);
    if (n > 0)
        log_write(LOG_DEBUG, "http", "%.*s", (int)strcspn(text, "\n"), text);
}

enum { OPTIONS_MAX = 16 };

typedef struct option_list {
    struct MHD_OptionItem items[OPTIONS_MAX];
    size_t n;
} option_list;

static void option(option_list *list, enum MHD_OPTION name, intptr_t value, const void *pointer)
{
    list->items[list->n++] = (struct MHD_OptionItem){name, value, (void *)(uintptr_t)pointer};
}

static struct MHD_Daemon *start_daemon(http_server *s, int fd, unsigned flags, option_list *list)
{
    option(list, MHD_OPTION_END, 0, NULL);
    return MHD_start_daemon(flags | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
                            NULL, NULL, loop_request, &s->loop, MHD_OPTION_EXTERNAL_LOGGER, library_says, NULL,
                            MHD_OPTION_NOTIFY_COMPLETED, loop_completed, &s->loop, MHD_OPTION_NOTIFY_CONNECTION,
                            loop_connection, &s->loop, MHD_OPTION_URI_LOG_CALLBACK, loop_request_line, &s->loop,
                            MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                            MHD_OPTION_CONNECTION_TIMEOUT, s->options.idle_seconds, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                            MHD_OPTION_ARRAY, list->items, MHD_OPTION_END);
}

static void option_tls(option_list *list, const http_options *options)
{
    option(list, MHD_OPTION_HTTPS_MEM_KEY, 0, options->tls_key_pem);
    option(list, MHD_OPTION_HTTPS_MEM_CERT, 0, options->tls_cert_pem);
    option(list, MHD_OPTION_HTTPS_PRIORITIES, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
}

static err start_tcp(http_server *s)
{
    int fd;
    TRY(socket_listen_tcp(&fd, &s->port, s->options.listen));
    option_list list = {.n = 0};
    option(&list, MHD_OPTION_CONNECTION_LIMIT, (intptr_t)s->options.connections_max, NULL);
    option(&list, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)s->options.connections_per_address_max, NULL);
    if (s->options.loops > 1)
        option(&list, MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->options.loops, NULL);
    bool tls = s->loop.tls;
    if (tls)
        option_tls(&list, &s->options);
    s->tcp = start_daemon(s, fd, tls ? MHD_USE_TLS : 0, &list);
    if (s->tcp)
        return ERR_OK;
    (void)close(fd);
    log_write(LOG_ERROR, "http", tls ? "cannot start: check certificate and key" : "cannot start the event loops");
    return tls ? ERR_CONFIG : ERR_MEMORY;
}

static err start_local(http_server *s)
{
    if (!s->options.unix_path)
        return ERR_OK;
    s->unix_path = strdup(s->options.unix_path);
    if (!s->unix_path)
        return ERR_MEMORY;
    int fd;
    err e = socket_listen_unix(&fd, s->unix_path);
    if (e != ERR_OK) {
        free(s->unix_path); /* it is not ours to remove */
        s->unix_path = NULL;
        return e == ERR_EXISTS ? ERR_IO : e;
    }
    option_list list = {.n = 0};
    option(&list, MHD_OPTION_CONNECTION_LIMIT, LOCAL_CONNECTIONS_MAX, NULL);
    s->local = start_daemon(s, fd, 0, &list);
    if (s->local)
        return ERR_OK;
    (void)close(fd);
    return ERR_MEMORY;
}

static bool options_are_sound(const http_options *o)
{
    return o->dispatch && o->listen && o->loops > 0 && o->loops < LOOP_THREADS && o->workers > 0 && o->queue_max > 0 &&
           o->connections_max >= o->loops && o->request_seconds > 0 && o->idle_seconds > 0 &&
           !o->tls_cert_pem == !o->tls_key_pem && !o->is_quick == !o->quick_workers && (!o->origins || o->is_shared);
}

static err start_parking(http_server *s)
{
    unsigned share = s->options.queue_max / RUNNING_SHARE;
    const parking_options options = {.queue = s->loop.queue,
                                     .waiting_max = s->options.waiting_max,
                                     .running_max = share > 0 ? share : 1,
                                     .end = end_parked};
    return parking_create(&s->loop.parking, &options);
}

static err start(http_server *s)
{
    TRY(router_create(&s->loop.router, s->options.routes, s->options.routes_n));
    TRY(exchange_pool_create(&s->loop.pool, bodies_max));
    TRY(queue_create(&s->loop.queue, s->options.queue_max));
    if (s->options.is_quick)
        TRY(queue_create(&s->loop.quick, s->options.queue_max));
    TRY(start_parking(s));
    TRY(connection_set_create(&s->loop.connections));
    TRY(start_workers(s));
    TRY(start_local(s));
    return start_tcp(s);
}

err http_start(http_server **out, const http_options *options)
{
    if (!options_are_sound(options))
        return ERR_CONFIG;
    http_server *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    s->options = *options;
    s->loop.options = &s->options;
    s->loop.tls = options->tls_cert_pem != NULL;
    (void)pthread_mutex_init(&s->loop.threads_lock, NULL);
    /* Signals are for the thread that called; the new ones inherit this mask. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    err e = start(s);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (e != ERR_OK) {
        http_stop(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

/* The workers finish what is queued, and what is held is let go: no connection may be suspended when the library is stopped. */
static void stop_workers(http_server *s)
{
    if (s->loop.queue)
        queue_close(s->loop.queue);
    if (s->loop.quick)
        queue_close(s->loop.quick);
    for (unsigned i = 0; i < s->workers_n; i++)
        (void)pthread_join(s->workers[i].thread, NULL);
    while (s->loop.pool && exchange_pool_held(s->loop.pool) > 0)
        (void)nanosleep(&stop_step, NULL);
}

static void let_answers_leave(const http_server *s)
{
    uint64_t until = clock_monotonic_ns() + STOP_SECONDS * UINT64_C(1000000000);
    while (atomic_load_explicit(&s->loop.under_way, memory_order_acquire) > 0 && clock_monotonic_ns() < until)
        (void)nanosleep(&stop_step, NULL);
}

void http_stop(http_server *s)
{
    if (!s)
        return;
    parking_close(s->loop.parking);
    stop_workers(s);
    let_answers_leave(s);
    if (s->tcp)
        MHD_stop_daemon(s->tcp);
    if (s->local)
        MHD_stop_daemon(s->local);
    if (s->unix_path)
        (void)unlink(s->unix_path);
    free(s->unix_path);
    free(s->workers);
    parking_destroy(s->loop.parking);
    connection_set_destroy(s->loop.connections);
    exchange_pool_destroy(s->loop.pool);
    queue_destroy(s->loop.queue);
    queue_destroy(s->loop.quick);
    router_destroy(s->loop.router);
    (void)pthread_mutex_destroy(&s->loop.threads_lock);
    free(s);
}

uint16_t http_port(const http_server *s)
{
    return s->port;
}

void http_read_figures(http_server *s, http_figures *out)
{
    *out = (http_figures){.requests = atomic_load_explicit(&s->loop.requests, memory_order_relaxed),
                          .waiting = parking_waiting(s->loop.parking)};
    for (size_t i = 0; i < HTTP_ANSWER_CLASSES; i++)
        out->answers[i] = atomic_load_explicit(&s->loop.answers[i], memory_order_relaxed);
    histogram_read(&s->loop.latency, &out->latency);
    for (unsigned i = 0; i < s->workers_n; i++)
        out->workers_cpu_ns += clock_cpu_ns_of(s->workers[i].thread);
    (void)pthread_mutex_lock(&s->loop.threads_lock);
    for (size_t i = 0; i < s->loop.threads_n; i++)
        out->loops_cpu_ns += clock_cpu_ns_of(s->loop.threads[i]);
    (void)pthread_mutex_unlock(&s->loop.threads_lock);
}
