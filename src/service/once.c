#include "service/once.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "os/clock.h"
#include "service/column.h"
#include "service/internal.h"

/* `made` is empty where there is no answer, yet or any more. */
enum { MINUTE_MS = 60000, UNDER_WAY_MS = 10000, LOOK_MS = 60000, MILLISECOND_NS = 1000000 };

struct call_once {
    const char *actor, *key;
    uint8_t digest[SM3_SIZE];
    uint64_t begun_ns; /* monotonic */
    int64_t acted_ms;
    bool noted;
};

/* Keyed: no other mechanism's digest (service/idempotency.c) is ever the same, and a body may hold a passphrase, which a plain hash would let
 * somebody search for. */
static void request_digest(const call *c, const idempotency *i, uint8_t digest[SM3_SIZE])
{
    uint8_t key[32];
    hmac_sm3_ctx ctx;
    keystore_derive(c->service->options.keystore, "idempotency", key);
    hmac_sm3_init(&ctx, key, sizeof key);
    hmac_sm3_update(&ctx, i->path, strlen(i->path) + 1);
    hmac_sm3_update(&ctx, i->body.p, i->body.n);
    hmac_sm3_final(&ctx, digest);
    wipe(key, sizeof key);
}

/* Everything that the row has beside it. Neither who asked nor the key has a space. */
static bytes seal_context(arena *a, const struct call_once *once)
{
    const char *digest = hex_text(a, once->digest, sizeof once->digest);
    const char *text = digest ? arena_printf(a, "idempotency.made:%s %lld %s %s", digest, (long long)once->acted_ms,
                                             once->actor, once->key)
                              : NULL;
    return text ? bytes_of_text(text) : bytes_of(NULL, 0);
}

static err open_answer(call *c, const struct call_once *once, bytes sealed, bytes *answer)
{
    bytes context = seal_context(c->arena, once);
    uint8_t *plain = arena_alloc(c->arena, sealed.n);
    if (!context.p || !plain)
        return ERR_MEMORY;
    if (sealed.n <= KEYSTORE_OVERHEAD ||
        keystore_unseal(c->service->options.keystore, context, sealed, plain) != ERR_OK)
        return ERR_ANSWER_LOST;
    *answer = bytes_of(plain, sealed.n - KEYSTORE_OVERHEAD);
    return ERR_OK;
}

/* Of one that acted. */
static err answer_of(call *c, const struct call_once *once, bytes made, bytes *answer)
{
    int64_t age = c->now_ms - once->acted_ms;
    if (made.n == 0)
        return age < UNDER_WAY_MS && once->acted_ms >= c->service->started_ms ? ERR_BUSY : ERR_ANSWER_LOST;
    return age > (int64_t)ONCE_ANSWER_MINUTES * MINUTE_MS ? ERR_ANSWER_LOST : open_answer(c, once, made, answer);
}

err once_begin(call *c, const idempotency *i, bytes *answer)
{
    const store_value *row;
    uint8_t before[SM3_SIZE];
    struct call_once *once = arena_alloc(c->arena, sizeof *once);
    *answer = bytes_of(NULL, 0);
    if (!once)
        return ERR_MEMORY;
    *once = (struct call_once){.actor = c->actor_text, .key = i->key, .begun_ns = clock_monotonic_ns()};
    request_digest(c, i, once->digest);
    err e = store_query_one(
        c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
        "SELECT made, request_digest, created_at FROM idempotency WHERE actor = $1 AND idempotency_key = $2",
        (store_value[]){store_text(c->actor_text), store_text(i->key)}, 2);
    if (e == ERR_NOT_FOUND) {
        c->once = once;
        return ERR_OK;
    }
    TRY(e);
    bytes made = column_bytes(&row[0]);
    once->acted_ms = column_int(&row[2]);
    TRY(store_column_blob(before, sizeof before, &row[1]));
    return ct_equal(before, once->digest, sizeof before) ? answer_of(c, once, made, answer) : ERR_IDEMPOTENCY;
}

bool once_is_noted(const struct call_once *once)
{
    return once->noted;
}

/* Of two at the same moment the second has its unit fail, and with it the act. The time is that of the act, however long after the request came it is. */
void once_add(call *c, store_unit *unit)
{
    struct call_once *once = c->once;
    if (!once || once->noted)
        return;
    once->acted_ms = c->now_ms + (int64_t)((clock_monotonic_ns() - once->begun_ns) / MILLISECOND_NS);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO idempotency (actor, idempotency_key, request_digest, made, created_at) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   (store_value[]){store_text(once->actor), store_text(once->key),
                                   store_blob(once->digest, sizeof once->digest), store_blob(NULL, 0),
                                   store_int(once->acted_ms)},
                   5);
}

void once_committed(call *c)
{
    if (c->once)
        c->once->noted = true;
}

err once_keep(call *c, const struct call_once *once, bytes answer)
{
    if (answer.n > ONCE_ANSWER_MAX)
        return ERR_OK;
    bytes context = seal_context(c->arena, once);
    size_t n = answer.n + KEYSTORE_OVERHEAD;
    uint8_t *sealed = arena_alloc(c->arena, n);
    store_unit *unit = store_unit_begin(c->arena);
    if (!context.p || !sealed || !unit)
        return ERR_MEMORY;
    TRY(keystore_seal(c->service->options.keystore, context, answer, sealed, &c->service->options.rng));
    store_unit_add(unit, 1, ERR_INTERNAL, "UPDATE idempotency SET made = $3 WHERE actor = $1 AND idempotency_key = $2",
                   (store_value[]){store_text(once->actor), store_text(once->key), store_blob(sealed, n)}, 3);
    return store_commit(c->service->options.store, unit);
}

/* By the index over created_at, and only what is new since the last time: keys of business systems are many. */
err once_housekeeping(call *c)
{
    service *s = c->service;
    int64_t until = c->now_ms - (int64_t)ONCE_ANSWER_MINUTES * MINUTE_MS;
    if (until - s->answers_forgotten_until < LOOK_MS && until >= s->answers_forgotten_until)
        return ERR_OK;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE idempotency SET made = $1 WHERE created_at >= $2 AND created_at < $3 AND length(made) > 16",
                   (store_value[]){store_blob(NULL, 0), store_int(s->answers_forgotten_until), store_int(until)}, 3);
    TRY(store_commit(s->options.store, unit));
    s->answers_forgotten_until = until;
    return ERR_OK;
}
