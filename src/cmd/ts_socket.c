#include <string.h>

#include "cmd/table.h"
#include "cmd/ts.h"
#include "http/frame_client.h"

enum { TIMEOUT_MS = 30000 };

static const char clear[] = "tcp://", tls[] = "tls://";

bool ts_socket_is(const char *url)
{
    return strncmp(url, clear, sizeof clear - 1) == 0 || strncmp(url, tls, sizeof tls - 1) == 0;
}

err ts_socket_exchange(session *s, const char *url, bytes query, bytes *response)
{
    static const phrase bad = {"应形如 tcp://HOST:PORT 或 tls://HOST:PORT；--ca-file 须为 PEM",
                               "want tcp://HOST:PORT or tls://HOST:PORT, and PEM in --ca-file"};
    static const phrase silent = {"无法连接时间戳服务", "the timestamp server cannot be reached"};
    static const phrase refused = {"时间戳服务拒绝了请求", "the timestamp server refused"};
    static const phrase nothing = {NULL, NULL};
    const char *why;
    const frame_request request = {.address = url + sizeof clear - 1,
                                   .tls = strncmp(url, tls, sizeof tls - 1) == 0,
                                   .ca_file = s->common.ca_file,
                                   .message = query,
                                   .answer_max = TSA_READ_MAX,
                                   .timeout_ms = TIMEOUT_MS};
    err e = frame_exchange(s->arena, &request, response, &why);
    if (e == ERR_CONFIG)
        return session_usage(s, bad, url);
    if (e == ERR_REMOTE)
        return session_fail(s, e, refused, arena_printf(s->arena, "%s (%s)", url, table_printable(s->arena, why)),
                            nothing);
    if (e == ERR_TRANSPORT || e == ERR_TIMEOUT)
        return session_fail(s, ERR_TRANSPORT, silent, url, nothing);
    return e;
}
