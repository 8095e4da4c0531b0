#include "http/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/ct.h"
#include "os/log.h"

enum {
    SEND_SECONDS = 20, /* for a piece to leave; who reads more slowly is cut */
    SEND_BYTES_PER_SECOND = 16 * 1024,
    CHUNK_HEAD = 24
};

/* The piece that the event loop has to send; nothing else is held. */
struct stream {
    uint8_t *piece;
    size_t n, sent;
    bool ends, gone; /* after the piece; at once */
};

static void piece_free(stream *s)
{
    if (s->piece)
        wipe(s->piece, s->n);
    free(s->piece);
    s->piece = NULL;
    s->n = s->sent = 0;
}

void stream_destroy(stream *s)
{
    if (!s)
        return;
    piece_free(s);
    free(s);
}

/* MHD_ContentReaderCallback: on the event loop, whenever all before has left. */
static ssize_t give(void *arg, uint64_t position, char *room, size_t room_n)
{
    exchange *x = arg;
    stream *s = x->stream;
    (void)position;
    if (s->gone)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (s->sent < s->n) {
        size_t n = s->n - s->sent < room_n ? s->n - s->sent : room_n;
        memcpy(room, s->piece + s->sent, n);
        s->sent += n;
        return (ssize_t)n;
    }
    piece_free(s);
    if (s->ends)
        return MHD_CONTENT_READER_END_OF_STREAM;
    connection_wait_for_us(x->from);
    /* In this order: it may be due already, and run before this function returns. */
    MHD_suspend_connection(x->mhd);
    parking_park(x->parking, &x->wait);
    return 0;
}

/* Hands the connection to its event loop. */
static void resume(exchange *x)
{
    struct MHD_Connection *mhd = x->mhd;
    connection_allow(x->from, SEND_SECONDS + x->stream->n / SEND_BYTES_PER_SECOND);
    MHD_resume_connection(mhd);
}

static err keep_piece(stream *s, bytes piece)
{
    if (piece.n == 0)
        return ERR_OK;
    s->piece = malloc(piece.n);
    if (!s->piece)
        return ERR_MEMORY;
    memcpy(s->piece, piece.p, piece.n);
    s->n = piece.n;
    return ERR_OK;
}

/* Whether the piece has left as a whole. All before it had: where the socket does not take it, its reader is too slow. */
static bool send_chunk(exchange *x, bytes piece)
{
    char head[CHUNK_HEAD], end[] = "\r\n";
    int n = snprintf(head, sizeof head, "%zx\r\n", piece.n);
    struct iovec parts[] = {{head, (size_t)n}, {(void *)(uintptr_t)piece.p, piece.n}, {end, 2}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    return sendmsg(x->from->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)((size_t)n + piece.n + 2);
}

static void park(exchange *x)
{
    if (exchange_shrink(x) == ERR_OK)
        parking_park(x->parking, &x->wait);
    else
        stream_end(x, false);
}

/* The answer's headers go with the first piece. */
static err begin(exchange *x)
{
    x->stream = calloc(1, sizeof *x->stream);
    if (!x->stream)
        return ERR_MEMORY;
    TRY(keep_piece(x->stream, x->response.body));
    TRY(exchange_make_stream(x, give));
    x->request.streaming = true;
    return ERR_OK;
}

void stream_advance(exchange *x)
{
    bool first = !x->stream, direct = !first && !x->request.tls && x->chunked;
    bytes piece = x->response.stream ? x->response.body : bytes_of_text("");
    bool more = x->response.stream && x->wants_to_wait;
    err e = first ? begin(x) : ERR_OK;
    if (!first && direct && more) {
        if (piece.n == 0 || send_chunk(x, piece))
            park(x);
        else
            stream_end(x, true);
        return;
    }
    if (!first && piece.n == 0 && more) {
        park(x);
        return;
    }
    if (e == ERR_OK && !first)
        e = keep_piece(x->stream, piece);
    if (e == ERR_OK)
        e = exchange_shrink(x);
    if (!x->stream || !x->answer) { /* it has not begun: the loop closes the connection */
        log_write(LOG_ERROR, "http", "a stream cannot begin: %s", err_code(e));
        x->stage = EXCHANGE_GONE;
        MHD_resume_connection(x->mhd);
        return;
    }
    x->stage = EXCHANGE_ANSWERED;
    x->stream->ends = e != ERR_OK || !more;
    resume(x);
}

void stream_end(exchange *x, bool gone)
{
    x->stream->ends = true;
    x->stream->gone = gone;
    resume(x);
}
