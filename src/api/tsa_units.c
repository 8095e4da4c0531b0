#include "api/tsa_units.h"

#include "api/input.h"
#include "service/tsa_unit.h"

static json_t *unit_json(call *c, const tsa_unit *u)
{
    cert own;
    char subject[2 * NAME_DER_MAX + 1] = "";
    buffer b = buffer_over(subject, sizeof subject - 1);
    if (cert_parse(&own, u->certificate) != ERR_OK || name_text(&b, own.subject) != ERR_OK)
        return NULL;
    int64_t revoked_ms = atomic_load(&u->revoked_ms);
    return json_pack("{s:o, s:s, s:s, s:s, s:I, s:I, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:s?, s:o}", "unit_id",
                     api_uuid(u->id), "unit", u->name, "algorithm", tsa_unit_algorithm_name(u->algorithm), "state",
                     tsa_unit_state_name(atomic_load(&u->state)), "limit_us", (json_int_t)u->limit_us, "time_digits",
                     (json_int_t)u->time_digits, "ordering", u->ordering, "subject", subject, "serial",
                     api_hex(own.serial.p, own.serial.n), "not_before", api_time(u->not_before_ms), "not_after",
                     api_time(u->not_after_ms), "created_at", api_time(u->created_ms), "revoked_at",
                     api_time(revoked_ms), "revocation_reason",
                     revoked_ms ? certificate_reason_name(atomic_load(&u->reason)) : NULL, "certificate",
                     api_base64(c->arena, u->certificate));
}

err tsa_units_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    TRY(api_query_only(c, request, ""));
    json_t *items = json_array();
    for (const tsa_unit *u = tsa_unit_first(c->service); u; u = tsa_unit_next(u))
        json_array_append_new(items, unit_json(c, u));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

typedef struct unit_input {
    const char *unit, *algorithm;
    int64_t limit_us, time_digits;
    bool ordering;
} unit_input;

err tsa_units_post(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        FIELD(unit_input, unit, JSON_TEXT_FIELD, 1, TSA_UNIT_NAME_MAX),
        FIELD(unit_input, algorithm, JSON_TEXT_FIELD, 1, 8),
        {"limit_us", JSON_INT_FIELD, false, TSA_UNIT_LIMIT_LEAST_US, TSA_UNIT_LIMIT_MOST_US,
         offsetof(unit_input, limit_us), JSON_NO_PRESENT},
        {"time_digits", JSON_INT_FIELD, false, 0, TSA_TIME_DIGITS_MAX, offsetof(unit_input, time_digits),
         JSON_NO_PRESENT},
        {"ordering", JSON_BOOL_FIELD, false, 0, 0, offsetof(unit_input, ordering), JSON_NO_PRESENT}};
    call *c = app;
    unit_input in = {.limit_us = TSA_UNIT_LIMIT_US, .time_digits = TSA_UNIT_DIGITS};
    const tsa_unit *made;
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    tsa_unit_request rq = {.name = in.unit,
                           .limit_us = (uint64_t)in.limit_us,
                           .time_digits = (unsigned)in.time_digits,
                           .ordering = in.ordering};
    if (tsa_unit_algorithm_from_name(&rq.algorithm, in.algorithm) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "algorithm");
    TRY(tsa_unit_create(c, &rq, &made));
    return json_respond(c->arena, response, 201, unit_json(c, made));
}

static err set_state(call *c, const http_request *request, http_response *response, tsa_unit_state state)
{
    const tsa_unit *u;
    TRY(tsa_unit_set_state(c, request->params[0], state, &u));
    return json_respond(c->arena, response, 200, unit_json(c, u));
}

err tsa_units_start(void *app, http_request *request, http_response *response)
{
    return set_state(app, request, response, TSA_UNIT_ACTIVE);
}

err tsa_units_stop(void *app, http_request *request, http_response *response)
{
    return set_state(app, request, response, TSA_UNIT_STOPPED);
}

typedef struct retire_input {
    const char *reason;
} retire_input;

err tsa_units_retire(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        {"reason", JSON_TEXT_FIELD, false, 1, 32, offsetof(retire_input, reason), JSON_NO_PRESENT}};
    call *c = app;
    retire_input in = {.reason = "cessationOfOperation"};
    revocation_reason reason;
    const tsa_unit *u;
    TRY(input_optional(c, request, fields, COUNT(fields), &in));
    if (certificate_reason_from_name(in.reason, &reason) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "reason");
    TRY(tsa_unit_retire(c, request->params[0], reason, &u));
    return json_respond(c->arena, response, 200, unit_json(c, u));
}
