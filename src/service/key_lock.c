#include "service/key_lock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct key_locks {
    pthread_mutex_t mutex;
    pthread_cond_t released;
    size_t n;
    uint8_t held[KEY_LOCKS_MAX][16]; /* as many as workers are busy: a short scan */
};

key_locks *key_locks_create(void)
{
    key_locks *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->released, NULL);
    return l;
}

void key_locks_destroy(key_locks *l)
{
    if (!l)
        return;
    pthread_cond_destroy(&l->released);
    pthread_mutex_destroy(&l->mutex);
    free(l);
}

/* Where the id stands among the held ones; n if it does not. */
static size_t find(const key_locks *l, const uint8_t id[16])
{
    size_t i = 0;
    while (i < l->n && memcmp(l->held[i], id, 16) != 0)
        i++;
    return i;
}

static err take(key_locks *l, const uint8_t id[16], bool wait)
{
    err e = ERR_OK;
    pthread_mutex_lock(&l->mutex);
    while (wait && find(l, id) < l->n)
        pthread_cond_wait(&l->released, &l->mutex);
    if (find(l, id) < l->n)
        e = ERR_KEY_BUSY;
    else if (l->n == KEY_LOCKS_MAX)
        e = ERR_BUSY;
    else
        memcpy(l->held[l->n++], id, 16);
    pthread_mutex_unlock(&l->mutex);
    return e;
}

err key_lock_take(key_locks *l, const uint8_t id[16])
{
    return take(l, id, true);
}

err key_lock_try(key_locks *l, const uint8_t id[16])
{
    return take(l, id, false);
}

void key_lock_release(key_locks *l, const uint8_t id[16])
{
    pthread_mutex_lock(&l->mutex);
    size_t i = find(l, id);
    if (i < l->n)
        memcpy(l->held[i], l->held[--l->n], 16);
    pthread_cond_broadcast(&l->released);
    pthread_mutex_unlock(&l->mutex);
}
