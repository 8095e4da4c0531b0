#include "api/statistics.h"

#include <stdlib.h>
#include <string.h>

#include "api/input.h"
#include "os/clock.h"
#include "service/statistics.h"
#include "service/time_watch.h"

/* ---- days ---- */

/* "2026-03-01", of the hospital's civil time, as a number of days. */
static err read_day(call *c, const http_request *request, const char *name, int64_t none, int64_t *out)
{
    const char *text = http_query(request, name);
    int64_t ms;
    *out = none;
    if (!text)
        return ERR_OK;
    const char *at = strlen(text) == 10 ? arena_printf(c->arena, "%sT00:00:00Z", text) : "";
    if (!at)
        return ERR_MEMORY;
    if (!clock_read(&ms, at)) {
        (void)fault_set(&c->fault, ERR_FIELD_VALUE, "want a day: 2026-03-01");
        return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", name);
    }
    *out = ms / STATISTICS_DAY_MS;
    return ERR_OK;
}

/* ?from and ?to, both among them; without them the last 30 days. */
static err read_days(call *c, const http_request *request, int64_t *from, int64_t *to)
{
    enum { DAYS = 30 };
    TRY(read_day(c, request, "to", statistics_day_of(c->service, c->now_ms), to));
    TRY(read_day(c, request, "from", *to - DAYS + 1, from));
    if (*from > *to || *to - *from >= STATISTICS_DAYS_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "from");
    return ERR_OK;
}

static json_t *day_text(int64_t day)
{
    clock_civil at;
    clock_civil_of(&at, day * (STATISTICS_DAY_MS / 1000));
    return json_sprintf("%04d-%02u-%02u", (int)at.year, at.month, at.day);
}

/* What every answer begins with. */
static json_t *span_json(const call *c, const statistics_span *span)
{
    int minutes = time_watch_zone(c->service), magnitude = minutes < 0 ? -minutes : minutes;
    return json_pack("{s:o, s:o, s:o, s:b, s:o}", "from", day_text(span->from), "to", day_text(span->to), "zone",
                     json_sprintf("%c%02d:%02d", minutes < 0 ? '-' : '+', magnitude / 60, magnitude % 60), "complete",
                     span->complete, "counted_until", span->until > 1 ? day_text(span->until) : json_null());
}

static json_t *days_json(const statistics_table *t)
{
    json_t *items = json_array();
    for (size_t i = 0; i < t->n; i++)
        json_array_append_new(
            items, json_pack("{s:o, s:I}", "day", day_text(t->entries[i].day), "count", (json_int_t)t->entries[i].n));
    return items;
}

static json_t *values_json(const statistics_table *t)
{
    json_t *items = json_array();
    for (size_t i = 0; i < t->n; i++)
        json_array_append_new(items, json_pack("{s:s, s:s?, s:I}", "value", t->entries[i].value, "name",
                                               t->entries[i].name, "count", (json_int_t)t->entries[i].n));
    return items;
}

/* ---- signatures ---- */

static const char *const persons = "person";

static err read_kind(call *c, const char *by, statistics_kind *out)
{
    for (statistics_kind kind = 0; kind < STATISTICS_SECONDS; kind++)
        if (strcmp(by, statistics_kind_name(kind)) == 0) {
            *out = kind;
            return ERR_OK;
        }
    return fault_field(&c->fault, ERR_FIELD_VALUE, "by");
}

static err read_table(call *c, const http_request *request, const char *by, statistics_table *out)
{
    int64_t from, to, limit;
    statistics_kind kind = STATISTICS_HOUR;
    TRY(read_days(c, request, &from, &to));
    TRY(input_limit(c, request, &limit));
    if (strcmp(by, "day") == 0)
        return statistics_by_day(c, STATISTICS_TASK_KIND, NULL, from, to, out);
    if (strcmp(by, persons) == 0) {
        err e = statistics_by_person(c, from, to, limit < STATISTICS_PERSONS ? limit : STATISTICS_PERSONS, out);
        if (e == ERR_LIMIT)
            e = fault_field(&c->fault, fault_set(&c->fault, e, "by person at most 31 days"), "from");
        return e;
    }
    TRY(read_kind(c, by, &kind));
    return statistics_by_value(c, kind, from, to, out);
}

err statistics_signatures(void *app, http_request *request, http_response *response)
{
    call *c = app;
    statistics_table t;
    const char *by = http_query(request, "by");
    TRY(api_query_only(c, request, "from to by limit"));
    if (!by)
        by = "day";
    TRY(read_table(c, request, by, &t));
    json_t *answer = span_json(c, &t.span);
    (void)json_object_set_new(answer, "by", json_string(by));
    (void)json_object_set_new(answer, "total", json_integer(t.total));
    (void)json_object_set_new(answer, "items", strcmp(by, "day") == 0 ? days_json(&t) : values_json(&t));
    return json_respond(c->arena, response, 200, answer);
}

/* ---- tasks ---- */

err statistics_tasks(void *app, http_request *request, http_response *response)
{
    static const char *const outcomes[] = {"signed", "declined", "cancelled", "expired", "withdrawn"};
    call *c = app;
    int64_t from, to;
    statistics_table of[COUNT(outcomes)], waited;
    TRY(api_query_only(c, request, "from to"));
    TRY(read_days(c, request, &from, &to));
    TRY(statistics_by_day(c, STATISTICS_TASK_KIND, "document", from, to, &of[0]));
    for (size_t i = 1; i < COUNT(outcomes); i++)
        TRY(statistics_by_day(c, STATISTICS_OUTCOME, outcomes[i], from, to, &of[i]));
    TRY(statistics_by_value(c, STATISTICS_SECONDS, from, to, &waited));
    int64_t median = statistics_median(&waited);
    json_t *answer = span_json(c, &waited.span), *totals = json_object(), *days = json_object(),
           *seconds = json_array();
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        (void)json_object_set_new(totals, outcomes[i], json_integer(of[i].total));
        (void)json_object_set_new(days, outcomes[i], days_json(&of[i]));
    }
    for (size_t i = 0; i < waited.n; i++)
        json_array_append_new(seconds,
                              json_pack("{s:I, s:I}", "seconds", (json_int_t)strtoll(waited.entries[i].value, NULL, 10),
                                        "count", (json_int_t)waited.entries[i].n));
    (void)json_object_set_new(answer, "totals", totals);
    (void)json_object_set_new(answer, "days", days);
    (void)json_object_set_new(answer, "median_seconds", median < 0 ? json_null() : json_integer(median));
    (void)json_object_set_new(answer, "seconds", seconds);
    return json_respond(c->arena, response, 200, answer);
}

/* ---- timestamps ---- */

err statistics_timestamps(void *app, http_request *request, http_response *response)
{
    static const char *const ways[] = {
        [STATISTICS_TOKEN_DAY] = "day", [STATISTICS_TOKEN_UNIT] = "unit", [STATISTICS_TOKEN_CLIENT] = "client"};
    call *c = app;
    int64_t from, to;
    statistics_table t;
    const char *by = http_query(request, "by");
    size_t way = STATISTICS_TOKEN_DAY;
    TRY(api_query_only(c, request, "from to by"));
    TRY(read_days(c, request, &from, &to));
    while (by && way < COUNT(ways) && strcmp(by, ways[way]) != 0)
        way++;
    if (way == COUNT(ways))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "by");
    TRY(statistics_tokens(c, (statistics_of_tokens)way, from, to, &t));
    json_t *answer = span_json(c, &t.span);
    (void)json_object_set_new(answer, "by", json_string(ways[way]));
    (void)json_object_set_new(answer, "total", json_integer(t.total));
    (void)json_object_set_new(answer, "items", way == STATISTICS_TOKEN_DAY ? days_json(&t) : values_json(&t));
    return json_respond(c->arena, response, 200, answer);
}

/* ---- what there is ---- */

err statistics_stock_get(void *app, http_request *request, http_response *response)
{
    static const char *const names[STATISTICS_STOCKS] = {[STATISTICS_PEOPLE] = "people",
                                                         [STATISTICS_ENROLLED] = "enrolled",
                                                         [STATISTICS_DEPARTMENTS] = "departments",
                                                         [STATISTICS_PLATFORMS] = "devices",
                                                         [STATISTICS_CERTIFICATES] = "certificates",
                                                         [STATISTICS_TASKS_OPEN] = "open_tasks"};
    call *c = app;
    statistics_table tables[STATISTICS_STOCKS];
    TRY(api_query_only(c, request, ""));
    for (size_t i = 0; i < STATISTICS_STOCKS; i++)
        TRY(statistics_stock_read(c, (statistics_stock)i, &tables[i]));
    json_t *answer = json_object();
    for (size_t i = 0; i < STATISTICS_STOCKS; i++)
        (void)json_object_set_new(answer, names[i],
                                  i == STATISTICS_ENROLLED ? json_integer(tables[i].total) : values_json(&tables[i]));
    return json_respond(c->arena, response, 200, answer);
}
