#include <string.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/page.h"
#include "cmd/remote.h"
#include "cmd/user.h"
#include "pki/pem.h"

enum { CERTIFICATES_MAX = 1000 };

static const answer_column columns[] = {
    {{"序列号", "Serial"}, "serial", ANSWER_TEXT},     {{"工号", "Staff no."}, "user.staff_no", ANSWER_TEXT},
    {{"姓名", "Name"}, "user.name", ANSWER_TEXT},      {{"状态", "State"}, "state", ANSWER_WORD},
    {{"生效时间", "From"}, "not_before", ANSWER_TIME}, {{"有效至", "Until"}, "not_after", ANSWER_TIME}};

static const answer_column details[] = {
    {{"序列号", "Serial"}, "serial", ANSWER_TEXT},        {{"工号", "Staff no."}, "user.staff_no", ANSWER_TEXT},
    {{"姓名", "Name"}, "user.name", ANSWER_TEXT},         {{"状态", "State"}, "state", ANSWER_WORD},
    {{"密钥标识", "Key"}, "key_id", ANSWER_TEXT},         {{"签发时间", "Issued"}, "created_at", ANSWER_TIME},
    {{"生效时间", "From"}, "not_before", ANSWER_TIME},    {{"有效至", "Until"}, "not_after", ANSWER_TIME},
    {{"吊销时间", "Revoked"}, "revoked_at", ANSWER_TIME}, {{"吊销原因", "Reason"}, "reason", ANSWER_TEXT}};

typedef struct list_options {
    const char *staff_no, *state;
    page_options page;
} list_options;

static const option_row list_rows[] = {
    {.name = "staff-no",
     .kind = OPTION_TEXT,
     .value = "N",
     .help = {"只列这个工号的", "only this person's"},
     .offset = offsetof(list_options, staff_no)},
    {.name = "state",
     .kind = OPTION_CHOICE,
     .value = "STATE",
     .choices = "active|frozen|revoked|superseded|expired",
     .help = {"只列这个状态：active 有效、frozen 已冻结、revoked 已吊销、superseded 已替换、expired 已过期",
              "only in this state: active, frozen, revoked, superseded, expired"},
     .offset = offsetof(list_options, state)},
    PAGE_ROWS(list_options, CERTIFICATES_MAX)};

static err list(session *s, const void *options)
{
    const list_options *o = options;
    const char *path = remote_query(s, page_query(s, "/v1/certificates", &o->page), "state", o->state);
    json_t *answer, *user;
    if (o->staff_no) {
        TRY(user_find(s, o->staff_no, &user));
        path = remote_query(s, path, "user", answer_text(user, "user"));
    }
    TRY(remote_get(s, path, &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

typedef struct one_options {
    const char *serial, *reason;
    bool pem;
} one_options;

#define SERIAL_ROW                                                                                                     \
    {                                                                                                                  \
        .name = "SERIAL", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                              \
        .help = {"证书序列号（十六进制）", "the certificate's serial number (hex)"},                                   \
        .offset = offsetof(one_options, serial)                                                                        \
    }

static const option_row show_rows[] = {SERIAL_ROW,
                                       {.name = "pem",
                                        .kind = OPTION_FLAG,
                                        .help = {"输出证书本身（PEM）", "print the certificate itself (PEM)"},
                                        .offset = offsetof(one_options, pem)}};

static err print_pem(session *s, const json_t *answer)
{
    const char *base64 = answer_text(answer, "certificate");
    bytes der;
    if (!base64)
        return ERR_JSON;
    TRY(base64_decode(s->arena, base64, strlen(base64), &der));
    const char *pem = pem_encode(s->arena, PEM_CERTIFICATE, der);
    return pem ? answer_write(s, NULL, pem, strlen(pem)) : ERR_MEMORY;
}

static err show(session *s, const void *options)
{
    static const phrase contradiction = {"--pem 与 --json 不能同时给出", "--pem and --json exclude each other"};
    const one_options *o = options;
    json_t *answer;
    if (o->pem && s->common.json)
        return session_usage(s, contradiction, NULL);
    TRY(remote_get(s, remote_path(s, "/v1/certificates/", o->serial, ""), &answer));
    return o->pem ? print_pem(s, answer) : answer_show(s, answer, ANSWER_COLUMNS(details));
}

static const option_row revoke_rows[] = {
    SERIAL_ROW,
    {.name = "reason",
     .kind = OPTION_CHOICE,
     .flags = OPTION_REQUIRED,
     .value = "REASON",
     .choices = "unspecified|keyCompromise|affiliationChanged|superseded|cessationOfOperation",
     .help = {"原因：keyCompromise 密钥泄露、affiliationChanged 岗位变动、superseded 已替换、cessationOfOperation "
              "不再使用、"
              "unspecified 未说明",
              "why: keyCompromise, affiliationChanged, superseded, cessationOfOperation, unspecified"},
     .offset = offsetof(one_options, reason)}};

static err revoke(session *s, const void *options)
{
    static const phrase done = {"已吊销：该密钥不能再签名，CRL 已更新",
                                "Revoked: nothing more is signed with its key, and the CRL is new"};
    const one_options *o = options;
    json_t *answer;
    TRY(remote_post(s, remote_path(s, "/v1/certificates/", o->serial, "/revoke"),
                    json_pack("{s:s}", "reason", o->reason), &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(details));
}

typedef struct file_options {
    const char *output;
    bool root;
} file_options;

#define OUTPUT_ROW                                                                                                     \
    {                                                                                                                  \
        .name = "output", .kind = OPTION_PATH, .value = "FILE",                                                        \
        .help = {"写入文件（默认：标准输出）", "write to a file (standard output)"},                                   \
        .offset = offsetof(file_options, output)                                                                       \
    }

static const option_row chain_rows[] = {OUTPUT_ROW};

static const option_row crl_rows[] = {OUTPUT_ROW,
                                      {.name = "root",
                                       .kind = OPTION_FLAG,
                                       .help = {"根 CA 的吊销列表（默认：签发个人证书的 CA 的）",
                                                "the root CA's list (that of the CA that issues to persons)"},
                                       .offset = offsetof(file_options, root)}};

/* A PEM text into its file, or on the screen; with --json the answer that it comes from is printed. */
static err give_pem(session *s, const file_options *o, const char *pem, const json_t *answer)
{
    if (o->output || !s->common.json)
        TRY(answer_write(s, o->output, pem, strlen(pem)));
    return s->common.json ? answer_dump(answer) : ERR_OK;
}

static err chain(session *s, const void *options)
{
    json_t *answer;
    TRY(remote_get(s, "/v1/ca", &answer));
    const char *pem = answer_text(answer, "chain_pem");
    return pem ? give_pem(s, options, pem, answer) : ERR_JSON;
}

static err crl(session *s, const void *options)
{
    const file_options *o = options;
    bytes der;
    TRY(remote_fetch(s, o->root ? "/pki/root.crl" : "/pki/issuing.crl", &der));
    const char *pem = pem_encode(s->arena, PEM_CRL, der);
    json_t *answer = pem ? json_pack("{s:s}", "crl_pem", pem) : NULL;
    if (!answer || json_array_append_new(s->answers, answer) != 0)
        return ERR_MEMORY;
    return give_pem(s, o, pem, answer);
}

static const command commands[] = {
    {.name = "chain",
     .summary = {"上级证书：签发 CA 与根（PEM）", "the certificates above: issuing CA and root (PEM)"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(chain_rows, file_options),
     .run = chain},
    {.name = "crl",
     .summary = {"当前的证书吊销列表（PEM）", "the current certificate revocation list (PEM)"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(crl_rows, file_options),
     .run = crl},
    {.name = "list",
     .summary = {"列出证书", "list certificates"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(list_rows, list_options),
     .run = list},
    {.name = "revoke",
     .summary = {"吊销证书", "revoke a certificate"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(revoke_rows, one_options),
     .run = revoke},
    {.name = "show",
     .summary = {"查看证书", "show a certificate"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(show_rows, one_options),
     .run = show},
};

const command_group cert_group = {
    .name = "cert",
    .summary = {"证书：查看、吊销、证书链与 CRL", "certificates: show, revoke, chain and CRL"},
    COMMAND_GROUP(commands)};
