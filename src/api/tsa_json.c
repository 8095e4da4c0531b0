#include "api/tsa_json.h"

#include "asn1/name.h"
#include "base/text.h"
#include "os/clock.h"

json_t *tsa_json_time(int64_t unix_us)
{
    char text[CLOCK_TEXT];
    int64_t ms = unix_us / 1000 - (unix_us % 1000 < 0);
    clock_text(text, ms);
    text[CLOCK_TEXT - 2] = '\0'; /* its Z */
    return json_sprintf("%s%03dZ", text, (int)(unix_us - ms * 1000));
}

json_t *tsa_json_oid(bytes content)
{
    char text[256];
    buffer b = buffer_over(text, sizeof text);
    return oid_to_text(&b, content) == ERR_OK && !b.overflow ? json_stringn(text, b.n) : json_null();
}

static json_t *hex_or_null(arena *a, bytes b)
{
    const char *text = b.n > 0 ? hex_text(a, b.p, b.n) : NULL;
    return text ? json_string(text) : json_null();
}

static json_t *base64_of(arena *a, bytes b)
{
    const char *text = base64_text(a, b.p, b.n);
    return text ? json_string(text) : NULL;
}

static json_t *name_json(arena *a, bytes name)
{
    size_t cap = 4 * name.n + 64;
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    return b.p && name_text(&b, name) == ERR_OK && !b.overflow ? json_stringn((const char *)b.p, b.n) : json_null();
}

/* Of GeneralName a directoryName as text, the names that are IA5 as they are. */
static json_t *tsa_name(arena *a, bytes whole)
{
    der_reader r = der_reader_over(whole);
    uint8_t tag;
    bytes content;
    if (whole.n == 0 || der_any(&r, &tag, &content, NULL) != ERR_OK)
        return json_null();
    if (tag == DER_CONTEXT_CONSTRUCTED(4))
        return name_json(a, content);
    bool text = (tag == DER_CONTEXT(1) || tag == DER_CONTEXT(2) || tag == DER_CONTEXT(6)) &&
                der_string_valid(DER_VISIBLE_STRING, content);
    return text ? json_stringn((const char *)content.p, content.n) : hex_or_null(a, whole);
}

static const char *signature_name(const tsa_token *t)
{
    static const char *const names[] = {
        [TSA_BY_SM2] = "SM2-with-SM3", [TSA_BY_ECDSA] = "ECDSA", [TSA_BY_RSA] = "RSA", [TSA_BY_RSA_PSS] = "RSA-PSS"};
    return names[t->signature_kind];
}

bool tsa_json_statement(arena *a, json_t *object, const tsa_token *t)
{
    const tst_info *i = &t->info;
    json_t *said = json_pack(
        "{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:b, s:o, s:o, s:s, s:s, s:i}", "profile",
        t->profile == CMS_GM ? "gm" : "rfc", "policy", tsa_json_oid(i->policy), "serial", hex_or_null(a, i->serial),
        "hash", tsa_hash_name(i->hash), "imprint", base64_of(a, i->imprint), "time", tsa_json_time(i->time_us),
        "accuracy_us", i->has_accuracy ? json_integer((json_int_t)i->accuracy_us) : json_null(), "ordering",
        i->ordering, "nonce", hex_or_null(a, i->nonce), "tsa", tsa_name(a, i->tsa), "digest_algorithm",
        tsa_hash_name(t->digest), "signature_algorithm", signature_name(t), "certificates", (int)t->certificates_n);
    bool good = said && json_object_update(object, said) == 0;
    json_decref(said);
    return good;
}

static json_t *checks_json(const tsa_verification *v)
{
    json_t *checks = json_array();
    for (size_t i = 0; i < TSA_CHECK_COUNT; i++) {
        const tsa_finding *f = &v->findings[i];
        json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:s, s:s}", "check", tsa_check_name((tsa_check)i),
                                                "result", tsa_result_name(f->result), "code", f->reason->code, "detail",
                                                f->reason->zh, "detail_en", f->reason->en));
    }
    return checks;
}

static json_t *ms_json(int64_t unix_ms)
{
    char text[CLOCK_TEXT];
    if (unix_ms == 0)
        return json_null();
    clock_text(text, unix_ms);
    return json_string(text);
}

static const char *reason_name(crl_reason reason)
{
    static const char *const names[] = {
        "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
        "superseded",    "cessationOfOperation", "certificateHold", NULL,
        "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};
    return (unsigned)reason < sizeof names / sizeof *names ? names[reason] : NULL;
}

static json_t *signer_json(arena *a, const tsa_verification *v)
{
    const cert *c = &v->signer;
    if (!v->has_signer)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}", "subject", name_json(a, c->subject), "issuer",
                     name_json(a, c->issuer), "serial", hex_or_null(a, c->serial), "not_before",
                     ms_json(c->not_before_ms), "not_after", ms_json(c->not_after_ms), "certificate",
                     base64_of(a, c->der), "revoked_at", ms_json(v->revoked_ms), "revocation_reason",
                     v->revoked_ms && v->revoked_has_reason ? reason_name(v->revoked_reason) : NULL);
}

json_t *tsa_json_verification(arena *a, const tsa_verification *v)
{
    json_t *json = json_pack("{s:b, s:o, s:s?, s:o, s:o}", "valid", v->valid, "checks", checks_json(v), "malformed_at",
                             v->has_token ? NULL : v->where, "signer", signer_json(a, v), "root",
                             v->has_root ? name_json(a, v->root.subject) : json_null());
    if (json && v->has_token && !tsa_json_statement(a, json, &v->token)) {
        json_decref(json);
        return NULL;
    }
    return json;
}
