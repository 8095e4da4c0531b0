/* The thread that runs the rounds of service/time_watch.h. */
#include <time.h>

#include "os/log.h"
#include "service/time_internal.h"

enum { ROUND_ARENA = 1 << 20, HURRIED_ROUNDS = 30, HURRIED_MS = 2000 };

/* Until the next round, or until somebody hurries it; false: the thread is to end. */
static bool pause_until(struct time_watch *w, uint64_t ms)
{
    uint64_t end_ns = clock_monotonic_ns() + ms * 1000000;
    struct timespec end = {.tv_sec = (time_t)(end_ns / 1000000000), .tv_nsec = (long)(end_ns % 1000000000)};
    pthread_mutex_lock(&w->thread_lock);
    while (!w->stopping && !w->hurry && pthread_cond_timedwait(&w->thread_wake, &w->thread_lock, &end) == 0)
        ;
    w->hurry = false;
    bool go_on = !w->stopping;
    pthread_mutex_unlock(&w->thread_lock);
    return go_on;
}

static void *run(void *context)
{
    service *s = context;
    struct time_watch *w = s->time;
    unsigned hurried = 0; /* servers are not asked every two seconds for ever */
    arena *a = arena_create(ROUND_ARENA);
    uint64_t wait_ms;
    if (!a)
        log_write(LOG_ERROR, "time", "no memory: the clock is not watched");
    do {
        if (!a)
            break;
        err e = time_watch_round(s, a);
        if (e != ERR_OK)
            log_write(LOG_ERROR, "time", "the clock's state could not be recorded code=%s", err_code(e));
        arena_reset(a);
        time_state state = time_watch_state(s);
        bool well = state == TIME_GOOD || state == TIME_DEMONSTRATION;
        hurried = well ? 0 : hurried + 1;
        wait_ms = well || hurried > HURRIED_ROUNDS || w->options.interval_ms < HURRIED_MS ? w->options.interval_ms
                                                                                          : HURRIED_MS;
    } while (pause_until(w, wait_ms));
    arena_destroy(a);
    return NULL;
}

err time_watch_start(service *s)
{
    struct time_watch *w = s->time;
    w->stopping = false;
    if (pthread_create(&w->thread, NULL, run, s) != 0)
        return ERR_MEMORY;
    w->started = true;
    return ERR_OK;
}

void time_watch_stop(service *s)
{
    struct time_watch *w = s ? s->time : NULL;
    if (!w || !w->started)
        return;
    pthread_mutex_lock(&w->thread_lock);
    w->stopping = true;
    pthread_cond_signal(&w->thread_wake);
    pthread_mutex_unlock(&w->thread_lock);
    (void)pthread_join(w->thread, NULL);
    w->started = false;
}
