#include "service/system_use.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/internal.h"
#include "service/system_credential.h"

enum { SLOTS = 256, FROM_TEXT = 64 };

typedef struct system_use {
    char key_id[SYSTEM_KEY_ID_TEXT], from[FROM_TEXT];
    int64_t at_ms;
} system_use;

struct system_uses {
    pthread_mutex_t lock;
    system_use slots[SLOTS];
    size_t used;
};

err system_uses_open(service *s)
{
    s->system_uses = calloc(1, sizeof *s->system_uses);
    if (!s->system_uses)
        return ERR_MEMORY;
    (void)pthread_mutex_init(&s->system_uses->lock, NULL);
    return ERR_OK;
}

void system_uses_close(service *s)
{
    if (!s->system_uses)
        return;
    (void)pthread_mutex_destroy(&s->system_uses->lock);
    free(s->system_uses);
    s->system_uses = NULL;
}

void system_use_note(call *c, const char *key_id, int64_t used_ms)
{
    struct system_uses *t = c->service->system_uses;
    if (c->now_ms - used_ms < SYSTEM_USE_EVERY_MS && used_ms <= c->now_ms)
        return;
    pthread_mutex_lock(&t->lock);
    size_t i = 0;
    while (i < t->used && strcmp(t->slots[i].key_id, key_id) != 0)
        i++;
    if (i < SLOTS) {
        system_use *slot = &t->slots[i];
        (void)snprintf(slot->key_id, sizeof slot->key_id, "%s", key_id);
        (void)snprintf(slot->from, sizeof slot->from, "%s", c->origin);
        slot->at_ms = c->now_ms;
        t->used += i == t->used;
    }
    pthread_mutex_unlock(&t->lock);
}

err system_use_flush(service *s, arena *a)
{
    struct system_uses *t = s->system_uses;
    system_use *taken = arena_alloc(a, sizeof t->slots);
    if (!taken)
        return ERR_MEMORY;
    pthread_mutex_lock(&t->lock);
    size_t n = t->used;
    memcpy(taken, t->slots, n * sizeof *taken);
    t->used = 0;
    pthread_mutex_unlock(&t->lock);
    if (n == 0)
        return ERR_OK;
    store_unit *unit = store_unit_begin(a);
    for (size_t i = 0; i < n; i++)
        store_unit_add(
            unit, STORE_ANY, ERR_OK, "UPDATE system_credential SET used_at = $2, used_from = $3 WHERE id = $1",
            (store_value[]){store_text(taken[i].key_id), store_int(taken[i].at_ms), store_text(taken[i].from)}, 3);
    return unit ? store_commit(s->options.store, unit) : ERR_MEMORY;
}
