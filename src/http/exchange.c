#include "http/exchange.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/problem.h"
#include "http/stream.h"
#include "os/clock.h"
#include "os/log.h"

enum {
    POOL_MAX = 256,
    WORK = 16 * 1024 * 1024, /* of an arena, beyond what depends on the body: a task's document, a long listing */
    SMALL_BODY = 256 * 1024, /* larger ones have an arena of their own */
    BODY_FACTOR = 6,         /* the body, what it outgrew (as much again), and what it is decoded to */
    SMALL_ARENA = WORK + BODY_FACTOR * SMALL_BODY,
    BODY_START = 64 * 1024 /* of a body's room; doubled as it fills, so that a promised length costs nothing */
};

struct exchange_pool {
    pthread_mutex_t lock;
    exchange *free;
    size_t free_n;
    size_t bodies_max;
    _Atomic size_t bodies; /* bytes of room for bodies */
    _Atomic size_t held;
};

err exchange_pool_create(exchange_pool **out, size_t bodies_max)
{
    exchange_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return ERR_MEMORY;
    pool->bodies_max = bodies_max;
    (void)pthread_mutex_init(&pool->lock, NULL);
    *out = pool;
    return ERR_OK;
}

static void exchange_free(exchange *x)
{
    arena_destroy(x->small);
    free(x);
}

void exchange_pool_destroy(exchange_pool *pool)
{
    if (!pool)
        return;
    while (pool->free) {
        exchange *x = pool->free;
        pool->free = x->next;
        exchange_free(x);
    }
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static exchange *from_pool(exchange_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    exchange *x = pool->free;
    if (x) {
        pool->free = x->next;
        pool->free_n--;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return x;
}

static exchange *exchange_create(exchange_pool *pool)
{
    exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->pool = pool;
    x->small = arena_create(SMALL_ARENA);
    if (!x->small) {
        free(x);
        return NULL;
    }
    return x;
}

exchange *exchange_take(exchange_pool *pool, connection *from, struct MHD_Connection *mhd, const char *target)
{
    exchange *x = from_pool(pool);
    if (!x)
        x = exchange_create(pool);
    if (!x)
        return NULL;
    fault_clear(&x->why);
    if (!x->small && !(x->small = arena_create(SMALL_ARENA))) {
        exchange_give_back(x);
        return NULL;
    }
    x->mhd = mhd;
    x->from = from;
    size_t n = strcspn(target, "?");
    x->request = (http_request){
        .arena = x->small,
        .path = arena_text(x->small, target, n),
        .query = target[n] ? arena_text(x->small, target + n + 1, strlen(target + n + 1)) : "",
        .unix_socket = from->unix_socket,
        .uid = from->uid,
        .loopback = from->loopback,
        .connection = x,
    };
    memcpy(x->request.origin, from->origin, sizeof x->request.origin);
    if (!x->request.path || !x->request.query) {
        exchange_give_back(x);
        return NULL;
    }
    return x;
}

void exchange_give_back(exchange *x)
{
    exchange_pool *pool = x->pool;
    if (x->response.file_end)
        x->response.file_end(x->response.file_context, x->whole && strcmp(x->request.method, "HEAD") != 0);
    atomic_fetch_sub_explicit(&pool->bodies, x->body_cap, memory_order_relaxed);
    if (x->answer)
        MHD_destroy_response(x->answer);
    arena_destroy(x->large);
    stream_destroy(x->stream);
    free(x->texts);
    if (x->small)
        arena_reset(x->small);
    arena *small = x->small;
    *x = (exchange){.pool = pool, .small = small};
    (void)pthread_mutex_lock(&pool->lock);
    bool keep = pool->free_n < POOL_MAX;
    if (keep) {
        x->next = pool->free;
        pool->free = x;
        pool->free_n++;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    if (!keep)
        exchange_free(x);
}

err exchange_expect_body(exchange *x, size_t body_max)
{
    if (body_max <= SMALL_BODY)
        return ERR_OK;
    if (body_max > (SIZE_MAX - WORK) / BODY_FACTOR)
        return ERR_CONFIG;
    x->large = arena_create(WORK + BODY_FACTOR * body_max);
    if (!x->large)
        return ERR_MEMORY;
    x->request.arena = x->large;
    return ERR_OK;
}

static err grow(exchange *x, size_t need)
{
    size_t cap = x->body_cap > 0 ? 2 * x->body_cap : BODY_START;
    if (x->body_size >= need && x->body_size < cap)
        cap = x->body_size;
    if (cap < need)
        cap = need;
    size_t more = cap - x->body_cap;
    bool fits = atomic_fetch_add_explicit(&x->pool->bodies, more, memory_order_relaxed) + more <= x->pool->bodies_max;
    uint8_t *room = fits ? arena_alloc(x->request.arena, cap) : NULL;
    if (!room) {
        atomic_fetch_sub_explicit(&x->pool->bodies, more, memory_order_relaxed);
        return fits ? ERR_MEMORY : ERR_BUSY;
    }
    if (x->body_n > 0)
        memcpy(room, x->body, x->body_n);
    x->body = room;
    x->body_cap = cap;
    return ERR_OK;
}

err exchange_append(exchange *x, const char *p, size_t n)
{
    size_t most = x->match.route->body_max;
    if (n > (most > 0 ? most : EXCHANGE_NO_BODY) - x->body_n)
        return ERR_BODY_TOO_LARGE;
    if (n > x->body_cap - x->body_n)
        TRY(grow(x, x->body_n + n));
    memcpy(x->body + x->body_n, p, n);
    x->body_n += n;
    return ERR_OK;
}

static void add_header(struct MHD_Response *answer, const char *name, const char *value)
{
    if (MHD_add_response_header(answer, name, value) == MHD_NO)
        log_write(LOG_ERROR, "http", "response header %s refused", name);
}

static void add_headers(exchange *x)
{
    x->status = (unsigned)x->response.status;
    bool cache_control = false;
    if (x->response.content_type)
        add_header(x->answer, "Content-Type", x->response.content_type);
    for (size_t i = 0; i < HTTP_HEADERS_OUT && x->response.headers[i].name; i++) {
        add_header(x->answer, x->response.headers[i].name, x->response.headers[i].value);
        cache_control = cache_control || strcasecmp(x->response.headers[i].name, "Cache-Control") == 0;
    }
    if (!cache_control)
        add_header(x->answer, "Cache-Control", "no-store");
    if (x->shared)
        add_header(x->answer, "Vary", "Origin");
    if (x->shared_with)
        add_header(x->answer, "Access-Control-Allow-Origin", x->shared_with);
    add_header(x->answer, "X-Content-Type-Options", "nosniff");
}

err exchange_make_stream(exchange *x, MHD_ContentReaderCallback read)
{
    enum { BLOCK = 1024 };
    x->answer = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read, x, NULL);
    if (!x->answer)
        return ERR_MEMORY;
    add_headers(x);
    return ERR_OK;
}

err exchange_begin_run(exchange *x)
{
    if (!x->small && !(x->small = arena_create(SMALL_ARENA)))
        return ERR_MEMORY;
    if (!x->request.arena)
        x->request.arena = x->small;
    uint64_t now = clock_monotonic_ns();
    if (x->began_ns == 0)
        x->began_ns = now;
    x->request.waited_ms = (int64_t)((now - x->began_ns) / 1000000);
    x->response = (http_response){0};
    x->wants_to_wait = false;
    return ERR_OK;
}

static const char *keep_aside(char **at, const char *text)
{
    size_t n = strlen(text) + 1;
    const char *kept = memcpy(*at, text, n);
    *at += n;
    return kept;
}

err exchange_shrink(exchange *x)
{
    http_request *r = &x->request;
    if (!x->texts) {
        size_t n = strlen(r->path) + strlen(r->query) + 2;
        for (size_t i = 0; i < HTTP_PARAMS && r->params[i]; i++)
            n += strlen(r->params[i]) + 1;
        char *at = x->texts = malloc(n);
        if (!at)
            return ERR_MEMORY;
        r->path = keep_aside(&at, r->path);
        r->query = keep_aside(&at, r->query);
        for (size_t i = 0; i < HTTP_PARAMS && r->params[i]; i++)
            r->params[i] = keep_aside(&at, r->params[i]);
    }
    arena_destroy(x->small);
    x->small = NULL;
    r->arena = NULL;
    x->response = (http_response){0};
    return ERR_OK;
}

void exchange_hold(exchange *x, http_refuse refuse, void *context)
{
    x->refuse = refuse;
    x->refuse_context = context;
    atomic_fetch_add_explicit(&x->pool->held, 1, memory_order_relaxed);
    atomic_store_explicit(&x->holds, 2, memory_order_relaxed);
}

bool exchange_let_go(exchange *x)
{
    return atomic_fetch_sub_explicit(&x->holds, 1, memory_order_acq_rel) == 1;
}

size_t exchange_pool_held(const exchange_pool *pool)
{
    return atomic_load_explicit(&pool->held, memory_order_acquire);
}

void exchange_released(exchange_pool *pool)
{
    atomic_fetch_sub_explicit(&pool->held, 1, memory_order_release);
}

uint64_t exchange_answer_size(const exchange *x)
{
    return x->response.has_file ? x->response.file_size : x->response.body.n;
}

err exchange_make_answer(exchange *x)
{
    if (x->answer) {
        MHD_destroy_response(x->answer);
        x->answer = NULL;
    }
    if (x->response.status < 200 || x->response.status > 599) {
        log_write(LOG_ERROR, "http", "%s %s: the handler set no status", x->request.method, x->request.path);
        problem_respond(x->request.arena, &x->response, ERR_INTERNAL, NULL);
    }
    /* The library reads the body where it is, and does not write to it. */
    x->answer = x->response.has_file
                    ? MHD_create_response_from_fd64(x->response.file_size, x->response.file)
                    : MHD_create_response_from_buffer(x->response.body.n, (void *)(uintptr_t)x->response.body.p,
                                                      MHD_RESPMEM_PERSISTENT);
    if (!x->answer)
        return ERR_MEMORY;
    add_headers(x);
    return ERR_OK;
}
