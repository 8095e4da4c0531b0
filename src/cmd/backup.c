/* `yiqian backup`: backups of all configuration, or all data, in one encrypted file. To restore one: yiqiand restore. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/ct.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/passphrase.h"
#include "cmd/remote.h"

enum { WAIT_MS = 300, KEEP_MAX = 365, LIMIT_MAX = 200, FILE_NAME_MAX = 200, DEL = 127 };

static const answer_column list_columns[] = {{{"标识", "Id"}, "backup", ANSWER_TEXT},
                                             {{"制作时间", "Made at"}, "created_at", ANSWER_TIME},
                                             {{"范围", "Scope"}, "scope", ANSWER_WORD},
                                             {{"方式", "Cause"}, "cause", ANSWER_WORD},
                                             {{"状态", "State"}, "state", ANSWER_WORD},
                                             {{"字节", "Bytes"}, "size", ANSWER_TEXT},
                                             {{"错误", "Error"}, "error", ANSWER_TEXT},
                                             {{"文件缺失", "File missing"}, "missing", ANSWER_TEXT},
                                             {{"校验结果", "Verified"}, "finding", ANSWER_TEXT},
                                             {{"文件", "File"}, "file", ANSWER_TEXT}};

static const answer_column show_columns[] = {{{"标识", "Id"}, "backup", ANSWER_TEXT},
                                             {{"范围", "Scope"}, "scope", ANSWER_WORD},
                                             {{"方式", "Cause"}, "cause", ANSWER_WORD},
                                             {{"状态", "State"}, "state", ANSWER_WORD},
                                             {{"错误", "Error"}, "error", ANSWER_TEXT},
                                             {{"文件", "File"}, "file", ANSWER_TEXT},
                                             {{"字节", "Bytes"}, "size", ANSWER_TEXT},
                                             {{"SM3", "SM3"}, "sm3", ANSWER_TEXT},
                                             {{"文件缺失", "File missing"}, "missing", ANSWER_TEXT},
                                             {{"制作人", "Made by"}, "made_by", ANSWER_TEXT},
                                             {{"制作时间", "Made at"}, "created_at", ANSWER_TIME},
                                             {{"完成时间", "Finished at"}, "finished_at", ANSWER_TIME},
                                             {{"校验时间", "Verified at"}, "verified_at", ANSWER_TIME},
                                             {{"校验结果", "Verified"}, "finding", ANSWER_TEXT}};

static const answer_column download_columns[] = {{{"文件", "File"}, "file", ANSWER_TEXT},
                                                 {{"字节", "Bytes"}, "size", ANSWER_TEXT},
                                                 {{"SM3", "SM3"}, "sm3", ANSWER_TEXT}};

static const answer_column setting_columns[] = {
    {{"计划", "Schedule"}, "schedule", ANSWER_WORD},  {{"时刻", "At"}, "at", ANSWER_TEXT},
    {{"星期", "Weekday"}, "weekday", ANSWER_TEXT},    {{"范围", "Scope"}, "scope", ANSWER_WORD},
    {{"保留份数", "Keep"}, "keep", ANSWER_TEXT},      {{"已设口令", "Has passphrase"}, "has_passphrase", ANSWER_TEXT},
    {{"目录", "Directory"}, "directory", ANSWER_TEXT}};

typedef struct backup_options {
    const char *scope, *passphrase_file, *backup, *out;
    bool ask, wait;
    int64_t limit;
} backup_options;

#define PASSPHRASE_ROWS                                                                                                \
    {.name = "passphrase-file",                                                                                        \
     .kind = OPTION_PATH,                                                                                              \
     .value = "FILE",                                                                                                  \
     .help = {"备份口令所在文件（0600）；不给则用设置中的口令",                                                        \
              "a file (0600) with the passphrase; without it that of the settings"},                                   \
     .offset = offsetof(backup_options, passphrase_file)},                                                             \
    {                                                                                                                  \
        .name = "ask", .kind = OPTION_FLAG, .help = {"在终端输入备份口令", "ask for the passphrase on the terminal"},  \
        .offset = offsetof(backup_options, ask)                                                                        \
    }
#define WAIT_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "wait", .kind = OPTION_FLAG, .help = {"等到完成", "wait until it is done"},                            \
        .offset = offsetof(backup_options, wait)                                                                       \
    }
#define BACKUP_ROW                                                                                                     \
    {                                                                                                                  \
        .name = "BACKUP", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                              \
        .help = {"备份标识，见 yiqian backup list", "its id, from yiqian backup list"},                                \
        .offset = offsetof(backup_options, backup)                                                                     \
    }

static const option_row create_rows[] = {{.name = "scope",
                                          .kind = OPTION_CHOICE,
                                          .choices = "all|configuration",
                                          .help = {"范围（默认 all，即全部数据）", "the scope (all: all data)"},
                                          .offset = offsetof(backup_options, scope)},
                                         PASSPHRASE_ROWS,
                                         WAIT_ROW};
static const option_row list_rows[] = {{.name = "limit",
                                        .kind = OPTION_INT,
                                        .value = "N",
                                        .min = 1,
                                        .max = LIMIT_MAX,
                                        .help = {"最多几行（默认 100）", "how many rows at the most (100)"},
                                        .offset = offsetof(backup_options, limit)}};
static const option_row one_rows[] = {BACKUP_ROW};
static const option_row verify_rows[] = {BACKUP_ROW, PASSPHRASE_ROWS, WAIT_ROW};
static const option_row download_rows[] = {
    BACKUP_ROW,
    {.name = "out",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"写入的文件（默认用备份的文件名）", "the file to write (its own name)"},
     .offset = offsetof(backup_options, out)}};

/* Puts "passphrase" into the body where one was given. */
static err add_passphrase(session *s, json_t *body, const char *file, bool ask, bool fresh)
{
    static const phrase unread = {"口令", "the passphrase"};
    char text[PASSPHRASE_ROOM];
    size_t n;
    if (!file && !ask)
        return ERR_OK;
    err e = passphrase_read(text, &n, file, fresh);
    if (e != ERR_OK)
        return session_fail(s, e, unread, passphrase_problem(e), (phrase){NULL, NULL});
    e = json_object_set_new(body, "passphrase", json_stringn(text, n)) == 0 ? ERR_OK : ERR_ENCODING;
    wipe(text, sizeof text);
    return e == ERR_OK ? ERR_OK : session_fail(s, e, unread, "UTF-8", (phrase){NULL, NULL});
}

/* Asks again until it is neither made nor read any more. */
static err wait_for(session *s, const char *id, json_t **answer)
{
    for (;;) {
        const char *state = answer_text(*answer, "state");
        if (strcmp(state ? state : "", "running") != 0 && !json_is_true(json_object_get(*answer, "verifying")))
            return ERR_OK;
        struct timespec pause = {0, WAIT_MS * 1000000L};
        (void)nanosleep(&pause, NULL);
        TRY(remote_get(s, remote_path(s, "/v1/backups/", id, ""), answer));
    }
}

static err tell_outcome(session *s, const json_t *answer, const char *member, const char *good)
{
    const char *word = answer_text(answer, member);
    if ((word && strcmp(word, good) != 0) || answer_text(answer, "error"))
        s->exit_code = EXIT_FAILED;
    return answer_show(s, answer, ANSWER_COLUMNS(show_columns));
}

static err create(session *s, const void *options)
{
    static const phrase begun = {"已开始备份", "The backup has begun"};
    const backup_options *o = options;
    json_t *answer, *body = json_pack("{s:s}", "scope", o->scope ? o->scope : "all");
    if (!body)
        return ERR_MEMORY;
    err e = add_passphrase(s, body, o->passphrase_file, o->ask, true);
    if (e != ERR_OK) {
        json_decref(body);
        return e;
    }
    TRY(remote_post(s, "/v1/backups", body, &answer));
    if (!o->wait)
        return answer_done(s, begun, answer, ANSWER_COLUMNS(show_columns));
    TRY(wait_for(s, answer_text(answer, "backup"), &answer));
    return tell_outcome(s, answer, "state", "done");
}

static err list(session *s, const void *options)
{
    const backup_options *o = options;
    json_t *answer;
    TRY(remote_get(s, remote_query_int(s, "/v1/backups", "limit", o->limit), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(list_columns));
}

static err show(session *s, const void *options)
{
    const backup_options *o = options;
    json_t *answer;
    TRY(remote_get(s, remote_path(s, "/v1/backups/", o->backup, ""), &answer));
    return answer_show(s, answer, ANSWER_COLUMNS(show_columns));
}

static err verify(session *s, const void *options)
{
    static const phrase begun = {"已开始校验", "The verification has begun"};
    const backup_options *o = options;
    json_t *answer, *body = json_object();
    if (!body)
        return ERR_MEMORY;
    err e = add_passphrase(s, body, o->passphrase_file, o->ask, false);
    if (e != ERR_OK) {
        json_decref(body);
        return e;
    }
    TRY(remote_post(s, remote_path(s, "/v1/backups/", o->backup, "/verify"), body, &answer));
    if (!o->wait)
        return answer_done(s, begun, answer, ANSWER_COLUMNS(show_columns));
    TRY(wait_for(s, o->backup, &answer));
    return tell_outcome(s, answer, "finding", "ok");
}

/* Of what the server calls a file only a plain name is taken: it could be any path. */
static bool is_plain(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    bool plain = n > 0 && n <= FILE_NAME_MAX && name[0] != '.' && name[0] != '-';
    for (size_t i = 0; plain && i < n; i++)
        plain = name[i] != '/' && name[i] != '\\' && (unsigned char)name[i] > ' ' && name[i] != DEL;
    return plain;
}

/* Of one that is not done neither is known, and the server refuses. */
static err read_wanted(session *s, const json_t *answer, remote_saved *out)
{
    static const phrase strange = {"服务器的应答无法使用", "the server's answer is of no use"};
    json_int_t size = json_integer_value(json_object_get(answer, "size"));
    const char *sm3 = answer_text(answer, "sm3");
    *out = (remote_saved){.size = (uint64_t)size, .has_sm3 = sm3 != NULL};
    if (size < 0 || (sm3 && hex_decode(out->sm3, sizeof out->sm3, sm3, strlen(sm3)) != ERR_OK))
        return session_fail(s, ERR_REMOTE, strange, "size, sm3", (phrase){NULL, NULL});
    return ERR_OK;
}

static err download(session *s, const void *options)
{
    static const phrase done = {"已下载", "Downloaded"},
                        path = {"服务器所给的文件名不是普通文件名", "the server's name of the file is no plain name"},
                        use_out = {"请用 --out 指定写入的文件", "say with --out which file to write"};
    const backup_options *o = options;
    json_t *answer;
    remote_saved wanted, got;
    TRY(remote_get(s, remote_path(s, "/v1/backups/", o->backup, ""), &answer));
    const char *file = o->out ? o->out : answer_text(answer, "file");
    if (!o->out && !is_plain(file))
        return session_fail(s, ERR_REMOTE, path, file ? file : "", use_out);
    TRY(read_wanted(s, answer, &wanted));
    TRY(remote_save(s, remote_path(s, "/v1/backups/", o->backup, "/file"), file, &wanted, &got));
    return answer_done(s, done,
                       json_pack("{s:s, s:I, s:o}", "file", file, "size", (json_int_t)got.size, "sm3",
                                 json_string(hex_text(s->arena, got.sm3, sizeof got.sm3))),
                       ANSWER_COLUMNS(download_columns));
}

static err delete (session *s, const void *options)
{
    static const phrase done = {"已删除", "Deleted"};
    const backup_options *o = options;
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "DELETE", .path = remote_path(s, "/v1/backups/", o->backup, "")},
                    &answer));
    return answer_done(s, done, answer, NULL, 0);
}

/* ---- settings ---- */

typedef struct setting_options {
    const char *schedule, *at, *scope, *passphrase_file;
    int64_t weekday, keep;
    bool ask;
} setting_options;

static const option_row setting_rows[] = {
    {.name = "schedule",
     .kind = OPTION_CHOICE,
     .choices = "off|daily|weekly",
     .help = {"定期备份：不做、每日、每周", "by itself: not, every day, every week"},
     .offset = offsetof(setting_options, schedule)},
    {.name = "at",
     .kind = OPTION_TEXT,
     .value = "HH:MM",
     .help = {"时刻，医院所在时区", "when, in the hospital's zone"},
     .offset = offsetof(setting_options, at)},
    {.name = "weekday",
     .kind = OPTION_INT,
     .value = "N",
     .min = 1,
     .max = 7,
     .help = {"星期几（1 为星期一），每周备份时", "1 Monday to 7 Sunday, of a weekly one"},
     .offset = offsetof(setting_options, weekday)},
    {.name = "scope",
     .kind = OPTION_CHOICE,
     .choices = "all|configuration",
     .help = {"范围", "the scope"},
     .offset = offsetof(setting_options, scope)},
    {.name = "keep",
     .kind = OPTION_INT,
     .value = "N",
     .min = 1,
     .max = KEEP_MAX,
     .help = {"保留几份定期备份", "how many scheduled ones are kept"},
     .offset = offsetof(setting_options, keep)},
    {.name = "passphrase-file",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"新口令所在文件（0600）", "a file (0600) with a new passphrase"},
     .offset = offsetof(setting_options, passphrase_file)},
    {.name = "ask",
     .kind = OPTION_FLAG,
     .help = {"在终端输入新口令", "ask for a new passphrase on the terminal"},
     .offset = offsetof(setting_options, ask)}};

static err change(session *s, const setting_options *o, json_t **answer)
{
    const char *texts[] = {"schedule", o->schedule, "at", o->at, "scope", o->scope};
    json_t *body = json_object();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i += 2) {
        const char *text = texts[i + 1] ? texts[i + 1] : answer_text(*answer, texts[i]);
        (void)json_object_set_new(body, texts[i], json_string(text));
    }
    (void)json_object_set_new(body, "weekday",
                              o->weekday ? json_integer(o->weekday) : json_incref(json_object_get(*answer, "weekday")));
    (void)json_object_set_new(body, "keep",
                              o->keep ? json_integer(o->keep) : json_incref(json_object_get(*answer, "keep")));
    err e = body ? add_passphrase(s, body, o->passphrase_file, o->ask, true) : ERR_MEMORY;
    if (e != ERR_OK) {
        json_decref(body);
        return e;
    }
    return remote_call(s, &(remote_request){.method = "PUT", .path = "/v1/backup-settings", .body = body}, answer);
}

/* Without an option it shows them. */
static err settings(session *s, const void *options)
{
    const setting_options *o = options;
    json_t *answer;
    TRY(remote_get(s, "/v1/backup-settings", &answer));
    if (o->schedule || o->at || o->scope || o->weekday || o->keep || o->passphrase_file || o->ask)
        TRY(change(s, o, &answer));
    return answer_show(s, answer, ANSWER_COLUMNS(setting_columns));
}

#define COMMAND(title, zh, en, rows, type, function)                                                                   \
    {                                                                                                                  \
        .name = title, .summary = {zh, en}, .caller = CALLER_OPERATOR, COMMAND_OPTIONS(rows, type), .run = function    \
    }
static const command commands[] = {
    COMMAND("create", "立即备份", "make one now", create_rows, backup_options, create),
    COMMAND("delete", "删除备份及其文件", "remove one with its file", one_rows, backup_options, delete),
    COMMAND("download", "取回备份文件", "fetch its file", download_rows, backup_options, download),
    COMMAND("list", "列出备份", "list them", list_rows, backup_options, list),
    COMMAND("settings", "查看或修改定期备份", "show or change when they are made", setting_rows, setting_options,
            settings),
    COMMAND("show", "查看一份备份", "show one", one_rows, backup_options, show),
    COMMAND("verify", "完整读取一份备份并校验", "read one whole", verify_rows, backup_options, verify)};

const command_group backup_group = {.name = "backup",
                                    .summary = {"备份：制作、校验、下载（恢复用 yiqiand restore）",
                                                "backups: make, verify, fetch (to restore: yiqiand restore)"},
                                    COMMAND_GROUP(commands)};
