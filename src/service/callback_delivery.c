#include "service/callback_delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/outbound.h"
#include "service/callback_due.h"
#include "service/callback_endpoint.h"
#include "service/internal.h"

enum {
    FLIGHTS = 128,    /* messages under way */
    FLIGHTS_EACH = 8, /* to one endpoint */
    ABSENT_AFTER = 3, /* tries in a row that nobody was there for; then one at a time, with a pause between */
    ABSENT_PAUSE_MS = 1000,
    BROKEN_MS =
        60000, /* so long without one that was taken: what failed may have failed with the endpoint, not by itself */
    LOOK_MS = 1000,    /* the queue is looked at so often even if nobody says that there is something */
    TROUBLE_MS = 5000, /* pause where the database fails */
    SWEEP_MS = 60000,
    ARENA = 16 << 20
};

typedef struct receiver {
    struct receiver *next;
    uint8_t id[16];
    bool active;
    unsigned in_flight, failures, absent; /* in a row: not taken; of these, nobody was there */
    int64_t look_ms;                      /* when it is looked at next */
    int64_t taken_ms;                     /* when it took one last, or was met */
} receiver;

typedef struct flight {
    receiver *to; /* NULL: free */
    callback_try try;
} flight;

struct callback_delivery {
    service *service;
    outbound *outbound;
    arena *arena; /* emptied each round */
    pthread_t thread;
    atomic_bool stopping, woken;
    receiver *receivers; /* every endpoint met since the start */
    flight flights[FLIGHTS];
    unsigned in_flight;
    int64_t tick_ms;           /* of the clock that is not set, which all pauses are counted by */
    int64_t list_ms, sweep_ms; /* when endpoints are listed, and the queue is swept, next */
};

static void tick(callback_delivery *d)
{
    d->tick_ms = (int64_t)(clock_monotonic_ns() / 1000000);
}

static void wake(void *ctx)
{
    callback_delivery *d = ctx;
    if (!atomic_exchange(&d->woken, true))
        outbound_wake(d->outbound);
}

static receiver *find_receiver(callback_delivery *d, const uint8_t id[16])
{
    receiver *r = d->receivers;
    while (r && memcmp(r->id, id, 16) != 0)
        r = r->next;
    if (r)
        return r;
    r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    memcpy(r->id, id, 16);
    r->taken_ms = d->tick_ms;
    r->next = d->receivers;
    d->receivers = r;
    return r;
}

static err list_receivers(callback_delivery *d)
{
    store_result rows;
    TRY(store_query(d->service->options.store, d->arena, &rows,
                    "SELECT id FROM callback_endpoint WHERE state = 'active'", NULL, 0));
    for (receiver *r = d->receivers; r; r = r->next)
        r->active = false;
    for (size_t i = 0; i < rows.rows; i++) {
        uint8_t id[16];
        TRY(store_column_id(id, &rows.values[i]));
        receiver *r = find_receiver(d, id);
        if (!r)
            return ERR_MEMORY;
        r->active = true;
    }
    return ERR_OK;
}

static bool is_under_way(const callback_delivery *d, const uint8_t id[16])
{
    for (unsigned i = 0; i < FLIGHTS; i++)
        if (d->flights[i].to && memcmp(d->flights[i].try.id, id, 16) == 0)
            return true;
    return false;
}

static flight *free_flight(callback_delivery *d)
{
    unsigned i = 0;
    while (d->flights[i].to)
        i++;
    return &d->flights[i];
}

static unsigned capacity(const receiver *r)
{
    return r->absent >= ABSENT_AFTER ? 1 : FLIGHTS_EACH;
}

/* A message whose secret does not open is of no use to anybody: its endpoint waits for somebody to look at it. */
static err post(callback_delivery *d, const callback_due *due, int64_t now_ms, flight *f)
{
    char secret[CALLBACK_SECRET_TEXT] = "", previous[CALLBACK_SECRET_TEXT] = "";
    bytes body;
    const char *headers[CALLBACK_HEADERS];
    size_t n;
    err e = callback_secret_open(d->service, d->arena, due->endpoint_id, due->sealed_secret, secret);
    if (e == ERR_OK && due->sealed_previous.p)
        e = callback_secret_open(d->service, d->arena, due->endpoint_id, due->sealed_previous, previous);
    if (e == ERR_OK)
        e = callback_message_body(d->arena, &due->message, &body);
    if (e == ERR_OK)
        e = callback_message_headers(d->arena, secret, *previous ? previous : NULL, now_ms / 1000, due->id, body,
                                     headers, &n);
    wipe(secret, sizeof secret);
    wipe(previous, sizeof previous);
    return e == ERR_OK ? outbound_post(d->outbound, due->url, headers, n, body, f) : e;
}

/* Nothing is waiting for the person any more: nobody is woken for it. */
static void forget(callback_delivery *d, const callback_due *due)
{
    store_unit *unit = store_unit_begin(d->arena);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM callback WHERE id = $1 AND sequence = $2",
                   (store_value[]){store_id(due->id), store_int(due->sequence)}, 2);
    err e = store_commit(d->service->options.store, unit);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "callback", "a message could not be removed code=%s", err_code(e));
}

static err send_due(callback_delivery *d, receiver *r, int64_t now_ms)
{
    callback_due *due;
    size_t n;
    /* Those under way are due, too, and are listed first. */
    TRY(callback_due_list(d->service, d->arena, r->id, now_ms, 2 * FLIGHTS_EACH, &due, &n));
    for (size_t i = 0; i < n && r->in_flight < capacity(r) && d->in_flight < FLIGHTS; i++) {
        if (is_under_way(d, due[i].id))
            continue;
        if (due[i].push && due[i].message.waiting == 0) {
            forget(d, &due[i]);
            continue;
        }
        flight *f = free_flight(d);
        TRY(post(d, &due[i], now_ms, f));
        f->to = r;
        f->try = (callback_try){
            .push = due[i].push, .sequence = due[i].sequence, .tries = due[i].tries, .queued_ms = due[i].queued_ms};
        memcpy(f->try.id, due[i].id, 16);
        r->in_flight++;
        d->in_flight++;
    }
    return ERR_OK;
}

static bool has_room(const callback_delivery *d, const receiver *r)
{
    return r->active && r->in_flight < capacity(r) && d->in_flight < FLIGHTS;
}

/* Every endpoint in turn, each its few: none waits for another. Gives for how long there is nothing more to begin. */
static int64_t send_all(callback_delivery *d)
{
    int64_t next_ms = d->tick_ms + LOOK_MS;
    for (receiver *r = d->receivers; r; r = r->next) {
        if (has_room(d, r) && r->look_ms <= d->tick_ms) {
            r->look_ms = d->tick_ms + LOOK_MS;
            err e = send_due(d, r, clock_unix_ms());
            if (e != ERR_OK) {
                log_write(LOG_ERROR, "callback", "the queue of an endpoint cannot be sent code=%s", err_code(e));
                r->look_ms = d->tick_ms + TROUBLE_MS;
            }
        }
        if (has_room(d, r) && r->look_ms < next_ms)
            next_ms = r->look_ms;
    }
    return next_ms > d->tick_ms ? next_ms - d->tick_ms : 0;
}

/* No answer, or one of those that stand for an endpoint that is not there (RFC 9110 15.6, RFC 6585 4). Any other refusal is about its
 * message alone, which has its own pauses: others do not wait for it. */
static bool is_absent(int status)
{
    return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

/* Whether the endpoint works, as its last answers say; and when it is looked at again. */
static void judge(callback_delivery *d, store_unit *unit, receiver *r, int status, int64_t now_ms)
{
    enum { GONE = 410 };
    bool taken = (status >= 200 && status < 300) || status == GONE;
    if (taken && (r->absent >= ABSENT_AFTER || (r->failures > 0 && d->tick_ms - r->taken_ms >= BROKEN_MS))) {
        callback_hurry(unit, r->id, now_ms);
        log_write(LOG_INFO, "callback", "an endpoint takes its messages again after failures=%u", r->failures);
    }
    if (taken)
        r->taken_ms = d->tick_ms;
    r->failures = taken ? 0 : r->failures + 1;
    r->absent = is_absent(status) ? r->absent + 1 : 0;
    if (r->absent == ABSENT_AFTER)
        log_write(LOG_WARN, "callback", "an endpoint does not take its messages status=%d", status);
    r->look_ms = d->tick_ms + (r->absent >= ABSENT_AFTER ? ABSENT_PAUSE_MS : 0);
    r->in_flight--;
    d->in_flight--;
}

/* One unit of work for all that came back. What could not be noted is sent again. */
static void settle(callback_delivery *d, int64_t now_ms)
{
    outbound_result result;
    store_unit *unit = NULL;
    err e = ERR_OK;
    const entropy *rng = &d->service->options.rng;
    while (outbound_take(d->outbound, &result)) {
        flight *f = result.tag;
        uint32_t random = 0;
        if (!unit)
            unit = store_unit_begin(d->arena);
        f->try.status = result.status;
        f->try.message = arena_text(d->arena, result.message, strlen(result.message));
        if (rng->fill(rng->ctx, (uint8_t *)&random, sizeof random) != ERR_OK)
            random = 0; /* the pause without its random part */
        /* The id as a parameter lives as long as the unit; the flight is free before. */
        callback_try *tried = arena_copy(d->arena, &f->try, sizeof f->try);
        err added = tried ? callback_settle(d->arena, unit, tried, now_ms, random) : ERR_MEMORY;
        if (added != ERR_OK)
            e = added;
        judge(d, unit, f->to, result.status, now_ms);
        f->to = NULL;
    }
    if (!unit)
        return;
    if (e == ERR_OK)
        e = store_commit(d->service->options.store, unit);
    if (e == ERR_OK)
        return;
    log_write(LOG_ERROR, "callback", "what was sent could not be noted and is sent again code=%s", err_code(e));
    for (receiver *r = d->receivers; r; r = r->next)
        r->look_ms = d->tick_ms + TROUBLE_MS;
}

static err sweep(callback_delivery *d, int64_t now_ms)
{
    store_unit *unit = store_unit_begin(d->arena);
    if (!unit)
        return ERR_MEMORY;
    int64_t retention_ms = d->service->options.callback_retention_ms;
    bool left;
    callback_sweep(unit, now_ms, retention_ms);
    TRY(store_commit(d->service->options.store, unit));
    TRY(callback_sweep_left(d->service, d->arena, now_ms, retention_ms, &left));
    if (left)
        d->sweep_ms = d->tick_ms + LOOK_MS; /* more come in than one sweep a minute takes out */
    return callback_queue_refresh(d->service, d->arena);
}

static void upkeep(callback_delivery *d)
{
    bool woken = atomic_exchange(&d->woken, false);
    err e = ERR_OK;
    if (woken || d->tick_ms >= d->list_ms) {
        d->list_ms = d->tick_ms + LOOK_MS;
        e = list_receivers(d);
    }
    for (receiver *r = d->receivers; r && woken; r = r->next)
        if (r->absent < ABSENT_AFTER)
            r->look_ms = 0;
    if (e == ERR_OK && d->tick_ms >= d->sweep_ms) {
        d->sweep_ms = d->tick_ms + SWEEP_MS;
        e = sweep(d, clock_unix_ms());
    }
    if (e != ERR_OK)
        log_write(LOG_ERROR, "callback", "upkeep of the queue failed code=%s", err_code(e));
}

static void *run(void *arg)
{
    callback_delivery *d = arg;
    while (!d->stopping) {
        tick(d);
        upkeep(d);
        outbound_run(d->outbound, (int)send_all(d));
        tick(d);
        settle(d, clock_unix_ms());
        arena_reset(d->arena);
    }
    return NULL;
}

static void destroy(callback_delivery *d)
{
    outbound_destroy(d->outbound);
    arena_destroy(d->arena);
    while (d->receivers) {
        receiver *next = d->receivers->next;
        free(d->receivers);
        d->receivers = next;
    }
    free(d);
}

err callback_delivery_start(callback_delivery **out, service *s)
{
    callback_delivery *d = calloc(1, sizeof *d);
    if (!d)
        return ERR_MEMORY;
    d->service = s;
    d->arena = arena_create(ARENA);
    err e = d->arena ? callback_outbound_create(s, &d->outbound) : ERR_MEMORY;
    if (e == ERR_OK && pthread_create(&d->thread, NULL, run, d) != 0)
        e = ERR_MEMORY;
    if (e != ERR_OK) {
        destroy(d);
        return e;
    }
    callback_queue_set_wake(s, wake, d);
    *out = d;
    return ERR_OK;
}

void callback_delivery_stop(callback_delivery *d)
{
    if (!d)
        return;
    callback_queue_set_wake(d->service, NULL, NULL);
    d->stopping = true;
    outbound_wake(d->outbound);
    (void)pthread_join(d->thread, NULL);
    destroy(d);
}
