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
#include "base/histogram.h"

enum { HTTP_PARAMS = 4, HTTP_HEADERS_OUT = 12, HTTP_KEPT = 64, HTTP_TOPICS_MAX = 128 };

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
    char origin[64]; /* the client's address, behind proxies that are trusted (http_options) too; or "unix" */
    /* Of a request that waits (http_wait): how often its handler ran before, how long ago it arrived, whether its answer, a stream,
     * has begun, and what the handler keeps from run to run (zeros at first). */
    unsigned runs;
    int64_t waited_ms;
    bool streaming;
    uint8_t kept[HTTP_KEPT];
    void *connection; /* of http.c */
    /* Of a request that came over no connection of its own: names and values, up to a NULL; NULL: the connection's. */
    const char *const *headers;
} http_request;

/* A header of the request (name without regard to case); NULL where there is none or its value is not UTF-8. */
const char *http_header(const http_request *request, const char *name);
/* Whether it has the header, whatever its value is. */
bool http_has_header(const http_request *request, const char *name);
/* A query argument, decoded; NULL where there is none. */
const char *http_query(const http_request *request, const char *name);

typedef struct http_response {
    int status;
    const char *content_type;
    bytes body; /* the arena's, or static */
    struct {
        const char *name, *value;
    } headers[HTTP_HEADERS_OUT]; /* up to the first NULL name */
    bool stream;                 /* the answer is a stream, and body its next bytes: http_wait */
    bool has_file;               /* the body is an open file, from its beginning; it is closed for the handler */
    int file;
    uint64_t file_size;
    /* Of a file, NULL for nobody: told once, when the answer is over, whether all of it was sent. On the loop's thread: it must not block. */
    void (*file_end)(void *context, bool whole);
    void *file_context;
} http_response;

/* What a request waits for. */
typedef struct http_waiting {
    const uint8_t *topics; /* n ids of 16 bytes, 1..HTTP_TOPICS_MAX */
    size_t n;
    int64_t ms;           /* at most */
    const uint8_t *owner; /* 16 bytes: whose waiting requests are counted together */
    unsigned owner_max;   /* 0: no limit of its own */
} http_waiting;

/* "Not yet": has the handler run again, from its beginning and with the same request, when one of the topics is woken (http_wake) or the
 * time is over. A wake since the beginning of this run counts. The handler then returns ERR_OK without a status; meanwhile the request
 * holds no worker and none of its arena. Only requests without a body can wait. A client that goes away is noticed within seconds.
 *
 * With response->stream the answer goes out piece by piece: each run gives status, headers (the first alone), the bytes that are to be
 * sent now, and calls http_wait for the next; a run that does not call it, or fails, ends the stream after its bytes. A client
 * that does not take the bytes in time is cut; there is no next run before it took them.
 *
 * ERR_ARG (topics, a body), ERR_BUSY (too many wait), ERR_RATE (too many of this owner's), ERR_MEMORY. */
MUST_CHECK err http_wait(http_request *request, const http_waiting *waiting);

/* "Not before": the handler has an answer that may leave only when something that goes on without it, a commit, has come to its end. It calls
 * http_hold, hands that on and returns as usual, and its worker is free. Whoever knows the end calls http_release, once and from any
 * thread, also before the handler returned; until then the request and its arena live. Where the result is an error, `refuse` makes the
 * answer anew: after the handler returned, on either thread, so it must not block. Not together with http_wait. */
typedef void (*http_refuse)(void *context, http_request *request, http_response *response, err result);
void http_hold(http_request *request, http_refuse refuse, void *context);
void http_release(http_request *request, err result);

/* A row of the route table. Every column is meant: there is no default. */
typedef err (*http_handler)(void *app, http_request *request, http_response *response);
struct http_route {
    const char *method;
    const char *pattern;     /* "/v1/tasks/{id}", "/app/{path*}" */
    uint64_t who;            /* who may call: bits that the application defines */
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
    /* Routes whose handlers compute and hold (http_hold) but do not block; they have workers of their own, of which one a core is
     * enough: every thread that need not be woken is saved. NULL: none. */
    bool (*is_quick)(const http_route *route);
    unsigned quick_workers;
    unsigned queue_max;   /* requests waiting for a worker; more are answered 503 "busy" */
    unsigned waiting_max; /* requests that may wait for a topic at once, streams among them */
    unsigned connections_max, connections_per_address_max; /* 0 for the second: no limit of its own */
    /* Whose X-Forwarded-For is believed: the client is then the last address in it that is none of these. NULL: nobody's. Borrowed. */
    const struct address_ranges *trusted_proxies;
    /* The pages of which other origins may read answers (http/cors.h), and on which routes. NULL: none, nowhere. Borrowed. */
    const struct cors_origins *origins;
    bool (*is_shared)(const http_route *route);
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

/* Has the requests that wait for the topic run again. From any thread; never blocks. */
void http_wake(http_server *server, const uint8_t topic[16]);

/* The port that was taken. */
uint16_t http_port(const http_server *server);

/* Figures since the start: requests answered, CPU of event loops and of workers (nanoseconds); answers by their status' first digit, and how long
 * they took from the whole request to the last byte, those left out that waited for something to happen. */
enum { HTTP_ANSWER_CLASSES = 5 };
typedef struct http_figures {
    uint64_t requests, loops_cpu_ns, workers_cpu_ns;
    uint64_t waiting;                      /* requests that wait now */
    uint64_t answers[HTTP_ANSWER_CLASSES]; /* 1xx to 5xx */
    histogram_counts latency;
} http_figures;
void http_read_figures(http_server *server, http_figures *out);

#endif
