#include "service/token_hour.h"

#include <string.h>

#include "service/column.h"
#include "service/internal.h"
#include "service/tsa_unit.h"

enum {
    SETTLED_MS = 60000, /* after an hour's end: whatever took its time from it is durable by then, or failed */
    HOURS_AT_ONCE = 24
};
static const int64_t hour_us = INT64_C(1000) * TOKEN_HOUR_MS;

/* ---- housekeeping ---- */

/* Counting is reading: it does not hold up whoever writes. */
static err count_from_log(const service *s, arena *a, int64_t from, int64_t to, store_result *rows)
{
    return store_query(s->options.store, a, rows,
                       "SELECT time_us / 3600000000 AS hour, unit_id, client, count(*) FROM token WHERE time_us >= $1 "
                       "AND time_us < $2 GROUP BY time_us / 3600000000, unit_id, client ORDER BY hour, unit_id, client",
                       (store_value[]){store_int(from * hour_us), store_int(to * hour_us)}, 2);
}

/* The hour of the first token at or after `from`; `none` where there is none. */
static err next_hour(const service *s, arena *a, int64_t from, int64_t none, int64_t *out)
{
    const store_value *row;
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL, "SELECT min(time_us) FROM token WHERE time_us >= $1",
                        (store_value[]){store_int(from * hour_us)}, 1));
    *out = row->type == STORE_INT ? row->i / hour_us : none;
    return ERR_OK;
}

static err last_counted(const service *s, arena *a, int64_t *out)
{
    const store_value *row;
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL, "SELECT max(hour) FROM token_hour", NULL, 0));
    *out = row->type == STORE_INT ? row->i : -1;
    return ERR_OK;
}

/* Counting an hour again gives what is in the log now. */
static err count_hour(const service *s, arena *a, int64_t hour)
{
    store_result rows;
    TRY(count_from_log(s, a, hour, hour + 1, &rows));
    store_unit *unit = store_unit_begin(a);
    for (size_t i = 0; i < rows.rows; i++)
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "INSERT INTO token_hour (hour, unit_id, client, tokens) VALUES ($1, $2, $3, $4) ON CONFLICT "
                       "(hour, unit_id, client) DO UPDATE SET tokens = $4",
                       rows.values + i * rows.columns, 4);
    return unit ? store_commit(s->options.store, unit) : ERR_MEMORY;
}

err token_hour_roll_up(service *s, arena *a, int64_t now_ms)
{
    int64_t until = (now_ms - SETTLED_MS) / TOKEN_HOUR_MS, hour = s->tokens_counted_until;
    if (hour == 0) {
        TRY(last_counted(s, a, &hour));
        hour++;
    }
    /* A clock that was set back issues into hours that were counted. */
    if (hour > until)
        hour = until;
    for (int i = 0; i < HOURS_AT_ONCE && hour < until; i++) {
        TRY(next_hour(s, a, hour, until, &hour));
        if (hour < until)
            TRY(count_hour(s, a, hour++));
    }
    s->tokens_counted_until = hour < until ? hour : until;
    return ERR_OK;
}

/* ---- reading ---- */

static err tokens_read(const service *s, const store_result *rows, token_hour *out)
{
    for (size_t i = 0; i < rows->rows; i++) {
        const store_value *v = rows->values + i * rows->columns;
        uint8_t id[16];
        TRY(store_column_id(id, &v[1]));
        const tsa_unit *u = tsa_unit_of(s, id);
        const char *client = column_text(&v[2]);
        if (!u || !client)
            return ERR_CORRUPT;
        out[i] = (token_hour){column_int(&v[0]), u->name, client, column_int(&v[3])};
    }
    return ERR_OK;
}

/* Hours that were counted from the table, later ones from the log. */
static err tokens_of(call *c, int64_t from, int64_t to, token_statistics *out)
{
    const service *s = c->service;
    store_result counted, live;
    int64_t first_live;
    TRY(last_counted(s, c->arena, &first_live));
    first_live++;
    int64_t now = c->now_ms / TOKEN_HOUR_MS;
    if (first_live > now)
        first_live = now;
    if (first_live < from)
        first_live = from;
    TRY(store_query(
        s->options.store, c->arena, &counted,
        "SELECT hour, unit_id, client, tokens FROM token_hour WHERE hour >= $1 AND hour <= $2 AND hour < $3 "
        "ORDER BY hour, unit_id, client",
        (store_value[]){store_int(from), store_int(to), store_int(first_live)}, 3));
    TRY(count_from_log(s, c->arena, first_live, to + 1, &live));
    token_hour *rows = arena_alloc(c->arena, (counted.rows + live.rows) * sizeof *rows);
    if (!rows)
        return ERR_MEMORY;
    TRY(tokens_read(s, &counted, rows));
    TRY(tokens_read(s, &live, rows + counted.rows));
    out->tokens = rows;
    out->tokens_n = counted.rows + live.rows;
    return ERR_OK;
}

static err refusals_of(call *c, int64_t from, int64_t to, token_statistics *out)
{
    store_result found;
    TRY(store_query(c->service->options.store, c->arena, &found,
                    "SELECT hour, client, reason, refusals FROM token_refusal WHERE hour >= $1 AND hour <= $2 ORDER BY "
                    "hour, client, reason",
                    (store_value[]){store_int(from), store_int(to)}, 2));
    refusal_hour *rows = arena_alloc(c->arena, found.rows * sizeof *rows);
    if (!rows)
        return ERR_MEMORY;
    for (size_t i = 0; i < found.rows; i++) {
        const store_value *v = found.values + i * found.columns;
        rows[i] = (refusal_hour){column_int(&v[0]), column_text(&v[1]), column_text(&v[2]), column_int(&v[3])};
        if (!rows[i].client || !rows[i].reason)
            return ERR_CORRUPT;
    }
    out->refusals = rows;
    out->refusals_n = found.rows;
    return ERR_OK;
}

err token_hour_read(call *c, int64_t from, int64_t to, token_statistics *out)
{
    TRY(tokens_of(c, from, to, out));
    return refusals_of(c, from, to, out);
}
