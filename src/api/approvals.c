#include "api/approvals.h"

#include <stdlib.h>
#include <string.h>

#include "api/approval_about.h"
#include "api/input.h"
#include "http/router.h"
#include "http/uri.h"
#include "service/approval.h"
#include "service/callback_url.h"

static uint64_t permissions_of(const http_route *route)
{
    return route->who >> WHO_PERMISSIONS_AT;
}

/* ---- what was kept, as a request again ---- */

static const char *path_of(call *c, const approval *a, const char **query)
{
    size_t n = strcspn(a->request.target, "?");
    *query = a->request.target[n] ? a->request.target + n + 1 : "";
    return arena_text(c->arena, a->request.target, n);
}

/* Its row; NULL where the program has none any more, or one that asks for no second person. */
static const http_route *route_of(const api_call *ac, const char *method, const char *path, router_match *match)
{
    return router_find(ac->router, method, path, match) == ERR_OK && match->route->who & WHO_SECOND ? match->route
                                                                                                    : NULL;
}

static err request_again(api_call *ac, const approval *a, const http_request *now, http_request *out)
{
    call *c = &ac->call;
    router_match match;
    const char **headers = arena_alloc(c->arena, 5 * sizeof *headers);
    *out = (http_request){.arena = c->arena,
                          .method = a->request.method,
                          .body = a->request.body,
                          .unix_socket = now->unix_socket,
                          .uid = now->uid,
                          .tls = now->tls,
                          .loopback = now->loopback,
                          .headers = headers};
    memcpy(out->origin, now->origin, sizeof out->origin);
    out->path = path_of(c, a, &out->query);
    if (!headers || !out->path)
        return ERR_MEMORY;
    out->route = route_of(ac, out->method, out->path, &match);
    if (!out->route)
        return ERR_APPROVAL;
    for (size_t i = 0; i < match.params_n; i++) {
        char *value;
        TRY(uri_decode(c->arena, &value, match.params[i].p, match.params[i].n, URI_PATH));
        out->params[i] = value;
    }
    size_t n = 0;
    headers[n++] = "Content-Type";
    headers[n++] = "application/json";
    if (a->request.if_match) {
        headers[n++] = "If-Match";
        headers[n++] = a->request.if_match;
    }
    headers[n] = NULL;
    return ERR_OK;
}

/* ---- as JSON ---- */

static json_t *person_json(const uint8_t id[16], const char *staff_no, const char *name)
{
    return json_pack("{s:o, s:s, s:s}", "operator", api_uuid(id), "staff_no", staff_no, "name", name);
}

/* What the row needs; 0: there is none any more. */
static uint64_t needed_for(const api_call *ac, call *c, const approval *a)
{
    router_match match;
    const char *query, *path = path_of(c, a, &query);
    const http_route *route = path ? route_of(ac, a->request.method, path, &match) : NULL;
    return route ? permissions_of(route) : 0;
}

static bool is_own(const call *c, const approval *a)
{
    return memcmp(a->asked_by, c->console->operator_id, 16) == 0;
}

static bool may_see(const call *c, const approval *a, uint64_t needed)
{
    return is_own(c, a) || c->console->permissions & (needed | PERMISSION_BIT(PERMISSION_OPERATORS_READ));
}

/* What was asked for, as it is shown: a password or passphrase is in what is kept, sealed, and nowhere else, nor is what an address may hold of one. */
static json_t *body_json(call *c, bytes body)
{
    static const char *const secrets[] = {"password", "passphrase"};
    json_t *shown = body.n > 0 ? json_loadb((const char *)body.p, body.n, 0, NULL) : json_null();
    for (size_t i = 0; i < COUNT(secrets); i++)
        if (json_object_get(shown, secrets[i]))
            (void)json_object_set_new(shown, secrets[i], json_string("***"));
    const char *url = json_string_value(json_object_get(shown, "url"));
    if (url)
        (void)json_object_set_new(shown, "url", json_string(callback_url_shown(c->arena, url)));
    return shown;
}

/* What waits is about what there is now; else, and where that is gone, what there was when it was asked for. */
static json_t *about_json(const api_call *ac, call *c, const approval *a)
{
    router_match match;
    char *param = NULL;
    json_t *now = json_null();
    const char *query, *path = path_of(c, a, &query);
    const http_route *route = path ? route_of(ac, a->request.method, path, &match) : NULL;
    if (route && strcmp(a->state, "pending") == 0) {
        if (match.params_n > 0 &&
            uri_decode(c->arena, &param, match.params[0].p, match.params[0].n, URI_PATH) != ERR_OK)
            param = NULL;
        now = approval_about(c, route, param, a->request.body);
    }
    if (!json_is_null(now) || !a->request.about)
        return now;
    json_t *then = json_loads(a->request.about, 0, NULL);
    return then ? then : json_null();
}

static json_t *approval_json(const api_call *ac, call *c, const approval *a, uint64_t needed)
{
    bool pending = strcmp(a->state, "pending") == 0;
    return json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s?, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "approval",
                     api_uuid(a->id), "act", a->request.act, "method", a->request.method, "path", a->request.target,
                     "about", about_json(ac, c, a), "body", body_json(c, a->request.body), "asked_by",
                     person_json(a->asked_by, a->asker_staff_no, a->asker_name), "state", a->state, "reason", a->reason,
                     "status", a->status ? json_integer(a->status) : json_null(), "decided_by",
                     a->decided ? person_json(a->decided_by, a->decider_staff_no, a->decider_name) : json_null(),
                     "created_at", api_time(a->created_ms), "expires_at", api_time(a->expires_ms), "decided_at",
                     api_time(a->decided_ms), "own", is_own(c, a), "may_approve",
                     pending && !is_own(c, a) && c->console->permissions & needed);
}

static json_t *answer_json(const api_call *ac, call *c, const approval *a)
{
    return json_pack("{s:o}", "approval", approval_json(ac, c, a, needed_for(ac, c, a)));
}

/* ---- asking ---- */

static err rehearse(call *c, http_request *request, http_response *response, void *ac)
{
    c->rehearsal = true;
    err e = request->route->handler(ac, request, response);
    c->rehearsal = false;
    return c->rehearsed ? ERR_OK : e;
}

/* NULL: it is about nothing. */
static err about_text(call *c, const http_request *request, const char **out)
{
    json_t *about = approval_about(c, request->route, request->params[0], request->body);
    char *text = about && !json_is_null(about) ? json_dumps(about, JSON_COMPACT) : NULL;
    bool none = json_is_null(about);
    json_decref(about);
    *out = text ? arena_text(c->arena, text, strlen(text)) : NULL;
    free(text);
    return none || *out ? ERR_OK : ERR_MEMORY;
}

err approvals_ask(api_call *ac, http_request *request, http_response *response)
{
    call *c = &ac->call;
    int64_t others;
    approval made;
    TRY(operator_count_with(c, permissions_of(request->route), c->console->operator_id, &others));
    c->alone = others == 0;
    if (c->alone)
        return request->route->handler(ac, request, response);
    TRY(rehearse(c, request, response, ac));
    if (!c->rehearsed) /* it came to nothing that would have been written, and is answered */
        return ERR_OK;
    *response = (http_response){0};
    fault_clear(&c->fault);
    const char *target =
        *request->query ? arena_printf(c->arena, "%s?%s", request->path, request->query) : request->path;
    const char *about;
    if (!target)
        return ERR_MEMORY;
    TRY(about_text(c, request, &about));
    TRY(approval_ask(c,
                     &(approval_request){.act = request->route->audit_event,
                                         .method = request->route->method,
                                         .target = target,
                                         .if_match = http_header(request, "If-Match"),
                                         .about = about,
                                         .body = request->body},
                     &made));
    return json_respond(c->arena, response, 202, answer_json(ac, c, &made));
}

/* ---- deciding ---- */

err approvals_list(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    call *c = app;
    api_page page;
    const approval *list;
    size_t n;
    TRY(api_query_only(c, request, "limit after state"));
    TRY(api_page_read(c, request, &page));
    if (page.limit > APPROVAL_PAGE)
        page.limit = APPROVAL_PAGE;
    TRY(approval_list(c, http_query(request, "state"), page.has_after ? page.after : NULL, page.limit, &list, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        uint64_t needed = needed_for(ac, c, &list[i]);
        if (may_see(c, &list[i], needed))
            json_array_append_new(items, approval_json(ac, c, &list[i], needed));
    }
    json_t *next = n > 0 && (int64_t)n == page.limit ? api_uuid(list[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

static err find(api_call *ac, const http_request *request, approval *out, uint64_t *needed)
{
    call *c = &ac->call;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(approval_get(c, id, out));
    *needed = needed_for(ac, c, out);
    return may_see(c, out, *needed) ? ERR_OK : ERR_NOT_FOUND;
}

err approvals_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    approval a;
    uint64_t needed;
    TRY(api_query_only(c, request, ""));
    TRY(find(app, request, &a, &needed));
    return json_respond(c->arena, response, 200, answer_json(app, c, &a));
}

static err run(api_call *act, http_request *request, http_response *response)
{
    err e = request->route->handler(act, request, response);
    if (e == ERR_OK)
        return approval_done(&act->call, response->status);
    problem_respond(act->call.arena, response, e, &act->call.fault);
    return approval_failed(&act->call, e, response->status);
}

err approvals_approve(void *app, http_request *request, http_response *response)
{
    api_call *ac = app, act = *ac;
    call *c = app;
    approval a;
    uint64_t needed;
    http_request again;
    http_response answer = {0};
    TRY(find(ac, request, &a, &needed));
    TRY(request_again(ac, &a, request, &again));
    TRY(approval_begin(c, &a, needed, &act.call));
    TRY(run(&act, &again, &answer));
    c->recorded = true; /* by the act's own unit */
    TRY(approval_get(c, a.id, &a));
    json_t *inner = answer.body.n > 0 ? json_loadb((const char *)answer.body.p, answer.body.n, 0, NULL) : json_null();
    return json_respond(c->arena, response, 200,
                        json_pack("{s:o, s:i, s:o}", "approval", approval_json(ac, c, &a, needed), "status", answer.status,
                                  "answer", inner ? inner : json_null()));
}

err approvals_reject(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        const char *reason;
    } input;
    static const json_field fields[] = {FIELD(input, reason, JSON_TEXT_FIELD, 1, APPROVAL_REASON_MAX)};
    call *c = app;
    input in = {0};
    approval a;
    uint64_t needed;
    TRY(find(app, request, &a, &needed));
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    TRY(approval_reject(c, a.id, needed, in.reason, &a));
    return json_respond(c->arena, response, 200, answer_json(app, c, &a));
}

err approvals_withdraw(void *app, http_request *request, http_response *response)
{
    call *c = app;
    approval a;
    uint64_t needed;
    TRY(find(app, request, &a, &needed));
    TRY(approval_withdraw(c, a.id, &a));
    return json_respond(c->arena, response, 200, answer_json(app, c, &a));
}
