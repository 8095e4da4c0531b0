/* SignedData. The first byte says what the rest is. Even: one as it comes; what is taken of it stays what it is when it is written again, and
 * OpenSSL reads the same out of it, where it is of RFC 5652 (it knows no other identifiers). Odd: edits of one that a person signed here; whatever
 * they do, nothing verifies with his key but what he signed. */
#include <openssl/cms.h>

#include "asn1/ecsig.h"
#include "cms/signed_data.h"
#include "unit/pki/authority.h"
#include "x509_peer.h"

enum { ROOM = 1 << 16 };

static identity ca, person;
static cert leaf;
static bytes issuing;
static arena *memory, *lasting;
static const bytes document = {(const uint8_t *)"discharge summary", 17};

/* What he signed, by variant: profile, attached, with attributes. */
enum { VARIANTS = 8 };
static struct {
    bytes der, message;
} honest[VARIANTS];

static bytes attributes_of(arena *a, cms_profile profile)
{
    uint8_t digest[SM3_SIZE], hash[SM3_SIZE];
    sm3(digest, document.p, document.n);
    sm3(hash, leaf.der.p, leaf.der.n);
    const signed_attributes_values values = {profile == CMS_GM ? OID_GM_DATA : OID_CMS_DATA, digest, AUTHORITY_NOW,
                                             hash, NULL};
    buffer b = buffer_over(arena_alloc(a, SIGNED_ATTRIBUTES_BUILT_MAX), SIGNED_ATTRIBUTES_BUILT_MAX);
    CHECK(b.p && signed_attributes_build(&b, &values) == ERR_OK);
    return bytes_of(b.p, b.n);
}

static bytes written(arena *a, const signed_data_parts *parts)
{
    size_t cap = signed_data_size_max(parts);
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    CHECK(b.p && signed_data_write(&b, parts) == ERR_OK);
    return bytes_of(b.p, b.n);
}

static void tear_down(void)
{
    identity_drop(&ca);
    identity_drop(&person);
    arena_destroy(lasting);
    arena_destroy(memory);
}

static void set_up(void)
{
    static uint8_t ca_room[AUTHORITY_ROOM], person_room[AUTHORITY_ROOM];
    if (memory)
        return;
    identity_make(&ca, 1, "签发中心");
    identity_make(&person, 2, "王建国");
    cert_template t = authority_template(&ca, &ca, CERT_ROOT);
    issuing = authority_issue(ca_room, &t, &ca);
    t = authority_template(&ca, &person, CERT_PERSON);
    leaf = authority_parse(authority_issue(person_room, &t, &ca));
    lasting = arena_create(1 << 20);
    CHECK(lasting && atexit(tear_down) == 0);
    for (unsigned i = 0; i < VARIANTS; i++) {
        uint8_t e[32], rs[64];
        signed_data_parts parts = {
            .profile = i & 1 ? CMS_RFC : CMS_GM, .rs = rs, .signer = &leaf, .others = &issuing, .others_n = 1};
        if (i & 2)
            parts.content = document;
        if (i & 4)
            parts.attributes = attributes_of(lasting, parts.profile);
        honest[i].message = i & 4 ? parts.attributes : document;
        sm2_digest(e, person.key.public_key, honest[i].message);
        CHECK(sm2_sign(rs, &person.key, e, authority_entropy()) == ERR_OK);
        honest[i].der = written(lasting, &parts);
    }
    memory = arena_create(1 << 20);
    CHECK(memory);
}

/* ---- OpenSSL ---- */

static void check_peer_attributes(CMS_SignerInfo *info, const signed_data *s)
{
    signed_attributes a;
    if (!s->attributes.p) {
        CHECK(CMS_signed_get_attr_count(info) <= 0);
        return;
    }
    if (signed_attributes_read(&a, s->attributes) != ERR_OK)
        return;
    const ASN1_OCTET_STRING *digest =
        CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
    CHECK(digest &&
          bytes_equal(a.message_digest, bytes_of(ASN1_STRING_get0_data(digest), (size_t)ASN1_STRING_length(digest))));
    const ASN1_OBJECT *type = CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_contentType), -3, V_ASN1_OBJECT);
    CHECK(type && bytes_equal(a.content_type, bytes_of(OBJ_get0_data(type), OBJ_length(type))));
}

/* It also refuses what ours passes over unread: certificates and revocation lists that came along, attributes that are not signed. */
static void check_peer(const signed_data *s, bytes der, bool must_take)
{
    const uint8_t *at = der.p;
    CMS_ContentInfo *peer = d2i_CMS_ContentInfo(NULL, &at, (long)der.n);
    CHECK(peer || !must_take);
    if (!peer) {
        ERR_clear_error();
        return;
    }
    CHECK(at == der.p + der.n);
    ASN1_OCTET_STRING **content = CMS_get0_content(peer);
    CHECK(content && s->attached == (*content != NULL));
    if (s->attached)
        CHECK(bytes_equal(s->content, bytes_of(ASN1_STRING_get0_data(*content), (size_t)ASN1_STRING_length(*content))));
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(peer);
    CHECK(sk_CMS_SignerInfo_num(infos) == 1);
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, 0);
    ASN1_OCTET_STRING *key_id;
    X509_NAME *issuer;
    ASN1_INTEGER *serial;
    CHECK(CMS_SignerInfo_get0_signer_id(info, &key_id, &issuer, &serial) == 1 && issuer && serial);
    peer_check_name(issuer, s->issuer);
    peer_check_number(serial, s->serial);
    uint8_t rs[64];
    const ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(info);
    CHECK(ecsig_from_der(rs, bytes_of(ASN1_STRING_get0_data(signature), (size_t)ASN1_STRING_length(signature))) ==
              ERR_OK &&
          memcmp(rs, s->rs, sizeof rs) == 0);
    check_peer_attributes(info, s);
    ERR_clear_error();
    CMS_ContentInfo_free(peer);
}

/* ---- as it comes ---- */

static bool inside(bytes part, bytes whole)
{
    return !part.p || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_slices(const signed_data *s, bytes der)
{
    CHECK(s->content_type.n > 0 && inside(s->content_type, der) && inside(s->content, der));
    CHECK(inside(s->issuer, der) && inside(s->serial, der) && s->serial.n > 0);
    CHECK(inside(s->attributes, s->attributes_whole) && inside(s->attributes_whole, der));
    CHECK(inside(s->signature, der) && inside(s->unsigned_attributes, der));
    bytes token;
    if (signed_data_timestamp(s, &token) == ERR_OK)
        CHECK(inside(token, s->unsigned_attributes) && der_is_one_value(token, DER_SEQUENCE));
    CHECK(s->certificates_n <= SIGNED_DATA_CERTIFICATES);
    for (size_t i = 0; i < s->certificates_n; i++)
        CHECK(der_is_one_value(s->certificates[i], DER_SEQUENCE) && inside(s->certificates[i], der));
}

/* Written anew it says the same, and OpenSSL takes it if it takes the names and keys in it. */
static void check_written(const signed_data *s, const cert *by, bytes message)
{
    bytes others[SIGNED_DATA_CERTIFICATES];
    signed_data_parts parts = {.profile = s->profile, .rs = s->rs, .signer = by, .others = others};
    if (s->attached)
        parts.content = s->content;
    if (s->attributes.p)
        parts.attributes = message;
    if (signed_data_timestamp(s, &parts.timestamp) != ERR_OK)
        parts.timestamp = bytes_of(NULL, 0);
    for (size_t i = 0; i < s->certificates_n; i++)
        if (s->certificates[i].p != by->der.p)
            others[parts.others_n++] = s->certificates[i];
    bytes der = written(memory, &parts);
    signed_data again;
    cert found;
    bytes token;
    CHECK(signed_data_read(&again, der) == ERR_OK && again.profile == s->profile && again.attached == s->attached);
    CHECK(bytes_equal(again.content, s->content) && bytes_equal(again.issuer, s->issuer));
    CHECK(bytes_equal(again.serial, s->serial) && bytes_equal(again.attributes, s->attributes));
    CHECK(memcmp(again.rs, s->rs, sizeof s->rs) == 0 && again.certificates_n == s->certificates_n);
    CHECK((signed_data_timestamp(&again, &token) == ERR_OK) == (parts.timestamp.p != NULL));
    CHECK(!parts.timestamp.p || bytes_equal(token, parts.timestamp));
    if (parts.others_n == 0)
        CHECK(signed_data_signer(&again, &found) == ERR_OK && bytes_equal(found.der, by->der));
    if (s->profile == CMS_RFC)
        check_peer(&again, der, false);
}

static void check_as_it_comes(bytes der)
{
    signed_data s;
    cert by;
    bytes message;
    if (signed_data_read(&s, der) != ERR_OK)
        return;
    check_slices(&s, der);
    if (s.profile == CMS_RFC)
        check_peer(&s, der, false);
    CHECK(signed_data_message(memory, &s, document, &message) == ERR_OK);
    if (s.attributes.p)
        CHECK(der_is_one_value(message, DER_SET));
    else
        CHECK(message.p == document.p && message.n == document.n);
    if (signed_data_signer(&s, &by) == ERR_OK)
        check_written(&s, &by, message);
}

/* ---- edited ---- */

static void check_edited(bytes in)
{
    choices c = {in};
    unsigned variant = choose_below(&c, VARIANTS);
    signed_data s;
    cert by;
    bytes message;
    uint8_t e[32];
    size_t n = honest[variant].der.n;
    uint8_t *der = arena_copy(memory, honest[variant].der.p, n);
    CHECK(der);
    bool changed = choose_edits(&c, der, n);
    if (signed_data_read(&s, bytes_of(der, n)) != ERR_OK || signed_data_signer(&s, &by) != ERR_OK) {
        CHECK(changed);
        return;
    }
    if (s.profile == CMS_RFC)
        check_peer(&s, bytes_of(der, n), !changed);
    if (!by.is_sm2 || memcmp(by.public_key, person.key.public_key, POINT_SIZE) != 0) {
        CHECK(changed);
        return;
    }
    CHECK(signed_data_message(memory, &s, s.attached ? s.content : document, &message) == ERR_OK);
    sm2_digest(e, by.public_key, message);
    bool verified = sm2_verify_bytes(by.public_key, e, s.rs) == ERR_OK;
    CHECK(verified || changed);
    CHECK(!verified || bytes_equal(message, honest[variant].message));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    set_up();
    if (n == 0 || n > ROOM / 2)
        return 0;
    arena_reset(memory);
    if (*p & 1)
        check_edited(bytes_of(p + 1, n - 1));
    else
        check_as_it_comes(bytes_of(p + 1, n - 1));
    return 0;
}
