#include "cmd/device_words.h"

#include <stdio.h>
#include <string.h>

#include "cmd/session.h"
#include "cmd/table.h"

typedef struct status_row {
    const char *code;
    phrase words;
} status_row;

static const status_row rows[] = {
    [YQ_OK] = {"ok", {"成功", "done"}},
    [YQ_INVALID_ARGUMENT] = {"invalid_argument",
                             {"参数缺失、过长或格式不对", "an argument is missing, too long or malformed"}},
    [YQ_OUT_OF_MEMORY] = {"out_of_memory", {"内存不足", "out of memory"}},
    [YQ_REENTERED] = {"internal", {"内部错误", "internal error"}},
    [YQ_CLOSED] = {"internal", {"内部错误", "internal error"}},
    [YQ_NOT_FOUND] = {"key_not_found", {"本设备上没有这个密钥", "there is no such key on this device"}},
    [YQ_WRONG_STATE] =
        {"key_state",
         {"密钥的状态不允许这样做：尚未登记完（yiqian device resume），或已登记",
          "the key is not in a state for this: not enrolled to the end (yiqian device resume), or enrolled already"}},
    [YQ_LIMIT_REACHED] = {"limit_reached", {"超出本设备的限度", "a limit of this device is reached"}},
    [YQ_WEAK_PIN] = {"weak_pin",
                     {"PIN 码须为 6 至 12 位数字，且不能是常见的",
                      "the PIN must have 6 to 12 digits and must not be a common one"}},
    [YQ_DECLINED] = {"declined", {"已放弃", "declined"}},
    [YQ_ENTROPY_FAILED] = {"entropy_failed", {"操作系统未给出随机数", "the operating system gave no random numbers"}},
    [YQ_STORAGE_FAILED] = {"storage_failed",
                           {"设备目录读写失败或已损坏",
                            "the device's directory cannot be read or written, or is damaged"}},
    [YQ_CREDENTIAL_FAILED] = {"credential_failed", {"设备凭据不可用", "the device's credential cannot be used"}},
    [YQ_CLOCK_FAILED] = {"clock_failed", {"设备时钟不可用", "the device's clock gives no time"}},
    [YQ_TRANSPORT_FAILED] = {"transport_failed", {"服务器没有应答", "the server did not answer"}},
    [YQ_TRANSPORT_INSECURE] = {"transport_insecure",
                               {"服务器地址须以 https:// 开头（仅本机可用 http://）",
                                "the server's address must begin with https:// (http:// is for this machine only)"}},
    [YQ_BAD_ANSWER] = {"bad_answer", {"服务器的应答格式不对", "the server's answer is malformed"}},
    [YQ_ANSWER_REJECTED] =
        {"answer_rejected",
         {"服务器的应答是假的：未签名，已上报。请通知管理员",
          "the server's answer is false: nothing was signed, and it was reported. Tell the administrator"}},
    [YQ_REFUSED] = {"refused", {"服务器拒绝", "the server refused"}},
    [YQ_PIN_WRONG] = {"pin_wrong", {"PIN 码错误", "the PIN is wrong"}},
    [YQ_KEY_LOCKED] = {"key_locked", {"密钥已锁定，请联系操作员解锁", "the key is locked; an operator unlocks it"}},
    [YQ_DOCUMENT_CHANGED] = {"document_changed",
                             {"文档与任务的摘要不符：未签名",
                              "the document does not match the task's digest: nothing was signed"}},
    [YQ_CONTENT_UNSEEN] =
        {"content_unseen",
         {"这里看不到要签的内容：用 --document 给出文档，或以 --unseen 明确同意",
          "the content is not here to be seen: give the document with --document, or agree with --unseen"}},
    [YQ_FORM_REFUSED] = {"form_refused", {"不能签这种形式的内容", "content of this form cannot be signed"}},
    [YQ_NOT_ATTEMPTED] = {"not_attempted", {"未签", "not attempted"}},
    [YQ_CODE_INVALID] = {"code_invalid",
                         {"二维码无效，或并非出自其所称的一方：请勿授权",
                          "the code is not valid, or not of whom it names: nothing was allowed"}},
    [YQ_CODE_EXPIRED] = {"code_expired", {"二维码已过期，请重新显示", "the code is over: have it shown again"}},
    [YQ_OUT_OF_SCOPE] = {"outside_scope", {"超出授权范围", "the authorisation does not cover this"}},
    [YQ_NOT_ACTIVE] = {"authorisation_closed",
                       {"授权尚未批准或已结束", "the authorisation is not approved yet, or has ended"}},
    [YQ_FINGERPRINT_OFF] = {"fingerprint_off",
                            {"指纹未开启或已失效，请用 PIN 码",
                             "the fingerprint is off, or no longer good: use the PIN"}},
    [YQ_FINGERPRINT_FAILED] = {"fingerprint_failed", {"指纹识别失败", "the fingerprint failed"}},
    [YQ_CANCELLED] = {"cancelled", {"已取消", "cancelled"}},
};

static const struct {
    const char *code;
    phrase words;
} stages[] = {
    [YQ_KEY_OPENING] = {"opening", {"待登记", "opening"}},
    [YQ_KEY_UNFINISHED] = {"unfinished", {"登记未完成", "unfinished"}},
    [YQ_KEY_ENROLLED] = {"enrolled", {"已登记", "enrolled"}},
    [YQ_KEY_DAMAGED] = {"damaged", {"记录损坏", "damaged"}},
};

static const status_row *row_of(yq_status status)
{
    return &rows[(size_t)status < sizeof rows / sizeof *rows ? status : YQ_REENTERED];
}

const char *device_words_code(yq_status status)
{
    return row_of(status)->code;
}

phrase device_words_stage(yq_key_stage stage)
{
    return stages[stage].words;
}

const char *device_words_stage_code(yq_key_stage stage)
{
    return stages[stage].code;
}

/* The server's text in the language chosen, where it gave one; fit for a terminal. */
static const char *chosen(arena *a, const char *zh, const char *en)
{
    const char *text = language_is_chinese() || !*en ? zh : en;
    const char *printable = table_printable(a, text);
    return printable ? printable : "";
}

/* The server cannot tell who asked, so its hint is for who writes programs; here it is a person at a phone or a workstation. */
static const phrase *own_hint(const yq_problem *p)
{
    static const phrase ended = {"本机的登记已失效（已报失、吊销或移除）：请重新登记",
                                 "what was enrolled here has ended (reported lost, revoked or removed): enrol anew"};
    return strcmp(p->code, "unauthenticated") == 0 ? &ended : NULL;
}

static void tell_problem(arena *a, const yq_problem *p)
{
    static const phrase tries = {"剩余次数", "tries left"}, retry = {"秒后再试", "seconds until it may be tried again"};
    const phrase *own = own_hint(p);
    const char *title = chosen(a, p->title, p->title_en), *hint = own ? say(*own) : chosen(a, p->hint, p->hint_en);
    fprintf(stderr, "  %s (%s, HTTP %d)\n", *title ? title : "-", *p->code ? chosen(a, p->code, p->code) : "-",
            p->http_status);
    if (*p->detail)
        fprintf(stderr, "  %s\n", chosen(a, p->detail, p->detail));
    if (*hint)
        fprintf(stderr, "  %s\n", hint);
    if (p->tries_left >= 0)
        fprintf(stderr, "  %s: %d\n", say(tries), p->tries_left);
    if (p->retry_after >= 0)
        fprintf(stderr, "  %s: %d\n", say(retry), p->retry_after);
}

void device_words_tell(arena *a, yq_status status, const yq_problem *problem, const char *cause)
{
    fprintf(stderr, "yiqian: %s\n", say(row_of(status)->words));
    if (problem && problem->http_status != 0)
        tell_problem(a, problem);
    else if (cause && *cause)
        fprintf(stderr, "  %s\n", chosen(a, cause, cause));
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (*text)
        (void)json_object_set_new(object, name, json_string(text));
}

static void set_number(json_t *object, const char *name, int number)
{
    if (number >= 0)
        (void)json_object_set_new(object, name, json_integer(number));
}

json_t *device_words_json(yq_status status, const yq_problem *problem)
{
    json_t *object = json_object();
    set_text(object, "status", device_words_code(status));
    if (!problem || problem->http_status == 0)
        return object;
    set_number(object, "http_status", problem->http_status);
    set_text(object, "code", problem->code);
    set_text(object, "title", problem->title);
    set_text(object, "title_en", problem->title_en);
    const phrase *own = own_hint(problem);
    set_text(object, "hint", own ? own->zh : problem->hint);
    set_text(object, "detail", problem->detail);
    set_text(object, "field", problem->field);
    set_number(object, "tries_left", problem->tries_left);
    set_number(object, "retry_after", problem->retry_after);
    return object;
}

int device_words_exit(yq_status status)
{
    switch (status) {
    case YQ_OK:
        return EXIT_OK;
    case YQ_INVALID_ARGUMENT:
    case YQ_WEAK_PIN:
    case YQ_TRANSPORT_INSECURE:
        return EXIT_USAGE;
    case YQ_TRANSPORT_FAILED:
        return EXIT_UNREACHABLE;
    default:
        return EXIT_FAILED;
    }
}
