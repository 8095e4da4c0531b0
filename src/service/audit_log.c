#include "service/audit_log.h"

#include <inttypes.h>
#include <string.h>

#include "base/ct.h"
#include "service/column.h"
#include "service/internal.h"

static err read_rows(call *c, const store_result *rows, const audit_entry **out, size_t *n)
{
    enum { LEAF = 32 };
    audit_entry *entries = arena_alloc(c->arena, (rows->rows + 1) * sizeof *entries);
    if (!entries)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows->rows; i++) {
        const store_value *v = rows->values + i * rows->columns;
        bytes leaf = column_bytes(&v[8]);
        entries[i] = (audit_entry){.sequence = column_int(&v[0]),
                                   .time_ms = column_int(&v[1]),
                                   .event = column_text(&v[2]),
                                   .outcome = column_text(&v[3]),
                                   .actor = column_text(&v[4]),
                                   .subject = column_text(&v[5]),
                                   .origin = column_text(&v[6]),
                                   .detail = column_text(&v[7]),
                                   .leaf = leaf.p};
        if (!entries[i].event || !entries[i].outcome || leaf.n != LEAF)
            return ERR_CORRUPT;
    }
    *out = entries;
    *n = rows->rows;
    return ERR_OK;
}

err audit_log_list(call *c, int64_t after, int64_t limit, const audit_entry **out, size_t *n)
{
    return audit_log_search(c, &(audit_filter){.after = after, .limit = limit}, out, n);
}

/* ---- searching ---- */

/* Parameters, in this order: after, before, from, to, actor, subject, outcome, origin, limit, and for each event its name and the end of those
 * that begin with it. One statement for each way into the table (its indexes) and each order: a text that is put together at run time is none. */
enum { FEW_DAYS = 8, FIRST_EVENT = 9, PARAMS = FIRST_EVENT + 2 * AUDIT_LOG_EVENTS };
static const int64_t day_ms = 86400000;
#define SELECT "SELECT sequence, time_ms, event, outcome, actor, subject, origin, detail, leaf FROM audit WHERE "
#define REST(sequence)                                                                                                 \
    " AND " sequence " > $1 AND " sequence                                                                             \
    " < $2 AND time_ms >= $3 AND time_ms < $4 AND ($5 IS NULL OR actor = $5) AND "                                     \
    "($6 IS NULL OR subject = $6) AND ($7 IS NULL OR outcome = $7 OR ($7 = 'refused' AND outcome <> 'ok')) AND "       \
    "($8 IS NULL OR origin = $8) AND ($10 IS NULL OR (event >= $10 AND event < $11) OR (event >= $12 AND event < "     \
    "$13) OR (event >= $14 AND event < $15) OR (event >= $16 AND event < $17) OR (event >= $18 AND event < $19) OR "   \
    "(event >= $20 AND event < $21)) ORDER BY " sequence " "
#define BY_SUBJECT SELECT "subject = $6" REST("sequence")
#define BY_ACTOR SELECT "actor = $5" REST("sequence")
#define BY_EVENT SELECT "event = $10" REST("sequence")
/* The sign has it look by time, and sort what it found: of few days that is less than to go through all. */
#define BY_TIME SELECT "time_ms > 0" REST("+sequence")
#define BY_SEQUENCE SELECT "sequence > 0" REST("sequence")

static err query(call *c, const char *const sql[2], const audit_filter *f, const store_value *params,
                 store_result *rows)
{
    return store_query(c->service->options.store, c->arena, rows, sql[f->newest_first], params, PARAMS);
}

static bool is_whole(const char *event)
{
    size_t n = strlen(event);
    return n > 0 && event[n - 1] != '.';
}

static err run(call *c, const audit_filter *f, const store_value *params, store_result *rows)
{
    static const char *const subject[2] = {BY_SUBJECT "LIMIT $9", BY_SUBJECT "DESC LIMIT $9"};
    static const char *const actor[2] = {BY_ACTOR "LIMIT $9", BY_ACTOR "DESC LIMIT $9"};
    static const char *const event[2] = {BY_EVENT "LIMIT $9", BY_EVENT "DESC LIMIT $9"};
    static const char *const by_time[2] = {BY_TIME "LIMIT $9", BY_TIME "DESC LIMIT $9"};
    static const char *const sequence[2] = {BY_SEQUENCE "LIMIT $9", BY_SEQUENCE "DESC LIMIT $9"};
    if (f->subject)
        return query(c, subject, f, params, rows);
    if (f->events_n == 1 && is_whole(f->events[0]))
        return query(c, event, f, params, rows);
    if (f->actor)
        return query(c, actor, f, params, rows);
    bool few_days = f->from_ms > 0 && (f->to_ms > 0 ? f->to_ms : c->now_ms) - f->from_ms < FEW_DAYS * day_ms;
    return query(c, few_days ? by_time : sequence, f, params, rows);
}

err audit_log_search(call *c, const audit_filter *f, const audit_entry **out, size_t *n)
{
    store_result rows;
    store_value params[PARAMS] = {store_int(f->after),    store_int(f->before > 0 ? f->before : INT64_MAX),
                                  store_int(f->from_ms),  store_int(f->to_ms > 0 ? f->to_ms : INT64_MAX),
                                  store_text(f->actor),   store_text(f->subject),
                                  store_text(f->outcome), store_text(f->origin),
                                  store_int(f->limit)};
    for (size_t i = 0; i < AUDIT_LOG_EVENTS; i++) {
        const char *event = i < f->events_n ? f->events[i] : NULL;
        /* What begins with a name that ends with '.' lies before the same with '/', which comes next; of a whole name, before itself with a space. */
        const char *end = !event            ? NULL
                          : is_whole(event) ? arena_printf(c->arena, "%s ", event)
                                            : arena_printf(c->arena, "%.*s/", (int)strlen(event) - 1, event);
        if (event && !end)
            return ERR_MEMORY;
        params[FIRST_EVENT + 2 * i] = store_text(event);
        params[FIRST_EVENT + 2 * i + 1] = store_text(end);
    }
    TRY(run(c, f, params, &rows));
    return read_rows(c, &rows, out, n);
}

err audit_log_check(call *c, audit_finding *out)
{
    uint8_t key[32];
    const service_options *options = &c->service->options;
    keystore_derive(options->keystore, AUDIT_KEY_PURPOSE, key);
    err e = audit_fsck(options->store, key, out);
    wipe(key, sizeof key);
    TRY(e);
    c->detail = out->intact ? arena_printf(c->arena, "intact rows=%" PRIu64, out->rows)
                            : arena_printf(c->arena, "damaged: %s", out->what);
    return call_commit(c, store_unit_begin(c->arena));
}
