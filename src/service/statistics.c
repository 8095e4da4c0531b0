#include "service/statistics.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/token_hour.h"
#include "service/tsa_unit.h"

enum { ENTRIES_MAX = 10000, LIVE_DAYS = 2 };

/* ---- a table that is added to ---- */

typedef struct sums {
    statistics_entry *entries;
    size_t n, room;
} sums;

static err sums_open(arena *a, sums *s, size_t room)
{
    *s = (sums){arena_alloc(a, room * sizeof(statistics_entry)), 0, room};
    return s->entries ? ERR_OK : ERR_MEMORY;
}

static err sums_add(sums *s, const statistics_entry *more)
{
    for (size_t i = 0; i < s->n; i++) {
        statistics_entry *e = &s->entries[i];
        if (e->day == more->day && strcmp(e->value, more->value) == 0) {
            e->n += more->n;
            return ERR_OK;
        }
    }
    if (s->n == s->room)
        return ERR_LIMIT;
    s->entries[s->n++] = *more;
    return ERR_OK;
}

static int by_number(const void *a, const void *b)
{
    const statistics_entry *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : strcmp(x->value, y->value);
}

static int by_value(const void *a, const void *b)
{
    return strcmp(((const statistics_entry *)a)->value, ((const statistics_entry *)b)->value);
}

static int by_day(const void *a, const void *b)
{
    const statistics_entry *x = a, *y = b;
    return (x->day > y->day) - (x->day < y->day);
}

static void finish(statistics_table *out, const sums *s, int (*order)(const void *, const void *))
{
    if (s->n > 0)
        qsort(s->entries, s->n, sizeof *s->entries, order);
    out->entries = s->entries;
    out->n = s->n;
    out->total = 0;
    for (size_t i = 0; i < s->n; i++)
        out->total += s->entries[i].n;
}

/* ---- signatures and tasks ---- */

/* What is in the table and what is counted now: *live is the first day of the latter. */
static err span_read(call *c, int64_t from, int64_t to, statistics_span *out, int64_t *live)
{
    int64_t today = statistics_day_of(c->service, c->now_ms), until;
    TRY(statistics_day_counted_until(c->service, c->arena, c->now_ms, &until));
    *live = until > today - LIVE_DAYS + 1 ? until : today - LIVE_DAYS + 1;
    int64_t first_missing = until > from ? until : from;
    int64_t last_missing = *live - 1 < to ? *live - 1 : to;
    *out = (statistics_span){from, to, until, first_missing > last_missing};
    return ERR_OK;
}

/* Live days among from..to, each of its values. */
static err add_live(call *c, statistics_kind kind, const char *value, bool by_days, const statistics_span *span,
                    int64_t live, sums *into)
{
    int64_t today = statistics_day_of(c->service, c->now_ms);
    for (int64_t day = live > span->from ? live : span->from; day <= span->to && day <= today; day++) {
        const statistics_count *counts;
        size_t n;
        TRY(statistics_day_count(c->service, c->arena, kind, day, &counts, &n));
        for (size_t i = 0; i < n; i++) {
            if (value && strcmp(value, counts[i].value) != 0)
                continue;
            statistics_entry e = {by_days ? day : 0, by_days ? "" : counts[i].value, NULL, counts[i].n};
            TRY(sums_add(into, &e));
        }
    }
    return ERR_OK;
}

err statistics_by_day(call *c, statistics_kind kind, const char *value, int64_t from, int64_t to, statistics_table *out)
{
    store_result rows;
    sums s;
    int64_t live;
    TRY(span_read(c, from, to, &out->span, &live));
    store_value params[] = {store_text(statistics_kind_name(kind)), store_int(from), store_int(to), store_int(live),
                            store_text(value)};
    /* Two statements, because an OR would not use the index of values. */
    if (value)
        TRY(store_query(c->service->options.store, c->arena, &rows,
                        "SELECT day, n FROM statistics_day WHERE kind = $1 AND value = $5 AND day >= $2 AND day <= $3 "
                        "AND day < $4",
                        params, 5));
    else
        TRY(store_query(c->service->options.store, c->arena, &rows,
                        "SELECT day, CAST(sum(n) AS BIGINT) FROM statistics_day WHERE kind = $1 AND day >= $2 AND "
                        "day <= $3 AND day < $4 GROUP BY day",
                        params, 4));
    TRY(sums_open(c->arena, &s, rows.rows + LIVE_DAYS));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        s.entries[s.n++] = (statistics_entry){column_int(&v[0]), "", NULL, column_int(&v[1])};
    }
    TRY(add_live(c, kind, value, true, &out->span, live, &s));
    finish(out, &s, by_day);
    return ERR_OK;
}

/* The names of business systems, which the table knows by id. */
static err name_systems(call *c, const sums *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const store_value *row;
        uint8_t id[16];
        if (uuid_decode(id, s->entries[i].value, strlen(s->entries[i].value)) != ERR_OK)
            continue;
        err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                                "SELECT name FROM system WHERE id = $1", (store_value[]){store_id(id)}, 1);
        if (e == ERR_OK)
            s->entries[i].name = column_text(&row[0]);
        else if (e != ERR_NOT_FOUND)
            return e;
    }
    return ERR_OK;
}

err statistics_by_value(call *c, statistics_kind kind, int64_t from, int64_t to, statistics_table *out)
{
    store_result rows;
    sums s;
    int64_t live;
    TRY(span_read(c, from, to, &out->span, &live));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT value, CAST(sum(n) AS BIGINT) FROM statistics_day WHERE kind = $1 AND day >= $2 AND "
                    "day <= $3 AND day < $4 GROUP BY value ORDER BY CAST(sum(n) AS BIGINT) DESC, value LIMIT $5",
                    (store_value[]){store_text(statistics_kind_name(kind)), store_int(from), store_int(to),
                                    store_int(live), store_int(ENTRIES_MAX)},
                    5));
    TRY(sums_open(c->arena, &s, rows.rows + LIVE_DAYS * (STATISTICS_VALUES + 1)));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        const char *value = column_text(&v[0]);
        if (!value)
            return ERR_CORRUPT;
        s.entries[s.n++] = (statistics_entry){0, value, NULL, column_int(&v[1])};
    }
    TRY(add_live(c, kind, NULL, false, &out->span, live, &s));
    if (kind == STATISTICS_SYSTEM)
        TRY(name_systems(c, &s));
    finish(out, &s, kind == STATISTICS_HOUR || kind == STATISTICS_SECONDS ? by_value : by_number);
    return ERR_OK;
}

err statistics_by_person(call *c, int64_t from, int64_t to, int64_t limit, statistics_table *out)
{
    store_result rows;
    const store_value *all;
    sums s;
    if (to - from >= STATISTICS_PERSON_DAYS)
        return ERR_LIMIT;
    store_value params[] = {store_int(statistics_day_start(c->service, from)),
                            store_int(statistics_day_start(c->service, to + 1)), store_int(limit)};
    store *db = c->service->options.store;
    TRY(store_query(db, c->arena, &rows,
                    "SELECT u.staff_no, u.name, x.n FROM (SELECT signer, count(*) AS n FROM signature WHERE "
                    "signed_at >= $1 AND signed_at < $2 GROUP BY signer ORDER BY count(*) DESC, signer LIMIT $3) x "
                    "JOIN app_user u ON u.id = x.signer",
                    params, 3));
    TRY(store_query_one(db, c->arena, &all, ERR_INTERNAL,
                        "SELECT count(*) FROM signature WHERE signed_at >= $1 AND signed_at < $2", params, 2));
    TRY(sums_open(c->arena, &s, rows.rows));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        s.entries[s.n++] = (statistics_entry){0, column_text(&v[0]), column_text(&v[1]), column_int(&v[2])};
        if (!s.entries[i].value)
            return ERR_CORRUPT;
    }
    finish(out, &s, by_number);
    out->total = all->i;
    out->span = (statistics_span){from, to, to + 1, true};
    return ERR_OK;
}

int64_t statistics_median(const statistics_table *seconds)
{
    int64_t before = 0;
    for (size_t i = 0; i < seconds->n; i++) {
        before += seconds->entries[i].n;
        if (before * 2 >= seconds->total)
            return strtoll(seconds->entries[i].value, NULL, 10);
    }
    return -1;
}

/* ---- timestamps ---- */

/* Hours are UTC's: where the hospital's day does not begin with one, an hour counts to the day in which it begins. */
/* The signs have it go through the index of that name, which is in the groups' order and holds all of it. */
#define TOKENS_COUNTED(of)                                                                                             \
    "SELECT " of                                                                                                       \
    ", CAST(sum(tokens) AS BIGINT) FROM token_hour WHERE +hour >= $1 AND +hour < $2 AND +hour < $3 GROUP BY " of
#define TOKENS_LIVE(of)                                                                                                \
    "SELECT " of ", count(*) FROM token WHERE time_us >= $1 * 3600000000 AND time_us < $2 * 3600000000 GROUP BY " of

/* Hours from..to (to is not among them) by unit or client, those before `live` from the table. */
static err tokens_add(call *c, bool by_unit, const int64_t hours[3], sums *into, int64_t day)
{
    store_result rows[2];
    store *db = c->service->options.store;
    int64_t from = hours[0], to = hours[1], live = hours[2];
    store_value counted[] = {store_int(from), store_int(to), store_int(live)};
    store_value later[] = {store_int(from > live ? from : live), store_int(to)};
    if (by_unit) {
        TRY(store_query(db, c->arena, &rows[0], TOKENS_COUNTED("unit_id"), counted, 3));
        TRY(store_query(db, c->arena, &rows[1], TOKENS_LIVE("unit_id"), later, 2));
    } else {
        TRY(store_query(db, c->arena, &rows[0], TOKENS_COUNTED("client"), counted, 3));
        TRY(store_query(db, c->arena, &rows[1], TOKENS_LIVE("client"), later, 2));
    }
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < rows[k].rows; i++) {
            const store_value *v = rows[k].values + i * rows[k].columns;
            const tsa_unit *unit =
                by_unit && v[0].type == STORE_BLOB && v[0].n == 16 ? tsa_unit_of(c->service, v[0].p) : NULL;
            const char *name = by_unit ? unit ? unit->name : "" : column_text(&v[0]);
            statistics_entry e = {day, name ? name : "", NULL, column_int(&v[1])};
            TRY(sums_add(into, &e));
        }
    return ERR_OK;
}

/* By day in one statement: the hours that are over. */
static err tokens_by_day(call *c, const statistics_span *span, int64_t live, sums *into)
{
    store_result rows;
    int64_t start = statistics_day_start(c->service, 0) / TOKEN_HOUR_MS;
    int64_t from = span->from * 24 + start, to = (span->to + 1) * 24 + start;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT (hour - $1) / 24, CAST(sum(tokens) AS BIGINT) FROM token_hour WHERE hour >= $2 AND "
                    "hour < $3 GROUP BY (hour - $1) / 24",
                    (store_value[]){store_int(start), store_int(from), store_int(to < live ? to : live)}, 3));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        into->entries[into->n++] = (statistics_entry){column_int(&v[0]), "", NULL, column_int(&v[1])};
    }
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT (time_us / 3600000000 - $1) / 24, count(*) FROM token WHERE time_us >= $2 * 3600000000 AND "
                    "time_us < $3 * 3600000000 GROUP BY (time_us / 3600000000 - $1) / 24",
                    (store_value[]){store_int(start), store_int(from > live ? from : live), store_int(to)}, 3));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        statistics_entry e = {column_int(&v[0]), "", NULL, column_int(&v[1])};
        TRY(sums_add(into, &e));
    }
    return ERR_OK;
}

err statistics_tokens(call *c, statistics_of_tokens by, int64_t from, int64_t to, statistics_table *out)
{
    const store_value *row;
    sums s;
    int64_t now = c->now_ms / TOKEN_HOUR_MS, start = statistics_day_start(c->service, 0) / TOKEN_HOUR_MS;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL, "SELECT max(hour) FROM token_hour",
                        NULL, 0));
    int64_t live = row->type == STORE_INT ? row->i + 1 : 0;
    if (live > now)
        live = now;
    out->span = (statistics_span){from, to, to + 1, true};
    TRY(sums_open(c->arena, &s, ENTRIES_MAX));
    if (by == STATISTICS_TOKEN_DAY)
        TRY(tokens_by_day(c, &out->span, live, &s));
    else
        TRY(tokens_add(c, by == STATISTICS_TOKEN_UNIT, (int64_t[]){from * 24 + start, (to + 1) * 24 + start, live}, &s,
                       0));
    finish(out, &s, by == STATISTICS_TOKEN_DAY ? by_day : by_number);
    return ERR_OK;
}

/* ---- what there is ---- */

err statistics_stock_read(call *c, statistics_stock of, statistics_table *out)
{
    static const char *const sql[STATISTICS_STOCKS] = {
        [STATISTICS_PEOPLE] = "SELECT state, count(*) FROM app_user GROUP BY state",
        [STATISTICS_ENROLLED] = "SELECT 'enrolled', count(DISTINCT user_id) FROM device_key WHERE state = 'active'",
        [STATISTICS_DEPARTMENTS] = ("SELECT department, count(*) FROM user_department GROUP BY department "
                                    "ORDER BY count(*) DESC LIMIT 1000"),
        [STATISTICS_PLATFORMS] = ("SELECT platform, count(*) FROM device WHERE state = 'active' GROUP BY platform "
                                  "ORDER BY count(*) DESC LIMIT 1000"),
        [STATISTICS_CERTIFICATES] = "SELECT state, count(*) FROM certificate GROUP BY state",
        [STATISTICS_TASKS_OPEN] = "SELECT state, count(*) FROM task WHERE finished_at IS NULL GROUP BY state",
    };
    store_result rows;
    sums s;
    TRY(store_query(c->service->options.store, c->arena, &rows, sql[of], NULL, 0));
    TRY(sums_open(c->arena, &s, rows.rows));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        s.entries[s.n++] = (statistics_entry){0, column_text(&v[0]), NULL, column_int(&v[1])};
        if (!s.entries[i].value)
            return ERR_CORRUPT;
    }
    finish(out, &s, by_number);
    out->span = (statistics_span){0, 0, 0, true};
    return ERR_OK;
}
