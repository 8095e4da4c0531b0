#include "http/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"

enum {
    LINGER_MAX = 64, /* connections at once; more are closed without */
    LINGER_SECONDS = 2,
    LINGER_STEP_MS = 50,      /* between two looks at lingering connections, */
    LINGER_STEP = 128 * 1024, /* in which as much is dropped of each */
    REAP_STEP_MS = 500
};

#define SECOND_NS UINT64_C(1000000000)

typedef struct lingering {
    int fd;
    uint64_t deadline_ns;
} lingering;

struct connection_set {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    connection *first;
    lingering linger[LINGER_MAX];
    size_t linger_n;
    bool stopping;
    pthread_t reaper;
};

static uint64_t in_seconds(uint64_t seconds)
{
    return clock_monotonic_ns() + seconds * SECOND_NS;
}

void connection_allow(connection *c, uint64_t seconds)
{
    atomic_store_explicit(&c->deadline_ns, in_seconds(seconds), memory_order_relaxed);
}

void connection_hasten(connection *c, uint64_t seconds)
{
    uint64_t at = in_seconds(seconds);
    if (at < atomic_load_explicit(&c->deadline_ns, memory_order_relaxed))
        atomic_store_explicit(&c->deadline_ns, at, memory_order_relaxed);
}

void connection_wait_for_us(connection *c)
{
    atomic_store_explicit(&c->deadline_ns, UINT64_MAX, memory_order_relaxed);
}

static void cut_late(connection_set *set, uint64_t now)
{
    for (connection *c = set->first; c; c = c->next) {
        if (c->cut || atomic_load_explicit(&c->deadline_ns, memory_order_relaxed) > now)
            continue;
        c->cut = true;
        (void)shutdown(c->fd, SHUT_RDWR); /* its event loop sees the end and closes */
    }
}

/* Whether to go on lingering. */
static bool drop_input(const lingering *l, uint64_t now)
{
    static char dropped[16 * 1024];
    for (size_t n = 0; n < LINGER_STEP && now < l->deadline_ns; n += sizeof dropped) {
        ssize_t got = recv(l->fd, dropped, sizeof dropped, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return true;
        if (got <= 0)
            return false;
    }
    return now < l->deadline_ns;
}

static void drop_inputs(connection_set *set, uint64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->linger_n; i++) {
        if (drop_input(&set->linger[i], now))
            set->linger[kept++] = set->linger[i];
        else
            (void)close(set->linger[i].fd);
    }
    set->linger_n = kept;
}

/* Sleeps until there is something to look at; without connections, until there is one. */
static void wait_for_work(connection_set *set, uint64_t now)
{
    if (set->linger_n == 0 && !set->first) {
        (void)pthread_cond_wait(&set->changed, &set->lock);
        return;
    }
    uint64_t until = now + (set->linger_n > 0 ? LINGER_STEP_MS : REAP_STEP_MS) * (SECOND_NS / 1000);
    const struct timespec at = {(time_t)(until / SECOND_NS), (long)(until % SECOND_NS)};
    (void)pthread_cond_timedwait(&set->changed, &set->lock, &at);
}

static void *reap(void *arg)
{
    connection_set *set = arg;
    (void)pthread_mutex_lock(&set->lock);
    while (!set->stopping) {
        uint64_t now = clock_monotonic_ns();
        cut_late(set, now);
        drop_inputs(set, now);
        wait_for_work(set, now);
    }
    (void)pthread_mutex_unlock(&set->lock);
    return NULL;
}

err connection_set_create(connection_set **out)
{
    connection_set *set = calloc(1, sizeof *set);
    if (!set)
        return ERR_MEMORY;
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&set->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&set->lock, NULL);
    if (pthread_create(&set->reaper, NULL, reap, set) != 0) {
        (void)pthread_cond_destroy(&set->changed);
        (void)pthread_mutex_destroy(&set->lock);
        free(set);
        return ERR_MEMORY;
    }
    *out = set;
    return ERR_OK;
}

void connection_set_destroy(connection_set *set)
{
    if (!set)
        return;
    (void)pthread_mutex_lock(&set->lock);
    set->stopping = true;
    (void)pthread_cond_signal(&set->changed);
    (void)pthread_mutex_unlock(&set->lock);
    (void)pthread_join(set->reaper, NULL);
    for (size_t i = 0; i < set->linger_n; i++)
        (void)close(set->linger[i].fd);
    (void)pthread_cond_destroy(&set->changed);
    (void)pthread_mutex_destroy(&set->lock);
    free(set);
}

static void describe_peer(connection *c, const struct sockaddr *address)
{
    if (c->unix_socket) {
        (void)snprintf(c->origin, sizeof c->origin, "unix");
        if (socket_peer_uid(c->fd, &c->uid) != ERR_OK)
            c->uid = UINT32_MAX; /* nobody: -1 is no uid */
    } else {
        socket_address_text(c->origin, &c->loopback, address);
    }
}

connection *connection_add(connection_set *set, int fd, const struct sockaddr *address, bool unix_socket,
                           unsigned seconds)
{
    connection *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->fd = fd;
    c->unix_socket = unix_socket;
    c->linger = true;
    describe_peer(c, address);
    connection_allow(c, seconds);
    (void)pthread_mutex_lock(&set->lock);
    c->next = set->first;
    if (c->next)
        c->next->previous = c;
    else
        (void)pthread_cond_signal(&set->changed);
    set->first = c;
    (void)pthread_mutex_unlock(&set->lock);
    return c;
}

static void begin_linger(connection_set *set, int fd)
{
    int copy = set->linger_n < LINGER_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy < 0)
        return;
    set->linger[set->linger_n++] = (lingering){copy, in_seconds(LINGER_SECONDS)};
    (void)pthread_cond_signal(&set->changed);
}

void connection_remove(connection_set *set, connection *c)
{
    (void)pthread_mutex_lock(&set->lock);
    if (c->next)
        c->next->previous = c->previous;
    if (c->previous)
        c->previous->next = c->next;
    else
        set->first = c->next;
    if (c->linger && !c->cut)
        begin_linger(set, c->fd);
    (void)pthread_mutex_unlock(&set->lock);
    free(c);
}
