#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/remote.h"
#include "cmd/scopes.h"
#include "os/file.h"

#define ROOTS "/v1/tsa/roots"
#define PURPOSES "timestamp|signature"

enum { FILE_MAX = 1 << 20 /* what the server takes */ };

static const answer_column columns[] = {{{"名称", "Name"}, "name", ANSWER_TEXT},
                                        {{"用于", "For"}, "purposes", ANSWER_TEXT},
                                        {{"主体", "Subject"}, "subject", ANSWER_TEXT},
                                        {{"有效期至", "Valid until"}, "not_after", ANSWER_TIME},
                                        {{"吊销列表", "CRLs"}, "crls", ANSWER_TEXT},
                                        {{"列表更新", "CRL updated"}, "crl_updated_at", ANSWER_TIME},
                                        {{"标识", "Id"}, "root", ANSWER_TEXT}};

typedef struct root_options {
    const char *id, *file, *name, *issuer;
    uint32_t purposes;
} root_options;

#define ROOT_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "ROOT", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED | OPTION_OPERAND,                                \
        .help = {"根的标识，见 yiqian tsa root list", "the root's id, from yiqian tsa root list"},                     \
        .offset = offsetof(root_options, id)                                                                           \
    }

static const option_row add_rows[] = {{.name = "FILE",
                                       .kind = OPTION_PATH,
                                       .flags = OPTION_REQUIRED | OPTION_OPERAND,
                                       .help = {"根证书（PEM 或 DER）", "the root's certificate (PEM or DER)"},
                                       .offset = offsetof(root_options, file)},
                                      {.name = "name",
                                       .kind = OPTION_TEXT,
                                       .flags = OPTION_REQUIRED,
                                       .value = "NAME",
                                       .help = {"机构名称", "whose it is"},
                                       .offset = offsetof(root_options, name)},
                                      {.name = "for",
                                       .kind = OPTION_SET,
                                       .value = "PURPOSES",
                                       .choices = PURPOSES,
                                       .help = {"用于验证什么：timestamp 时间戳（默认）、signature 签名（须为 SM2）",
                                                "what it is trusted for: timestamp (if none is given), signature (SM2)"},
                                       .offset = offsetof(root_options, purposes)}};

static const option_row crl_rows[] = {ROOT_ROW,
                                      {.name = "FILE",
                                       .kind = OPTION_PATH,
                                       .flags = OPTION_REQUIRED | OPTION_OPERAND,
                                       .help = {"该根或其下级 CA 的吊销列表（PEM 或 DER）",
                                                "a revocation list of the root's or of a CA's below it (PEM or DER)"},
                                       .offset = offsetof(root_options, file)},
                                      {.name = "issuer",
                                       .kind = OPTION_PATH,
                                       .value = "FILE",
                                       .help = {"下级 CA 的列表须附该 CA 的证书（PEM 或 DER）",
                                                "for a list of a CA below the root: that CA's certificate (PEM or DER)"},
                                       .offset = offsetof(root_options, issuer)}};

static const option_row one_rows[] = {ROOT_ROW};

static err file_base64(session *s, const char *path, const char **out)
{
    bytes content;
    err e = file_read(s->arena, path, FILE_MAX, &content);
    if (e != ERR_OK)
        return session_file_failed(s, e, path);
    *out = base64_text(s->arena, content.p, content.n);
    return *out ? ERR_OK : ERR_MEMORY;
}

static err add(session *s, const void *options)
{
    static const phrase done = {"已信任：此后可以验证；吊销列表以 yiqian tsa root crl 提供",
                                "Trusted: what it certified verifies from now on; hand in its revocation lists by "
                                "yiqian tsa root crl"};
    const root_options *o = options;
    const char *certificate = NULL;
    json_t *answer;
    TRY(file_base64(s, o->file, &certificate));
    json_t *purposes = o->purposes ? scopes_array(PURPOSES, o->purposes) : NULL;
    TRY(remote_post(s, ROOTS, json_pack("{s:s, s:s, s:o*}", "name", o->name, "certificate", certificate, "purposes", purposes),
                    &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static err list(session *s, const void *options)
{
    json_t *answer;
    (void)options;
    TRY(remote_get(s, ROOTS, &answer));
    return answer_list(s, answer, ANSWER_COLUMNS(columns));
}

static err crl(session *s, const void *options)
{
    static const phrase done = {"吊销列表已更新", "The revocation list is updated"};
    const root_options *o = options;
    const char *content = NULL, *issuer = NULL;
    json_t *answer;
    TRY(file_base64(s, o->file, &content));
    if (o->issuer)
        TRY(file_base64(s, o->issuer, &issuer));
    TRY(remote_call(s,
                    &(remote_request){.method = "PATCH",
                                      .path = remote_path(s, ROOTS "/", o->id, ""),
                                      .body = json_pack("{s:s, s:s*}", "crl", content, "issuer", issuer)},
                    &answer));
    return answer_done(s, done, answer, ANSWER_COLUMNS(columns));
}

static err root_remove(session *s, const void *options)
{
    const root_options *o = options;
    json_t *answer;
    TRY(remote_call(s, &(remote_request){.method = "DELETE", .path = remote_path(s, ROOTS "/", o->id, "")}, &answer));
    return answer_done(s, (phrase){"已不再信任", "Trusted no more"}, answer, NULL, 0);
}

static const command commands[] = {
    {.name = "add",
     .summary = {"信任另一时间戳机构的根证书", "trust the root of another timestamp authority"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(add_rows, root_options),
     .run = add},
    {.name = "crl",
     .summary = {"更新吊销列表", "hand in a revocation list"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(crl_rows, root_options),
     .run = crl},
    {.name = "list",
     .summary = {"列出受信任的根证书", "list the roots that are trusted"},
     .caller = CALLER_OPERATOR,
     .run = list},
    {.name = "remove",
     .summary = {"不再信任", "trust it no more"},
     .caller = CALLER_OPERATOR,
     COMMAND_OPTIONS(one_rows, root_options),
     .run = root_remove}};

const command_group tsa_root_group = {
    .name = "tsa root",
    .summary = {"验证用：其他时间戳机构的根证书", "for verifying: roots of other timestamp authorities"},
    COMMAND_GROUP(commands)};
