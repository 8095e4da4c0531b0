#include "service/idempotency.h"

#include <string.h>

#include "crypto/sm3.h"
#include "service/internal.h"

/* Of the whole request: the same body makes one thing at one path and another, or for somebody else, at the next. */
static void request_digest(const idempotency *i, uint8_t digest[SM3_SIZE])
{
    const char *path = i->path ? i->path : "";
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, path, strlen(path) + 1);
    sm3_update(&ctx, i->body.p, i->body.n);
    sm3_final(&ctx, digest);
}

err idempotency_find(call *c, const idempotency *i, uint8_t made[16], bool *found)
{
    const store_value *row;
    uint8_t digest[SM3_SIZE], before[SM3_SIZE];
    *found = false;
    if (!i->key)
        return ERR_OK;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT made, request_digest FROM idempotency WHERE actor = $1 AND idempotency_key = $2",
                            (store_value[]){store_text(c->actor_text), store_text(i->key)}, 2);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(store_column_blob(before, sizeof before, &row[1]));
    request_digest(i, digest);
    if (memcmp(before, digest, sizeof digest) != 0)
        return ERR_IDEMPOTENCY;
    TRY(store_column_id(made, &row[0]));
    *found = true;
    return ERR_OK;
}

void idempotency_add(call *c, store_unit *unit, const idempotency *i, const uint8_t made[16])
{
    if (!i->key)
        return;
    uint8_t *digest = arena_alloc(c->arena, SM3_SIZE), *id = arena_alloc(c->arena, 16);
    if (digest)
        request_digest(i, digest);
    if (id)
        memcpy(id, made, 16);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO idempotency (actor, idempotency_key, request_digest, made, created_at) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   (store_value[]){store_text(c->actor_text), store_text(i->key),
                                   digest ? store_blob(digest, SM3_SIZE) : store_null(), store_id(id),
                                   store_int(c->now_ms)},
                   5);
}

void idempotency_expire(store_unit *unit, int64_t now_ms)
{
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM idempotency WHERE created_at < $1",
                   (store_value[]){store_int(now_ms - (int64_t)IDEMPOTENCY_DAYS * 86400 * 1000)}, 1);
}
