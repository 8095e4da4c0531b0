#include <string.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/remote.h"
#include "cmd/signature.h"
#include "cmd/task.h"
#include "os/clock.h"

enum { WAIT_STEP = 30 /* seconds of one request that waits */, NS_PER_SECOND = 1000000000 };

static bool finished(const json_t *task)
{
    const char *state = answer_text(task, "state");
    return state && strcmp(state, "waiting") != 0 && strcmp(state, "pending") != 0 && strcmp(state, "claimed") != 0;
}

/* The task, once it is finished or the time is over: then ERR_TIMEOUT, told, with the task as it stands. */
static err wait_for(session *s, const task_result_options *o, json_t **task)
{
    static const phrase over = {"等待时间已到，任务尚未结束", "the time is over and the task is not finished"};
    const char *path = remote_path(s, "/v1/tasks/", o->id, "");
    const uint64_t begin = clock_monotonic_ns();
    int64_t left = o->wait;
    TRY(remote_get(s, remote_query_int(s, path, "wait", left < WAIT_STEP ? left : WAIT_STEP), task));
    while (o->wait > 0 && !finished(*task)) {
        left = o->wait - (int64_t)((clock_monotonic_ns() - begin) / NS_PER_SECOND);
        if (left <= 0)
            return session_fail(s, ERR_TIMEOUT, over, answer_word(answer_text(*task, "state")), (phrase){NULL, NULL});
        (void)json_array_clear(s->answers); /* the one before */
        TRY(remote_get(s, remote_query_int(s, path, "wait", left < WAIT_STEP ? left : WAIT_STEP), task));
    }
    return ERR_OK;
}

err task_show(session *s, const void *options)
{
    json_t *task = NULL;
    err e = wait_for(s, options, &task);
    if (e != ERR_OK && e != ERR_TIMEOUT)
        return e;
    TRY(task_told(s, NULL, task));
    return e;
}

/* ---- signature ---- */

static err signature_rs(session *s, const json_t *signature, bytes *out)
{
    const char *hex = answer_text(signature, "rs");
    size_t n = hex ? strlen(hex) : 0;
    uint8_t *rs = arena_alloc(s->arena, n / 2 + 1);
    if (!rs)
        return ERR_MEMORY;
    *out = bytes_of(rs, n / 2);
    return n > 0 && hex_decode(rs, n / 2, hex, n) == ERR_OK ? ERR_OK : ERR_JSON;
}

/* In the encoding asked for; without one, the file that others read: SignedData where there is one, else DER. */
static err encoded(session *s, const char *encoding, const json_t *signature, bytes *out)
{
    static const phrase none = {"只有 cms 形式的签名有 SignedData", "only a signature of form cms has SignedData"},
                        instead = {"请用 --encoding der 或 rs", "take --encoding der or rs"};
    const json_t *cms = json_object_get(signature, "cms");
    if (!encoding)
        encoding = cms ? "p7s" : "der";
    if (strcmp(encoding, "rs") == 0)
        return signature_rs(s, signature, out);
    if (strcmp(encoding, "der") == 0)
        return signature_bytes(s, json_object_get(signature, "der"), out);
    return cms ? signature_bytes(s, cms, out)
               : session_fail(s, ERR_FORM, none, answer_text(signature, "form"), instead);
}

static err timestamp_token(session *s, const json_t *task, bytes *out)
{
    static const phrase none = {"签名没有时间戳，未写文件", "the signature has no timestamp, no file is written"},
                        ask = {"业务系统须要求时间戳：yiqian system set NAME --stamps on",
                               "the business system has to ask for them: yiqian system set NAME --stamps on"};
    const json_t *token = json_object_get(json_object_get(task, "timestamp"), "token");
    return json_is_string(token) ? signature_bytes(s, token, out)
                                 : session_fail(s, ERR_NOT_FOUND, none, answer_text(task, "timestamp.state"), ask);
}

err task_signature(session *s, const void *options)
{
    static const phrase unsigned_yet = {"任务没有签名，未写文件", "the task has no signature, no file is written"};
    static const phrase done = {"签名已写入文件", "The signature is written"};
    const task_result_options *o = options;
    json_t *task = NULL;
    bytes content, token;
    const char *pem = NULL;
    TRY(wait_for(s, o, &task));
    const json_t *signature = json_object_get(task, "signature");
    if (!json_is_object(signature))
        return session_fail(s, ERR_NOT_FOUND, unsigned_yet, answer_word(answer_text(task, "state")),
                            (phrase){NULL, NULL});
    TRY(encoded(s, o->encoding, signature, &content));
    if (o->certificate)
        TRY(signature_pem(s, signature, &pem));
    if (o->timestamp)
        TRY(timestamp_token(s, task, &token));
    TRY(answer_write(s, o->output, content.p, content.n));
    if (pem)
        TRY(answer_write(s, o->certificate, pem, strlen(pem)));
    if (o->timestamp)
        TRY(answer_write(s, o->timestamp, token.p, token.n));
    return task_told(s, &done, task);
}
