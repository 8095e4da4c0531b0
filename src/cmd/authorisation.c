/* `yiqian authorisation`: what people let workstations sign. */
#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"

enum { AUTHORISATIONS_MAX = 100 };

static const answer_column columns[] = {{{"授权", "Authorisation"}, "authorisation", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"签名人", "Signer"}, "signer", ANSWER_TEXT},
                                        {{"姓名", "Name"}, "signer_name", ANSWER_TEXT},
                                        {{"工作站", "Workstation"}, "workstation.name", ANSWER_TEXT},
                                        {{"已签", "Used"}, "count_used", ANSWER_TEXT},
                                        {{"剩余", "Left"}, "count_left", ANSWER_TEXT},
                                        {{"有效至", "Until"}, "expires_at", ANSWER_TIME},
                                        {{"结束", "Ended by"}, "closed_by", ANSWER_WORD}};

typedef struct list_options {
    const char *state;
    page_options page;
} list_options;

static const option_row list_rows[] = {{.name = "state",
                                        .kind = OPTION_CHOICE,
                                        .choices = "offered|active|closed|expired|exhausted",
                                        .help = {"只列这种状态的", "only those in this state"},
                                        .offset = offsetof(list_options, state)},
                                       PAGE_ROWS(list_options, AUTHORISATIONS_MAX)};

/* Nothing is left of an offer that nobody approved, and nothing is used up. */
static void blank_offered(const json_t *items)
{
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        const char *state = answer_text(item, "state");
        if (state && strcmp(state, "offered") == 0)
            (void)json_object_set_new(item, "count_left", json_string("-"));
    }
}

static err list(session *s, const void *options)
{
    const list_options *o = options;
    json_t *answer;
    TRY(remote_get(s, remote_query(s, page_query(s, "/v1/authorisations", &o->page), "state", o->state), &answer));
    if (!s->common.json)
        blank_offered(json_object_get(answer, "items"));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

typedef struct close_options {
    const char *id;
} close_options;

static const option_row close_rows[] = {
    {.name = "ID",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"授权的标识（见 yiqian authorisation list）", "its id (see yiqian authorisation list)"},
     .offset = offsetof(close_options, id)}};

static err close_one(session *s, const void *options)
{
    static const phrase done = {"已结束，立即生效", "Ended, at once"};
    const close_options *o = options;
    json_t *answer;
    TRY(remote_call(s,
                    &(remote_request){.method = "POST", .path = remote_path(s, "/v1/authorisations/", o->id, "/close")},
                    &answer));
    return answer_done(s, done, answer, NULL, 0);
}

static const command commands[] = {
    {.name = "close",
     .summary = {"结束授权", "end an authorisation"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(close_rows, close_options),
     .run = close_one},
    {.name = "list",
     .summary = {"列出授权", "list authorisations"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
};

const command_group authorisation_group = {
    .name = "authorisation",
    .summary = {"授权签名：谁允许哪台工作站代签", "who lets which workstation sign"},
    COMMAND_GROUP(commands)};
