/* `yiqian tls`: a TLS root of the hospital's own and the server's certificate below it (docs/operations/tls.md). Asks no server. */
#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "os/clock.h"
#include "os/file.h"
#include "pki/pem.h"
#include "pki/tls_certificate.h"

enum { FILE_MAX = 64 << 10, SECRET = 0600, OPEN = 0644, DIRECTORY = 0700 };

typedef struct tls_options {
    const char *directory;
    option_list names, addresses;
    int64_t days;
} tls_options;

#define DIRECTORY_ROW                                                                                                  \
    {                                                                                                                  \
        .name = "DIR", .kind = OPTION_PATH, .flags = OPTION_REQUIRED | OPTION_OPERAND,                                 \
        .help = {"证书与私钥所在的目录", "the directory of keys and certificates"},                                    \
        .offset = offsetof(tls_options, directory)                                                                     \
    }
#define NAME_ROW(more, help_zh, help_en)                                                                               \
    {                                                                                                                  \
        .name = "name", .kind = OPTION_LIST, .flags = (more), .value = "NAME", .help = {help_zh, help_en},             \
        .offset = offsetof(tls_options, names)                                                                         \
    }
#define ADDRESS_ROW                                                                                                    \
    {                                                                                                                  \
        .name = "address", .kind = OPTION_LIST, .value = "IP",                                                         \
        .help = {"也可用此 IP 地址连接（指纹等 WebAuthn 功能只能用域名）；可多次给出",                                 \
                 "an address that it is reached by as well (WebAuthn, which fingerprints need, takes names alone); "   \
                 "may be given several times"},                                                                        \
        .offset = offsetof(tls_options, addresses)                                                                     \
    }
#define DAYS_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "days", .kind = OPTION_INT, .value = "N", .min = 1, .max = TLS_SERVER_DAYS_MAX,                        \
        .help = {"服务器证书的天数，1 到 397（默认 397；苹果设备不接受更长的）",                                       \
                 "days of the server's certificate, 1 to 397 (397; Apple's devices take none that is longer)"},        \
        .offset = offsetof(tls_options, days)                                                                          \
    }

static const option_row make_rows[] = {
    DIRECTORY_ROW,
    NAME_ROW(OPTION_REQUIRED, "服务器的域名，手机以它连接；可多次给出",
             "the server's name, by which phones reach it; may be given several times"),
    ADDRESS_ROW, DAYS_ROW};

static const option_row renew_rows[] = {
    DIRECTORY_ROW,
    NAME_ROW(0, "改用这些域名（须在根证书允许之内）；不给则沿用原有的",
             "these names instead (the root has to allow them); by default those that it has"),
    ADDRESS_ROW, DAYS_ROW};

static const phrase nothing = {NULL, NULL};

static const char *file_of(session *s, const tls_options *o, const char *name)
{
    return arena_printf(s->arena, "%s/%s", o->directory, name);
}

static err check_names(session *s, const tls_options *o, tls_names *names)
{
    static const phrase use_address = {"这是地址，请用 --address 给出，并另给一个 --name",
                                       "that is an address: give it with --address, and a --name"},
                        no_name =
                            {"不是可用的域名（小写字母、数字、连字符与点，不含通配符）",
                             "that is no usable name (lower-case letters, digits, hyphens and dots; no wildcard)"},
                        no_address = {"不是 IP 地址", "that is no IP address"},
                        count = {"域名 1 到 8 个，地址至多 8 个", "1 to 8 names, and at most 8 addresses"};
    const char *wrong;
    *names = (tls_names){.names_n = o->names.n, .addresses_n = o->addresses.n};
    for (size_t i = 0; i < o->names.n && i < TLS_NAMES_MAX; i++)
        names->names[i] = o->names.items[i];
    for (size_t i = 0; i < o->addresses.n && i < TLS_NAMES_MAX; i++)
        names->addresses[i] = o->addresses.items[i];
    if (tls_names_check(names, &wrong) == ERR_OK)
        return ERR_OK;
    if (!wrong)
        return session_usage(s, count, NULL);
    for (size_t i = 0; i < names->names_n; i++)
        if (names->names[i] == wrong)
            return session_usage(s, tls_is_address(wrong) ? use_address : no_name, wrong);
    return session_usage(s, no_address, wrong);
}

static err not_made(session *s, err e)
{
    static const phrase not_vouched = {"根证书不能为它担保：根已到期、根的私钥不对，或域名超出根所允许的范围",
                                       "the root cannot vouch for it: it is over, root.key is another's, or the names "
                                       "are not those that it allows"},
                        unusable = {"目录中的证书或私钥无法使用",
                                    "a key or certificate in the directory cannot be used"},
                        failed = {"无法生成证书", "the certificate cannot be made"};
    return session_fail(s, e, e == ERR_CHAIN ? not_vouched : e == ERR_ARG ? unusable : failed, NULL, nothing);
}

/* ---- what was made ---- */

static json_t *facts_json(session *s, const tls_facts *root, const tls_facts *server, const tls_options *o)
{
    char root_until[CLOCK_TEXT], server_until[CLOCK_TEXT];
    json_t *names = json_array();
    for (size_t i = 0; server->names[i]; i++)
        (void)json_array_append_new(names, json_string(server->names[i]));
    clock_text(root_until, root->not_after * 1000);
    clock_text(server_until, server->not_after * 1000);
    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:s, s:s}", "root_sha256", root->fingerprint, "root_not_after",
                     root_until, "names", names, "not_after", server_until, "tls_certificate",
                     file_of(s, o, "server.pem"), "tls_key", file_of(s, o, "server.key"), "tls_root",
                     file_of(s, o, "root.pem"));
}

static err tell(session *s, const tls_options *o, phrase done, const char *root_pem, const char *server_pem)
{
    static const answer_column columns[] = {
        {{"域名与地址", "Names and addresses"}, "names", ANSWER_TEXT},
        {{"服务器证书有效期至", "Server's certificate until"}, "not_after", ANSWER_TIME},
        {{"根证书有效期至", "Root until"}, "root_not_after", ANSWER_TIME},
        {{"根证书 SHA-256 指纹", "Root's SHA-256"}, "root_sha256", ANSWER_TEXT},
        {{"tls_certificate", "tls_certificate"}, "tls_certificate", ANSWER_TEXT},
        {{"tls_key", "tls_key"}, "tls_key", ANSWER_TEXT},
        {{"tls_root", "tls_root"}, "tls_root", ANSWER_TEXT}};
    tls_facts root, server;
    TRY(tls_read(s->arena, bytes_of_text(root_pem), &root));
    TRY(tls_read(s->arena, bytes_of_text(server_pem), &server));
    json_t *answer = facts_json(s, &root, &server, o);
    err e = answer ? answer_done(s, done, answer, ANSWER_COLUMNS(columns)) : ERR_MEMORY;
    json_decref(answer);
    return e;
}

/* ---- make ---- */

typedef struct new_files {
    char root_key[TLS_KEY_PEM], server_key[TLS_KEY_PEM];
    char *root, *server;
    bytes root_der;
} new_files;

static err build(session *s, const tls_options *o, const tls_names *names, new_files *f)
{
    const int64_t now = clock_unix_ms() / 1000;
    TRY(tls_make_key(f->root_key));
    TRY(tls_make_key(f->server_key));
    TRY(tls_make_root(s->arena, f->root_key, names, now, &f->root));
    TRY(pem_decode(s->arena, PEM_CERTIFICATE, bytes_of_text(f->root), &f->root_der, NULL));
    const tls_root root = {f->root_key, bytes_of_text(f->root)};
    return tls_make_server(s->arena, &root, f->server_key, names, bytes_of(NULL, 0),
                           o->days ? (int)o->days : TLS_SERVER_DAYS_MAX, now, &f->server);
}

/* Nothing is replaced: phones may trust the root that is there. */
static err put(session *s, const tls_options *o, const new_files *f)
{
    const struct {
        const char *name;
        bytes content;
        mode_t mode;
    } files[] = {{"root.key", bytes_of_text(f->root_key), SECRET},
                 {"root.pem", bytes_of_text(f->root), OPEN},
                 {"root.cer", f->root_der, OPEN},
                 {"server.key", bytes_of_text(f->server_key), SECRET},
                 {"server.pem", bytes_of_text(f->server), OPEN}};
    err e = file_make_directory(o->directory, DIRECTORY);
    if (e != ERR_OK)
        return session_file_failed(s, e, o->directory);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = file_of(s, o, files[i].name);
        if (!path)
            return ERR_MEMORY;
        if (file_exists(path))
            return session_file_failed(s, ERR_EXISTS, path);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = file_of(s, o, files[i].name);
        e = path ? file_create(path, files[i].content.p, files[i].content.n, files[i].mode) : ERR_MEMORY;
        if (e != ERR_OK)
            return session_file_failed(s, e, path);
    }
    return ERR_OK;
}

static err make(session *s, const void *options)
{
    const tls_options *o = options;
    tls_names names;
    new_files f = {.root = NULL};
    TRY(check_names(s, o, &names));
    err e = build(s, o, &names, &f);
    e = e == ERR_OK ? put(s, o, &f) : not_made(s, e);
    wipe(f.root_key, sizeof f.root_key);
    wipe(f.server_key, sizeof f.server_key);
    TRY(e);
    return tell(s, o,
                (phrase){"已生成根证书与服务器证书；请把 root.key 移到离线介质保存，续期时再取回",
                         "Root and server's certificate are made; keep root.key offline, and fetch it to renew"},
                f.root, f.server);
}

/* ---- renew ---- */

typedef struct old_files {
    char root_key[TLS_KEY_PEM], server_key[TLS_KEY_PEM];
    bytes root, server;
} old_files;

static err read_key(session *s, const tls_options *o, const char *name, char out[TLS_KEY_PEM])
{
    size_t n = 0;
    const char *path = file_of(s, o, name);
    err e = path ? file_read_secret(out, TLS_KEY_PEM - 1, path, &n) : ERR_MEMORY;
    out[n] = '\0';
    return e == ERR_OK ? e : session_file_failed(s, e, path);
}

static err read_certificate(session *s, const tls_options *o, const char *name, bytes *out)
{
    const char *path = file_of(s, o, name);
    err e = path ? file_read(s->arena, path, FILE_MAX, out) : ERR_MEMORY;
    return e == ERR_OK ? e : session_file_failed(s, e, path);
}

static err read_files(session *s, const tls_options *o, old_files *f)
{
    TRY(read_certificate(s, o, "root.pem", &f->root));
    TRY(read_certificate(s, o, "server.pem", &f->server));
    TRY(read_key(s, o, "root.key", f->root_key));
    return read_key(s, o, "server.key", f->server_key);
}

/* One file changes, at once and whole: the server's key stays, so that key and certificate belong together whenever the server reads them. */
static err replace(session *s, const tls_options *o, const tls_names *names, const old_files *f, char **pem)
{
    const tls_root root = {f->root_key, f->root};
    err e = tls_make_server(s->arena, &root, f->server_key, names, f->server,
                            o->days ? (int)o->days : TLS_SERVER_DAYS_MAX, clock_unix_ms() / 1000, pem);
    if (e != ERR_OK)
        return not_made(s, e);
    const char *path = file_of(s, o, "server.pem");
    e = path ? file_write(path, *pem, strlen(*pem), OPEN) : ERR_MEMORY;
    return e == ERR_OK ? e : session_file_failed(s, e, path);
}

static err renew(session *s, const void *options)
{
    const tls_options *o = options;
    tls_names names;
    old_files f = {.root = {NULL, 0}};
    char *pem = NULL;
    const bool renamed = o->names.n + o->addresses.n > 0;
    if (renamed)
        TRY(check_names(s, o, &names));
    err e = read_files(s, o, &f);
    if (e == ERR_OK)
        e = replace(s, o, renamed ? &names : NULL, &f, &pem);
    wipe(f.root_key, sizeof f.root_key);
    wipe(f.server_key, sizeof f.server_key);
    TRY(e);
    return tell(s, o,
                (phrase){"服务器证书已更新，根证书不变，手机无需再次信任；重启 yiqiand 后生效",
                         "The server's certificate is renewed under the same root, which phones trust already; restart "
                         "yiqiand to use it"},
                (const char *)f.root.p, pem);
}

static const command commands[] = {
    {.name = "make",
     .summary = {"生成院内 TLS 根证书和服务器证书",
                 "make a TLS root of the hospital's own and the server's certificate"},
     .notes = {"根证书只能为这些域名（及其下级）与地址担保。手机信任根证书的方法见 docs/operations/tls.md",
               "The root can vouch for these names (and those below them) and addresses alone. How phones come to "
               "trust it: docs/operations/tls.md"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(make_rows, tls_options),
     .run = make},
    {.name = "renew",
     .summary = {"用保存的根证书更新服务器证书", "renew the server's certificate by the root that was kept"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(renew_rows, tls_options),
     .run = renew}};

const command_group tls_group = {
    .name = "tls",
    .summary = {"院内 TLS 根证书与服务器证书", "a TLS root of the hospital's own, and the server's certificate"},
    COMMAND_GROUP(commands)};
