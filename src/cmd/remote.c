#include "cmd/remote.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/table.h"
#include "crypto/sm3.h"
#include "os/client.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/large_file.h"

enum {
    TIMEOUT_MS = 60000,
    DOWNLOAD_MS = 24 * 3600 * 1000,
    RESPONSE_MAX = 64 << 20,
    HEADERS_MAX = 3,
    UNIX_PATH_MAX = 107
};

static const phrase nothing = {NULL, NULL};

/* ---- paths ---- */

static const char *percent_encoded(arena *a, const char *text)
{
    static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(a, 3 * strlen(text) + 1);
    size_t n = 0;
    for (; out && *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (strchr(unreserved, c)) {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[c >> 4];
        out[n++] = digits[c & 15];
    }
    return out;
}

const char *remote_path(session *s, const char *before, const char *id, const char *after)
{
    const char *encoded = percent_encoded(s->arena, id);
    return encoded ? arena_printf(s->arena, "%s%s%s", before, encoded, after) : NULL;
}

const char *remote_query(session *s, const char *path, const char *name, const char *value)
{
    if (!path || !value)
        return path;
    const char *encoded = percent_encoded(s->arena, value);
    return encoded ? arena_printf(s->arena, "%s%c%s=%s", path, strchr(path, '?') ? '&' : '?', name, encoded) : NULL;
}

const char *remote_query_int(session *s, const char *path, const char *name, int64_t value)
{
    if (value == 0)
        return path;
    const char *text = arena_printf(s->arena, "%lld", (long long)value);
    return text ? remote_query(s, path, name, text) : NULL;
}

/* ---- no answer ---- */

static err unreachable_socket(session *s, const char *reason)
{
    static const phrase absent = {"没有正在运行的服务器：找不到套接字", "no server is running: there is no socket"};
    static const phrase start = {
        "启动服务器：yiqiand --data-dir DIR；数据目录在别处时用 --data-dir 指定；"
        "服务器在别的机器上时用 --server URL 与 --token FILE",
        "start it with yiqiand --data-dir DIR; name another data directory with --data-dir; for a server on "
        "another machine give --server URL and --token FILE"};
    static const phrase refused = {"没有权限打开服务器的套接字", "no permission to open the server's socket"};
    static const phrase become = {"请以运行 yiqiand 的用户或 root 身份执行",
                                  "run this as the user of yiqiand, or as root"};
    static const phrase too_long = {"套接字路径过长（最多 107 字节）",
                                    "the socket's path is too long (107 bytes at most)"};
    static const phrase silent = {"服务器没有应答", "the server does not answer"};
    const char *path = s->connection.unix_path;
    if (strlen(path) > UNIX_PATH_MAX)
        return session_fail(s, ERR_TRANSPORT, too_long, path, nothing);
    if (!file_exists(path))
        return session_fail(s, ERR_TRANSPORT, absent, path, start);
    if (access(path, R_OK | W_OK) != 0)
        return session_fail(s, ERR_TRANSPORT, refused, path, become);
    return session_fail(s, ERR_TRANSPORT, silent, arena_printf(s->arena, "%s (%s)", path, reason), start);
}

static err unreachable(session *s, const char *reason)
{
    static const phrase silent = {"无法连接服务器", "the server cannot be reached"};
    static const phrase hint = {
        "请检查地址、网络与服务器证书；服务器由 yiqiand --listen ADDRESS:PORT 启动；地址用 --server URL 指定",
        "check address, network and the server's certificate; yiqiand --listen ADDRESS:PORT starts a "
        "server; --server URL names another"};
    if (s->connection.unix_path)
        return unreachable_socket(s, reason);
    return session_fail(s, ERR_TRANSPORT, silent, arena_printf(s->arena, "%s (%s)", s->connection.server, reason),
                        hint);
}

/* ---- problems (RFC 9457) ---- */

static const char *text_member(const json_t *problem, const char *zh, const char *en)
{
    const char *text = json_string_value(json_object_get(problem, language_is_chinese() ? zh : en));
    return text ? text : json_string_value(json_object_get(problem, zh));
}

static void tell(session *s, phrase label, const char *text)
{
    if (text)
        fprintf(stderr, "  %s: %s\n", say(label), table_printable(s->arena, text));
}

static void tell_number(phrase label, const json_t *value)
{
    if (json_is_integer(value))
        fprintf(stderr, "  %s: %lld\n", say(label), (long long)json_integer_value(value));
}

static void tell_problem(session *s, const json_t *problem)
{
    const char *title = text_member(problem, "title", "title_en");
    const char *code = json_string_value(json_object_get(problem, "code"));
    fprintf(stderr, "yiqian: %s [%s]\n", table_printable(s->arena, title ? title : "-"),
            table_printable(s->arena, code ? code : "-"));
    tell(s, (phrase){"详情", "Detail"}, text_member(problem, "detail", "detail"));
    tell(s, (phrase){"字段", "Field"}, text_member(problem, "field", "field"));
    tell_number((phrase){"剩余次数", "Tries left"}, json_object_get(problem, "tries_left"));
    tell_number((phrase){"可重试（秒后）", "Retry after (seconds)"}, json_object_get(problem, "retry_after"));
    tell(s, (phrase){"建议", "Hint"}, text_member(problem, "hint", "hint_en"));
}

void remote_tell_problem(session *s, bytes body, bool *ours)
{
    json_t *problem = json_loadb((const char *)body.p, body.n, 0, NULL);
    *ours = json_is_string(json_object_get(problem, "code"));
    (void)fflush(stdout);
    if (*ours && s->common.json) {
        (void)json_dumpf(problem, stderr, JSON_INDENT(2));
        fputc('\n', stderr);
    } else if (*ours) {
        tell_problem(s, problem);
    }
    json_decref(problem);
}

static err refused(session *s, const client_response *response)
{
    static const phrase foreign = {"应答者不是 yiqiand，状态码", "what answered is not yiqiand; status"};
    bool ours;
    remote_tell_problem(s, response->body, &ours);
    if (!ours)
        return session_fail(s, ERR_REMOTE, foreign, arena_printf(s->arena, "%d", response->status), nothing);
    s->told = true;
    return ERR_REMOTE;
}

/* ---- the exchange ---- */

static err connect_once(session *s)
{
    if (s->client)
        return ERR_OK;
    TRY(connection_choose(s, s->caller, &s->connection));
    return client_create(&s->client);
}

static err authenticate(session *s, const remote_request *request, bytes body, const char **header)
{
    const connection *c = &s->connection;
    if (c->has_credential)
        return credential_sign(&c->credential, s->exchange, request->method, request->path, body, clock_unix_ms(),
                               header);
    if (!c->bearer)
        return ERR_OK;
    *header = arena_printf(s->exchange, "Authorization: Bearer %s", c->bearer);
    return *header ? ERR_OK : ERR_MEMORY;
}

static err exchange(session *s, const remote_request *request, bytes body, client_response *response)
{
    static const phrase bad = {"请求发不出去", "the request cannot be sent"};
    char message[CLIENT_MESSAGE];
    const char *headers[HEADERS_MAX] = {NULL};
    size_t n = 0;
    TRY(authenticate(s, request, body, &headers[0]));
    n += headers[0] != NULL;
    if (body.n > 0)
        headers[n++] = "Content-Type: application/json";
    if (request->idempotency_key)
        headers[n++] = arena_printf(s->exchange, "Idempotency-Key: %s", request->idempotency_key);
    client_request sent = {.sink = s->sink,
                           .sink_context = s->sink_context,
                           .method = request->method,
                           .url = arena_printf(s->exchange, "%s%s", s->connection.server, request->path),
                           .unix_path = s->connection.unix_path,
                           .headers = headers,
                           .headers_n = n,
                           .body = body,
                           .timeout_ms = s->sink ? DOWNLOAD_MS : TIMEOUT_MS,
                           .response_max = RESPONSE_MAX,
                           .ca_file = s->common.ca_file};
    if (!sent.url || (n > 0 && !headers[n - 1]))
        return ERR_MEMORY;
    err e = client_send(s->client, s->exchange, &sent, response, message);
    if (e == ERR_TRANSPORT)
        return unreachable(s, message);
    if (e != ERR_OK)
        return session_fail(s, e, bad, message, nothing);
    bool answered = (response->status >= 200 && response->status <= 299) || response->status == request->also;
    return answered ? ERR_OK : refused(s, response);
}

static err send_json(session *s, const remote_request *request, client_response *response)
{
    if (!request->path)
        return ERR_MEMORY;
    TRY(connect_once(s));
    arena_reset(s->exchange);
    if (!request->body)
        return exchange(s, request, bytes_of("", 0), response);
    char *text = json_dumps(request->body, JSON_COMPACT);
    if (!text)
        return ERR_MEMORY;
    err e = exchange(s, request, bytes_of(text, strlen(text)), response);
    free(text);
    return e;
}

static err take_answer(session *s, const client_response *response, json_t **answer)
{
    static const phrase foreign = {"应答者不是 yiqiand：应答不是 JSON", "what answered is not yiqiand: no JSON"};
    json_error_t why;
    *answer = response->body.n == 0
                  ? json_null()
                  : json_loadb((const char *)response->body.p, response->body.n, JSON_REJECT_DUPLICATES, &why);
    if (!*answer)
        return session_fail(s, ERR_TRANSPORT, foreign, s->connection.server, nothing);
    return json_array_append_new(s->answers, *answer) == 0 ? ERR_OK : ERR_MEMORY;
}

err remote_call(session *s, const remote_request *request, json_t **answer)
{
    client_response response;
    err e = send_json(s, request, &response);
    json_decref(request->body);
    return e == ERR_OK ? take_answer(s, &response, answer) : e;
}

err remote_post(session *s, const char *path, json_t *body, json_t **answer)
{
    return body ? remote_call(s, &(remote_request){.method = "POST", .path = path, .body = body}, answer) : ERR_MEMORY;
}

err remote_get(session *s, const char *path, json_t **answer)
{
    return remote_call(s, &(remote_request){.method = "GET", .path = path}, answer);
}

typedef struct saving {
    int fd;
    uint64_t size;
    sm3_ctx sm3;
} saving;

static err save_piece(void *context, const void *p, size_t n)
{
    saving *w = context;
    w->size += n;
    sm3_update(&w->sm3, p, n);
    return large_file_write(w->fd, p, n);
}

/* What there is of it goes where it is not what it should be. */
static err give_up(session *s, const char *file, err e)
{
    static const phrase left = {"文件不完整且无法删除", "the file is not whole and cannot be removed"};
    return file_remove(file) == ERR_OK ? e : session_fail(s, e, left, file, nothing);
}

err remote_save(session *s, const char *path, const char *file, const remote_saved *wanted, remote_saved *out)
{
    static const phrase unwritten = {"文件无法写入", "the file cannot be written"},
                        exists = {"文件已存在，不会覆盖", "the file exists and is not overwritten"},
                        another = {"请另选文件名（--out），或先移走它", "choose another name with --out, or move it away first"},
                        other = {"收到的文件与服务器所述的大小或 SM3 不符，已删除",
                                 "what came is not of the size or SM3 that the server says, and was removed"};
    client_response response;
    saving w = {0};
    sm3_init(&w.sm3);
    err e = large_file_create(&w.fd, file);
    if (e == ERR_EXISTS)
        return session_fail(s, e, exists, file, another);
    if (e != ERR_OK)
        return session_file_failed(s, e, file);
    s->sink = save_piece;
    s->sink_context = &w;
    e = send_json(s, &(remote_request){.method = "GET", .path = path}, &response);
    s->sink = NULL;
    if (e == ERR_OK) {
        e = large_file_sync(w.fd);
        if (e != ERR_OK)
            (void)session_fail(s, e, unwritten, file, nothing);
    }
    large_file_close(w.fd);
    out->size = w.size;
    sm3_final(&w.sm3, out->sm3);
    out->has_sm3 = true;
    if (e == ERR_OK &&
        (out->size != wanted->size || (wanted->has_sm3 && memcmp(out->sm3, wanted->sm3, sizeof out->sm3) != 0)))
        e = session_fail(s, ERR_REMOTE, other, file, nothing);
    return e == ERR_OK ? ERR_OK : give_up(s, file, e);
}

err remote_fetch(session *s, const char *path, bytes *body)
{
    client_response response;
    TRY(send_json(s, &(remote_request){.method = "GET", .path = path}, &response));
    *body = response.body;
    return ERR_OK;
}
