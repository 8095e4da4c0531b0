#include "cmd/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "cmd/session.h"
#include "os/file.h"

#define DEFAULT_SERVER "http://127.0.0.1:8970"
#define DEFAULT_DATA_DIR "yiqian-data"
#define SOCKET_NAME "yiqiand.sock"

enum { TOKEN_MAX = 512 };

const option_row common_rows[] = {
    {.name = "data-dir",
     .kind = OPTION_PATH,
     .value = "DIR",
     .help = {"服务器的数据目录，经其中的 Unix 套接字操作（YIQIAN_DATA_DIR；默认 ./yiqian-data）",
              "the server's data directory; operates over the Unix socket in it (YIQIAN_DATA_DIR; ./yiqian-data)"},
     .offset = offsetof(common_options, data_dir)},
    {.name = "server",
     .kind = OPTION_TEXT,
     .value = "URL",
     .help = {"服务器地址，与 --token 或 --credential 同用（YIQIAN_SERVER；默认 " DEFAULT_SERVER "）",
              "the server's address, with --token or --credential (YIQIAN_SERVER; " DEFAULT_SERVER ")"},
     .offset = offsetof(common_options, server)},
    {.name = "token",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"操作员令牌文件（0600）", "file with an operator's token (0600)"},
     .offset = offsetof(common_options, token)},
    {.name = "credential",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"业务系统凭据文件（0600；YIQIAN_CREDENTIAL）",
              "file with a business system's credential (0600; YIQIAN_CREDENTIAL)"},
     .offset = offsetof(common_options, credential)},
    {.name = "ca-file",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"https 服务器的信任根证书（PEM），代替操作系统的",
              "trusted roots (PEM) of an https server, instead of the system's"},
     .offset = offsetof(common_options, ca_file)},
    {.name = "json",
     .kind = OPTION_FLAG,
     .help = {"以 JSON 输出服务器的应答", "print the server's answer as JSON"},
     .offset = offsetof(common_options, json)},
    {.name = "help",
     .kind = OPTION_FLAG,
     .help = {"显示本帮助", "show this help"},
     .offset = offsetof(common_options, help)},
};
const size_t common_rows_n = sizeof common_rows / sizeof *common_rows;

static const phrase nothing = {NULL, NULL};

/* NULL where the variable is not set or empty. */
static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

const char *connection_data_dir(const common_options *options)
{
    const char *const choices[] = {options->data_dir, environment("YIQIAN_DATA_DIR"), environment("STATE_DIRECTORY")};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i])
            return choices[i];
    return DEFAULT_DATA_DIR;
}

const char *connection_server(const common_options *options)
{
    const char *set = environment("YIQIAN_SERVER");
    return options->server ? options->server : set ? set : DEFAULT_SERVER;
}

/* The host of "http://host[:port]" or "https://...", and its length; NULL for everything else: a user name, a path or a query would make
 * another request of what is asked and signed. */
static const char *host_of(const char *server, size_t *n)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    const char *host = strncmp(server, "http://", 7) == 0    ? server + 7
                       : strncmp(server, "https://", 8) == 0 ? server + 8
                                                             : NULL;
    if (!host)
        return NULL;
    *n = *host == '[' ? 1 + strspn(host + 1, "0123456789abcdefABCDEF:.") + 1 : strspn(host, letters);
    const char *end = host + *n;
    if (*n == 0 || strnlen(host, *n) < *n || (*host == '[' && end[-1] != ']'))
        return NULL;
    if (*end == ':')
        end += 1 + strspn(end + 1, "0123456789");
    return !*end || strcmp(end, "/") == 0 ? host : NULL;
}

static bool is_loopback(const char *host, size_t n)
{
    static const char *const names[] = {"localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && memcmp(names[i], host, n) == 0)
            return true;
    return n > 4 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= n;
}

/* Takes the server's URL; with a bearer secret only where nobody listens in. */
static err choose_server(session *s, const char *server, bool secret, connection *out)
{
    static const phrase bad = {"服务器地址应形如 https://sign.example.org:8970",
                               "a server's address looks like https://sign.example.org:8970"};
    static const phrase clear = {"令牌不能经明文连接发送", "a token is not sent over a clear connection"};
    static const phrase hint = {"请用 https:// 地址，或在服务器本机上操作",
                                "use an https:// address, or work on the server itself"};
    size_t n = 0, length = strlen(server);
    const char *host = host_of(server, &n);
    if (!host)
        return session_usage(s, bad, server);
    if (secret && strncmp(server, "https://", 8) != 0 && !is_loopback(host, n))
        return session_fail(s, ERR_FORBIDDEN, clear, server, hint);
    out->server = arena_text(s->arena, server, server[length - 1] == '/' ? length - 1 : length);
    return out->server ? ERR_OK : ERR_MEMORY;
}

static err secret_file_failed(session *s, err e, const char *path)
{
    static const phrase malformed = {"不是凭据文件", "this is not a credential file"};
    static const phrase malformed_hint = {"凭据文件由 yiqian system credential NAME --output FILE 生成",
                                          "yiqian system credential NAME --output FILE makes one"};
    if (e == ERR_JSON)
        return session_fail(s, e, malformed, path, malformed_hint);
    return session_secret_failed(s, e, path);
}

static err use_token(session *s, connection *out)
{
    static const phrase malformed = {"不是令牌文件", "this is not a token file"};
    const char *path = s->common.token;
    char text[TOKEN_MAX];
    size_t n = 0;
    err e = file_read_secret(text, sizeof text, path, &n);
    if (e != ERR_OK)
        return secret_file_failed(s, e, path);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    out->bearer = arena_text(s->arena, text, n);
    wipe(text, sizeof text);
    if (!out->bearer)
        return ERR_MEMORY;
    if (strncmp(out->bearer, "ot_", 3) != 0 || strpbrk(out->bearer, " \r\n\t"))
        return session_fail(s, ERR_ENCODING, malformed, path, nothing);
    return choose_server(s, connection_server(&s->common), true, out);
}

static err use_credential(session *s, const char *path, connection *out)
{
    err e = credential_read(&out->credential, path);
    if (e != ERR_OK)
        return secret_file_failed(s, e, path);
    out->has_credential = true;
    const char *server = s->common.server          ? s->common.server
                         : *out->credential.server ? out->credential.server
                                                   : connection_server(&s->common);
    return choose_server(s, server, false, out);
}

static err use_socket(session *s, connection *out)
{
    out->server = "http://localhost";
    out->unix_path = arena_printf(s->arena, "%s/" SOCKET_NAME, connection_data_dir(&s->common));
    return out->unix_path ? ERR_OK : ERR_MEMORY;
}

static err check_options(session *s, caller who)
{
    static const phrase both = {"--token 与 --credential 不能同时给出", "--token and --credential exclude each other"};
    static const phrase system = {"这条命令由业务系统发起，不接受 --token",
                                  "a business system asks this: --token does not serve"};
    static const phrase alone = {"--server 须与 --token 或 --credential 同用",
                                 "--server needs --token or --credential"};
    const common_options *o = &s->common;
    if (o->token && o->credential)
        return session_usage(s, both, NULL);
    if (o->token && who == CALLER_SYSTEM)
        return session_usage(s, system, NULL);
    if (o->server && !o->token && !o->credential && who == CALLER_OPERATOR)
        return session_usage(s, alone, NULL);
    return ERR_OK;
}

err connection_choose(session *s, caller who, connection *out)
{
    static const phrase needed = {"由哪个业务系统发起？请用 --credential FILE 指定它的凭据",
                                  "which business system asks? name its credential with --credential FILE"};
    const common_options *o = &s->common;
    bool systems = who == CALLER_SYSTEM || who == CALLER_EITHER;
    const char *file = o->credential ? o->credential : systems && !o->token ? environment("YIQIAN_CREDENTIAL") : NULL;
    *out = (connection){0};
    TRY(check_options(s, who));
    if (file)
        return use_credential(s, file, out);
    if (o->token)
        return use_token(s, out);
    if (who == CALLER_SYSTEM)
        return session_usage(s, needed, NULL);
    if (o->server && who != CALLER_ISSUER)
        return choose_server(s, o->server, false, out);
    return use_socket(s, out);
}
