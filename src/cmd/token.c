#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"
#include "cmd/scopes.h"
#include "os/file.h"

#define SCOPES "operator|administrator|auditor"

enum { TTL_MIN = 60, TTL_MAX = 90 * 86400, TOKEN_MODE = 0600 };

static const answer_column columns[] = {{{"标识", "Id"}, "id", ANSWER_TEXT},
                                        {{"名称", "Name"}, "name", ANSWER_TEXT},
                                        {{"权限", "Scopes"}, "scopes", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"发放者", "Made by"}, "made_by", ANSWER_TEXT},
                                        {{"由令牌", "Made with"}, "parent", ANSWER_TEXT},
                                        {{"发放时间", "Made"}, "created_at", ANSWER_TIME},
                                        {{"有效至", "Valid until"}, "expires_at", ANSWER_TIME}};

typedef struct add_options {
    const char *name, *output;
    uint32_t scopes;
    int64_t ttl;
} add_options;

static const option_row add_rows[] = {
    {.name = "name",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "NAME",
     .help = {"给谁用", "who uses it"},
     .offset = offsetof(add_options, name)},
    {.name = "scope",
     .kind = OPTION_SET,
     .flags = OPTION_REQUIRED,
     .value = "SCOPES",
     .choices = SCOPES,
     .help = {"权限，三者之一：operator 操作员、administrator 管理员、auditor 审计员",
              "what it may do, one of operator, administrator, auditor"},
     .offset = offsetof(add_options, scopes)},
    {.name = "ttl",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = TTL_MIN,
     .max = TTL_MAX,
     .help = {"有效期，如 8h、7d（默认 8h）", "how long it is good for: 8h, 7d (8h)"},
     .offset = offsetof(add_options, ttl)},
    {.name = "output",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"写入令牌文件（0600，不覆盖），供 --token 使用，而不显示",
              "write it to a file (0600, never over another) for --token, instead of showing it"},
     .offset = offsetof(add_options, output)}};

static err save(session *s, const char *path, const json_t *answer)
{
    static const phrase revoke = {"令牌已发放但未能保存，请吊销它", "the token was made but is not saved; revoke it"};
    const char *token = answer_text(answer, "token");
    if (!token)
        return ERR_JSON;
    err e = file_create(path, token, strlen(token), TOKEN_MODE);
    if (e == ERR_OK)
        return ERR_OK;
    (void)session_file_failed(s, e, path);
    return session_fail(s, e, revoke, answer_text(answer, "id"), (phrase){NULL, NULL});
}

static err add(session *s, const void *options)
{
    static const phrase shown = {"令牌只显示这一次，请妥善保存", "The token is shown this once; keep it safe"};
    static const phrase saved = {"令牌文件已写好", "The token file is written"};
    static const phrase cut = {"有效期短于 --ttl 所求：令牌不晚于发放所用的令牌失效",
                               "It is valid for less than --ttl: a token ends with the one it was made with"};
    static const answer_column fields[] = {{{"令牌", "Token"}, "token", ANSWER_TEXT},
                                           {{"标识", "Id"}, "id", ANSWER_TEXT},
                                           {{"权限", "Scopes"}, "scopes", ANSWER_TEXT},
                                           {{"有效至", "Valid until"}, "expires_at", ANSWER_TIME}};
    const add_options *o = options;
    json_t *answer, *ttl = o->ttl ? json_integer(o->ttl) : NULL;
    if (o->output && file_exists(o->output)) {
        json_decref(ttl);
        return session_file_failed(s, ERR_EXISTS, o->output);
    }
    json_t *body =
        json_pack("{s:s, s:o, s:o*}", "name", o->name, "scopes", scopes_array(SCOPES, o->scopes), "expires_in", ttl);
    TRY(remote_post(s, "/v1/operator-tokens", body, &answer));
    if (o->output) {
        TRY(save(s, o->output, answer));
        (void)json_object_del(answer, "token");
    }
    TRY(answer_done(s, o->output ? saved : shown, answer, ANSWER_COLUMNS(fields)));
    if (!s->common.json && json_is_true(json_object_get(answer, "cut_to_parent")))
        printf("%s\n", say(cut));
    return ERR_OK;
}

static err list(session *s, const void *options)
{
    json_t *answer;
    (void)options;
    TRY(remote_get(s, "/v1/operator-tokens", &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

typedef struct revoke_options {
    const char *id;
} revoke_options;

static const option_row revoke_rows[] = {
    {.name = "ID",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"令牌标识（ot_…），见 yiqian token list", "the token's id (ot_...), from yiqian token list"},
     .offset = offsetof(revoke_options, id)}};

static err revoke(session *s, const void *options)
{
    const revoke_options *o = options;
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "DELETE", .path = remote_path(s, "/v1/operator-tokens/", o->id, "")},
                    &answer));
    static const answer_column fields[] = {{{"标识", "Id"}, "id", ANSWER_TEXT},
                                           {{"一并吊销", "Revoked with it"}, "revoked_with_it", ANSWER_TEXT}};
    return answer_done(s, (phrase){"已吊销令牌，立即生效；以它发放的一并吊销", "The token is revoked, at once, and what was made with it"},
                       answer, ANSWER_COLUMNS(fields));
}

static const command commands[] = {
    {.name = "add",
     .summary = {"发放操作员令牌，供远程操作", "make an operator's token, for work from another machine"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(add_rows, add_options),
     .run = add},
    {.name = "list", .summary = {"列出令牌", "list the tokens"}, .caller = CALLER_OPERATOR, .run = list},
    {.name = "revoke",
     .summary = {"吊销令牌", "revoke a token"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(revoke_rows, revoke_options),
     .run = revoke},
};

const command_group token_group = {
    .name = "token", .summary = {"操作员令牌：发放、吊销", "operators' tokens: make, revoke"}, COMMAND_GROUP(commands)};
