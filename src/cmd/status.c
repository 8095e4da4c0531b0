#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"

static const answer_column health_columns[] = {
    {{"状态", "Status"}, "status", ANSWER_WORD},   {{"警告", "Warning"}, "warning", ANSWER_WORD},
    {{"版本", "Version"}, "version", ANSWER_TEXT}, {{"服务器时间", "Server's time"}, "time", ANSWER_TIME},
    {{"时钟", "Clock"}, "clock", ANSWER_WORD},     {{"沙箱", "Sandbox"}, "sandbox", ANSWER_TEXT}};

static const answer_column self_test_columns[] = {{{"自检", "Self-tests"}, "state", ANSWER_WORD},
                                                  {{"未通过", "Failed"}, "failed", ANSWER_TEXT},
                                                  {{"自检时间", "Run at"}, "time", ANSWER_TIME},
                                                  {{"已通过", "Passed"}, "passed", ANSWER_TEXT}};

static const answer_column figure_columns[] = {
    {{"请求数", "Requests"}, "requests", ANSWER_TEXT},
    {{"写入事务", "Units of work"}, "store_units", ANSWER_TEXT},
    {{"组提交", "Group commits"}, "store_groups", ANSWER_TEXT},
    {{"CPU 总计（毫秒）", "CPU in all (ms)"}, "process_cpu_ns", ANSWER_MS},
    {{"CPU 密码运算（毫秒）", "CPU, cryptography (ms)"}, "crypto_cpu_ns", ANSWER_MS},
    {{"CPU 网络（毫秒）", "CPU, network (ms)"}, "http_loops_cpu_ns", ANSWER_MS},
    {{"CPU 请求处理（毫秒）", "CPU, request workers (ms)"}, "workers_cpu_ns", ANSWER_MS},
    {{"CPU 数据库写入（毫秒）", "CPU, database writer (ms)"}, "store_writer_cpu_ns", ANSWER_MS}};

static err status(session *s, const void *options)
{
    enum { UNWELL = 503 };
    json_t *health, *tests, *figures;
    (void)options;
    TRY(remote_call(s, &(remote_request){.method = "GET", .path = "/v1/health", .also = UNWELL}, &health));
    const char *word = answer_text(health, "status");
    err well = word && strcmp(word, "ok") == 0 ? ERR_OK : ERR_REMOTE;
    TRY(remote_get(s, "/v1/system/self-tests", &tests));
    TRY(remote_get(s, "/v1/system/figures", &figures));
    if (s->common.json) {
        json_t *both = json_pack("{s:O, s:O, s:O}", "health", health, "self_tests", tests, "figures", figures);
        err e = both ? answer_dump(both) : ERR_MEMORY;
        json_decref(both);
        s->told = e == ERR_OK;
        return e == ERR_OK ? well : e;
    }
    TRY(answer_show(s, health, ANSWER_COLUMNS(health_columns)));
    TRY(answer_show(s, tests, ANSWER_COLUMNS(self_test_columns)));
    TRY(answer_done(s, (phrase){"启动以来", "Since its start"}, figures, ANSWER_COLUMNS(figure_columns)));
    s->told = true; /* the status says it */
    return well;
}

static const command commands[] = {
    {.summary = {"服务器是否正常，以及启动以来的用量", "whether the server is well, and what it did since its start"},
     .caller = CALLER_OPERATOR,
     .run = status}};

const command_group status_group = {
    .name = "status", .summary = {"服务器状态", "the server's state"}, COMMAND_GROUP(commands)};
