#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"
#include "cmd/system_name.h"

#define ACCESS "/v1/tsa/access"

enum { ROWS_MAX = 1000, PER_MINUTE_MAX = 10000000 };

static const answer_column columns[] = {{{"名单", "List"}, "action", ANSWER_WORD},
                                        {{"网段", "Network"}, "network", ANSWER_TEXT},
                                        {{"业务系统", "System"}, "system_name", ANSWER_TEXT},
                                        {{"每分钟", "A minute"}, "per_minute", ANSWER_TEXT},
                                        {{"备注", "Note"}, "note", ANSWER_TEXT},
                                        {{"添加时间", "Added"}, "created_at", ANSWER_TIME},
                                        {{"标识", "Id"}, "access", ANSWER_TEXT}};

/* ---- list ---- */

typedef struct list_options {
    page_options page;
} list_options;

static const option_row list_rows[] = {PAGE_ROWS(list_options, ROWS_MAX)};

static err list(session *s, const void *options)
{
    const list_options *o = options;
    json_t *answer;
    TRY(remote_get(s, page_query(s, ACCESS, &o->page), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

/* ---- allow and deny ---- */

typedef struct row_options {
    const char *network, *system, *note;
    int64_t per_minute;
    bool unlimited;
} row_options;

#define CLIENT_ROWS                                                                                                    \
    {.name = "NETWORK",                                                                                                \
     .kind = OPTION_TEXT,                                                                                              \
     .flags = OPTION_OPERAND,                                                                                          \
     .help = {"地址或网段：192.0.2.7、10.1.0.0/16、2001:db8::/32",                                                     \
              "an address or a network: 192.0.2.7, 10.1.0.0/16, 2001:db8::/32"},                                       \
     .offset = offsetof(row_options, network)},                                                                        \
        {.name = "system",                                                                                             \
         .kind = OPTION_TEXT,                                                                                          \
         .value = "NAME_OR_ID",                                                                                        \
         .help = {"业务系统的名称或标识，代替网段", "a business system's name or id, instead of a network"},           \
         .offset = offsetof(row_options, system)},                                                                     \
    {                                                                                                                  \
        .name = "note", .kind = OPTION_TEXT, .value = "TEXT", .help = {"备注", "a note"},                              \
        .offset = offsetof(row_options, note)                                                                          \
    }

static const option_row deny_rows[] = {CLIENT_ROWS};

static const option_row allow_rows[] = {CLIENT_ROWS,
                                        {.name = "per-minute",
                                         .kind = OPTION_INT,
                                         .value = "N",
                                         .min = 1,
                                         .max = PER_MINUTE_MAX,
                                         .help = {"每个客户端每分钟的请求数（默认随服务器设置）",
                                                  "requests a minute of each client (the server's own limit)"},
                                         .offset = offsetof(row_options, per_minute)},
                                        {.name = "unlimited",
                                         .kind = OPTION_FLAG,
                                         .help = {"不限请求数", "no limit of requests"},
                                         .offset = offsetof(row_options, unlimited)}};

static err add(session *s, const row_options *o, const char *action, phrase done)
{
    static const phrase which = {"网段与 --system 须给且只给一个", "give either a network or --system"};
    static const phrase one = {"--per-minute 与 --unlimited 只能给一个", "give either --per-minute or --unlimited"};
    const char *id = NULL;
    json_t *answer;
    if (!o->network == !o->system)
        return session_usage(s, which, NULL);
    if (o->unlimited && o->per_minute)
        return session_usage(s, one, NULL);
    if (o->system)
        TRY(system_name_find(s, o->system, &id));
    json_t *body =
        json_pack("{s:s, s:s*, s:s*, s:s*}", "action", action, "network", o->network, "system", id, "note", o->note);
    if (o->unlimited || o->per_minute)
        (void)json_object_set_new(body, "per_minute", json_integer(o->per_minute));
    TRY(remote_post(s, ACCESS, body, &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static err allow(session *s, const void *options)
{
    return add(s, options, "allow",
               (phrase){"已加入白名单，立即生效；不在任何白名单中的客户端从此被拒绝",
                        "Allowed, at once; whoever no row allows is refused from now on"});
}

static err deny(session *s, const void *options)
{
    return add(s, options, "deny", (phrase){"已加入黑名单，立即生效", "Denied, at once"});
}

/* ---- remove and check ---- */

typedef struct remove_options {
    const char *id;
} remove_options;

static const option_row remove_rows[] = {
    {.name = "ID",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"标识，见 yiqian tsa access list", "the row's id, from yiqian tsa access list"},
     .offset = offsetof(remove_options, id)}};

static err row_remove(session *s, const void *options)
{
    const remove_options *o = options;
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "DELETE", .path = remote_path(s, ACCESS "/", o->id, "")}, &answer));
    return answer_done(s, (phrase){"已删除，立即生效", "Removed, at once"}, answer, NULL, 0);
}

typedef struct check_options {
    const char *address, *system;
} check_options;

static const option_row check_rows[] = {
    {.name = "ADDRESS",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"IPv4 或 IPv6 地址", "an IPv4 or IPv6 address"},
     .offset = offsetof(check_options, address)},
    {.name = "system",
     .kind = OPTION_TEXT,
     .value = "NAME_OR_ID",
     .help = {"以该业务系统的凭据请求", "as this business system, with its credentials"},
     .offset = offsetof(check_options, system)}};

static const answer_column verdict_columns[] = {{{"放行", "Admitted"}, "admitted", ANSWER_TEXT},
                                                {{"每分钟", "A minute"}, "per_minute", ANSWER_TEXT},
                                                {{"依据", "By"}, "reason", ANSWER_WORD},
                                                {{"网段", "Network"}, "row.network", ANSWER_TEXT},
                                                {{"业务系统", "System"}, "row.system_name", ANSWER_TEXT},
                                                {{"备注", "Note"}, "row.note", ANSWER_TEXT},
                                                {{"标识", "Id"}, "row.access", ANSWER_TEXT}};

static err check(session *s, const void *options)
{
    const check_options *o = options;
    const char *id = NULL;
    json_t *answer;
    if (o->system)
        TRY(system_name_find(s, o->system, &id));
    TRY(remote_get(s, remote_query(s, remote_query(s, ACCESS "/check", "address", o->address), "system", id), &answer));
    return answer_show(s, answer, ANSWER_COLUMNS(verdict_columns));
}

static const command commands[] = {
    {.name = "allow",
     .summary = {"加入白名单，并可设定限额", "allow a network or a business system, with a limit if need be"},
     .notes =
         {"黑名单优先。没有任何白名单时，未被拒绝者均可使用；有了第一条白名单，其余即被拒绝。",
          "What is denied stays so. While nothing is allowed by a row, whoever is not denied is admitted; with the\n"
          "first row that allows, all others are refused."},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(allow_rows, row_options),
     .run = allow},
    {.name = "check",
     .summary = {"某地址将被如何处理，依据哪一行", "what would happen to an address, and by which row"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(check_rows, check_options),
     .run = check},
    {.name = "deny",
     .summary = {"加入黑名单", "deny a network or a business system"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(deny_rows, row_options),
     .run = deny},
    {.name = "list",
     .summary = {"列出名单", "list the rows"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
    {.name = "remove",
     .summary = {"从名单中删除", "remove a row"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(remove_rows, remove_options),
     .run = row_remove},
};

const command_group tsa_access_group = {
    .name = "tsa access",
    .summary = {"时间戳访问名单（黑白名单与限额）", "who may ask for timestamps: allowed, denied, limits"},
    COMMAND_GROUP(commands)};
