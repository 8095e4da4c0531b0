#define _GNU_SOURCE /* POLLRDHUP */
#include "http/parking.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "os/clock.h"

enum {
    BUCKET_BITS = 13,
    BUCKETS = 1 << BUCKET_BITS,
    TICK_MS = 100, /* between two looks at deadlines and at what is due but found no room in the queue */
    SLOTS = 1024,  /* of the wheel of deadlines, a tick each; one further away passes by and is looked at again */
    LOOK_AT = 512, /* connections in one tick: 10,000 in two seconds */
    NS_PER_MS = 1000000
};

typedef struct parked_topic {
    LIST_ENTRY(parked_topic) same; /* those whose topics hash alike */
    parked *of;
    uint8_t topic[16];
} parked_topic;

LIST_HEAD(topic_list, parked_topic);
LIST_HEAD(parked_list, parked);
TAILQ_HEAD(parked_queue, parked);

struct parking {
    parking_options options;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool closed, stopping;
    struct parked_queue all, due;
    size_t waiting, running;
    _Atomic uint64_t wakes;
    uint64_t last_wake[BUCKETS]; /* of the topics that hash there: who shares a bucket runs once in vain */
    struct topic_list topics[BUCKETS];
    struct parked_list owners[BUCKETS], wheel[SLOTS];
    uint64_t tick; /* the wheel is up to date to here */
    pthread_t thread;
};

/* Ids are UUIDv7: their last eight bytes are random. */
static size_t bucket_of(const uint8_t id[16])
{
    return (size_t)((load_u64be(id + 8) * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - BUCKET_BITS));
}

static uint64_t tick_of(uint64_t ns)
{
    return ns / ((uint64_t)TICK_MS * NS_PER_MS);
}

/* ---- in and out of the tables, under the lock ---- */

static void list(parking *p, parked *w)
{
    uint64_t tick = tick_of(w->until_ns);
    TAILQ_INSERT_TAIL(&p->all, w, all);
    LIST_INSERT_HEAD(&p->wheel[(tick > p->tick ? tick : p->tick) % SLOTS], w, timed);
    for (size_t i = 0; i < w->topics_n; i++)
        LIST_INSERT_HEAD(&p->topics[bucket_of(w->topics[i].topic)], &w->topics[i], same);
    if (TAILQ_FIRST(&p->all) == w)
        (void)pthread_cond_signal(&p->changed);
}

static void unlist(parking *p, parked *w)
{
    TAILQ_REMOVE(&p->all, w, all);
    LIST_REMOVE(w, timed);
    for (size_t i = 0; i < w->topics_n; i++)
        LIST_REMOVE(&w->topics[i], same);
}

static void make_due(parking *p, parked *w)
{
    TAILQ_INSERT_TAIL(&p->due, w, all);
}

static void run_due(parking *p)
{
    parked *w;
    while ((w = TAILQ_FIRST(&p->due)) != NULL && p->running < p->options.running_max &&
           queue_reserve(p->options.queue)) {
        TAILQ_REMOVE(&p->due, w, all);
        w->running = true;
        p->running++;
        queue_push(p->options.queue, w->item);
    }
    if (w)
        (void)pthread_cond_signal(&p->changed); /* for the next tick */
}

/* ---- what requests and use cases call ---- */

uint64_t parking_ticket(parking *p)
{
    return atomic_load_explicit(&p->wakes, memory_order_seq_cst);
}

err parking_admit(parking *p, parked *w, const uint8_t owner[16], unsigned owner_max)
{
    err e = ERR_OK;
    (void)pthread_mutex_lock(&p->lock);
    if (!w->admitted) {
        struct parked_list *owners = &p->owners[bucket_of(owner)];
        unsigned n = 0;
        const parked *other = owner_max > 0 ? LIST_FIRST(owners) : NULL; /* only who has a limit is counted */
        for (; other; other = LIST_NEXT(other, owned))
            n += memcmp(other->owner, owner, sizeof other->owner) == 0;
        e = p->waiting >= p->options.waiting_max ? ERR_BUSY : owner_max > 0 && n >= owner_max ? ERR_RATE : ERR_OK;
        if (e == ERR_OK) {
            memcpy(w->owner, owner, sizeof w->owner);
            LIST_INSERT_HEAD(owners, w, owned);
            w->admitted = true;
            p->waiting++;
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
    return e;
}

void parking_leave(parking *p, parked *w)
{
    free(w->topics);
    w->topics = NULL;
    w->topics_n = 0;
    if (!w->admitted)
        return;
    (void)pthread_mutex_lock(&p->lock);
    LIST_REMOVE(w, owned);
    p->waiting--;
    (void)pthread_mutex_unlock(&p->lock);
    w->admitted = false;
}

err parked_topics(parked *w, const uint8_t *topics, size_t n)
{
    if (n == 0 || n > PARKING_TOPICS_MAX)
        return ERR_ARG;
    if (n > w->topics_n) {
        free(w->topics);
        w->topics_n = 0;
        w->topics = calloc(n, sizeof *w->topics);
        if (!w->topics)
            return ERR_MEMORY;
    }
    w->topics_n = n;
    for (size_t i = 0; i < n; i++) {
        w->topics[i].of = w;
        memcpy(w->topics[i].topic, topics + i * sizeof w->topics[i].topic, sizeof w->topics[i].topic);
    }
    return ERR_OK;
}

static bool woken_since(const parking *p, const parked *w)
{
    for (size_t i = 0; i < w->topics_n; i++)
        if (p->last_wake[bucket_of(w->topics[i].topic)] > w->ticket)
            return true;
    return false;
}

void parking_park(parking *p, parked *w)
{
    (void)pthread_mutex_lock(&p->lock);
    bool closed = p->closed;
    if (!closed && woken_since(p, w)) {
        make_due(p, w);
        run_due(p);
    } else if (!closed) {
        list(p, w);
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (closed)
        p->options.end(p->options.context, w->item, PARKING_STOPPED);
}

void parking_wake(parking *p, const uint8_t topic[16])
{
    size_t bucket = bucket_of(topic);
    (void)pthread_mutex_lock(&p->lock);
    p->last_wake[bucket] = atomic_fetch_add_explicit(&p->wakes, 1, memory_order_seq_cst) + 1;
    /* What is taken out of the tables may be any of the list's entries: begin again after each. */
    for (parked_topic *t = LIST_FIRST(&p->topics[bucket]); t;) {
        if (memcmp(t->topic, topic, sizeof t->topic) != 0) {
            t = LIST_NEXT(t, same);
            continue;
        }
        parked *w = t->of;
        unlist(p, w);
        make_due(p, w);
        t = LIST_FIRST(&p->topics[bucket]);
    }
    run_due(p);
    (void)pthread_mutex_unlock(&p->lock);
}

void parking_ran(parking *p, parked *w)
{
    if (!w->running)
        return;
    w->running = false;
    (void)pthread_mutex_lock(&p->lock);
    p->running--;
    run_due(p);
    (void)pthread_mutex_unlock(&p->lock);
}

size_t parking_waiting(parking *p)
{
    (void)pthread_mutex_lock(&p->lock);
    size_t n = p->waiting;
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}

/* ---- the thread ---- */

static void turn_wheel(parking *p, uint64_t now_ns)
{
    uint64_t now = tick_of(now_ns), first = now - p->tick < SLOTS ? p->tick : now - SLOTS + 1;
    for (uint64_t tick = first; tick <= now; tick++) {
        parked *w = LIST_FIRST(&p->wheel[tick % SLOTS]);
        while (w) {
            parked *next = LIST_NEXT(w, timed);
            if (w->until_ns <= now_ns) {
                unlist(p, w);
                make_due(p, w);
            }
            w = next;
        }
    }
    p->tick = now; /* again next time: its slot is not over yet */
}

/* Whether anybody is left at the other end of a suspended connection, which the HTTP library does not notice. Some of the parked in
 * each tick, round and round; those without a client go into `gone`. A client that sends nothing more but still reads counts as
 * gone: none does that on purpose. */
static void look_after_clients(parking *p, struct parked_queue *gone)
{
    struct pollfd fds[LOOK_AT];
    parked *looked_at[LOOK_AT], *w;
    nfds_t n = 0;
    TAILQ_FOREACH(w, &p->all, all)
    {
        if (n == LOOK_AT)
            break;
        looked_at[n] = w;
        fds[n++] = (struct pollfd){.fd = w->fd, .events = POLLRDHUP};
    }
    if (n == 0 || poll(fds, n, 0) < 0)
        return;
    for (nfds_t i = 0; i < n; i++) {
        w = looked_at[i];
        if (fds[i].revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) {
            unlist(p, w);
            TAILQ_INSERT_TAIL(gone, w, all);
        } else {
            TAILQ_REMOVE(&p->all, w, all);
            TAILQ_INSERT_TAIL(&p->all, w, all);
        }
    }
}

static void end_each(parking *p, struct parked_queue *ended, parking_end why)
{
    parked *w;
    while ((w = TAILQ_FIRST(ended)) != NULL) {
        TAILQ_REMOVE(ended, w, all);
        p->options.end(p->options.context, w->item, why);
    }
}

static void wait_for_tick(parking *p, uint64_t now_ns)
{
    if (TAILQ_EMPTY(&p->all) && TAILQ_EMPTY(&p->due)) {
        (void)pthread_cond_wait(&p->changed, &p->lock);
        return;
    }
    uint64_t until = now_ns + (uint64_t)TICK_MS * NS_PER_MS;
    const struct timespec at = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    (void)pthread_cond_timedwait(&p->changed, &p->lock, &at);
}

static void *keep(void *arg)
{
    parking *p = arg;
    struct parked_queue gone = TAILQ_HEAD_INITIALIZER(gone);
    (void)pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        uint64_t now = clock_monotonic_ns();
        turn_wheel(p, now);
        run_due(p);
        look_after_clients(p, &gone);
        if (!TAILQ_EMPTY(&gone)) {
            (void)pthread_mutex_unlock(&p->lock);
            end_each(p, &gone, PARKING_GONE);
            (void)pthread_mutex_lock(&p->lock);
        } else {
            wait_for_tick(p, now);
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

err parking_create(parking **out, const parking_options *options)
{
    parking *p = calloc(1, sizeof *p);
    if (!p)
        return ERR_MEMORY;
    p->options = *options;
    TAILQ_INIT(&p->all);
    TAILQ_INIT(&p->due);
    p->tick = tick_of(clock_monotonic_ns());
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&p->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&p->lock, NULL);
    if (pthread_create(&p->thread, NULL, keep, p) != 0) {
        (void)pthread_cond_destroy(&p->changed);
        (void)pthread_mutex_destroy(&p->lock);
        free(p);
        return ERR_MEMORY;
    }
    *out = p;
    return ERR_OK;
}

void parking_close(parking *p)
{
    if (!p)
        return;
    struct parked_queue ended = TAILQ_HEAD_INITIALIZER(ended);
    parked *w;
    (void)pthread_mutex_lock(&p->lock);
    p->closed = true;
    while ((w = TAILQ_FIRST(&p->all)) != NULL) {
        unlist(p, w);
        TAILQ_INSERT_TAIL(&ended, w, all);
    }
    while ((w = TAILQ_FIRST(&p->due)) != NULL) {
        TAILQ_REMOVE(&p->due, w, all);
        TAILQ_INSERT_TAIL(&ended, w, all);
    }
    (void)pthread_mutex_unlock(&p->lock);
    end_each(p, &ended, PARKING_STOPPED);
}

void parking_destroy(parking *p)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stopping = true;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    (void)pthread_join(p->thread, NULL);
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}
