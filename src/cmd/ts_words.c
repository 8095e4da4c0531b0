#include <string.h>

#include "api/tsa_json.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/table.h"
#include "cmd/ts.h"

enum { INDENT = 2 };

/* ---- words ---- */

typedef struct word {
    const char *word;
    phrase text;
} word;

static const char *word_of(const word *words, size_t n, const char *given)
{
    for (size_t i = 0; given && i < n; i++)
        if (strcmp(words[i].word, given) == 0)
            return say(words[i].text);
    return given;
}

#define WORD_OF(words, given) word_of(words, sizeof(words) / sizeof *(words), given)

static const char *check_name(const char *check)
{
    static const word names[] = {{"structure", {"结构", "Structure"}},
                                 {"imprint", {"文档摘要", "Imprint"}},
                                 {"nonce", {"随机数", "Nonce"}},
                                 {"policy", {"策略", "Policy"}},
                                 {"content_type", {"内容类型", "Content type"}},
                                 {"message_digest", {"内容摘要", "Message digest"}},
                                 {"signing_certificate", {"证书标识", "Certificate id"}},
                                 {"signature", {"签名值", "Signature"}},
                                 {"tsa_name", {"机构名称", "Authority's name"}},
                                 {"chain", {"证书链", "Certificate chain"}},
                                 {"period", {"证书有效期", "Validity period"}},
                                 {"extended_key_usage", {"扩展密钥用途", "Extended key usage"}},
                                 {"key_usage", {"密钥用途", "Key usage"}},
                                 {"revocation", {"吊销状态", "Revocation"}},
                                 {"accuracy", {"时间误差", "Accuracy"}},
                                 {"time", {"签发时刻", "Time"}}};
    return WORD_OF(names, check);
}

static const char *result_name(const char *result)
{
    static const word names[] = {
        {"passed", {"通过", "passed"}}, {"failed", {"未通过", "FAILED"}}, {"not_checked", {"未检查", "not checked"}}};
    return WORD_OF(names, result);
}

static const answer_column statement[] = {{{"签发时间", "Time"}, "time", ANSWER_TIME},
                                          {{"签发时间（UTC）", "Time (UTC)"}, "time", ANSWER_TEXT},
                                          {{"误差上限（微秒）", "Accuracy (µs)"}, "accuracy_us", ANSWER_TEXT},
                                          {{"序列号", "Serial number"}, "serial", ANSWER_TEXT},
                                          {{"策略", "Policy"}, "policy", ANSWER_TEXT},
                                          {{"摘要算法", "Hash"}, "hash", ANSWER_TEXT},
                                          {{"摘要", "Imprint"}, "imprint_hex", ANSWER_TEXT},
                                          {{"随机数", "Nonce"}, "nonce", ANSWER_TEXT},
                                          {{"严格按序", "Ordering"}, "ordering", ANSWER_TEXT},
                                          {{"机构名称", "TSA"}, "tsa", ANSWER_TEXT},
                                          {{"格式", "Profile"}, "profile_text", ANSWER_TEXT},
                                          {{"签名算法", "Signature"}, "signature_algorithm", ANSWER_TEXT},
                                          {{"签名摘要", "Digest"}, "digest_algorithm", ANSWER_TEXT},
                                          {{"令牌中证书数", "Certificates"}, "certificates", ANSWER_TEXT},
                                          {{"签名证书", "Signer"}, "signer.subject", ANSWER_TEXT},
                                          {{"颁发者", "Issuer"}, "signer.issuer", ANSWER_TEXT},
                                          {{"证书序列号", "Certificate's serial"}, "signer.serial", ANSWER_TEXT},
                                          {{"有效期自", "Valid from"}, "signer.not_before", ANSWER_TIME},
                                          {{"有效期至", "Valid until"}, "signer.not_after", ANSWER_TIME},
                                          {{"吊销时间", "Revoked"}, "signer.revoked_at", ANSWER_TIME},
                                          {{"吊销原因", "Reason"}, "signer.revocation_reason", ANSWER_TEXT},
                                          {{"根证书", "Root"}, "root", ANSWER_TEXT},
                                          {{"错误位置", "Malformed at"}, "malformed_at", ANSWER_TEXT}};

/* ---- printing ---- */

/* What people compare: the digest in hex, and the profile by its standard. */
static err add_readings(session *s, json_t *json)
{
    static const phrase gm = {"GM/T 0033（GM/T 0010 数据类型）", "GM/T 0033 (identifiers of GM/T 0010)"};
    static const phrase rfc = {"RFC 3161（RFC 5652 数据类型）", "RFC 3161 (identifiers of RFC 5652)"};
    const char *imprint = answer_text(json, "imprint"), *profile = answer_text(json, "profile");
    bytes octets;
    if (!imprint || !profile)
        return ERR_OK;
    TRY(base64_decode(s->arena, imprint, strlen(imprint), &octets));
    const char *hex = hex_text(s->arena, octets.p, octets.n);
    return hex && json_object_set_new(json, "imprint_hex", json_string(hex)) == 0 &&
                   json_object_set_new(json, "profile_text", json_string(say(strcmp(profile, "gm") == 0 ? gm : rfc))) ==
                       0
               ? ERR_OK
               : ERR_MEMORY;
}

/* The session keeps it. */
static err show_statement(session *s, const json_t *json)
{
    json_t *copy = json_copy((json_t *)json);
    if (!copy || json_array_append_new(s->answers, copy) != 0)
        return ERR_MEMORY;
    TRY(add_readings(s, copy));
    return answer_show(s, copy, ANSWER_COLUMNS(statement));
}

static err print_checks(session *s, const json_t *checks)
{
    enum { COLUMNS = 3 };
    table *t = table_begin(s->arena, COLUMNS);
    size_t i;
    const json_t *check;
    json_array_foreach(checks, i, check)
    {
        const char *const cells[COLUMNS] = {check_name(answer_text(check, "check")),
                                            result_name(answer_text(check, "result")),
                                            answer_text(check, language_is_chinese() ? "detail" : "detail_en")};
        TRY(table_add(t, cells));
    }
    if (t)
        table_print(stdout, t, INDENT);
    return t ? ERR_OK : ERR_MEMORY;
}

err ts_words_verification(session *s, const json_t *json)
{
    static const phrase good = {"时间戳有效", "The timestamp is valid"},
                        bad = {"时间戳无效", "The timestamp is NOT valid"};
    if (s->common.json)
        return answer_dump(json);
    printf("%s\n", say(json_is_true(json_object_get(json, "valid")) ? good : bad));
    TRY(print_checks(s, json_object_get(json, "checks")));
    return show_statement(s, json);
}

err ts_words_token(session *s, const tsa_token *t)
{
    json_t *json = json_object();
    if (!json || json_array_append_new(s->answers, json) != 0 || !tsa_json_statement(s->arena, json, t))
        return ERR_MEMORY;
    return s->common.json ? answer_dump(json) : show_statement(s, json);
}

/* ---- responses ---- */

static const char *status_word(tsa_status status)
{
    static const char *const words[TSA_STATUS_COUNT] = {"granted", "grantedWithMods",   "rejection",
                                                        "waiting", "revocationWarning", "revocationNotification"};
    return words[status];
}

json_t *ts_words_status_json(session *s, const tsa_response *r)
{
    json_t *json = json_pack("{s:s, s:s?, s:s?}", "status", status_word(r->status), "failure",
                             r->has_failure ? tsa_failure_name(r->failure) : NULL, "text",
                             r->text.n > 0 ? arena_text(s->arena, r->text.p, r->text.n) : NULL);
    return json && json_array_append_new(s->answers, json) == 0 ? json : NULL;
}

err ts_words_status(session *s, const tsa_response *r)
{
    static const word statuses[] = {{"granted", {"已签发", "granted"}},
                                    {"grantedWithMods", {"已签发（与请求有出入）", "granted with modifications"}},
                                    {"rejection", {"已拒绝", "rejected"}},
                                    {"waiting", {"处理中", "waiting"}},
                                    {"revocationWarning", {"证书即将吊销", "revocation is imminent"}},
                                    {"revocationNotification", {"证书已吊销", "revoked"}}};
    static const word failures[] = {
        {"badAlg", {"算法不支持", "the algorithm is not supported"}},
        {"badRequest", {"请求不被允许", "the request is not allowed"}},
        {"badDataFormat", {"数据格式错误", "the data has a wrong format"}},
        {"timeNotAvailable", {"可信时间源不可用", "the time source is not available"}},
        {"unacceptedPolicy", {"策略不被支持", "the policy is not supported"}},
        {"unacceptedExtension", {"扩展不被支持", "an extension is not supported"}},
        {"addInfoNotAvailable", {"附加信息不可用", "additional information is not available"}},
        {"systemFailure", {"系统故障", "the system failed"}}};
    static const answer_column columns[] = {{{"状态", "Status"}, "status_text", ANSWER_TEXT},
                                            {{"拒绝原因", "Failure"}, "failure_text", ANSWER_TEXT},
                                            {{"说明", "Text"}, "text", ANSWER_TEXT}};
    json_t *json = ts_words_status_json(s, r);
    const char *failure = answer_text(json, "failure");
    const char *both = failure ? arena_printf(s->arena, "%s (%s)", WORD_OF(failures, failure), failure) : NULL;
    if (!json || (failure && !both))
        return ERR_MEMORY;
    (void)json_object_set_new(json, "status_text", json_string(WORD_OF(statuses, status_word(r->status))));
    if (both)
        (void)json_object_set_new(json, "failure_text", json_string(both));
    return answer_show(s, json, ANSWER_COLUMNS(columns));
}

/* ---- queries ---- */

static json_t *hex_json(session *s, bytes b)
{
    const char *text = b.n > 0 ? hex_text(s->arena, b.p, b.n) : NULL;
    return text ? json_string(text) : json_null();
}

err ts_words_query(session *s, const tsa_request *r)
{
    static const answer_column columns[] = {{{"摘要算法", "Hash"}, "hash", ANSWER_TEXT},
                                            {{"摘要", "Imprint"}, "imprint_hex", ANSWER_TEXT},
                                            {{"策略", "Policy"}, "policy", ANSWER_TEXT},
                                            {{"随机数", "Nonce"}, "nonce", ANSWER_TEXT},
                                            {{"要求证书", "Certificate wanted"}, "certificates", ANSWER_TEXT}};
    json_t *json = json_pack("{s:s, s:o, s:o, s:o, s:b}", "hash", tsa_hash_name(r->hash), "imprint_hex",
                             hex_json(s, r->imprint), "policy", r->policy.n > 0 ? tsa_json_oid(r->policy) : json_null(),
                             "nonce", hex_json(s, r->nonce), "certificates", r->certificates);
    if (!json || json_array_append_new(s->answers, json) != 0)
        return ERR_MEMORY;
    return s->common.json ? answer_dump(json) : answer_show(s, json, ANSWER_COLUMNS(columns));
}
