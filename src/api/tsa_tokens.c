#include "api/tsa_tokens.h"

#include <string.h>

#include "api/input.h"
#include "api/tsa_json.h"
#include "base/text.h"
#include "service/token_hour.h"
#include "service/token_log.h"

/* ---- the log ---- */

static json_t *entry_json(const token_entry *e)
{
    const tsa_statement *st = &e->issued.statement;
    return json_pack("{s:o, s:s, s:o, s:o, s:I, s:o, s:b, s:s, s:s, s:o, s:o, s:s, s:s}", "serial",
                     api_hex(st->serial, sizeof st->serial), "unit", e->issued.unit->name, "unit_id",
                     api_uuid(e->issued.unit->id), "time", tsa_json_time(st->time_us), "accuracy_us",
                     (json_int_t)st->accuracy_us, "policy", tsa_json_oid(st->policy), "demonstration",
                     e->issued.demonstration, "profile", st->profile == CMS_GM ? "gm" : "rfc", "hash",
                     tsa_hash_name(st->hash), "imprint", api_hex(st->imprint.p, st->imprint.n), "nonce",
                     st->nonce.n > 0 ? api_hex(st->nonce.p, st->nonce.n) : json_null(), "client", e->client, "origin",
                     e->origin);
}

/* A query argument of hex digits, min..max octets; empty where it is not given. */
static err read_hex(call *c, const http_request *request, const char *name, size_t min, size_t max, bytes *out)
{
    const char *text = http_query(request, name);
    *out = bytes_of(NULL, 0);
    if (!text)
        return ERR_OK;
    size_t n = strlen(text) / 2;
    if (strlen(text) % 2 != 0 || n < min || n > max)
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "%s", name);
    uint8_t *octets = arena_alloc(c->arena, n);
    if (!octets)
        return ERR_MEMORY;
    if (hex_decode(octets, n, text, 2 * n) != ERR_OK) {
        (void)fault_set(&c->fault, ERR_FIELD_VALUE, "want hex digits");
        return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", name);
    }
    *out = bytes_of(octets, n);
    return ERR_OK;
}

static err read_time(call *c, const http_request *request, const char *name, bool *has, int64_t *ms)
{
    const char *text = http_query(request, name);
    *has = text != NULL;
    return text ? input_time(c, name, text, ms) : ERR_OK;
}

/* By its name, of a unit that is not retired, or its id. */
static err read_unit(call *c, const http_request *request, const uint8_t **out)
{
    const char *text = http_query(request, "unit");
    uint8_t id[16];
    *out = NULL;
    if (!text)
        return ERR_OK;
    const tsa_unit *u =
        uuid_decode(id, text, strlen(text)) == ERR_OK ? tsa_unit_of(c->service, id) : tsa_unit_find(c->service, text);
    *out = u ? u->id : NULL;
    return u ? ERR_OK : ERR_UNIT_NOT_FOUND;
}

static err read_filter(call *c, const http_request *request, token_filter *out)
{
    int64_t from_ms = 0, to_ms = 0;
    *out = (token_filter){.client = http_query(request, "client")};
    TRY(api_query_only(c, request, "from to client serial imprint unit after limit"));
    TRY(input_limit(c, request, &out->limit));
    TRY(read_time(c, request, "from", &out->has_from, &from_ms));
    TRY(read_time(c, request, "to", &out->has_to, &to_ms));
    out->from_us = from_ms * 1000;
    out->to_us = to_ms * 1000;
    TRY(read_hex(c, request, "serial", TSA_SERIAL_SIZE, TSA_SERIAL_SIZE, &out->serial));
    TRY(read_hex(c, request, "after", TSA_SERIAL_SIZE, TSA_SERIAL_SIZE, &out->after));
    TRY(read_hex(c, request, "imprint", 1, TSA_IMPRINT_MAX, &out->imprint));
    return read_unit(c, request, &out->unit_id);
}

err tsa_tokens_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    token_filter filter;
    const token_entry *entries;
    size_t n;
    TRY(read_filter(c, request, &filter));
    TRY(token_log_list(c, &filter, &entries, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, entry_json(&entries[i]));
    json_t *next = n > 0 && (int64_t)n == filter.limit
                       ? api_hex(entries[n - 1].issued.statement.serial, TSA_SERIAL_SIZE)
                       : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err tsa_tokens_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    bytes serial;
    token_entry entry;
    TRY(input_serial(c, request->params[0], &serial));
    if (serial.n == 0)
        return ERR_TIMESTAMP_NOT_FOUND;
    TRY(token_log_show(c, serial, &entry));
    json_t *json = entry_json(&entry);
    if (json)
        json_object_set_new(json, "token", api_base64(c->arena, entry.issued.token));
    return json_respond(c->arena, response, 200, json);
}

/* ---- statistics ---- */

/* ?from and ?to, of which the hours are taken; without them the last 24 hours. */
static err read_hours(call *c, const http_request *request, int64_t *from, int64_t *to)
{
    enum { HOURS = 24 };
    bool has_from, has_to;
    int64_t from_ms = 0, to_ms = c->now_ms;
    TRY(api_query_only(c, request, "from to"));
    TRY(read_time(c, request, "to", &has_to, &to_ms));
    TRY(read_time(c, request, "from", &has_from, &from_ms));
    *to = to_ms / TOKEN_HOUR_MS;
    *from = has_from ? from_ms / TOKEN_HOUR_MS : *to - HOURS + 1;
    if (*from > *to || *to - *from >= TOKEN_HOURS_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "from");
    return ERR_OK;
}

err tsa_tokens_statistics(void *app, http_request *request, http_response *response)
{
    call *c = app;
    int64_t from, to;
    token_statistics s;
    TRY(read_hours(c, request, &from, &to));
    TRY(token_hour_read(c, from, to, &s));
    json_t *tokens = json_array(), *refusals = json_array();
    for (size_t i = 0; i < s.tokens_n; i++)
        json_array_append_new(tokens,
                              json_pack("{s:o, s:s, s:s, s:I}", "hour", api_time(s.tokens[i].hour * TOKEN_HOUR_MS),
                                        "unit", s.tokens[i].unit, "client", s.tokens[i].client, "tokens",
                                        (json_int_t)s.tokens[i].tokens));
    for (size_t i = 0; i < s.refusals_n; i++)
        json_array_append_new(refusals,
                              json_pack("{s:o, s:s, s:s, s:I}", "hour", api_time(s.refusals[i].hour * TOKEN_HOUR_MS),
                                        "client", s.refusals[i].client, "reason", s.refusals[i].reason, "refusals",
                                        (json_int_t)s.refusals[i].refusals));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:o, s:o, s:o}", "from", api_time(from * TOKEN_HOUR_MS), "to",
                                  api_time((to + 1) * TOKEN_HOUR_MS), "tokens", tokens, "refusals", refusals));
}
