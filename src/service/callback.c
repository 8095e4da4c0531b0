#include "service/callback.h"

#include <inttypes.h>
#include <string.h>

#include "service/callback_queue.h"
#include "service/column.h"
#include "service/internal.h"

#define COLUMNS                                                                                                        \
    "c.id, c.endpoint_id, c.subject, e.system_id, c.event, c.state, c.sequence, c.tries, c.happened_at, c.queued_at, " \
    "c.next_at, c.finished_at, c.last_status, c.last_error"
#define TABLES " FROM callback c JOIN callback_endpoint e ON e.id = c.endpoint_id "

static err read_callback(const store_value *v, callback *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    TRY(store_column_id(out->endpoint_id, &v[1]));
    TRY(store_column_id(out->subject, &v[2]));
    out->push = v[3].type == STORE_NULL;
    if (!out->push)
        TRY(store_column_id(out->system_id, &v[3]));
    out->event = column_text(&v[4]);
    out->state = column_text(&v[5]);
    int64_t *numbers[] = {&out->sequence, &out->tries,       &out->happened_ms, &out->queued_ms,
                          &out->next_ms,  &out->finished_ms, &out->last_status};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = column_int(&v[6 + i]);
    out->last_error = column_text(&v[13]);
    return out->event && out->state ? ERR_OK : ERR_CORRUPT;
}

/* The system that is asking; NULL for an operator, who sees all. */
static const uint8_t *owner(const call *c)
{
    return c->actor == ACTOR_SYSTEM ? c->actor_id : NULL;
}

/* Two statements, because an OR would not use the index of subjects. */
#define LIST(subject)                                                                                                  \
    "SELECT " COLUMNS TABLES "WHERE c.id > $1 AND (e.system_id = $2 OR $2 IS NULL) AND (c.state = $3 OR $3 IS NULL) "  \
    "AND (c.endpoint_id = $4 OR $4 IS NULL) " subject "ORDER BY c.id LIMIT $5"

err callback_list(call *c, const callback_filter *f, const callback **out, size_t *n)
{
    static const uint8_t least[16];
    store *s = c->service->options.store;
    store_result rows;
    store_value params[] = {store_id(f->has_after ? f->after : least),      store_id(owner(c)),  store_text(f->state),
                            store_id(f->has_endpoint ? f->endpoint : NULL), store_int(f->limit), store_id(f->task)};
    if (f->has_task)
        TRY(store_query(s, c->arena, &rows, LIST("AND c.subject = $6 "), params, 6));
    else
        TRY(store_query(s, c->arena, &rows, LIST(""), params, 5));
    callback *callbacks = arena_alloc(c->arena, rows.rows * sizeof *callbacks);
    if (!callbacks)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_callback(rows.values + i * rows.columns, &callbacks[i]));
    *out = callbacks;
    *n = rows.rows;
    return ERR_OK;
}

static err load(call *c, const uint8_t id[16], callback *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_CALLBACK_NOT_FOUND,
                        "SELECT " COLUMNS TABLES "WHERE c.id = $1 AND (e.system_id = $2 OR $2 IS NULL)",
                        (store_value[]){store_id(id), store_id(owner(c))}, 2));
    return read_callback(row, out);
}

err callback_replay(call *c, const uint8_t id[16], callback *out)
{
    c->subject = call_subject(c, "callback", id);
    TRY(load(c, id, out));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE callback SET state = 'queued', tries = 0, queued_at = $2, next_at = $2, finished_at = NULL "
                   "WHERE id = $1 AND endpoint_id IN (SELECT id FROM callback_endpoint WHERE state <> 'removed')",
                   (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
    c->callbacks = true;
    TRY(call_commit(c, unit));
    return load(c, id, out);
}

/* What is sent again: finished_at says since when it has failed. */
#define FAILED_SINCE                                                                                                   \
    "WHERE state = 'failed' AND finished_at >= $1 AND endpoint_id IN (SELECT e.id FROM callback_endpoint e "           \
    "WHERE e.state <> 'removed' AND (e.system_id = $2 OR $2 IS NULL) AND (e.id = $3 OR $3 IS NULL))"

err callback_replay_failed(call *c, int64_t since_ms, const uint8_t *endpoint_id, int64_t *n)
{
    const store_value *row;
    store_value params[] = {store_int(since_ms), store_id(owner(c)), store_id(endpoint_id), store_int(c->now_ms)};
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_OK,
                        "SELECT COUNT(*) FROM callback " FAILED_SINCE, params, 3));
    *n = row[0].i;
    c->subject = owner(c) ? call_subject(c, "system", owner(c)) : "callbacks";
    c->detail = arena_printf(c->arena, "failed=%" PRId64, *n);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !c->detail)
        return ERR_MEMORY;
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE callback SET state = 'queued', tries = 0, queued_at = $4, next_at = $4, finished_at = "
                   "NULL " FAILED_SINCE,
                   params, 4);
    c->callbacks = true;
    return call_commit(c, unit);
}

err callback_read_queue(call *c, int64_t *queued, int64_t *oldest_due_ms)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_OK,
                        "SELECT COUNT(*), MIN(next_at) FROM callback WHERE finished_at IS NULL", NULL, 0));
    *queued = row[0].i;
    *oldest_due_ms = column_int(&row[1]);
    return ERR_OK;
}
