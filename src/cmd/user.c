#include "cmd/user.h"

#include <stdio.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"
#include "cmd/scan_code.h"

enum { USERS_MAX = 500, CODE_TTL_MIN = 60, CODE_TTL_MAX = 30 * 86400, SCAN_TTL_MIN = 30, SCAN_TTL_MAX = 900 };

static const answer_column columns[] = {{{"工号", "Staff no."}, "staff_no", ANSWER_TEXT},
                                        {{"姓名", "Name"}, "name", ANSWER_TEXT},
                                        {{"科室", "Departments"}, "departments", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"添加时间", "Added"}, "created_at", ANSWER_TIME}};

static const answer_column details[] = {
    {{"工号", "Staff no."}, "staff_no", ANSWER_TEXT},          {{"姓名", "Name"}, "name", ANSWER_TEXT},
    {{"科室", "Departments"}, "departments", ANSWER_TEXT},     {{"状态", "State"}, "state", ANSWER_WORD},
    {{"证书数", "Certificates"}, "certificates", ANSWER_TEXT}, {{"添加时间", "Added"}, "created_at", ANSWER_TIME},
    {{"更新时间", "Changed"}, "updated_at", ANSWER_TIME},      {{"标识", "Id"}, "user", ANSWER_TEXT}};

err user_find(session *s, const char *staff_no, json_t **user)
{
    static const phrase none = {"没有该工号的用户", "there is no user with this staff number"};
    static const phrase hint = {"yiqian user list --query 可按姓名或工号查找",
                                "yiqian user list --query finds by name or number"};
    json_t *answer;
    TRY(remote_get(s, remote_query(s, "/v1/users", "staff_no", staff_no), &answer));
    *user = json_array_get(json_object_get(answer, "items"), 0);
    return answer_text(*user, "user") ? ERR_OK : session_fail(s, ERR_REMOTE, none, staff_no, hint);
}

err user_path(session *s, const char *staff_no, const char *after, const char **path)
{
    json_t *user;
    TRY(user_find(s, staff_no, &user));
    *path = remote_path(s, "/v1/users/", answer_text(user, "user"), after);
    return ERR_OK;
}

/* ---- add ---- */

typedef struct add_options {
    const char *staff_no, *name;
    option_list departments;
} add_options;

static const option_row add_rows[] = {
    {.name = "staff-no",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "N",
     .help = {"工号：全院唯一的用户标识，写入证书", "the hospital's unique identifier; goes into the certificate"},
     .offset = offsetof(add_options, staff_no)},
    {.name = "name",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "NAME",
     .help = {"姓名", "the person's name"},
     .offset = offsetof(add_options, name)},
    {.name = "department",
     .kind = OPTION_LIST,
     .value = "D",
     .help = {"科室；可多次给出，第一个为签名任务的默认科室",
              "department; may be given several times, the first is the one that tasks carry by default"},
     .offset = offsetof(add_options, departments)}};

static err add(session *s, const void *options)
{
    const add_options *o = options;
    json_t *answer, *departments = json_array();
    for (size_t i = 0; i < o->departments.n; i++)
        (void)json_array_append_new(departments, json_string(o->departments.items[i]));
    json_t *body = json_pack("{s:s, s:s, s:o}", "staff_no", o->staff_no, "name", o->name, "departments", departments);
    TRY(remote_post(s, "/v1/users", body, &answer));
    return answer_done(s, (phrase){"已添加用户", "The user is added"}, answer, ANSWER_COLUMNS(details));
}

/* ---- list ---- */

typedef struct list_options {
    const char *query;
    page_options page;
} list_options;

static const option_row list_rows[] = {{.name = "query",
                                        .kind = OPTION_TEXT,
                                        .value = "Q",
                                        .help = {"姓名或工号的一部分", "a part of name or staff number"},
                                        .offset = offsetof(list_options, query)},
                                       PAGE_ROWS(list_options, USERS_MAX)};

static err list(session *s, const void *options)
{
    const list_options *o = options;
    json_t *answer;
    TRY(remote_get(s, remote_query(s, page_query(s, "/v1/users", &o->page), "q", o->query), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

/* ---- one user ---- */

typedef struct one_options {
    const char *staff_no;
    int64_t expires_in;
} one_options;

#define STAFF_NO_ROW                                                                                                   \
    {                                                                                                                  \
        .name = "STAFF_NO", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                            \
        .help = {"工号", "the staff number"}, .offset = offsetof(one_options, staff_no)                                \
    }

static const option_row one_rows[] = {STAFF_NO_ROW};

static const option_row activate_rows[] = {
    STAFF_NO_ROW,
    {.name = "expires-in",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = CODE_TTL_MIN,
     .max = CODE_TTL_MAX,
     .help = {"激活码的有效期，如 30m、24h（默认 24h）", "how long the code is good for: 30m, 24h (24h)"},
     .offset = offsetof(one_options, expires_in)}};

static err show(session *s, const void *options)
{
    const one_options *o = options;
    json_t *user;
    TRY(user_find(s, o->staff_no, &user));
    return answer_show(s, user, ANSWER_COLUMNS(details));
}

/* Said to the operator before the code is handed over. */
static err tell_superseded(session *s, const json_t *answer)
{
    static const phrase warning = {
        "该用户只允许一张有效证书：登记完成时，以下设备的证书与密钥将被取代，不能再签名",
        "This user may have one valid certificate: when the enrolment is done, those of these devices "
        "are superseded and sign no more"};
    static const answer_column device[] = {{{"设备", "Device"}, "device_name", ANSWER_TEXT},
                                           {{"平台", "Platform"}, "platform", ANSWER_TEXT},
                                           {{"证书序列号", "Certificate"}, "serial", ANSWER_TEXT},
                                           {{"有效至", "Valid until"}, "not_after", ANSWER_TIME}};
    json_t *list = json_object_get(answer, "supersedes");
    if (s->common.json || json_array_size(list) == 0)
        return ERR_OK;
    printf("\n%s\n", say(warning));
    json_t *page = json_pack("{s:O, s:n}", "items", list, "next");
    err e = page ? answer_list(s, page, ANSWER_COLUMNS(device)) : ERR_MEMORY;
    json_decref(page);
    return e;
}

static err activate(session *s, const void *options)
{
    static const answer_column code[] = {{{"激活码", "Activation code"}, "activation_code", ANSWER_TEXT},
                                         {{"有效至", "Valid until"}, "expires_at", ANSWER_TIME}};
    static const phrase done = {"激活码只显示这一次，请当面或经可信渠道交给本人",
                                "The code is shown this once; hand it to the person by a trusted way"};
    const one_options *o = options;
    const char *path;
    json_t *answer;
    TRY(user_path(s, o->staff_no, "/activation-codes", &path));
    json_t *body = o->expires_in ? json_pack("{s:I}", "expires_in", (json_int_t)o->expires_in) : json_object();
    TRY(remote_post(s, path, body, &answer));
    TRY(answer_done(s, done, answer, ANSWER_COLUMNS(code)));
    return tell_superseded(s, answer);
}

static err change(session *s, const char *staff_no, const char *field, const char *value, phrase done)
{
    const char *path;
    json_t *answer, *body;
    TRY(user_path(s, staff_no, "", &path));
    body = json_pack("{s:s}", field, value);
    if (!body)
        return ERR_MEMORY;
    TRY(remote_call(s, &(remote_request){.method = "PATCH", .path = path, .body = body}, &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(details));
}

static err suspend(session *s, const void *options)
{
    const one_options *o = options;
    return change(s, o->staff_no, "state", "suspended",
                  (phrase){"已停用：不能登记设备，也不能签名", "Suspended: can neither enrol nor sign"});
}

static err resume(session *s, const void *options)
{
    const one_options *o = options;
    return change(s, o->staff_no, "state", "active", (phrase){"已恢复", "Resumed"});
}

typedef struct set_options {
    const char *staff_no, *certificates;
} set_options;

static const option_row set_rows[] = {
    {.name = "STAFF_NO",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"工号", "the staff number"},
     .offset = offsetof(set_options, staff_no)},
    {.name = "certificates",
     .kind = OPTION_CHOICE,
     .flags = OPTION_REQUIRED,
     .choices = "policy|single|many",
     .help = {"证书数：single 只有一张有效证书；many 每台设备一张；policy 随全院策略",
              "single: one valid certificate; many: one on each device; policy: as the hospital's policy says"},
     .offset = offsetof(set_options, certificates)}};

static err set(session *s, const void *options)
{
    static const phrase done = {
        "已更改。不会因此吊销证书：多出的证书在下一次签发或更新证书时被取代",
        "Changed. Nothing is revoked by it: surplus certificates are superseded when the next one is "
        "issued or renewed"};
    const set_options *o = options;
    return change(s, o->staff_no, "certificates", o->certificates, done);
}

static const option_row lost_rows[] = {
    {.name = "STAFF_NO",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"工号", "the staff number"},
     .offset = offsetof(user_lost_options, staff_no)},
    {.name = "key",
     .kind = OPTION_TEXT,
     .value = "KEY_ID",
     .help = {"只是这个密钥所在的手机（见 yiqian user keys）", "the phone of this key only (see yiqian user keys)"},
     .offset = offsetof(user_lost_options, key_id)},
    {.name = "all",
     .kind = OPTION_FLAG,
     .help = {"该用户的全部手机", "all of the user's phones"},
     .offset = offsetof(user_lost_options, all)},
    {.name = "yes",
     .kind = OPTION_FLAG,
     .help = {"不询问；须同时给出 --key 或 --all", "do not ask; needs --key or --all"},
     .offset = offsetof(user_lost_options, yes)}};

static err keys(session *s, const void *options)
{
    static const answer_column key[] = {{{"密钥标识", "Key"}, "key_id", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"剩余 PIN 次数", "PIN tries left"}, "tries_left", ANSWER_TEXT},
                                        {{"设备", "Device"}, "device_name", ANSWER_TEXT},
                                        {{"平台", "Platform"}, "platform", ANSWER_TEXT},
                                        {{"证书序列号", "Certificate"}, "certificate.serial", ANSWER_TEXT},
                                        {{"证书状态", "Its state"}, "certificate.state", ANSWER_WORD},
                                        {{"有效至", "Valid until"}, "certificate.not_after", ANSWER_TIME}};
    const one_options *o = options;
    const char *path;
    json_t *answer;
    TRY(user_path(s, o->staff_no, "/keys", &path));
    TRY(remote_get(s, path, &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(key));
}

/* ---- enrolment by scan ---- */

typedef struct scan_options {
    const char *staff_no;
    int64_t expires_in;
    bool text;
} scan_options;

static const option_row scan_rows[] = {
    {.name = "STAFF_NO",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"工号", "the staff number"},
     .offset = offsetof(scan_options, staff_no)},
    {.name = "expires-in",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = SCAN_TTL_MIN,
     .max = SCAN_TTL_MAX,
     .help = {"多久之内可以扫码，30 秒到 15 分钟（默认 5m）", "how long it can be scanned, 30 s to 15 min (5m)"},
     .offset = offsetof(scan_options, expires_in)},
    SCAN_CODE_TEXT_ROW(scan_options)};

static err scan_code(session *s, const void *options)
{
    const scan_options *o = options;
    const char *path;
    json_t *answer;
    TRY(user_path(s, o->staff_no, "/enrolment-scans", &path));
    json_t *body = o->expires_in ? json_pack("{s:I}", "expires_in", (json_int_t)o->expires_in) : json_object();
    TRY(remote_post(s, path, body, &answer));
    return scan_code_show(s, remote_path(s, "/v1/enrolment-scans/", answer_text(answer, "scan"), "/code"), o->text);
}

static const command commands[] = {
    {.name = "activate",
     .summary = {"发放激活码：用户用它在手机上登记", "give out an activation code to enrol a phone with"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(activate_rows, one_options),
     .run = activate},
    {.name = "add",
     .summary = {"添加用户（签名人）", "add a user, who will sign"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(add_rows, add_options),
     .run = add},
    {.name = "keys",
     .summary = {"用户的设备与密钥", "the user's devices and keys"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, one_options),
     .run = keys},
    {.name = "list",
     .summary = {"列出用户", "list users"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
    {.name = "lost",
     .summary = {"手机丢失：销毁密钥，吊销证书", "phone lost: destroy the keys, revoke the certificates"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(lost_rows, user_lost_options),
     .run = user_lost},
    {.name = "resume",
     .summary = {"恢复用户", "resume a suspended user"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, one_options),
     .run = resume},
    {.name = "scan-code",
     .summary = {"扫码登记：显示每秒变化的二维码，由本人当面用新手机扫",
                 "enrol by scanning: a QR code that changes each second, for the person's new phone"},
     .notes = {"只给当面的本人扫：扫到的手机得到激活码，一次有效",
               "Only for the person in front of you: the phone that scans it gets the activation code, once"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(scan_rows, scan_options),
     .run = scan_code},
    {.name = "set",
     .summary = {"更改用户的证书数", "change how many certificates a user may have"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(set_rows, set_options),
     .run = set},
    {.name = "show",
     .summary = {"查看用户", "show a user"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, one_options),
     .run = show},
    {.name = "suspend",
     .summary = {"停用用户", "suspend a user"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, one_options),
     .run = suspend},
};

const command_group user_group = {
    .name = "user", .summary = {"用户：添加、激活、停用", "users: add, activate, suspend"}, COMMAND_GROUP(commands)};
