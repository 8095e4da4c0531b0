#include "cmd/task.h"

#include <string.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"
#include "cmd/task_scan.h"

enum { TASKS_MAX = 1000, EXPIRES_MIN = 60, EXPIRES_MAX = 90 * 86400, WAIT_MAX = 86400 };

static const answer_column columns[] = {{{"任务", "Task"}, "task", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"签名人", "Signer"}, "signer.name", ANSWER_TEXT},
                                        {{"工号", "Staff no."}, "signer.staff_no", ANSWER_TEXT},
                                        {{"标题", "Title"}, "title", ANSWER_TEXT},
                                        {{"业务编号", "Reference"}, "reference", ANSWER_TEXT},
                                        {{"发起时间", "Created"}, "created_at", ANSWER_TIME},
                                        {{"签名时间", "Signed"}, "signature.signed_at", ANSWER_TIME}};

static const answer_column details[] = {
    {{"任务", "Task"}, "task", ANSWER_TEXT},
    {{"状态", "State"}, "state", ANSWER_WORD},
    {{"签名人", "Signer"}, "signer.name", ANSWER_TEXT},
    {{"工号", "Staff no."}, "signer.staff_no", ANSWER_TEXT},
    {{"科室", "Department"}, "department", ANSWER_TEXT},
    {{"标题", "Title"}, "title", ANSWER_TEXT},
    {{"描述", "Description"}, "description", ANSWER_TEXT},
    {{"业务编号", "Reference"}, "reference", ANSWER_TEXT},
    {{"病历类别", "Record type"}, "record_type", ANSWER_TEXT},
    {{"优先级", "Priority"}, "priority", ANSWER_WORD},
    {{"批次", "Batch"}, "batch", ANSWER_TEXT},
    {{"前序任务", "After task"}, "after_task", ANSWER_TEXT},
    {{"形式", "Form"}, "form", ANSWER_TEXT},
    {{"文档类型", "Media type"}, "media_type", ANSWER_TEXT},
    {{"文档字节数", "Document bytes"}, "document_size", ANSWER_TEXT},
    {{"文档摘要 SM3", "Digest SM3"}, "digest", ANSWER_HEX},
    {{"发起时间", "Created"}, "created_at", ANSWER_TIME},
    {{"过期时间", "Expires"}, "expires_at", ANSWER_TIME},
    {{"结束时间", "Finished"}, "finished_at", ANSWER_TIME},
    {{"原因", "Reason"}, "reason", ANSWER_TEXT},
    {{"可能有未交回的签名", "A signature may be unsent"}, "signature_may_exist", ANSWER_TEXT},
    {{"签名时间", "Signed"}, "signature.signed_at", ANSWER_TIME},
    {{"签名算法", "Algorithm"}, "signature.algorithm", ANSWER_TEXT},
    {{"签名者 ID", "Signer's ID"}, "signature.id", ANSWER_TEXT},
    {{"签名值 r‖s", "Signature r‖s"}, "signature.rs", ANSWER_HEX},
    {{"证书序列号", "Certificate"}, "signature.serial", ANSWER_TEXT},
    {{"时间戳", "Timestamp"}, "timestamp.time", ANSWER_TEXT},
    {{"时间戳误差（微秒）", "Its accuracy (µs)"}, "timestamp.accuracy_us", ANSWER_TEXT},
    {{"时间戳序列号", "Its serial number"}, "timestamp.serial", ANSWER_TEXT},
    {{"时间戳策略", "Its policy"}, "timestamp.policy", ANSWER_TEXT}};

err task_told(session *s, const phrase *done, const json_t *task)
{
    static const phrase pending = {"时间戳待补：签名时可信时间不可用，或时间戳单元 sm2 已停用，恢复后自动加盖",
                                   "The timestamp is still to come: the time could not be trusted, or the unit sm2 was "
                                   "stopped; it is made as soon as that is over"};
    const char *timestamp = answer_text(task, "timestamp.state");
    TRY(done ? answer_done(s, *done, task, ANSWER_COLUMNS(details)) : answer_show(s, task, ANSWER_COLUMNS(details)));
    if (!s->common.json && timestamp && strcmp(timestamp, "pending") == 0)
        printf("%s\n", say(pending));
    return ERR_OK;
}

/* ---- create ---- */

static const option_row create_rows[] = {
    {.name = "signer",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "STAFF_NO",
     .help = {"签名人的工号", "the signer's staff number"},
     .offset = offsetof(task_create_options, signer)},
    {.name = "file",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"要签名的文档；除给出 --document-of 外必填", "the document to sign; required, but with --document-of"},
     .offset = offsetof(task_create_options, file)},
    {.name = "form",
     .kind = OPTION_CHOICE,
     .choices = "raw|digest|cms",
     .help = {"签名形式：raw 对文档本身，digest 对文档的 SM3 摘要，cms 对含摘要、签名时间与证书的签名属性（GM/T 0010 "
              "签名数据）；默认 raw",
              "what is signed: raw, the document itself; digest, its SM3 digest; cms, attributes with digest, signing "
              "time and certificate (GM/T 0010 SignedData) (raw)"},
     .offset = offsetof(task_create_options, form)},
    {.name = "title",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"标题，在手机上显示（默认：文件名）", "the title that the phone shows (the file's name)"},
     .offset = offsetof(task_create_options, title)},
    {.name = "description",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"签名描述", "the description that the phone shows"},
     .offset = offsetof(task_create_options, description)},
    {.name = "reference",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"业务编号，如住院号", "the business system's own number"},
     .offset = offsetof(task_create_options, reference)},
    {.name = "department",
     .kind = OPTION_TEXT,
     .value = "D",
     .help = {"科室（默认：签名人的第一个科室）", "the department (the signer's first)"},
     .offset = offsetof(task_create_options, department)},
    {.name = "field",
     .kind = OPTION_LIST,
     .value = "LABEL=VALUE",
     .help = {"在手机上显示的一项，可多次给出", "one thing that the phone shows; may be given several times"},
     .offset = offsetof(task_create_options, fields)},
    {.name = "record-type",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"病历类别", "the type of record"},
     .offset = offsetof(task_create_options, record_type)},
    {.name = "priority",
     .kind = OPTION_CHOICE,
     .choices = "normal|high|urgent",
     .help = {"优先级：normal 普通、high 高、urgent 紧急（默认 normal）", "the priority (normal)"},
     .offset = offsetof(task_create_options, priority)},
    {.name = "after-task",
     .kind = OPTION_TEXT,
     .value = "TASK",
     .help = {"等这个任务签名之后", "wait until this task is signed"},
     .offset = offsetof(task_create_options, after_task)},
    {.name = "document-of",
     .kind = OPTION_TEXT,
     .value = "TASK",
     .help = {"对这个任务的文档签名（会签、上级审签）", "sign the document of this task too (countersignature)"},
     .offset = offsetof(task_create_options, document_of)},
    {.name = "media-type",
     .kind = OPTION_TEXT,
     .value = "TYPE",
     .help = {"文档类型（默认按扩展名）", "the document's media type (by its name)"},
     .offset = offsetof(task_create_options, media_type)},
    {.name = "expires-in",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = EXPIRES_MIN,
     .max = EXPIRES_MAX,
     .help = {"多久后过期，如 2h、7d（默认 7d）", "when it expires: 2h, 7d (7d)"},
     .offset = offsetof(task_create_options, expires_in)},
    {.name = "idempotency-key",
     .kind = OPTION_TEXT,
     .value = "KEY",
     .help = {"幂等键：相同的请求重发时不会产生第二个任务",
              "the same request sent again with this key makes no second task"},
     .offset = offsetof(task_create_options, idempotency_key)},
    {.name = "digest-only",
     .kind = OPTION_FLAG,
     .help = {"不上传文档，只提交摘要（形式为 digest，或给出的 cms）",
              "do not send the document, only its digest (form digest, or cms where given)"},
     .offset = offsetof(task_create_options, digest_only)}};

/* ---- show and signature ---- */

#define TASK_ROW(type)                                                                                                 \
    {                                                                                                                  \
        .name = "TASK", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                                \
        .help = {"任务标识", "the task's id"}, .offset = offsetof(type, id)                                            \
    }

#define WAIT_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "wait", .kind = OPTION_SECONDS, .value = "SECONDS", .min = 1, .max = WAIT_MAX,                         \
        .help = {"等到任务结束（签名、取消、过期），最多这么久",                                                       \
                 "wait until it is finished (signed, cancelled, expired), so long at the most"},                       \
        .offset = offsetof(task_result_options, wait)                                                                  \
    }

static const option_row show_rows[] = {TASK_ROW(task_result_options), WAIT_ROW};

static const option_row signature_rows[] = {
    TASK_ROW(task_result_options),
    {.name = "output",
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED,
     .value = "FILE",
     .help = {"写入的文件", "the file to write"},
     .offset = offsetof(task_result_options, output)},
    {.name = "encoding",
     .kind = OPTION_CHOICE,
     .choices = "p7s|der|rs",
     .help = {"p7s 签名数据 SignedData（仅 cms 形式）、der 即 SEQUENCE {r, s}、rs 即 64 字节 r‖s（默认：cms 形式为 "
              "p7s，否则 "
              "der）",
              "p7s, SignedData (form cms only); der, SEQUENCE {r, s}; rs, 64 bytes r‖s (p7s of form cms, else der)"},
     .offset = offsetof(task_result_options, encoding)},
    {.name = "certificate",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"把签名证书及其上级证书（PEM）写入文件",
              "write the signer's certificate and those above it (PEM) to a file"},
     .offset = offsetof(task_result_options, certificate)},
    {.name = "timestamp",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"把签名的时间戳令牌（RFC 3161，DER）写入文件",
              "write the signature's timestamp token (RFC 3161, DER) to a file"},
     .offset = offsetof(task_result_options, timestamp)},
    WAIT_ROW};

/* ---- list and cancel ---- */

typedef struct list_options {
    const char *state, *reference;
    page_options page;
} list_options;

static const option_row list_rows[] = {
    {.name = "state",
     .kind = OPTION_CHOICE,
     .value = "STATE",
     .choices = "waiting|pending|claimed|signed|withdrawn|declined|cancelled|expired",
     .help =
         {"只列这个状态：waiting 等待前序、pending 待签名、claimed 签名中、signed 已签名、withdrawn 已撤回、declined "
          "已拒签、cancelled 已取消、expired 已过期",
          "only in this state: waiting, pending, claimed, signed, withdrawn, declined, cancelled, expired"},
     .offset = offsetof(list_options, state)},
    {.name = "reference",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"只列这个业务编号", "only with this reference"},
     .offset = offsetof(list_options, reference)},
    PAGE_ROWS(list_options, TASKS_MAX)};

static err list(session *s, const void *options)
{
    const list_options *o = options;
    const char *path = remote_query(s, page_query(s, "/v1/tasks", &o->page), "state", o->state);
    json_t *answer;
    TRY(remote_get(s, remote_query(s, path, "reference", o->reference), &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

typedef struct end_options {
    const char *id, *reason;
} end_options;

#define REASON_ROW(needed)                                                                                             \
    {                                                                                                                  \
        .name = "reason", .kind = OPTION_TEXT, .flags = (needed), .value = "TEXT", .help = {"原因", "why"},            \
        .offset = offsetof(end_options, reason)                                                                        \
    }

static const option_row cancel_rows[] = {TASK_ROW(end_options), REASON_ROW(0)};
static const option_row withdraw_rows[] = {TASK_ROW(end_options), REASON_ROW(OPTION_REQUIRED)};

static err end_task(session *s, const end_options *o, const char *act, phrase done)
{
    json_t *answer;
    TRY(remote_post(s, remote_path(s, "/v1/tasks/", o->id, act), json_pack("{s:s*}", "reason", o->reason), &answer));
    return task_told(s, &done, answer);
}

static err cancel(session *s, const void *options)
{
    return end_task(s, options, "/cancel", (phrase){"已取消任务", "The task is cancelled"});
}

static err withdraw(session *s, const void *options)
{
    return end_task(s, options, "/withdraw", (phrase){"已撤回签名", "The signature is withdrawn"});
}

/* ---- batch ---- */

static const option_row batch_rows[] = {
    {.name = "FILE",
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help =
         {"JSON 文件：任务的数组，各任务如 POST /v1/tasks；\"file\" 给出文档的路径，代替 \"document\"",
          "a JSON file: an array of tasks as POST /v1/tasks takes them; \"file\" names a document's file instead of "
          "\"document\""},
     .offset = offsetof(task_batch_options, file)},
    {.name = "title",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"批次的标题（默认：文件名）", "the batch's title (the file's name)"},
     .offset = offsetof(task_batch_options, title)},
    {.name = "idempotency-key",
     .kind = OPTION_TEXT,
     .value = "KEY",
     .help = {"幂等键：相同的请求重发时不会产生第二个批次",
              "the same request sent again with this key makes no second batch"},
     .offset = offsetof(task_batch_options, idempotency_key)}};

static const command commands[] = {
    {.name = "batch",
     .summary = {"一次发起多个任务，要么全部要么没有", "start many tasks in one call, all or none"},
     .notes = {"例：yiqian task batch --credential emr.json 出院病历.json",
               "Example: yiqian task batch --credential emr.json discharges.json"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(batch_rows, task_batch_options),
     .run = task_batch},
    {.name = "cancel",
     .summary = {"取消任务", "cancel a task"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(cancel_rows, end_options),
     .run = cancel},
    {.name = "create",
     .summary = {"发起任务：请一个人签一份文档", "start a task: one person signs one document"},
     .notes =
         {"例：yiqian task create --credential emr.json --signer D1001 --file 出院小结.pdf --reference ZY20260301-007",
          "Example: yiqian task create --credential emr.json --signer D1001 --file summary.pdf --reference "
          "ZY20260301-007"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(create_rows, task_create_options),
     .run = task_create},
    {.name = "list",
     .summary = {"列出本系统的任务", "list the tasks of this business system"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
    {.name = "scan-code",
     .summary = {"扫码签名：显示每秒变化的二维码，由签名人用手机扫",
                 "sign by scanning: a QR code that changes each second"},
     .notes = {"手机扫码后列出任务，以 PIN 签名；照片或转发的码 5 秒后失效。结果用 yiqian task show --wait 查看",
               "The phone that scans it lists the tasks and signs with the PIN; a photograph is dead after 5 seconds. "
               "yiqian task show --wait tells what became of them"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(task_scan_rows, task_scan_options),
     .run = task_scan},
    {.name = "show",
     .summary = {"查看任务，可等待其结束", "show a task, wait for its end"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(show_rows, task_result_options),
     .run = task_show},
    {.name = "signature",
     .summary = {"把任务的签名存为文件（.p7s、DER 或 r‖s）", "save a task's signature to a file (.p7s, DER or r‖s)"},
     .notes = {"例：yiqian task signature TASK --output 出院小结.pdf.p7s --wait 10m --credential emr.json",
               "Example: yiqian task signature TASK --output summary.pdf.p7s --wait 10m --credential emr.json"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(signature_rows, task_result_options),
     .run = task_signature},
    {.name = "withdraw",
     .summary = {"撤回已签名的任务，签名仍可读取并标明", "withdraw a signed task; its signature stays, marked"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(withdraw_rows, end_options),
     .run = withdraw},
};

const command_group task_group = {.name = "task",
                                  .summary = {"签名任务：发起、查看、取消", "signing tasks: create, show, cancel"},
                                  COMMAND_GROUP(commands)};
