/* `yiqian tsa`: the timestamp server as its operator sees it. Units and access lists have files of their own. */
#include <string.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"

#define TOKENS "/v1/tsa/tokens"

enum { ROWS_MAX = 1000 };

/* ---- log and show ---- */

static const answer_column columns[] = {
    {{"时间", "Time"}, "time", ANSWER_TIME},      {{"序列号", "Serial"}, "serial", ANSWER_TEXT},
    {{"单元", "Unit"}, "unit", ANSWER_TEXT},      {{"算法", "Hash"}, "hash", ANSWER_TEXT},
    {{"摘要", "Imprint"}, "imprint", ANSWER_HEX}, {{"客户端", "Client"}, "client", ANSWER_TEXT},
    {{"来源", "Origin"}, "origin", ANSWER_TEXT}};

static const answer_column details[] = {{{"序列号", "Serial"}, "serial", ANSWER_TEXT},
                                        {{"单元", "Unit"}, "unit", ANSWER_TEXT},
                                        {{"时间（UTC）", "Time (UTC)"}, "time", ANSWER_TEXT},
                                        {{"误差上限（微秒）", "Accuracy (us)"}, "accuracy_us", ANSWER_TEXT},
                                        {{"策略", "Policy"}, "policy", ANSWER_TEXT},
                                        {{"演示模式", "Demonstration"}, "demonstration", ANSWER_TEXT},
                                        {{"格式", "Profile"}, "profile", ANSWER_TEXT},
                                        {{"算法", "Hash"}, "hash", ANSWER_TEXT},
                                        {{"摘要", "Imprint"}, "imprint", ANSWER_HEX},
                                        {{"随机数", "Nonce"}, "nonce", ANSWER_HEX},
                                        {{"客户端", "Client"}, "client", ANSWER_TEXT},
                                        {{"来源", "Origin"}, "origin", ANSWER_TEXT}};

typedef struct log_options {
    page_options page;
    const char *from, *to, *client, *serial, *imprint, *unit;
} log_options;

#define TIME_ROWS(type)                                                                                                \
    {.name = "from",                                                                                                   \
     .kind = OPTION_TEXT,                                                                                              \
     .value = "TIME",                                                                                                  \
     .help = {"从此刻起，如 2026-03-01T08:00:00+08:00", "from this moment on: 2026-03-01T08:00:00+08:00"},             \
     .offset = offsetof(type, from)},                                                                                  \
    {                                                                                                                  \
        .name = "to", .kind = OPTION_TEXT, .value = "TIME", .help = {"到此刻为止", "until this moment"},               \
        .offset = offsetof(type, to)                                                                                   \
    }

static const option_row log_rows[] = {
    TIME_ROWS(log_options),
    {.name = "client",
     .kind = OPTION_TEXT,
     .value = "CLIENT",
     .help = {"客户端：anonymous、system:标识、server", "of this client: anonymous, system:ID, server"},
     .offset = offsetof(log_options, client)},
    {.name = "unit",
     .kind = OPTION_TEXT,
     .value = "NAME_OR_ID",
     .help = {"时间戳单元", "of this timestamp unit"},
     .offset = offsetof(log_options, unit)},
    {.name = "imprint",
     .kind = OPTION_TEXT,
     .value = "HEX",
     .help = {"文档的摘要值", "of a document with this digest"},
     .offset = offsetof(log_options, imprint)},
    {.name = "serial",
     .kind = OPTION_TEXT,
     .value = "HEX",
     .help = {"序列号", "with this serial number"},
     .offset = offsetof(log_options, serial)},
    PAGE_ROWS(log_options, ROWS_MAX)};

static err list(session *s, const void *options)
{
    const log_options *o = options;
    json_t *answer;
    const char *path = page_query(s, TOKENS, &o->page);
    path = remote_query(s, remote_query(s, path, "from", o->from), "to", o->to);
    path = remote_query(s, remote_query(s, path, "client", o->client), "unit", o->unit);
    path = remote_query(s, remote_query(s, path, "imprint", o->imprint), "serial", o->serial);
    TRY(remote_get(s, path, &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

typedef struct show_options {
    const char *serial, *output;
} show_options;

static const option_row show_rows[] = {{.name = "SERIAL",
                                        .kind = OPTION_TEXT,
                                        .flags = OPTION_REQUIRED | OPTION_OPERAND,
                                        .help = {"时间戳的序列号（十六进制）", "the timestamp's serial number (hex)"},
                                        .offset = offsetof(show_options, serial)},
                                       {.name = "output",
                                        .kind = OPTION_PATH,
                                        .value = "FILE",
                                        .help = {"将令牌（DER，与签发时逐字节相同）写入文件",
                                                 "write the token to a file (DER, byte for byte as it was issued)"},
                                        .offset = offsetof(show_options, output)}};

static err show(session *s, const void *options)
{
    static const phrase written = {"令牌已写入", "The token is written"};
    const show_options *o = options;
    json_t *answer;
    bytes token;
    TRY(remote_get(s, remote_path(s, TOKENS "/", o->serial, ""), &answer));
    if (!o->output)
        return answer_show(s, answer, ANSWER_COLUMNS(details));
    const char *base64 = answer_text(answer, "token");
    if (!base64)
        return ERR_JSON;
    TRY(base64_decode(s->arena, base64, strlen(base64), &token));
    TRY(answer_write(s, o->output, token.p, token.n));
    return answer_done(s, written, answer, ANSWER_COLUMNS(details));
}

/* ---- statistics ---- */

typedef struct statistics_options {
    const char *from, *to;
} statistics_options;

static const option_row statistics_rows[] = {TIME_ROWS(statistics_options)};

static const answer_column token_columns[] = {{{"小时", "Hour"}, "hour", ANSWER_TIME},
                                              {{"单元", "Unit"}, "unit", ANSWER_TEXT},
                                              {{"客户端", "Client"}, "client", ANSWER_TEXT},
                                              {{"签发", "Issued"}, "tokens", ANSWER_TEXT}};
static const answer_column refusal_columns[] = {{{"小时", "Hour"}, "hour", ANSWER_TIME},
                                                {{"客户端", "Client"}, "client", ANSWER_TEXT},
                                                {{"原因", "Reason"}, "reason", ANSWER_TEXT},
                                                {{"拒绝", "Refused"}, "refusals", ANSWER_TEXT}};

static err list_part(session *s, const json_t *answer, const char *part, phrase title, const answer_column *of,
                     size_t n)
{
    json_t *page = json_pack("{s:O}", "items", json_object_get(answer, part));
    if (!page || json_array_append_new(s->answers, page) != 0)
        return ERR_MEMORY;
    printf("%s\n", say(title));
    return answer_list(s, page, of, n);
}

static err statistics(session *s, const void *options)
{
    const statistics_options *o = options;
    json_t *answer;
    TRY(remote_get(s, remote_query(s, remote_query(s, "/v1/tsa/statistics", "from", o->from), "to", o->to), &answer));
    if (s->common.json)
        return answer_dump(answer);
    TRY(list_part(s, answer, "tokens", (phrase){"签发的时间戳", "Timestamps issued"}, ANSWER_COLUMNS(token_columns)));
    return list_part(s, answer, "refusals", (phrase){"\n被拒绝的请求", "\nRequests refused"},
                     ANSWER_COLUMNS(refusal_columns));
}

static const command commands[] = {
    {.name = "log",
     .summary = {"查询签发日志，最新的在前", "search what was issued, the newest first"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(log_rows, log_options),
     .run = list},
    {.name = "show",
     .summary = {"查看一个时间戳，或由日志取回令牌", "show one timestamp, or get its token back from the log"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(show_rows, show_options),
     .run = show},
    {.name = "statistics",
     .summary = {"按小时统计签发与拒绝（默认最近 24 小时）", "issued and refused by hour (the last 24 hours)"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(statistics_rows, statistics_options),
     .run = statistics},
};

static const command_group *const groups[] = {&tsa_access_group, &tsa_root_group, &tsa_unit_group};

const command_group tsa_group = {.name = "tsa",
                                 .summary = {"时间戳服务", "the timestamp server"},
                                 COMMAND_GROUP(commands),
                                 .groups = groups,
                                 .groups_n = sizeof groups / sizeof *groups};
