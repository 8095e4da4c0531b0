#include "api/certificates.h"

#include <string.h>

#include "api/certificate_reading.h"
#include "api/input.h"
#include "base/text.h"
#include "service/certificate.h"
#include "service/certificate_statistics.h"

static json_t *certificate_json(call *c, const certificate_view *x)
{
    bool revoked = x->revoked_ms != 0;
    json_t *answer =
        json_pack("{s:o, s:o, s:s, s:{s:o, s:s, s:s}, s:s, s:o, s:o, s:o, s:s?, s:o, s:s, s:I}", "serial",
                  api_hex(x->serial.p, x->serial.n), "key_id", api_uuid(x->key_id), "key_state", x->key_state, "user",
                  "user", api_uuid(x->user_id), "staff_no", x->staff_no, "name", x->user_name, "state", x->state,
                  "not_before", api_time(x->not_before_ms), "not_after", api_time(x->not_after_ms), "revoked_at",
                  api_time(x->revoked_ms), "reason", revoked ? certificate_reason_name(x->reason) : NULL, "created_at",
                  api_time(x->created_ms), "profile", x->profile, "profile_version", (json_int_t)x->profile_version);
    cert parsed;
    if (answer && x->der.p) {
        json_object_set_new(answer, "certificate", api_base64(c->arena, x->der));
        if (cert_parse(&parsed, x->der) == ERR_OK)
            json_object_set_new(answer, "reading", certificate_reading_json(c, &parsed));
    }
    return answer;
}

static err read_word(call *c, const char *name, const char *word, const char *const *words, size_t n, size_t *index)
{
    for (*index = 0; *index < n; ++*index)
        if (strcmp(word, words[*index]) == 0)
            return ERR_OK;
    return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", name);
}

static err read_filter(call *c, const http_request *request, uint8_t user_id[16], certificate_filter *out)
{
    static const char *const states[] = {"active", "frozen", "revoked", "superseded", "expired"};
    static const char *const orders[] = {"oldest", "newest", "expiry"}; /* of certificate_order */
    const char *user = http_query(request, "user"), *after = http_query(request, "after"),
               *order = http_query(request, "order"), *before = http_query(request, "expires_before");
    size_t index;
    *out = (certificate_filter){.state = http_query(request, "state"),
                                .profile = http_query(request, "profile"),
                                .q = http_query(request, "q")};
    TRY(api_query_only(c, request, "limit after expires_before order profile q state user"));
    TRY(input_limit(c, request, &out->limit));
    if (user && uuid_decode(user_id, user, strlen(user)) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "user");
    out->user_id = user ? user_id : NULL;
    if (out->state)
        TRY(read_word(c, "state", out->state, states, COUNT(states), &index));
    if (order) {
        TRY(read_word(c, "order", order, orders, COUNT(orders), &index));
        out->order = (certificate_order)index;
    }
    if (before)
        TRY(input_time(c, "expires_before", before, &out->expires_before_ms));
    if (out->q && *out->q == 0)
        out->q = NULL;
    if (after) {
        TRY(input_serial(c, after, &out->after));
        if (out->after.n == 0)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "after");
    }
    return ERR_OK;
}

err certificates_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t user_id[16];
    certificate_filter filter;
    const certificate_view *list;
    size_t n;
    TRY(read_filter(c, request, user_id, &filter));
    TRY(certificate_list(c, &filter, &list, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, certificate_json(c, &list[i]));
    json_t *next = json_null();
    if (n > 0 && (int64_t)n == filter.limit)
        next = api_hex(list[n - 1].serial.p, list[n - 1].serial.n);
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err certificates_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    bytes serial;
    certificate_view x;
    TRY(input_serial(c, request->params[0], &serial));
    TRY(certificate_show(c, serial, &x));
    return json_respond(c->arena, response, 200, certificate_json(c, &x));
}

static err read_reason(call *c, const http_request *request, revocation_reason *out)
{
    typedef struct input {
        const char *reason;
    } input;
    static const json_field fields[] = {
        {"reason", JSON_TEXT_FIELD, true, 1, 32, offsetof(input, reason), JSON_NO_PRESENT}};
    json_t *body;
    input in = {0};
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, 1, &in, "", &c->fault);
    json_decref(body);
    TRY(e);
    e = certificate_reason_from_name(in.reason, out);
    return e == ERR_OK ? e : fault_field(&c->fault, e, "reason");
}

err certificates_revoke(void *app, http_request *request, http_response *response)
{
    call *c = app;
    bytes serial;
    revocation_reason reason;
    certificate_view x;
    TRY(input_serial(c, request->params[0], &serial));
    TRY(read_reason(c, request, &reason));
    TRY(certificate_revoke(c, serial, reason, &x));
    return json_respond(c->arena, response, 200, certificate_json(c, &x));
}

static json_t *counts_json(const certificate_count *counts, size_t n, const char *name, bool versions)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_pack("{s:s, s:I}", name, counts[i].what, "certificates", (json_int_t)counts[i].certificates);
        if (versions)
            json_object_set_new(one, "version", json_integer(counts[i].version));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *months_json(const certificate_month *months, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:o, s:I}", "from", api_time(months[i].start_ms), "certificates",
                                              (json_int_t)months[i].certificates));
    return list;
}

err certificates_statistics(void *app, http_request *request, http_response *response)
{
    call *c = app;
    certificate_statistics x;
    TRY(api_query_only(c, request, ""));
    TRY(certificate_statistics_get(c, &x));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:I}", "by_state",
                                  counts_json(x.by_state, x.by_state_n, "state", false), "by_profile",
                                  counts_json(x.by_profile, x.by_profile_n, "profile", true), "issued",
                                  months_json(x.issued, COUNT(x.issued)), "expiring",
                                  months_json(x.expiring, COUNT(x.expiring)), "within_30_days",
                                  (json_int_t)x.within_30_days, "within_90_days", (json_int_t)x.within_90_days,
                                  "people", (json_int_t)x.people));
}
