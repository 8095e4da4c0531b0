#include "service/token_count.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/internal.h"

enum { SLOTS = 256, CLIENT_TEXT = 64, REASON_TEXT = 32 };

/* Clients beyond the table's room are counted together. */
static const char others[] = "others";

typedef struct refusal {
    int64_t hour, n;
    char client[CLIENT_TEXT], reason[REASON_TEXT];
} refusal;

struct token_counts {
    pthread_mutex_t lock;
    refusal slots[SLOTS];
    size_t used;
};

err token_counts_open(service *s)
{
    s->token_counts = calloc(1, sizeof *s->token_counts);
    if (!s->token_counts)
        return ERR_MEMORY;
    (void)pthread_mutex_init(&s->token_counts->lock, NULL);
    return ERR_OK;
}

void token_counts_close(service *s)
{
    if (!s->token_counts)
        return;
    (void)pthread_mutex_destroy(&s->token_counts->lock);
    free(s->token_counts);
    s->token_counts = NULL;
}

static refusal *find(struct token_counts *t, const refusal *like)
{
    for (size_t i = 0; i < t->used; i++)
        if (t->slots[i].hour == like->hour && strcmp(t->slots[i].client, like->client) == 0 &&
            strcmp(t->slots[i].reason, like->reason) == 0)
            return &t->slots[i];
    return NULL;
}

/* The last places are kept for the sums of those that have none: one a reason. */
static void add(struct token_counts *t, refusal *more)
{
    enum { FOR_SUMS = 16 };
    refusal *slot = find(t, more);
    if (!slot && t->used >= SLOTS - FOR_SUMS) {
        (void)snprintf(more->client, sizeof more->client, "%s", others);
        slot = find(t, more);
    }
    if (slot)
        slot->n += more->n;
    else if (t->used < SLOTS)
        t->slots[t->used++] = *more;
}

void token_count_refusal(service *s, int64_t now_ms, const char *client, const char *reason)
{
    enum { HOUR_MS = 3600000 };
    struct token_counts *t = s->token_counts;
    refusal one = {.hour = now_ms / HOUR_MS, .n = 1};
    (void)snprintf(one.client, sizeof one.client, "%s", client);
    (void)snprintf(one.reason, sizeof one.reason, "%s", reason);
    pthread_mutex_lock(&t->lock);
    add(t, &one);
    pthread_mutex_unlock(&t->lock);
}

static err write(service *s, arena *a, const refusal *counted, size_t n)
{
    store_unit *unit = store_unit_begin(a);
    for (size_t i = 0; i < n; i++)
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "INSERT INTO token_refusal (hour, client, reason, refusals) VALUES ($1, $2, $3, $4) ON CONFLICT "
                       "(hour, client, reason) DO UPDATE SET refusals = token_refusal.refusals + $4",
                       (store_value[]){store_int(counted[i].hour), store_text(counted[i].client),
                                       store_text(counted[i].reason), store_int(counted[i].n)},
                       4);
    return unit ? store_commit(s->options.store, unit) : ERR_MEMORY;
}

err token_count_flush(service *s, arena *a)
{
    struct token_counts *t = s->token_counts;
    refusal *taken = arena_alloc(a, sizeof t->slots);
    if (!taken)
        return ERR_MEMORY;
    pthread_mutex_lock(&t->lock);
    size_t n = t->used;
    memcpy(taken, t->slots, n * sizeof *taken);
    t->used = 0;
    pthread_mutex_unlock(&t->lock);
    err e = n > 0 ? write(s, a, taken, n) : ERR_OK;
    if (e == ERR_OK)
        return ERR_OK;
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < n; i++)
        add(t, &taken[i]);
    pthread_mutex_unlock(&t->lock);
    return e;
}
