#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/document.h"
#include "cmd/page.h"
#include "cmd/remote.h"
#include "os/clock.h"
#include "pki/pem.h"

enum {
    TASKS_MAX = 1000,
    EXPIRES_MIN = 60,
    EXPIRES_MAX = 90 * 86400,
    WAIT_MAX = 86400,
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

static const answer_column details[] = {{{"任务", "Task"}, "task", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"签名人", "Signer"}, "signer.name", ANSWER_TEXT},
                                        {{"工号", "Staff no."}, "signer.staff_no", ANSWER_TEXT},
                                        {{"科室", "Department"}, "department", ANSWER_TEXT},
                                        {{"标题", "Title"}, "title", ANSWER_TEXT},
                                        {{"描述", "Description"}, "description", ANSWER_TEXT},
                                        {{"业务编号", "Reference"}, "reference", ANSWER_TEXT},
                                        {{"形式", "Form"}, "form", ANSWER_TEXT},
                                        {{"文档类型", "Media type"}, "media_type", ANSWER_TEXT},
                                        {{"文档字节数", "Document bytes"}, "document_size", ANSWER_TEXT},
                                        {{"文档摘要 SM3", "Digest SM3"}, "digest", ANSWER_HEX},
                                        {{"发起时间", "Created"}, "created_at", ANSWER_TIME},
                                        {{"过期时间", "Expires"}, "expires_at", ANSWER_TIME},
                                        {{"可能有未交回的签名", "A signature may be unsent"}, "signature_may_exist", ANSWER_TEXT},
                                        {{"签名时间", "Signed"}, "signature.signed_at", ANSWER_TIME},
                                        {{"签名算法", "Algorithm"}, "signature.algorithm", ANSWER_TEXT},
                                        {{"签名者 ID", "Signer's ID"}, "signature.id", ANSWER_TEXT},
                                        {{"签名值 r‖s", "Signature r‖s"}, "signature.rs", ANSWER_HEX},
                                        {{"证书序列号", "Certificate"}, "signature.serial", ANSWER_TEXT}};

/* ---- create ---- */

typedef struct create_options {
    const char *signer, *file, *form, *title, *description, *reference, *media_type, *department, *idempotency_key;
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
     .flags = OPTION_REQUIRED,
     .value = "FILE",
     .help = {"要签名的文档", "the document to sign"},
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
    if (o->digest_only) {
        TRY(document_digest(s, o->file, digest));
        return json_object_set_new(body, "digest", json_string(digest)) == 0 ? ERR_OK : ERR_MEMORY;
    }
    TRY(document_base64(s, o->file, &document));
    return json_object_set_new(body, "document", json_string(document)) == 0 ? ERR_OK : ERR_MEMORY;
}

static json_t *create_body(const create_options *o)
{
    const char *form = o->digest_only ? "digest" : o->form ? o->form : "raw";
    json_t *expires = o->expires_in ? json_integer(o->expires_in) : NULL;
    return json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:o*}", "signer", o->signer, "form", form, "title",
                     o->title ? o->title : file_name(o->file), "media_type",
                     o->media_type ? o->media_type : document_media_type(o->file), "description", o->description,
                     "reference", o->reference, "department", o->department, "expires_in", expires);
}

static err create(session *s, const void *options)
{
    static const phrase contradiction = {"--digest-only 只能与 --form digest 同用",
                                         "--digest-only goes with --form digest only"};
    const create_options *o = options;
    json_t *answer;
    if (o->digest_only && o->form && strcmp(o->form, "digest") != 0)
        return session_usage(s, contradiction, NULL);
    json_t *body = create_body(o);
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
    return state && strcmp(state, "pending") != 0 && strcmp(state, "claimed") != 0;
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
     .choices = "pending|claimed|signed|cancelled|expired",
     .help = {"只列这个状态：pending 待签名、claimed 签名中、signed 已签名、cancelled 已取消、expired 已过期",
              "only in this state: pending, claimed, signed, cancelled, expired"},
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

typedef struct cancel_options {
    const char *id;
} cancel_options;

static const option_row cancel_rows[] = {TASK_ROW(cancel_options)};

static err cancel(session *s, const void *options)
{
    const cancel_options *o = options;
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "POST", .path = remote_path(s, "/v1/tasks/", o->id, "/cancel")},
                    &answer));
    return answer_done(s, (phrase){"已取消任务", "The task is cancelled"}, answer, ANSWER_COLUMNS(details));
}

static const command commands[] = {
    {.name = "cancel",
     .summary = {"取消任务", "cancel a task"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(cancel_rows, cancel_options),
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
};

const command_group task_group = {.name = "task",
                                  .summary = {"签名任务：发起、查看、取消", "signing tasks: create, show, cancel"},
                                  COMMAND_GROUP(commands)};
