#include "service/audit_search.h"

#include <string.h>

#include "audit/audit_block.h"
#include "os/clock.h"
#include "service/column.h"
#include "service/internal.h"

enum {
    FEW = 3000,         /* rows that are gone through in no time */
    FIRST_WIDTH = 8192, /* of a window */
    QUICK_NS = 30000000,
    SLOW_NS = 100000000,
    WIDEST = 1 << 20, /* of a window: in a dense time one statement ends soon, too */
    EVENTS = 24, /* whole names that one statement looks for */
    FIRST_RANGE = 9,
    RANGES_END = FIRST_RANGE + 2 * AUDIT_LOG_EVENTS,
    PARAMS = RANGES_END + EVENTS
};

/* Parameters, in this order: after, before, from, to, actor, subject, outcome, origin, limit, for each event its name and the end of those that begin with
 * it, and the names that these are. One statement for each way into the table (its indexes) and each order: a text that is put together at run time is
 * none. */
#define SELECT "SELECT sequence, time_ms, event, outcome, actor, subject, origin, detail, leaf FROM audit WHERE "
#define REST                                                                                                           \
    "sequence > $1 AND sequence < $2 AND time_ms >= $3 AND time_ms < $4 AND ($5 IS NULL OR actor = $5) AND "           \
    "($6 IS NULL OR subject = $6) AND ($7 IS NULL OR outcome = $7 OR ($7 = 'refused' AND outcome <> 'ok')) AND "       \
    "($8 IS NULL OR origin = $8) AND ($10 IS NULL OR (event >= $10 AND event < $11) OR (event >= $12 AND event < "     \
    "$13) OR (event >= $14 AND event < $15) OR (event >= $16 AND event < $17) OR (event >= $18 AND event < $19) OR "   \
    "(event >= $20 AND event < $21)) ORDER BY sequence "
#define BOTH(by)                                                                                                       \
    {                                                                                                                  \
        SELECT by REST "LIMIT $9", SELECT by REST "DESC LIMIT $9"                                                      \
    }
#define THESE                                                                                                          \
    "event IN ($22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, "   \
    "$42, $43, $44, $45)"

typedef enum source { BY_SEQUENCE, BY_SUBJECT, BY_ACTOR, BY_EVENTS, BY_REFUSAL } source;
static const char *const statements[][2] = {
    [BY_SEQUENCE] = BOTH(""),
    [BY_SUBJECT] = BOTH("subject = $6 AND "),
    [BY_ACTOR] = BOTH("actor = $5 AND "),
    [BY_EVENTS] = BOTH(THESE " AND "),
    [BY_REFUSAL] = BOTH("outcome <> 'ok' AND "),
};

typedef struct search {
    call *c;
    const audit_filter *filter;
    source source;
    bool none;           /* no such event was ever recorded */
    bool few;            /* the source's rows: gone through as they are, without asking blocks where an origin is */
    int64_t low, high;   /* what is left lies between these sequences */
    int64_t width, tail; /* of a window; the last sequence that is in a block */
    store_value params[PARAMS];
    audit_entry *entries;
    size_t n;
} search;

static store *store_of(const search *s)
{
    return s->c->service->options.store;
}

static err one_number(search *s, const char *sql, const store_value *params, size_t n, int64_t *out)
{
    const store_value *row;
    TRY(store_query_one(store_of(s), s->c->arena, &row, ERR_INTERNAL, sql, params, n));
    *out = column_int(row);
    return ERR_OK;
}

/* ---- what is asked for ---- */

static err read_ranges(search *s)
{
    const audit_filter *f = s->filter;
    for (size_t i = 0; i < AUDIT_LOG_EVENTS; i++) {
        const char *event = i < f->events_n ? f->events[i] : NULL, *end = NULL;
        size_t n = event ? strlen(event) : 0;
        /* What begins with a name that ends with '.' lies before the same with '/', which comes next; of a whole name, before itself with a space. */
        if (event)
            end = n > 0 && event[n - 1] == '.' ? arena_printf(s->c->arena, "%.*s/", (int)n - 1, event)
                                               : arena_printf(s->c->arena, "%s ", event);
        if (event && !end)
            return ERR_MEMORY;
        s->params[FIRST_RANGE + 2 * i] = store_text(event);
        s->params[FIRST_RANGE + 2 * i + 1] = store_text(end);
    }
    return ERR_OK;
}

/* The events that there are in one range, each found in the index by the one before it. */
static err names_in(search *s, size_t range, size_t *n)
{
    store_result rows;
    TRY(store_query(
        store_of(s), s->c->arena, &rows,
        "WITH RECURSIVE e (name) AS (SELECT min(event) FROM audit WHERE event >= $1 AND event < $2 UNION ALL "
        "SELECT (SELECT min(event) FROM audit WHERE event > e.name AND event < $2) FROM e WHERE e.name IS NOT "
        "NULL) SELECT name FROM e WHERE name IS NOT NULL LIMIT $3",
        (store_value[]){s->params[FIRST_RANGE + 2 * range], s->params[FIRST_RANGE + 2 * range + 1],
                        store_int(EVENTS + 1)},
        3));
    for (size_t i = 0; i < rows.rows; i++, ++*n)
        if (*n < EVENTS)
            s->params[RANGES_END + *n] = rows.values[i * rows.columns];
    return ERR_OK;
}

/* *n: the whole names that are looked for, more than EVENTS where a statement cannot hold them. */
static err read_names(search *s, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < s->filter->events_n && *n <= EVENTS; i++)
        TRY(names_in(s, i, n));
    s->none = s->filter->events_n > 0 && *n == 0;
    for (size_t i = *n; i > 0 && i < EVENTS; i++)
        s->params[RANGES_END + i] = s->params[RANGES_END];
    return ERR_OK;
}

/* ---- the way into the log ---- */

static err few_of_actor(search *s, bool *few)
{
    int64_t n;
    TRY(one_number(s, "SELECT count(*) FROM (SELECT 1 FROM audit WHERE actor = $1 LIMIT $2) x",
                   (store_value[]){store_text(s->filter->actor), store_int(FEW)}, 2, &n));
    *few = n < FEW;
    return ERR_OK;
}

/* Of one or of many statements' names: as many of each as make them not few. */
static err few_of_events(search *s, size_t names, bool *few)
{
    int64_t sum = 0, n;
    for (size_t i = 0; i < names && sum < FEW; i++, sum += n)
        TRY(one_number(s, "SELECT count(*) FROM (SELECT 1 FROM audit WHERE event = $1 LIMIT $2) x",
                       (store_value[]){s->params[RANGES_END + i], store_int(FEW)}, 2, &n));
    *few = sum < FEW;
    return ERR_OK;
}

/* The one that leads to few rows; otherwise refusals, which are rarer than what an actor does, which is rarer than what is done. */
static err choose(search *s)
{
    const audit_filter *f = s->filter;
    bool refused = f->outcome && strcmp(f->outcome, "ok") != 0;
    size_t names = 0;
    s->source = BY_SUBJECT;
    if (f->subject)
        return ERR_OK;
    s->source = BY_ACTOR;
    if (f->actor)
        TRY(few_of_actor(s, &s->few));
    if (s->few)
        return ERR_OK;
    TRY(read_names(s, &names));
    s->source = BY_EVENTS;
    if (names > 0 && names <= EVENTS)
        TRY(few_of_events(s, names, &s->few));
    if (!s->few)
        s->source = refused                        ? BY_REFUSAL
                    : f->actor                     ? BY_ACTOR
                    : names > 0 && names <= EVENTS ? BY_EVENTS
                                                   : BY_SEQUENCE;
    return ERR_OK;
}

static err search_open(search *s)
{
    const audit_filter *f = s->filter;
    int64_t last, blocks;
    const store_value first[] = {store_null(),           store_null(),
                                 store_int(f->from_ms),  store_int(f->to_ms > 0 ? f->to_ms : INT64_MAX),
                                 store_text(f->actor),   store_text(f->subject),
                                 store_text(f->outcome), store_text(f->origin)};
    memcpy(s->params, first, sizeof first);
    s->entries = arena_alloc(s->c->arena, (size_t)f->limit * sizeof *s->entries);
    if (!s->entries)
        return ERR_MEMORY;
    TRY(read_ranges(s));
    TRY(choose(s));
    TRY(one_number(s, "SELECT coalesce(max(sequence), 0) FROM audit", NULL, 0, &last));
    TRY(audit_block_count(store_of(s), s->c->arena, &blocks));
    s->tail = blocks * AUDIT_BLOCK_ROWS;
    s->low = f->after > last ? last : f->after > 0 ? f->after : 0;
    s->high = f->before > 0 && f->before <= last ? f->before : last + 1;
    s->width = FIRST_WIDTH;
    return ERR_OK;
}

/* ---- going through ---- */

/* Whether blocks say where to look, and whether their filters do. */
static bool by_origin(const search *s)
{
    return s->filter->origin && (s->source == BY_SEQUENCE || (s->source == BY_EVENTS && !s->few));
}

static bool by_block(const search *s)
{
    return s->filter->from_ms > 0 || s->filter->to_ms > 0 || by_origin(s);
}

/* Goes past blocks that have nothing. *stop: how far the blocks let the next window go. */
static err skip(search *s, int64_t *stop)
{
    bool down = s->filter->newest_first;
    int64_t found, at = down ? s->high - 1 : s->low + 1; /* the next row */
    *stop = down ? s->low : s->high;
    if (!by_block(s))
        return ERR_OK;
    if (at > s->tail) {
        *stop = down && s->tail > s->low ? s->tail : *stop;
        return ERR_OK;
    }
    const audit_block_wanted wanted = {s->filter->from_ms, s->filter->to_ms > 0 ? s->filter->to_ms : INT64_MAX,
                                       by_origin(s) ? s->filter->origin : NULL};
    TRY(audit_block_find(store_of(s), &wanted, (at - 1) / AUDIT_BLOCK_ROWS, down, &found));
    int64_t from = found * AUDIT_BLOCK_ROWS, end = from + AUDIT_BLOCK_ROWS + 1; /* its rows lie between them */
    if (down) {
        s->high = found < 0 ? s->low + 1 : s->high < end ? s->high : end;
        *stop = by_origin(s) && from > s->low ? from : s->low;
    } else {
        int64_t low = found < 0 ? s->tail : from;
        s->low = s->low > low ? s->low : low;
        end = found < 0 ? s->high : by_origin(s) ? end : s->tail + 1;
        *stop = end < s->high ? end : s->high;
    }
    return ERR_OK;
}

static err one_window(search *s)
{
    bool down = s->filter->newest_first;
    int64_t stop, low, high, wanted = s->filter->limit - (int64_t)s->n;
    store_result rows;
    TRY(skip(s, &stop));
    low = down ? (s->high - 1 - stop > s->width ? s->high - 1 - s->width : stop) : s->low;
    high = down ? s->high : (stop - 1 - s->low > s->width ? s->low + 1 + s->width : stop);
    uint64_t began = clock_monotonic_ns();
    if (low + 1 < high) {
        s->params[0] = store_int(low);
        s->params[1] = store_int(high);
        s->params[8] = store_int(wanted);
        TRY(store_query(store_of(s), s->c->arena, &rows, statements[s->source][down], s->params,
                        s->source == BY_EVENTS ? PARAMS : RANGES_END));
        TRY(audit_log_rows(&rows, s->entries, &s->n));
    }
    uint64_t took = clock_monotonic_ns() - began;
    if (took < QUICK_NS && high - low > s->width && s->width < WIDEST)
        s->width *= 4;
    else if (took > SLOW_NS && s->width > FIRST_WIDTH)
        s->width /= 4;
    if (down)
        s->high = low + 1;
    else
        s->low = high - 1;
    return ERR_OK;
}

err audit_search(call *c, const audit_filter *filter, uint64_t for_ns, audit_page *out)
{
    search s = {.c = c, .filter = filter};
    uint64_t began = clock_monotonic_ns();
    *out = (audit_page){0};
    TRY(search_open(&s));
    /* One window at the least: whoever asks again gets on. */
    for (bool more = !s.none; more && s.low + 1 < s.high && (int64_t)s.n < filter->limit;
         more = for_ns == 0 || clock_monotonic_ns() - began < for_ns)
        TRY(one_window(&s));
    out->entries = s.entries;
    out->n = s.n;
    if ((int64_t)s.n == filter->limit)
        out->next = s.entries[s.n - 1].sequence;
    else if (!s.none && s.low + 1 < s.high)
        out->next = filter->newest_first ? s.high : s.low;
    return ERR_OK;
}
