/* `yiqian check`: the whole system looked at once, for people and for monitoring tools (exit status 0, 1 or 2). */
#include <stdio.h>
#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"
#include "cmd/table.h"

enum { EXIT_WARNING = 1, EXIT_CRITICAL = 2 };

typedef struct check_options {
    bool last, all;
} check_options;

static const option_row rows[] = {{.name = "last",
                                   .kind = OPTION_FLAG,
                                   .help = {"显示最近一次自动检测的结果，不重新检测",
                                            "the newest result of the checks that run by themselves, no new run"},
                                   .offset = offsetof(check_options, last)},
                                  {.name = "all",
                                   .kind = OPTION_FLAG,
                                   .help = {"连同正常的项目", "those, too, that are well"},
                                   .offset = offsetof(check_options, all)}};

static const char *in_language(const json_t *check, const char *name)
{
    const char *text =
        json_string_value(json_object_get(json_object_get(check, name), language_is_chinese() ? "zh" : "en"));
    return text ? text : "";
}

static const char *mark_of(const char *state)
{
    static const struct {
        const char *state;
        phrase mark;
    } marks[] = {{"ok", {"正常", "ok"}},
                 {"unknown", {"未知", "unknown"}},
                 {"warning", {"警告", "WARNING"}},
                 {"failed", {"异常", "FAILED"}}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strcmp(marks[i].state, state) == 0)
            return say(marks[i].mark);
    return state;
}

/* One check: a line, and below it what to do. */
static err show_one(session *s, const json_t *check)
{
    static const phrase limit = {"界限", "limit"};
    const char *state = answer_text(check, "state"), *subject = answer_text(check, "subject"),
               *value = answer_text(check, "value"), *bound = answer_text(check, "limit"),
               *what = in_language(check, "what_to_do");
    if (!state || !subject || !value || !bound)
        return ERR_ANSWER;
    const char *line = arena_printf(s->arena, "%s%s%s%s%s", in_language(check, "name"), *subject ? " " : "", subject,
                                    *value ? ": " : "", value);
    line = line && *bound ? arena_printf(s->arena, "%s (%s %s)", line, say(limit), bound) : line;
    const char *shown = line ? table_printable(s->arena, line) : NULL;
    if (!shown)
        return ERR_MEMORY;
    printf("[%s] %s\n", mark_of(state), shown);
    if (*what)
        printf("    -> %s\n", what);
    return ERR_OK;
}

static err show(session *s, const json_t *report, bool all)
{
    size_t i, hidden = 0;
    const json_t *check;
    json_array_foreach(json_object_get(report, "checks"), i, check)
    {
        const char *state = answer_text(check, "state");
        if (!all && state && strcmp(state, "ok") == 0) {
            hidden++;
            continue;
        }
        TRY(show_one(s, check));
    }
    static const phrase well = {"项正常", "checks are well"};
    if (hidden > 0)
        printf("%zu %s\n", hidden, say(well));
    return ERR_OK;
}

static err run(session *s, const void *options)
{
    const check_options *o = options;
    json_t *report;
    TRY(remote_call(s, &(remote_request){.method = o->last ? "GET" : "POST", .path = "/v1/system/checks"}, &report));
    const char *state = answer_text(report, "state");
    if (!state)
        return ERR_ANSWER;
    TRY(s->common.json ? answer_dump(report) : show(s, report, o->all));
    s->exit_code = strcmp(state, "failed") == 0 ? EXIT_CRITICAL : strcmp(state, "warning") == 0 ? EXIT_WARNING : 0;
    return ERR_OK;
}

static const command commands[] = {
    {.summary = {"一键检测：数据库、磁盘、证书、时钟、密钥、队列、审计日志等，并说明怎么办",
                 "look at everything: database, disk, certificates, clock, keys, queues, audit log; and what to do"},
     .notes = {"退出码供监控工具使用：0 正常（含未知），1 有警告，2 有异常，3 无法连接服务器",
               "The exit status is for monitoring tools: 0 well (or not known), 1 a warning, 2 something failed, 3 no "
               "server "
               "reached"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(rows, check_options),
     .run = run}};

const command_group check_group = {
    .name = "check", .summary = {"一键检测", "check the whole system"}, COMMAND_GROUP(commands)};
