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

/* The statement as it grows, and its parameters. */
typedef struct search {
    call *c;
    const char *sql; /* NULL: the arena is full */
    store_value params[10];
    size_t n;
} search;

/* Only what is asked for stands in the statement: with an OR, the indexes of
 * subjects and of what failed would not be used. */
static void narrow(search *s, const char *condition, store_value value)
{
    s->params[s->n++] = value;
    if (s->sql)
        s->sql = arena_printf(s->c->arena, "%s %s$%zu", s->sql, condition, s->n);
}

static void add(search *s, const char *text)
{
    if (s->sql)
        s->sql = arena_printf(s->c->arena, "%s %s", s->sql, text);
}

static void narrow_state(search *s, const char *state)
{
    add(s, strcmp(state, "failed") == 0   ? "AND c.state = 'failed'"
           : strcmp(state, "queued") == 0 ? "AND c.state = 'queued'"
                                          : "AND c.state = 'delivered'");
}

static void compose(search *s, const callback_filter *f, const uint8_t from[16])
{
    narrow(s, f->newest ? "c.id < " : "c.id > ", store_id(from));
    if (owner(s->c))
        narrow(s, "AND e.system_id = ", store_id(owner(s->c)));
    if (f->has_system)
        narrow(s, "AND e.system_id = ", store_id(f->system));
    if (f->has_task)
        narrow(s, "AND c.subject = ", store_id(f->task));
    if (f->has_endpoint)
        narrow(s, "AND c.endpoint_id = ", store_id(f->endpoint));
    if (f->event)
        narrow(s, "AND c.event = ", store_text(f->event));
    if (f->from_ms)
        narrow(s, "AND c.happened_at >= ", store_int(f->from_ms));
    if (f->until_ms)
        narrow(s, "AND c.happened_at < ", store_int(f->until_ms));
    if (f->state)
        narrow_state(s, f->state);
    narrow(s, f->newest ? "ORDER BY c.id DESC LIMIT " : "ORDER BY c.id LIMIT ", store_int(f->limit));
}

err callback_list(call *c, const callback_filter *f, const callback **out, size_t *n)
{
    uint8_t end[16];
    store_result rows;
    search s = {.c = c, .sql = "SELECT " COLUMNS TABLES "WHERE"};
    memset(end, f->newest ? 0xff : 0, sizeof end);
    compose(&s, f, f->has_after ? f->after : end);
    if (!s.sql)
        return ERR_MEMORY;
    TRY(store_query(c->service->options.store, c->arena, &rows, s.sql, s.params, s.n));
    callback *callbacks = arena_alloc(c->arena, rows.rows * sizeof *callbacks);
    if (!callbacks)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_callback(rows.values + i * rows.columns, &callbacks[i]));
    *out = callbacks;
    *n = rows.rows;
    return ERR_OK;
}

err callback_get(call *c, const uint8_t id[16], callback *out)
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
    TRY(callback_get(c, id, out));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE callback SET state = 'queued', tries = 0, queued_at = $2, next_at = $2, finished_at = NULL "
                   "WHERE id = $1 AND endpoint_id IN (SELECT id FROM callback_endpoint WHERE state <> 'removed')",
                   (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
    c->callbacks = true;
    TRY(call_commit(c, unit));
    return callback_get(c, id, out);
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
