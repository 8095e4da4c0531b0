#include <string.h>

#include "os/clock.h"
#include "service/column.h"
#include "service/monitor_internal.h"

enum { MINUTE_S = 60, HOUR_S = 3600, THOUSAND = 1000, STEP_MAX_S = 366 * 86400, SWEEP = 5000, NODES_MAX = 64 };
static const int64_t hour_ms = 3600000, day_ms = 86400000;

/* "cpu, load, ..." and their aggregates; what is not known has no part in them. */
#define NAME(name, aggregate) ", " #name
#define AGGREGATE(name, aggregate)                                                                                     \
    ", CAST(coalesce(" #aggregate "(CASE WHEN " #name " >= 0 THEN " #name " END), -1) AS BIGINT)"
#define COLUMNS "node, at" MONITOR_METRICS(NAME)
#define AGGREGATES MONITOR_METRICS(AGGREGATE)

err monitor_write(service *s, arena *a, int64_t at_ms, const int64_t value[MONITOR_METRIC_COUNT])
{
    store_value params[2 + MONITOR_METRIC_COUNT] = {store_text(s->monitor->node), store_int(at_ms)};
    store_unit *unit = store_unit_begin(a);
    for (size_t i = 0; i < MONITOR_METRIC_COUNT; i++)
        params[2 + i] = store_int(value[i]);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "INSERT INTO monitor_minute (" COLUMNS
                   ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
                   "$13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30) "
                   "ON CONFLICT (node, at) DO NOTHING",
                   params, 2 + MONITOR_METRIC_COUNT);
    _Static_assert(2 + MONITOR_METRIC_COUNT == 30, "the statement has a parameter a column");
    return store_commit(s->options.store, unit);
}

err monitor_roll_up(service *s, arena *a, int64_t now_ms)
{
    struct monitor *m = s->monitor;
    const store_value *row;
    int64_t hour = now_ms / hour_ms * hour_ms;
    if (m->rolled_up_ms == hour)
        return ERR_OK;
    store_unit *unit = store_unit_begin(a);
    TRY(store_query_one(s->options.store, a, &row, ERR_OK, "SELECT max(at) FROM monitor_hour WHERE node = $1",
                        (store_value[]){store_text(m->node)}, 1));
    int64_t from = row->type == STORE_INT ? row->i + hour_ms : 0;
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "INSERT INTO monitor_hour (" COLUMNS ") SELECT node, at / 3600000 * 3600000" AGGREGATES
                   " FROM monitor_minute WHERE node = $1 AND at >= $2 AND at < $3 GROUP BY node, at / 3600000 "
                   "ON CONFLICT (node, at) DO NOTHING",
                   (store_value[]){store_text(m->node), store_int(from), store_int(hour)}, 3);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "DELETE FROM monitor_minute WHERE (node, at) IN (SELECT node, at FROM monitor_minute WHERE at < $1 "
                   "ORDER BY at LIMIT $2)",
                   (store_value[]){store_int(now_ms - MONITOR_MINUTE_DAYS * day_ms), store_int(SWEEP)}, 2);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "DELETE FROM monitor_hour WHERE (node, at) IN (SELECT node, at FROM monitor_hour WHERE at < $1 "
                   "ORDER BY at LIMIT $2)",
                   (store_value[]){store_int(now_ms - MONITOR_HOUR_DAYS * day_ms), store_int(SWEEP)}, 2);
    TRY(store_commit(s->options.store, unit));
    m->rolled_up_ms = hour;
    return ERR_OK;
}

/* A step that gives no more points than one answer has: the least of those that people think in. */
static int64_t step_for(int64_t seconds, int64_t least_s)
{
    static const int64_t steps[] = {60, 300, 900, 3600, 14400, 86400};
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof *steps && (steps[i] < least_s || seconds / steps[i] > MONITOR_POINTS_MAX / 2))
        i++;
    return steps[i];
}

static err check_query(call *c, const monitor_query *q, int64_t *step_s)
{
    int64_t seconds = (q->to_ms - q->from_ms) / THOUSAND;
    bool old = q->from_ms < c->now_ms - MONITOR_MINUTE_DAYS * day_ms;
    int64_t least_s = old ? HOUR_S : MINUTE_S;
    if (q->from_ms < 0 || seconds <= 0 || seconds > (int64_t)MONITOR_HOUR_DAYS * 2 * 86400)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "from");
    *step_s = q->step_s > 0 ? q->step_s : step_for(seconds, least_s);
    if (*step_s < MINUTE_S || *step_s > STEP_MAX_S || *step_s % MINUTE_S != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "step");
    if (old) /* in whole hours: there are no others */
        *step_s = (*step_s + HOUR_S - 1) / HOUR_S * HOUR_S;
    return seconds / *step_s > MONITOR_POINTS_MAX ? fault_field(&c->fault, ERR_LIMIT, "step") : ERR_OK;
}

static err read_nodes(call *c, monitor_history *out)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT DISTINCT node FROM monitor_hour UNION SELECT DISTINCT node FROM monitor_minute "
                    "ORDER BY 1 LIMIT $1",
                    (store_value[]){store_int(NODES_MAX)}, 1));
    const char **nodes = arena_alloc(c->arena, (rows.rows + 1) * sizeof *nodes);
    if (!nodes)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        nodes[i] = column_text(&rows.values[i]);
    out->nodes = nodes;
    out->nodes_n = rows.rows;
    return ERR_OK;
}

/* Minutes where the step is less than an hour; else hours, and the minutes of those that are not put together yet. */
static err read_rows(call *c, const monitor_query *q, int64_t step_ms, store_result *rows)
{
    const char *node = q->node ? q->node : c->service->monitor->node;
    store *s = c->service->options.store;
    const store_value *row;
    store_value params[] = {store_text(node), store_int(q->from_ms / step_ms * step_ms), store_int(q->to_ms),
                            store_int(step_ms), store_int(0)};
    if (step_ms % hour_ms != 0)
        return store_query(s, c->arena, rows,
                           "SELECT at / $4 * $4" AGGREGATES
                           " FROM monitor_minute WHERE node = $1 AND at >= $2 AND at < $3 GROUP BY at / $4 ORDER BY 1",
                           params, 4);
    TRY(store_query_one(s, c->arena, &row, ERR_OK,
                        "SELECT coalesce(max(at) + 3600000, 0) FROM monitor_hour WHERE "
                        "node = $1",
                        params, 1));
    params[4] = row[0];
    return store_query(s, c->arena, rows,
                       "SELECT at / $4 * $4" AGGREGATES " FROM (SELECT " COLUMNS
                       " FROM monitor_hour WHERE node = $1 AND "
                       "at >= $2 AND at < $3 UNION ALL SELECT " COLUMNS " FROM monitor_minute WHERE node = $1 AND "
                       "at >= $2 AND at >= $5 AND at < $3) AS kept GROUP BY at / $4 ORDER BY 1",
                       params, 5);
}

err monitor_read_history(call *c, const monitor_query *q, monitor_history *out)
{
    store_result rows;
    memset(out, 0, sizeof *out);
    TRY(check_query(c, q, &out->step_s));
    TRY(read_rows(c, q, out->step_s * THOUSAND, &rows));
    monitor_point *points = arena_alloc(c->arena, rows.rows * sizeof *points);
    if (!points)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        points[i].at_ms = column_int(&v[0]);
        for (size_t j = 0; j < MONITOR_METRIC_COUNT; j++)
            points[i].value[j] = column_int(&v[1 + j]);
    }
    out->points = points;
    out->n = rows.rows;
    return read_nodes(c, out);
}
