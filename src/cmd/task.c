#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/document.h"
#include "cmd/page.h"
#include "cmd/remote.h"
#include "os/clock.h"
#include "os/file.h"
#include "pki/pem.h"

enum {
    TASKS_MAX = 1000,
    EXPIRES_MIN = 60,
    EXPIRES_MAX = 90 * 86400,
    WAIT_MAX = 86400,
    BATCH_FILE_MAX = 16 << 20,
    POLL_FIRST_MS = 200,
    POLL_MAX_MS = 2000
};

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
    {{"证书序列号", "Certificate"}, "signature.serial", ANSWER_TEXT}};

/* ---- create ---- */

typedef struct create_options {
    const char *signer, *file, *form, *title, *description, *reference, *media_type, *department, *idempotency_key;
    const char *record_type, *priority, *after_task, *document_of;
    option_list fields;
    int64_t expires_in;
    bool digest_only;
} create_options;

static const option_row create_rows[] = {
    {.name = "signer",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "STAFF_NO",
     .help = {"签名人的工号", "the signer's staff number"},
     .offset = offsetof(create_options, signer)},
    {.name = "file",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"要签名的文档；除给出 --document-of 外必填", "the document to sign; required, but with --document-of"},
     .offset = offsetof(create_options, file)},
    {.name = "form",
     .kind = OPTION_CHOICE,
     .choices = "raw|digest",
     .help = {"签名形式：raw 对文档本身，digest 对文档的 SM3 摘要（默认 raw）",
              "what is signed: raw, the document itself, or digest, its SM3 digest (raw)"},
     .offset = offsetof(create_options, form)},
    {.name = "title",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"标题，在手机上显示（默认：文件名）", "the title that the phone shows (the file's name)"},
     .offset = offsetof(create_options, title)},
    {.name = "description",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"签名描述", "the description that the phone shows"},
     .offset = offsetof(create_options, description)},
    {.name = "reference",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"业务编号，如住院号", "the business system's own number"},
     .offset = offsetof(create_options, reference)},
    {.name = "department",
     .kind = OPTION_TEXT,
     .value = "D",
     .help = {"科室（默认：签名人的第一个科室）", "the department (the signer's first)"},
     .offset = offsetof(create_options, department)},
    {.name = "field",
     .kind = OPTION_LIST,
     .value = "LABEL=VALUE",
     .help = {"在手机上显示的一项，可多次给出", "one thing that the phone shows; may be given several times"},
     .offset = offsetof(create_options, fields)},
    {.name = "record-type",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"病历类别", "the type of record"},
     .offset = offsetof(create_options, record_type)},
    {.name = "priority",
     .kind = OPTION_CHOICE,
     .choices = "normal|high|urgent",
     .help = {"优先级：normal 普通、high 高、urgent 紧急（默认 normal）", "the priority (normal)"},
     .offset = offsetof(create_options, priority)},
    {.name = "after-task",
     .kind = OPTION_TEXT,
     .value = "TASK",
     .help = {"等这个任务签名之后", "wait until this task is signed"},
     .offset = offsetof(create_options, after_task)},
    {.name = "document-of",
     .kind = OPTION_TEXT,
     .value = "TASK",
     .help = {"对这个任务的文档签名（会签、上级审签）", "sign the document of this task too (countersignature)"},
     .offset = offsetof(create_options, document_of)},
    {.name = "media-type",
     .kind = OPTION_TEXT,
     .value = "TYPE",
     .help = {"文档类型（默认按扩展名）", "the document's media type (by its name)"},
     .offset = offsetof(create_options, media_type)},
    {.name = "expires-in",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = EXPIRES_MIN,
     .max = EXPIRES_MAX,
     .help = {"多久后过期，如 2h、7d（默认 7d）", "when it expires: 2h, 7d (7d)"},
     .offset = offsetof(create_options, expires_in)},
    {.name = "idempotency-key",
     .kind = OPTION_TEXT,
     .value = "KEY",
     .help = {"幂等键：相同的请求重发时不会产生第二个任务",
              "the same request sent again with this key makes no second task"},
     .offset = offsetof(create_options, idempotency_key)},
    {.name = "digest-only",
     .kind = OPTION_FLAG,
     .help = {"不上传文档，只提交摘要（形式为 digest）", "do not send the document, only its digest (form digest)"},
     .offset = offsetof(create_options, digest_only)}};

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The document or its digest, into the body. */
static err add_content(session *s, const create_options *o, json_t *body)
{
    char digest[2 * SM3_SIZE + 1];
    const char *document = NULL;
    if (o->document_of)
        return json_object_set_new(body, "document_of", json_string(o->document_of)) == 0 ? ERR_OK : ERR_MEMORY;
    if (o->digest_only) {
        TRY(document_digest(s, o->file, digest));
        return json_object_set_new(body, "digest", json_string(digest)) == 0 ? ERR_OK : ERR_MEMORY;
    }
    TRY(document_base64(s, o->file, &document));
    return json_object_set_new(body, "document", json_string(document)) == 0 ? ERR_OK : ERR_MEMORY;
}

/* "患者=林晓岚" as {"label": "患者", "value": "林晓岚"}; NULL for none of them. */
static err create_fields(session *s, const option_list *list, json_t **out)
{
    static const phrase shape = {"--field 要写作 标签=值", "--field is written LABEL=VALUE"};
    *out = list->n ? json_array() : NULL;
    for (size_t i = 0; i < list->n; i++) {
        const char *equals = strchr(list->items[i], '=');
        if (!equals) {
            json_decref(*out);
            return session_usage(s, shape, list->items[i]);
        }
        (void)json_array_append_new(*out, json_pack("{s:s%, s:s}", "label", list->items[i],
                                                    (size_t)(equals - list->items[i]), "value", equals + 1));
    }
    return ERR_OK;
}

/* fields is taken. */
static json_t *create_body(const create_options *o, json_t *fields)
{
    const char *form = o->document_of && !o->form ? NULL : o->digest_only ? "digest" : o->form ? o->form : "raw";
    const char *media_type = o->media_type || o->document_of ? o->media_type : document_media_type(o->file);
    const char *title = o->title ? o->title : o->file ? file_name(o->file) : NULL;
    json_t *expires = o->expires_in ? json_integer(o->expires_in) : NULL;
    return json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:o*, s:o*}", "signer", o->signer,
                     "form", form, "title", title, "media_type", media_type, "description", o->description, "reference",
                     o->reference, "department", o->department, "record_type", o->record_type, "priority", o->priority,
                     "after_task", o->after_task, "fields", fields, "expires_in", expires);
}

static err create(session *s, const void *options)
{
    static const phrase contradiction = {"--digest-only 只能与 --form digest 同用",
                                         "--digest-only goes with --form digest only"};
    static const phrase what = {"请给出 --file，或 --document-of 与 --title",
                                "say --file, or --document-of and --title"};
    const create_options *o = options;
    json_t *answer, *fields;
    if (o->document_of ? o->file || o->digest_only || !o->title : !o->file)
        return session_usage(s, what, NULL);
    if (o->digest_only && o->form && strcmp(o->form, "digest") != 0)
        return session_usage(s, contradiction, NULL);
    TRY(create_fields(s, &o->fields, &fields));
    json_t *body = create_body(o, fields);
    err e = body ? add_content(s, o, body) : ERR_MEMORY;
    if (e != ERR_OK) {
        json_decref(body);
        return e;
    }
    TRY(remote_call(
        s,
        &(remote_request){.method = "POST", .path = "/v1/tasks", .body = body, .idempotency_key = o->idempotency_key},
        &answer));
    return answer_done(s, (phrase){"已发起签名任务", "The task is created"}, answer, ANSWER_COLUMNS(details));
}

/* ---- show ---- */

typedef struct show_options {
    const char *id, *signature, *certificate;
    int64_t wait;
} show_options;

#define TASK_ROW(type)                                                                                                 \
    {                                                                                                                  \
        .name = "TASK", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                                \
        .help = {"任务标识", "the task's id"}, .offset = offsetof(type, id)                                            \
    }

static const option_row show_rows[] = {
    TASK_ROW(show_options),
    {.name = "wait",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = 1,
     .max = WAIT_MAX,
     .help = {"等到任务结束（签名、取消、过期），最多这么久",
              "wait until it is finished (signed, cancelled, expired), so long at the most"},
     .offset = offsetof(show_options, wait)},
    {.name = "signature",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"把签名值（DER）写入文件", "write the signature (DER) to a file"},
     .offset = offsetof(show_options, signature)},
    {.name = "certificate",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"把签名证书及其上级证书（PEM）写入文件",
              "write the signer's certificate and those above it (PEM) to a file"},
     .offset = offsetof(show_options, certificate)}};

static bool finished(const json_t *task)
{
    const char *state = answer_text(task, "state");
    return state && strcmp(state, "waiting") != 0 && strcmp(state, "pending") != 0 && strcmp(state, "claimed") != 0;
}

static void pause_ms(int64_t ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&time, &time) != 0)
        continue;
}

/* Polls, at first often, then every two seconds. */
static err wait_for(session *s, const show_options *o, json_t **task)
{
    static const phrase over = {"等待时间已到，任务尚未结束", "the time is over and the task is not finished"};
    const char *path = remote_path(s, "/v1/tasks/", o->id, "");
    uint64_t end = clock_monotonic_ns() + (uint64_t)o->wait * 1000000000;
    int64_t pause = POLL_FIRST_MS;
    TRY(remote_get(s, path, task));
    while (o->wait > 0 && !finished(*task)) {
        if (clock_monotonic_ns() >= end)
            return session_fail(s, ERR_TIMEOUT, over, answer_word(answer_text(*task, "state")), (phrase){NULL, NULL});
        pause_ms(pause);
        pause = pause * 3 / 2 < POLL_MAX_MS ? pause * 3 / 2 : POLL_MAX_MS;
        (void)json_array_clear(s->answers); /* the one before */
        TRY(remote_get(s, path, task));
    }
    return ERR_OK;
}

static err decoded(session *s, const json_t *text, bytes *out)
{
    const char *base64 = json_string_value(text);
    return base64 ? base64_decode(s->arena, base64, strlen(base64), out) : ERR_JSON;
}

static err pem_chain(session *s, const json_t *signature, const char **pem)
{
    const json_t *chain = json_object_get(signature, "chain");
    bytes der;
    TRY(decoded(s, json_object_get(signature, "certificate"), &der));
    *pem = pem_encode(s->arena, PEM_CERTIFICATE, der);
    for (size_t i = 0; i < json_array_size(chain) && *pem; i++) {
        TRY(decoded(s, json_array_get(chain, i), &der));
        const char *next = pem_encode(s->arena, PEM_CERTIFICATE, der);
        *pem = next ? arena_printf(s->arena, "%s%s", *pem, next) : NULL;
    }
    return *pem ? ERR_OK : ERR_MEMORY;
}

static err write_files(session *s, const show_options *o, const json_t *task)
{
    static const phrase unsigned_yet = {"任务没有签名，未写文件", "the task has no signature, no file is written"};
    const json_t *signature = json_object_get(task, "signature");
    bytes der;
    const char *pem;
    if (!o->signature && !o->certificate)
        return ERR_OK;
    if (!json_is_object(signature))
        return session_fail(s, ERR_NOT_FOUND, unsigned_yet, answer_word(answer_text(task, "state")),
                            (phrase){NULL, NULL});
    if (o->signature) {
        TRY(decoded(s, json_object_get(signature, "der"), &der));
        TRY(answer_write(s, o->signature, der.p, der.n));
    }
    if (!o->certificate)
        return ERR_OK;
    TRY(pem_chain(s, signature, &pem));
    return answer_write(s, o->certificate, pem, strlen(pem));
}

static err show(session *s, const void *options)
{
    const show_options *o = options;
    json_t *task = NULL;
    err e = wait_for(s, o, &task);
    if (e != ERR_OK && e != ERR_TIMEOUT)
        return e;
    TRY(answer_show(s, task, ANSWER_COLUMNS(details)));
    return e == ERR_OK ? write_files(s, o, task) : e;
}

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
    return answer_done(s, done, answer, ANSWER_COLUMNS(details));
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

typedef struct batch_options {
    const char *file, *title, *idempotency_key;
} batch_options;

static const option_row batch_rows[] = {
    {.name = "FILE",
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help =
         {"JSON 文件：任务的数组，各任务如 POST /v1/tasks；\"file\" 给出文档的路径，代替 \"document\"",
          "a JSON file: an array of tasks as POST /v1/tasks takes them; \"file\" names a document's file instead of "
          "\"document\""},
     .offset = offsetof(batch_options, file)},
    {.name = "title",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"批次的标题（默认：文件名）", "the batch's title (the file's name)"},
     .offset = offsetof(batch_options, title)},
    {.name = "idempotency-key",
     .kind = OPTION_TEXT,
     .value = "KEY",
     .help = {"幂等键：相同的请求重发时不会产生第二个批次",
              "the same request sent again with this key makes no second batch"},
     .offset = offsetof(batch_options, idempotency_key)}};

static const answer_column batch_columns[] = {{{"批次", "Batch"}, "batch", ANSWER_TEXT},
                                              {{"标题", "Title"}, "title", ANSWER_TEXT},
                                              {{"任务数", "Tasks"}, "size", ANSWER_TEXT},
                                              {{"发起时间", "Created"}, "created_at", ANSWER_TIME},
                                              {{"等待前序", "Waiting"}, "counts.waiting", ANSWER_TEXT},
                                              {{"待签名", "Pending"}, "counts.pending", ANSWER_TEXT}};

/* A task's "file" becomes its document. */
static err take_file(session *s, json_t *task)
{
    const char *path = answer_text(task, "file"), *document;
    if (!path)
        return ERR_OK;
    TRY(document_base64(s, path, &document));
    if (!json_object_get(task, "media_type"))
        (void)json_object_set_new(task, "media_type", json_string(document_media_type(path)));
    (void)json_object_set_new(task, "document", json_string(document));
    (void)json_object_del(task, "file");
    return ERR_OK;
}

static err batch(session *s, const void *options)
{
    static const phrase shape = {"不是任务的 JSON 数组", "not a JSON array of tasks"};
    const batch_options *o = options;
    bytes content;
    json_t *answer;
    err e = file_read(s->arena, o->file, BATCH_FILE_MAX, &content);
    if (e != ERR_OK)
        return session_file_failed(s, e, o->file);
    json_t *tasks = json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(tasks)) {
        json_decref(tasks);
        return session_fail(s, ERR_JSON, shape, o->file, (phrase){NULL, NULL});
    }
    for (size_t i = 0; e == ERR_OK && i < json_array_size(tasks); i++)
        e = take_file(s, json_array_get(tasks, i));
    if (e != ERR_OK) {
        json_decref(tasks);
        return e;
    }
    json_t *body = json_pack("{s:s, s:o}", "title", o->title ? o->title : file_name(o->file), "tasks", tasks);
    TRY(remote_call(
        s,
        &(remote_request){
            .method = "POST", .path = "/v1/task-batches", .body = body, .idempotency_key = o->idempotency_key},
        &answer));
    return answer_done(s, (phrase){"已发起一批签名任务", "The batch is created"}, answer,
                       ANSWER_COLUMNS(batch_columns));
}

static const command commands[] = {
    {.name = "batch",
     .summary = {"一次发起多个任务，要么全部要么没有", "start many tasks in one call, all or none"},
     .notes = {"例：yiqian task batch --credential emr.json 出院病历.json",
               "Example: yiqian task batch --credential emr.json discharges.json"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(batch_rows, batch_options),
     .run = batch},
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
     COMMAND_OPTIONS(create_rows, create_options),
     .run = create},
    {.name = "list",
     .summary = {"列出本系统的任务", "list the tasks of this business system"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
    {.name = "show",
     .summary = {"查看任务，取签名结果", "show a task, fetch its signature"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(show_rows, show_options),
     .run = show},
    {.name = "withdraw",
     .summary = {"撤回已签名的任务，签名仍可读取并标明", "withdraw a signed task; its signature stays, marked"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(withdraw_rows, end_options),
     .run = withdraw},
};

const command_group task_group = {.name = "task",
                                  .summary = {"签名任务：发起、查看、取消", "signing tasks: create, show, cancel"},
                                  COMMAND_GROUP(commands)};
