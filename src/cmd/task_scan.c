#include "cmd/task_scan.h"

#include "cmd/answer.h"
#include "cmd/remote.h"
#include "cmd/scan_code.h"

enum { EXPIRES_MIN = 30, EXPIRES_MAX = 600 };

const option_row task_scan_rows[TASK_SCAN_ROWS] = {
    {.name = "TASK",
     .kind = OPTION_TEXT,
     .flags = OPTION_OPERAND,
     .help = {"任务标识", "the task's id"},
     .offset = offsetof(task_scan_options, task)},
    {.name = "batch",
     .kind = OPTION_TEXT,
     .value = "BATCH",
     .help = {"代替任务：一个批次（只有一位签名人）", "instead of a task: a batch, which has one signer"},
     .offset = offsetof(task_scan_options, batch)},
    {.name = "expires-in",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = EXPIRES_MIN,
     .max = EXPIRES_MAX,
     .help = {"多久之内可以扫码，30 秒到 10 分钟（默认 5m）", "how long it can be scanned, 30 s to 10 min (5m)"},
     .offset = offsetof(task_scan_options, expires_in)},
    SCAN_CODE_TEXT_ROW(task_scan_options)};

err task_scan(session *s, const void *options)
{
    static const phrase which = {"请给出任务，或 --batch", "say which task, or --batch"};
    const task_scan_options *o = options;
    json_t *answer;
    if (!o->task == !o->batch)
        return session_usage(s, which, NULL);
    json_t *expires = o->expires_in ? json_integer(o->expires_in) : NULL;
    TRY(remote_post(s, "/v1/scans",
                    json_pack("{s:s*, s:s*, s:o*}", "task", o->task, "batch", o->batch, "expires_in", expires),
                    &answer));
    return scan_code_show(s, remote_path(s, "/v1/scans/", answer_text(answer, "scan"), "/code"), o->text);
}
