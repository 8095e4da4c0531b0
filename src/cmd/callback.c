#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"
#include "cmd/scopes.h"
#include "cmd/system_name.h"

#define EVENTS "task.signed|task.declined|task.cancelled|task.expired|task.withdrawn|task.pending|task.stamped"

enum { CALLBACKS_MAX = 1000 };

/* ---- endpoints ---- */

typedef struct endpoint_options {
    const char *system, *what; /* what: the URL or the endpoint's id */
    bool push;
    uint32_t events;
} endpoint_options;

#define OWNER_ROWS                                                                                                     \
    {.name = "system",                                                                                                 \
     .kind = OPTION_TEXT,                                                                                              \
     .value = "NAME_OR_ID",                                                                                            \
     .help = {"业务系统的名称或标识", "the business system's name or id"},                                             \
     .offset = offsetof(endpoint_options, system)},                                                                    \
    {                                                                                                                  \
        .name = "push", .kind = OPTION_FLAG,                                                                           \
        .help = {"推送端点，而不是业务系统的", "the endpoints that wake phones, instead of a system's"},               \
        .offset = offsetof(endpoint_options, push)                                                                     \
    }

static const option_row list_rows[] = {OWNER_ROWS};

static const option_row one_rows[] = {
    OWNER_ROWS,
    {.name = "ENDPOINT",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"端点标识，见 yiqian callback list", "its id, from yiqian callback list"},
     .offset = offsetof(endpoint_options, what)}};

static const option_row add_rows[] = {
    OWNER_ROWS,
    {.name = "URL",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"接收地址：https://，或院内的 http://", "where messages go: https://, or http:// inside the hospital"},
     .offset = offsetof(endpoint_options, what)},
    {.name = "event",
     .kind = OPTION_SET,
     .value = "EVENTS",
     .choices = EVENTS,
     .help = {"事件，逗号分隔（默认为除 task.pending 外的全部）",
              "which events, separated by commas (all but task.pending)"},
     .offset = offsetof(endpoint_options, events)}};

static const answer_column columns[] = {{{"地址", "URL"}, "url", ANSWER_TEXT},
                                        {{"事件", "Events"}, "events", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"添加时间", "Added"}, "created_at", ANSWER_TIME},
                                        {{"旧密钥至", "Old secret until"}, "previous_secret_until", ANSWER_TIME},
                                        {{"标识", "Endpoint"}, "endpoint", ANSWER_TEXT},
                                        {{"密钥", "Secret"}, "secret", ANSWER_TEXT}};
enum { SHOWN_IN_LISTS = sizeof columns / sizeof *columns - 1 };

/* The path of the endpoints of whoever is named. */
static err endpoints_path(session *s, const endpoint_options *o, const char **path)
{
    static const phrase one = {"--system 与 --push 须给且只给一个", "give either --system or --push"};
    const char *id;
    *path = NULL;
    if (o->push == (o->system != NULL))
        return session_usage(s, one, NULL);
    if (o->push) {
        *path = "/v1/push-endpoints";
        return ERR_OK;
    }
    TRY(system_name_find(s, o->system, &id));
    *path = remote_path(s, "/v1/systems/", id, "/callback-endpoints");
    return *path ? ERR_OK : ERR_MEMORY;
}

static err endpoint_path(session *s, const endpoint_options *o, const char *after, const char **path)
{
    TRY(endpoints_path(s, o, path));
    const char *base = arena_printf(s->arena, "%s/", *path);
    *path = base ? remote_path(s, base, o->what, after) : NULL;
    return *path ? ERR_OK : ERR_MEMORY;
}

static err add(session *s, const void *options)
{
    static const phrase shown = {"已添加；密钥只显示这一次，请妥善保存",
                                 "Added. The secret is shown this once; keep it safe"};
    static const phrase none = {"推送端点没有可选的事件", "push endpoints have no events to choose from"};
    const endpoint_options *o = options;
    const char *path;
    json_t *answer;
    if (o->push && o->events)
        return session_usage(s, none, "--event");
    TRY(endpoints_path(s, o, &path));
    json_t *body = json_pack("{s:s}", "url", o->what);
    if (o->events)
        (void)json_object_set_new(body, "events", scopes_array(EVENTS, o->events));
    TRY(remote_post(s, path, body, &answer));
    return answer_done(s, shown, answer, ANSWER_COLUMNS(columns));
}

static err list(session *s, const void *options)
{
    const char *path;
    json_t *answer;
    TRY(endpoints_path(s, options, &path));
    TRY(remote_get(s, path, &answer));
    return answer_list(s, answer, columns, SHOWN_IN_LISTS);
}

static err call_endpoint(session *s, const void *options, const char *method, const char *after, json_t *body,
                         json_t **answer)
{
    const char *path;
    err e = endpoint_path(s, options, after, &path);
    if (e != ERR_OK) {
        json_decref(body);
        return e;
    }
    return remote_call(s, &(remote_request){.method = method, .path = path, .body = body}, answer);
}

static err endpoint_remove(session *s, const void *options)
{
    json_t *answer;
    TRY(call_endpoint(s, options, "DELETE", "", NULL, &answer));
    return answer_done(s,
                       (phrase){"已删除，未送达的消息不再发送", "Removed; what was not delivered is not sent any more"},
                       answer, NULL, 0);
}

static err set_state(session *s, const void *options, const char *state, phrase done)
{
    json_t *answer;
    TRY(call_endpoint(s, options, "PATCH", "", json_pack("{s:s}", "state", state), &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static err endpoint_suspend(session *s, const void *options)
{
    return set_state(s, options, "suspended",
                     (phrase){"已暂停，消息排队，一天后即为失败", "Suspended; messages wait, for a day at the most"});
}

static err endpoint_resume(session *s, const void *options)
{
    return set_state(s, options, "active", (phrase){"已恢复", "Resumed"});
}

static err rotate(session *s, const void *options)
{
    static const phrase shown = {"新密钥只显示这一次；24 小时内新旧密钥各签一次",
                                 "The new secret is shown this once; for 24 hours the old one signs, too"};
    json_t *answer;
    TRY(call_endpoint(s, options, "POST", "/rotate", NULL, &answer));
    return answer_done(s, shown, answer, ANSWER_COLUMNS(columns));
}

static err test(session *s, const void *options)
{
    static const answer_column fields[] = {{{"HTTP 状态", "HTTP status"}, "status", ANSWER_TEXT},
                                           {{"毫秒", "Milliseconds"}, "took_ms", ANSWER_TEXT},
                                           {{"原因", "Error"}, "error", ANSWER_TEXT},
                                           {{"消息标识", "Message"}, "callback", ANSWER_TEXT}};
    static const phrase good = {"测试消息已送达", "The test message was delivered"};
    static const phrase bad = {"测试消息未送达", "The test message was not delivered"};
    json_t *answer;
    TRY(call_endpoint(s, options, "POST", "/test", NULL, &answer));
    bool delivered = json_is_true(json_object_get(answer, "delivered"));
    TRY(answer_done(s, delivered ? good : bad, answer, ANSWER_COLUMNS(fields)));
    if (delivered)
        return ERR_OK;
    s->told = true;
    return ERR_REMOTE;
}

/* ---- the log ---- */

static const answer_column log_columns[] = {
    {{"时间", "Time"}, "happened_at", ANSWER_TIME}, {{"事件", "Event"}, "event", ANSWER_TEXT},
    {{"任务", "Task"}, "task", ANSWER_TEXT},        {{"状态", "State"}, "state", ANSWER_WORD},
    {{"次数", "Tries"}, "tries", ANSWER_TEXT},      {{"应答", "Answer"}, "last_status", ANSWER_TEXT},
    {{"原因", "Error"}, "last_error", ANSWER_TEXT}, {{"下次", "Next"}, "next_at", ANSWER_TIME},
    {{"标识", "Callback"}, "callback", ANSWER_TEXT}};

typedef struct log_options {
    const char *state, *task, *endpoint;
    page_options page;
} log_options;

static const option_row log_rows[] = {{.name = "state",
                                       .kind = OPTION_CHOICE,
                                       .choices = "queued|delivered|failed",
                                       .help = {"状态", "those in this state"},
                                       .offset = offsetof(log_options, state)},
                                      {.name = "task",
                                       .kind = OPTION_TEXT,
                                       .value = "TASK",
                                       .help = {"某一任务的", "those about this task"},
                                       .offset = offsetof(log_options, task)},
                                      {.name = "endpoint",
                                       .kind = OPTION_TEXT,
                                       .value = "ENDPOINT",
                                       .help = {"某一端点的", "those to this endpoint"},
                                       .offset = offsetof(log_options, endpoint)},
                                      PAGE_ROWS(log_options, CALLBACKS_MAX)};

static err show_log(session *s, const void *options)
{
    const log_options *o = options;
    json_t *answer;
    const char *path = page_query(s, "/v1/callbacks", &o->page);
    path = remote_query(s, path, "state", o->state);
    path = remote_query(s, path, "task", o->task);
    TRY(remote_get(s, remote_query(s, path, "endpoint", o->endpoint), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(log_columns));
}

typedef struct replay_options {
    const char *callback, *since, *endpoint;
} replay_options;

static const option_row replay_rows[] = {
    {.name = "CALLBACK",
     .kind = OPTION_TEXT,
     .flags = OPTION_OPERAND,
     .help = {"回调标识，见 yiqian callback log", "its id, from yiqian callback log"},
     .offset = offsetof(replay_options, callback)},
    {.name = "since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = {"此时以来失败的全部，如 2026-03-01T16:30:00+08:00",
              "all that failed since then, 2026-03-01T16:30:00+08:00 for example"},
     .offset = offsetof(replay_options, since)},
    {.name = "endpoint",
     .kind = OPTION_TEXT,
     .value = "ENDPOINT",
     .help = {"与 --since 一起：只限某一端点的", "with --since: only those to this endpoint"},
     .offset = offsetof(replay_options, endpoint)}};

static err replay(session *s, const void *options)
{
    static const phrase one = {"须给回调标识，或 --since", "give a callback's id, or --since"};
    static const answer_column counted[] = {{{"条数", "Messages"}, "replayed", ANSWER_TEXT}};
    const replay_options *o = options;
    json_t *answer;
    if ((o->callback != NULL) == (o->since != NULL) || (o->endpoint && !o->since))
        return session_usage(s, one, NULL);
    if (o->callback) {
        TRY(remote_call(
            s, &(remote_request){.method = "POST", .path = remote_path(s, "/v1/callbacks/", o->callback, "/replay")},
            &answer));
        return answer_done(s, (phrase){"已重新排队", "Queued again"}, answer, ANSWER_COLUMNS(log_columns));
    }
    json_t *body = json_pack("{s:s, s:s*}", "since", o->since, "endpoint", o->endpoint);
    TRY(remote_post(s, "/v1/callbacks/replay", body, &answer));
    return answer_done(s, (phrase){"已重新排队", "Queued again"}, answer, ANSWER_COLUMNS(counted));
}

#define ENDPOINT_COMMAND(name_, zh, en, rows, act)                                                                     \
    {                                                                                                                  \
        .name = (name_), .summary = {zh, en}, .caller = CALLER_OPERATOR, COMMAND_OPTIONS(rows, endpoint_options),      \
        .run = (act)                                                                                                   \
    }

static const command commands[] = {
    ENDPOINT_COMMAND("add", "添加回调端点", "add an endpoint", add_rows, add),
    ENDPOINT_COMMAND("list", "列出回调端点", "list endpoints", list_rows, list),
    {.name = "log",
     .summary = {"回调日志", "what was sent, and what became of it"},
     .caller = CALLER_EITHER,
     COMMAND_OPTIONS(log_rows, log_options),
     .run = show_log},
    ENDPOINT_COMMAND("remove", "删除回调端点", "remove an endpoint", one_rows, endpoint_remove),
    {.name = "replay",
     .summary = {"重发回调，标识不变", "send again, under the same id"},
     .caller = CALLER_EITHER,
     COMMAND_OPTIONS(replay_rows, replay_options),
     .run = replay},
    ENDPOINT_COMMAND("resume", "恢复回调端点", "resume an endpoint", one_rows, endpoint_resume),
    ENDPOINT_COMMAND("rotate", "更换密钥", "a new secret", one_rows, rotate),
    ENDPOINT_COMMAND("suspend", "暂停回调端点", "suspend an endpoint", one_rows, endpoint_suspend),
    ENDPOINT_COMMAND("test", "立即发送一条测试消息", "send a test message now", one_rows, test),
};

const command_group callback_group = {.name = "callback",
                                      .summary = {"结果的回调与推送唤醒", "callbacks of results, and waking of phones"},
                                      COMMAND_GROUP(commands)};
