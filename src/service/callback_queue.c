#include "service/callback_queue.h"

#include <stdlib.h>
#include <string.h>

#include "os/entropy.h"
#include "service/internal.h"

struct callback_queue {
    _Atomic uint32_t wanted[CALLBACK_PLACES]; /* the events that some system's endpoint at this place wants */
    _Atomic uint32_t push_places;             /* a bit a place that has a push endpoint */
    pthread_mutex_t lock;                     /* of what follows */
    void (*wake)(void *);
    void *wake_context;
};

static const char *const names[CALLBACK_EVENTS] = {"task.signed",    "task.declined", "task.cancelled", "task.expired",
                                                   "task.withdrawn", "task.pending",  "task.waiting",   "task.stamped"};

const char *callback_event_name(callback_event event)
{
    return names[event];
}

uint32_t callback_event_bit(const char *name)
{
    for (unsigned i = 0; i < CALLBACK_EVENTS; i++)
        if (strcmp(name, names[i]) == 0)
            return UINT32_C(1) << i;
    return 0;
}

callback_queue *callback_queue_create(void)
{
    callback_queue *q = calloc(1, sizeof *q);
    if (q)
        pthread_mutex_init(&q->lock, NULL);
    return q;
}

void callback_queue_destroy(callback_queue *q)
{
    if (!q)
        return;
    pthread_mutex_destroy(&q->lock);
    free(q);
}

/* Under the lock: of two changes at once the later reading is the one that stays. */
static err refresh(service *s, arena *a)
{
    uint32_t wanted[CALLBACK_PLACES] = {0}, push = 0;
    store_result rows;
    TRY(store_query(s->options.store, a, &rows,
                    "SELECT DISTINCT kind, place, events FROM callback_endpoint WHERE state <> 'removed'", NULL, 0));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        if (v[1].i < 0 || v[1].i >= CALLBACK_PLACES)
            return ERR_CORRUPT;
        if (strcmp(v[0].p, "push") == 0)
            push |= UINT32_C(1) << v[1].i;
        else
            wanted[v[1].i] |= (uint32_t)v[2].i;
    }
    for (unsigned i = 0; i < CALLBACK_PLACES; i++)
        s->callbacks->wanted[i] = wanted[i];
    s->callbacks->push_places = push;
    return ERR_OK;
}

err callback_queue_refresh(service *s, arena *a)
{
    pthread_mutex_lock(&s->callbacks->lock);
    err e = refresh(s, a);
    pthread_mutex_unlock(&s->callbacks->lock);
    return e;
}

/* Only of documents, here and below: a login lasts a minute, and its system and its phone are both at it.
 * A parameter lives as long as its unit. */
static err new_id(call *c, uint8_t **out)
{
    *out = arena_alloc(c->arena, 16);
    return *out ? uuid7_create(*out) : ERR_MEMORY;
}

/* The task's state is asked for again inside the unit: housekeeping adds an event for a task that somebody may have claimed since. A timestamp
 * is no state: the signature may be withdrawn by then. */
static err add_for_system(call *c, store_unit *unit, const task_event *event, unsigned bit, unsigned place)
{
    uint8_t *id;
    TRY(new_id(c, &id));
    c->callbacks = true;
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "INSERT INTO callback (id, endpoint_id, subject, sequence, event, happened_at, state, tries, queued_at, "
        "next_at) "
        "SELECT $1, e.id, t.id, COALESCE((SELECT MAX(b.sequence) + 1 FROM callback b WHERE b.endpoint_id = e.id AND "
        "b.subject = t.id AND b.sequence >= $5), $5), $4, $5, 'queued', 0, $5, $5 "
        "FROM task t JOIN callback_endpoint e ON e.system_id = t.system_id AND e.place = $3 AND e.state <> 'removed' "
        "WHERE t.id = $2 AND t.kind = 'document' AND (t.state = $6 OR $6 IS NULL) AND (e.events & $7) <> 0",
        (store_value[]){store_id(id), store_id(event->task), store_int(place), store_text(names[bit]),
                        store_int(c->now_ms), bit == CALLBACK_STAMPED ? store_null() : store_text(event->state),
                        store_int(INT64_C(1) << bit)},
        7);
    return ERR_OK;
}

/* One message a person waits at the most. Where there is one it is marked as older than what there is to say, by its sequence: if it
 * left meanwhile, it is sent once more (callback_delivery.c). */
static err add_for_push(call *c, store_unit *unit, const task_event *event, unsigned place)
{
    uint8_t *id;
    TRY(new_id(c, &id));
    c->callbacks = true;
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE callback SET sequence = sequence + 1 WHERE subject = $1 AND finished_at IS NULL AND endpoint_id IN "
        "(SELECT id FROM callback_endpoint WHERE kind = 'push' AND place = $2 AND state <> 'removed') "
        "AND EXISTS (SELECT 1 FROM task t WHERE t.id = $3 AND t.kind = 'document')",
        (store_value[]){store_id(event->signer), store_int(place), store_id(event->task)}, 3);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "INSERT INTO callback (id, endpoint_id, subject, sequence, event, happened_at, state, tries, "
                   "queued_at, next_at) "
                   "SELECT $1, e.id, $2, $4, 'task.waiting', $4, 'queued', 0, $4, $4 FROM callback_endpoint e WHERE "
                   "e.kind = 'push' "
                   "AND e.place = $3 AND e.state <> 'removed' AND NOT EXISTS (SELECT 1 FROM callback b WHERE "
                   "b.endpoint_id = e.id AND "
                   "b.subject = $2 AND b.finished_at IS NULL) AND EXISTS (SELECT 1 FROM task t WHERE t.id = $5 AND "
                   "t.kind = 'document')",
                   (store_value[]){store_id(id), store_id(event->signer), store_int(place), store_int(c->now_ms),
                                   store_id(event->task)},
                   5);
    return ERR_OK;
}

err callback_queue_add(call *c, store_unit *unit, const task_event *event)
{
    callback_queue *q = c->service->callbacks;
    for (unsigned bit = 0; bit < CALLBACK_EVENTS; bit++) {
        if (bit == CALLBACK_WAITING || strcmp(event->state, names[bit] + strlen("task.")) != 0)
            continue;
        for (unsigned place = 0; place < CALLBACK_PLACES; place++)
            if (q->wanted[place] >> bit & 1)
                TRY(add_for_system(c, unit, event, bit, place));
    }
    if (strcmp(event->state, "pending") != 0)
        return ERR_OK;
    for (unsigned place = 0; place < CALLBACK_PLACES; place++)
        if (q->push_places >> place & 1)
            TRY(add_for_push(c, unit, event, place));
    return ERR_OK;
}

void callback_queue_set_wake(service *s, void (*wake)(void *), void *ctx)
{
    pthread_mutex_lock(&s->callbacks->lock);
    s->callbacks->wake = wake;
    s->callbacks->wake_context = ctx;
    pthread_mutex_unlock(&s->callbacks->lock);
}

void callback_queue_wake(service *s)
{
    pthread_mutex_lock(&s->callbacks->lock);
    if (s->callbacks->wake)
        s->callbacks->wake(s->callbacks->wake_context);
    pthread_mutex_unlock(&s->callbacks->lock);
}
