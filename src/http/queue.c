#include "http/queue.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum { PILE = 8 };

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t ready;
    size_t max, first, filled, reserved; /* reserved: filled, and about to be */
    size_t waiting;                      /* takers */
    bool waking;                         /* one of them has been woken and does not run yet */
    bool closed;
    void *items[];
};

err queue_create(queue **out, size_t max)
{
    queue *q = max <= SIZE_MAX / sizeof(void *) - sizeof *q ? calloc(1, sizeof *q + max * sizeof(void *)) : NULL;
    if (!q)
        return ERR_MEMORY;
    q->max = max;
    (void)pthread_mutex_init(&q->lock, NULL);
    (void)pthread_cond_init(&q->ready, NULL);
    *out = q;
    return ERR_OK;
}

void queue_destroy(queue *q)
{
    if (!q)
        return;
    (void)pthread_cond_destroy(&q->ready);
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

bool queue_reserve(queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    bool room = !q->closed && q->reserved < q->max;
    q->reserved += room;
    (void)pthread_mutex_unlock(&q->lock);
    return room;
}

/* To wake a thread costs more than all else here. One is woken at a time; if there is more to do once it runs, it wakes the next. But
 * where work piles up, each push wakes: should a signal ever be lost, the next one repairs it. */
static bool should_wake(queue *q)
{
    bool wake = q->filled > 0 && q->waiting > 0 && (!q->waking || q->filled > PILE);
    q->waking = q->waking || wake;
    return wake;
}

void queue_push(queue *q, void *item)
{
    (void)pthread_mutex_lock(&q->lock);
    q->items[(q->first + q->filled++) % q->max] = item;
    bool wake = should_wake(q);
    (void)pthread_mutex_unlock(&q->lock);
    if (wake)
        (void)pthread_cond_signal(&q->ready);
}

static void wait_for_item(queue *q)
{
    while (q->filled == 0 && !(q->closed && q->reserved == 0)) {
        q->waiting++;
        (void)pthread_cond_wait(&q->ready, &q->lock);
        q->waiting--;
        q->waking = false;
    }
}

void *queue_take(queue *q)
{
    void *item = NULL;
    bool wake = false;
    (void)pthread_mutex_lock(&q->lock);
    wait_for_item(q);
    if (q->filled > 0) {
        item = q->items[q->first];
        q->first = (q->first + 1) % q->max;
        q->filled--;
        q->reserved--;
        wake = should_wake(q);
        if (q->closed && q->reserved == 0)
            (void)pthread_cond_broadcast(&q->ready);
    }
    (void)pthread_mutex_unlock(&q->lock);
    if (wake)
        (void)pthread_cond_signal(&q->ready);
    return item;
}

void queue_close(queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    q->closed = true;
    (void)pthread_cond_broadcast(&q->ready);
    (void)pthread_mutex_unlock(&q->lock);
}
