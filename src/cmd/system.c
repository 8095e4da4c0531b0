#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"
#include "cmd/scopes.h"
#include "cmd/system_name.h"
#include "os/clock.h"
#include "os/file.h"

#define SCOPES "tasks|users|verify|timestamps"

enum { SYSTEMS_MAX = 1000, DAY = 86400, LASTS_MAX = 3650 * DAY, OVERLAP_MAX = 90 * DAY };

static const answer_column columns[] = {{{"名称", "Name"}, "name", ANSWER_TEXT},
                                        {{"权限", "Scopes"}, "scopes", ANSWER_TEXT},
                                        {{"时间戳", "Timestamps"}, "stamps", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"允许的地址", "Addresses"}, "networks", ANSWER_TEXT},
                                        {{"联系人", "Contact"}, "contact", ANSWER_TEXT},
                                        {{"最近使用", "Last used"}, "last_used_at", ANSWER_TIME},
                                        {{"添加时间", "Added"}, "created_at", ANSWER_TIME},
                                        {{"标识", "Id"}, "system", ANSWER_TEXT}};

/* ---- add, set and list ---- */

typedef struct particulars {
    const char *stamps, *note, *contact;
    option_list networks;
    bool any_network;
} particulars;

#define PARTICULARS(type)                                                                                              \
    {.name = "stamps",                                                                                                 \
     .kind = OPTION_CHOICE,                                                                                            \
     .choices = "on|off",                                                                                              \
     .help = {"on：其任务的签名完成时加盖时间戳；off：不加盖（默认）",                                                 \
              "on: finished signatures of its tasks are timestamped; off: they are not (the default)"},                \
     .offset = offsetof(type, particulars.stamps)},                                                                    \
        {.name = "network",                                                                                            \
         .kind = OPTION_LIST,                                                                                          \
         .value = "NETWORK",                                                                                           \
         .help = {"允许调用的地址或网段，可多次给出，构成整份名单；不给则不限",                                        \
                  "an address or network from where it may call; several of them are the whole list; none: anywhere"}, \
         .offset = offsetof(type, particulars.networks)},                                                              \
        {.name = "contact",                                                                                            \
         .kind = OPTION_TEXT,                                                                                          \
         .value = "TEXT",                                                                                              \
         .help = {"联系人", "whom to call"},                                                                           \
         .offset = offsetof(type, particulars.contact)},                                                               \
    {                                                                                                                  \
        .name = "note", .kind = OPTION_TEXT, .value = "TEXT", .help = {"备注", "a note"},                              \
        .offset = offsetof(type, particulars.note)                                                                     \
    }

static bool is_on(const char *choice)
{
    return choice && strcmp(choice, "on") == 0;
}

static void add_particulars(json_t *body, const particulars *p)
{
    if (p->stamps)
        (void)json_object_set_new(body, "stamps", json_boolean(is_on(p->stamps)));
    if (p->note)
        (void)json_object_set_new(body, "note", json_string(p->note));
    if (p->contact)
        (void)json_object_set_new(body, "contact", json_string(p->contact));
    if (p->networks.n == 0 && !p->any_network)
        return;
    json_t *networks = json_array();
    for (size_t i = 0; i < p->networks.n; i++)
        (void)json_array_append_new(networks, json_string(p->networks.items[i]));
    (void)json_object_set_new(body, "networks", networks);
}

typedef struct add_options {
    const char *name;
    uint32_t scopes;
    particulars particulars;
} add_options;

#define NAME_HELP                                                                                                      \
    {                                                                                                                  \
        "业务系统的名称，在手机上显示", "its name, which the phone shows"                                              \
    }
#define SCOPES_HELP                                                                                                    \
    {                                                                                                                  \
        "权限，逗号分隔：tasks 签名任务、users 用户同步、verify 签名验证、timestamps 时间戳",                          \
            "what it may do, separated by commas: tasks, users, verify, timestamps"                                    \
    }

static const option_row add_rows[] = {{.name = "name",
                                       .kind = OPTION_TEXT,
                                       .flags = OPTION_REQUIRED,
                                       .value = "NAME",
                                       .help = NAME_HELP,
                                       .offset = offsetof(add_options, name)},
                                      {.name = "scope",
                                       .kind = OPTION_SET,
                                       .flags = OPTION_REQUIRED,
                                       .value = "SCOPES",
                                       .choices = SCOPES,
                                       .help = SCOPES_HELP,
                                       .offset = offsetof(add_options, scopes)},
                                      PARTICULARS(add_options)};

static err add(session *s, const void *options)
{
    const add_options *o = options;
    json_t *answer, *body = json_pack("{s:s, s:o}", "name", o->name, "scopes", scopes_array(SCOPES, o->scopes));
    add_particulars(body, &o->particulars);
    TRY(remote_post(s, "/v1/systems", body, &answer));
    return answer_done(s, (phrase){"已添加业务系统", "The business system is added"}, answer, ANSWER_COLUMNS(columns));
}

typedef struct set_options {
    const char *system, *name, *state;
    uint32_t scopes;
    particulars particulars;
} set_options;

static const option_row set_rows[] = {
    {.name = "NAME_OR_ID",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"业务系统的名称或标识", "the business system's name or id"},
     .offset = offsetof(set_options, system)},
    {.name = "name", .kind = OPTION_TEXT, .value = "NAME", .help = NAME_HELP, .offset = offsetof(set_options, name)},
    {.name = "scope",
     .kind = OPTION_SET,
     .value = "SCOPES",
     .choices = SCOPES,
     .help = SCOPES_HELP,
     .offset = offsetof(set_options, scopes)},
    {.name = "state",
     .kind = OPTION_CHOICE,
     .choices = "active|suspended",
     .help = {"suspended：停用，其凭据都不能用；active：恢复",
              "suspended: none of its credentials works; active: they do again"},
     .offset = offsetof(set_options, state)},
    {.name = "any-network",
     .kind = OPTION_FLAG,
     .help = {"不再限制地址", "it may call from anywhere"},
     .offset = offsetof(set_options, particulars.any_network)},
    PARTICULARS(set_options)};

static err set(session *s, const void *options)
{
    static const phrase done = {"已更改，立即生效；时间戳自下一个签名起",
                                "Changed, at once; timestamps from the next signature on"},
                        nothing = {"没有给出要更改的内容，如 --stamps、--network、--note",
                                   "nothing was given to change: --stamps, --network, --note for example"},
                        one = {"--network 与 --any-network 只能给一个", "give either --network or --any-network"};
    const set_options *o = options;
    const char *id;
    if (o->particulars.any_network && o->particulars.networks.n > 0)
        return session_usage(s, one, NULL);
    json_t *answer, *body = json_pack("{s:s*, s:s*}", "name", o->name, "state", o->state);
    if (o->scopes)
        (void)json_object_set_new(body, "scopes", scopes_array(SCOPES, o->scopes));
    add_particulars(body, &o->particulars);
    if (json_object_size(body) == 0) {
        json_decref(body);
        return session_usage(s, nothing, NULL);
    }
    err e = system_name_find(s, o->system, &id);
    if (e != ERR_OK) {
        json_decref(body);
        return e;
    }
    TRY(remote_call(s,
                    &(remote_request){.method = "PATCH", .path = remote_path(s, "/v1/systems/", id, ""), .body = body},
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
    const char *system, *key, *output, *note;
    int64_t lasts, overlap;
} credential_options;

#define SYSTEM_ROW                                                                                                     \
    {                                                                                                                  \
        .name = "NAME_OR_ID", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                          \
        .help = {"业务系统的名称或标识", "the business system's name or id"},                                          \
        .offset = offsetof(credential_options, system)                                                                 \
    }

#define KEY_ROW                                                                                                        \
    {                                                                                                                  \
        .name = "KEY", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                                 \
        .help = {"凭据标识（ak_…），见 yiqian system credentials",                                                     \
                 "the credential's id (ak_...), from yiqian system credentials"},                                      \
        .offset = offsetof(credential_options, key)                                                                    \
    }
#define OUTPUT_ROW                                                                                                     \
    {                                                                                                                  \
        .name = "output", .kind = OPTION_PATH, .value = "FILE",                                                        \
        .help = {"写入凭据文件（0600，不覆盖），而不显示",                                                             \
                 "write a credential file (0600, never over another) instead of showing it"},                          \
        .offset = offsetof(credential_options, output)                                                                 \
    }
#define NOTE_ROWS                                                                                                      \
    {.name = "note",                                                                                                   \
     .kind = OPTION_TEXT,                                                                                              \
     .value = "TEXT",                                                                                                  \
     .help = {"备注，如用于哪台服务器", "a note: which server uses it, for example"},                                  \
     .offset = offsetof(credential_options, note)},                                                                    \
    {                                                                                                                  \
        .name = "lasts", .kind = OPTION_SECONDS, .value = "TIME", .min = 1, .max = LASTS_MAX,                          \
        .help = {"多久以后自行失效，如 365d；不给则不失效", "after how long it ends by itself, 365d for example"},     \
        .offset = offsetof(credential_options, lasts)                                                                  \
    }

static const option_row credential_rows[] = {SYSTEM_ROW, NOTE_ROWS, OUTPUT_ROW};

static const option_row credentials_rows[] = {SYSTEM_ROW};

static const option_row revoke_rows[] = {SYSTEM_ROW, KEY_ROW};

static const option_row credential_set_rows[] = {SYSTEM_ROW, KEY_ROW, NOTE_ROWS};

static const option_row rotate_rows[] = {
    SYSTEM_ROW,
    KEY_ROW,
    {.name = "overlap",
     .kind = OPTION_SECONDS,
     .value = "TIME",
     .min = 1,
     .max = OVERLAP_MAX,
     .help = {"旧凭据继续有效多久，默认 24h", "how long the old one goes on (24h)"},
     .offset = offsetof(credential_options, overlap)},
    OUTPUT_ROW};

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

/* So many seconds from now, as the API takes times; in the arena, NULL if that is full. */
static const char *seconds_from_now(session *s, int64_t seconds)
{
    char text[CLOCK_TEXT];
    clock_text(text, clock_unix_ms() + seconds * 1000);
    return arena_text(s->arena, text, strlen(text));
}

static json_t *note_body(session *s, const credential_options *o)
{
    return json_pack("{s:s*, s:s*}", "note", o->note, "expires_at", o->lasts ? seconds_from_now(s, o->lasts) : NULL);
}

/* A credential that was made, shown or written. */
static err new_credential(session *s, const credential_options *o, const char *path, json_t *body)
{
    static const answer_column fields[] = {{{"凭据标识", "Key"}, "key_id", ANSWER_TEXT},
                                           {{"密钥", "Secret"}, "secret", ANSWER_TEXT}};
    static const phrase shown = {"密钥只显示这一次，请妥善保存", "The secret is shown this once; keep it safe"};
    static const phrase saved = {"凭据文件已写好；交给业务系统后请从本机删除",
                                 "The credential file is written; once the business system has it, delete it here"};
    json_t *answer;
    TRY(remote_post(s, path, body, &answer));
    if (o->output) {
        TRY(save(s, o->output, answer));
        (void)json_object_del(answer, "secret");
    }
    return answer_done(s, o->output ? saved : shown, answer, ANSWER_COLUMNS(fields));
}

static err credential_create(session *s, const void *options)
{
    const credential_options *o = options;
    const char *path;
    if (o->output && file_exists(o->output))
        return session_file_failed(s, ERR_EXISTS, o->output);
    TRY(credentials_path(s, o->system, "/credentials", &path));
    return new_credential(s, o, path, note_body(s, o));
}

/* The path of one credential. */
static err credential_path(session *s, const credential_options *o, const char *after, const char **path)
{
    TRY(credentials_path(s, o->system, "/credentials/", path));
    *path = *path ? remote_path(s, *path, o->key, after) : NULL;
    return ERR_OK;
}

static err credential_rotate(session *s, const void *options)
{
    const credential_options *o = options;
    const char *path;
    if (o->output && file_exists(o->output))
        return session_file_failed(s, ERR_EXISTS, o->output);
    TRY(credential_path(s, o, "/rotate", &path));
    return new_credential(s, o, path,
                          json_pack("{s:s*}", "until", o->overlap ? seconds_from_now(s, o->overlap) : NULL));
}

static err credential_set(session *s, const void *options)
{
    static const answer_column fields[] = {{{"凭据标识", "Key"}, "key_id", ANSWER_TEXT},
                                           {{"备注", "Note"}, "note", ANSWER_TEXT},
                                           {{"失效时间", "Ends"}, "expires_at", ANSWER_TIME}};
    static const phrase nothing = {"请给出 --note 或 --lasts", "give --note or --lasts"};
    const credential_options *o = options;
    const char *path;
    json_t *answer;
    if (!o->note && !o->lasts)
        return session_usage(s, nothing, NULL);
    TRY(credential_path(s, o, "", &path));
    TRY(remote_call(s, &(remote_request){.method = "PATCH", .path = path, .body = note_body(s, o)}, &answer));
    return answer_done(s, (phrase){"已更改凭据", "The credential is changed"}, answer, ANSWER_COLUMNS(fields));
}

static err credential_list(session *s, const void *options)
{
    static const answer_column fields[] = {{{"凭据标识", "Key"}, "key_id", ANSWER_TEXT},
                                           {{"状态", "State"}, "state", ANSWER_WORD},
                                           {{"发放时间", "Made"}, "created_at", ANSWER_TIME},
                                           {{"失效时间", "Ends"}, "expires_at", ANSWER_TIME},
                                           {{"最近使用", "Last used"}, "last_used_at", ANSWER_TIME},
                                           {{"来自", "From"}, "last_used_from", ANSWER_TEXT},
                                           {{"备注", "Note"}, "note", ANSWER_TEXT}};
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
    TRY(credential_path(s, o, "", &path));
    TRY(remote_call(s, &(remote_request){.method = "DELETE", .path = path}, &answer));
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
    {.name = "credential-rotate",
     .summary = {"轮换凭据：发放新的，旧的到时自行失效",
                 "rotate a credential: a new one, and the old one ends by itself"},
     .caller = CALLER_ISSUER,
     COMMAND_OPTIONS(rotate_rows, credential_options),
     .run = credential_rotate},
    {.name = "credential-set",
     .summary = {"更改凭据的备注或失效时间", "change a credential's note or end"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(credential_set_rows, credential_options),
     .run = credential_set},
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
