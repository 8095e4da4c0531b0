/* `yiqian role ...`: what operators may do. */
#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"

static const answer_column columns[] = {{{"标识", "Id"}, "role", ANSWER_TEXT},
                                        {{"名称", "Name"}, "name", ANSWER_TEXT},
                                        {{"人数", "Operators"}, "operators", ANSWER_TEXT},
                                        {{"权限", "Permissions"}, "permissions", ANSWER_TEXT}};

typedef struct role_options {
    const char *role, *name;
    option_list permissions;
} role_options;

#define ROLE_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "ROLE", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                                \
        .help = {"角色的标识，见 yiqian role list", "the role's id, from yiqian role list"},                           \
        .offset = offsetof(role_options, role)                                                                         \
    }

#define PERMISSION_ROW                                                                                                 \
    {                                                                                                                  \
        .name = "permission", .kind = OPTION_LIST, .value = "P",                                                       \
        .help = {"权限，可多次给出；全部权限见 yiqian role permissions",                                               \
                 "a permission; may be given several times, see yiqian role permissions"},                             \
        .offset = offsetof(role_options, permissions)                                                                  \
    }

static const option_row add_rows[] = {{.name = "name",
                                       .kind = OPTION_TEXT,
                                       .flags = OPTION_REQUIRED,
                                       .value = "NAME",
                                       .help = {"名称", "its name"},
                                       .offset = offsetof(role_options, name)},
                                      PERMISSION_ROW};
static const option_row set_rows[] = {ROLE_ROW,
                                      {.name = "name",
                                       .kind = OPTION_TEXT,
                                       .value = "NAME",
                                       .help = {"新名称", "its new name"},
                                       .offset = offsetof(role_options, name)},
                                      PERMISSION_ROW};
static const option_row one_rows[] = {ROLE_ROW};

static json_t *body_of(const role_options *o, bool whole)
{
    json_t *body = json_object(), *names = json_array();
    for (size_t i = 0; i < o->permissions.n; i++)
        (void)json_array_append_new(names, json_string(o->permissions.items[i]));
    if (o->name)
        (void)json_object_set_new(body, "name", json_string(o->name));
    if (whole || o->permissions.n > 0)
        (void)json_object_set(body, "permissions", names);
    json_decref(names);
    return body;
}

static err list(session *s, const void *options)
{
    json_t *answer;
    (void)options;
    TRY(remote_get(s, "/v1/roles", &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

static err permissions(session *s, const void *options)
{
    static const answer_column fields[] = {{{"权限", "Permission"}, "permission", ANSWER_TEXT},
                                           {{"中文", "Chinese"}, "zh", ANSWER_TEXT},
                                           {{"英文", "English"}, "en", ANSWER_TEXT},
                                           {{"职责", "Duty"}, "duty", ANSWER_TEXT}};
    json_t *answer;
    (void)options;
    TRY(remote_get(s, "/v1/roles", &answer));
    json_t *page = json_pack("{s:O, s:n}", "items", json_object_get(answer, "permissions"), "next");
    if (!page)
        return ERR_MEMORY;
    err e = answer_list(s, page, ANSWER_COLUMNS(fields));
    json_decref(page);
    return e;
}

static err add(session *s, const void *options)
{
    json_t *answer;
    TRY(remote_post(s, "/v1/roles", body_of(options, true), &answer));
    return answer_done(s, (phrase){"已新建角色", "The role is made"}, answer, ANSWER_COLUMNS(columns));
}

static err set(session *s, const void *options)
{
    const role_options *o = options;
    json_t *answer;
    TRY(remote_call(s,
                    &(remote_request){.method = "PATCH",
                                      .path = remote_path(s, "/v1/roles/", o->role, ""),
                                      .body = body_of(o, false)},
                    &answer));
    return answer_done(s, (phrase){"已更改，立即生效", "Changed, at once"}, answer, ANSWER_COLUMNS(columns));
}

static err remove_role(session *s, const void *options)
{
    const role_options *o = options;
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "DELETE", .path = remote_path(s, "/v1/roles/", o->role, "")},
                    &answer));
    return answer_done(s, (phrase){"已删除角色", "The role is deleted"}, answer, NULL, 0);
}

static const command commands[] = {
    {.name = "add",
     .summary = {"由权限新建角色", "make a role of permissions"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(add_rows, role_options),
     .run = add},
    {.name = "list", .summary = {"列出角色", "list the roles"}, .caller = CALLER_OPERATOR, .run = list},
    {.name = "permissions",
     .summary = {"列出全部权限", "list all permissions"},
     .caller = CALLER_OPERATOR,
     .run = permissions},
    {.name = "remove",
     .summary = {"删除角色", "delete a role"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, role_options),
     .run = remove_role},
    {.name = "set",
     .summary = {"更改角色的名称或权限", "change a role's name or permissions"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(set_rows, role_options),
     .run = set},
};

const command_group role_group = {
    .name = "role", .summary = {"角色：操作员的权限", "roles: what operators may do"}, COMMAND_GROUP(commands)};
