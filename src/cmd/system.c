#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"
#include "cmd/scopes.h"
#include "cmd/system_name.h"
#include "os/file.h"

#define SCOPES "tasks|users|verify|timestamps"

enum { SYSTEMS_MAX = 1000 };

static const answer_column columns[] = {{{"名称", "Name"}, "name", ANSWER_TEXT},
                                        {{"权限", "Scopes"}, "scopes", ANSWER_TEXT},
                                        {{"时间戳", "Timestamps"}, "stamps", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"添加时间", "Added"}, "created_at", ANSWER_TIME},
                                        {{"标识", "Id"}, "system", ANSWER_TEXT}};

/* ---- add, set and list ---- */

typedef struct add_options {
    const char *name, *stamps;
    uint32_t scopes;
} add_options;

#define STAMPS_HELP                                                                                                    \
    {                                                                                                                  \
        "on：其任务的签名完成时加盖时间戳；off：不加盖（默认）",                                                       \
            "on: finished signatures of its tasks are timestamped; off: they are not (the default)"                    \
    }

static const option_row add_rows[] = {
    {.name = "name",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "NAME",
     .help = {"业务系统的名称，在手机上显示", "its name, which the phone shows"},
     .offset = offsetof(add_options, name)},
    {.name = "scope",
     .kind = OPTION_SET,
     .flags = OPTION_REQUIRED,
     .value = "SCOPES",
     .choices = SCOPES,
     .help = {"权限，逗号分隔：tasks 签名任务、users 用户同步、verify 签名验证、timestamps 时间戳",
              "what it may do, separated by commas: tasks, users, verify, timestamps"},
     .offset = offsetof(add_options, scopes)},
    {.name = "stamps",
     .kind = OPTION_CHOICE,
     .choices = "on|off",
     .help = STAMPS_HELP,
     .offset = offsetof(add_options, stamps)}};

static bool is_on(const char *choice)
{
    return choice && strcmp(choice, "on") == 0;
}

static err add(session *s, const void *options)
{
    const add_options *o = options;
    json_t *answer, *body = json_pack("{s:s, s:o, s:b}", "name", o->name, "scopes", scopes_array(SCOPES, o->scopes),
                                      "stamps", is_on(o->stamps));
    TRY(remote_post(s, "/v1/systems", body, &answer));
    return answer_done(s, (phrase){"已添加业务系统", "The business system is added"}, answer, ANSWER_COLUMNS(columns));
}

typedef struct set_options {
    const char *system, *stamps;
} set_options;

static const option_row set_rows[] = {{.name = "NAME_OR_ID",
                                       .kind = OPTION_TEXT,
                                       .flags = OPTION_REQUIRED | OPTION_OPERAND,
                                       .help = {"业务系统的名称或标识", "the business system's name or id"},
                                       .offset = offsetof(set_options, system)},
                                      {.name = "stamps",
                                       .kind = OPTION_CHOICE,
                                       .flags = OPTION_REQUIRED,
                                       .choices = "on|off",
                                       .help = STAMPS_HELP,
                                       .offset = offsetof(set_options, stamps)}};

static err set(session *s, const void *options)
{
    static const phrase done = {"已更改，自下一个签名起生效", "Changed, from the next signature on"};
    const set_options *o = options;
    const char *id;
    json_t *answer;
    TRY(system_name_find(s, o->system, &id));
    TRY(remote_call(s,
                    &(remote_request){.method = "PATCH",
                                      .path = remote_path(s, "/v1/systems/", id, ""),
                                      .body = json_pack("{s:b}", "stamps", is_on(o->stamps))},
                    &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

typedef struct list_options {
    page_options page;
} list_options;

static const option_row list_rows[] = {PAGE_ROWS(list_options, SYSTEMS_MAX)};

static err list(session *s, const void *options)
{
    const list_options *o = options;
    json_t *answer;
    TRY(remote_get(s, page_query(s, "/v1/systems", &o->page), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

/* ---- credentials ---- */

typedef struct credential_options {
    const char *system, *key, *output;
} credential_options;

#define SYSTEM_ROW                                                                                                     \
    {                                                                                                                  \
        .name = "NAME_OR_ID", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                          \
        .help = {"业务系统的名称或标识", "the business system's name or id"},                                          \
        .offset = offsetof(credential_options, system)                                                                 \
    }

static const option_row credential_rows[] = {
    SYSTEM_ROW,
    {.name = "output",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"写入凭据文件（0600，不覆盖），而不显示",
              "write a credential file (0600, never over another) instead of showing it"},
     .offset = offsetof(credential_options, output)}};

static const option_row credentials_rows[] = {SYSTEM_ROW};

static const option_row revoke_rows[] = {SYSTEM_ROW,
                                         {.name = "KEY",
                                          .kind = OPTION_TEXT,
                                          .flags = OPTION_REQUIRED | OPTION_OPERAND,
                                          .help = {"凭据标识（ak_…），见 yiqian system credentials",
                                                   "the credential's id (ak_...), from yiqian system credentials"},
                                          .offset = offsetof(credential_options, key)}};

static err credentials_path(session *s, const char *name, const char *after, const char **path)
{
    const char *id;
    TRY(system_name_find(s, name, &id));
    *path = remote_path(s, "/v1/systems/", id, after);
    return ERR_OK;
}

/* The file instead of the secret on the screen. */
static err save(session *s, const char *path, const json_t *answer)
{
    static const phrase revoke = {"凭据已发放但未能保存，请吊销它",
                                  "the credential was made but is not saved; revoke it"};
    const char *key = answer_text(answer, "key_id"), *secret = answer_text(answer, "secret");
    if (!key || !secret)
        return ERR_JSON;
    err e = credential_write(path, connection_server(&s->common), key, secret);
    if (e == ERR_OK)
        return ERR_OK;
    (void)session_file_failed(s, e, path);
    return session_fail(s, e, revoke, key, (phrase){NULL, NULL});
}

static err credential_create(session *s, const void *options)
{
    static const answer_column fields[] = {{{"凭据标识", "Key"}, "key_id", ANSWER_TEXT},
                                           {{"密钥", "Secret"}, "secret", ANSWER_TEXT}};
    static const phrase shown = {"密钥只显示这一次，请妥善保存", "The secret is shown this once; keep it safe"};
    static const phrase saved = {"凭据文件已写好；交给业务系统后请从本机删除",
                                 "The credential file is written; once the business system has it, delete it here"};
    const credential_options *o = options;
    const char *path;
    json_t *answer;
    if (o->output && file_exists(o->output))
        return session_file_failed(s, ERR_EXISTS, o->output);
    TRY(credentials_path(s, o->system, "/credentials", &path));
    TRY(remote_post(s, path, json_object(), &answer));
    if (o->output) {
        TRY(save(s, o->output, answer));
        (void)json_object_del(answer, "secret");
    }
    return answer_done(s, o->output ? saved : shown, answer, ANSWER_COLUMNS(fields));
}

static err credential_list(session *s, const void *options)
{
    static const answer_column fields[] = {{{"凭据标识", "Key"}, "key_id", ANSWER_TEXT},
                                           {{"状态", "State"}, "state", ANSWER_WORD},
                                           {{"发放时间", "Made"}, "created_at", ANSWER_TIME}};
    const credential_options *o = options;
    const char *path;
    json_t *answer;
    TRY(credentials_path(s, o->system, "/credentials", &path));
    TRY(remote_get(s, path, &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(fields));
}

static err credential_revoke(session *s, const void *options)
{
    const credential_options *o = options;
    const char *path;
    json_t *answer;
    TRY(credentials_path(s, o->system, "/credentials/", &path));
    TRY(remote_call(s, &(remote_request){.method = "DELETE", .path = path ? remote_path(s, path, o->key, "") : NULL},
                    &answer));
    return answer_done(s, (phrase){"已吊销凭据，立即生效", "The credential is revoked, at once"}, answer, NULL, 0);
}

static const command commands[] = {
    {.name = "add",
     .summary = {"添加业务系统", "add a business system"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(add_rows, add_options),
     .run = add},
    {.name = "credential",
     .summary = {"为业务系统发放凭据", "make a credential for a business system"},
     .notes = {"凭据文件中的服务器地址取自 --server 或 YIQIAN_SERVER。",
               "The server's address in the file is that of --server or YIQIAN_SERVER."},
     .caller = CALLER_ISSUER,
     COMMAND_OPTIONS(credential_rows, credential_options),
     .run = credential_create},
    {.name = "credential-revoke",
     .summary = {"吊销凭据", "revoke a credential"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(revoke_rows, credential_options),
     .run = credential_revoke},
    {.name = "credentials",
     .summary = {"列出业务系统的凭据", "list a business system's credentials"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(credentials_rows, credential_options),
     .run = credential_list},
    {.name = "list",
     .summary = {"列出业务系统", "list business systems"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
    {.name = "set",
     .summary = {"更改业务系统", "change a business system"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(set_rows, set_options),
     .run = set},
};

const command_group system_group = {.name = "system",
                                    .summary = {"业务系统与其凭据", "business systems and their credentials"},
                                    COMMAND_GROUP(commands)};
