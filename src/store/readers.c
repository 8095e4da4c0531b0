#include "store/readers.h"

#include <pthread.h>
#include <stdlib.h>

#include "store/store.h"

struct readers {
    pthread_mutex_t mutex;
    pthread_cond_t idle;
    unsigned n;
    engine *free[STORE_READERS_MAX]; /* a stack: the one used last has its pages in the cache */
};

err readers_create(readers **out, const char *path, unsigned n)
{
    *out = NULL;
    if (n < 1 || n > STORE_READERS_MAX)
        return ERR_ARG;
    readers *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_MEMORY;
    (void)pthread_mutex_init(&r->mutex, NULL);
    (void)pthread_cond_init(&r->idle, NULL);
    err e = ERR_OK;
    while (r->n < n) {
        TRY_OUT(engine_open(&r->free[r->n], path, ENGINE_READER));
        r->n++;
    }
    *out = r;
    r = NULL;
out:
    readers_destroy(r);
    return e;
}

void readers_destroy(readers *r)
{
    if (!r)
        return;
    for (unsigned i = 0; i < r->n; i++)
        engine_close(r->free[i]);
    (void)pthread_cond_destroy(&r->idle);
    (void)pthread_mutex_destroy(&r->mutex);
    free(r);
}

engine *readers_take(readers *r)
{
    (void)pthread_mutex_lock(&r->mutex);
    while (r->n == 0)
        (void)pthread_cond_wait(&r->idle, &r->mutex);
    engine *c = r->free[--r->n];
    (void)pthread_mutex_unlock(&r->mutex);
    return c;
}

void readers_give(readers *r, engine *c)
{
    (void)pthread_mutex_lock(&r->mutex);
    r->free[r->n++] = c;
    (void)pthread_cond_signal(&r->idle);
    (void)pthread_mutex_unlock(&r->mutex);
}
