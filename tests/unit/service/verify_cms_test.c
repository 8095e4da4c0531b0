#include "service/verify_cms.h"

#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "phone.h"

/* A person with a key and a certificate, who signs what the tests want; the document's SignedData of both profiles. */
typedef struct ward {
    fixture f;
    fixture_key k, other;
    uint8_t digest[32];
} ward;

static const bytes document = {(const uint8_t *)"discharge summary", 17};

static int setup(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    w->f.now_ms = w->f.now_ms / 1000 * 1000;
    user u = fixture_user(&w->f, "D1001", "王建国"), v = fixture_user(&w->f, "D1002", "李敏");
    fixture_certify(&w->f, &u, &w->k);
    fixture_certify(&w->f, &v, &w->other);
    sm3(w->digest, document.p, document.n);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    ward *w = *state;
    fixture_remove(&w->f);
    free(w);
    return 0;
}

static buffer room(ward *w, size_t n)
{
    buffer b = buffer_over(arena_alloc(w->f.arena, n), n);
    assert_non_null(b.p);
    return b;
}

/* ---- making ---- */

static bytes attributes_of(ward *w, oid type, const uint8_t digest[32], const fixture_key *named,
                           const uint8_t *authorisation_id)
{
    uint8_t hash[32];
    sm3(hash, named->certificate.p, named->certificate.n);
    const signed_attributes_values values = {type, digest, w->f.now_ms - 7000, hash, authorisation_id};
    buffer b = room(w, SIGNED_ATTRIBUTES_BUILT_MAX);
    assert_int_equal(signed_attributes_build(&b, &values), ERR_OK);
    return bytes_of(b.p, b.n);
}

/* The same without what the filter does not let through, by the last octet of the attribute's type. */
static bytes attributes_without(ward *w, bytes set, uint8_t type)
{
    der_reader r = der_reader_over(set), inside;
    buffer b = room(w, set.n);
    assert_int_equal(der_enter(&r, &inside, DER_SET), ERR_OK);
    size_t opened = der_open(&b, DER_SET);
    while (!der_at_end(&inside)) {
        der_reader attribute;
        bytes id, whole;
        der_reader before = inside;
        assert_int_equal(der_any(&inside, NULL, NULL, &whole), ERR_OK);
        assert_int_equal(der_enter(&before, &attribute, DER_SEQUENCE), ERR_OK);
        assert_int_equal(der_oid(&attribute, &id), ERR_OK);
        if (id.p[id.n - 1] != type)
            buffer_put(&b, whole.p, whole.n);
    }
    der_close(&b, opened);
    return bytes_of(b.p, b.n);
}

/* SignedData over the attributes, or over the content where there are none. */
static bytes made(ward *w, cms_profile profile, bytes attributes, bytes content, bool attached)
{
    uint8_t e[32], rs[64];
    signed_data_parts parts = {.profile = profile, .attributes = attributes, .rs = rs, .signer = &w->k.parsed};
    if (attached)
        parts.content = content;
    sm2_digest(e, w->k.key.public_key, attributes.p ? attributes : content);
    assert_int_equal(sm2_sign(rs, &w->k.key, e, &w->f.rng), ERR_OK);
    buffer b = room(w, signed_data_size_max(&parts));
    assert_int_equal(signed_data_write(&b, &parts), ERR_OK);
    return bytes_of(b.p, b.n);
}

static oid data_of(cms_profile profile)
{
    return profile == CMS_GM ? OID_GM_DATA : OID_CMS_DATA;
}

static bytes good(ward *w, cms_profile profile, bool attached)
{
    return made(w, profile, attributes_of(w, data_of(profile), w->digest, &w->k, NULL), document, attached);
}

/* Its certificates [0] stand between content and signers. */
static bytes without_certificates(ward *w, bytes der)
{
    der_reader outer = der_reader_over(der), info, explicitly, data;
    bytes type, whole;
    uint8_t tag;
    buffer b = room(w, der.n);
    assert_int_equal(der_enter(&outer, &info, DER_SEQUENCE), ERR_OK);
    assert_int_equal(der_oid(&info, &type), ERR_OK);
    assert_int_equal(der_enter(&info, &explicitly, DER_CONTEXT_CONSTRUCTED(0)), ERR_OK);
    assert_int_equal(der_enter(&explicitly, &data, DER_SEQUENCE), ERR_OK);
    size_t sequence = der_open(&b, DER_SEQUENCE);
    der_put(&b, DER_OID, type);
    size_t context = der_open(&b, DER_CONTEXT_CONSTRUCTED(0)), inner = der_open(&b, DER_SEQUENCE);
    while (!der_at_end(&data)) {
        assert_int_equal(der_any(&data, &tag, NULL, &whole), ERR_OK);
        if (tag != DER_CONTEXT_CONSTRUCTED(0))
            buffer_put(&b, whole.p, whole.n);
    }
    der_close(&b, inner);
    der_close(&b, context);
    der_close(&b, sequence);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

/* ---- judging ---- */

static verification run(ward *w, const verify_request *r)
{
    verification v;
    assert_int_equal(verify_run(fixture_call(&w->f, NULL), r, &v), ERR_OK);
    assert_string_equal(v.form, "cms");
    for (size_t i = 0; i < VERIFY_CHECK_COUNT; i++)
        assert_true(v.findings[i].reason && strlen(v.findings[i].reason->zh) > 0 &&
                    strlen(v.findings[i].reason->en) > 0);
    return v;
}

static void assert_finding(const verification *v, verify_check check, verify_state state, const char *code)
{
    assert_string_equal(v->findings[check].reason->code, code);
    assert_int_equal(v->findings[check].state, state);
}

/* The signature itself fits, and this check is why it is not valid. */
static void assert_failed(const verification *v, verify_check check, const char *code)
{
    assert_finding(v, check, VERIFY_FAILED, code);
    assert_int_equal(v->findings[VERIFY_SIGNATURE].state, VERIFY_PASSED);
    assert_false(v->valid);
}

static void assert_error(ward *w, const verify_request *r, err want, const char *field)
{
    verification v;
    call *c = fixture_call(&w->f, NULL);
    assert_int_equal(verify_run(c, r, &v), want);
    assert_string_equal(c->fault.field, field);
}

static verify_request with_digest(verify_request r, const uint8_t digest[32])
{
    r.has_digest = true;
    memcpy(r.digest, digest, 32);
    return r;
}

static void both_profiles_attached_and_detached(void **state)
{
    ward *w = *state;
    for (cms_profile profile = CMS_GM; profile <= CMS_RFC; profile++) {
        bytes detached = good(w, profile, false);
        const verify_request requests[] = {
            {.cms = detached, .document = document},
            with_digest((verify_request){.cms = detached}, w->digest),
            with_digest((verify_request){.cms = detached, .document = document}, w->digest),
            {.cms = good(w, profile, true)},
            {.cms = good(w, profile, true), .document = document}};
        for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
            verification v = run(w, &requests[i]);
            assert_true(v.valid);
            assert_finding(&v, VERIFY_SIGNATURE_FORMAT, VERIFY_PASSED, "format_cms");
            assert_finding(&v, VERIFY_DOCUMENT, VERIFY_PASSED, "document_matches");
            assert_finding(&v, VERIFY_ATTRIBUTES, VERIFY_PASSED, "attributes_match");
            assert_int_equal(v.signing_time_ms, w->f.now_ms - 7000);
            assert_int_equal(v.time_ms, w->f.now_ms); /* not the signer's word */
            assert_null(v.authorisation_id);
            assert_true(bytes_equal(v.certificate, w->k.certificate));
        }
    }
}

static void the_authorisation_that_the_attributes_name_is_told(void **state)
{
    ward *w = *state;
    uint8_t id[16];
    memset(id, 0xa5, sizeof id);
    bytes attributes = attributes_of(w, OID_GM_DATA, w->digest, &w->k, id);
    const verify_request r = {.cms = made(w, CMS_GM, attributes, document, false), .document = document};
    verification v = run(w, &r);
    assert_true(v.valid);
    assert_memory_equal(v.authorisation_id, id, sizeof id);
}

static void another_document_is_not_the_signed_one(void **state)
{
    ward *w = *state;
    const bytes other = bytes_of_text("another summary");
    uint8_t digest[32];
    sm3(digest, other.p, other.n);
    bytes detached = good(w, CMS_GM, false), attached = good(w, CMS_GM, true);
    const verify_request both[] = {{.cms = detached, .document = other},
                                   with_digest((verify_request){.cms = detached}, digest)};
    for (size_t i = 0; i < 2; i++) {
        verification v = run(w, &both[i]);
        assert_failed(&v, VERIFY_DOCUMENT, "document_differs");
        assert_failed(&v, VERIFY_ATTRIBUTES, "attributes_differ");
    }
    /* What is inside is what was signed; what is beside it is another one. */
    const verify_request beside[] = {{.cms = attached, .document = other},
                                     with_digest((verify_request){.cms = attached}, digest),
                                     with_digest((verify_request){.cms = detached, .document = document}, digest)};
    for (size_t i = 0; i < 3; i++) {
        verification v = run(w, &beside[i]);
        assert_failed(&v, VERIFY_DOCUMENT, "document_differs");
        assert_finding(&v, VERIFY_ATTRIBUTES, VERIFY_PASSED, "attributes_match");
    }
}

/* Attributes for one type of content under SignedData of another: it was not this that was signed. */
static void the_attributes_are_about_this_type_of_content(void **state)
{
    ward *w = *state;
    for (cms_profile profile = CMS_GM; profile <= CMS_RFC; profile++) {
        bytes attributes = attributes_of(w, data_of(profile == CMS_GM ? CMS_RFC : CMS_GM), w->digest, &w->k, NULL);
        const verify_request r = {.cms = made(w, profile, attributes, document, false), .document = document};
        verification v = run(w, &r);
        assert_failed(&v, VERIFY_ATTRIBUTES, "attributes_differ");
    }
}

static void the_attributes_name_the_signers_certificate(void **state)
{
    ward *w = *state;
    bytes attributes = attributes_of(w, OID_GM_DATA, w->digest, &w->other, NULL);
    verify_request r = {.cms = made(w, CMS_GM, attributes, document, false), .document = document};
    verification v = run(w, &r);
    assert_failed(&v, VERIFY_ATTRIBUTES, "certificate_differs");
    /* Others' attributes name none: valid, and said. */
    attributes = attributes_without(w, attributes_of(w, OID_GM_DATA, w->digest, &w->k, NULL), 0x2f);
    r.cms = made(w, CMS_GM, attributes, document, false);
    v = run(w, &r);
    assert_true(v.valid);
    assert_finding(&v, VERIFY_ATTRIBUTES, VERIFY_NOT_DONE, "certificate_not_bound");
    attributes = attributes_without(w, attributes, 0x05);
    r.cms = made(w, CMS_GM, attributes, document, false);
    v = run(w, &r);
    assert_true(v.valid);
    assert_int_equal(v.signing_time_ms, 0);
}

/* The certificate's hash by another algorithm, here by none named, which is SHA-256 (RFC 5035 4): not compared, not taken for a match. */
static void a_hash_of_another_algorithm(void **state)
{
    ward *w = *state;
    uint8_t hash[32];
    sm3(hash, w->k.certificate.p, w->k.certificate.n);
    bytes set = attributes_without(w, attributes_of(w, OID_GM_DATA, w->digest, &w->k, NULL), 0x2f), content;
    der_reader r = der_reader_over(set);
    assert_int_equal(der_value(&r, &content, DER_SET), ERR_OK);
    buffer b = room(w, SIGNED_ATTRIBUTES_BUILT_MAX);
    size_t whole = der_open(&b, DER_SET);
    buffer_put(&b, content.p, content.n);
    buffer_put(&b, "\x30\x37\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f\x31\x28\x30\x26\x30\x24\x30\x22", 23);
    der_put(&b, DER_OCTET_STRING, bytes_of(hash, sizeof hash));
    der_close(&b, whole);
    const verify_request asked = {.cms = made(w, CMS_GM, bytes_of(b.p, b.n), document, false), .document = document};
    verification v = run(w, &asked);
    assert_true(v.valid);
    assert_finding(&v, VERIFY_ATTRIBUTES, VERIFY_NOT_DONE, "certificate_not_bound");
}

static void attributes_that_are_none(void **state)
{
    ward *w = *state;
    bytes attributes = attributes_of(w, OID_GM_DATA, w->digest, &w->k, NULL);
    static const uint8_t needed[] = {0x03, 0x04}; /* contentType, messageDigest */
    for (size_t i = 0; i < sizeof needed; i++) {
        const verify_request r = {.cms = made(w, CMS_GM, attributes_without(w, attributes, needed[i]), document, false),
                                  .document = document};
        assert_error(w, &r, ERR_DER, "cms");
    }
}

static void content_without_attributes(void **state)
{
    ward *w = *state;
    const bytes none = {NULL, 0};
    bytes plain = made(w, CMS_GM, none, document, false);
    verify_request r = {.cms = plain, .document = document};
    verification v = run(w, &r);
    assert_true(v.valid);
    assert_finding(&v, VERIFY_ATTRIBUTES, VERIFY_NOT_DONE, "no_attributes");
    assert_finding(&v, VERIFY_DOCUMENT, VERIFY_NOT_DONE, "document_not_compared");
    r.document = bytes_of_text("another summary");
    v = run(w, &r);
    assert_int_equal(v.findings[VERIFY_SIGNATURE].state, VERIFY_FAILED);
    assert_false(v.valid);
    /* Its digest alone cannot be verified: the content itself was signed. */
    r = with_digest((verify_request){.cms = plain}, w->digest);
    assert_error(w, &r, ERR_FIELD_MISSING, "document");
}

/* A signature of form digest, cms, or over a certificate request, dressed up as one over a document of these bytes. */
static void a_signature_of_another_form_is_none_over_a_document(void **state)
{
    ward *w = *state;
    const bytes none = {NULL, 0},
                others[] = {bytes_of(w->digest, 32), attributes_of(w, OID_GM_DATA, w->digest, &w->k, NULL),
                            bytes_of("\x30\x03\x02\x01\x05", 5)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        for (int attached = 0; attached <= 1; attached++) {
            verify_request r = {.cms = made(w, CMS_GM, none, others[i], attached)};
            if (!attached)
                r.document = others[i];
            verification v = run(w, &r);
            assert_failed(&v, VERIFY_ATTRIBUTES, "content_ambiguous");
        }
    }
}

static void the_certificate_may_come_apart(void **state)
{
    ward *w = *state;
    verify_request r = {.cms = without_certificates(w, good(w, CMS_GM, false)), .document = document};
    assert_error(w, &r, ERR_FIELD_MISSING, "certificate");
    r.certificate = w->other.certificate; /* another one than the signer's name says */
    assert_error(w, &r, ERR_FIELD_VALUE, "certificate");
    r.certificate = bytes_of("0", 1);
    assert_error(w, &r, ERR_DER, "certificate");
    r.certificate = w->k.certificate;
    assert_true(run(w, &r).valid);
    /* Where it is inside, what is beside it is not looked at. */
    r.cms = good(w, CMS_GM, false);
    r.certificate = w->other.certificate;
    verification v = run(w, &r);
    assert_true(v.valid && bytes_equal(v.certificate, w->k.certificate));
}

static void what_does_not_go_together_or_is_missing(void **state)
{
    ward *w = *state;
    bytes cms = good(w, CMS_GM, false);
    verify_request r = {.cms = cms};
    assert_error(w, &r, ERR_FIELD_MISSING, "document");
    r.document = document;
    r.form = "raw";
    assert_error(w, &r, ERR_FIELD_VALUE, "cms");
    r.form = NULL;
    r.signature = bytes_of_text("signature");
    assert_error(w, &r, ERR_FIELD_VALUE, "cms");
    r.signature = bytes_of(NULL, 0);
    r.cms = bytes_of(cms.p, cms.n - 1);
    assert_error(w, &r, ERR_DER, "cms");
    r.cms = bytes_of(NULL, 0);
    r.has_task = true;
    r.cms = cms;
    assert_error(w, &r, ERR_FIELD_VALUE, "task");
}

/* A task's row says one document and its signature's attributes another. */
static void the_attributes_of_a_task_are_about_its_document(void **state)
{
    ward *w = *state;
    business_system emr = fixture_system(&w->f, "电子病历");
    for (int same = 0; same <= 1; same++) {
        uint8_t e[32], rs[64], sid[16] = {7};
        task_request request = fixture_task_request("D1001", same ? (const char *)document.p : "another summary");
        task t;
        bool repeated;
        request.form = "cms";
        assert_int_equal(task_create(fixture_call_as_system(&w->f, "task.create", emr.id), &request, &t, &repeated),
                         ERR_OK);
        bytes attributes = attributes_of(w, OID_GM_DATA, w->digest, &w->k, NULL);
        sm2_digest(e, w->k.key.public_key, attributes);
        assert_int_equal(sm2_sign(rs, &w->k.key, e, &w->f.rng), ERR_OK);
        fixture_write(&w->f, "UPDATE task SET state = 'signed', finished_at = $2 WHERE id = $1",
                      (store_value[]){store_id(t.id), store_int(w->f.now_ms)}, 2);
        fixture_write(
            &w->f,
            "INSERT INTO signature (task_id, signer, key_id, sid, serial, e, rs, form, method, failures_before, "
            "signed_at, "
            "attributes) SELECT $1, signer, $2, $3, $4, $5, $6, 'cms', 'pin', 0, $7, $8 FROM task WHERE id = $1",
            (store_value[]){store_id(t.id), store_id(w->k.id), store_blob(sid, 16),
                            store_blob(w->k.parsed.serial.p, w->k.parsed.serial.n), store_blob(e, 32),
                            store_blob(rs, 64), store_int(w->f.now_ms), store_blob(attributes.p, attributes.n)},
            8);
        verify_request r = {.has_task = true};
        memcpy(r.task, t.id, 16);
        verification v = run(w, &r);
        assert_int_equal(v.valid, same);
        if (!same)
            assert_failed(&v, VERIFY_ATTRIBUTES, "attributes_differ");
    }
}

#define ON_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_WARD(both_profiles_attached_and_detached),
        ON_WARD(the_authorisation_that_the_attributes_name_is_told),
        ON_WARD(another_document_is_not_the_signed_one),
        ON_WARD(the_attributes_are_about_this_type_of_content),
        ON_WARD(the_attributes_name_the_signers_certificate),
        ON_WARD(a_hash_of_another_algorithm),
        ON_WARD(attributes_that_are_none),
        ON_WARD(content_without_attributes),
        ON_WARD(a_signature_of_another_form_is_none_over_a_document),
        ON_WARD(the_certificate_may_come_apart),
        ON_WARD(what_does_not_go_together_or_is_missing),
        ON_WARD(the_attributes_of_a_task_are_about_its_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
