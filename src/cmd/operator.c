/* `yiqian operator ...`: who may work in the console. */
#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"

enum { OPERATORS_MAX = 200 };

static const answer_column columns[] = {{{"工号", "Staff no."}, "staff_no", ANSWER_TEXT},
                                        {{"姓名", "Name"}, "name", ANSWER_TEXT},
                                        {{"角色", "Role"}, "role_name", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"证书数", "Certificates"}, "certificates", ANSWER_TEXT},
                                        {{"最近操作", "Last seen"}, "seen_at", ANSWER_TIME}};

static const answer_column details[] = {{{"工号", "Staff no."}, "staff_no", ANSWER_TEXT},
                                        {{"姓名", "Name"}, "name", ANSWER_TEXT},
                                        {{"角色", "Role"}, "role_name", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"证书数", "Certificates"}, "certificates", ANSWER_TEXT},
                                        {{"添加时间", "Added"}, "created_at", ANSWER_TIME},
                                        {{"更改时间", "Changed"}, "updated_at", ANSWER_TIME},
                                        {{"最近操作", "Last seen"}, "seen_at", ANSWER_TIME},
                                        {{"标识", "Id"}, "operator", ANSWER_TEXT}};

static err path_of(session *s, const char *staff_no, const char *after, const char **path)
{
    static const phrase none = {"没有该工号的操作员", "there is no operator with this staff number"};
    static const phrase hint = {"yiqian operator list", "yiqian operator list"};
    json_t *answer;
    *path = NULL;
    TRY(remote_get(s, remote_query(s, "/v1/operators", "staff_no", staff_no), &answer));
    const char *id = answer_text(json_array_get(json_object_get(answer, "items"), 0), "operator");
    if (!id)
        return session_fail(s, ERR_REMOTE, none, staff_no, hint);
    *path = remote_path(s, "/v1/operators/", id, after);
    return ERR_OK;
}

typedef struct operator_options {
    const char *staff_no, *name, *role;
} operator_options;

#define STAFF_NO_ROW                                                                                                   \
    {                                                                                                                  \
        .name = "STAFF_NO", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                            \
        .help = {"工号", "the staff number"}, .offset = offsetof(operator_options, staff_no)                           \
    }

#define ROLE_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "role", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED, .value = "ROLE",                                \
        .help = {"角色：administrator 管理员、operator 操作员、auditor 审计员，或自定义角色的标识",                    \
                 "the role: administrator, operator, auditor, or the id of one of the hospital's own"},                \
        .offset = offsetof(operator_options, role)                                                                     \
    }

static const option_row add_rows[] = {STAFF_NO_ROW,
                                      {.name = "name",
                                       .kind = OPTION_TEXT,
                                       .value = "NAME",
                                       .help = {"姓名；尚无此用户时必填", "the name, where there is no such user yet"},
                                       .offset = offsetof(operator_options, name)},
                                      ROLE_ROW};
static const option_row one_rows[] = {STAFF_NO_ROW};
static const option_row role_rows[] = {STAFF_NO_ROW, ROLE_ROW};

static err add(session *s, const void *options)
{
    const operator_options *o = options;
    json_t *answer;
    TRY(remote_post(s, "/v1/operators",
                    json_pack("{s:s, s:s*, s:s}", "staff_no", o->staff_no, "name", o->name, "role", o->role), &answer));
    return answer_done(s, (phrase){"已添加操作员", "The operator is added"}, answer, ANSWER_COLUMNS(details));
}

static err link_make(session *s, const void *options)
{
    static const phrase shown = {"一次性登录链接，只显示这一次，请勿转发给他人",
                                 "A one-time link, shown this once; whoever has it is that operator"};
    static const answer_column fields[] = {{{"链接", "Link"}, "url", ANSWER_TEXT},
                                           {{"有效至", "Valid until"}, "expires_at", ANSWER_TIME}};
    const operator_options *o = options;
    const char *path;
    json_t *answer;
    TRY(path_of(s, o->staff_no, "/links", &path));
    TRY(remote_call(s, &(remote_request){.method = "POST", .path = path}, &answer));
    return answer_done(s, shown, answer, ANSWER_COLUMNS(fields));
}

typedef struct list_options {
    page_options page;
} list_options;

static const option_row list_rows[] = {PAGE_ROWS(list_options, OPERATORS_MAX)};

static err list(session *s, const void *options)
{
    const list_options *o = options;
    json_t *answer;
    TRY(remote_get(s, page_query(s, "/v1/operators", &o->page), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

static err show(session *s, const void *options)
{
    const operator_options *o = options;
    const char *path;
    json_t *answer;
    TRY(path_of(s, o->staff_no, "", &path));
    TRY(remote_get(s, path, &answer));
    return answer_show(s, answer, ANSWER_COLUMNS(details));
}

static err change(session *s, const char *staff_no, json_t *body, phrase done)
{
    const char *path;
    json_t *answer;
    err e = path_of(s, staff_no, "", &path);
    if (e != ERR_OK) {
        json_decref(body);
        return e;
    }
    TRY(remote_call(s, &(remote_request){.method = "PATCH", .path = path, .body = body}, &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(details));
}

static err set_role(session *s, const void *options)
{
    const operator_options *o = options;
    return change(s, o->staff_no, json_pack("{s:s}", "role", o->role),
                  (phrase){"已更改角色，其会话已结束", "The role is changed; his sessions have ended"});
}

static err suspend(session *s, const void *options)
{
    const operator_options *o = options;
    return change(s, o->staff_no, json_pack("{s:s}", "state", "suspended"),
                  (phrase){"已停用，其会话已结束", "Suspended; his sessions have ended"});
}

static err resume(session *s, const void *options)
{
    const operator_options *o = options;
    return change(s, o->staff_no, json_pack("{s:s}", "state", "active"), (phrase){"已恢复", "He may log in again"});
}

static err remove_operator(session *s, const void *options)
{
    const operator_options *o = options;
    const char *path;
    json_t *answer;
    TRY(path_of(s, o->staff_no, "", &path));
    TRY(remote_call(s, &(remote_request){.method = "DELETE", .path = path}, &answer));
    return answer_done(s, (phrase){"已移除操作员", "The operator is removed"}, answer, NULL, 0);
}

static const command commands[] = {
    {.name = "add",
     .summary = {"添加操作员", "make somebody an operator"},
     .notes = {"随后：yiqian operator link STAFF_NO", "Then: yiqian operator link STAFF_NO"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(add_rows, operator_options),
     .run = add},
    {.name = "link",
     .summary = {"生成一次性登录链接（首次登录或恢复）", "make a one-time link, for a first login or to recover"},
     .notes = {"只能在服务器上以其自身用户运行（Unix 套接字）",
               "Only on the server, as its own user (through the Unix socket)"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, operator_options),
     .run = link_make},
    {.name = "list",
     .summary = {"列出操作员", "list the operators"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
    {.name = "remove",
     .summary = {"移除操作员", "remove an operator"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, operator_options),
     .run = remove_operator},
    {.name = "resume",
     .summary = {"恢复停用的操作员", "let a suspended one in again"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, operator_options),
     .run = resume},
    {.name = "role",
     .summary = {"更改操作员的角色", "change an operator's role"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(role_rows, operator_options),
     .run = set_role},
    {.name = "show",
     .summary = {"查看操作员", "show an operator"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, operator_options),
     .run = show},
    {.name = "suspend",
     .summary = {"停用操作员", "suspend an operator"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, operator_options),
     .run = suspend},
};

const command_group operator_group = {
    .name = "operator",
    .summary = {"操作员：谁可以使用管理控制台", "operators: who may work in the console"},
    COMMAND_GROUP(commands)};
