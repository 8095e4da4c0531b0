/* `yiqian alarm`: what is wrong, and who has it in hand. */
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"

enum { ALARMS_MAX = 200 };

static const answer_column columns[] = {
    {{"标识", "Id"}, "alarm", ANSWER_TEXT},        {{"级别", "Severity"}, "severity", ANSWER_WORD},
    {{"状态", "State"}, "state", ANSWER_TEXT},     {{"检测项", "Check"}, "kind", ANSWER_TEXT},
    {{"对象", "Subject"}, "subject", ANSWER_TEXT}, {{"现值", "Value"}, "value", ANSWER_TEXT},
    {{"起始", "Since"}, "opened_at", ANSWER_TIME}, {{"最近", "Last seen"}, "seen_at", ANSWER_TIME},
    {{"恢复", "Over"}, "closed_at", ANSWER_TIME},  {{"确认人", "Acknowledged by"}, "acknowledged_by", ANSWER_TEXT}};

typedef struct list_options {
    const char *state;
    int64_t limit;
    const char *alarm;
} list_options;

static const option_row list_rows[] = {
    {.name = "state",
     .kind = OPTION_CHOICE,
     .choices = "unclosed|open|acknowledged|closed",
     .help = {"状态（默认 unclosed，即未恢复的）", "the state (unclosed: those that are not over)"},
     .offset = offsetof(list_options, state)},
    {.name = "limit",
     .kind = OPTION_INT,
     .value = "N",
     .min = 1,
     .max = ALARMS_MAX,
     .help = {"最多几行（默认 100）", "how many rows at the most (100)"},
     .offset = offsetof(list_options, limit)}};

static const option_row one_rows[] = {{.name = "ALARM",
                                       .kind = OPTION_TEXT,
                                       .flags = OPTION_REQUIRED | OPTION_OPERAND,
                                       .help = {"告警标识，见 yiqian alarm list", "its id, from yiqian alarm list"},
                                       .offset = offsetof(list_options, alarm)}};

static err list(session *s, const void *options)
{
    const list_options *o = options;
    json_t *answer;
    const char *path = remote_query(s, "/v1/alarms", "state", o->state ? o->state : "unclosed");
    TRY(remote_get(s, remote_query_int(s, path, "limit", o->limit), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

static err acknowledge(session *s, const void *options)
{
    static const phrase done = {"已确认，恢复之前不再通知", "Acknowledged: it is not told again until it is over"};
    const list_options *o = options;
    json_t *answer;
    TRY(remote_call(
        s, &(remote_request){.method = "POST", .path = remote_path(s, "/v1/alarms/", o->alarm, "/acknowledge")},
        &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static const command commands[] = {{.name = "acknowledge",
                                    .summary = {"确认告警：已有人处理", "somebody has it in hand"},
                                    .caller = CALLER_OPERATOR,
                                    COMMAND_OPTIONS(one_rows, list_options),
                                    .run = acknowledge},
                                   {.name = "list",
                                    .summary = {"列出告警", "list alarms"},
                                    .caller = CALLER_OPERATOR,
                                    COMMAND_OPTIONS(list_rows, list_options),
                                    .run = list}};

const command_group alarm_group = {
    .name = "alarm", .summary = {"告警：查看、确认", "alarms: list, acknowledge"}, COMMAND_GROUP(commands)};
