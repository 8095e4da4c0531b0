/* `yiqian workstation`: the operator's register of workstations, and the registration on the machine itself. */
#include "cmd/workstation.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/device_words.h"
#include "cmd/page.h"
#include "cmd/remote.h"

enum { WORKSTATIONS_MAX = 1000 };

static const phrase nothing = {NULL, NULL};

/* ---- the machine's own ---- */

static const char *directory(session *s, const char *given)
{
    const char *variable = getenv("YIQIAN_WORKSTATION_DIR"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (given)
        return given;
    if (variable && *variable)
        return variable;
    if (data && *data == '/')
        return arena_printf(s->arena, "%s/yiqian/workstation", data);
    return home && *home ? arena_printf(s->arena, "%s/.local/share/yiqian/workstation", home) : NULL;
}

static err fail(session *s, yq_status status, const yq_problem *problem, const char *cause)
{
    device_words_tell(s->arena, status, problem, cause);
    s->told = true;
    return device_words_exit(status) == EXIT_USAGE         ? ERR_ARG
           : device_words_exit(status) == EXIT_UNREACHABLE ? ERR_TRANSPORT
                                                           : ERR_REMOTE;
}

err workstation_open(session *s, const char *dir, workstation_run *out)
{
    static const phrase busy = {"另一个进程正在使用这个工作站目录",
                                "another process uses this workstation's directory"},
                        nowhere = {"不知道工作站目录：用 --dir",
                                   "where the workstation's directory is, is not known: use --dir"};
    *out = (workstation_run){.dir = directory(s, dir)};
    if (!out->dir)
        return session_usage(s, nowhere, NULL);
    err e = phone_open(&out->phone, out->dir, s->common.ca_file);
    if (e == ERR_BUSY)
        return session_fail(s, e, busy, out->dir, nothing);
    if (e != ERR_OK)
        return session_file_failed(s, e, out->dir);
    yq_status status = yq_workstation_open(&out->workstation, phone_platform(out->phone), NULL);
    return status == YQ_OK ? ERR_OK : fail(s, status, NULL, phone_message(out->phone));
}

void workstation_close(workstation_run *w)
{
    yq_workstation_close(w->workstation);
    phone_close(w->phone);
}

err workstation_require(session *s, const workstation_run *w, yq_workstation_info *out)
{
    static const phrase none = {"本机尚未登记为工作站", "this machine is not registered as a workstation"},
                        first = {"先执行 yiqian workstation enrol", "run yiqian workstation enrol first"};
    yq_status status = yq_workstation_describe(w->workstation, out);
    if (status == YQ_NOT_FOUND)
        return session_fail(s, ERR_NOT_FOUND, none, w->dir, first);
    return status == YQ_OK ? ERR_OK : fail(s, status, NULL, "");
}

/* ---- enrol ---- */

typedef struct enrol_options {
    const char *dir, *name, *code;
    bool replace;
} enrol_options;

static const option_row enrol_rows[] = {
    {.name = "name",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "NAME",
     .help = {"操作员登记的工作站名称", "the workstation's name, as the operator gave it"},
     .offset = offsetof(enrol_options, name)},
    {.name = "code",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "CODE",
     .help = {"登记码", "the registration code"},
     .offset = offsetof(enrol_options, code)},
    WORKSTATION_DIR_ROW(enrol_options),
    {.name = "replace",
     .kind = OPTION_FLAG,
     .help = {"放弃本机原有的登记", "give up the registration that is here"},
     .offset = offsetof(enrol_options, replace)}};

static const answer_column own[] = {{{"工作站", "Workstation"}, "workstation", ANSWER_TEXT},
                                    {{"名称", "Name"}, "name", ANSWER_TEXT},
                                    {{"位置", "Place"}, "place", ANSWER_TEXT},
                                    {{"服务器", "Server"}, "server", ANSWER_TEXT}};

static err enrol_opened(session *s, const enrol_options *o, const workstation_run *w)
{
    static const phrase there = {"本机已登记；要重新登记用 --replace",
                                 "registered already; to begin anew use --replace"};
    yq_problem problem = {0};
    yq_workstation_info info;
    yq_status status = o->replace ? yq_workstation_forget(w->workstation) : YQ_OK;
    if (status == YQ_OK)
        status = yq_workstation_register(w->workstation, connection_server(&s->common), o->name, o->code, &problem);
    if (status == YQ_WRONG_STATE)
        return session_fail(s, ERR_CONFLICT, there, w->dir, nothing);
    if (status != YQ_OK)
        return fail(s, status, &problem, phone_message(w->phone));
    TRY(workstation_require(s, w, &info));
    json_t *answer = json_pack("{s:s, s:s, s:s, s:s}", "workstation", info.workstation, "name", info.name, "place",
                               info.place, "server", info.server);
    if (!answer || json_array_append_new(s->answers, answer) != 0)
        return ERR_MEMORY;
    return answer_done(s, (phrase){"本机已登记为工作站", "This machine is registered as a workstation"}, answer,
                       ANSWER_COLUMNS(own));
}

static err enrol(session *s, const void *options)
{
    const enrol_options *o = options;
    workstation_run w;
    err e = workstation_open(s, o->dir, &w);
    if (e == ERR_OK)
        e = enrol_opened(s, o, &w);
    workstation_close(&w);
    return e;
}

/* ---- the operator's ---- */

static const answer_column columns[] = {{{"标识", "Id"}, "workstation", ANSWER_TEXT},
                                        {{"名称", "Name"}, "name", ANSWER_TEXT},
                                        {{"位置", "Place"}, "place", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"添加时间", "Added"}, "created_at", ANSWER_TIME}};

typedef struct add_options {
    const char *name, *place, *once;
} add_options;

static const option_row add_rows[] = {
    {.name = "name",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "NAME",
     .help = {"名称，写入证书，手机上显示", "its name: goes into the certificate, and is shown on phones"},
     .offset = offsetof(add_options, name)},
    {.name = "place",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "PLACE",
     .help = {"位置，如“呼吸内科三楼”，手机上显示", "where it stands; shown on phones"},
     .offset = offsetof(add_options, place)},
    {.name = "idempotency-key",
     .kind = OPTION_TEXT,
     .value = "KEY",
     .help = {"同一键重复执行，只添加一台", "the same key again adds no second one"},
     .offset = offsetof(add_options, once)}};

static err add(session *s, const void *options)
{
    static const answer_column fields[] = {{{"标识", "Id"}, "workstation", ANSWER_TEXT},
                                           {{"登记码", "Registration code"}, "registration_code", ANSWER_TEXT},
                                           {{"有效至", "Valid until"}, "expires_at", ANSWER_TIME}};
    static const phrase done = {"登记码只显示这一次；在工作站上执行 yiqian workstation enrol",
                                "The code is shown this once; on the workstation run yiqian workstation enrol"};
    const add_options *o = options;
    json_t *answer;
    remote_request request = {.method = "POST",
                              .path = "/v1/workstations",
                              .body = json_pack("{s:s, s:s}", "name", o->name, "place", o->place),
                              .idempotency_key = o->once};
    if (!request.body)
        return ERR_MEMORY;
    TRY(remote_call(s, &request, &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(fields));
}

typedef struct list_options {
    page_options page;
} list_options;

static const option_row list_rows[] = {PAGE_ROWS(list_options, WORKSTATIONS_MAX)};

static err list(session *s, const void *options)
{
    const list_options *o = options;
    json_t *answer;
    TRY(remote_get(s, page_query(s, "/v1/workstations", &o->page), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

typedef struct remove_options {
    const char *id;
} remove_options;

static const option_row remove_rows[] = {
    {.name = "ID",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"工作站的标识（见 yiqian workstation list）", "its id (see yiqian workstation list)"},
     .offset = offsetof(remove_options, id)}};

static err remove_one(session *s, const void *options)
{
    static const phrase done = {"已移除，其授权已全部结束", "Removed; its authorisations have ended"};
    const remove_options *o = options;
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "DELETE", .path = remote_path(s, "/v1/workstations/", o->id, "")},
                    &answer));
    return answer_done(s, done, answer, NULL, 0);
}

static const command commands[] = {
    {.name = "add",
     .summary = {"添加工作站，取得登记码", "add a workstation, and get its registration code"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(add_rows, add_options),
     .run = add},
    {.name = "enrol",
     .summary = {"在工作站上：用登记码登记本机", "on the workstation: register this machine with the code"},
     .notes = {"服务器地址取自 --server 或 YIQIAN_SERVER。",
               "The server's address is that of --server or YIQIAN_SERVER."},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(enrol_rows, enrol_options),
     .run = enrol},
    {.name = "list",
     .summary = {"列出工作站", "list workstations"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
    {.name = "remove",
     .summary = {"移除工作站，结束其授权", "remove a workstation, and end its authorisations"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(remove_rows, remove_options),
     .run = remove_one},
};

const command_group workstation_group = {
    .name = "workstation",
    .summary = {"工作站：授权签名用的电脑", "workstations, which people authorise"},
    COMMAND_GROUP(commands)};
