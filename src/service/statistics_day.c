#include "service/statistics_day.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "os/clock.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/time_watch.h"

enum {
    SETTLED_MS = 60000,    /* after a day's end: what took its time from it is durable by then, or failed */
    ROUND_NS = 1500000000, /* in one round of housekeeping */
    UNIT_NS = 200000000,   /* in one unit of work, */
    DAYS_AT_ONCE = 20,     /* and no more */
    UNIT_ARENA = 64 << 20
};

/* $1, $2: the day's beginning and end. Buckets of seconds are as wide as a tenth of what they hold, at the most. */
#define SIGNED " FROM signature g JOIN task t ON t.id = g.task_id WHERE g.signed_at >= $1 AND g.signed_at < $2 "
#define WAITED "((g.signed_at - t.created_at) / 1000)"
#define BUCKET                                                                                                         \
    "CASE WHEN " WAITED " < 0 THEN 0 WHEN " WAITED " < 100 THEN " WAITED " WHEN " WAITED " < 1000 THEN " WAITED        \
    " / 10 * 10 WHEN " WAITED " < 10000 THEN " WAITED " / 100 * 100 WHEN " WAITED " < 100000 THEN " WAITED             \
    " / 1000 * 1000 WHEN " WAITED " < 1000000 THEN " WAITED " / 10000 * 10000 ELSE " WAITED " / 100000 * 100000 END"
#define PLATFORM "CASE WHEN g.method = 'authorisation' THEN 'workstation' ELSE d.platform END"
#define BY_NUMBER " ORDER BY count(*) DESC LIMIT 1001"
_Static_assert(STATISTICS_VALUES == 1000, "BY_NUMBER says one more");

typedef struct source {
    const char *name, *sql;
} source;

static const source sources[STATISTICS_KINDS] = {
    [STATISTICS_HOUR] = {"hour", "SELECT (signed_at - $1) / 3600000, count(*) FROM signature WHERE signed_at >= $1 AND "
                                 "signed_at < $2 GROUP BY (signed_at - $1) / 3600000" BY_NUMBER},
    [STATISTICS_DEPARTMENT] = {"department", "SELECT t.department, count(*)" SIGNED "GROUP BY t.department" BY_NUMBER},
    [STATISTICS_SYSTEM] = {"system", "SELECT t.system_id, count(*)" SIGNED "GROUP BY t.system_id" BY_NUMBER},
    [STATISTICS_METHOD] = {"method", "SELECT method, count(*) FROM signature WHERE signed_at >= $1 AND signed_at < $2 "
                                     "GROUP BY method" BY_NUMBER},
    [STATISTICS_PLATFORM] = {"platform",
                             "SELECT " PLATFORM ", count(*) FROM signature g JOIN device_key k ON k.id = g.key_id "
                             "JOIN enrolment e ON e.id = k.enrolment_id LEFT JOIN device d ON d.id = e.device_id "
                             "WHERE g.signed_at >= $1 AND g.signed_at < $2 GROUP BY " PLATFORM BY_NUMBER},
    [STATISTICS_RECORD_TYPE] = {"record_type",
                                "SELECT t.record_type, count(*)" SIGNED "GROUP BY t.record_type" BY_NUMBER},
    [STATISTICS_TASK_KIND] = {"kind", "SELECT t.kind, count(*)" SIGNED "GROUP BY t.kind" BY_NUMBER},
    [STATISTICS_SECONDS] = {"seconds",
                            "SELECT " BUCKET ", count(*)" SIGNED "AND t.kind = 'document' GROUP BY " BUCKET BY_NUMBER},
    [STATISTICS_OUTCOME] = {"outcome", "SELECT state, count(*) FROM task WHERE finished_at >= $1 AND finished_at < $2 "
                                       "AND (state = 'declined' OR state = 'cancelled' OR state = 'expired' OR "
                                       "state = 'withdrawn') AND kind = 'document' GROUP BY state" BY_NUMBER},
};

const char *statistics_kind_name(statistics_kind kind)
{
    return sources[kind].name;
}

/* ---- days ---- */

static int64_t zone_ms(const service *s)
{
    return (int64_t)time_watch_zone(s) * 60000;
}

int64_t statistics_day_of(const service *s, int64_t unix_ms)
{
    int64_t local = unix_ms + zone_ms(s);
    return local >= 0 ? local / STATISTICS_DAY_MS : -((-local + STATISTICS_DAY_MS - 1) / STATISTICS_DAY_MS);
}

int64_t statistics_day_start(const service *s, int64_t day)
{
    return day * STATISTICS_DAY_MS - zone_ms(s);
}

/* ---- counting ---- */

static const char *value_text(arena *a, statistics_kind kind, const store_value *v)
{
    char id[UUID_TEXT];
    if (v->type == STORE_NULL)
        return "";
    if (v->type == STORE_TEXT)
        return v->p;
    if (v->type == STORE_INT)
        return arena_printf(a, kind == STATISTICS_HOUR ? "%02" PRId64 : "%09" PRId64, v->i);
    if (v->type != STORE_BLOB || v->n != 16)
        return "";
    uuid_encode(id, v->p);
    return arena_text(a, id, UUID_TEXT - 1);
}

/* How many there are in all that are counted by this kind: only where the values are more than are kept. */
static err count_others(const service *s, arena *a, const store_value day[2], int64_t counted, int64_t *others)
{
    const store_value *row;
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL,
                        "SELECT count(*) FROM signature WHERE signed_at >= $1 AND signed_at < $2", day, 2));
    *others = row->i - counted;
    return ERR_OK;
}

err statistics_day_count(const service *s, arena *a, statistics_kind kind, int64_t day, const statistics_count **out,
                         size_t *n)
{
    store_value of[] = {store_int(statistics_day_start(s, day)), store_int(statistics_day_start(s, day + 1))};
    store_result rows;
    TRY(store_query(s->options.store, a, &rows, sources[kind].sql, of, 2));
    statistics_count *counts = arena_alloc(a, (rows.rows + 1) * sizeof *counts);
    if (!counts)
        return ERR_MEMORY;
    int64_t sum = 0;
    *n = rows.rows > STATISTICS_VALUES ? STATISTICS_VALUES : rows.rows;
    for (size_t i = 0; i < *n; i++) {
        const store_value *v = rows.values + i * rows.columns;
        counts[i] = (statistics_count){value_text(a, kind, &v[0]), column_int(&v[1])};
        if (!counts[i].value)
            return ERR_MEMORY;
        sum += counts[i].n;
    }
    if (rows.rows > *n) {
        counts[*n].value = STATISTICS_OTHERS;
        TRY(count_others(s, a, of, sum, &counts[(*n)++].n));
    }
    *out = counts;
    return ERR_OK;
}

/* ---- housekeeping ---- */

/* As it stands in the table; 0: nothing was counted yet, or in another zone. */
static err read_state(const service *s, arena *a, int64_t *day)
{
    const store_value *row;
    err e = store_query_one(s->options.store, a, &row, ERR_NOT_FOUND,
                            "SELECT day FROM statistics_state WHERE id = 1 AND zone_minutes = $1",
                            (store_value[]){store_int(time_watch_zone(s))}, 1);
    *day = e == ERR_OK ? row->i : 0;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

err statistics_day_counted_until(const service *s, arena *a, int64_t now_ms, int64_t *day)
{
    int64_t today = statistics_day_of(s, now_ms);
    TRY(read_state(s, a, day));
    /* A clock that was set back signs into days that were counted. */
    if (*day > today)
        *day = today;
    return ERR_OK;
}

/* The next day on which anything ended, at or after `day`; `none` where there is none. */
static err next_day(const service *s, arena *a, int64_t day, int64_t none, int64_t *out)
{
    const store_value *row;
    store_value from = store_int(statistics_day_start(s, day));
    int64_t first = INT64_MAX;
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL,
                        "SELECT min(signed_at) FROM signature WHERE signed_at >= $1", &from, 1));
    if (row->type == STORE_INT)
        first = row->i;
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL,
                        "SELECT min(finished_at) FROM task WHERE finished_at >= $1 AND (state = 'declined' OR "
                        "state = 'cancelled' OR state = 'expired' OR state = 'withdrawn')",
                        &from, 1));
    if (row->type == STORE_INT && row->i < first)
        first = row->i;
    *out = first == INT64_MAX ? none : statistics_day_of(s, first);
    return ERR_OK;
}

/* Forgets all, and begins. */
static err begin(const service *s, arena *a, int64_t *day)
{
    store_unit *unit = store_unit_begin(a);
    *day = 1;
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM statistics_day", NULL, 0);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO statistics_state (id, zone_minutes, day) VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE "
                   "SET zone_minutes = $1, day = $2",
                   (store_value[]){store_int(time_watch_zone(s)), store_int(*day)}, 2);
    return unit ? store_commit(s->options.store, unit) : ERR_MEMORY;
}

/* Counting is reading, and holds up nobody who writes. Counting a day again gives what is in the log now. */
static err count_day(const service *s, arena *a, store_unit *unit, int64_t day)
{
    for (statistics_kind kind = 0; kind < STATISTICS_KINDS; kind++) {
        const statistics_count *counts;
        size_t n;
        store_value name = store_text(statistics_kind_name(kind));
        TRY(statistics_day_count(s, a, kind, day, &counts, &n));
        store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM statistics_day WHERE kind = $1 AND day = $2",
                       (store_value[]){name, store_int(day)}, 2);
        for (size_t i = 0; i < n; i++)
            store_unit_add(
                unit, 1, ERR_INTERNAL, "INSERT INTO statistics_day (kind, day, value, n) VALUES ($1, $2, $3, $4)",
                (store_value[]){name, store_int(day), store_text(counts[i].value), store_int(counts[i].n)}, 4);
    }
    return ERR_OK;
}

/* Some days in one unit of work: from *day on, which it moves on. */
static err count_days(const service *s, arena *a, int64_t until, int64_t *day)
{
    uint64_t began = clock_monotonic_ns();
    store_unit *unit = store_unit_begin(a);
    if (!unit)
        return ERR_MEMORY;
    for (int i = 0; i < DAYS_AT_ONCE && *day < until && clock_monotonic_ns() - began < UNIT_NS; i++) {
        TRY(next_day(s, a, *day, until, day));
        if (*day < until)
            TRY(count_day(s, a, unit, (*day)++));
        else
            *day = until;
    }
    store_unit_add(unit, 1, ERR_INTERNAL, "UPDATE statistics_state SET day = $1 WHERE id = 1",
                   (store_value[]){store_int(*day)}, 1);
    return store_commit(s->options.store, unit);
}

static err roll_up(const service *s, arena *scratch, int64_t now_ms)
{
    uint64_t began = clock_monotonic_ns();
    int64_t until = statistics_day_of(s, now_ms - SETTLED_MS), day;
    TRY(read_state(s, scratch, &day));
    if (day == 0)
        TRY(begin(s, scratch, &day));
    if (day > until) {
        day = until;
        TRY(count_days(s, scratch, until, &day)); /* the clock was set back: from here on once more */
    }
    while (day < until && clock_monotonic_ns() - began < ROUND_NS) {
        arena_reset(scratch);
        TRY(count_days(s, scratch, until, &day));
    }
    return ERR_OK;
}

err statistics_day_roll_up(service *s, int64_t now_ms)
{
    arena *scratch = arena_create(UNIT_ARENA);
    err e = scratch ? roll_up(s, scratch, now_ms) : ERR_MEMORY;
    arena_destroy(scratch);
    return e;
}
