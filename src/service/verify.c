#include "service/verify.h"

#include <string.h>

#include "asn1/ecsig.h"
#include "asn1/message_form.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "pki/path.h"
#include "pki/pem.h"
#include "service/certificate.h"
#include "service/holder.h"
#include "service/internal.h"
#include "service/task.h"
#include "service/verify_cms.h"
#include "service/verify_timestamp.h"
#include "service/verify_trust.h"

static const char *const check_names[VERIFY_CHECK_COUNT] = {
    [VERIFY_SIGNATURE_FORMAT] = "signature_format",
    [VERIFY_DOCUMENT] = "document",
    [VERIFY_ATTRIBUTES] = "attributes",
    [VERIFY_SIGNATURE] = "signature",
    [VERIFY_CHAIN] = "chain",
    [VERIFY_PERIOD] = "period",
    [VERIFY_KEY_USAGE] = "key_usage",
    [VERIFY_REVOCATION] = "revocation",
};

/* clang-format off */
const verify_reason
    verify_document_same = {"document_matches", "文档与所签内容的摘要一致", "The document is the one that was signed"},
    verify_document_other = {"document_differs", "文档与所签内容的摘要不一致，内容已被改动或不是同一文档",
                      "The document is not the one that was signed: changed, or another one"},
    verify_document_alone = {"document_not_compared", "无登记的摘要可比对，文档由签名本身验证",
                      "There is no recorded digest to compare with; the signature itself covers the document"};
static const verify_reason
    format_raw = {"format_raw", "签名值为 64 字节 r‖s", "The signature is 64 bytes r||s"},
    format_der = {"format_der", "签名值为 DER 编码（GM/T 0009）", "The signature is DER (GM/T 0009)"},
    format_bad = {"format_malformed", "签名值既不是 64 字节 r‖s，也不是严格的 DER 编码",
                  "The signature is neither 64 bytes r||s nor strict DER"},
    document_ambiguous = {"content_ambiguous", "该内容可能是另一签名形式的消息，本系统的签名者不会以 raw 形式签署",
                          "The content could be the message of another form; nobody here signs such raw"},
    document_none = {"document_not_given", "未提供文档，仅验证了签名时登记的摘要",
                     "No document was given; verified on the digest recorded at signing"},
    signature_good = {"signature_valid", "签名与内容、证书公钥相符", "The signature fits the content and the certificate's key"},
    signature_bad = {"signature_invalid", "签名与内容或证书公钥不符", "The signature does not fit the content or the certificate's key"},
    signature_no_format = {"signature_unreadable", "签名值无法解析，未验证", "Not verified: the signature could not be read"},
    signature_not_sm2 = {"algorithm_unsupported", "证书公钥不是 SM2，暂不支持验证", "The certificate's key is not SM2: not supported"},
    chain_good = {"chain_trusted", "证书链可追溯到受信任的根证书", "The chain leads to a trusted root"},
    chain_unknown = {"root_untrusted", "颁发者不在受信任的证书链中", "The chain does not lead to a trusted root"},
    chain_broken = {"chain_broken", "证书链中存在签名、约束或扩展错误", "A signature, constraint or extension in the chain is wrong"},
    period_good = {"within_period", "签名时间在证书有效期内", "The time is within the certificates' period"},
    period_early = {"not_yet_valid", "该时间证书尚未生效", "A certificate was not valid yet at that time"},
    period_late = {"expired", "该时间证书已过期", "A certificate had expired at that time"},
    usage_good = {"usage_allowed", "证书密钥用途允许签名", "The certificate's key usage allows signatures"},
    usage_any = {"usage_unrestricted", "证书未限制密钥用途", "The certificate does not restrict its key usage"},
    usage_bad = {"usage_forbidden", "证书密钥用途不允许签名", "The certificate's key usage does not allow signatures"},
    revocation_none = {"not_revoked", "证书未被吊销", "The certificate is not revoked"},
    revocation_later = {"revoked_later", "证书在该时间之后被吊销，不影响此前的签名",
                        "The certificate was revoked after that time; signatures before it stand"},
    revocation_yes = {"revoked", "该时间证书已被吊销", "The certificate was revoked at that time"},
    revocation_stranger = {"certificate_unknown", "证书由本系统 CA 签名，但没有签发记录",
                           "Signed by this CA, but there is no record of its issue"},
    revocation_unknown = {"no_revocation_data", "没有该颁发者的吊销信息，未检查", "Not checked: no revocation data of this issuer"};
/* clang-format on */

const char *verify_check_name(verify_check check)
{
    return check_names[check];
}

void verify_find(verification *v, verify_check check, verify_state state, const verify_reason *reason)
{
    v->findings[check] = (verify_finding){state, reason};
}

err verify_certificate_read(call *c, bytes given, const char *field, cert *out)
{
    bytes der = given;
    if (given.n > 0 && given.p[0] != DER_SEQUENCE) {
        err e = pem_decode(c->arena, PEM_CERTIFICATE, given, &der, NULL);
        if (e == ERR_MEMORY)
            return e;
        if (e != ERR_OK)
            return fault_field(&c->fault, ERR_ENCODING, "%s", field);
    }
    err e = cert_parse(out, der);
    return e == ERR_OK ? e : fault_field(&c->fault, e, "%s", field);
}

static err signature_read(bytes given, subject_matter *m, verification *v)
{
    if (given.n == ECSIG_SIZE) {
        memcpy(m->rs, given.p, ECSIG_SIZE);
        m->has_rs = true;
        verify_find(v, VERIFY_SIGNATURE_FORMAT, VERIFY_PASSED, &format_raw);
    } else if (ecsig_from_der(m->rs, given) == ERR_OK) {
        m->has_rs = true;
        verify_find(v, VERIFY_SIGNATURE_FORMAT, VERIFY_PASSED, &format_der);
    } else {
        verify_find(v, VERIFY_SIGNATURE_FORMAT, VERIFY_FAILED, &format_bad);
    }
    return ERR_OK;
}

static err form_check(call *c, const verify_request *r)
{
    bool raw = r->form && strcmp(r->form, "raw") == 0;
    if (!raw && !(r->form && strcmp(r->form, "digest") == 0))
        return fault_field(&c->fault, fault_set(&c->fault, ERR_FORM, "form is raw or digest; cms stands for itself"),
                           "form");
    if (raw && !r->document.p)
        return fault_field(&c->fault, fault_set(&c->fault, ERR_FORM, "form raw needs the document"), "document");
    if (!r->document.p && !r->has_digest)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "digest");
    return ERR_OK;
}

static err matter_from_request(call *c, const verify_request *r, subject_matter *m, verification *v)
{
    if (!r->signature.p)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "signature");
    if (!r->certificate.p)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "certificate");
    TRY(form_check(c, r));
    TRY(verify_certificate_read(c, r->certificate, "certificate", &m->leaf));
    TRY(signature_read(r->signature, m, v));
    m->document = r->document;
    m->has_digest = true;
    if (r->document.p)
        sm3(m->digest, r->document.p, r->document.n);
    else
        memcpy(m->digest, r->digest, sizeof m->digest);
    bool differs = r->has_digest && memcmp(m->digest, r->digest, sizeof m->digest) != 0;
    if (differs)
        verify_find(v, VERIFY_DOCUMENT, VERIFY_FAILED, &verify_document_other);
    else if (r->document.p && r->has_digest)
        verify_find(v, VERIFY_DOCUMENT, VERIFY_PASSED, &verify_document_same);
    else
        verify_find(v, VERIFY_DOCUMENT, VERIFY_NOT_DONE, &verify_document_alone);
    v->form = r->form;
    return ERR_OK;
}

/* The time in signed attributes is the signer's word: what is judged by it is for the client to say. */
static err matter_from_cms(call *c, const verify_request *r, subject_matter *m, verification *v)
{
    if (r->signature.p || r->form)
        return fault_field(&c->fault,
                           fault_set(&c->fault, ERR_FIELD_VALUE, "SignedData has its own signature and form"), "cms");
    return verify_cms_matter(c, r, m, v);
}

static void time_from_request(const call *c, const verify_request *r, verification *v)
{
    v->time_ms = r->has_time ? r->time_ms : c->now_ms;
    v->time_source = r->has_time ? VERIFY_TIME_GIVEN : VERIFY_TIME_NOW;
}

static err task_read_signed(call *c, const verify_request *r, task *t)
{
    if (r->signature.p || r->cms.p || r->certificate.p || r->form || r->has_time || r->intermediates_n > 0)
        return fault_field(
            &c->fault,
            fault_set(&c->fault, ERR_FIELD_VALUE,
                      "a task has its own signature, certificate, form and time: give only document or digest"),
            "task");
    TRY(c->actor == ACTOR_SYSTEM ? task_get(c, r->task, t) : task_load(c, r->task, t));
    return t->has_signature ? ERR_OK : fault_set(&c->fault, ERR_CONFLICT, "the task is not signed");
}

static err matter_from_task(call *c, const verify_request *r, task *t, subject_matter *m, verification *v)
{
    uint8_t given[32];
    TRY(task_read_signed(c, r, t));
    m->from_task = true;
    m->task = t;
    if (cert_parse(&m->leaf, t->signature.certificate) != ERR_OK)
        return ERR_CORRUPT;
    TRY(signature_read(bytes_of(t->signature.rs, ECSIG_SIZE), m, v));
    memcpy(m->digest, t->digest, sizeof m->digest);
    if (r->document.p)
        sm3(given, r->document.p, r->document.n);
    else
        memcpy(given, r->digest, sizeof given);
    bool same = memcmp(given, t->digest, sizeof given) == 0;
    if (r->document.p && r->has_digest)
        same = same && memcmp(given, r->digest, sizeof given) == 0;
    if (!r->document.p && !r->has_digest)
        verify_find(v, VERIFY_DOCUMENT, VERIFY_NOT_DONE, &document_none);
    else
        verify_find(v, VERIFY_DOCUMENT, same ? VERIFY_PASSED : VERIFY_FAILED,
                    same ? &verify_document_same : &verify_document_other);
    if (same && r->document.p)
        m->document = r->document;
    v->form = t->form;
    v->time_ms = t->signature.signed_ms;
    v->time_source = VERIFY_TIME_TASK;
    v->withdrawn = strcmp(t->state, "withdrawn") == 0 ? t : NULL;
    return strcmp(t->form, "cms") == 0 ? verify_cms_task(c, t, m, v) : ERR_OK;
}

/* e of the message, by form. A raw message that is not at hand is judged by the e that the server computed when it was. */
static void digest_message(const subject_matter *m, const char *form, uint8_t e[32])
{
    if (m->message.p)
        sm2_digest(e, m->leaf.public_key, m->message);
    else if (strcmp(form, "digest") == 0)
        sm2_digest(e, m->leaf.public_key, bytes_of(m->digest, sizeof m->digest));
    else if (m->document.p)
        sm2_digest(e, m->leaf.public_key, m->document);
    else
        memcpy(e, m->task->signature.e, 32);
}

static void check_signature(const subject_matter *m, verification *v)
{
    if (!m->leaf.is_sm2) {
        verify_find(v, VERIFY_SIGNATURE, VERIFY_NOT_DONE, &signature_not_sm2);
        return;
    }
    digest_message(m, v->form, v->e);
    v->has_e = true;
    if (!m->has_rs)
        verify_find(v, VERIFY_SIGNATURE, VERIFY_NOT_DONE, &signature_no_format);
    else if (sm2_verify_bytes(m->leaf.public_key, v->e, m->rs) == ERR_OK)
        verify_find(v, VERIFY_SIGNATURE, VERIFY_PASSED, &signature_good);
    else
        verify_find(v, VERIFY_SIGNATURE, VERIFY_FAILED, &signature_bad);
}

static bool failed(const path_result *r, path_check check)
{
    return r->finding[check].state == PATH_FAILED;
}

static void check_chain(const path_result *r, verification *v)
{
    static const path_check parts[] = {PATH_ALGORITHM, PATH_SIGNATURE, PATH_BASIC_CONSTRAINTS,
                                       PATH_LENGTH,    PATH_KEY_USAGE, PATH_CRITICAL_EXTENSION};
    const verify_reason *reason = r->finding[PATH_CHAIN].state == PATH_PASSED ? &chain_good : &chain_unknown;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && reason == &chain_good; i++)
        if (failed(r, parts[i]))
            reason = &chain_broken;
    verify_find(v, VERIFY_CHAIN, reason == &chain_good ? VERIFY_PASSED : VERIFY_FAILED, reason);
}

static void check_period(const path_result *r, verification *v)
{
    const verify_reason *reason = failed(r, PATH_NOT_BEFORE)  ? &period_early
                                  : failed(r, PATH_NOT_AFTER) ? &period_late
                                                              : &period_good;
    verify_find(v, VERIFY_PERIOD, reason == &period_good ? VERIFY_PASSED : VERIFY_FAILED, reason);
}

/* keyUsage of a signature certificate: GM/T 0015-2012 5.2.3.2, RFC 5280 4.2.1.3. Of another CA's nobody here knows which certificates are people's: a
 * machine's has no nonRepudiation. */
static void check_key_usage(const cert *leaf, verification *v)
{
    if (v->root && !(leaf->has_key_usage && leaf->key_usage & CERT_NON_REPUDIATION))
        verify_find(v, VERIFY_KEY_USAGE, VERIFY_FAILED, &usage_bad);
    else if (!leaf->has_key_usage)
        verify_find(v, VERIFY_KEY_USAGE, VERIFY_PASSED, &usage_any);
    else if (leaf->key_usage & (CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION))
        verify_find(v, VERIFY_KEY_USAGE, VERIFY_PASSED, &usage_good);
    else
        verify_find(v, VERIFY_KEY_USAGE, VERIFY_FAILED, &usage_bad);
}

/* Our own certificates: the database knows more than any list, also about the past. Only after the chain has shown that the
 * certificate is ours: an issuer's name is anybody's to write. */
static err check_revocation(call *c, const subject_matter *m, path_result *path, verification *v)
{
    certificate_view row;
    bool trusted = v->findings[VERIFY_CHAIN].state == VERIFY_PASSED;
    v->issued_here = trusted && !v->root && bytes_equal(m->leaf.issuer, c->service->issuing.cert.subject);
    if (!trusted)
        v->root = NULL;
    if (v->root)
        return verify_trust_revocation(c, path, v);
    if (!v->issued_here) {
        verify_find(v, VERIFY_REVOCATION, VERIFY_NOT_DONE, &revocation_unknown);
        return ERR_OK;
    }
    err e = certificate_show(c, m->leaf.serial, &row);
    if (e == ERR_CERTIFICATE_NOT_FOUND || (e == ERR_OK && !bytes_equal(row.der, m->leaf.der))) {
        verify_find(v, VERIFY_REVOCATION, VERIFY_FAILED, &revocation_stranger);
        return ERR_OK;
    }
    TRY(e);
    v->revoked_ms = row.revoked_ms;
    v->revoked_reason = row.reason;
    bool at_the_time = row.revoked_ms != 0 && row.revoked_ms <= v->time_ms;
    verify_find(v, VERIFY_REVOCATION, at_the_time ? VERIFY_FAILED : VERIFY_PASSED,
                at_the_time           ? &revocation_yes
                : row.revoked_ms != 0 ? &revocation_later
                                      : &revocation_none);
    return ERR_OK;
}

/* What a signer signed in another form (a digest, signed attributes, his certificate request) is no document that he signed: where he is trusted, that
 * is. Of anybody else nothing is said. */
static void check_form(const verify_request *r, verification *v)
{
    if (!r->has_task && strcmp(v->form, "raw") == 0 && (v->issued_here || v->root) && message_form_ambiguous(r->document))
        verify_find(v, VERIFY_DOCUMENT, VERIFY_FAILED, &document_ambiguous);
}

static err describe_signer(call *c, const cert *leaf, verification *v)
{
    void *copy = arena_copy(c->arena, leaf->der.p, leaf->der.n);
    void *serial = arena_copy(c->arena, leaf->serial.p, leaf->serial.n);
    if (!copy || !serial)
        return ERR_MEMORY;
    v->certificate = bytes_of(copy, leaf->der.n);
    v->serial = bytes_of(serial, leaf->serial.n);
    v->subject = holder_attribute(c->arena, leaf->subject, OID_UNKNOWN);
    v->issuer = holder_attribute(c->arena, leaf->issuer, OID_UNKNOWN);
    v->name = holder_attribute(c->arena, leaf->subject, OID_COMMON_NAME);
    v->staff_no = holder_attribute(c->arena, leaf->subject, OID_SERIAL_NUMBER);
    v->not_before_ms = leaf->not_before_ms;
    v->not_after_ms = leaf->not_after_ms;
    return ERR_OK;
}

static bool all_required(const verification *v)
{
    for (size_t i = 0; i < VERIFY_CHECK_COUNT; i++) {
        verify_state state = v->findings[i].state;
        bool optional = i == VERIFY_DOCUMENT || i == VERIFY_ATTRIBUTES;
        if (optional ? state == VERIFY_FAILED : state != VERIFY_PASSED)
            return false;
    }
    return true;
}

err verify_run(call *c, const verify_request *r, verification *out)
{
    path_result path;
    subject_matter m = {0};
    memset(out, 0, sizeof *out);
    task *t = arena_alloc(c->arena, sizeof *t);
    if (!t)
        return ERR_MEMORY;
    time_from_request(c, r, out);
    TRY(r->has_task ? matter_from_task(c, r, t, &m, out)
        : r->cms.p  ? matter_from_cms(c, r, &m, out)
                    : matter_from_request(c, r, &m, out));
    TRY(verify_timestamp(c, r, &m, out));
    TRY(verify_trust_path(c, r, &m, out, &path));
    check_signature(&m, out);
    check_chain(&path, out);
    check_period(&path, out);
    check_key_usage(&m.leaf, out);
    TRY(check_revocation(c, &m, &path, out));
    check_form(r, out);
    TRY(describe_signer(c, &m.leaf, out));
    out->valid = all_required(out);
    return ERR_OK;
}
