#include "service/task_order.h"

#include <string.h>

#include "service/column.h"
#include "service/internal.h"
#include "service/signing_key.h"
#include "service/task.h"
#include "service/task_event.h"

/* Tasks past their time are not moved: they expire by themselves. */
err task_order_of_claim(call *c, const uint8_t key_id[16], const uint8_t sid[16], task_order *out)
{
    store_result rows;
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT l.subject, t.batch_id, n.id, n.signer, n.batch_id, l.e, l.attributes, l.method, s.id FROM claim l "
        "LEFT JOIN task t ON t.id = l.subject "
        "LEFT JOIN system s ON s.id = t.system_id AND s.stamps AND t.kind = 'document' "
        "LEFT JOIN task n ON n.after_task = l.subject AND n.state = 'waiting' AND n.expires_at > $3 "
        "WHERE l.key_id = $1 AND l.sid = $2 ORDER BY l.item",
        (store_value[]){store_id(key_id), store_id(sid), store_int(c->now_ms)}, 3));
    out->rows = rows.values;
    out->n = rows.rows;
    out->at = 0;
    return ERR_OK;
}

static void wake_batch(call *c, const store_value *batch)
{
    if (batch->type == STORE_BLOB && batch->n == 16)
        call_wake(c, batch->p);
}

static bool is_of(const task_order *order, size_t i, const uint8_t id[16])
{
    const store_value *subject = &order->rows[i * TASK_ORDER_COLUMNS + TASK_ORDER_SUBJECT];
    return subject->n == 16 && memcmp(subject->p, id, 16) == 0;
}

/* The task's rows, which stand together: from order->at on, where the next task is usually asked for. */
static const store_value *rows_of(task_order *order, const uint8_t id[16], size_t *n)
{
    size_t looked = 0, first;
    while (looked < order->n && !is_of(order, (order->at + looked) % order->n, id))
        looked++;
    first = order->n > 0 ? (order->at + looked) % order->n : 0;
    for (*n = 0; looked < order->n && first + *n < order->n && is_of(order, first + *n, id);)
        ++*n;
    if (*n > 0)
        order->at = (first + *n) % order->n;
    return order->rows + first * TASK_ORDER_COLUMNS;
}

err task_order_signed(call *c, store_unit *unit, task_order *order, const uint8_t id[16])
{
    size_t n, followers = 0;
    const store_value *rows = rows_of(order, id, &n);
    for (size_t i = 0; i < n; i++)
        followers += rows[i * TASK_ORDER_COLUMNS + TASK_ORDER_FOLLOWER].type != STORE_NULL;
    store_unit_add(unit, (int64_t)followers, ERR_CONFLICT,
                   "UPDATE task SET state = 'pending' WHERE after_task = $1 AND state = 'waiting' AND expires_at > $2",
                   (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
    /* Afterwards: a callback is queued for the state that it finds. */
    for (size_t i = 0; i < n; i++) {
        const store_value *row = rows + i * TASK_ORDER_COLUMNS;
        wake_batch(c, &row[TASK_ORDER_BATCH]);
        if (row[TASK_ORDER_FOLLOWER].type == STORE_NULL)
            continue;
        wake_batch(c, &row[TASK_ORDER_FOLLOWER_BATCH]);
        TRY(task_event_add(c, unit,
                           &(task_event){row[TASK_ORDER_FOLLOWER].p, row[TASK_ORDER_FOLLOWER_SIGNER].p, "pending"}));
    }
    return ERR_OK;
}

static const char *reason_of(const char *state)
{
    static const struct {
        const char *state, *reason;
    } reasons[] = {{"declined", "前序任务已被拒签 / the task before it was declined"},
                   {"expired", "前序任务已过期 / the task before it expired"},
                   {"withdrawn", "前序任务的签名已撤回 / the task before it was withdrawn"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(state, reasons[i].state) == 0)
            return reasons[i].reason;
    return "前序任务已取消 / the task before it was cancelled";
}

/* What an end runs on to: those that wait, and behind a withdrawn task those that are pending too. */
#define FOLLOWS                                                                                                        \
    "(t.state = 'waiting' OR $4 = 'withdrawn' AND t.state IN ('pending', 'claimed')) AND t.expires_at > $2 AND "       \
    "(t.batch_id IS NULL OR t.batch_id <> $3)"

/* Nothing follows the task any more, but for what is left to others. */
static void add_guard(call *c, store_unit *unit, const uint8_t id[16], const char *state, const store_value *except)
{
    store_unit_add(unit, 0, ERR_CONFLICT, "SELECT 1 FROM task t WHERE t.after_task = $1 AND " FOLLOWS,
                   (store_value[]){store_id(id), store_int(c->now_ms), *except, store_text(state)}, 4);
}

enum { BEHIND, BEHIND_SIGNER, BEHIND_BATCH, DIRECTLY, CLAIM_UNTIL };

/* A signature of it may be on its way: then it is not cancelled, and what it follows not withdrawn. */
static err cancel_behind(call *c, store_unit *unit, const store_value *row, const char *state)
{
    const uint8_t *id = row[BEHIND].p;
    int64_t until = column_int(&row[CLAIM_UNTIL]);
    if (until > c->now_ms) {
        c->fault.retry_after = signing_key_seconds_until(until, c->now_ms);
        return fault_set(&c->fault, ERR_TASK_CLAIMED, "a device is signing a task that follows this one");
    }
    store_unit_add(
        unit, 1, ERR_CONFLICT,
        "UPDATE task SET state = 'cancelled', reason = $2, finished_at = $3 WHERE id = $1 AND finished_at IS "
        "NULL AND (state <> 'claimed' OR claim_until <= $3)",
        (store_value[]){store_id(id), store_text(reason_of(row[DIRECTLY].i ? state : "cancelled")),
                        store_int(c->now_ms)},
        3);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM task_document WHERE task_id = $1",
                   (store_value[]){store_id(id)}, 1);
    wake_batch(c, &row[BEHIND_BATCH]);
    return task_event_add(c, unit, &(task_event){id, row[BEHIND_SIGNER].p, "cancelled"});
}

err task_order_ended(call *c, store_unit *unit, const uint8_t id[16], const char *state, const uint8_t *except,
                     size_t *n)
{
    static const uint8_t none[16];
    store_result rows;
    store_value other = store_id(except ? except : none);
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "WITH RECURSIVE behind (id, signer, batch_id, directly, claim_until) AS ("
        "SELECT t.id, t.signer, t.batch_id, 1, CASE WHEN t.state = 'claimed' THEN t.claim_until END FROM task t "
        "WHERE t.after_task = $1 AND " FOLLOWS " "
        "UNION ALL SELECT t.id, t.signer, t.batch_id, 0, NULL FROM behind b JOIN task t ON t.after_task = b.id "
        "WHERE t.state = 'waiting' AND t.expires_at > $2 AND (t.batch_id IS NULL OR t.batch_id <> $3)) "
        "SELECT id, signer, batch_id, directly, claim_until FROM behind",
        (store_value[]){store_id(id), store_int(c->now_ms), other, store_text(state)}, 4));
    for (size_t i = 0; i < rows.rows; i++)
        TRY(cancel_behind(c, unit, rows.values + i * rows.columns, state));
    /* After all have been moved: nobody joined meanwhile. */
    add_guard(c, unit, id, state, &other);
    for (size_t i = 0; i < rows.rows; i++)
        add_guard(c, unit, rows.values[i * rows.columns].p, "cancelled", &other);
    *n += rows.rows;
    return ERR_OK;
}

err task_order_check(call *c, const uint8_t id[16], size_t followers)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL,
                        "WITH RECURSIVE above (id, after_task, state) AS ("
                        "SELECT id, after_task, state FROM task WHERE id = $1 UNION ALL "
                        "SELECT t.id, t.after_task, t.state FROM above a JOIN task t ON t.id = a.after_task "
                        "WHERE a.state = 'waiting'), "
                        "behind (id) AS (SELECT id FROM above WHERE state <> 'waiting' UNION ALL "
                        "SELECT t.id FROM behind b JOIN task t ON t.after_task = b.id WHERE t.state = 'waiting') "
                        "SELECT (SELECT count(*) FROM task WHERE after_task = $1 AND state = 'waiting'), "
                        "(SELECT count(*) FROM (SELECT id FROM behind LIMIT $2) AS some)",
                        (store_value[]){store_id(id), store_int(TASK_CHAIN + 2)}, 2));
    if (row[0].i + (int64_t)followers >= TASK_FOLLOWERS)
        return fault_set(&c->fault, ERR_LIMIT, "%d tasks at the most wait for one", TASK_FOLLOWERS);
    if (row[1].i > TASK_CHAIN)
        return fault_set(&c->fault, ERR_LIMIT, "%d tasks at the most wait behind one", TASK_CHAIN);
    return ERR_OK;
}
