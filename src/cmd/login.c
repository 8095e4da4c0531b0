/* `yiqian login`: a business system logs a person in by his phone (docs/spec/qr.md, Login). */
#include "cmd/login.h"

#include <string.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"
#include "cmd/scan_code.h"
#include "cmd/signature.h"
#include "os/entropy.h"

enum { EXPIRES_MIN = 30, EXPIRES_MAX = 180, NONCE = 18 };

static const answer_column details[] = {{{"登录", "Login"}, "login", ANSWER_TEXT},
                                        {{"状态", "State"}, "state", ANSWER_WORD},
                                        {{"原因", "Reason"}, "reason", ANSWER_TEXT},
                                        {{"用途", "Purpose"}, "purpose", ANSWER_TEXT},
                                        {{"姓名", "Name"}, "person.name", ANSWER_TEXT},
                                        {{"工号", "Staff no."}, "person.staff_no", ANSWER_TEXT},
                                        {{"短码", "Short code"}, "short_code", ANSWER_TEXT},
                                        {{"在手机上输入的数字", "Number for the phone"}, "number", ANSWER_TEXT},
                                        {{"随机数", "Nonce"}, "nonce", ANSWER_TEXT},
                                        {{"发起时间", "Created"}, "created_at", ANSWER_TIME},
                                        {{"过期时间", "Expires"}, "expires_at", ANSWER_TIME},
                                        {{"签名时间", "Signed"}, "result.signature.signed_at", ANSWER_TIME},
                                        {{"证书序列号", "Certificate"}, "result.signature.serial", ANSWER_TEXT}};

/* ---- create ---- */

typedef struct create_options {
    const char *purpose, *nonce, *staff_no, *idempotency_key;
    int64_t expires_in;
} create_options;

static const option_row create_rows[] = {
    {.name = "purpose",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"用途，在手机上显示，如“登录门诊工作站”", "what for; the phone shows it"},
     .offset = offsetof(create_options, purpose)},
    {.name = "nonce",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = {"本次会话的随机数，写入断言（默认：新的随机数）",
              "of this browser's session, stands in the assertion (a fresh random one)"},
     .offset = offsetof(create_options, nonce)},
    {.name = "staff-no",
     .kind = OPTION_TEXT,
     .value = "STAFF_NO",
     .help = {"只许这个人登录（默认：谁扫谁登录）", "only this person (whoever scans it)"},
     .offset = offsetof(create_options, staff_no)},
    {.name = "expires-in",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = EXPIRES_MIN,
     .max = EXPIRES_MAX,
     .help = {"多久后过期，30 秒到 3 分钟（默认 2m）", "when it expires, 30 s to 3 min (2m)"},
     .offset = offsetof(create_options, expires_in)},
    {.name = "idempotency-key",
     .kind = OPTION_TEXT,
     .value = "KEY",
     .help = {"幂等键：相同的请求重发时不会产生第二次登录",
              "the same request sent again with this key makes no second login"},
     .offset = offsetof(create_options, idempotency_key)}};

static err create(session *s, const void *options)
{
    static const phrase done = {"已发起登录：用 yiqian login code 显示二维码，或在手机上输入短码",
                                "The login is open: show its code with yiqian login code, or type the short code on a "
                                "phone"};
    const create_options *o = options;
    uint8_t random[NONCE];
    json_t *answer;
    TRY(os_entropy_fill(NULL, random, sizeof random));
    const char *nonce = o->nonce ? o->nonce : base64url_text(s->arena, random, sizeof random);
    json_t *expires = o->expires_in ? json_integer(o->expires_in) : NULL;
    json_t *body = json_pack("{s:s, s:s*, s:s*, s:o*}", "nonce", nonce, "purpose", o->purpose, "staff_no", o->staff_no,
                             "expires_in", expires);
    if (!body)
        return ERR_MEMORY;
    TRY(remote_call(
        s,
        &(remote_request){.method = "POST", .path = "/v1/logins", .body = body, .idempotency_key = o->idempotency_key},
        &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(details));
}

/* ---- one login ---- */

typedef struct one_options {
    const char *id, *assertion, *signature, *certificate;
    bool text;
} one_options;

#define LOGIN_ROW                                                                                                      \
    {                                                                                                                  \
        .name = "LOGIN", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                               \
        .help = {"登录标识", "the login's id"}, .offset = offsetof(one_options, id)                                    \
    }

static const option_row code_rows[] = {LOGIN_ROW, SCAN_CODE_TEXT_ROW(one_options)};
static const option_row cancel_rows[] = {LOGIN_ROW};
static const option_row get_rows[] = {
    LOGIN_ROW,
    {.name = "assertion",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"把断言（被签的字节）写入文件", "write the assertion, the bytes that were signed, to a file"},
     .offset = offsetof(one_options, assertion)},
    {.name = "signature",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"把签名值（DER）写入文件", "write the signature (DER) to a file"},
     .offset = offsetof(one_options, signature)},
    {.name = "certificate",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"把签名证书及其上级证书（PEM）写入文件",
              "write the signer's certificate and those above it (PEM) to a file"},
     .offset = offsetof(one_options, certificate)}};

static err write_files(session *s, const one_options *o, const json_t *login)
{
    static const phrase nothing = {"登录没有完成，未写文件", "the login is not done, no file is written"};
    const json_t *result = json_object_get(login, "result"), *signature = json_object_get(result, "signature");
    bytes content;
    const char *pem;
    if (!o->assertion && !o->signature && !o->certificate)
        return ERR_OK;
    if (!json_is_object(signature))
        return session_fail(s, ERR_NOT_FOUND, nothing, answer_word(answer_text(login, "state")), (phrase){NULL, NULL});
    if (o->assertion) {
        TRY(signature_bytes(s, json_object_get(result, "assertion"), &content));
        TRY(answer_write(s, o->assertion, content.p, content.n));
    }
    if (o->signature) {
        TRY(signature_bytes(s, json_object_get(signature, "der"), &content));
        TRY(answer_write(s, o->signature, content.p, content.n));
    }
    if (!o->certificate)
        return ERR_OK;
    TRY(signature_pem(s, signature, &pem));
    return answer_write(s, o->certificate, pem, strlen(pem));
}

static err get(session *s, const void *options)
{
    const one_options *o = options;
    json_t *login;
    TRY(remote_get(s, remote_path(s, "/v1/logins/", o->id, ""), &login));
    TRY(answer_show(s, login, ANSWER_COLUMNS(details)));
    return write_files(s, o, login);
}

static bool is_state(const json_t *login, const char *state)
{
    const char *is = answer_text(login, "state");
    return is && strcmp(is, state) == 0;
}

/* Each answer comes when the state is another than the one already known, or after half a minute. A login lives three minutes at most. */
static err wait_for(session *s, const char *id, json_t **login)
{
    static const phrase number = {"请在手机上输入这个数字", "Enter this number on the phone"};
    const char *path = remote_path(s, "/v1/logins/", id, "?wait=30");
    bool told = false;
    TRY(remote_get(s, remote_query(s, path, "state", "open"), login));
    while (is_state(*login, "open") || is_state(*login, "scanned")) {
        const char *digits = answer_text(*login, "number"), *known = is_state(*login, "open") ? "open" : "scanned";
        if (digits && !told)
            fprintf(stderr, "%s: %s\n", say(number), digits);
        told = told || digits;
        (void)json_array_clear(s->answers); /* the one before */
        TRY(remote_get(s, remote_query(s, path, "state", known), login));
    }
    return ERR_OK;
}

static err wait_command(session *s, const void *options)
{
    static const phrase failed = {"没有登录", "not logged in"};
    const one_options *o = options;
    json_t *login;
    TRY(wait_for(s, o->id, &login));
    TRY(answer_show(s, login, ANSWER_COLUMNS(details)));
    if (!is_state(login, "done"))
        return session_fail(s, ERR_CONFLICT, failed, answer_word(answer_text(login, "state")), (phrase){NULL, NULL});
    return write_files(s, o, login);
}

static err code(session *s, const void *options)
{
    const one_options *o = options;
    return scan_code_show(s, remote_path(s, "/v1/logins/", o->id, "/code"), o->text);
}

static err cancel(session *s, const void *options)
{
    const one_options *o = options;
    json_t *login;
    TRY(remote_post(s, remote_path(s, "/v1/logins/", o->id, "/cancel"), json_object(), &login));
    return answer_done(s, (phrase){"已取消登录", "The login is cancelled"}, login, ANSWER_COLUMNS(details));
}

static const command commands[] = {
    {.name = "cancel",
     .summary = {"取消登录", "cancel a login"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(cancel_rows, one_options),
     .run = cancel},
    {.name = "code",
     .summary = {"显示每秒变化的二维码，直到有人扫码",
                 "show the QR code, which changes each second, until it is scanned"},
     .notes = {"有人输入短码时，此处显示要在手机上输入的数字",
               "Where somebody types the short code, the number for the phone is shown"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(code_rows, one_options),
     .run = code},
    {.name = "create",
     .summary = {"发起登录：谁在屏幕前？", "open a login: who is there?"},
     .notes = {"例：yiqian login create --credential emr.json --purpose 登录门诊工作站",
               "Example: yiqian login create --credential emr.json --purpose \"log in at the ward\""},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(create_rows, create_options),
     .run = create},
    {.name = "get",
     .summary = {"查看登录，取断言与签名", "show a login, fetch its assertion and signature"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(get_rows, one_options),
     .run = get},
    {.name = "verify",
     .summary = {"在本机验证登录断言，不信任服务器的判断",
                 "verify a login's assertion here, trusting no verdict of the server"},
     .notes = {"退出码：0 有效；1 无效。例：\n"
               "  yiqian login verify LOGIN --nonce NONCE --ca root.pem --ca issuing.pem --credential emr.json\n"
               "  yiqian login verify LOGIN --nonce NONCE --ca ca.pem --assertion a.json --signature a.der "
               "--certificate c.pem",
               "Exit status: 0 valid; 1 not valid. Examples:\n"
               "  yiqian login verify LOGIN --nonce NONCE --ca root.pem --ca issuing.pem --credential emr.json\n"
               "  yiqian login verify LOGIN --nonce NONCE --ca ca.pem --assertion a.json --signature a.der "
               "--certificate c.pem"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(login_verify_rows, login_verify_options),
     .run = login_verify},
    {.name = "wait",
     .summary = {"等到登录有结果", "wait until the login has a result"},
     .notes = {"退出码：0 已登录；1 拒绝、过期或取消", "Exit status: 0 logged in; 1 declined, expired or cancelled"},
     .caller = CALLER_SYSTEM,
     COMMAND_OPTIONS(get_rows, one_options),
     .run = wait_command},
};

const command_group login_group = {
    .name = "login",
    .summary = {"扫码登录：发起、显示二维码、验证断言", "login by phone: open, show the code, verify the assertion"},
    COMMAND_GROUP(commands)};
