#include "http/frame_client.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "http/peer.h"
#include "os/clock.h"
#include "os/socket.h"
#include "tsa/frame.h"

enum { NUMBERS = 8, POLLS_MAX = 100, PAUSE_MAX_S = 60 };

typedef struct exchange_state {
    arena *arena;
    peer *peer;
    uint64_t deadline_ns;
    size_t answer_max;
} exchange_state;

static err read_all(exchange_state *x, uint8_t *to, size_t n)
{
    for (size_t got; n > 0; to += got, n -= got) {
        TRY(peer_read(x->peer, to, n, x->deadline_ns, &got));
        if (got == 0)
            return ERR_TRANSPORT;
    }
    return ERR_OK;
}

static err send_message(exchange_state *x, const frame *f)
{
    size_t cap = FRAME_HEAD + NUMBERS + f->message.n;
    uint8_t *room = arena_alloc(x->arena, cap);
    buffer out = buffer_over(room, cap);
    if (!room)
        return ERR_MEMORY;
    TRY(frame_write(&out, f));
    return peer_write(x->peer, room, out.n, x->deadline_ns);
}

/* ERR_REMOTE: it is none. */
static err read_message(exchange_state *x, frame *out)
{
    uint8_t head[FRAME_HEAD];
    size_t value_n;
    TRY(read_all(x, head, sizeof head));
    if (frame_head(head, x->answer_max + NUMBERS, &value_n) != ERR_OK)
        return ERR_REMOTE;
    uint8_t *whole = arena_alloc(x->arena, sizeof head + value_n);
    if (!whole)
        return ERR_MEMORY;
    memcpy(whole, head, sizeof head);
    TRY(read_all(x, whole + sizeof head, value_n));
    return frame_read(out, bytes_of(whole, sizeof head + value_n)) == ERR_OK ? ERR_OK : ERR_REMOTE;
}

/* RFC 3161 3.3: check_back is in seconds. */
static err wait_and_poll(exchange_state *x, const frame *told)
{
    uint64_t pause_ns = (told->check_back < PAUSE_MAX_S ? told->check_back : PAUSE_MAX_S) * UINT64_C(1000000000);
    if (clock_monotonic_ns() + pause_ns >= x->deadline_ns)
        return ERR_TIMEOUT;
    (void)poll(NULL, 0, (int)(pause_ns / 1000000));
    return send_message(x, &(frame){.type = FRAME_POLL_REQUEST, .reference = told->reference});
}

static err refused(exchange_state *x, const char **why, const char *text, size_t n)
{
    *why = arena_text(x->arena, text, n);
    return *why ? ERR_REMOTE : ERR_MEMORY;
}

static err converse(exchange_state *x, bytes message, bytes *answer, const char **why)
{
    static const char none[] = "no message of the timestamp socket",
                      never[] = "no answer, however often it is asked for";
    frame f;
    TRY(send_message(x, &(frame){.type = FRAME_MESSAGE, .message = message}));
    for (int polls = 0; polls < POLLS_MAX; polls++) {
        err e = read_message(x, &f);
        if (e == ERR_REMOTE)
            return refused(x, why, none, strlen(none));
        TRY(e);
        switch (f.type) {
        case FRAME_MESSAGE:
        case FRAME_FINAL_REPLY:
            *answer = f.message;
            return ERR_OK;
        case FRAME_ERROR:
            return refused(x, why, (const char *)f.message.p, f.message.n);
        case FRAME_POLL_REPLY:
        case FRAME_PARTIAL_REPLY: /* a receipt; the answer is still to come */
            TRY(wait_and_poll(x, &f));
            break;
        case FRAME_POLL_REQUEST:
        case FRAME_NEGATIVE_POLL_REPLY:
        case FRAME_TYPES:
            return refused(x, why, none, strlen(none));
        }
    }
    return refused(x, why, never, strlen(never));
}

/* The host of "host:port", without its brackets. */
static const char *host_of(arena *a, const char *address)
{
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : 0, bracket = n > 1 && *address == '[';
    return arena_text(a, address + bracket, n - 2 * bracket);
}

static err open_peer(exchange_state *x, const frame_request *rq, peer_tls *tls)
{
    int fd;
    const char *host = host_of(x->arena, rq->address);
    if (!host)
        return ERR_MEMORY;
    err e = socket_connect_tcp(&fd, rq->address, rq->timeout_ms);
    if (e != ERR_OK)
        return e == ERR_CONFIG || e == ERR_TIMEOUT ? e : ERR_TRANSPORT;
    e = peer_open(&x->peer, fd, tls, tls ? host : NULL);
    if (e != ERR_OK) {
        (void)close(fd);
        return e;
    }
    return peer_greet(x->peer, x->deadline_ns);
}

err frame_exchange(arena *a, const frame_request *rq, bytes *answer, const char **why)
{
    peer_tls *tls = NULL;
    exchange_state x = {.arena = a,
                        .deadline_ns = clock_monotonic_ns() + rq->timeout_ms * UINT64_C(1000000),
                        .answer_max = rq->answer_max};
    *why = "";
    if (rq->tls)
        TRY(peer_tls_create_client(&tls, rq->ca_file));
    err e = open_peer(&x, rq, tls);
    if (e == ERR_OK)
        e = converse(&x, rq->message, answer, why);
    peer_close(x.peer);
    peer_tls_destroy(tls);
    return e;
}
