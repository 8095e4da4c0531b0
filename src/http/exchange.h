/* One request and its answer, from the request line to the last byte sent; and a pool of them, so that the usual request
 * allocates nothing. An exchange belongs to its event loop, except between queue_push and the end of its handler. */
#ifndef YIQIAN_HTTP_EXCHANGE_H
#define YIQIAN_HTTP_EXCHANGE_H

#include <microhttpd.h>

#include "base/fault.h"
#include "http/connection.h"
#include "http/http.h"
#include "http/parking.h"
#include "http/router.h"

enum { EXCHANGE_NO_BODY = 16 }; /* bytes that come where a route takes no body: an empty object */

typedef struct exchange_pool exchange_pool;
typedef struct stream stream; /* http/stream.h */

typedef enum exchange_stage {
    EXCHANGE_HEADERS,   /* the request line is in */
    EXCHANGE_BODY,      /* the headers are in, the route is known */
    EXCHANGE_REFUSED,   /* will be answered with `refusal` when the request is whole */
    EXCHANGE_PREFLIGHT, /* a browser's question whether a page of another origin may ask: answered likewise, with yes */
    EXCHANGE_QUEUED,    /* a worker's, or parked */
    EXCHANGE_ANSWERED,  /* `answer` is ready */
    EXCHANGE_GONE       /* its client went away while it was parked */
} exchange_stage;

typedef struct exchange {
    struct exchange *next; /* in the pool */
    exchange_pool *pool;
    struct MHD_Connection *mhd;
    connection *from;
    http_request request;
    http_response response;
    exchange_stage stage;
    err refusal;
    fault why; /* of the refusal */
    router_match match;
    const char *shared_with; /* the origin whose pages may read the answer; NULL: no other's */
    bool shared;             /* the answer depends on the origin of who asks */
    bool chunked;            /* the client knows HTTP/1.1 */
    bool counted;            /* in loop.under_way */
    bool whole;              /* all of the answer was sent */
    bool closes;             /* answered before its body was read: nothing can follow on this connection */
    size_t body_size;        /* by Content-Length; 0 where it is not known */
    uint8_t *body;
    size_t body_n, body_cap, dropped;
    uint8_t no_body[EXCHANGE_NO_BODY]; /* what came where a route takes none: it outlives the arena */
    unsigned status; /* of the answer */
    struct MHD_Response *answer;
    arena *small, *large; /* large: only where the route takes a large body */
    /* Of one that waits or has waited. */
    parking *parking;
    parked wait;
    bool wants_to_wait; /* in this run */
    uint64_t began_ns;  /* its first run */
    uint64_t whole_ns;  /* when all of the request was in */
    char *texts;        /* path, query and parameters, where the arena was given up */
    stream *stream;     /* its answer, if that is one */
    /* Of one that is held (http_hold): whose word is still out, the worker's and the other's. */
    _Atomic unsigned holds;
    http_refuse refuse;
    void *refuse_context;
    err result;
} exchange;

/* The bodies of all exchanges of the pool together take at most bodies_max bytes. ERR_MEMORY. Ownership: exchange_pool_destroy, when every
 * exchange was given back; NULL is fine. */
MUST_CHECK err exchange_pool_create(exchange_pool **out, size_t bodies_max);
void exchange_pool_destroy(exchange_pool *pool);

/* An exchange for a request line with this target (path and query). NULL if memory is out. Ownership: exchange_give_back,
 * which wipes what it held. */
exchange *exchange_take(exchange_pool *pool, connection *from, struct MHD_Connection *mhd, const char *target);
void exchange_give_back(exchange *x);

/* Makes ready for a body of up to body_max bytes: what the request promises, or, where it does not say, what its route allows.
 * ERR_MEMORY. */
MUST_CHECK err exchange_expect_body(exchange *x, size_t body_max);


/* Appends to the body. ERR_BODY_TOO_LARGE (more than its route takes), ERR_MEMORY, ERR_BUSY (the bodies of all requests under way
 * take too much). */
MUST_CHECK err exchange_append(exchange *x, const char *p, size_t n);

/* The exchange stays suspended until exchange_let_go was called twice; the second call gives true, and nobody else has it then. */
void exchange_hold(exchange *x, http_refuse refuse, void *context);
bool exchange_let_go(exchange *x);
/* How many are held; what was let go counts until exchange_released. */
size_t exchange_pool_held(const exchange_pool *pool);
void exchange_released(exchange_pool *pool);

/* The bytes of the body in `response`, where that is a file, too. */
uint64_t exchange_answer_size(const exchange *x);

/* Makes `answer` from `response`. ERR_MEMORY. */
MUST_CHECK err exchange_make_answer(exchange *x);

/* The same, of a body that `read` gives. ERR_MEMORY. */
MUST_CHECK err exchange_make_stream(exchange *x, MHD_ContentReaderCallback read);

/* Before a run of its handler: an arena, an empty response. ERR_MEMORY. */
MUST_CHECK err exchange_begin_run(exchange *x);

/* Gives up the arena: what the request needs of it is kept aside. Only without a body. ERR_MEMORY: nothing was given up. */
MUST_CHECK err exchange_shrink(exchange *x);

#endif
