#include "service/verify_cms.h"

#include <string.h>

#include "asn1/message_form.h"
#include "crypto/sm3.h"
#include "service/internal.h"

/* clang-format off */
static const verify_reason
    attributes_good = {"attributes_match", "签名属性与内容类型、签名者证书相符", "The signed attributes fit the content's type and the signer's certificate"},
    attributes_other = {"attributes_differ", "签名属性中的内容类型或摘要与所签内容不符", "The signed attributes are about another content"},
    attributes_certificate = {"certificate_differs", "签名属性指明的证书不是签名者证书", "The signed attributes name another certificate than the signer's"},
    attributes_unbound = {"certificate_not_bound", "签名属性未以 SM3 指明签名者证书，未比对", "Not compared: the signed attributes do not name the signer's certificate by SM3"},
    attributes_none = {"no_attributes", "没有签名属性，直接对内容签名", "There are no signed attributes: the content itself was signed"},
    attributes_ambiguous = {"content_ambiguous", "没有签名属性，且内容可能是另一签名形式的消息", "There are no signed attributes, and the content could be the message of another form"};
/* clang-format on */

/* A signature over attributes, a digest or a certificate request must not pass as one over a document (docs/spec/two-party-sm2.md, Digests). */
static void check_content_alone(bytes content, verification *v)
{
    bool ambiguous = message_form_ambiguous(content);
    verify_find(v, VERIFY_ATTRIBUTES, ambiguous ? VERIFY_FAILED : VERIFY_NOT_DONE,
                ambiguous ? &attributes_ambiguous : &attributes_none);
}

/* The attributes are about this type and digest, and name this certificate (RFC 5035 4). */
static void check_attributes(const signed_attributes *a, bytes content_type, const uint8_t digest[32], const cert *leaf,
                             verification *v)
{
    uint8_t hash[SM3_SIZE];
    v->signing_time_ms = a->has_signing_time ? a->signing_time_ms : 0;
    v->authorisation_id = a->authorisation_id.p;
    if (!bytes_equal(a->content_type, content_type) || !bytes_equal(a->message_digest, bytes_of(digest, SM3_SIZE))) {
        verify_find(v, VERIFY_ATTRIBUTES, VERIFY_FAILED, &attributes_other);
        return;
    }
    if (!a->has_certificate || oid_from_octets(a->certificate_algorithm) != OID_SM3) {
        verify_find(v, VERIFY_ATTRIBUTES, VERIFY_NOT_DONE, &attributes_unbound);
        return;
    }
    sm3(hash, leaf->der.p, leaf->der.n);
    bool same = bytes_equal(a->certificate_hash, bytes_of(hash, sizeof hash));
    verify_find(v, VERIFY_ATTRIBUTES, same ? VERIFY_PASSED : VERIFY_FAILED,
                same ? &attributes_good : &attributes_certificate);
}

err verify_cms_task(call *c, const task *t, subject_matter *m, verification *v)
{
    der_reader set = der_reader_over(t->signature.attributes);
    signed_attributes a;
    bytes content;
    (void)c;
    if (der_value(&set, &content, DER_SET) != ERR_OK || signed_attributes_read(&a, content) != ERR_OK)
        return ERR_CORRUPT;
    check_attributes(&a, oid_octets(OID_GM_DATA), t->digest, &m->leaf, v);
    m->message = t->signature.attributes;
    return ERR_OK;
}

/* The signer's certificate came along, or was given beside. */
static err find_signer(call *c, const verify_request *r, const signed_data *s, subject_matter *m)
{
    err e = signed_data_signer(s, &m->leaf);
    if (e == ERR_NOT_FOUND && r->certificate.p) {
        TRY(verify_certificate_read(c, r->certificate, "certificate", &m->leaf));
        bool named = bytes_equal(m->leaf.issuer, s->issuer) && bytes_equal(m->leaf.serial, s->serial);
        return named ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "certificate");
    }
    if (e == ERR_NOT_FOUND)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "certificate");
    for (size_t i = 0; e == ERR_OK && i < s->certificates_n; i++)
        m->certificates[m->certificates_n++] = s->certificates[i];
    return e == ERR_OK ? e : fault_field(&c->fault, e, "cms");
}

/* SM3 of the content: attached, or given. */
static err find_content(call *c, const verify_request *r, const signed_data *s, subject_matter *m)
{
    bytes content = s->attached ? s->content : r->document;
    if (!content.p && !r->has_digest)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "document");
    if (!content.p && !s->attributes.p)
        return fault_field(&c->fault,
                           fault_set(&c->fault, ERR_FIELD_MISSING, "without signed attributes the document is needed"),
                           "document");
    m->document = content;
    if (content.p)
        sm3(m->digest, content.p, content.n);
    else
        memcpy(m->digest, r->digest, sizeof m->digest);
    m->has_digest = true;
    return ERR_OK;
}

/* Is what was given what was signed? signed_digest: of the attributes; NULL where there are none. */
static void check_document(const verify_request *r, const signed_data *s, const subject_matter *m,
                           const bytes *signed_digest, verification *v)
{
    uint8_t given[SM3_SIZE];
    bool same = !signed_digest || bytes_equal(*signed_digest, bytes_of(m->digest, SM3_SIZE));
    bool compared = signed_digest != NULL;
    if (r->document.p && s->attached) {
        sm3(given, r->document.p, r->document.n);
        same = same && memcmp(given, m->digest, SM3_SIZE) == 0;
        compared = true;
    }
    if (r->has_digest) {
        same = same && memcmp(r->digest, m->digest, SM3_SIZE) == 0;
        compared = true;
    }
    if (!same)
        verify_find(v, VERIFY_DOCUMENT, VERIFY_FAILED, &verify_document_other);
    else
        verify_find(v, VERIFY_DOCUMENT, compared ? VERIFY_PASSED : VERIFY_NOT_DONE,
                    compared ? &verify_document_same : &verify_document_alone);
}

static const verify_reason format_cms = {"format_cms", "签名为 SignedData（GM/T 0010 或 RFC 5652）",
                                         "The signature is SignedData (GM/T 0010 or RFC 5652)"};

err verify_cms_matter(call *c, const verify_request *r, subject_matter *m, verification *v)
{
    signed_data s;
    signed_attributes a;
    err e = signed_data_read(&s, r->cms);
    if (e == ERR_OK && s.attributes.p)
        e = signed_attributes_read(&a, s.attributes);
    if (e != ERR_OK)
        return fault_field(&c->fault, e, "cms");
    TRY(find_signer(c, r, &s, m));
    TRY(find_content(c, r, &s, m));
    TRY(signed_data_message(c->arena, &s, m->document, &m->message));
    memcpy(m->rs, s.rs, ECSIG_SIZE);
    m->has_rs = true;
    /* Where they cannot be read they are no timestamp, which is for its verification to say. */
    if (signed_data_timestamp(&s, &m->timestamp) == ERR_DER)
        m->timestamp = s.unsigned_attributes;
    verify_find(v, VERIFY_SIGNATURE_FORMAT, VERIFY_PASSED, &format_cms);
    check_document(r, &s, m, s.attributes.p ? &a.message_digest : NULL, v);
    if (s.attributes.p)
        check_attributes(&a, s.content_type, m->digest, &m->leaf, v);
    else
        check_content_alone(m->document, v);
    v->form = "cms";
    return ERR_OK;
}
