#include "api/checks.h"

#include <string.h>

static json_t *words_json(const check_words *words)
{
    return json_pack("{s:s, s:s}", "zh", words->zh, "en", words->en);
}

static json_t *result_json(const check_result *r)
{
    size_t family = strcspn(r->kind->id, ".");
    return json_pack("{s:s, s:s%, s:s, s:o, s:s, s:s, s:s, s:o}", "id", r->kind->id, "family", r->kind->id, family,
                     "subject", r->subject, "name", words_json(&r->kind->name), "state", check_state_name(r->state),
                     "value", r->value, "limit", r->limit, "what_to_do",
                     words_json(check_advice(r)));
}

static err respond(call *c, http_response *response, const check_report *report)
{
    json_t *items = json_array();
    for (size_t i = 0; i < report->n; i++)
        (void)json_array_append_new(items, result_json(&report->results[i]));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:I, s:b, s:s, s:o}", "at", api_time(report->at_ms), "took_ms",
                                  (json_int_t)report->took_ms, "full", report->full, "state",
                                  report->at_ms == 0 ? "unknown" : check_state_name(report->state), "checks", items));
}

err checks_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    check_report report;
    TRY(api_query_only(c, request, ""));
    TRY(check_last(c, &report));
    return respond(c, response, &report);
}

err checks_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    check_report report;
    (void)request;
    TRY(check_run_now(c, &report));
    return respond(c, response, &report);
}
