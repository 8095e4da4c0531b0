#include "store/store_writer.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "os/clock.h"
#include "store/store_unit.h"

enum { GROUP_MAX = 4096, QUEUE_MAX = 4096, GATHER_NS = 2000000 };

/* A unit and whom to tell. It may be gone as soon as done is called. */
typedef struct request {
    struct request *next;
    const store_unit *unit;
    err result;
    store_done done;
    void *ctx;
} request;

struct store_writer {
    engine *engine;
    pthread_t thread;
    unsigned group_max;
    request **group; /* the writer thread's own */

    pthread_mutex_t mutex; /* over what follows */
    pthread_cond_t work, room, idle;
    request *first, **last;
    size_t queued, wanted; /* wanted: as many wake the writer; 0 while it is not waiting */
    bool stopping, busy;
    store_group_hooks hooks;
    store_figures figures;
};

err store_writer_run(store_writer *w, const char *sql, const store_value *params, size_t n)
{
    int64_t rows;
    return engine_run(w->engine, &rows, sql, params, n);
}

static err run_statements(store_writer *w, const store_unit *u)
{
    for (const unit_statement *s = u->statements; s; s = s->next) {
        int64_t rows;
        TRY(engine_run(w->engine, &rows, s->sql, s->params, s->n));
        if (s->rows != STORE_ANY && rows != s->rows)
            return s->mismatch;
    }
    return ERR_OK;
}

static err run_steps(store_writer *w, const store_unit *u)
{
    for (const unit_step *s = u->steps; s; s = s->next)
        TRY(s->step(s->ctx, w, s->data));
    return ERR_OK;
}

static void roll_back_unit(store_writer *w)
{
    if (!engine_in_transaction(w->engine))
        return;
    if (store_writer_run(w, "ROLLBACK TO unit", NULL, 0) != ERR_OK ||
        store_writer_run(w, "RELEASE unit", NULL, 0) != ERR_OK)
        engine_roll_back(w->engine);
}

static err run_bare(store_writer *w, const store_unit *u)
{
    TRY(run_statements(w, u));
    return run_steps(w, u);
}

static err run_in_savepoint(store_writer *w, const store_unit *u)
{
    TRY(store_writer_run(w, "SAVEPOINT unit", NULL, 0));
    err e = run_bare(w, u);
    if (e == ERR_OK)
        e = store_writer_run(w, "RELEASE unit", NULL, 0);
    if (e != ERR_OK)
        roll_back_unit(w);
    return e;
}

/* A group on its way. Without savepoints, which cost a copy of every page that a unit touches, the first unit that fails spoils it. */
typedef struct group_run {
    request **units;
    size_t n, kept; /* kept: units that did not fail */
    bool savepoints, spoilt;
} group_run;

/* Runs the units in the open transaction. An error only where the transaction is lost. */
static err run_units(store_writer *w, const store_group_hooks *hooks, group_run *g)
{
    for (size_t i = 0; i < g->n && !g->spoilt; i++) {
        const store_unit *unit = g->units[i]->unit;
        err e = g->units[i]->result = g->savepoints ? run_in_savepoint(w, unit) : run_bare(w, unit);
        if (hooks->unit)
            hooks->unit(hooks->ctx, e == ERR_OK);
        if (!engine_in_transaction(w->engine))
            return e != ERR_OK ? e : ERR_INTERNAL;
        g->kept += e == ERR_OK;
        g->spoilt = e != ERR_OK && !g->savepoints;
    }
    return ERR_OK;
}

static bool worth_a_commit(const group_run *g)
{
    return g->kept > 0 && !g->spoilt;
}

static err run_transaction(store_writer *w, const store_group_hooks *hooks, group_run *g)
{
    TRY(store_writer_run(w, "BEGIN IMMEDIATE", NULL, 0));
    TRY(run_units(w, hooks, g));
    if (!worth_a_commit(g))
        return ERR_OK;
    if (hooks->before)
        TRY(hooks->before(hooks->ctx, w));
    return store_writer_run(w, "COMMIT", NULL, 0);
}

/* One transaction over the group. After an error no unit of it is in the database, those included whose result says ERR_OK. */
static err attempt(store_writer *w, const store_group_hooks *hooks, group_run *g)
{
    uint64_t began_ns = clock_monotonic_ns();
    err e = run_transaction(w, hooks, g);
    bool durable = e == ERR_OK && worth_a_commit(g);
    engine_roll_back(w->engine);
    if (hooks->after)
        hooks->after(hooks->ctx, durable);
    if (durable) {
        (void)pthread_mutex_lock(&w->mutex);
        w->figures.units += g->kept;
        w->figures.groups++;
        w->figures.last_at_ns = clock_monotonic_ns();
        w->figures.last_group_ns = w->figures.last_at_ns - began_ns;
        (void)pthread_mutex_unlock(&w->mutex);
    }
    return e;
}

/* Few units fail: first without savepoints, and again with them where one of several failed. */
static err attempt_all(store_writer *w, const store_group_hooks *hooks, request **units, size_t n)
{
    group_run trusting = {.units = units, .n = n};
    err e = attempt(w, hooks, &trusting);
    if (e != ERR_OK || n == 1 || !trusting.spoilt)
        return e;
    return attempt(w, hooks, &(group_run){.units = units, .n = n, .savepoints = true});
}

/* The group's results. A group of several that is lost as a whole (a full disk, one unit that broke the transaction, a constraint
 * that fails at COMMIT) is run again unit by unit, so that who is to blame fails alone; also the units that failed by themselves,
 * for that may have been because of another, now undone. Not after an I/O error or a lock that never came: the next attempt would
 * take as long to fail. */
static void run_group(store_writer *w, const store_group_hooks *hooks, size_t n)
{
    err e = attempt_all(w, hooks, w->group, n);
    if (e == ERR_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        if (n > 1 && e != ERR_IO && e != ERR_BUSY)
            e = attempt_all(w, hooks, &w->group[i], 1);
        if (e != ERR_OK)
            w->group[i]->result = e;
    }
}

/* A sync costs as much for one unit as for many. Where units come in crowds, as the last group tells, wait a moment until as many
 * have come again; a unit that comes after a pause waits for nobody (docs/adr/0007). */
static void wait_for_units(store_writer *w, size_t last_n)
{
    uint64_t idle_since = clock_monotonic_ns();
    w->wanted = 1;
    while (!w->first && !w->stopping)
        (void)pthread_cond_wait(&w->work, &w->mutex);
    uint64_t now = clock_monotonic_ns();
    if (last_n > 1 && now - idle_since < GATHER_NS) {
        uint64_t until = now + GATHER_NS;
        const struct timespec at = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
        w->wanted = last_n;
        while (w->queued < last_n && !w->stopping)
            if (pthread_cond_timedwait(&w->work, &w->mutex, &at) != 0)
                break;
    }
    w->wanted = 0;
}

/* Waits for work and takes what is there; 0 when the queue is empty and the store is closing. last_n: what it gave before. */
static size_t take_group(store_writer *w, size_t last_n, store_group_hooks *hooks)
{
    size_t n = 0;
    (void)pthread_mutex_lock(&w->mutex);
    w->figures.writer_cpu_ns = clock_thread_cpu_ns();
    w->busy = false;
    (void)pthread_cond_broadcast(&w->idle);
    wait_for_units(w, last_n);
    for (; w->first && n < w->group_max; n++) {
        w->group[n] = w->first;
        w->first = w->first->next;
    }
    if (!w->first)
        w->last = &w->first;
    w->queued -= n;
    w->busy = n > 0;
    *hooks = w->hooks;
    (void)pthread_cond_broadcast(&w->room);
    (void)pthread_mutex_unlock(&w->mutex);
    return n;
}

static void *writer_main(void *arg)
{
    store_writer *w = arg;
    store_group_hooks hooks;
    size_t n = 0;
    while ((n = take_group(w, n, &hooks)) > 0) {
        run_group(w, &hooks, n);
        for (size_t i = 0; i < n; i++)
            w->group[i]->done(w->group[i]->ctx, w->group[i]->result);
        engine_checkpoint(w->engine);
    }
    return NULL;
}

static void init_on_monotonic_clock(pthread_cond_t *c)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(c, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

/* Signals are for the thread that the program chose. */
static err start_thread(store_writer *w)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&w->thread, NULL, writer_main, w);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? ERR_MEMORY : ERR_OK;
}

static void destroy(store_writer *w)
{
    (void)pthread_cond_destroy(&w->idle);
    (void)pthread_cond_destroy(&w->room);
    (void)pthread_cond_destroy(&w->work);
    (void)pthread_mutex_destroy(&w->mutex);
    engine_close(w->engine);
    free(w->group);
    free(w);
}

err store_writer_create(store_writer **out, engine *c, unsigned group_max)
{
    *out = NULL;
    store_writer *w = group_max >= 1 && group_max <= GROUP_MAX ? calloc(1, sizeof *w) : NULL;
    if (!w) {
        engine_close(c);
        return group_max >= 1 && group_max <= GROUP_MAX ? ERR_MEMORY : ERR_ARG;
    }
    w->engine = c;
    w->group_max = group_max;
    w->group = calloc(group_max, sizeof *w->group);
    w->last = &w->first;
    (void)pthread_mutex_init(&w->mutex, NULL);
    init_on_monotonic_clock(&w->work);
    (void)pthread_cond_init(&w->room, NULL);
    (void)pthread_cond_init(&w->idle, NULL);
    err e = w->group ? start_thread(w) : ERR_MEMORY;
    if (e == ERR_OK)
        *out = w;
    else
        destroy(w);
    return e;
}

void store_writer_destroy(store_writer *w)
{
    if (!w)
        return;
    (void)pthread_mutex_lock(&w->mutex);
    w->stopping = true;
    (void)pthread_cond_signal(&w->work);
    (void)pthread_mutex_unlock(&w->mutex);
    (void)pthread_join(w->thread, NULL);
    destroy(w);
}

static void enqueue(store_writer *w, request *r)
{
    (void)pthread_mutex_lock(&w->mutex);
    while (w->queued == QUEUE_MAX)
        (void)pthread_cond_wait(&w->room, &w->mutex);
    *w->last = r;
    w->last = &r->next;
    bool wakes = ++w->queued == w->wanted;
    (void)pthread_mutex_unlock(&w->mutex);
    if (wakes)
        (void)pthread_cond_signal(&w->work);
}

/* A thread that waits: each on its own, so that a commit of 64 units does not set 64 threads on one mutex. A semaphore, because it may go out of
 * scope as soon as its wait returns, and whoever is woken finds nothing locked. */
typedef struct waiter {
    sem_t done;
    err result;
} waiter;

static void wake_waiter(void *ctx, err result)
{
    waiter *waits = ctx;
    waits->result = result;
    (void)sem_post(&waits->done);
}

err store_writer_commit(store_writer *w, const store_unit *u)
{
    waiter waits;
    (void)sem_init(&waits.done, 0, 0);
    request r = {.unit = u, .done = wake_waiter, .ctx = &waits};
    enqueue(w, &r);
    while (sem_wait(&waits.done) != 0) {
        /* EINTR: a signal handler ran */
    }
    (void)sem_destroy(&waits.done);
    return waits.result;
}

void store_writer_commit_later(store_writer *w, const store_unit *u, store_done done, void *ctx)
{
    request *r = arena_alloc(u->arena, sizeof *r);
    if (!r) {
        done(ctx, ERR_MEMORY);
        return;
    }
    *r = (request){.unit = u, .done = done, .ctx = ctx};
    enqueue(w, r);
}

void store_writer_set_hooks(store_writer *w, const store_group_hooks *hooks)
{
    (void)pthread_mutex_lock(&w->mutex);
    while (w->busy)
        (void)pthread_cond_wait(&w->idle, &w->mutex);
    w->hooks = hooks ? *hooks : (store_group_hooks){0};
    (void)pthread_mutex_unlock(&w->mutex);
}

void store_writer_read_figures(store_writer *w, store_figures *out)
{
    (void)pthread_mutex_lock(&w->mutex);
    *out = w->figures;
    (void)pthread_mutex_unlock(&w->mutex);
}
