#include "service/verify.h"

#include "asn1/ecsig.h"
#include "crypto/sm3.h"
#include "fixture.h"
#include "pki/pem.h"
#include "service/system.h"

static const char document_text[] = "出院小结：患者张三（虚构），男，56 岁，诊断为高血压病 2 级，住院 7 天后好转出院。";

/* One signer and one signature over the document, in form raw or digest. */
typedef struct scene {
    fixture f;
    user u;
    fixture_key k;
    bytes document;
    uint8_t digest[32], raw_rs[64], digest_rs[64];
} scene;

static void sign(scene *s, bytes message, uint8_t rs[64])
{
    uint8_t e[32];
    sm2_digest(e, s->k.key.public_key, message);
    assert_int_equal(sm2_sign(rs, &s->k.key, e, &s->f.rng), ERR_OK);
}

static int setup(void **state)
{
    scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    fixture_init(&s->f);
    s->u = fixture_user(&s->f, "D1001", "王建国");
    fixture_certify(&s->f, &s->u, &s->k);
    s->document = bytes_of_text(document_text);
    sm3(s->digest, s->document.p, s->document.n);
    sign(s, s->document, s->raw_rs);
    sign(s, bytes_of(s->digest, 32), s->digest_rs);
    s->f.now_ms += 1000;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    scene *s = *state;
    fixture_remove(&s->f);
    free(s);
    return 0;
}

static verify_request raw_request(const scene *s)
{
    return (verify_request){
        .form = "raw", .document = s->document, .signature = bytes_of(s->raw_rs, 64), .certificate = s->k.certificate};
}

static verification run(scene *s, const verify_request *r)
{
    verification v;
    assert_int_equal(verify_run(fixture_call(&s->f, NULL), r, &v), ERR_OK);
    for (size_t i = 0; i < VERIFY_CHECK_COUNT; i++) {
        assert_true((i == VERIFY_ATTRIBUTES) == !v.findings[i].reason); /* there are none but of form cms */
        if (i == VERIFY_ATTRIBUTES)
            continue;
        assert_true(strlen(v.findings[i].reason->zh) > 0 && strlen(v.findings[i].reason->en) > 0);
    }
    return v;
}

/* Only this check failed, for this reason. */
static void assert_failed(const verification *v, verify_check check, const char *code)
{
    assert_false(v->valid);
    assert_int_equal(v->findings[check].state, VERIFY_FAILED);
    assert_string_equal(v->findings[check].reason->code, code);
    for (size_t i = 0; i < VERIFY_CHECK_COUNT; i++)
        if (i != check)
            assert_int_not_equal(v->findings[i].state, VERIFY_FAILED);
}

static void a_raw_signature_is_valid(void **state)
{
    scene *s = *state;
    verify_request r = raw_request(s);
    verification v = run(s, &r);
    assert_true(v.valid);
    for (size_t i = 0; i < VERIFY_CHECK_COUNT; i++)
        assert_int_equal(v.findings[i].state,
                         i == VERIFY_DOCUMENT || i == VERIFY_ATTRIBUTES ? VERIFY_NOT_DONE : VERIFY_PASSED);
    assert_string_equal(v.name, "王建国");
    assert_string_equal(v.staff_no, "D1001");
    assert_non_null(strstr(v.subject, "王建国"));
    assert_non_null(strstr(v.issuer, "yiqian demonstration"));
    assert_true(bytes_equal(v.serial, s->k.parsed.serial));
    assert_true(v.issued_here);
    assert_int_equal(v.time_source, VERIFY_TIME_NOW);
    assert_int_equal(v.time_ms, s->f.now_ms);
    uint8_t e[32];
    sm2_digest(e, s->k.key.public_key, s->document);
    assert_true(v.has_e);
    assert_memory_equal(v.e, e, 32);
}

static void a_digest_signature_is_valid_with_document_or_digest(void **state)
{
    scene *s = *state;
    verify_request r = {.form = "digest", .signature = bytes_of(s->digest_rs, 64), .certificate = s->k.certificate};
    r.document = s->document;
    assert_true(run(s, &r).valid);
    r.has_digest = true;
    memcpy(r.digest, s->digest, 32);
    verification v = run(s, &r);
    assert_true(v.valid);
    assert_int_equal(v.findings[VERIFY_DOCUMENT].state, VERIFY_PASSED);
    r.document = bytes_of(NULL, 0);
    assert_true(run(s, &r).valid);
    r.digest[0] ^= 1;
    v = run(s, &r);
    assert_failed(&v, VERIFY_SIGNATURE, "signature_invalid");
    r.document = s->document;
    v = run(s, &r);
    assert_failed(&v, VERIFY_DOCUMENT, "document_differs");
}

static void der_and_pem_are_read_too(void **state)
{
    scene *s = *state;
    uint8_t der[ECSIG_DER_MAX];
    size_t n;
    verify_request r = raw_request(s);
    assert_int_equal(ecsig_to_der(der, &n, s->raw_rs), ERR_OK);
    r.signature = bytes_of(der, n);
    char *pem = pem_encode(s->f.arena, PEM_CERTIFICATE, s->k.certificate);
    assert_non_null(pem);
    r.certificate = bytes_of_text(pem);
    verification v = run(s, &r);
    assert_true(v.valid);
    assert_string_equal(v.findings[VERIFY_SIGNATURE_FORMAT].reason->code, "format_der");
    assert_true(bytes_equal(v.certificate, s->k.certificate));
}

static void any_changed_bit_of_document_or_signature_is_found(void **state)
{
    scene *s = *state;
    for (size_t bit = 0; bit < 64 * 8; bit += 7) {
        uint8_t rs[64];
        verify_request r = raw_request(s);
        memcpy(rs, s->raw_rs, 64);
        rs[bit / 8] ^= (uint8_t)(1 << bit % 8);
        r.signature = bytes_of(rs, 64);
        verification v = run(s, &r);
        assert_failed(&v, VERIFY_SIGNATURE, "signature_invalid");
    }
    for (size_t i = 0; i < s->document.n; i += 11) {
        uint8_t *changed = arena_copy(s->f.arena, s->document.p, s->document.n);
        verify_request r = raw_request(s);
        changed[i] ^= 1;
        r.document = bytes_of(changed, s->document.n);
        verification v = run(s, &r);
        assert_failed(&v, VERIFY_SIGNATURE, "signature_invalid");
    }
}

static void a_signature_of_one_form_is_none_of_the_other(void **state)
{
    scene *s = *state;
    verify_request r = raw_request(s);
    r.form = "digest";
    verification v = run(s, &r);
    assert_failed(&v, VERIFY_SIGNATURE, "signature_invalid");
    r.form = "raw";
    r.signature = bytes_of(s->digest_rs, 64);
    v = run(s, &r);
    assert_failed(&v, VERIFY_SIGNATURE, "signature_invalid");
}

/* A digest, signed attributes or a certificate request, taken for a document. */
static void what_was_signed_in_another_form_is_no_document(void **state)
{
    static const uint8_t set[] = {0x31, 0x03, 0x02, 0x01, 0x07}, sequence[] = {0x30, 0x03, 0x02, 0x01, 0x07};
    scene *s = *state;
    uint8_t rs[64];
    const bytes messages[] = {bytes_of(s->digest, 32), bytes_of(set, sizeof set), bytes_of(sequence, sizeof sequence)};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        sign(s, messages[i], rs);
        verify_request r = raw_request(s);
        r.document = messages[i];
        r.signature = bytes_of(rs, 64);
        verification v = run(s, &r);
        assert_failed(&v, VERIFY_DOCUMENT, "content_ambiguous");
        r.document.n--; /* not that, but no signature over this either */
        v = run(s, &r);
        assert_failed(&v, VERIFY_SIGNATURE, "signature_invalid");
    }
}

static void what_is_no_signature_is_told(void **state)
{
    scene *s = *state;
    uint8_t der[ECSIG_DER_MAX + 1] = {0};
    size_t n;
    verify_request r = raw_request(s);
    assert_int_equal(ecsig_to_der(der, &n, s->raw_rs), ERR_OK);
    r.signature = bytes_of(der, n + 1);
    verification v = run(s, &r);
    assert_failed(&v, VERIFY_SIGNATURE_FORMAT, "format_malformed");
    assert_int_equal(v.findings[VERIFY_SIGNATURE].state, VERIFY_NOT_DONE);
    r.signature = bytes_of(s->raw_rs, 63);
    v = run(s, &r);
    assert_failed(&v, VERIFY_SIGNATURE_FORMAT, "format_malformed");
    r.signature = bytes_of("", 0);
    v = run(s, &r);
    assert_failed(&v, VERIFY_SIGNATURE_FORMAT, "format_malformed");
}

static void the_period_counts_at_the_time_asked_for(void **state)
{
    scene *s = *state;
    verify_request r = raw_request(s);
    r.has_time = true;
    r.time_ms = s->k.parsed.not_after_ms + 86400000;
    verification v = run(s, &r);
    assert_failed(&v, VERIFY_PERIOD, "expired");
    assert_int_equal(v.time_source, VERIFY_TIME_GIVEN);
    r.time_ms = s->k.parsed.not_before_ms - 1;
    v = run(s, &r);
    assert_failed(&v, VERIFY_PERIOD, "not_yet_valid");
    r.time_ms = s->k.parsed.not_after_ms;
    assert_true(run(s, &r).valid);
}

static void a_revocation_counts_from_its_time_on(void **state)
{
    scene *s = *state;
    certificate_view out;
    verify_request r = raw_request(s);
    s->f.now_ms += 10000;
    assert_int_equal(
        certificate_revoke(fixture_call(&s->f, "certificate.revoke"), s->k.parsed.serial, REASON_KEY_COMPROMISE, &out),
        ERR_OK);
    int64_t revoked = s->f.now_ms;
    s->f.now_ms += 1;
    verification v = run(s, &r);
    assert_failed(&v, VERIFY_REVOCATION, "revoked");
    assert_int_equal(v.revoked_ms, revoked);
    assert_int_equal(v.revoked_reason, REASON_KEY_COMPROMISE);
    r.has_time = true;
    r.time_ms = revoked;
    v = run(s, &r);
    assert_failed(&v, VERIFY_REVOCATION, "revoked");
    r.time_ms = revoked - 1;
    v = run(s, &r);
    assert_true(v.valid);
    assert_string_equal(v.findings[VERIFY_REVOCATION].reason->code, "revoked_later");
}

static void a_certificate_without_a_record_is_refused(void **state)
{
    scene *s = *state;
    verify_request r = raw_request(s);
    fixture_write(&s->f, "DELETE FROM certificate", NULL, 0);
    verification v = run(s, &r);
    assert_failed(&v, VERIFY_REVOCATION, "certificate_unknown");
}

/* A certificate with our issuer's name, or another, signed by somebody else. */
static bytes foreign(scene *s, bytes issuer, cert_profile profile)
{
    sm2_private ca;
    assert_int_equal(sm2_private_generate(&ca, &s->f.rng), ERR_OK);
    signer *by = signer_in_memory(&ca, &s->f.rng);
    cert_template t = {.serial = {0x11},
                       .serial_n = 1,
                       .issuer = issuer,
                       .subject = s->k.parsed.subject,
                       .public_key = s->k.key.public_key,
                       .not_before_ms = s->f.now_ms - 1000,
                       .not_after_ms = s->f.now_ms + 86400000,
                       .profile = profile,
                       .authority_key_id = s->f.service->issuing.cert.ski};
    size_t cap = cert_size_max(&t);
    buffer b = buffer_over(arena_alloc(s->f.arena, cap), cap);
    assert_int_equal(cert_issue(&b, &t, by), ERR_OK);
    signer_destroy(by);
    return bytes_of(b.p, b.n);
}

static void certificates_of_others_are_not_trusted(void **state)
{
    scene *s = *state;
    verify_request r = raw_request(s);
    r.certificate = foreign(s, s->k.parsed.subject, CERT_PERSON);
    verification v = run(s, &r);
    assert_failed(&v, VERIFY_CHAIN, "root_untrusted");
    assert_int_equal(v.findings[VERIFY_SIGNATURE].state, VERIFY_PASSED);
    assert_int_equal(v.findings[VERIFY_REVOCATION].state, VERIFY_NOT_DONE);
    assert_false(v.issued_here);
    r.certificate = foreign(s, s->f.service->issuing.cert.subject, CERT_PERSON);
    v = run(s, &r);
    assert_failed(&v, VERIFY_CHAIN, "chain_broken");
    assert_false(v.issued_here);
}

static void a_ca_certificate_is_no_signers(void **state)
{
    scene *s = *state;
    uint8_t rs[64];
    verify_request r = raw_request(s);
    assert_int_equal(signer_sign_message(s->f.service->issuing.signer, s->document, rs), ERR_OK);
    r.signature = bytes_of(rs, 64);
    r.certificate = s->f.service->issuing.der;
    r.intermediates[0] = s->f.service->issuing.der;
    r.intermediates_n = 1;
    verification v = run(s, &r);
    assert_int_equal(v.findings[VERIFY_KEY_USAGE].state, VERIFY_FAILED);
    assert_false(v.valid);
}

static void malformed_input_is_an_error(void **state)
{
    scene *s = *state;
    verification v;
    call *c = fixture_call(&s->f, NULL);
    verify_request r = raw_request(s);
    r.certificate = bytes_of(s->k.certificate.p, s->k.certificate.n - 1);
    assert_int_equal(verify_run(c, &r, &v), ERR_DER);
    assert_string_equal(c->fault.field, "certificate");
    r.certificate = bytes_of_text("not a certificate");
    assert_int_equal(verify_run(c, &r, &v), ERR_ENCODING);
    r.certificate = bytes_of("", 0);
    assert_int_equal(verify_run(c, &r, &v), ERR_DER);
    r = raw_request(s);
    r.intermediates[0] = bytes_of_text("0");
    r.intermediates_n = 1;
    assert_int_equal(verify_run(c, &r, &v), ERR_DER);
    assert_string_equal(c->fault.field, "intermediates[0]");
    r = raw_request(s);
    r.form = "cms";
    assert_int_equal(verify_run(c, &r, &v), ERR_FORM);
    r.form = NULL;
    assert_int_equal(verify_run(c, &r, &v), ERR_FORM);
    r = raw_request(s);
    r.document = bytes_of(NULL, 0);
    assert_int_equal(verify_run(c, &r, &v), ERR_FORM);
    r.form = "digest";
    assert_int_equal(verify_run(c, &r, &v), ERR_FIELD_MISSING);
    r = raw_request(s);
    r.signature = bytes_of(NULL, 0);
    assert_int_equal(verify_run(c, &r, &v), ERR_FIELD_MISSING);
    r = raw_request(s);
    r.certificate = bytes_of(NULL, 0);
    assert_int_equal(verify_run(c, &r, &v), ERR_FIELD_MISSING);
}

/* A task of the system, signed a second ago in this form. */
static void put_task(scene *s, const business_system *owner, const char *form, bool is_signed, uint8_t id[16])
{
    fixture *f = &s->f;
    uint8_t e[32], sid[16] = {7};
    bool raw = strcmp(form, "raw") == 0;
    assert_int_equal(uuid7_create(id), ERR_OK);
    fixture_write(
        f,
        "INSERT INTO task (id, system_id, signer, form, title, description, reference, media_type, digest, state, "
        "created_at, expires_at) VALUES ($1, $2, $3, $4, '出院小结', '', '', 'text/plain', $5, $6, $7, $7)",
        (store_value[]){store_id(id), store_id(owner->id), store_id(s->u.id), store_text(form),
                        store_blob(s->digest, 32), store_text(is_signed ? "signed" : "pending"), store_int(f->now_ms)},
        7);
    if (!is_signed)
        return;
    sm2_digest(e, s->k.key.public_key, raw ? s->document : bytes_of(s->digest, 32));
    fixture_write(
        f,
        "INSERT INTO signature (task_id, signer, key_id, sid, serial, e, rs, form, method, failures_before, signed_at) "
        "SELECT $1, signer, $2, $3, $4, $5, $6, $7, 'pin', 0, $8 FROM task WHERE id = $1",
        (store_value[]){store_id(id), store_id(s->k.id), store_blob(sid, 16),
                        store_blob(s->k.parsed.serial.p, s->k.parsed.serial.n), store_blob(e, 32),
                        store_blob(raw ? s->raw_rs : s->digest_rs, 64), store_text(form), store_int(f->now_ms)},
        8);
}

static business_system put_system(scene *s, const char *name)
{
    business_system out;
    assert_int_equal(system_create(fixture_call(&s->f, "system.create"), name, SCOPE_TASKS | SCOPE_VERIFY, false, &out),
                     ERR_OK);
    return out;
}

static void a_task_is_verified_at_its_signing_time(void **state)
{
    scene *s = *state;
    business_system his = put_system(s, "HIS");
    certificate_view revoked;
    static const char *const forms[] = {"raw", "digest"};
    verify_request r[2] = {{.has_task = true}, {.has_task = true}};
    for (size_t i = 0; i < 2; i++)
        put_task(s, &his, forms[i], true, r[i].task);
    int64_t signed_ms = s->f.now_ms;
    s->f.now_ms += 5000;
    assert_int_equal(
        certificate_revoke(fixture_call(&s->f, "certificate.revoke"), s->k.parsed.serial, REASON_CESSATION, &revoked),
        ERR_OK);
    s->f.now_ms += INT64_C(400) * 86400000;
    for (size_t i = 0; i < 2; i++) {
        verification v = run(s, &r[i]);
        assert_true(v.valid);
        assert_int_equal(v.time_ms, signed_ms);
        assert_int_equal(v.time_source, VERIFY_TIME_TASK);
        assert_string_equal(v.form, forms[i]);
        assert_string_equal(v.findings[VERIFY_DOCUMENT].reason->code, "document_not_given");
        r[i].document = s->document;
        v = run(s, &r[i]);
        assert_true(v.valid);
        assert_int_equal(v.findings[VERIFY_DOCUMENT].state, VERIFY_PASSED);
        r[i].document = bytes_of_text("另一份文档");
        v = run(s, &r[i]);
        assert_failed(&v, VERIFY_DOCUMENT, "document_differs");
        r[i].document = bytes_of(NULL, 0);
        r[i].has_digest = true;
        memcpy(r[i].digest, s->digest, 32);
        assert_true(run(s, &r[i]).valid);
        r[i].digest[31] ^= 1;
        v = run(s, &r[i]);
        assert_failed(&v, VERIFY_DOCUMENT, "document_differs");
        r[i].document = s->document;
        v = run(s, &r[i]);
        assert_failed(&v, VERIFY_DOCUMENT, "document_differs");
    }
}

static void a_changed_row_of_a_signature_is_found(void **state)
{
    scene *s = *state;
    business_system his = put_system(s, "HIS");
    verify_request r = {.has_task = true};
    put_task(s, &his, "digest", true, r.task);
    fixture_write(&s->f, "UPDATE task SET digest = $1", (store_value[]){store_blob(s->raw_rs, 32)}, 1);
    verification v = run(s, &r);
    assert_failed(&v, VERIFY_SIGNATURE, "signature_invalid");
}

static void tasks_of_others_and_unsigned_ones_are_not_verified(void **state)
{
    scene *s = *state;
    business_system his = put_system(s, "HIS"), emr = put_system(s, "EMR");
    verify_request r = {.has_task = true};
    verification v;
    put_task(s, &his, "raw", true, r.task);
    assert_int_equal(verify_run(fixture_call_as_system(&s->f, NULL, emr.id), &r, &v), ERR_TASK_NOT_FOUND);
    assert_int_equal(verify_run(fixture_call_as_system(&s->f, NULL, his.id), &r, &v), ERR_OK);
    assert_true(v.valid);
    r.signature = bytes_of(s->raw_rs, 64);
    assert_int_equal(verify_run(fixture_call(&s->f, NULL), &r, &v), ERR_FIELD_VALUE);
    r.signature = bytes_of(NULL, 0);
    r.has_time = true;
    assert_int_equal(verify_run(fixture_call(&s->f, NULL), &r, &v), ERR_FIELD_VALUE);
    r = (verify_request){.has_task = true};
    put_task(s, &his, "raw", false, r.task);
    assert_int_equal(verify_run(fixture_call(&s->f, NULL), &r, &v), ERR_CONFLICT);
    r.task[0] ^= 1;
    assert_int_equal(verify_run(fixture_call(&s->f, NULL), &r, &v), ERR_TASK_NOT_FOUND);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(a_raw_signature_is_valid),
        WITH_SCENE(a_digest_signature_is_valid_with_document_or_digest),
        WITH_SCENE(der_and_pem_are_read_too),
        WITH_SCENE(any_changed_bit_of_document_or_signature_is_found),
        WITH_SCENE(a_signature_of_one_form_is_none_of_the_other),
        WITH_SCENE(what_was_signed_in_another_form_is_no_document),
        WITH_SCENE(what_is_no_signature_is_told),
        WITH_SCENE(the_period_counts_at_the_time_asked_for),
        WITH_SCENE(a_revocation_counts_from_its_time_on),
        WITH_SCENE(a_certificate_without_a_record_is_refused),
        WITH_SCENE(certificates_of_others_are_not_trusted),
        WITH_SCENE(a_ca_certificate_is_no_signers),
        WITH_SCENE(malformed_input_is_an_error),
        WITH_SCENE(a_task_is_verified_at_its_signing_time),
        WITH_SCENE(a_changed_row_of_a_signature_is_found),
        WITH_SCENE(tasks_of_others_and_unsigned_ones_are_not_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
