#include "service/alarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/entropy.h"
#include "os/log.h"
#include "service/alarm_channel.h"
#include "service/alarm_unrecorded.h"
#include "service/column.h"
#include "service/monitor_internal.h"

enum { TRENDS_MAX = 2 * CHECK_RESULTS_MAX, SWEEP = 1000 };
static const int64_t day_ms = 86400000;

err alarm_read(const store_value *v, alarm_entry *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    out->kind = column_text(&v[1]);
    out->subject = column_text(&v[2]);
    out->severity = column_text(&v[3]);
    out->state = column_text(&v[4]);
    out->value = column_text(&v[5]);
    out->count = column_int(&v[6]);
    out->opened_ms = column_int(&v[7]);
    out->seen_ms = column_int(&v[8]);
    out->acknowledged_ms = column_int(&v[9]);
    out->acknowledged_by = column_text(&v[10]);
    out->closed_ms = column_int(&v[11]);
    if (!out->kind || !out->subject || !out->severity || !out->state || !out->value)
        return ERR_CORRUPT;
    out->check = check_find(out->kind);
    return ERR_OK;
}

static err read_all(call *c, const store_result *rows, const alarm_entry **out, size_t *n)
{
    alarm_entry *alarms = arena_alloc(c->arena, (rows->rows + 1) * sizeof *alarms);
    if (!alarms)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows->rows; i++)
        TRY(alarm_read(rows->values + i * rows->columns, &alarms[i]));
    *out = alarms;
    *n = rows->rows;
    return ERR_OK;
}

err alarm_list(call *c, const alarm_filter *f, const alarm_entry **out, size_t *n)
{
    static const char *const states[] = {"open", "acknowledged", "closed", "unclosed"};
    store_result rows;
    bool known = !f->state;
    for (size_t i = 0; i < sizeof states / sizeof *states && !known; i++)
        known = strcmp(f->state, states[i]) == 0;
    if (!known)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT " ALARM_COLUMNS " FROM alarm WHERE ($1 IS NULL OR state = $1 OR ($1 = 'unclosed' AND "
        "state <> 'closed')) AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        (store_value[]){store_text(f->state), f->has_after ? store_id(f->after) : store_null(), store_int(f->limit)},
        3));
    return read_all(c, &rows, out, n);
}

static err get(call *c, const uint8_t id[16], alarm_entry *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT " ALARM_COLUMNS " FROM alarm WHERE id = $1", (store_value[]){store_id(id)}, 1));
    return alarm_read(row, out);
}

err alarm_acknowledge(call *c, const uint8_t id[16], alarm_entry *out)
{
    c->subject = call_subject(c, "alarm", id);
    TRY(get(c, id, out));
    c->detail = arena_printf(c->arena, "%s %s", out->kind, out->subject);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !c->detail)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE alarm SET state = 'acknowledged', acknowledged_at = $2, acknowledged_by = $3 WHERE id = $1 "
                   "AND state <> 'closed'",
                   (store_value[]){store_id(id), store_int(c->now_ms), store_text(c->actor_text)}, 3);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE alarm_notice SET state = 'sent', finished_at = $2 WHERE alarm_id = $1 AND state = 'queued' "
                   "AND event = 'opened'",
                   (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
    TRY(call_commit(c, unit));
    return get(c, id, out);
}

/* ---- a round ---- */

static const alarm_entry *find_open(const alarm_entry *alarms, size_t n, const char *kind, const char *subject)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(alarms[i].kind, kind) == 0 && strcmp(alarms[i].subject, subject) == 0)
            return &alarms[i];
    return NULL;
}

static alarm_trend *find_trend(struct monitor *m, const check_kind *kind, const char *subject)
{
    for (size_t i = 0; i < m->trends_n; i++)
        if (m->trends[i].kind == kind && strcmp(m->trends[i].subject, subject) == 0)
            return &m->trends[i];
    if (!m->trends)
        m->trends = calloc(TRENDS_MAX, sizeof *m->trends);
    if (!m->trends || m->trends_n == TRENDS_MAX)
        return NULL;
    alarm_trend *t = &m->trends[m->trends_n++];
    *t = (alarm_trend){.kind = kind};
    (void)snprintf(t->subject, sizeof t->subject, "%s", subject);
    return t;
}

static err record(call *c, store_unit *unit, const char *event, const uint8_t id[16], const char *kind,
                  const char *subject)
{
    audit_record row = {.time_ms = c->now_ms,
                        .event = event,
                        .outcome = err_code(ERR_OK),
                        .actor = c->actor_text,
                        .subject = call_subject(c, "alarm", id),
                        .origin = c->origin,
                        .detail = arena_printf(c->arena, "%s %s", kind, subject)};
    return audit_add(c->service->options.audit, c->arena, unit, &row);
}

static const char *severity_of(check_state state)
{
    return state == CHECK_FAILED ? "critical" : "warning";
}

/* Whether the log does not say so yet. */
static bool is_new(alarm_trend *t, alarm_step step)
{
    bool is = !t || t->said != step;
    if (t)
        t->said = step;
    return is;
}

static err open_one(call *c, store_unit *unit, const check_result *r, alarm_trend *t)
{
    uint8_t *id = arena_alloc(c->arena, 16);
    if (!id)
        return ERR_MEMORY;
    TRY(uuid7_create(id));
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO alarm (id, kind, subject, severity, state, value, count, opened_at, seen_at) VALUES "
                   "($1, $2, $3, $4, 'open', $5, 1, $6, $6)",
                   (store_value[]){store_id(id), store_text(r->kind->id), store_text(t->subject),
                                   store_text(severity_of(r->state)), store_text(r->value), store_int(c->now_ms)},
                   6);
    if (is_new(t, ALARM_OPEN))
        log_write(LOG_WARN, "alarm", "opened %s %s value=%s", r->kind->id, t->subject, r->value);
    TRY(alarm_channel_notify(c, unit, id, "opened", severity_of(r->state)));
    return record(c, unit, "alarm.open", id, r->kind->id, t->subject);
}

/* What grows worse is told again, acknowledged or not. */
static err see_one(call *c, store_unit *unit, const check_result *r, const alarm_entry *known)
{
    bool worse = r->state == CHECK_FAILED && strcmp(known->severity, "critical") != 0;
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE alarm SET count = count + 1, seen_at = $2, value = $3, severity = CASE WHEN $4 = 'critical' "
                   "THEN 'critical' ELSE severity END WHERE id = $1 AND state <> 'closed'",
                   (store_value[]){store_id(known->id), store_int(c->now_ms), store_text(r->value),
                                   store_text(severity_of(r->state))},
                   4);
    return worse ? alarm_channel_notify(c, unit, known->id, "opened", "critical") : ERR_OK;
}

/* t: NULL where nobody checks that any more. */
static err close_one(call *c, store_unit *unit, const alarm_entry *known, alarm_trend *t)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE alarm SET state = 'closed', closed_at = $2 WHERE id = $1 AND state <> 'closed'",
                   (store_value[]){store_id(known->id), store_int(c->now_ms)}, 2);
    if (is_new(t, ALARM_CLOSE))
        log_write(LOG_INFO, "alarm", "closed %s %s", known->kind, known->subject);
    TRY(alarm_channel_notify(c, unit, known->id, "closed", known->severity));
    return record(c, unit, "alarm.close", known->id, known->kind, known->subject);
}

static err follow_one(call *c, store_unit *unit, const check_result *r, const alarm_entry *open_now, size_t open_n)
{
    alarm_trend *t = r->kind->quiet ? NULL : find_trend(c->service->monitor, r->kind, r->subject);
    if (!t)
        return ERR_OK;
    t->seen = true;
    const alarm_entry *known = find_open(open_now, open_n, r->kind->id, t->subject);
    switch (alarm_decide(t, r->state, known != NULL)) {
    case ALARM_OPEN:
        return open_one(c, unit, r, t);
    case ALARM_SEE:
        t->said = ALARM_OPEN;
        return see_one(c, unit, r, known);
    case ALARM_CLOSE:
        return close_one(c, unit, known, t);
    case ALARM_NOTHING:
        if (!known && t->good > 0)
            t->said = ALARM_NOTHING;
        break;
    }
    return ERR_OK;
}

/* An alarm whose check did not come up any more (a source that was taken out, a key that was dealt with) is well. */
static err follow_absent(call *c, store_unit *unit, const alarm_entry *open_now, size_t open_n)
{
    for (size_t i = 0; i < open_n; i++) {
        if (!open_now[i].check) {
            TRY(close_one(c, unit, &open_now[i], NULL));
            continue;
        }
        alarm_trend *t = find_trend(c->service->monitor, open_now[i].check, open_now[i].subject);
        if (t && !t->seen && alarm_decide(t, CHECK_OK, true) == ALARM_CLOSE)
            TRY(close_one(c, unit, &open_now[i], t));
    }
    return ERR_OK;
}

/* Of subjects that are gone nothing needs to be remembered, unless an alarm is still open. */
static void forget_absent(struct monitor *m, const alarm_entry *open_now, size_t open_n)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->trends_n; i++) {
        alarm_trend *t = &m->trends[i];
        bool keep = t->seen || find_open(open_now, open_n, t->kind->id, t->subject);
        t->seen = false;
        if (keep)
            m->trends[kept++] = *t;
    }
    m->trends_n = kept;
}

err alarm_follow(call *c, const check_report *report)
{
    store_result rows;
    const alarm_entry *open_now;
    size_t open_n;
    struct monitor *m = c->service->monitor;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " ALARM_COLUMNS " FROM alarm WHERE state <> 'closed' LIMIT $1",
                    (store_value[]){store_int(TRENDS_MAX)}, 1));
    TRY(read_all(c, &rows, &open_now, &open_n));
    for (size_t i = 0; i < report->n; i++)
        TRY(follow_one(c, unit, &report->results[i], open_now, open_n));
    TRY(follow_absent(c, unit, open_now, open_n));
    forget_absent(m, open_now, open_n);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "DELETE FROM alarm_notice WHERE id IN (SELECT id FROM alarm_notice WHERE finished_at < $1 LIMIT $2)",
                   (store_value[]){store_int(c->now_ms - ALARM_RETENTION_DAYS * day_ms), store_int(SWEEP)}, 2);
    return call_commit(c, unit);
}

err alarm_round(service *s, arena *a, int64_t now_ms)
{
    check_report report;
    call c = {
        .service = s, .arena = a, .now_ms = now_ms, .actor = ACTOR_SERVER, .actor_text = "server", .origin = "server"};
    TRY(check_run(&c, false, &report));
    err e = alarm_follow(&c, &report);
    alarm_unrecorded_note(s, e, now_ms);
    return e;
}
