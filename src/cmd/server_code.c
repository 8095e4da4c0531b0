/* `yiqian server-code`: the code by which a phone learns the server's address (docs/spec/qr.md, kind C). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/qr_terminal.h"
#include "cmd/remote.h"
#include "yiqian/device.h"

typedef struct code_options {
    const char *url;
    bool web, text;
} code_options;

static const option_row rows[] = {
    {.name = "url",
     .kind = OPTION_TEXT,
     .value = "URL",
     .help = {"手机所用的网址（默认为服务器的 public_url）",
              "the address that phones use (by default the server's public_url)"},
     .offset = offsetof(code_options, url)},
    {.name = "web",
     .kind = OPTION_FLAG,
     .help =
         {"改画移动端页面的网址（…/app/），供手机自带的相机扫描后在浏览器打开",
          "the address of the app's page instead (…/app/), for the phone's own camera, which opens it in the browser"},
     .offset = offsetof(code_options, web)},
    {.name = "text",
     .kind = OPTION_FLAG,
     .help = {"不画二维码，只输出码文", "no QR code, but its text"},
     .offset = offsetof(code_options, text)}};

static err find_url(session *s, const code_options *o, const char **url)
{
    json_t *server;
    *url = o->url;
    if (*url)
        return ERR_OK;
    TRY(remote_get(s, "/v1/server", &server));
    *url = answer_text(server, "public_url");
    return *url ? ERR_OK : ERR_JSON;
}

/* What the SDK reads it as: a phone takes no other address. */
static err make(session *s, const char *url, bool web, const char **text)
{
    static const phrase unusable = {
        "手机不接受这个地址：须为 https:// 开头（本机除外），不含用户名与查询",
        "phones take no such address: it begins with https:// (but on this machine), without user and query"};
    const char *plain = base64url_text(s->arena, url, strlen(url));
    const char *code = plain ? arena_printf(s->arena, "YIQIAN:1:C:%s", plain) : NULL;
    yq_qr qr;
    if (!code)
        return ERR_MEMORY;
    if (yq_qr_read(code, &qr) != YQ_OK)
        return session_usage(s, unusable, url);
    *text = web ? arena_printf(s->arena, "%s/app/", qr.url) : code;
    return *text ? ERR_OK : ERR_MEMORY;
}

static err show(session *s, const void *options)
{
    const code_options *o = options;
    const char *url, *text;
    qr_code code;
    TRY(find_url(s, o, &url));
    TRY(make(s, url, o->web, &text));
    if (s->common.json) {
        json_t *answer = json_pack("{s:s, s:s}", "url", url, "code", text);
        err e = answer ? answer_dump(answer) : ERR_MEMORY;
        json_decref(answer);
        return e;
    }
    if (o->text)
        return printf("%s\n", text) < 0 ? ERR_IO : ERR_OK;
    TRY(qr_code_make(s->arena, text, &code));
    (void)qr_terminal_print(stdout, &code, isatty(STDOUT_FILENO) == 1);
    return printf("%s\n", o->web ? text : url) < 0 ? ERR_IO : ERR_OK;
}

static const command commands[] = {
    {.summary = {"服务器地址的二维码，供手机 App 扫描以配置服务端",
                 "a QR code of the server's address, which the phone's app scans"},
     .notes = {"码中只有地址，没有秘密，也未经验证：App 显示地址并请本人确认",
               "It holds the address, no secret, and is not authenticated: the app shows the address and asks"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(rows, code_options),
     .run = show}};

const command_group server_code_group = {.name = "server-code",
                                         .summary = {"服务器地址的二维码", "the QR code of the server's address"},
                                         COMMAND_GROUP(commands)};
