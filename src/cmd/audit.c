#include "audit/audit.h"

#include <inttypes.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/audit_verify.h"
#include "cmd/command.h"
#include "cmd/remote.h"
#include "keystore/keystore.h"
#include "os/entropy.h"
#include "os/file.h"

enum { ROWS_MAX = 1000 };

static const answer_column columns[] = {
    {{"序号", "No."}, "sequence", ANSWER_TEXT},  {{"时间", "Time"}, "time", ANSWER_TIME},
    {{"事件", "Event"}, "event", ANSWER_TEXT},   {{"结果", "Outcome"}, "outcome", ANSWER_TEXT},
    {{"操作者", "Actor"}, "actor", ANSWER_TEXT}, {{"对象", "Subject"}, "subject", ANSWER_TEXT},
    {{"来源", "Origin"}, "origin", ANSWER_TEXT}, {{"说明", "Detail"}, "detail", ANSWER_TEXT}};

static const answer_column finding_columns[] = {{{"完整", "Intact"}, "intact", ANSWER_TEXT},
                                                {{"行数", "Rows"}, "rows", ANSWER_TEXT},
                                                {{"树根", "Root"}, "root", ANSWER_HEX},
                                                {{"问题", "What is wrong"}, "finding", ANSWER_TEXT}};

typedef struct list_options {
    int64_t limit, after;
    const char *event, *actor, *subject, *outcome, *from, *to;
} list_options;

#define TEXT_ROW(member, what, zh, en)                                                                                 \
    {                                                                                                                  \
        .name = #member, .kind = OPTION_TEXT, .value = what, .help = {zh, en},                                         \
        .offset = offsetof(list_options, member)                                                                       \
    }

static const option_row list_rows[] = {
    {.name = "limit",
     .kind = OPTION_INT,
     .value = "N",
     .min = 1,
     .max = ROWS_MAX,
     .help = {"最多几行（默认 100）", "how many rows at the most (100)"},
     .offset = offsetof(list_options, limit)},
    {.name = "after",
     .kind = OPTION_INT,
     .value = "N",
     .max = INT64_C(999999999999999),
     .help = {"从这个序号之后开始", "begin behind this number"},
     .offset = offsetof(list_options, after)},
    TEXT_ROW(event, "EVENTS", "事件名或以 . 结尾的前缀，逗号分隔",
             "events, or beginnings that end with a dot, by commas"),
    TEXT_ROW(actor, "ACTOR", "操作者", "who"),
    TEXT_ROW(subject, "SUBJECT", "对象", "what it was done to"),
    TEXT_ROW(outcome, "CODE", "结果：ok、错误码或 refused", "ok, a code, or refused: any but ok"),
    TEXT_ROW(from, "TIME", "起，如 2026-03-01T08:00:00+08:00", "from, such as 2026-03-01T08:00:00+08:00"),
    TEXT_ROW(to, "TIME", "止（不含）", "to, not in it")};

static err list(session *s, const void *options)
{
    const list_options *o = options;
    json_t *answer;
    const char *path = remote_query_int(s, remote_query_int(s, "/v1/audit", "limit", o->limit), "after", o->after);
    path = remote_query(s, remote_query(s, path, "event", o->event), "actor", o->actor);
    path = remote_query(s, remote_query(s, path, "subject", o->subject), "outcome", o->outcome);
    TRY(remote_get(s, remote_query(s, remote_query(s, path, "from", o->from), "to", o->to), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

/* A log that is not intact makes the command fail. */
static err show_finding(session *s, const json_t *finding)
{
    static const phrase broken = {"审计日志不完整", "the audit log is not intact"};
    static const phrase hint = {
        "请保留现场（数据目录与备份），不要重启服务器，并通知安全负责人",
        "keep the data directory and the backups as they are, and tell who is responsible for security"};
    TRY(answer_show(s, finding, ANSWER_COLUMNS(finding_columns)));
    return json_is_true(json_object_get(finding, "intact"))
               ? ERR_OK
               : session_fail(s, ERR_CORRUPT, broken, answer_text(finding, "finding"), hint);
}

static err check(session *s, const void *options)
{
    json_t *answer;
    (void)options;
    TRY(remote_get(s, "/v1/audit/check", &answer));
    return show_finding(s, answer);
}

/* ---- export ---- */

typedef struct export_options {
    const char *from, *out;
    int64_t after;
} export_options;

static const option_row export_rows[] = {
    {.name = "from",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = {"从这个时间起，如 2026-03-01T08:00:00+08:00", "from this time on, such as 2026-03-01T08:00:00+08:00"},
     .offset = offsetof(export_options, from)},
    {.name = "after",
     .kind = OPTION_INT,
     .value = "N",
     .max = INT64_C(999999999999999),
     .help = {"从这个序号之后开始", "begin behind this number"},
     .offset = offsetof(export_options, after)},
    {.name = "out",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"写入此文件（默认标准输出）", "write into this file (standard output)"},
     .offset = offsetof(export_options, out)}};

static err export(session *s, const void *options)
{
    const export_options *o = options;
    bytes body;
    const char *path = remote_query(s, "/v1/audit/export?format=jsonl", "from", o->from);
    TRY(remote_fetch(s, remote_query_int(s, path, "after", o->after), &body));
    return answer_write(s, o->out, body.p, body.n);
}

/* ---- fsck ---- */

static err open_failed(session *s, err e, const char *path)
{
    static const phrase failed = {"打不开", "cannot be opened"};
    static const phrase forbidden = {"文件只能由其所有者读写（chmod 600），并以服务器的用户执行",
                                     "the file must be its owner's alone (chmod 600); run this as the server's user"};
    static const phrase elsewhere = {"数据目录对吗？用 --data-dir 指定",
                                     "is this the data directory? --data-dir names it"};
    return session_fail(s, e, failed, arena_printf(s->arena, "%s (%s)", path, err_code(e)),
                        e == ERR_FORBIDDEN ? forbidden : elsewhere);
}

static err read_mac_key(session *s, const char *data_dir, uint8_t mac_key[32])
{
    entropy rng = {.fill = os_entropy_fill};
    keystore *keys;
    err e = keystore_open(&keys, data_dir, false, &rng);
    if (e != ERR_OK)
        return open_failed(s, e, arena_printf(s->arena, "%s/master.key", data_dir));
    keystore_derive(keys, AUDIT_KEY_PURPOSE, mac_key);
    keystore_close(keys);
    return ERR_OK;
}

static err find(session *s, const char *data_dir, audit_finding *finding)
{
    uint8_t mac_key[32];
    store *opened = NULL;
    store_options options = {.path = arena_printf(s->arena, "%s/yiqian.db", data_dir), .readers = 1, .group_max = 1};
    if (!options.path)
        return ERR_MEMORY;
    if (!file_exists(options.path)) /* store_open would make it */
        return open_failed(s, ERR_NOT_FOUND, options.path);
    TRY(read_mac_key(s, data_dir, mac_key));
    err e = store_open(&opened, &options);
    if (e != ERR_OK)
        e = open_failed(s, e, options.path);
    else
        e = audit_fsck(opened, mac_key, finding);
    store_close(opened);
    wipe(mac_key, sizeof mac_key);
    return e;
}

static err fsck(session *s, const void *options)
{
    audit_finding f;
    char root[2 * sizeof f.root + 1];
    (void)options;
    TRY(find(s, connection_data_dir(&s->common), &f));
    hex_encode(root, f.root, sizeof f.root);
    json_t *finding = json_pack("{s:b, s:I, s:s, s:s*}", "intact", f.intact, "rows", (json_int_t)f.rows, "root", root,
                                "finding", *f.what ? f.what : NULL);
    if (!finding || json_array_append_new(s->answers, finding) != 0)
        return ERR_MEMORY;
    return show_finding(s, finding);
}

static const command commands[] = {
    {.name = "check",
     .summary = {"由服务器核验审计日志", "have the server check the audit log"},
     .caller = CALLER_OPERATOR,
     .run = check},
    {.name = "export",
     .summary = {"导出一段审计日志（jsonl，可用 verify 离线核验）", "export a part of the log (jsonl, for verify)"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(export_rows, export_options),
     .run = export},
    {.name = "fsck",
     .summary = {"直接在数据目录上核验审计日志，服务器可在运行也可停止",
                 "check the audit log in the data directory itself, server running or not"},
     .notes = {"能发现被改、被删、被插入、被截断的行；整个数据库被换回旧状态，须与另存的树根比较才能发现。",
               "Finds rows that were changed, removed, inserted or cut off. A whole database put back to an earlier "
               "state shows only "
               "by comparison with a root kept elsewhere."},
     .caller = CALLER_OPERATOR,
     .run = fsck},
    {.name = "list",
     .summary = {"列出审计日志", "list the audit log"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
    {.name = "verify",
     .summary = {"离线核验导出的审计日志", "verify an exported part of the log, without any server"},
     .notes =
         {"逐行重算散列，并与两侧子树合成整棵树的根，核对服务器对树根的签名及其证书链",
          "Recomputes each row's hash, builds the whole tree's root with the subtrees on both sides, and checks the "
          "server's signature on it up to the root CA."},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(audit_verify_rows, audit_verify_options),
     .run = audit_verify},
};

const command_group audit_group = {
    .name = "audit", .summary = {"审计日志：查看、核验", "the audit log: list, check"}, COMMAND_GROUP(commands)};
