#include "api/audits.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/input.h"
#include "service/audit_log.h"

static json_t *entry_json(const audit_entry *e)
{
    return json_pack("{s:I, s:o, s:s, s:s, s:s?, s:s?, s:s?, s:s?}", "sequence", (json_int_t)e->sequence, "time",
                     api_time(e->time_ms), "event", e->event, "outcome", e->outcome, "actor", e->actor, "subject",
                     e->subject, "origin", e->origin, "detail", e->detail);
}

err audits_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    int64_t limit, after = 0;
    const audit_entry *entries;
    size_t n;
    const char *text = http_query(request, "after");
    TRY(api_query_only(c, request, "limit after"));
    TRY(input_limit(c, request, &limit));
    if (text)
        TRY(input_number(c, "after", text, INT64_MAX, &after));
    if (limit > AUDIT_LOG_PAGE)
        limit = AUDIT_LOG_PAGE;
    TRY(audit_log_list(c, after, limit, &entries, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, entry_json(&entries[i]));
    json_t *next = n > 0 && (int64_t)n == limit ? json_sprintf("%" PRId64, entries[n - 1].sequence) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err audits_check(void *app, http_request *request, http_response *response)
{
    call *c = app;
    audit_finding finding;
    (void)request;
    TRY(audit_log_check(c, &finding));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:b, s:I, s:o, s:s?}", "intact", finding.intact, "rows", (json_int_t)finding.rows,
                                  "root", api_hex(finding.root, sizeof finding.root), "finding",
                                  finding.intact ? NULL : finding.what));
}
