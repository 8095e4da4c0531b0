#include "tsa/token_verify.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tsa/digest.h"
#include "tsa/token_chain.h"
#include "tsa/token_signature.h"

static const char *const check_names[TSA_CHECK_COUNT] = {
    [TSA_CHECK_STRUCTURE] = "structure",
    [TSA_CHECK_IMPRINT] = "imprint",
    [TSA_CHECK_NONCE] = "nonce",
    [TSA_CHECK_POLICY] = "policy",
    [TSA_CHECK_CONTENT_TYPE] = "content_type",
    [TSA_CHECK_MESSAGE_DIGEST] = "message_digest",
    [TSA_CHECK_SIGNING_CERTIFICATE] = "signing_certificate",
    [TSA_CHECK_SIGNATURE] = "signature",
    [TSA_CHECK_TSA_NAME] = "tsa_name",
    [TSA_CHECK_CHAIN] = "chain",
    [TSA_CHECK_PERIOD] = "period",
    [TSA_CHECK_EXTENDED_KEY_USAGE] = "extended_key_usage",
    [TSA_CHECK_KEY_USAGE] = "key_usage",
    [TSA_CHECK_REVOCATION] = "revocation",
    [TSA_CHECK_ACCURACY] = "accuracy",
    [TSA_CHECK_TIME] = "time",
};

/* clang-format off */
static const tsa_reason
    structure_der = {"structure_der", "时间戳令牌结构完整（DER）", "A whole timestamp token, in DER"},
    structure_ber = {"structure_ber", "时间戳令牌为 BER 编码，已转换为 DER 后验证", "The token is BER; it was verified after being turned into DER"},
    structure_bad = {"structure_malformed", "不是格式正确的时间戳令牌", "Not a well-formed timestamp token"},
    structure_unsupported = {"structure_unsupported", "令牌使用了不支持的版本、算法或扩展", "The token has a version, an algorithm or an extension that is not supported"},
    structure_refusal = {"response_refused", "这是拒绝签发的应答，其中没有令牌", "The response is a refusal: there is no token in it"},
    no_token = {"not_read", "令牌无法解析，未检查", "Not checked: the token could not be read"},
    imprint_same = {"imprint_matches", "令牌中的摘要与所给文档或摘要一致", "The token is about the document, or the digest, that was given"},
    imprint_other = {"imprint_differs", "令牌中的摘要与所给文档或摘要不一致", "The token is about something else than what was given"},
    imprint_hash = {"imprint_algorithm_differs", "令牌所用摘要算法与所给摘要的算法不同", "The token was made over a digest by another algorithm than the one given"},
    imprint_none = {"imprint_not_given", "未给出文档或摘要，未比对", "Not checked: no document or digest was given"},
    nonce_same = {"nonce_matches", "随机数与请求一致", "The nonce is the request's"},
    nonce_other = {"nonce_differs", "随机数与请求不一致，令牌不是对该请求的应答", "The nonce is not the request's: the token does not answer it"},
    nonce_none = {"nonce_not_given", "未给出请求的随机数，未比对", "Not checked: no nonce was given"},
    policy_same = {"policy_matches", "策略与要求一致", "Issued under the policy that was asked for"},
    policy_other = {"policy_differs", "策略与要求不一致", "Issued under another policy than the one asked for"},
    policy_none = {"policy_not_given", "未指定策略，未比对", "Not checked: no policy was asked for"},
    type_good = {"content_type_tst_info", "所签内容为 TSTInfo，签名属性与之相符", "What was signed is a TSTInfo, as the signed attribute says"},
    type_bad = {"content_type_other", "所签内容类型或签名属性中的类型不是 TSTInfo", "The content type, or the signed attribute, is not that of a TSTInfo"},
    digest_good = {"digest_matches", "签名属性中的摘要与 TSTInfo 一致", "The signed digest is that of the TSTInfo"},
    digest_bad = {"digest_differs", "签名属性中的摘要与 TSTInfo 不一致，内容已被改动", "The signed digest is not that of the TSTInfo: it was changed"},
    certificate_good = {"certificate_matches", "签名证书与签名属性中的证书标识一致", "The certificate is the one the signed attributes name"},
    certificate_other = {"certificate_differs", "签名证书与签名属性中的证书标识不一致", "The certificate is not the one the signed attributes name"},
    certificate_unnamed = {"certificate_unnamed", "签名属性中没有可用的证书标识（signingCertificate）", "The signed attributes name no certificate in a way that is supported"},
    certificate_missing = {"certificate_missing", "令牌中没有签名证书，也未另外给出", "The signer's certificate is not in the token, nor was it given"},
    no_certificate = {"no_certificate", "没有签名证书，未检查", "Not checked: there is no certificate"},
    signature_good = {"signature_valid", "签名值与证书公钥相符", "The signature fits the certificate's key"},
    signature_bad = {"signature_invalid", "签名值与证书公钥不符", "The signature does not fit the certificate's key"},
    signature_key = {"key_unsupported", "证书公钥与签名算法不符，或强度不足 112 位", "The key is of another kind than the signature, or has less than 112 bits of security"},
    name_good = {"tsa_name_matches", "令牌所称机构名称与证书一致", "The name in the token is one of the certificate's"},
    name_bad = {"tsa_name_differs", "令牌所称机构名称与证书不一致", "The name in the token is none of the certificate's"},
    name_none = {"tsa_name_absent", "令牌未给出机构名称", "Not checked: the token gives no name"},
    chain_good = {"chain_trusted", "证书链可追溯到受信任的根证书", "The chain leads to a trusted root"},
    chain_unknown = {"root_untrusted", "证书链不能追溯到受信任的根证书", "The chain does not lead to a trusted root"},
    chain_broken = {"chain_broken", "证书链中存在签名、算法、约束或扩展错误", "A signature, an algorithm, a constraint or an extension in the chain is wrong"},
    no_chain = {"no_chain", "证书链不受信任，未检查", "Not checked: the chain is not trusted"},
    period_good = {"within_period", "签发时刻在证书有效期内", "The time is within the certificates' period"},
    period_early = {"not_yet_valid", "签发时刻证书尚未生效", "A certificate was not valid yet at that time"},
    period_late = {"expired", "签发时刻证书已过期", "A certificate had expired at that time"},
    purpose_good = {"time_stamping", "证书用途为时间戳（关键扩展，且仅此一项）", "The certificate is for timestamps alone, critically"},
    purpose_none = {"purpose_absent", "证书没有扩展密钥用途", "The certificate has no extendedKeyUsage"},
    purpose_uncritical = {"purpose_not_critical", "扩展密钥用途未标为关键扩展", "The certificate's extendedKeyUsage is not critical"},
    purpose_other = {"purpose_other", "扩展密钥用途不是仅含时间戳一项", "The certificate's extendedKeyUsage is not timeStamping alone"},
    usage_good = {"usage_allowed", "密钥用途仅限签名", "The key usage is signatures alone"},
    usage_any = {"usage_unrestricted", "证书未限制密钥用途", "The certificate does not restrict its key usage"},
    usage_bad = {"usage_forbidden", "密钥用途不允许签名，或不限于签名", "The key usage does not allow signatures, or allows more than those"},
    revocation_none = {"not_revoked", "证书未被吊销", "No certificate is revoked"},
    revocation_later = {"revoked_later", "证书在签发时刻之后因不影响密钥安全的原因被吊销，此前的时间戳仍有效",
                        "Revoked after that time, for a reason that leaves the key sound; timestamps before it stand"},
    revocation_yes = {"revoked", "证书已被吊销，时间或原因使该时间戳失效", "Revoked, at a time or for a reason by which the timestamp does not stand"},
    revocation_unknown = {"no_revocation_data", "没有颁发者的适用吊销列表，未检查", "Not checked: there is no list of each issuer that speaks of the time"},
    accuracy_good = {"accuracy_stated", "已给出时间误差", "The error of the time is stated"},
    accuracy_none = {"accuracy_absent", "令牌未给出时间误差", "Not checked: the error of the time is not stated"},
    accuracy_bad = {"accuracy_unusable", "所称时间误差超过一小时", "The stated error of the time is more than an hour"},
    time_good = {"time_past", "签发时刻不晚于当前时刻", "The time is not in the future"},
    time_bad = {"time_future", "签发时刻晚于当前时刻", "The time is in the future"};
/* clang-format on */

const char *tsa_check_name(tsa_check check)
{
    return check_names[check];
}

const char *tsa_result_name(tsa_result result)
{
    return result == TSA_PASSED ? "passed" : result == TSA_FAILED ? "failed" : "not_checked";
}

static void find(tsa_verification *v, tsa_check check, tsa_result result, const tsa_reason *reason)
{
    v->findings[check] = (tsa_finding){result, reason};
}

static void judge(tsa_verification *v, tsa_check check, bool passed, const tsa_reason *good, const tsa_reason *bad)
{
    find(v, check, passed ? TSA_PASSED : TSA_FAILED, passed ? good : bad);
}

/* ---- what it says, against what was given ---- */

static err check_structure(arena *a, bytes given, tsa_verification *v)
{
    err e = tsa_token_read_any(a, &v->token, given, &v->converted, &v->where);
    if (e == ERR_MEMORY)
        return e;
    v->has_token = e == ERR_OK;
    find(v, TSA_CHECK_STRUCTURE, v->has_token ? TSA_PASSED : TSA_FAILED,
         v->has_token && v->converted ? &structure_ber
         : v->has_token               ? &structure_der
         : e == ERR_UNSUPPORTED       ? &structure_unsupported
         : e == ERR_NOT_FOUND         ? &structure_refusal
                                      : &structure_bad);
    return ERR_OK;
}

static void check_expected(const tsa_expected *x, tsa_verification *v)
{
    const tst_info *info = &v->token.info;
    if (!x->imprint.p)
        find(v, TSA_CHECK_IMPRINT, TSA_NOT_CHECKED, &imprint_none);
    else if (x->hash != info->hash)
        find(v, TSA_CHECK_IMPRINT, TSA_FAILED, &imprint_hash);
    else
        judge(v, TSA_CHECK_IMPRINT, bytes_equal(x->imprint, info->imprint), &imprint_same, &imprint_other);
    if (x->nonce.n == 0)
        find(v, TSA_CHECK_NONCE, TSA_NOT_CHECKED, &nonce_none);
    else
        judge(v, TSA_CHECK_NONCE, bytes_equal(x->nonce, info->nonce), &nonce_same, &nonce_other);
    if (x->policy.n == 0)
        find(v, TSA_CHECK_POLICY, TSA_NOT_CHECKED, &policy_none);
    else
        judge(v, TSA_CHECK_POLICY, bytes_equal(x->policy, info->policy), &policy_same, &policy_other);
    if (!info->has_accuracy)
        find(v, TSA_CHECK_ACCURACY, TSA_NOT_CHECKED, &accuracy_none);
    else
        judge(v, TSA_CHECK_ACCURACY, info->accuracy_us <= (uint64_t)TSA_ACCURACY_MAX_S * 1000000, &accuracy_good,
              &accuracy_bad);
    judge(v, TSA_CHECK_TIME, info->time_us <= x->now_us + (int64_t)TSA_FUTURE_S * 1000000, &time_good, &time_bad);
}

/* ---- what was signed, and by whom ---- */

static err check_attributes(tsa_verification *v)
{
    const tsa_token *t = &v->token;
    bytes tst = oid_octets(OID_TST_INFO);
    uint8_t digest[TSA_IMPRINT_MAX];
    judge(v, TSA_CHECK_CONTENT_TYPE,
          bytes_equal(t->content_type, tst) && bytes_equal(t->signed_values.content_type, tst), &type_good, &type_bad);
    TRY(tsa_digest_of(digest, t->digest, t->content));
    judge(v, TSA_CHECK_MESSAGE_DIGEST,
          bytes_equal(t->signed_values.message_digest, bytes_of(digest, tsa_hash_size(t->digest))), &digest_good,
          &digest_bad);
    return ERR_OK;
}

static bool signed_by(const tsa_token *t, const cert *c)
{
    if (t->issuer.p)
        return bytes_equal(c->issuer, t->issuer) && bytes_equal(c->serial, t->serial);
    return t->key_id.n > 0 && bytes_equal(c->ski, t->key_id);
}

/* Whether the signed attributes name this certificate: signingCertificateV2 by any of the hashes (RFC 5816), and signingCertificate by SHA-1
 * (RFC 3161), each that is there. *named: there is one, of a hash that is known here. */
static err names(const signed_attributes *s, const cert *c, bool *named, bool *same)
{
    uint8_t digest[TSA_IMPRINT_MAX];
    tsa_hash hash = TSA_SHA256; /* DEFAULT of ESSCertIDv2 */
    *named = *same = s->has_certificate || s->certificate_sha1.n > 0;
    if (s->has_certificate) {
        if (s->certificate_algorithm.n > 0 && tsa_hash_from_oid(&hash, s->certificate_algorithm) != ERR_OK) {
            *named = *same = false;
            return ERR_OK;
        }
        TRY(tsa_digest_of(digest, hash, c->der));
        *same &= bytes_equal(s->certificate_hash, bytes_of(digest, tsa_hash_size(hash)));
    }
    if (s->certificate_sha1.n > 0) {
        unsigned n;
        if (EVP_Digest(c->der.p, c->der.n, digest, &n, EVP_sha1(), NULL) != 1)
            return ERR_INTERNAL;
        *same &= bytes_equal(s->certificate_sha1, bytes_of(digest, n));
    }
    return ERR_OK;
}

/* The one that is named and meant; where there is none, one that is meant by name and number alone. */
static err find_signer(const cert *certs, size_t n, tsa_verification *v)
{
    bool named = true, same = false;
    for (size_t i = 0; i < n && !same; i++) {
        if (!signed_by(&v->token, &certs[i]))
            continue;
        TRY(names(&v->token.signed_values, &certs[i], &named, &same));
        if (same || !v->has_signer)
            v->signer = certs[i];
        v->has_signer = true;
    }
    judge(v, TSA_CHECK_SIGNING_CERTIFICATE, same, &certificate_good,
          !v->has_signer ? &certificate_missing
          : named        ? &certificate_other
                         : &certificate_unnamed);
    return ERR_OK;
}

static err check_signature(arena *a, tsa_verification *v)
{
    err e = tsa_token_signature(a, &v->token, &v->signer);
    if (e == ERR_MEMORY)
        return e;
    judge(v, TSA_CHECK_SIGNATURE, e == ERR_OK, &signature_good, e == ERR_UNSUPPORTED ? &signature_key : &signature_bad);
    return ERR_OK;
}

/* ---- its names ---- */

static bool same_name(bytes a, bytes b)
{
    const uint8_t *at_a = a.p, *at_b = b.p;
    X509_NAME *x = d2i_X509_NAME(NULL, &at_a, (long)a.n), *y = d2i_X509_NAME(NULL, &at_b, (long)b.n);
    bool same = x && y && at_a == a.p + a.n && X509_NAME_cmp(x, y) == 0; /* as OpenSSL compares: RFC 5280 7.1 */
    X509_NAME_free(x);
    X509_NAME_free(y);
    ERR_clear_error();
    return same;
}

static bool among_alternatives(const cert *c, bytes general_name)
{
    extension x;
    der_reader outer, names;
    bytes one;
    if (cert_find_extension(c, oid_octets(OID_SUBJECT_ALT_NAME), &x) != ERR_OK)
        return false;
    outer = der_reader_over(x.value);
    if (der_enter(&outer, &names, DER_SEQUENCE) != ERR_OK)
        return false;
    while (!der_at_end(&names) && der_any(&names, NULL, NULL, &one) == ERR_OK)
        if (bytes_equal(one, general_name))
            return true;
    return false;
}

/* RFC 3161 2.4.2, of the field tsa. */
static void check_name(tsa_verification *v)
{
    bytes tsa = v->token.info.tsa, name;
    der_reader r = der_reader_over(tsa);
    if (tsa.n == 0) {
        find(v, TSA_CHECK_TSA_NAME, TSA_NOT_CHECKED, &name_none);
        return;
    }
    bool same = der_value(&r, &name, DER_CONTEXT_CONSTRUCTED(4)) == ERR_OK && same_name(name, v->signer.subject);
    judge(v, TSA_CHECK_TSA_NAME, same || among_alternatives(&v->signer, tsa), &name_good, &name_bad);
}

/* ---- what its certificate is for ---- */

static void check_purpose(tsa_verification *v)
{
    extension x;
    der_reader outer, list;
    bytes purpose;
    if (cert_find_extension(&v->signer, oid_octets(OID_EXTENDED_KEY_USAGE), &x) != ERR_OK) {
        find(v, TSA_CHECK_EXTENDED_KEY_USAGE, TSA_FAILED, &purpose_none);
        return;
    }
    outer = der_reader_over(x.value);
    bool alone = der_enter(&outer, &list, DER_SEQUENCE) == ERR_OK && der_finish(&outer) == ERR_OK &&
                 der_oid(&list, &purpose) == ERR_OK && der_finish(&list) == ERR_OK &&
                 oid_from_octets(purpose) == OID_TIME_STAMPING;
    judge(v, TSA_CHECK_EXTENDED_KEY_USAGE, alone && x.critical, &purpose_good,
          alone ? &purpose_uncritical : &purpose_other);
}

static void check_usage(tsa_verification *v)
{
    const unsigned allowed = CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION;
    const cert *c = &v->signer;
    judge(v, TSA_CHECK_KEY_USAGE, !c->has_key_usage || ((c->key_usage & allowed) && !(c->key_usage & ~allowed)),
          c->has_key_usage ? &usage_good : &usage_any, &usage_bad);
}

/* ---- who stands behind it ---- */

static err by_lists(arena *a, const tsa_expected *x, const tsa_chain *chain, const tsa_verification *v,
                    tsa_revocation *out)
{
    const bytes *more = NULL;
    size_t n = 0;
    if (x->more_crls)
        TRY(x->more_crls(x->context, &v->root, &more, &n));
    bytes *lists = arena_alloc(a, (x->crls_n + n) * sizeof *lists);
    if (!lists)
        return ERR_MEMORY;
    for (size_t i = 0; i < x->crls_n + n; i++)
        lists[i] = i < x->crls_n ? x->crls[i] : more[i - x->crls_n];
    return tsa_chain_revocation(a, chain, lists, x->crls_n + n, v->token.info.time_us / 1000, x->now_us / 1000, out);
}

static err check_revocation(arena *a, const tsa_expected *x, const tsa_chain *chain, tsa_verification *v)
{
    tsa_revocation r = {0};
    crl_entry entry = {0};
    if (x->issuer_knows)
        TRY(x->issuer_knows(x->context, &v->signer, &r.known, &entry));
    if (!r.known)
        TRY(by_lists(a, x, chain, v, &r));
    else if (entry.revoked_at_ms != 0)
        tsa_revocation_add(&r, &entry, true, v->token.info.time_us / 1000);
    if (r.listed) {
        v->revoked_ms = r.entry.revoked_at_ms;
        v->revoked_reason = r.entry.reason;
        v->revoked_has_reason = r.said;
    }
    if (r.revoked || r.known)
        judge(v, TSA_CHECK_REVOCATION, !r.revoked, r.listed ? &revocation_later : &revocation_none, &revocation_yes);
    else
        find(v, TSA_CHECK_REVOCATION, TSA_NOT_CHECKED, &revocation_unknown);
    return ERR_OK;
}

static err check_chain(arena *a, const tsa_expected *x, const cert *others, size_t others_n, const cert *roots,
                       size_t roots_n, tsa_verification *v)
{
    tsa_chain chain;
    TRY(tsa_chain_find(a, &v->signer, others, others_n, roots, roots_n, v->token.info.time_us / 1000, &chain));
    judge(v, TSA_CHECK_CHAIN, chain.state == TSA_CHAIN_TRUSTED, &chain_good,
          chain.state == TSA_CHAIN_BROKEN ? &chain_broken : &chain_unknown);
    if (chain.state != TSA_CHAIN_TRUSTED) {
        find(v, TSA_CHECK_PERIOD, TSA_NOT_CHECKED, &no_chain);
        find(v, TSA_CHECK_REVOCATION, TSA_NOT_CHECKED, &no_chain);
        return ERR_OK;
    }
    v->root = chain.certs[chain.n - 1];
    v->has_root = true;
    judge(v, TSA_CHECK_PERIOD, !chain.early && !chain.late, &period_good, chain.early ? &period_early : &period_late);
    return check_revocation(a, x, &chain, v);
}

static size_t parse_all(cert *out, size_t n, const bytes *certificates, size_t certificates_n)
{
    for (size_t i = 0; i < certificates_n && n < TSA_CANDIDATES; i++)
        n += cert_parse(&out[n], certificates[i]) == ERR_OK;
    return n;
}

/* A file of roots may bring the signer's own certificate along: being there does not vouch for it. */
static size_t drop_own(cert *roots, size_t n, bytes own)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!bytes_equal(roots[i].der, own))
            roots[kept++] = roots[i];
    return kept;
}

static err check_signer(arena *a, const tsa_expected *x, tsa_verification *v)
{
    static const tsa_check of_certificate[] = {TSA_CHECK_SIGNATURE, TSA_CHECK_TSA_NAME,           TSA_CHECK_CHAIN,
                                               TSA_CHECK_PERIOD,    TSA_CHECK_EXTENDED_KEY_USAGE, TSA_CHECK_KEY_USAGE,
                                               TSA_CHECK_REVOCATION};
    cert *others = arena_alloc(a, 2 * TSA_CANDIDATES * sizeof *others), *roots = others + TSA_CANDIDATES;
    if (!others)
        return ERR_MEMORY;
    size_t n = parse_all(others, 0, v->token.certificates, v->token.certificates_n);
    n = parse_all(others, n, x->certificates, x->certificates_n);
    size_t roots_n = parse_all(roots, 0, x->roots, x->roots_n);
    TRY(find_signer(others, n, v));
    if (!v->has_signer) {
        for (size_t i = 0; i < sizeof of_certificate / sizeof *of_certificate; i++)
            find(v, of_certificate[i], TSA_NOT_CHECKED, &no_certificate);
        return ERR_OK;
    }
    roots_n = drop_own(roots, roots_n, v->signer.der);
    TRY(check_signature(a, v));
    check_name(v);
    check_purpose(v);
    check_usage(v);
    return check_chain(a, x, others, n, roots, roots_n, v);
}

/* What may be left unchecked, but not fail. */
static bool is_optional(tsa_check check)
{
    return check == TSA_CHECK_IMPRINT || check == TSA_CHECK_NONCE || check == TSA_CHECK_POLICY ||
           check == TSA_CHECK_TSA_NAME || check == TSA_CHECK_REVOCATION || check == TSA_CHECK_ACCURACY;
}

static bool all_required(const tsa_verification *v)
{
    for (size_t i = 0; i < TSA_CHECK_COUNT; i++) {
        tsa_result result = v->findings[i].result;
        if (is_optional((tsa_check)i) ? result == TSA_FAILED : result != TSA_PASSED)
            return false;
    }
    return true;
}

err tsa_verify(arena *a, bytes token, const tsa_expected *expected, tsa_verification *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < TSA_CHECK_COUNT; i++)
        find(out, (tsa_check)i, TSA_NOT_CHECKED, &no_token);
    TRY(check_structure(a, token, out));
    if (!out->has_token)
        return ERR_OK;
    check_expected(expected, out);
    TRY(check_attributes(out));
    TRY(check_signer(a, expected, out));
    out->valid = all_required(out);
    return ERR_OK;
}
