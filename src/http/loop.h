/* What the event loops do: read requests, refuse what can be refused at once, hand whole requests to the workers, send their
 * answers. The functions are callbacks of libmicrohttpd, with a `loop` as their first argument; none of them ever waits. */
#ifndef YIQIAN_HTTP_LOOP_H
#define YIQIAN_HTTP_LOOP_H

#include <microhttpd.h>
#include <pthread.h>

#include "http/exchange.h"
#include "http/queue.h"

enum { LOOP_THREADS = 64 };

typedef struct loop {
    const http_options *options;
    bool tls;
    router *router;
    exchange_pool *pool;
    connection_set *connections;
    queue *queue, *quick; /* of the workers; quick: NULL where no route is */
    parking *parking;
    _Atomic uint64_t requests; /* answered */
    _Atomic uint64_t answers[HTTP_ANSWER_CLASSES];
    histogram latency;
    _Atomic uint64_t under_way; /* queued, at a worker, or being sent */
    /* The threads are the library's: each enters itself when it first takes a connection. */
    pthread_mutex_t threads_lock;
    pthread_t threads[LOOP_THREADS];
    size_t threads_n;
} loop;

/* MHD_NotifyConnectionCallback; MHD_OPTION_URI_LOG_CALLBACK; MHD_AccessHandlerCallback; MHD_RequestCompletedCallback. */
void loop_connection(void *l, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code);
void *loop_request_line(void *l, const char *target, struct MHD_Connection *mhd);
enum MHD_Result loop_request(void *l, struct MHD_Connection *mhd, const char *url, const char *method,
                             const char *version, const char *data, size_t *data_n, void **context);
void loop_completed(void *l, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code);

#endif
