/* The socket transport of timestamps (GM/T 0033-2014 8.3, RFC 3161 3.3) as a server: a TSA message comes in, its answer goes out in the
 * same connection, as finalMsgRep, any number of times. Answers are ready at once, so that nobody is told to poll: a polling
 * reference is always unknown. A thread a connection: it waits for the disk most of the time, and connections are few. */
#ifndef YIQIAN_HTTP_FRAME_SERVER_H
#define YIQIAN_HTTP_FRAME_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* Makes the answer to a message: ERR_OK and its DER, in the arena; any other error, and text for people in *why, which goes out as
 * errorMsgRep. The connection ends after ERR_ACCESS, and goes on after others. On the connection's thread. */
typedef err (*frame_answer)(void *app, arena *a, const char *origin, bytes message, bytes *answer, const char **why);

/* Whether an address may connect at all, so that those who get no answer take no room from others. On the listener's thread. */
typedef bool (*frame_admit)(void *app, const char *origin);

typedef struct frame_server_options {
    const char *listen; /* "127.0.0.1:318", "[::]:318"; port 0 takes a free one */
    frame_admit admit;  /* NULL: every address */
    frame_answer answer;
    void *app;
    const char *tls_cert_pem, *tls_key_pem;                /* NULL: in clear */
    size_t message_max;                                    /* bytes of DER that a message may have */
    unsigned connections_max, connections_per_address_max; /* 0 for the second: no limit of its own */
    unsigned
        request_seconds; /* for a message to arrive whole once it began, for TLS to begin, and for an answer to be taken */
    unsigned idle_seconds; /* without a byte before the next message: the connection is closed */
} frame_server_options;

typedef struct frame_server frame_server;

/* Starts listening. ERR_CONFIG (address, certificate, a limit of 0), ERR_IO (address in use), ERR_MEMORY. Ownership: frame_server_stop, which
 * lets the answers under way leave, and frees. NULL is fine. */
MUST_CHECK err frame_server_start(frame_server **out, const frame_server_options *options);
void frame_server_stop(frame_server *s);

/* The port that was taken. */
uint16_t frame_server_port(const frame_server *s);

/* Since the start: messages answered (errors too), connections turned away; and connections now. */
typedef struct frame_server_figures {
    uint64_t answered, turned_away;
    unsigned connections;
} frame_server_figures;
void frame_server_read_figures(frame_server *s, frame_server_figures *out);

#endif
