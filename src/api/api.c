#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/approvals.h"
#include "api/auth.h"
#include "api/device_events.h"
#include "api/repeats.h"
#include "base/text.h"
#include "http/router.h"
#include "os/address.h"
#include "os/clock.h"
#include "os/log.h"
#include "service/console_login.h"
#include "service/rate.h"
#include "service/tsa_access.h"

struct api {
    service *service;
    _Atomic(http_server *) server;
    auth *auth;
    api_waiting limits;
    api_app app;
    api_settings settings;
    router *router; /* for requests that were kept (api/approvals.c) */
    const address_ranges *metrics;
    log_brake refusals[ERR_COUNT];
};

err api_create(api **out, service *s, api_waiting limits)
{
    api *a = calloc(1, sizeof *a);
    if (!a)
        return ERR_MEMORY;
    a->service = s;
    a->limits = limits;
    err e = auth_create(&a->auth);
    if (e == ERR_OK)
        e = router_create(&a->router, api_routes, api_routes_n);
    if (e != ERR_OK) {
        api_destroy(a);
        return e;
    }
    *out = a;
    return ERR_OK;
}

void api_destroy(api *a)
{
    if (!a)
        return;
    auth_destroy(a->auth);
    router_destroy(a->router);
    free(a);
}

void api_set_app(api *a, api_app app)
{
    a->app = app;
}

void api_set_settings(api *a, api_settings settings)
{
    a->settings = settings;
}

void api_set_metrics(api *a, const address_ranges *networks)
{
    a->metrics = networks;
}

void api_set_server(api *a, http_server *server)
{
    a->server = server;
}

void api_wake(void *context, const uint8_t topic[16])
{
    api *const *a = context;
    http_server *server = *a ? (*a)->server : NULL; /* housekeeping may run before there is a server */
    if (server)
        http_wake(server, topic);
}

/* What is malformed did not get as far as an act: the log has it, the audit log does not. */
static bool malformed(err e)
{
    return e >= ERR_ARG && e <= ERR_PROTOCOL && e != ERR_POINT && e != ERR_SCALAR;
}

/* A client of the timestamp server need not say who it is; if it does, it must be true. It has limits and lists of its own. */
static err admit_tsa(api *a, http_request *request, call *c)
{
    uint64_t who;
    if (http_header(request, "Authorization"))
        TRY(auth_check(a->auth, request, c, &who));
    return tsa_access_check(c, c->origin);
}

/* Who calls is who he is: behind a proxy that is not trusted, that proxy. */
static bool may_scrape(const api *a, const http_request *request)
{
    address from;
    return a->metrics && address_parse(&from, request->origin) == ERR_OK &&
           address_ranges_have_exactly(a->metrics, &from);
}

/* Somebody who is logged in to the console may, by some permission or by being there, and no token. */
static bool is_for_people_alone(const http_route *route)
{
    return route->who & (WHO_CONSOLE | PERMISSION_ALL << WHO_PERMISSIONS_AT) && !auth_token_may(route);
}

static err admit(api *a, http_request *request, call *c)
{
    uint64_t who;
    if (request->route->who & WHO_TSA)
        return admit_tsa(a, request, c);
    /* Whoever has no credentials: reading what is public costs little, everything else is limited. */
    if (request->route->who & WHO_ANYONE && strcmp(request->method, "POST") == 0 && !request->unix_socket) {
        TRY(rate_take(c, RATE_ORIGIN, rate_origin(c), NULL));
        TRY(rate_take(c, RATE_ANYBODY, bytes_of(NULL, 0), NULL));
    }
    if (request->route->who & WHO_ANYONE)
        return ERR_OK;
    if (request->route->who & WHO_METRICS && !http_header(request, "Authorization") && may_scrape(a, request))
        return ERR_OK;
    TRY(auth_check(a->auth, request, c, &who));
    if (!(who & request->route->who))
        return c->token_id && is_for_people_alone(request->route) ? ERR_TOKEN_FORBIDDEN : ERR_FORBIDDEN;
    return request->route->who & WHO_TIMESTAMPS ? tsa_access_check(c, c->origin) : ERR_OK;
}

static err act(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    return request->route->who & WHO_SECOND && ac->call.console ? approvals_ask(ac, request, response)
                                                                : request->route->handler(ac, request, response);
}

static err run(api *a, api_call *ac, http_request *request, http_response *response)
{
    TRY(admit(a, request, &ac->call));
    return repeats_run(ac, request, response, act);
}

bool api_is_quick(const http_route *route)
{
    return (route->who & WHO_TSA) != 0;
}

bool api_is_shared(const http_route *route)
{
    static const char device[] = "/v1/device/";
    static const char *const others[] = {"/v1/enrolment-scans", "/v1/enrolments", "/v1/server", "/v1/time"};
    if (strncmp(route->pattern, device, sizeof device - 1) == 0)
        return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(route->pattern, others[i]) == 0)
            return true;
    return false;
}

/* Somebody has to look at the server; whoever asked can do nothing about it. */
static bool is_ours(err e)
{
    switch (e) {
    case ERR_INTERNAL:
    case ERR_CORRUPT:
    case ERR_IO:
    case ERR_ENTROPY:
    case ERR_DISK_FULL:
        return true;
    default:
        return false;
    }
}

void api_dispatch(void *app, http_request *request, http_response *response)
{
    api *a = app;
    api_call ac = {.call = {.service = a->service,
                            .arena = request->arena,
                            .now_ms = clock_unix_ms(),
                            .actor_text = "nobody",
                            .origin = request->origin,
                            .audit_event = request->route->audit_event},
                   .server = a->server,
                   .limits = a->limits,
                   .app = a->app,
                   .settings = a->settings,
                   .router = a->router};
    call *c = &ac.call;
    fault_clear(&c->fault);
    err e = run(a, &ac, request, response);
    if (e == ERR_OK)
        return;
    unsigned held;
    if (log_brake_passes(&a->refusals[e], &held))
        log_write(is_ours(e) ? LOG_ERROR : LOG_INFO, "api", "%s %s refused code=%s actor=%s origin=%s unsaid=%u",
                  request->method, request->route->pattern, err_code(e), c->actor_text, c->origin, held);
    if (c->audit_event && c->actor != ACTOR_NOBODY && !c->recorded && !malformed(e)) {
        err recorded = call_refused(c, e);
        if (recorded != ERR_OK) {
            log_write(LOG_ERROR, "api", "a refusal could not be recorded code=%s", err_code(recorded));
            e = recorded;
        }
    }
    if (request->streaming) /* its status has left long ago */
        device_events_end(request->arena, response, e);
    else
        problem_respond(request->arena, response, e, &c->fault);
}

json_t *api_time(int64_t unix_ms)
{
    char text[CLOCK_TEXT];
    if (unix_ms == 0)
        return json_null();
    clock_text(text, unix_ms);
    return json_string_nocheck(text);
}

json_t *api_uuid(const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    return json_string_nocheck(text);
}

json_t *api_hex(const void *p, size_t n)
{
    char text[2 * 128 + 1];
    if (n > 128)
        return NULL;
    hex_encode(text, p, n);
    return json_string_nocheck(text);
}

json_t *api_base64(arena *a, bytes b)
{
    const char *text = base64_text(a, b.p, b.n);
    return text ? json_string_nocheck(text) : NULL;
}

err api_etag(call *c, http_response *response, int64_t version)
{
    const char *tag = arena_printf(c->arena, "\"%lld\"", (long long)version);
    if (!tag)
        return ERR_MEMORY;
    for (size_t i = 0; i < HTTP_HEADERS_OUT; i++) {
        if (response->headers[i].name)
            continue;
        response->headers[i].name = "ETag";
        response->headers[i].value = tag;
        return ERR_OK;
    }
    return ERR_INTERNAL;
}

err api_if_match(call *c, const http_request *request, int64_t *version)
{
    const char *text = http_header(request, "If-Match");
    *version = 0;
    if (!text || strcmp(text, "*") == 0)
        return ERR_OK;
    size_t digits = *text == '"' ? strspn(text + 1, "0123456789") : 0;
    if (digits < 1 || digits > 18 || text[1] == '0' || strcmp(text + 1 + digits, "\"") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "If-Match");
    *version = strtoll(text + 1, NULL, 10);
    return ERR_OK;
}

err api_param_uuid(call *c, const http_request *request, size_t index, err none, uint8_t out[16])
{
    (void)c;
    const char *text = request->params[index];
    if (!text || uuid_decode(out, text, strlen(text)) != ERR_OK)
        return none;
    return memcmp(out, console_login_system, 16) == 0 ? none : ERR_OK; /* nobody's to name */
}

static bool among(const char *names, const char *name, size_t n)
{
    while (*names) {
        size_t length = strcspn(names, " ");
        if (length == n && memcmp(names, name, n) == 0)
            return true;
        names += length + strspn(names + length, " ");
    }
    return false;
}

err api_query_only(call *c, const http_request *request, const char *names)
{
    for (const char *at = request->query; *at; at += strspn(at, "&")) {
        size_t n = strcspn(at, "=&");
        if (!among(names, at, n))
            return fault_field(&c->fault, ERR_FIELD_UNKNOWN, "%.*s", (int)(n < 60 ? n : 60), at);
        at += strcspn(at, "&");
    }
    return ERR_OK;
}

err api_page_read(call *c, const http_request *request, api_page *out)
{
    const char *limit = http_query(request, "limit"), *after = http_query(request, "after");
    *out = (api_page){.limit = 100};
    if (limit) {
        size_t n = strspn(limit, "0123456789");
        if (n == 0 || n > 4 || limit[n])
            return fault_field(&c->fault, ERR_FIELD_VALUE, "limit");
        out->limit = strtol(limit, NULL, 10);
        if (out->limit < 1 || out->limit > 1000)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "limit");
    }
    if (after) {
        if (uuid_decode(out->after, after, strlen(after)) != ERR_OK)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "after");
        out->has_after = true;
    }
    return ERR_OK;
}
