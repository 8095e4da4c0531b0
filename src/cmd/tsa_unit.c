#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"

#define UNITS "/v1/tsa/units"

static const answer_column columns[] = {{{"单元", "Unit"}, "unit", ANSWER_TEXT},
                                        {{"算法", "Algorithm"}, "algorithm", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"误差上限（微秒）", "Limit (us)"}, "limit_us", ANSWER_TEXT},
                                        {{"位数", "Digits"}, "time_digits", ANSWER_TEXT},
                                        {{"严格递增", "Ordering"}, "ordering", ANSWER_TEXT},
                                        {{"证书有效期至", "Certificate until"}, "not_after", ANSWER_TIME},
                                        {{"标识", "Id"}, "unit_id", ANSWER_TEXT}};

/* ---- add and list ---- */

typedef struct add_options {
    const char *name, *algorithm, *limit, *digits;
    bool ordering;
} add_options;

static const option_row add_rows[] = {
    {.name = "NAME",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"名称：小写字母、数字与连字符，用于地址 /tsa/NAME",
              "its name: small letters, digits, hyphens; for /tsa/NAME"},
     .offset = offsetof(add_options, name)},
    {.name = "algorithm",
     .kind = OPTION_CHOICE,
     .flags = OPTION_REQUIRED,
     .choices = "sm2|p256|rsa",
     .help = {"密钥算法；p256、rsa 供不识 SM2 的客户端", "its key; p256 and rsa are for clients that know no SM2"},
     .offset = offsetof(add_options, algorithm)},
    {.name = "limit",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = {"时钟误差超过此值即停止签发，如 2ms、500us、1s（默认 1s）",
              "issuing stops when the clock may be off by more: 2ms, 500us, 1s (1s)"},
     .offset = offsetof(add_options, limit)},
    {.name = "digits",
     .kind = OPTION_CHOICE,
     .choices = "0|1|2|3|4|5|6",
     .help = {"令牌中秒的小数位数（默认 3）", "digits of a second in tokens (3)"},
     .offset = offsetof(add_options, digits)},
    {.name = "ordering",
     .kind = OPTION_FLAG,
     .help = {"时间严格递增，并在令牌中声明；该单元只可由一台服务器服务",
              "times rise and tokens say so; one server alone may serve the unit"},
     .offset = offsetof(add_options, ordering)}};

/* "2ms" in microseconds; 0: it is none. */
static int64_t microseconds(const char *text)
{
    static const struct {
        const char *unit;
        int64_t us;
    } units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}};
    int64_t value = 0;
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 10)
        return 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (text[i] - '0');
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text + n, units[i].unit) == 0)
            return value * units[i].us;
    return 0;
}

static err add(session *s, const void *options)
{
    static const phrase bad_limit = {"--limit 须为时间，如 2ms、500us、1s",
                                     "--limit is a time such as 2ms, 500us or 1s"};
    const add_options *o = options;
    json_t *answer,
        *body = json_pack("{s:s, s:s, s:b}", "unit", o->name, "algorithm", o->algorithm, "ordering", o->ordering);
    int64_t limit_us = o->limit ? microseconds(o->limit) : 0;
    if (o->limit && limit_us == 0) {
        json_decref(body);
        return session_usage(s, bad_limit, o->limit);
    }
    if (limit_us > 0)
        (void)json_object_set_new(body, "limit_us", json_integer(limit_us));
    if (o->digits)
        (void)json_object_set_new(body, "time_digits", json_integer(*o->digits - '0'));
    TRY(remote_post(s, UNITS, body, &answer));
    return answer_done(s, (phrase){"已添加时间戳单元", "The timestamp unit is added"}, answer, ANSWER_COLUMNS(columns));
}

static err list(session *s, const void *options)
{
    json_t *answer;
    (void)options;
    TRY(remote_get(s, UNITS, &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

/* ---- states ---- */

typedef struct state_options {
    const char *name, *reason;
    bool yes;
} state_options;

#define NAME_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "NAME", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                                \
        .help = {"时间戳单元的名称", "the timestamp unit's name"}, .offset = offsetof(state_options, name)             \
    }

static const option_row state_rows[] = {NAME_ROW};
static const option_row retire_rows[] = {
    NAME_ROW,
    {.name = "reason",
     .kind = OPTION_CHOICE,
     .choices = "cessationOfOperation|superseded|affiliationChanged|keyCompromise",
     .help = {"证书吊销的原因（默认 cessationOfOperation）；keyCompromise 使此前的时间戳也失效",
              "why its certificate is revoked (cessationOfOperation); after keyCompromise what it issued before does "
              "not stand either"},
     .offset = offsetof(state_options, reason)},
    {.name = "yes",
     .kind = OPTION_FLAG,
     .help = {"确认：私钥将被销毁，不可恢复", "sure: its key is destroyed for good"},
     .offset = offsetof(state_options, yes)}};

static err change(session *s, const char *name, const char *act, json_t *body, phrase done)
{
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "POST", .path = remote_path(s, UNITS "/", name, act), .body = body},
                    &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static err start(session *s, const void *options)
{
    return change(s, ((const state_options *)options)->name, "/start", NULL, (phrase){"已恢复签发", "It issues again"});
}

static err stop(session *s, const void *options)
{
    return change(s, ((const state_options *)options)->name, "/stop", NULL,
                  (phrase){"已停止签发", "It issues nothing more"});
}

static err retire(session *s, const void *options)
{
    static const phrase sure = {"退役不可恢复，私钥将被销毁：确认请加 --yes",
                                "this cannot be undone and destroys the unit's key: add --yes if you are sure"};
    const state_options *o = options;
    if (!o->yes)
        return session_usage(s, sure, NULL);
    return change(s, o->name, "/retire", o->reason ? json_pack("{s:s}", "reason", o->reason) : NULL,
                  (phrase){"已退役，私钥已销毁，证书已吊销", "Retired; its key is destroyed, its certificate revoked"});
}

static const command commands[] = {
    {.name = "add",
     .summary = {"添加时间戳单元", "add a timestamp unit"},
     .notes = {"其证书与证书链在 /pki/tsa/NAME.pem。", "Its certificate and those above it are at /pki/tsa/NAME.pem."},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(add_rows, add_options),
     .run = add},
    {.name = "list", .summary = {"列出时间戳单元", "list the timestamp units"}, .caller = CALLER_OPERATOR, .run = list},
    {.name = "retire",
     .summary = {"退役：不再签发，名称可再用", "retire one for good; its name may be used again"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(retire_rows, state_options),
     .run = retire},
    {.name = "start",
     .summary = {"恢复签发", "have one issue again"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(state_rows, state_options),
     .run = start},
    {.name = "stop",
     .summary = {"停止签发", "have one issue nothing"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(state_rows, state_options),
     .run = stop},
};

const command_group tsa_unit_group = {
    .name = "tsa unit",
    .summary = {"时间戳单元：密钥、证书与签发方式", "timestamp units: key, certificate, how they issue"},
    COMMAND_GROUP(commands)};
