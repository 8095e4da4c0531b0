#include "service/rate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sm3.h"
#include "service/internal.h"

enum { RATE_SLOTS = 1 << 15, RATE_WAYS = 8 };

/* A bucket as the time at which it will be full again (generic cell rate algorithm): one whose time is past is full, and its slot free. */
typedef struct rate_slot {
    uint64_t tag;
    int64_t full_us;
} rate_slot;

struct rate_table {
    pthread_mutex_t lock;
    uint8_t key[32]; /* so that nobody can choose names that share their slots */
    rate_slot slots[RATE_SLOTS];
};

/* Wrong codes. A hospital may be behind one address: the address's own limit leaves a roll-out its typing errors. */
static const rate_limit fixed[RATE_KINDS] = {[RATE_CODE_OF_ORIGIN] = {120, 240},
                                             [RATE_CODE_OF_PERSON] = {5, 4},
                                             [RATE_SHORT_CODE] = {10, 60},
                                             [RATE_ADDRESS] = {1, 60}};

err rate_table_create(service *s)
{
    s->rates = calloc(1, sizeof *s->rates);
    if (!s->rates)
        return ERR_MEMORY;
    pthread_mutex_init(&s->rates->lock, NULL);
    keystore_derive(s->options.keystore, "rate", s->rates->key);
    return ERR_OK;
}

void rate_table_destroy(service *s)
{
    if (!s->rates)
        return;
    pthread_mutex_destroy(&s->rates->lock);
    free(s->rates);
    s->rates = NULL;
}

static rate_limit limit_of(const service *s, rate_kind kind)
{
    return kind == RATE_ANYBODY ? s->options.anybody : kind == RATE_ORIGIN ? s->options.origin : fixed[kind];
}

/* Where a name's slot is looked for. */
typedef struct rate_place {
    uint64_t tag;
    size_t first; /* of its set */
} rate_place;

static rate_place place_of(const struct rate_table *table, rate_kind kind, bytes name)
{
    uint8_t mac[SM3_SIZE], head = (uint8_t)kind;
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, table->key, sizeof table->key);
    hmac_sm3_update(&ctx, &head, 1);
    hmac_sm3_update(&ctx, name.p, name.n);
    hmac_sm3_final(&ctx, mac);
    return (rate_place){load_u64be(mac), load_u32be(mac + 8) % (RATE_SLOTS / RATE_WAYS) * RATE_WAYS};
}

/* The name's slot, or the one of its set that is closest to full: a flood of names forgets the least. */
static rate_slot *slot_at(struct rate_table *table, rate_place place)
{
    rate_slot *free_slot = &table->slots[place.first];
    for (size_t i = 0; i < RATE_WAYS; i++) {
        rate_slot *slot = &table->slots[place.first + i];
        if (slot->tag == place.tag)
            return slot;
        if (slot->full_us < free_slot->full_us)
            free_slot = slot;
    }
    *free_slot = (rate_slot){place.tag, 0};
    return free_slot;
}

static int64_t cost_of(rate_limit limit)
{
    return INT64_C(3600000000) / limit.per_hour;
}

err rate_take(call *c, rate_kind kind, bytes name, int64_t *left)
{
    return rate_take_within(c, kind, limit_of(c->service, kind), name, left);
}

err rate_take_within(call *c, rate_kind kind, rate_limit limit, bytes name, int64_t *left)
{
    struct rate_table *table = c->service->rates;
    if (limit.burst == 0)
        return ERR_OK;
    const int64_t now = c->now_ms * 1000, cost = cost_of(limit), room = limit.burst * cost;
    const rate_place place = place_of(table, kind, name);
    pthread_mutex_lock(&table->lock);
    rate_slot *slot = slot_at(table, place);
    /* A clock that was set back must not lock anybody out. */
    int64_t full = slot->full_us < now ? now : slot->full_us > now + room ? now + room : slot->full_us;
    bool granted = full + cost <= now + room;
    if (granted)
        full += cost;
    slot->full_us = full;
    pthread_mutex_unlock(&table->lock);
    if (left)
        *left = (now + room - full) / cost;
    if (granted)
        return ERR_OK;
    c->fault.retry_after = (int)((full + cost - now - room + 999999) / 1000000);
    return ERR_RATE;
}

void rate_give(call *c, rate_kind kind, bytes name)
{
    struct rate_table *table = c->service->rates;
    const rate_limit limit = limit_of(c->service, kind);
    if (limit.burst == 0)
        return;
    const rate_place place = place_of(table, kind, name);
    pthread_mutex_lock(&table->lock);
    slot_at(table, place)->full_us -= cost_of(limit);
    pthread_mutex_unlock(&table->lock);
}

err rate_wrong_code(call *c, const char *name, int64_t *left)
{
    const bytes origin = rate_origin(c);
    size_t n = strlen(name);
    uint8_t *both = arena_alloc(c->arena, origin.n + 1 + n);
    if (!both)
        return ERR_MEMORY;
    memcpy(both, origin.p, origin.n);
    memcpy(both + origin.n + 1, name, n);
    TRY(rate_take(c, RATE_CODE_OF_ORIGIN, origin, NULL));
    return rate_take(c, RATE_CODE_OF_PERSON, bytes_of(both, origin.n + 1 + n), left);
}

bytes rate_origin(call *c)
{
    struct in6_addr v6;
    uint8_t *network = strchr(c->origin, ':') ? arena_alloc(c->arena, 8) : NULL;
    if (!network || inet_pton(AF_INET6, c->origin, &v6) != 1)
        return bytes_of_text(c->origin);
    memcpy(network, v6.s6_addr, 8);
    return bytes_of(network, 8);
}
