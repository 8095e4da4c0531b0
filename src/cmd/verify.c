#include <string.h>

#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/document.h"
#include "cmd/remote.h"
#include "cmd/table.h"
#include "cms/signed_data.h"
#include "os/file.h"
#include "pki/pem.h"

enum {
    SIGNATURE_MAX = 1024,
    CERTIFICATE_MAX = 1 << 16,
    INTERMEDIATES_MAX = 6,
    TIMESTAMP_MAX = 1 << 18,
    CMS_MAX = 15 << 20 /* a third more than what the server takes, as PEM */
};

typedef struct verify_options {
    const char *file, *digest, *cms, *signature, *certificate, *task, *form, *timestamp, *time;
} verify_options;

static const option_row verify_rows[] = {
    {.name = "file",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"被签的文档", "the document that was signed"},
     .offset = offsetof(verify_options, file)},
    {.name = "digest",
     .kind = OPTION_TEXT,
     .value = "HEX",
     .help = {"代替文档的 SM3 摘要（形式为 digest 或 cms）", "its SM3 digest instead (form digest or cms)"},
     .offset = offsetof(verify_options, digest)},
    {.name = "cms",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"代替签名值：签名数据 SignedData（.p7s，DER 或 PEM）；含文档时不必给出 --file",
              "instead of a signature: SignedData (.p7s, DER or PEM); with the document inside, --file is not needed"},
     .offset = offsetof(verify_options, cms)},
    {.name = "signature",
     .kind = OPTION_PATH,
     .value = "FILE|HEX",
     .help = {"签名值：r‖s 或 DER，文件或十六进制", "the signature, r‖s or DER: a file, or hex"},
     .offset = offsetof(verify_options, signature)},
    {.name = "certificate",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"签名者证书（PEM 或 DER）；--cms 中已有时不必给出",
              "the signer's certificate (PEM or DER); not needed where it is in --cms"},
     .offset = offsetof(verify_options, certificate)},
    {.name = "task",
     .kind = OPTION_TEXT,
     .value = "TASK",
     .help = {"代替签名值与证书：本系统的一个任务",
              "instead of signature and certificate: a task of this business system"},
     .offset = offsetof(verify_options, task)},
    {.name = "form",
     .kind = OPTION_CHOICE,
     .choices = "raw|digest",
     .help = {"签名形式（默认 raw；给出 --digest 时为 digest）", "what was signed (raw; digest with --digest)"},
     .offset = offsetof(verify_options, form)},
    {.name = "timestamp",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"签名的时间戳（.tst 令牌或 .tsr 应答）；任务与 --cms 中已有时不必给出",
              "the signature's timestamp (a token .tst or a response .tsr); not needed where the task or --cms has it"},
     .offset = offsetof(verify_options, timestamp)},
    {.name = "time",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help =
         {"按这个时刻判断，如 2026-03-01T16:30:00+08:00（默认：任务的签名时间，其次有效时间戳的时间，否则现在）",
          "judge as of this time, 2026-03-01T16:30:00+08:00 (the task's signing time, or that of a valid timestamp, "
          "else now)"},
     .offset = offsetof(verify_options, time)}};

static bool is_hex(const char *text)
{
    size_t n = strlen(text);
    return n > 0 && n % 2 == 0 && strspn(text, "0123456789abcdefABCDEF") == n;
}

/* The signature's bytes, whichever of its two encodings they are in, as base64. */
static err read_signature(session *s, const char *given, const char **base64)
{
    bytes content;
    if (is_hex(given) && !file_exists(given)) {
        uint8_t *p = arena_alloc(s->arena, strlen(given) / 2);
        if (!p)
            return ERR_MEMORY;
        content = bytes_of(p, strlen(given) / 2);
        TRY(hex_decode(p, content.n, given, strlen(given)));
    } else {
        err e = file_read(s->arena, given, SIGNATURE_MAX, &content);
        if (e != ERR_OK)
            return session_file_failed(s, e, given);
    }
    *base64 = base64_text(s->arena, content.p, content.n);
    return *base64 ? ERR_OK : ERR_MEMORY;
}

static err add_text(json_t *body, const char *name, const char *text)
{
    return text && json_object_set_new(body, name, json_string(text)) == 0 ? ERR_OK : ERR_MEMORY;
}

/* SignedData is DER, or PEM under either of its two names (RFC 7468 9, RFC 2315). */
static err read_cms(session *s, const char *path, bytes *der)
{
    static const char *const labels[] = {PEM_CMS, PEM_PKCS7};
    err e = file_read(s->arena, path, CMS_MAX, der);
    if (e != ERR_OK)
        return session_file_failed(s, e, path);
    for (size_t i = 0; i < sizeof labels / sizeof *labels && der->n > 0 && *der->p == '-'; i++) {
        bytes inside;
        e = pem_decode(s->arena, labels[i], *der, &inside, NULL);
        if (e == ERR_MEMORY)
            return e;
        if (e == ERR_OK)
            *der = inside;
    }
    return ERR_OK;
}

/* The certificates that stand behind the signer's in its file. */
static err add_intermediates(session *s, json_t *body, bytes rest)
{
    json_t *array = json_array();
    bytes der;
    if (json_object_set_new(body, "intermediates", array) != 0)
        return ERR_MEMORY;
    while (json_array_size(array) < INTERMEDIATES_MAX &&
           pem_decode(s->arena, PEM_CERTIFICATE, rest, &der, &rest) == ERR_OK) {
        const char *base64 = base64_text(s->arena, der.p, der.n);
        if (!base64 || json_array_append_new(array, json_string(base64)) != 0)
            return ERR_MEMORY;
    }
    return ERR_OK;
}

/* The signer's certificate is the first one of the file, or the file itself is it, as DER. */
static err add_certificates(session *s, json_t *body, const char *path)
{
    static const phrase malformed = {"不是证书", "this is not a certificate"};
    bytes content, der, rest;
    err e = file_read(s->arena, path, CERTIFICATE_MAX, &content);
    if (e != ERR_OK)
        return session_file_failed(s, e, path);
    e = pem_decode(s->arena, PEM_CERTIFICATE, content, &der, &rest);
    if (e == ERR_NOT_FOUND)
        return add_text(body, "certificate", base64_text(s->arena, content.p, content.n));
    if (e != ERR_OK)
        return session_fail(s, e, malformed, path, (phrase){NULL, NULL});
    TRY(add_text(body, "certificate", base64_text(s->arena, der.p, der.n)));
    return add_intermediates(s, body, rest);
}

static err check_options(session *s, const verify_options *o)
{
    static const phrase content = {"请给出 --file 或 --digest 之一", "give one of --file and --digest"};
    static const phrase source = {"请给出 --signature 与 --certificate，或者 --cms，或者 --task",
                                  "give --signature and --certificate, or --cms, or --task"};
    static const phrase form = {"--digest 只能与 --form digest 同用", "--digest goes with --form digest only"};
    static const phrase own = {"SignedData 的形式就是 cms，不用 --form", "SignedData is of form cms: no --form"};
    if (o->cms ? o->file && o->digest : !o->file == !o->digest)
        return session_usage(s, content, NULL);
    if (o->cms ? o->task || o->signature : o->task ? o->signature || o->certificate : !o->signature || !o->certificate)
        return session_usage(s, source, NULL);
    if (o->cms && o->form)
        return session_usage(s, own, NULL);
    if (o->digest && o->form && strcmp(o->form, "digest") != 0)
        return session_usage(s, form, NULL);
    return ERR_OK;
}

/* What was signed: the document where its bytes are needed, else its digest, so that the document stays here. */
static err add_content(session *s, const verify_options *o, json_t *body, bool as_digest)
{
    char digest[2 * SM3_SIZE + 1];
    const char *document = NULL;
    if (o->digest)
        return add_text(body, "digest", o->digest);
    if (as_digest) {
        TRY(document_digest(s, o->file, digest));
        return add_text(body, "digest", digest);
    }
    TRY(document_base64(s, o->file, &document));
    return add_text(body, "document", document);
}

/* Signed attributes carry the digest; without them the content itself was signed. Whether it can be read is for the server to say. */
static err fill_cms(session *s, const verify_options *o, json_t *body)
{
    signed_data read;
    bytes der;
    TRY(read_cms(s, o->cms, &der));
    bool as_digest = signed_data_read(&read, der) != ERR_OK || read.attached || read.attributes.p;
    TRY(add_text(body, "cms", base64_text(s->arena, der.p, der.n)));
    if (o->file || o->digest)
        TRY(add_content(s, o, body, as_digest));
    return o->certificate ? add_certificates(s, body, o->certificate) : ERR_OK;
}

static err fill_signature(session *s, const verify_options *o, json_t *body)
{
    bool as_digest = o->digest || (o->form && strcmp(o->form, "digest") == 0);
    const char *signature = NULL;
    TRY(add_content(s, o, body, as_digest));
    if (o->task)
        return add_text(body, "task", o->task);
    TRY(add_text(body, "form", as_digest ? "digest" : "raw"));
    TRY(read_signature(s, o->signature, &signature));
    TRY(add_text(body, "signature", signature));
    return add_certificates(s, body, o->certificate);
}

static err add_timestamp(session *s, const char *path, json_t *body)
{
    bytes content;
    err e = file_read(s->arena, path, TIMESTAMP_MAX, &content);
    if (e != ERR_OK)
        return session_file_failed(s, e, path);
    return add_text(body, "timestamp", base64_text(s->arena, content.p, content.n));
}

static err fill(session *s, const verify_options *o, json_t *body)
{
    if (o->timestamp)
        TRY(add_timestamp(s, o->timestamp, body));
    if (o->time)
        TRY(add_text(body, "time", o->time));
    return o->cms ? fill_cms(s, o, body) : fill_signature(s, o, body);
}

/* ---- the answer ---- */

static const char *check_name(const char *check)
{
    static const struct {
        const char *check;
        phrase name;
    } names[] = {{"signature_format", {"签名格式", "Signature's format"}},
                 {"document", {"文档", "Document"}},
                 {"attributes", {"签名属性", "Signed attributes"}},
                 {"signature", {"签名值", "Signature"}},
                 {"chain", {"证书链", "Certificate chain"}},
                 {"period", {"证书有效期", "Validity period"}},
                 {"key_usage", {"密钥用途", "Key usage"}},
                 {"revocation", {"吊销状态", "Revocation"}}};
    for (size_t i = 0; check && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].check, check) == 0)
            return say(names[i].name);
    return check;
}

static const char *state_name(const char *state)
{
    static const struct {
        const char *state;
        phrase name;
    } names[] = {{"ok", {"通过", "ok"}}, {"failed", {"未通过", "failed"}}, {"not_done", {"未检查", "not done"}}};
    for (size_t i = 0; state && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].state, state) == 0)
            return say(names[i].name);
    return state;
}

static err print_checks(session *s, const json_t *checks)
{
    enum { COLUMNS = 3, INDENT = 2 };
    table *t = table_begin(s->arena, COLUMNS);
    size_t i;
    const json_t *check;
    json_array_foreach(checks, i, check)
    {
        const char *const cells[COLUMNS] = {check_name(answer_text(check, "check")),
                                            state_name(answer_text(check, "state")),
                                            answer_text(check, language_is_chinese() ? "reason" : "reason_en")};
        TRY(table_add(t, cells));
    }
    if (t)
        table_print(stdout, t, INDENT);
    return ERR_OK;
}

static err print_verdict(session *s, const json_t *answer, bool valid)
{
    static const phrase good = {"签名有效", "The signature is valid"}, bad = {"签名无效", "The signature is NOT valid"};
    static const phrase about = {"依据", "Judged on"};
    static const answer_column fields[] = {
        {{"签名人", "Signer"}, "signer.name", ANSWER_TEXT},
        {{"工号", "Staff no."}, "signer.staff_no", ANSWER_TEXT},
        {{"证书主体", "Subject"}, "signer.subject", ANSWER_TEXT},
        {{"颁发者", "Issuer"}, "signer.issuer", ANSWER_TEXT},
        {{"信任的外部根证书", "By the trusted root"}, "signer.trusted_root.name", ANSWER_TEXT},
        {{"证书序列号", "Serial"}, "signer.serial", ANSWER_TEXT},
        {{"有效期自", "Valid from"}, "signer.not_before", ANSWER_TIME},
        {{"有效期至", "Valid until"}, "signer.not_after", ANSWER_TIME},
        {{"吊销时间", "Revoked"}, "signer.revoked_at", ANSWER_TIME},
        {{"判断时刻", "As of"}, "time", ANSWER_TIME},
        {{"时间戳有效", "Timestamp valid"}, "timestamp.valid", ANSWER_TEXT},
        {{"时间戳", "Timestamp"}, "timestamp.time", ANSWER_TEXT},
        {{"时间戳误差（微秒）", "Its accuracy (µs)"}, "timestamp.accuracy_us", ANSWER_TEXT},
        {{"时间戳机构", "Timestamped by"}, "timestamp.tsa", ANSWER_TEXT},
        {{"签名者所称时间", "Signer's own time"}, "signing_time", ANSWER_TIME},
        {{"授权", "Authorisation"}, "authorisation", ANSWER_TEXT},
        {{"签名形式", "Form"}, "form", ANSWER_TEXT},
        {{"算法", "Algorithm"}, "algorithm", ANSWER_TEXT},
        {{"签名者 ID", "Signer's ID"}, "id", ANSWER_TEXT}};
    printf("%s\n", say(valid ? good : bad));
    TRY(print_checks(s, json_object_get(answer, "checks")));
    return answer_done(s, about, answer, ANSWER_COLUMNS(fields));
}

static err verify(session *s, const void *options)
{
    const verify_options *o = options;
    json_t *answer, *body = json_object();
    err e = body ? check_options(s, o) : ERR_MEMORY;
    if (e == ERR_OK)
        e = fill(s, o, body);
    if (e != ERR_OK) {
        json_decref(body);
        return e;
    }
    TRY(remote_post(s, "/v1/verify", body, &answer));
    bool valid = json_is_true(json_object_get(answer, "valid"));
    bool stamped = json_is_true(json_object_get(json_object_get(answer, "timestamp"), "valid"));
    TRY(s->common.json ? answer_dump(answer) : print_verdict(s, answer, valid));
    s->told = true; /* the verdict says it */
    return valid && (stamped || !o->timestamp) ? ERR_OK : ERR_SIGNATURE;
}

static const command commands[] = {
    {.summary = {"验证签名：签名值、证书链、有效期、吊销", "verify a signature: its value, chain, period, revocation"},
     .notes = {"退出码：0 有效；1 无效，或 --timestamp 给出的时间戳无效。例：\n"
               "  yiqian verify --file 出院小结.pdf --task TASK\n"
               "  yiqian verify --file 出院小结.pdf --signature s.der --certificate chain.pem\n"
               "  yiqian verify --file 出院小结.pdf --cms 出院小结.pdf.p7s",
               "Exit status: 0 valid; 1 not valid, or the timestamp given with --timestamp is not. Examples:\n"
               "  yiqian verify --file summary.pdf --task TASK\n"
               "  yiqian verify --file summary.pdf --signature s.der --certificate chain.pem\n"
               "  yiqian verify --file summary.pdf --cms summary.pdf.p7s"},
     .caller = CALLER_EITHER,
     COMMAND_OPTIONS(verify_rows, verify_options),
     .run = verify}};

const command_group verify_group = {
    .name = "verify", .summary = {"验证签名", "verify a signature"}, COMMAND_GROUP(commands)};
