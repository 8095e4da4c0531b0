/* `yiqian profile`: certificate profiles. */
#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"
#include "cmd/user.h"
#include "os/file.h"

#define PROFILES "/v1/profiles"

enum { FILE_MAX = 64 << 10 };

static const answer_column columns[] = {{{"标识", "Id"}, "profile", ANSWER_TEXT},
                                        {{"名称", "Name"}, "name", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"正在使用", "In use"}, "in_use", ANSWER_TEXT},
                                        {{"版本", "Version"}, "version", ANSWER_TEXT},
                                        {{"有效证书", "Valid certificates"}, "certificates", ANSWER_TEXT},
                                        {{"更改时间", "Changed"}, "updated_at", ANSWER_TIME}};

static const answer_column version_columns[] = {{{"版本", "Version"}, "version", ANSWER_TEXT},
                                                {{"时间", "Time"}, "created_at", ANSWER_TIME},
                                                {{"何人", "By"}, "created_by", ANSWER_TEXT},
                                                {{"说明", "Note"}, "note", ANSWER_TEXT},
                                                {{"已签发", "Issued"}, "certificates", ANSWER_TEXT}};

static const answer_column extension_columns[] = {{{"扩展", "Extension"}, "oid", ANSWER_TEXT},
                                                  {{"名称", "Name"}, "name", ANSWER_TEXT},
                                                  {{"关键", "Critical"}, "critical", ANSWER_TEXT},
                                                  {{"内容", "Content"}, "text", ANSWER_TEXT}};

static const answer_column preview_columns[] = {{{"主体", "Subject"}, "reading.subject", ANSWER_TEXT},
                                                {{"颁发者", "Issuer"}, "reading.issuer", ANSWER_TEXT},
                                                {{"有效至", "Until"}, "reading.not_after", ANSWER_TIME},
                                                {{"密钥用途", "Key usage"}, "reading.key_usage", ANSWER_TEXT},
                                                {{"省略的项", "Left out"}, "left_out", ANSWER_TEXT}};

typedef struct profile_options {
    const char *id, *file, *name, *note, *staff_no;
    int64_t version;
} profile_options;

#define PROFILE_ROW                                                                                                    \
    {                                                                                                                  \
        .name = "PROFILE", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                             \
        .help = {"模板的标识，见 yiqian profile list", "the profile's id, from yiqian profile list"},                  \
        .offset = offsetof(profile_options, id)                                                                        \
    }
#define FILE_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "FILE", .kind = OPTION_PATH, .flags = OPTION_REQUIRED | OPTION_OPERAND,                                \
        .help = {"定义（JSON），格式见 docs/operations/certificate-profiles.md",                                       \
                 "the definition (JSON), see docs/operations/certificate-profiles.md"},                                \
        .offset = offsetof(profile_options, file)                                                                      \
    }
#define NOTE_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "note", .kind = OPTION_TEXT, .value = "TEXT", .help = {"为何更改", "why it is changed"},               \
        .offset = offsetof(profile_options, note)                                                                      \
    }

static const option_row one_rows[] = {PROFILE_ROW};
static const option_row add_rows[] = {PROFILE_ROW,
                                      FILE_ROW,
                                      {.name = "name",
                                       .kind = OPTION_TEXT,
                                       .flags = OPTION_REQUIRED,
                                       .value = "NAME",
                                       .help = {"名称", "its name"},
                                       .offset = offsetof(profile_options, name)},
                                      NOTE_ROW};
static const option_row change_rows[] = {PROFILE_ROW,
                                         FILE_ROW,
                                         {.name = "name",
                                          .kind = OPTION_TEXT,
                                          .value = "NAME",
                                          .help = {"新名称", "its new name"},
                                          .offset = offsetof(profile_options, name)},
                                         NOTE_ROW};
static const option_row preview_rows[] = {
    FILE_ROW,
    {.name = "staff-no",
     .kind = OPTION_TEXT,
     .value = "N",
     .help = {"为此人预览；不给出时为示例人员", "of this person; without it, of an example"},
     .offset = offsetof(profile_options, staff_no)}};

/* The definition from its file; ownership goes to the caller. */
static err definition_read(session *s, const char *path, json_t **out)
{
    static const phrase wrong = {"文件不是 JSON 对象", "the file is not a JSON object"}, none = {NULL, NULL};
    bytes content;
    err e = file_read(s->arena, path, FILE_MAX, &content);
    if (e != ERR_OK)
        return session_file_failed(s, e, path);
    *out = json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(*out))
        return ERR_OK;
    json_decref(*out);
    return session_fail(s, ERR_JSON, wrong, path, none);
}

static err body_build(session *s, const profile_options *o, json_t **body)
{
    json_t *definition = NULL;
    TRY(definition_read(s, o->file, &definition));
    *body = json_pack("{s:o}", "definition", definition);
    if (*body && o->name)
        (void)json_object_set_new(*body, "name", json_string(o->name));
    if (*body && o->note)
        (void)json_object_set_new(*body, "note", json_string(o->note));
    return *body ? ERR_OK : ERR_MEMORY;
}

static err add(session *s, const void *options)
{
    static const phrase done = {"已新建；yiqian profile use 使个人证书按它签发",
                                "Made; yiqian profile use has persons' certificates issued by it"};
    const profile_options *o = options;
    json_t *body, *answer;
    TRY(body_build(s, o, &body));
    (void)json_object_set_new(body, "profile", json_string(o->id));
    TRY(remote_post(s, PROFILES, body, &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static err change(session *s, const void *options)
{
    static const phrase done = {"已更改：新版本用于此后签发与更新的证书",
                                "Changed: certificates are issued and renewed by the new version from now on"};
    const profile_options *o = options;
    json_t *body, *answer;
    TRY(body_build(s, o, &body));
    TRY(remote_call(s,
                    &(remote_request){.method = "PATCH", .path = remote_path(s, PROFILES "/", o->id, ""), .body = body},
                    &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static err list(session *s, const void *options)
{
    json_t *answer;
    (void)options;
    TRY(remote_get(s, PROFILES, &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

/* The definition is a file's content, to be changed and handed in again. */
static err show(session *s, const void *options)
{
    const profile_options *o = options;
    json_t *answer;
    TRY(remote_get(s, remote_path(s, PROFILES "/", o->id, ""), &answer));
    return s->common.json ? answer_dump(answer) : answer_dump(json_object_get(answer, "definition"));
}

static err versions(session *s, const void *options)
{
    const profile_options *o = options;
    json_t *answer;
    TRY(remote_get(s, remote_path(s, PROFILES "/", o->id, "/versions"), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(version_columns));
}

static err preview(session *s, const void *options)
{
    const profile_options *o = options;
    json_t *body, *answer, *user;
    TRY(body_build(s, o, &body));
    if (o->staff_no) {
        err e = user_find(s, o->staff_no, &user);
        if (e != ERR_OK) {
            json_decref(body);
            return e;
        }
        (void)json_object_set_new(body, "user", json_string(answer_text(user, "user")));
    }
    TRY(remote_post(s, PROFILES "/preview", body, &answer));
    TRY(answer_show(s, answer, ANSWER_COLUMNS(preview_columns)));
    if (s->common.json)
        return ERR_OK;
    json_t *extensions = json_object_get(json_object_get(answer, "reading"), "extensions");
    json_t *page = json_pack("{s:O, s:n}", "items", extensions, "next");
    if (!page || json_array_append_new(s->answers, page) != 0)
        return ERR_MEMORY;
    return answer_list(s, page, ANSWER_COLUMNS(extension_columns));
}

static err act(session *s, const profile_options *o, const char *verb, phrase done)
{
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "POST", .path = remote_path(s, PROFILES "/", o->id, verb)},
                    &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static err retire(session *s, const void *options)
{
    return act(s, options, "/retire", (phrase){"已停用", "Retired"});
}

static err use(session *s, const void *options)
{
    return act(s, options, "/use",
               (phrase){"个人证书此后按它签发", "Persons' certificates are issued by it from now on"});
}

static const command commands[] = {
    {.name = "add",
     .summary = {"新建证书模板", "make a certificate profile"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(add_rows, profile_options),
     .run = add},
    {.name = "change",
     .summary = {"更改证书模板（产生新版本）", "change a certificate profile (a new version)"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(change_rows, profile_options),
     .run = change},
    {.name = "list",
     .summary = {"列出证书模板", "list the certificate profiles"},
     .caller = CALLER_OPERATOR,
     .run = list},
    {.name = "preview",
     .summary = {"预览按定义签发的证书（不签发）", "what a certificate by a definition would be (none is issued)"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(preview_rows, profile_options),
     .run = preview},
    {.name = "retire",
     .summary = {"停用证书模板，不可恢复", "retire a certificate profile, for good"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, profile_options),
     .run = retire},
    {.name = "show",
     .summary = {"输出最新的定义（JSON）", "print the newest definition (JSON)"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, profile_options),
     .run = show},
    {.name = "use",
     .summary = {"个人证书改用此模板", "have persons' certificates issued by it"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, profile_options),
     .run = use},
    {.name = "versions",
     .summary = {"列出各版本", "list its versions"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, profile_options),
     .run = versions}};

const command_group profile_group = {
    .name = "profile",
    .summary = {"证书模板：个人证书的内容", "certificate profiles: what stands in persons' certificates"},
    COMMAND_GROUP(commands)};
