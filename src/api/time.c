#include "api/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/input.h"
#include "os/clock.h"
#include "service/time_history.h"
#include "service/time_statement.h"
#include "service/time_watch.h"

/* ---- GET /v1/time ---- */

/* A named zone only where the hospital's is China's: the setting is an offset. */
static const char *offset_text(arena *a, int minutes)
{
    int magnitude = minutes < 0 ? -minutes : minutes;
    return arena_printf(a, "%c%02d:%02d", minutes < 0 ? '-' : '+', magnitude / 60, magnitude % 60);
}

static json_t *civil_json(arena *a, int64_t unix_us, int zone_minutes)
{
    clock_civil at;
    clock_civil_of(&at, unix_us / 1000000 + (int64_t)zone_minutes * 60);
    return json_pack("{s:s, s:I, s:i, s:i, s:i, s:i, s:i, s:I}", "offset", offset_text(a, zone_minutes), "year",
                     (json_int_t)at.year, "month", (int)at.month, "day", (int)at.day, "hour", (int)at.hour, "minute",
                     (int)at.minute, "second", (int)at.second, "microsecond", (json_int_t)(unix_us % 1000000));
}

static json_t *signed_json(arena *a, const time_statement *t)
{
    return json_pack("{s:s, s:o, s:o}", "text", t->text, "signature", api_base64(a, t->signature), "certificate",
                     api_base64(a, t->certificate));
}

err time_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    time_statement t;
    const char *nonce = http_query(request, "nonce");
    TRY(api_query_only(c, request, "nonce"));
    TRY(time_state_now(c, nonce, &t));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:s, s:o, s:I, s:I, s:i, s:s, s:o}", "utc", t.utc, "civil",
                                  civil_json(c->arena, t.now.unix_us, t.zone_minutes), "unix_us",
                                  (json_int_t)t.now.unix_us, "error_us", (json_int_t)t.now.accuracy_us, "leap",
                                  t.now.leap, "state", time_state_name(t.state), "signed",
                                  nonce ? signed_json(c->arena, &t) : json_null()));
}

/* ---- GET /v1/tsa/clock ---- */

static json_t *reading_json(const clock_reading *r, bool agrees)
{
    if (!r->synchronised)
        return json_pack("{s:s, s:s, s:s, s:b, s:n, s:n, s:n, s:n, s:b}", "kind", clock_source_name(r->kind), "id",
                         r->id, "said", r->said, "synchronised", false, "offset_us", "bound_us", "age_ms", "leap",
                         "agrees", false);
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:i, s:b}", "kind", clock_source_name(r->kind), "id", r->id,
                     "said", r->said, "synchronised", true, "offset_us", (json_int_t)(r->offset_ns / 1000), "bound_us",
                     (json_int_t)(r->bound_ns / 1000 + 1), "age_ms", (json_int_t)(r->age_ns / 1000000), "leap", r->leap,
                     "agrees", agrees);
}

static json_t *oscillator_json(const oscillator *o)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "frequency", o->frequency, "aging_per_day", o->aging_per_day, "stability",
                     o->stability, "temperature", o->temperature);
}

/* null where it is for ever, or not at all. */
static json_t *seconds_json(uint64_t seconds)
{
    return seconds > INT32_MAX ? json_null() : json_integer((json_int_t)seconds);
}

err time_clock(void *app, http_request *request, http_response *response)
{
    call *c = app;
    time_report *r = arena_alloc(c->arena, sizeof *r);
    (void)request;
    if (!r)
        return ERR_MEMORY;
    time_watch_read(c->service, r);
    json_t *sources = json_array();
    for (size_t i = 0; i < r->n; i++)
        (void)json_array_append_new(sources, reading_json(&r->readings[i], r->agrees[i]));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:s, s:s, s:o, s:o, s:i, s:b, s:o, s:o, s:i, s:i, s:i, s:I, s:o, s:o, s:o}",
                                  "state", time_state_name(r->state), "reason", clock_reason_name(r->reason),
                                  "measured_at", api_time(r->at_us / 1000), "error_us",
                                  r->known ? json_integer((json_int_t)r->error_us) : json_null(), "leap", r->leap,
                                  "measured", r->measured, "ahead_least_us",
                                  r->measured ? json_integer((json_int_t)r->low_us) : json_null(), "ahead_most_us",
                                  r->measured ? json_integer((json_int_t)r->high_us) : json_null(), "voices",
                                  (int)r->voices, "agreeing", (int)r->agreeing, "needed", (int)r->needed, "limit_us",
                                  (json_int_t)r->limit_us, "holdover_seconds", seconds_json(r->holdover_seconds),
                                  "oscillator", oscillator_json(&r->oscillator), "sources", sources));
}

/* ---- GET /v1/tsa/clock/history ---- */

static json_t *link_json(arena *a, const time_link *link)
{
    return json_pack("{s:I, s:o, s:s, s:s%, s:o}", "sequence", (json_int_t)link->sequence, "time",
                     api_time(link->at_us / 1000), "state", link->state, "statement", (const char *)link->text.p,
                     link->text.n, "signature", api_base64(a, link->signature));
}

err time_clock_history(void *app, http_request *request, http_response *response)
{
    call *c = app;
    int64_t limit, after = 0;
    const time_link *links;
    const bytes *signers;
    size_t n, signers_n;
    const char *text = http_query(request, "after");
    TRY(api_query_only(c, request, "limit after"));
    TRY(input_limit(c, request, &limit));
    if (text)
        TRY(input_number(c, "after", text, INT64_MAX, &after));
    limit = limit > TIME_HISTORY_PAGE ? TIME_HISTORY_PAGE : limit;
    TRY(time_history_list(c, after, limit, &links, &n));
    TRY(time_history_signers(c, &signers, &signers_n));
    json_t *items = json_array(), *certificates = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, link_json(c->arena, &links[i]));
    for (size_t i = 0; i < signers_n; i++)
        (void)json_array_append_new(certificates, api_base64(c->arena, signers[i]));
    json_t *next = n > 0 && (int64_t)n == limit ? json_sprintf("%" PRId64, links[n - 1].sequence) : json_null();
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:o, s:o}", "items", items, "next", next, "signers", certificates));
}
