/* `yiqian time`: what the time is, how well that is known, and what each source said. */
#include "cmd/time.h"

#include <inttypes.h>

#include "cmd/answer.h"
#include "cmd/remote.h"
#include "cmd/table.h"

static const answer_column time_columns[] = {{{"协调世界时", "UTC"}, "utc", ANSWER_TEXT},
                                             {{"误差上限（微秒）", "Error at most (us)"}, "error_us", ANSWER_TEXT}};

static const answer_column clock_columns[] = {
    {{"时钟", "Clock"}, "state", ANSWER_WORD},
    {{"原因", "Because"}, "reason", ANSWER_WORD},
    {{"核对时间", "Checked at"}, "measured_at", ANSWER_TIME},
    {{"核对时的误差上限（微秒）", "Error at most, then (us)"}, "error_us", ANSWER_TEXT},
    {{"允许误差（微秒）", "Limit (us)"}, "limit_us", ANSWER_TEXT},
    {{"知道时间的来源", "Sources that know the time"}, "voices", ANSWER_TEXT},
    {{"其中一致的", "Of these agreeing"}, "agreeing", ANSWER_TEXT},
    {{"须一致的", "That must agree"}, "needed", ANSWER_TEXT},
    {{"闰秒", "Leap second"}, "leap", ANSWER_TEXT},
    {{"无来源可守时（秒）", "Holds without sources (s)"}, "holdover_seconds", ANSWER_TEXT}};

static const phrase source_headings[] = {{"来源", "Source"},       {"名称", "Name"},
                                         {"采用", "Agrees"},       {"本机偏差（微秒）", "Our clock ahead (us)"},
                                         {"±（微秒）", "+- (us)"}, {"所报", "Said"}};
enum { SOURCE_COLUMNS = sizeof source_headings / sizeof *source_headings };

static const char *number(session *s, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? arena_printf(s->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value)) : NULL;
}

static err print_sources(session *s, const json_t *sources)
{
    static const phrase yes = {"是", "yes"}, no = {"否", "no"};
    size_t i;
    const json_t *one;
    if (json_array_size(sources) == 0)
        return ERR_OK;
    table *t = table_headed(s->arena, source_headings, SOURCE_COLUMNS);
    json_array_foreach(sources, i, one)
    {
        const char *cells[SOURCE_COLUMNS] = {answer_text(one, "kind"),
                                             answer_text(one, "id"),
                                             json_is_true(json_object_get(one, "agrees")) ? say(yes) : say(no),
                                             number(s, one, "offset_us"),
                                             number(s, one, "bound_us"),
                                             answer_text(one, "said")};
        TRY(table_add(t, cells));
    }
    printf("\n");
    table_print(stdout, t, 0);
    return ERR_OK;
}

/* A server that does not know the time says so instead of giving one: that is an answer, too. */
static err show(session *s, const void *options)
{
    enum { UNKNOWN = 503 };
    json_t *now, *clock;
    (void)options;
    TRY(remote_get(s, "/v1/tsa/clock", &clock));
    TRY(remote_call(s, &(remote_request){.method = "GET", .path = "/v1/time", .also = UNKNOWN}, &now));
    bool known = answer_text(now, "utc") != NULL;
    if (s->common.json) {
        json_t *both = json_pack("{s:O, s:O}", "time", now, "clock", clock);
        err e = both ? answer_dump(both) : ERR_MEMORY;
        json_decref(both);
        TRY(e);
    } else {
        if (known)
            TRY(answer_show(s, now, ANSWER_COLUMNS(time_columns)));
        TRY(answer_show(s, clock, ANSWER_COLUMNS(clock_columns)));
        TRY(print_sources(s, json_object_get(clock, "sources")));
    }
    static const phrase lost = {"时间不可信，时间戳已停发", "the time is not known: no timestamps are issued"},
                        hint = {"查看上列各来源，以及 docs/operations/time.md",
                                "see what each source says, and docs/operations/time.md"};
    return known ? ERR_OK : session_fail(s, ERR_TIME, lost, answer_text(clock, "reason"), hint);
}

static const command commands[] = {
    {.summary = {"当前时间、误差上限，以及每个时间源所报",
                 "the time, how far it may be off, and what each source says"},
     .caller = CALLER_OPERATOR,
     .run = show},
    {.name = "history",
     .summary = {"时钟状态的签名历史；--check 逐条核验",
                 "the signed history of the clock's states; --check verifies it link by link"},
     .notes = {"核验在本机进行：签名、链接与签名者证书（由本服务器的签发 CA 所发）逐一验证",
               "The check runs here: signatures, links, and that the server's issuing CA certified who signed"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(time_history_rows, time_history_options),
     .run = time_history}};

const command_group time_group = {
    .name = "time", .summary = {"时间与时钟状态", "the time, and the state of the clock"}, COMMAND_GROUP(commands)};
