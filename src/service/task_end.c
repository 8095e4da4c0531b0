#include "service/task_end.h"

#include <string.h>

#include "service/column.h"
#include "service/device.h"
#include "service/internal.h"
#include "service/signing_key.h"
#include "service/task_event.h"
#include "service/task_order.h"
#include "service/task_release.h"

enum { ROUND = 1000, ROUND_ARENA = 32 << 20 };

err task_end_add(call *c, store_unit *unit, const task *t, const char *state, const char *reason)
{
    store_unit_add(
        unit, 1, ERR_CONFLICT,
        "UPDATE task SET state = $2, reason = $3, finished_at = $4 WHERE id = $1 AND finished_at IS NULL AND "
        "(state = 'waiting' OR state = 'pending' OR claim_until <= $4)",
        (store_value[]){store_id(t->id), store_text(state), store_text(reason), store_int(c->now_ms)}, 4);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM task_document WHERE task_id = $1",
                   (store_value[]){store_id(t->id)}, 1);
    if (t->has_batch)
        call_wake(c, t->batch);
    return task_event_add(c, unit, &(task_event){t->id, t->signer_id, state});
}

static bool same_reason(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

typedef struct ending {
    task_act act;
    const char *state, *reason;
} ending;

static err end(call *c, const task *t, const ending *how)
{
    const char *now = task_state_at(t, c->now_ms), *next;
    size_t behind = 0;
    if (strcmp(now, how->state) == 0 && same_reason(t->reason, how->reason)) {
        c->detail = "repeated";
        return call_commit(c, store_unit_begin(c->arena));
    }
    err e = task_state_next(now, how->act, &next);
    if (e == ERR_TASK_CLAIMED)
        c->fault.retry_after = signing_key_seconds_until(t->claim_until, c->now_ms);
    TRY(e);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    if (how->act == TASK_WITHDRAW) {
        store_unit_add(
            unit, 1, ERR_CONFLICT,
            "UPDATE task SET state = 'withdrawn', reason = $2, finished_at = $3 WHERE id = $1 AND state = 'signed'",
            (store_value[]){store_id(t->id), store_text(how->reason), store_int(c->now_ms)}, 3);
        if (t->has_batch)
            call_wake(c, t->batch);
        TRY(task_event_add(c, unit, &(task_event){t->id, t->signer_id, next}));
    } else {
        TRY(task_end_add(c, unit, t, next, how->reason));
    }
    TRY(task_order_ended(c, unit, t->id, next, NULL, &behind));
    c->detail = behind ? arena_printf(c->arena, "behind=%zu", behind) : NULL;
    return call_commit(c, unit);
}

/* load says whether the task is the caller's. */
static err end_loaded(call *c, const uint8_t id[16], const ending *how, err (*load)(call *, const uint8_t *, task *),
                      task *out)
{
    err e = ERR_CONFLICT;
    c->subject = call_subject(c, "task", id);
    /* Again where it moved on at this moment: then the answer may be another. */
    for (int i = 0; e == ERR_CONFLICT && i < TASK_ORDER_TRIES; i++) {
        TRY(load(c, id, out));
        e = end(c, out, how);
    }
    TRY(e);
    return task_load(c, id, out);
}

err task_cancel(call *c, const uint8_t id[16], const char *reason, task *out)
{
    return end_loaded(c, id, &(ending){TASK_CANCEL, "cancelled", reason}, task_get, out);
}

err task_withdraw(call *c, const uint8_t id[16], const char *reason, task *out)
{
    return end_loaded(c, id, &(ending){TASK_WITHDRAW, "withdrawn", reason}, task_get, out);
}

static err load_own(call *c, const uint8_t id[16], task *out)
{
    uint8_t user[16];
    TRY(device_standing(c, user));
    TRY(task_load(c, id, out));
    /* A login is declined where it was scanned (scan_decline). */
    if (strcmp(out->kind, "document") != 0)
        return ERR_TASK_NOT_FOUND;
    return memcmp(user, out->signer_id, 16) == 0 ? ERR_OK : ERR_TASK_NOT_YOURS;
}

err task_decline(call *c, const uint8_t id[16], const char *reason, task *out)
{
    return end_loaded(c, id, &(ending){TASK_DECLINE, "declined", reason}, load_own, out);
}

/* One unit's worth of tasks past their time; *n: how many tasks it moved. */
static err expire_round(call *c, size_t *n)
{
    store_result rows;
    *n = 0;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id, signer, batch_id FROM task WHERE finished_at IS NULL AND expires_at <= $1 AND "
                    "(state = 'waiting' OR state = 'pending' OR claim_until <= $1) ORDER BY expires_at LIMIT $2",
                    (store_value[]){store_int(c->now_ms), store_int(ROUND)}, 2));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows && *n < ROUND; i++) {
        const store_value *row = rows.values + i * rows.columns;
        task *t = arena_alloc(c->arena, sizeof *t);
        if (!t)
            return ERR_MEMORY;
        TRY(store_column_id(t->id, &row[0]));
        TRY(store_column_id(t->signer_id, &row[1]));
        t->has_batch = row[2].type != STORE_NULL;
        if (t->has_batch)
            TRY(store_column_id(t->batch, &row[2]));
        TRY(task_end_add(c, unit, t, "expired", NULL));
        TRY(task_order_ended(c, unit, t->id, "expired", NULL, n));
        ++*n;
    }
    return *n > 0 ? call_commit(c, unit) : ERR_OK;
}

err task_expire(call *c)
{
    size_t n = 1;
    TRY(task_release_lapsed(c));
    for (int conflicts = 0; n > 0 && conflicts < TASK_ORDER_TRIES;) {
        arena *scratch = arena_create(ROUND_ARENA);
        if (!scratch)
            return ERR_MEMORY;
        call round = *c;
        round.arena = scratch;
        err e = expire_round(&round, &n);
        arena_destroy(scratch);
        conflicts += e == ERR_CONFLICT; /* claimed in between: what is left is looked at again */
        if (e != ERR_OK && e != ERR_CONFLICT)
            return e;
    }
    return ERR_OK;
}
