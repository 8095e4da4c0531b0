/* `yiqian login verify`: what a business system does with an assertion (docs/spec/qr.md, Verifying), by itself. The server is asked for bytes
 * only: what it thinks of them is not looked at. */
#include <string.h>

#include "asn1/ecsig.h"
#include "asn1/name.h"
#include "base/text.h"
#include "cmd/answer.h"
#include "cmd/login.h"
#include "cmd/remote.h"
#include "cmd/signature.h"
#include "cmd/table.h"
#include "crypto/sm2.h"
#include "os/clock.h"
#include "os/file.h"
#include "pki/path.h"
#include "pki/pem.h"

enum {
    FILE_MAX = 1 << 20,
    CERTS_MAX = 16,
    CRLS_MAX = 8,
    WITHIN_DEFAULT = 300,
    WITHIN_MAX = 86400,
    STAFF_NO_MAX = 64,
    MS = 1000
};

const option_row login_verify_rows[LOGIN_VERIFY_ROWS] = {
    {.name = "LOGIN",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"登录标识：断言须是这一次的", "the login's id: the assertion has to be of this one"},
     .offset = offsetof(login_verify_options, id)},
    {.name = "nonce",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "TEXT",
     .help = {"本次会话的随机数：断言须含它", "of this browser's session: the assertion has to have it"},
     .offset = offsetof(login_verify_options, nonce)},
    {.name = "system-id",
     .kind = OPTION_TEXT,
     .value = "ID",
     .help = {"本业务系统的标识：断言须是给它的", "this business system's id: the assertion has to be for it"},
     .offset = offsetof(login_verify_options, system)},
    {.name = "assertion",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"断言、签名值与证书的文件（见 yiqian login get）；都不给出时向服务器取",
              "files of assertion, signature and certificate (see yiqian login get); fetched where none is given"},
     .offset = offsetof(login_verify_options, assertion)},
    {.name = "signature",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"签名值（DER，或 64 字节 r‖s）", "the signature (DER, or 64 bytes r‖s)"},
     .offset = offsetof(login_verify_options, signature)},
    {.name = "certificate",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"签名证书，其后可有上级证书（PEM）", "the signer's certificate, those above it may follow (PEM)"},
     .offset = offsetof(login_verify_options, certificate)},
    {.name = "ca",
     .kind = OPTION_LIST,
     .value = "FILE",
     .help = {"信任的根证书与颁发证书（PEM，可多次给出；默认向服务器取：只供试用）",
              "trusted root and issuing certificates (PEM, may be given several times); else the server's, for trying "
              "out only"},
     .offset = offsetof(login_verify_options, ca)},
    {.name = "crl",
     .kind = OPTION_LIST,
     .value = "FILE",
     .help = {"吊销列表（PEM 或 DER，可多次给出；默认：向服务器取时一并取）",
              "revocation lists (PEM or DER, may be given several times); else fetched where anything is"},
     .offset = offsetof(login_verify_options, crl)},
    {.name = "within",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = 1,
     .max = WITHIN_MAX,
     .help = {"断言的时间与此刻最多相差多久（默认 5m）", "how far the assertion's time may be from now (5m)"},
     .offset = offsetof(login_verify_options, within)}};

/* ---- what is judged ---- */

typedef struct evidence {
    bytes assertion, signature;
    size_t given_n, anchors_n, above_n, crls_n;
    cert given[CERTS_MAX];                     /* the signer's first */
    cert anchors[CERTS_MAX], above[CERTS_MAX]; /* above: those that are not trusted by themselves */
    crl crls[CRLS_MAX];
    bool asked, ca_asked; /* the server, for any of it; for the CA's certificates */
} evidence;

static const phrase nothing = {NULL, NULL};

static err read_file(session *s, const char *path, bytes *out)
{
    err e = file_read(s->arena, path, FILE_MAX, out);
    return e == ERR_OK ? ERR_OK : session_file_failed(s, e, path);
}

/* Every certificate of a PEM text, behind those that are there. ERR_LIMIT, and what does not parse. */
static err add_certs(session *s, bytes text, cert *to, size_t *n)
{
    bytes der;
    err e;
    while ((e = pem_decode(s->arena, PEM_CERTIFICATE, text, &der, &text)) == ERR_OK) {
        if (*n == CERTS_MAX)
            return ERR_LIMIT;
        TRY(cert_parse(&to[*n], der));
        ++*n;
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static err read_certs(session *s, const char *path, cert *to, size_t *n)
{
    static const phrase none = {"文件中没有可用的证书（PEM）", "no certificate (PEM) that can be used is in the file"};
    const size_t before = *n;
    bytes text;
    TRY(read_file(s, path, &text));
    err e = add_certs(s, text, to, n);
    return e == ERR_OK && *n > before ? ERR_OK : session_fail(s, ERR_DER, none, path, nothing);
}

static err read_result(session *s, const login_verify_options *o, evidence *v)
{
    static const phrase none = {"登录没有完成", "the login is not done"},
                        foreign = {"服务器的应答不完整", "the server's answer is not whole"};
    json_t *login;
    const char *pem;
    v->asked = true;
    TRY(remote_get(s, remote_path(s, "/v1/logins/", o->id, ""), &login));
    const json_t *result = json_object_get(login, "result"), *signature = json_object_get(result, "signature");
    if (!json_is_object(signature))
        return session_fail(s, ERR_NOT_FOUND, none, answer_word(answer_text(login, "state")), nothing);
    err e = signature_bytes(s, json_object_get(result, "assertion"), &v->assertion);
    if (e == ERR_OK)
        e = signature_bytes(s, json_object_get(signature, "der"), &v->signature);
    if (e == ERR_OK)
        e = signature_pem(s, signature, &pem);
    if (e == ERR_OK)
        e = add_certs(s, bytes_of_text(pem), v->given, &v->given_n);
    return e == ERR_OK && v->given_n > 0 ? ERR_OK : session_fail(s, ERR_JSON, foreign, o->id, nothing);
}

static err read_evidence(session *s, const login_verify_options *o, evidence *v)
{
    static const phrase together = {"--assertion、--signature 与 --certificate 须一并给出",
                                    "--assertion, --signature and --certificate go together"};
    if (!o->assertion && !o->signature && !o->certificate)
        return read_result(s, o, v);
    if (!o->assertion || !o->signature || !o->certificate)
        return session_usage(s, together, NULL);
    TRY(read_file(s, o->assertion, &v->assertion));
    TRY(read_file(s, o->signature, &v->signature));
    return read_certs(s, o->certificate, v->given, &v->given_n);
}

/* What is its own issuer is a root. Where none of what is trusted is one, all of it is trusted by itself. */
static void split_trusted(evidence *v, const cert *trusted, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes_equal(trusted[i].issuer, trusted[i].subject))
            v->anchors[v->anchors_n++] = trusted[i];
        else
            v->above[v->above_n++] = trusted[i];
    if (v->anchors_n == 0) {
        memcpy(v->anchors, v->above, sizeof v->anchors);
        v->anchors_n = v->above_n;
        v->above_n = 0;
    }
    for (size_t i = 1; i < v->given_n && v->above_n < CERTS_MAX; i++)
        v->above[v->above_n++] = v->given[i];
}

static err read_trusted(session *s, const login_verify_options *o, evidence *v)
{
    static const phrase foreign = {"服务器的证书链不可用", "the server's certificates cannot be used"};
    cert *trusted = arena_alloc(s->arena, CERTS_MAX * sizeof *trusted);
    size_t n = 0;
    json_t *answer;
    if (!trusted)
        return ERR_MEMORY;
    for (size_t i = 0; i < o->ca.n; i++)
        TRY(read_certs(s, o->ca.items[i], trusted, &n));
    if (o->ca.n == 0) {
        v->asked = v->ca_asked = true;
        TRY(remote_get(s, "/v1/ca", &answer));
        const char *pem = answer_text(answer, "chain_pem");
        if (!pem || add_certs(s, bytes_of_text(pem), trusted, &n) != ERR_OK || n == 0)
            return session_fail(s, ERR_JSON, foreign, NULL, nothing);
    }
    split_trusted(v, trusted, n);
    return ERR_OK;
}

static err add_crl(session *s, evidence *v, bytes given, const char *subject)
{
    static const phrase none = {"不是吊销列表", "no revocation list"},
                        many = {"吊销列表太多", "too many revocation lists"};
    bytes der = given;
    if (given.n > 0 && given.p[0] != DER_SEQUENCE && pem_decode(s->arena, PEM_CRL, given, &der, NULL) != ERR_OK)
        return session_fail(s, ERR_DER, none, subject, nothing);
    if (v->crls_n == CRLS_MAX)
        return session_fail(s, ERR_LIMIT, many, subject, nothing);
    if (crl_parse(&v->crls[v->crls_n], der) != ERR_OK)
        return session_fail(s, ERR_DER, none, subject, nothing);
    v->crls_n++;
    return ERR_OK;
}

static err read_crls(session *s, const login_verify_options *o, evidence *v)
{
    static const char *const paths[] = {"/pki/issuing.crl", "/pki/root.crl"};
    bytes content;
    for (size_t i = 0; i < o->crl.n; i++) {
        TRY(read_file(s, o->crl.items[i], &content));
        TRY(add_crl(s, v, content, o->crl.items[i]));
    }
    for (size_t i = 0; i < 2 && o->crl.n == 0 && v->asked; i++) {
        TRY(remote_fetch(s, paths[i], &content));
        content.p = arena_copy(s->arena, content.p, content.n);
        TRY(content.p ? add_crl(s, v, content, paths[i]) : ERR_MEMORY);
    }
    return ERR_OK;
}

/* ---- the checks ---- */

typedef enum check { FORM, LOGIN, NONCE, SYSTEM, TIME, PERSON, SIGNATURE, CHAIN, KEY_USAGE, REVOCATION, CHECKS } check;

static const struct {
    const char *code;
    phrase name;
} names[CHECKS] = {[FORM] = {"form", {"断言的形式", "Form of the assertion"}},
                   [LOGIN] = {"login", {"是这次登录", "This login"}},
                   [NONCE] = {"nonce", {"随机数", "Nonce"}},
                   [SYSTEM] = {"system", {"给本系统", "For this system"}},
                   [TIME] = {"time", {"时间", "Time"}},
                   [PERSON] = {"person", {"工号与证书", "Person and certificate"}},
                   [SIGNATURE] = {"signature", {"签名值", "Signature"}},
                   [CHAIN] = {"chain", {"证书链", "Certificate chain"}},
                   [KEY_USAGE] = {"key_usage", {"密钥用途", "Key usage"}},
                   [REVOCATION] = {"revocation", {"吊销状态", "Revocation"}}};

typedef enum finding { NOT_DONE, PASSED, FAILED } finding;

static finding passed_if(bool good)
{
    return good ? PASSED : FAILED;
}

/* The assertion's object: exactly its members, all texts. NULL where it is none. The caller frees it. */
static json_t *parse(bytes assertion)
{
    static const char begin[] = "{\"type\":\"yiqian/login/1\",";
    static const char *const members[] = {"type",    "system",   "system_id", "login",       "nonce",
                                          "purpose", "staff_no", "name",      "certificate", "time"};
    enum { MEMBERS = sizeof members / sizeof *members };
    if (assertion.n < sizeof begin - 1 || memcmp(assertion.p, begin, sizeof begin - 1) != 0)
        return NULL;
    json_t *object = json_loadb((const char *)assertion.p, assertion.n, JSON_REJECT_DUPLICATES, NULL);
    bool whole = json_object_size(object) == MEMBERS;
    for (size_t i = 0; i < MEMBERS && whole; i++)
        whole = json_is_string(json_object_get(object, members[i]));
    if (whole)
        return object;
    json_decref(object);
    return NULL;
}

static bool equals(const json_t *object, const char *name, const char *text)
{
    return strcmp(json_string_value(json_object_get(object, name)), text) == 0;
}

/* Two times in one form, "2026-03-01T08:30:00.123Z", compare as text. */
static bool is_fresh(const char *time, int64_t now_ms, int64_t within)
{
    char earliest[CLOCK_TEXT], latest[CLOCK_TEXT];
    clock_text(earliest, now_ms - within * MS);
    clock_text(latest, now_ms + within * MS);
    return strlen(time) == CLOCK_TEXT - 1 && strcmp(time, earliest) >= 0 && strcmp(time, latest) <= 0;
}

static bool is_person(session *s, const json_t *object, const cert *leaf)
{
    uint8_t staff_no[STAFF_NO_MAX + 1] = {0};
    buffer value = buffer_over(staff_no, STAFF_NO_MAX);
    const char *serial = hex_text(s->arena, leaf->serial.p, leaf->serial.n);
    return name_value(&value, leaf->subject, OID_SERIAL_NUMBER) == ERR_OK && strlen((char *)staff_no) == value.n &&
           equals(object, "staff_no", (char *)staff_no) && serial && equals(object, "certificate", serial);
}

static bool is_signed(const evidence *v)
{
    const cert *leaf = &v->given[0];
    uint8_t rs[ECSIG_SIZE], e[32];
    if (!leaf->is_sm2)
        return false;
    if (v->signature.n == ECSIG_SIZE)
        memcpy(rs, v->signature.p, sizeof rs);
    else if (ecsig_from_der(rs, v->signature) != ERR_OK)
        return false;
    sm2_digest(e, leaf->public_key, v->assertion);
    return sm2_verify_bytes(leaf->public_key, e, rs) == ERR_OK;
}

static void check_path(const evidence *v, int64_t now_ms, finding found[CHECKS])
{
    const cert *leaf = &v->given[0];
    const uint16_t any = CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION;
    path_result path;
    found[KEY_USAGE] = passed_if(!leaf->ca && (!leaf->has_key_usage || (leaf->key_usage & any)));
    found[CHAIN] =
        passed_if(path_validate(leaf, v->above, v->above_n, v->anchors, v->anchors_n, now_ms, &path) == ERR_OK);
    if (found[CHAIN] == PASSED && v->crls_n > 0)
        found[REVOCATION] = passed_if(path_check_revocation(&path, v->crls, v->crls_n, now_ms, now_ms) == ERR_OK);
}

static void check_all(session *s, const login_verify_options *o, const evidence *v, const json_t *object,
                      finding found[CHECKS])
{
    const int64_t now_ms = clock_unix_ms();
    found[SIGNATURE] = passed_if(is_signed(v));
    check_path(v, now_ms, found);
    found[FORM] = passed_if(object != NULL);
    if (!object)
        return;
    found[LOGIN] = passed_if(equals(object, "login", o->id));
    found[NONCE] = passed_if(equals(object, "nonce", o->nonce));
    found[TIME] = passed_if(
        is_fresh(json_string_value(json_object_get(object, "time")), now_ms, o->within ? o->within : WITHIN_DEFAULT));
    found[PERSON] = passed_if(is_person(s, object, &v->given[0]));
    if (o->system)
        found[SYSTEM] = passed_if(equals(object, "system_id", o->system));
}

/* ---- the verdict ---- */

static const char *finding_word(finding f)
{
    return f == PASSED ? "ok" : f == FAILED ? "failed" : "not_done";
}

static err print(session *s, json_t *verdict, const finding found[CHECKS], bool valid)
{
    static const phrase good = {"登录断言有效", "The login's assertion is valid"},
                        bad = {"登录断言无效", "The login's assertion is NOT valid"}, said = {"断言", "It says"},
                        borrowed = {"注意：CA 证书取自服务器本身；请用 --ca 给出事先收到的证书",
                                    "Note: the CA's certificates came from the server itself; give with --ca what you "
                                    "were handed beforehand"};
    static const phrase states[] = {{"未检查", "not done"}, {"通过", "ok"}, {"未通过", "failed"}};
    static const answer_column fields[] = {{{"姓名", "Name"}, "name", ANSWER_TEXT},
                                           {{"工号", "Staff no."}, "staff_no", ANSWER_TEXT},
                                           {{"系统", "System"}, "system", ANSWER_TEXT},
                                           {{"系统标识", "System's id"}, "system_id", ANSWER_TEXT},
                                           {{"用途", "Purpose"}, "purpose", ANSWER_TEXT},
                                           {{"时间", "Time"}, "time", ANSWER_TIME},
                                           {{"证书序列号", "Certificate"}, "certificate", ANSWER_TEXT}};
    enum { COLUMNS = 2, INDENT = 2 };
    table *t = table_begin(s->arena, COLUMNS);
    for (size_t i = 0; i < CHECKS; i++)
        TRY(table_add(t, (const char *[COLUMNS]){say(names[i].name), say(states[found[i]])}));
    printf("%s\n", say(valid ? good : bad));
    table_print(stdout, t, INDENT);
    if (strcmp(answer_text(verdict, "ca"), "server") == 0)
        printf("%s\n", say(borrowed));
    return json_object_get(verdict, "login") ? answer_done(s, said, verdict, ANSWER_COLUMNS(fields)) : ERR_OK;
}

static err tell(session *s, const evidence *v, json_t *object, const finding found[CHECKS])
{
    bool valid = true;
    json_t *checks = json_array(), *verdict = object ? json_copy(object) : json_object();
    for (size_t i = 0; i < CHECKS; i++) {
        valid = valid && found[i] != FAILED;
        (void)json_array_append_new(checks,
                                    json_pack("{s:s, s:s}", "check", names[i].code, "state", finding_word(found[i])));
    }
    (void)json_object_set_new(verdict, "valid", json_boolean(valid));
    (void)json_object_set_new(verdict, "ca", json_string(v->ca_asked ? "server" : "files"));
    err e = json_object_set_new(verdict, "checks", checks) == 0 ? ERR_OK : ERR_MEMORY;
    if (e == ERR_OK)
        e = s->common.json ? answer_dump(verdict) : print(s, verdict, found, valid);
    json_decref(verdict);
    TRY(e);
    s->told = true; /* the verdict says it */
    return valid ? ERR_OK : ERR_SIGNATURE;
}

err login_verify(session *s, const void *options)
{
    const login_verify_options *o = options;
    finding found[CHECKS] = {NOT_DONE};
    evidence *v = arena_alloc(s->arena, sizeof *v);
    if (!v)
        return ERR_MEMORY;
    TRY(read_evidence(s, o, v));
    TRY(read_trusted(s, o, v));
    TRY(read_crls(s, o, v));
    json_t *object = parse(v->assertion);
    check_all(s, o, v, object, found);
    err e = tell(s, v, object, found);
    json_decref(object);
    return e;
}
