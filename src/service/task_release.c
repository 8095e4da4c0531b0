#include "service/task_release.h"

#include "service/column.h"
#include "service/internal.h"
#include "service/task_event.h"

/* CLAIM_MAX: of one claim, and of one key, which has one claim at a time and what lapsed since housekeeping ran last. */
enum { CLAIM_MAX = 5000, ROUND = 1000, ROUND_ARENA = 16 << 20 };

#define TASKS_OF "SELECT id, signer, batch_id, claim_key, claim_sid FROM task WHERE "

/* The claim is named again: what another device has claimed since is left alone. */
static err release_all(call *c, store_unit *unit, const store_result *rows)
{
    for (size_t i = 0; i < rows->rows; i++) {
        const store_value *v = rows->values + i * rows->columns;
        store_unit_add(unit, STORE_ANY, ERR_OK,
                       "UPDATE task SET state = 'pending' WHERE id = $1 AND state = 'claimed' AND claim_key = $2 AND "
                       "claim_sid = $3 AND finished_at IS NULL",
                       (store_value[]){v[0], v[3], v[4]}, 3);
        if (v[2].type != STORE_NULL)
            call_wake(c, v[2].p);
        TRY(task_event_add(c, unit, &(task_event){v[0].p, v[1].p, "pending"}));
    }
    return ERR_OK;
}

err task_release_claim(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t sid[16])
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT t.id, t.signer, t.batch_id, t.claim_key, t.claim_sid FROM claim l JOIN task t ON t.id = "
                    "l.subject WHERE l.key_id = $1 AND l.sid = $2 AND t.claim_key = $1 AND t.claim_sid = $2 AND "
                    "t.state = 'claimed' ORDER BY l.item LIMIT $3",
                    (store_value[]){store_id(key_id), store_id(sid), store_int(CLAIM_MAX)}, 3));
    return release_all(c, unit, &rows);
}

err task_release_key(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t user_id[16])
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    TASKS_OF "signer = $1 AND finished_at IS NULL AND (claim_key = $2 OR claim_key IN (SELECT id FROM "
                             "authorisation WHERE key_id = $2)) AND state = 'claimed' LIMIT $3",
                    (store_value[]){store_id(user_id), store_id(key_id), store_int(CLAIM_MAX)}, 3));
    return release_all(c, unit, &rows);
}

static err lapsed_round(call *c, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    TASKS_OF "finished_at IS NULL AND state = 'claimed' AND claim_until <= $1 AND expires_at > $1 "
                             "LIMIT $2",
                    (store_value[]){store_int(c->now_ms), store_int(ROUND)}, 2));
    *n = rows.rows;
    if (*n == 0)
        return ERR_OK;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(release_all(c, unit, &rows));
    return call_commit(c, unit);
}

err task_release_lapsed(call *c)
{
    for (size_t n = ROUND; n == ROUND;) {
        arena *scratch = arena_create(ROUND_ARENA);
        if (!scratch)
            return ERR_MEMORY;
        call round = *c;
        round.arena = scratch;
        err e = lapsed_round(&round, &n);
        arena_destroy(scratch);
        TRY(e);
    }
    return ERR_OK;
}
