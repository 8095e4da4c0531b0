#include <string.h>

#include "cmd/remote.h"
#include "cmd/table.h"
#include "cmd/ts.h"
#include "os/client.h"

enum { TIMEOUT_MS = 30000 };

static const phrase nothing = {NULL, NULL};

static const char *url_of(session *s, const char *url)
{
    return url ? url : arena_printf(s->arena, "%s/tsa", connection_server(&s->common));
}

static bool is_reply(const char *type)
{
    static const char reply[] = "application/timestamp-reply";
    size_t n = sizeof reply - 1;
    return strncmp(type, reply, n) == 0 && (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

err ts_exchange(session *s, const char *url, bytes query, bytes *response)
{
    static const phrase silent = {"无法连接时间戳服务", "the timestamp server cannot be reached"};
    static const phrase bad = {"时间戳服务的地址应形如 http://HOST/tsa 或 tcp://HOST:PORT",
                               "the address looks like http://HOST/tsa or tcp://HOST:PORT"};
    static const phrase foreign = {"应答不是时间戳应答，HTTP 状态", "the answer is no timestamp reply; HTTP status"};
    static const char *const headers[] = {"Content-Type: application/timestamp-query",
                                          "Accept: application/timestamp-reply"};
    char message[CLIENT_MESSAGE];
    client_response answer;
    const char *target = url_of(s, url);
    if (!target)
        return ERR_MEMORY;
    if (ts_socket_is(target))
        return ts_socket_exchange(s, target, query, response);
    client_request request = {.method = "POST",
                              .url = target,
                              .headers = headers,
                              .headers_n = sizeof headers / sizeof *headers,
                              .body = query,
                              .timeout_ms = TIMEOUT_MS,
                              .response_max = TSA_READ_MAX,
                              .ca_file = s->common.ca_file};
    if (!s->client)
        TRY(client_create(&s->client));
    err e = client_send(s->client, s->arena, &request, &answer, message);
    if (e == ERR_ARG)
        return session_usage(s, bad, target);
    if (e == ERR_MEMORY)
        return e;
    if (e != ERR_OK)
        return session_fail(s, ERR_TRANSPORT, silent, arena_printf(s->arena, "%s (%s)", target, message), nothing);
    if (answer.status != 200 || !is_reply(answer.content_type)) {
        bool ours;
        remote_tell_problem(s, answer.body, &ours);
        if (ours) {
            s->told = true;
            return ERR_REMOTE;
        }
        return session_fail(s, ERR_REMOTE, foreign, arena_printf(s->arena, "%d, %s", answer.status, target), nothing);
    }
    *response = answer.body;
    return ERR_OK;
}
