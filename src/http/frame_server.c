/* accept4 is Linux's, shown only to those who ask for GNU extensions. */
#define _GNU_SOURCE

#include "http/frame_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <unistd.h>

#include "http/peer.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/socket.h"
#include "tsa/frame.h"

enum {
    STACK = 1 << 20,
    ANSWER_ARENA = 4 << 20,
    LINGER_SECONDS = 1,
    STOP_SECONDS = 5,      /* for the last answers to leave */
    NO_FILES_PAUSE_MS = 50 /* where no connection can be accepted now */
};

#define SECOND_NS UINT64_C(1000000000)

typedef struct conversation {
    LIST_ENTRY(conversation) all;
    struct frame_server *server;
    peer *peer;
    char origin[SOCKET_ADDRESS_TEXT];
    arena *arena;
    size_t n; /* bytes of `in` that are read and not used yet */
    uint8_t in[];
} conversation;

struct frame_server {
    frame_server_options options;
    peer_tls *tls;
    int fd, stop_fd;
    uint16_t port;
    pthread_t listener;
    bool listening;
    pthread_mutex_t lock;
    pthread_cond_t fewer;
    LIST_HEAD(, conversation) all;
    frame_server_figures figures;
    bool stopping;
};

static uint64_t in_seconds(unsigned seconds)
{
    return clock_monotonic_ns() + seconds * SECOND_NS;
}

/* ---- one connection ---- */

static size_t input_max(const frame_server *s)
{
    return FRAME_HEAD + s->options.message_max;
}

static err send_frame(conversation *c, const frame *f)
{
    size_t cap = FRAME_HEAD + f->message.n;
    uint8_t *room = arena_alloc(c->arena, cap);
    buffer out = buffer_over(room, cap);
    if (!room)
        return ERR_MEMORY;
    TRY(frame_write(&out, f));
    return peer_write(c->peer, room, out.n, in_seconds(c->server->options.request_seconds));
}

static err send_error(conversation *c, const char *text)
{
    return send_frame(c, &(frame){.type = FRAME_ERROR, .message = bytes_of_text(text)});
}

/* Reads until `need` bytes of input are there; *end: the other end sends no more. Before the first byte of a message it may be idle. */
static err fill(conversation *c, size_t need, bool *end)
{
    const frame_server_options *o = &c->server->options;
    uint64_t deadline = in_seconds(c->n == 0 ? o->idle_seconds : o->request_seconds);
    *end = false;
    while (c->n < need) {
        size_t got;
        bool first = c->n == 0;
        TRY(peer_read(c->peer, c->in + c->n, input_max(c->server) - c->n, deadline, &got));
        if (got == 0) {
            *end = true;
            return ERR_OK;
        }
        c->n += got;
        if (first)
            deadline = in_seconds(o->request_seconds);
    }
    return ERR_OK;
}

/* What is wrong with a message before it is looked into. */
static const char *fault_of(err e, const uint8_t head[FRAME_HEAD])
{
    if (e == ERR_UNSUPPORTED)
        return "no such message: flags are 00 to 06 (GM/T 0033-2014 8.3)";
    if (e == ERR_LENGTH)
        return "the length does not fit the message (it counts the flag and the value), or is more than is taken";
    if (head[4] == FRAME_POLL_REQUEST)
        return "no such polling reference: every request is answered at once";
    return head[4] == FRAME_MESSAGE ? NULL : "only tsaMsg (flag 00) and pollReq (flag 02) are for the server";
}

/* ERR_ACCESS ends the conversation, once it was said. */
static err answer_message(conversation *c, bytes message)
{
    const frame_server_options *o = &c->server->options;
    frame f = {.type = FRAME_FINAL_REPLY};
    const char *why = NULL;
    err e = o->answer(o->app, c->arena, c->origin, message, &f.message, &why);
    if (e == ERR_OK)
        return send_frame(c, &f);
    TRY(send_error(c, why ? why : err_code(e)));
    return e == ERR_ACCESS ? e : ERR_OK;
}

/* The next message and its answer. *end: that was all. ERR_PROTOCOL: what came is no message for a server, and that was said. */
static err converse(conversation *c, bool *end)
{
    size_t value_n;
    TRY(fill(c, FRAME_HEAD, end));
    if (*end)
        return c->n == 0 ? ERR_OK : ERR_TRANSPORT;
    const char *wrong = fault_of(frame_head(c->in, c->server->options.message_max, &value_n), c->in);
    bool polled = wrong && c->in[4] == FRAME_POLL_REQUEST && load_u32be(c->in) == 1 + sizeof(uint32_t);
    if (wrong && !polled) {
        TRY(send_error(c, wrong));
        return ERR_PROTOCOL;
    }
    size_t whole_n = FRAME_HEAD + value_n;
    TRY(fill(c, whole_n, end));
    if (*end)
        return ERR_TRANSPORT;
    err e = polled ? send_error(c, wrong) : answer_message(c, bytes_of(c->in + FRAME_HEAD, value_n));
    memmove(c->in, c->in + whole_n, c->n - whole_n);
    c->n -= whole_n;
    arena_reset(c->arena);
    (void)pthread_mutex_lock(&c->server->lock);
    c->server->figures.answered++;
    *end = c->server->stopping;
    (void)pthread_mutex_unlock(&c->server->lock);
    return e;
}

static void conversation_end(conversation *c)
{
    frame_server *s = c->server;
    (void)pthread_mutex_lock(&s->lock);
    LIST_REMOVE(c, all);
    (void)pthread_mutex_unlock(&s->lock);
    peer_close(c->peer);
    arena_destroy(c->arena);
    free(c);
    /* The last: who stops the server frees it then. */
    (void)pthread_mutex_lock(&s->lock);
    s->figures.connections--;
    (void)pthread_cond_signal(&s->fewer);
    (void)pthread_mutex_unlock(&s->lock);
}

static void *run(void *arg)
{
    conversation *c = arg;
    bool end = false;
    (void)prctl(PR_SET_NAME, "tsa-socket");
    err e = peer_greet(c->peer, in_seconds(c->server->options.request_seconds));
    while (e == ERR_OK && !end)
        e = converse(c, &end);
    if (e != ERR_OK)
        log_write(LOG_INFO, "tsa-socket", "connection ended code=%s origin=%s", err_code(e), c->origin);
    if (e == ERR_OK || e == ERR_PROTOCOL || e == ERR_ACCESS)
        peer_finish(c->peer, in_seconds(LINGER_SECONDS));
    conversation_end(c);
    return NULL;
}

/* ---- accepting ---- */

/* Unless there are too many. */
static bool count_in(frame_server *s, conversation *c)
{
    unsigned same = 0;
    const conversation *other;
    (void)pthread_mutex_lock(&s->lock);
    LIST_FOREACH(other, &s->all, all)
    same += strcmp(other->origin, c->origin) == 0;
    bool room = !s->stopping && s->figures.connections < s->options.connections_max &&
                (s->options.connections_per_address_max == 0 || same < s->options.connections_per_address_max);
    if (room) {
        LIST_INSERT_HEAD(&s->all, c, all);
        s->figures.connections++;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return room;
}

static err start_thread(conversation *c)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0)
        return ERR_MEMORY;
    (void)pthread_attr_setstacksize(&attributes, STACK);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attributes, run, c);
    (void)pthread_attr_destroy(&attributes);
    return failed ? ERR_MEMORY : ERR_OK;
}

static conversation *conversation_begin(frame_server *s, int fd, const struct sockaddr *from)
{
    conversation *c = calloc(1, sizeof *c + input_max(s));
    if (!c)
        return NULL;
    bool loopback;
    socket_address_text(c->origin, &loopback, from);
    c->server = s;
    c->arena = arena_create(ANSWER_ARENA);
    if (!c->arena || peer_open(&c->peer, fd, s->tls, NULL) != ERR_OK) {
        arena_destroy(c->arena);
        free(c);
        return NULL;
    }
    return c;
}

/* In clear, a word to whoever is turned away; a socket just accepted has room for it. */
static void turn_away(conversation *c, const char *why)
{
    uint8_t room[FRAME_HEAD + 64];
    buffer out = buffer_over(room, sizeof room);
    const frame f = {.type = FRAME_ERROR, .message = bytes_of_text(why)};
    log_write(LOG_INFO, "tsa-socket", "turned away: %s origin=%s", why, c->origin);
    if (!c->server->tls && frame_write(&out, &f) == ERR_OK && peer_write(c->peer, room, out.n, 0) != ERR_OK)
        log_write(LOG_DEBUG, "tsa-socket", "nor did it take the word for it origin=%s", c->origin);
    (void)pthread_mutex_lock(&c->server->lock);
    c->server->figures.turned_away++;
    (void)pthread_mutex_unlock(&c->server->lock);
    peer_close(c->peer);
    arena_destroy(c->arena);
    free(c);
}

static void take(frame_server *s, int fd, const struct sockaddr *from)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    conversation *c = conversation_begin(s, fd, from);
    if (!c) {
        (void)close(fd);
        return;
    }
    if (s->options.admit && !s->options.admit(s->options.app, c->origin)) {
        turn_away(c, "access denied");
    } else if (!count_in(s, c)) {
        turn_away(c, "too many connections");
    } else if (start_thread(c) != ERR_OK) {
        conversation_end(c);
    }
}

static void *listen_on(void *arg)
{
    frame_server *s = arg;
    (void)prctl(PR_SET_NAME, "tsa-listener");
    struct pollfd at[] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->stop_fd, .events = POLLIN}};
    while (poll(at, 2, -1) >= 0 || errno == EINTR) {
        if (at[1].revents)
            break;
        struct sockaddr_storage from;
        socklen_t n = sizeof from;
        int fd = accept4(s->fd, (struct sockaddr *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            take(s, fd, (const struct sockaddr *)&from);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            (void)poll(&at[1], 1, NO_FILES_PAUSE_MS);
    }
    return NULL;
}

/* ---- start and stop ---- */

static err start(frame_server *s)
{
    const frame_server_options *o = &s->options;
    if (o->tls_cert_pem)
        TRY(peer_tls_create(&s->tls, o->tls_cert_pem, o->tls_key_pem));
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->stop_fd < 0)
        return ERR_IO;
    TRY(socket_listen_tcp(&s->fd, &s->port, o->listen));
    if (pthread_create(&s->listener, NULL, listen_on, s) != 0)
        return ERR_MEMORY;
    s->listening = true;
    return ERR_OK;
}

static bool options_are_sound(const frame_server_options *o)
{
    return o->answer && o->listen && o->message_max > 0 && o->message_max <= UINT32_MAX / 2 && o->connections_max > 0 &&
           o->request_seconds > 0 && o->idle_seconds > 0 && !o->tls_cert_pem == !o->tls_key_pem;
}

err frame_server_start(frame_server **out, const frame_server_options *options)
{
    if (!options_are_sound(options))
        return ERR_CONFIG;
    frame_server *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    s->options = *options;
    s->fd = s->stop_fd = -1;
    LIST_INIT(&s->all);
    (void)pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&s->fewer, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    /* Signals are for the thread that called; the new ones inherit this mask. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    err e = start(s);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (e != ERR_OK) {
        frame_server_stop(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

static void hang_up_all(frame_server *s, int at_once)
{
    conversation *c;
    LIST_FOREACH(c, &s->all, all)
    peer_hang_up(c->peer, at_once);
}

/* Nobody reads any more; who is being answered is answered. */
static void end_all(frame_server *s)
{
    uint64_t until = in_seconds(STOP_SECONDS);
    const struct timespec at = {(time_t)(until / SECOND_NS), (long)(until % SECOND_NS)};
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    hang_up_all(s, false);
    while (s->figures.connections > 0)
        if (pthread_cond_timedwait(&s->fewer, &s->lock, &at) == ETIMEDOUT)
            break;
    hang_up_all(s, true);
    while (s->figures.connections > 0)
        (void)pthread_cond_wait(&s->fewer, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
}

void frame_server_stop(frame_server *s)
{
    if (!s)
        return;
    if (s->listening) {
        const uint64_t one = 1;
        (void)!write(s->stop_fd, &one, sizeof one);
        (void)pthread_join(s->listener, NULL);
    }
    end_all(s);
    if (s->fd >= 0)
        (void)close(s->fd);
    if (s->stop_fd >= 0)
        (void)close(s->stop_fd);
    peer_tls_destroy(s->tls);
    (void)pthread_cond_destroy(&s->fewer);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

uint16_t frame_server_port(const frame_server *s)
{
    return s->port;
}

void frame_server_read_figures(frame_server *s, frame_server_figures *out)
{
    (void)pthread_mutex_lock(&s->lock);
    *out = s->figures;
    (void)pthread_mutex_unlock(&s->lock);
}
