#include "api/audits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/input.h"
#include "service/audit_job.h"
#include "service/audit_log.h"
#include "service/audit_name.h"
#include "service/audit_search.h"
#include "service/audit_who.h"

enum { FILTER_TEXT_MAX = 200, ACCEPTED = 202 };

static json_t *entry_json(const audit_entry *e, const audit_who *who)
{
    return json_pack("{s:I, s:o, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?}", "sequence", (json_int_t)e->sequence,
                     "time", api_time(e->time_ms), "event", e->event, "outcome", e->outcome, "actor", e->actor,
                     "subject", e->subject, "origin", e->origin, "detail", e->detail, "actor_name", who->actor,
                     "subject_name", who->subject);
}

/* "task.,callback.replay" */
static err read_events(call *c, const char *text, audit_filter *out)
{
    while (text && *text) {
        size_t n = strcspn(text, ",");
        if (out->events_n == AUDIT_LOG_EVENTS || n == 0 || n > FILTER_TEXT_MAX ||
            strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.") < n || (n == 1 && *text == '.'))
            return fault_field(&c->fault, ERR_FIELD_VALUE, "event");
        out->events[out->events_n] = arena_text(c->arena, text, n);
        if (!out->events[out->events_n++])
            return ERR_MEMORY;
        text += n + (text[n] == ',');
    }
    return ERR_OK;
}

static err read_text(call *c, const http_request *request, const char *name, const char **out)
{
    const char *text = http_query(request, name);
    *out = text && *text ? text : NULL;
    return !text || strlen(text) <= FILTER_TEXT_MAX ? ERR_OK : fault_field(&c->fault, ERR_FIELD_LENGTH, "%s", name);
}

static err read_number(call *c, const http_request *request, const char *name, int64_t *out)
{
    const char *text = http_query(request, name);
    *out = 0;
    return text ? input_number(c, name, text, INT64_MAX, out) : ERR_OK;
}

static err read_time(call *c, const http_request *request, const char *name, int64_t *out)
{
    const char *text = http_query(request, name);
    *out = 0;
    return text && *text ? input_time(c, name, text, out) : ERR_OK;
}

err audits_read_filter(call *c, const http_request *request, audit_filter *out)
{
    const char *order = http_query(request, "order");
    *out = (audit_filter){.limit = AUDIT_LOG_PAGE};
    TRY(read_events(c, http_query(request, "event"), out));
    TRY(read_text(c, request, "actor", &out->actor));
    TRY(read_text(c, request, "subject", &out->subject));
    TRY(read_text(c, request, "outcome", &out->outcome));
    TRY(read_text(c, request, "origin", &out->origin));
    TRY(read_time(c, request, "from", &out->from_ms));
    TRY(read_time(c, request, "to", &out->to_ms));
    TRY(read_number(c, request, "after", &out->after));
    TRY(read_number(c, request, "before", &out->before));
    if (order && strcmp(order, "newest") != 0 && strcmp(order, "oldest") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "order");
    out->newest_first = order && strcmp(order, "newest") == 0;
    return ERR_OK;
}

/* Where to go on in either direction: behind the last row, and before the first one. */
err audits_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    int64_t limit;
    audit_filter filter;
    audit_page page;
    const audit_who *who;
    TRY(api_query_only(c, request, "limit after before order event actor subject outcome origin from to"));
    TRY(audits_read_filter(c, request, &filter));
    TRY(input_limit(c, request, &limit));
    filter.limit = limit > AUDIT_LOG_PAGE ? AUDIT_LOG_PAGE : limit;
    TRY(audit_search(c, &filter, AUDITS_SEARCH_NS, &page));
    TRY(audit_who_find(c, page.entries, page.n, &who));
    json_t *items = json_array();
    for (size_t i = 0; i < page.n; i++)
        json_array_append_new(items, entry_json(&page.entries[i], &who[i]));
    json_t *next = page.next > 0 ? json_sprintf("%" PRId64, page.next) : json_null();
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

/* ---- a check in the background ---- */

static json_t *job_json(const audit_job_state *job)
{
    const audit_finding *f = &job->finding;
    json_t *finding = !job->done
                          ? json_null()
                          : json_pack("{s:b, s:I, s:o, s:s?}", "intact", f->intact, "rows", (json_int_t)f->rows, "root",
                                      api_hex(f->root, sizeof f->root), "finding", f->intact ? NULL : f->what);
    return json_pack("{s:s, s:I, s:I, s:o, s:o, s:s?, s:o}", "state",
                     job->running            ? "running"
                     : job->failed != ERR_OK ? "failed"
                     : job->done             ? "done"
                                             : "none",
                     "rows", (json_int_t)job->rows, "total", (json_int_t)job->total, "started_at",
                     api_time(job->started_ms), "finished_at", api_time(job->running ? 0 : job->finished_ms), "error",
                     !job->running && job->failed != ERR_OK ? err_code(job->failed) : NULL, "finding", finding);
}

err audits_job_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    audit_job_state job;
    TRY(api_query_only(c, request, ""));
    audit_job_read(c->service, &job);
    return json_respond(c->arena, response, 200, job_json(&job));
}

err audits_job_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    audit_job_state job;
    (void)request;
    TRY(audit_job_start_now(c, &job));
    return json_respond(c->arena, response, ACCEPTED, job_json(&job));
}

/* ---- what events are called ---- */

err audits_events(void *app, http_request *request, http_response *response)
{
    call *c = app;
    json_t *items = json_array();
    TRY(api_query_only(c, request, ""));
    for (size_t i = 0; i < audit_names_n; i++)
        (void)json_array_append_new(items, json_pack("{s:s, s:{s:s, s:s}}", "event", audit_names[i].event, "name", "zh",
                                                     audit_names[i].zh, "en", audit_names[i].en));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}
