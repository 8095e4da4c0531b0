#include "cmd/agent_gate.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/ct.h"

enum { HOST_MAX = 80 };

bool agent_gate_origin_valid(const char *origin)
{
    static const char clear[] = "http://", tls[] = "https://";
    const char *host = strncmp(origin, clear, sizeof clear - 1) == 0 ? origin + sizeof clear - 1
                       : strncmp(origin, tls, sizeof tls - 1) == 0   ? origin + sizeof tls - 1
                                                                     : NULL;
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
    return host && *host && strlen(origin) <= 255 && strspn(host, allowed) == strlen(host) && *host != ':';
}

/* "127.0.0.1:8971" or "localhost:8971": whatever other name leads here was made to (DNS rebinding). */
static bool host_is_ours(const agent_gate *gate, const char *host)
{
    const char *const names[] = {gate->host, "localhost"};
    char whole[HOST_MAX];
    for (size_t i = 0; host && i < sizeof names / sizeof *names; i++) {
        (void)snprintf(whole, sizeof whole, "%s:%u", names[i], (unsigned)gate->port);
        if (strcasecmp(host, whole) == 0)
            return true;
    }
    return false;
}

static bool origin_may_call(const agent_gate *gate, const char *origin)
{
    for (size_t i = 0; i < gate->origins.n; i++)
        if (strcmp(gate->origins.items[i], origin) == 0)
            return true;
    return false;
}

static bool has_token(const agent_gate *gate, const http_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *given = http_header(request, "Authorization");
    return given && strncasecmp(given, scheme, sizeof scheme - 1) == 0 &&
           strlen(given) == sizeof scheme - 1 + AGENT_TOKEN &&
           ct_equal(given + sizeof scheme - 1, gate->token, AGENT_TOKEN);
}

err agent_gate_check(const agent_gate *gate, const http_request *request, fault *f)
{
    const char *origin = http_header(request, "Origin");
    if (!request->loopback)
        return ERR_FORBIDDEN;
    if (!host_is_ours(gate, http_header(request, "Host")))
        return fault_set(f, ERR_FORBIDDEN, "Host");
    if (origin && !origin_may_call(gate, origin))
        return fault_set(f, ERR_FORBIDDEN, "Origin");
    if (origin && !gate->always_token)
        return ERR_OK;
    return has_token(gate, request) ? ERR_OK : ERR_UNAUTHENTICATED;
}

bool agent_gate_explain(const agent_gate *gate, err e, const fault *f, arena *a, agent_gate_hint *out)
{
    *out = (agent_gate_hint){NULL, NULL};
    if (e == ERR_UNAUTHENTICATED) {
        out->zh = arena_printf(a, "请求头须为 Authorization: Bearer 加 %s 的内容；网页则须以 --origin 允许其来源",
                               gate->token_file);
        out->en = arena_printf(a,
                               "Send Authorization: Bearer with what is in %s; for a page, start the agent with "
                               "--origin and the page's origin",
                               gate->token_file);
    } else if (e == ERR_FORBIDDEN && strcmp(f->detail, "Host") == 0) {
        out->zh = arena_printf(a,
                               "请用 http://%s:%u 或 http://localhost:%u 访问签名代理；网页来源须在启动代理时以 "
                               "--origin 允许",
                               gate->host, (unsigned)gate->port, (unsigned)gate->port);
        out->en = arena_printf(a,
                               "Call the agent at http://%s:%u or http://localhost:%u; pages are allowed by starting "
                               "it with --origin",
                               gate->host, (unsigned)gate->port, (unsigned)gate->port);
    } else if (e == ERR_FORBIDDEN) {
        out->zh = "请以 --origin 加该网页的来源启动签名代理，如 yiqian agent --origin https://emr.hospital.example";
        out->en = "Start the agent with --origin and the page's origin, like yiqian agent --origin "
                  "https://emr.hospital.example";
    }
    return out->zh && out->en;
}

static void add(http_response *response, const char *name, const char *value)
{
    size_t i = 0;
    while (i < HTTP_HEADERS_OUT && response->headers[i].name)
        i++;
    if (i == HTTP_HEADERS_OUT)
        return;
    response->headers[i].name = name;
    response->headers[i].value = value;
}

void agent_gate_headers(const agent_gate *gate, const http_request *request, http_response *response)
{
    const char *origin = http_header(request, "Origin");
    add(response, "Vary", "Origin");
    add(response, "Cache-Control", "no-store");
    if (origin && origin_may_call(gate, origin))
        add(response, "Access-Control-Allow-Origin", origin);
}

err agent_gate_preflight(const agent_gate *gate, const http_request *request, http_response *response)
{
    const char *origin = http_header(request, "Origin");
    if (!request->loopback || !host_is_ours(gate, http_header(request, "Host")) || !origin ||
        !origin_may_call(gate, origin))
        return ERR_FORBIDDEN;
    response->status = 204;
    add(response, "Access-Control-Allow-Methods", "GET, POST");
    add(response, "Access-Control-Allow-Headers", "Authorization, Content-Type, " AGENT_HANDLE_HEADER);
    add(response, "Access-Control-Max-Age", "600");
    if (http_header(request, "Access-Control-Request-Private-Network"))
        add(response, "Access-Control-Allow-Private-Network", "true");
    return ERR_OK;
}
