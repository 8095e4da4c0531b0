#include "service/timestamp_verify.h"

#include "fixture.h"
#include "pki/pem.h"
#include "service/tsa_root.h"
#include "tsa/token.h"
#include "unit/tsa/foreign.h"

static foreign p256;
static const char document[] = "出院小结";
static uint8_t digest[TSA_IMPRINT_MAX];

static tsa_verification verify(fixture *f, const timestamp_verify_request *r)
{
    tsa_verification v;
    assert_int_equal(timestamp_verify(fixture_call(f, NULL), r, &v), ERR_OK);
    return v;
}

static void assert_found(const tsa_verification *v, tsa_check check, const char *code)
{
    assert_string_equal(v->findings[check].reason->code, code);
}

static bytes foreign_of_document(void)
{
    static uint8_t room[FOREIGN_ROOM];
    assert_int_equal(tsa_digest_of(digest, TSA_SHA256, bytes_of_text(document)), ERR_OK);
    foreign_words w = {
        .profile = CMS_RFC, .hash = TSA_SHA256, .imprint = bytes_of(digest, 32), .nonce = OCTETS("\x05")};
    return foreign_token(room, &p256, &w);
}

static void another_authority_is_trusted_by_its_root(void **state)
{
    fixture *f = *state;
    tsa_root root;
    timestamp_verify_request r = {
        .token = foreign_of_document(), .document = bytes_of_text(document), .nonce = OCTETS("\x05")};
    tsa_verification v = verify(f, &r);
    assert_false(v.valid);
    assert_found(&v, TSA_CHECK_CHAIN, "root_untrusted");
    assert_found(&v, TSA_CHECK_IMPRINT, "imprint_matches");
    assert_int_equal(tsa_root_add(fixture_call(f, "tsa.root_add"), "a", TSA_ROOT_TIMESTAMPS, p256.root, &root), ERR_OK);
    v = verify(f, &r);
    assert_true(v.valid);
    assert_found(&v, TSA_CHECK_NONCE, "nonce_matches");
    assert_found(&v, TSA_CHECK_REVOCATION, "no_revocation_data");
    foreign_list(&p256, AUTHORITY_NOW, AUTHORITY_NOW + AUTHORITY_DAY, AUTHORITY_NOW + 1000, CRL_KEY_COMPROMISE);
    assert_int_equal(tsa_root_set_crl(fixture_call(f, "tsa.root_crl"), root.id, p256.crl, bytes_of(NULL, 0), &root), ERR_OK);
    v = verify(f, &r);
    assert_false(v.valid);
    assert_found(&v, TSA_CHECK_REVOCATION, "revoked");
    assert_int_equal(tsa_root_remove(fixture_call(f, "tsa.root_remove"), root.id), ERR_OK);
    assert_false(verify(f, &r).valid);
}

static void what_is_compared(void **state)
{
    fixture *f = *state;
    timestamp_verify_request r = {.token = foreign_of_document(), .imprint = bytes_of(digest, 32), .hash = "sha256"};
    tsa_verification v = verify(f, &r);
    assert_found(&v, TSA_CHECK_IMPRINT, "imprint_matches");
    r.hash = NULL;
    v = verify(f, &r);
    assert_found(&v, TSA_CHECK_IMPRINT, "imprint_matches");
    r.hash = "sm3";
    v = verify(f, &r);
    assert_found(&v, TSA_CHECK_IMPRINT, "imprint_algorithm_differs");
    r = (timestamp_verify_request){.token = r.token, .document = bytes_of_text("另一份")};
    v = verify(f, &r);
    assert_found(&v, TSA_CHECK_IMPRINT, "imprint_differs");
    r = (timestamp_verify_request){.token = r.token, .policy = OCTETS("\x2a\x07")};
    v = verify(f, &r);
    assert_found(&v, TSA_CHECK_POLICY, "policy_differs");
    assert_found(&v, TSA_CHECK_IMPRINT, "imprint_not_given");
    r = (timestamp_verify_request){.token = r.token, .at_ms = AUTHORITY_NOW - AUTHORITY_DAY};
    v = verify(f, &r);
    assert_found(&v, TSA_CHECK_TIME, "time_future");
    r = (timestamp_verify_request){.token = bytes_of_text("no token"), .document = bytes_of_text(document)};
    v = verify(f, &r);
    assert_found(&v, TSA_CHECK_STRUCTURE, "structure_malformed");
    assert_found(&v, TSA_CHECK_IMPRINT, "not_read");
}

static void certificates_may_be_given(void **state)
{
    static uint8_t room[FOREIGN_ROOM];
    fixture *f = *state;
    foreign_words w = {.profile = CMS_RFC, .no_certificates = true};
    timestamp_verify_request r = {.token = foreign_token(room, &p256, &w)};
    tsa_verification v = verify(f, &r);
    assert_found(&v, TSA_CHECK_SIGNING_CERTIFICATE, "certificate_missing");
    r.certificates[r.certificates_n++] = p256.tsa;
    v = verify(f, &r);
    assert_found(&v, TSA_CHECK_SIGNATURE, "signature_valid");
    r.certificates[0] = bytes_of_text(pem_encode(f->arena, PEM_CERTIFICATE, p256.tsa));
    v = verify(f, &r);
    assert_found(&v, TSA_CHECK_SIGNATURE, "signature_valid");
}

static void assert_refused(fixture *f, const timestamp_verify_request *r, err e, const char *field)
{
    tsa_verification v;
    call *c = fixture_call(f, NULL);
    assert_int_equal(timestamp_verify(c, r, &v), e);
    assert_string_equal(c->fault.field, field);
}

static void requests_that_cannot_be(void **state)
{
    fixture *f = *state;
    bytes token = foreign_of_document(), imprint = bytes_of(digest, 32);
    assert_refused(f,
                   &(timestamp_verify_request){.token = token, .document = bytes_of_text(document), .imprint = imprint},
                   ERR_FIELD_VALUE, "imprint");
    assert_refused(f, &(timestamp_verify_request){.token = token, .hash = "sm3"}, ERR_FIELD_MISSING, "imprint");
    assert_refused(f, &(timestamp_verify_request){.token = token, .imprint = imprint, .hash = "md5"}, ERR_FIELD_VALUE,
                   "hash");
    assert_refused(f, &(timestamp_verify_request){.token = token, .imprint = imprint, .hash = "sha512"},
                   ERR_FIELD_LENGTH, "imprint");
    assert_refused(
        f, &(timestamp_verify_request){.token = token, .certificates = {bytes_of_text("x")}, .certificates_n = 1},
        ERR_ENCODING, "certificates[0]");
}

/* A unit below the issuing CA, as the table has it. */
static bytes own_token(fixture *f, const char *name, bool certificates)
{
    static uint8_t name_room[256];
    sm2_private key;
    uint8_t id[16], signature[TSA_SIGNATURE_MAX];
    size_t n;
    buffer subject = buffer_over(name_room, sizeof name_room);
    name_field fields[] = {{OID_COUNTRY, "CN"}, {OID_COMMON_NAME, name}};
    assert_int_equal(name_build(&subject, fields, 2), ERR_OK);
    assert_int_equal(sm2_private_generate(&key, &f->rng), ERR_OK);
    cert_template t = {.serial_n = CERT_SERIAL_SIZE,
                       .issuer = f->service->issuing.cert.subject,
                       .subject = bytes_of(subject.p, subject.n),
                       .public_key = key.public_key,
                       .not_before_ms = f->now_ms - 1000,
                       .not_after_ms = f->now_ms + AUTHORITY_DAY,
                       .profile = CERT_TIMESTAMP};
    assert_int_equal(cert_serial_generate(t.serial, &f->rng), ERR_OK);
    buffer der = buffer_over(arena_alloc(f->arena, 4096), 4096),
           token = buffer_over(arena_alloc(f->arena, TSA_TOKEN_MAX), TSA_TOKEN_MAX);
    assert_int_equal(cert_issue(&der, &t, f->service->issuing.signer), ERR_OK);
    assert_int_equal(uuid7_create(id), ERR_OK);
    fixture_write(f,
                  "INSERT INTO tsa_unit (id, name, algorithm, certificate, chain, sealed_key, limit_us, time_digits, "
                  "ordering, state, created_at) VALUES ($1, $2, 'sm2', $3, $4, $4, 1000000, 3, FALSE, 'stopped', $5)",
                  (store_value[]){store_id(id), store_text(name), store_blob(der.p, der.n),
                                  store_blob(f->service->issuing.der.p, f->service->issuing.der.n),
                                  store_int(f->now_ms)},
                  5);
    signer *signing = signer_in_memory(&key, &f->rng);
    tsa_issuer *issuer;
    tsa_issuer_options options = {.signer = signing, .certificate = bytes_of(der.p, der.n), .time_digits = 3};
    assert_int_equal(tsa_issuer_create(&issuer, &options), ERR_OK);
    assert_int_equal(tsa_digest_of(digest, TSA_SM3, bytes_of_text(document)), ERR_OK);
    tsa_statement s = {.profile = CMS_GM,
                       .policy = oid_octets(OID_POLICY_GM),
                       .hash = TSA_SM3,
                       .imprint = bytes_of(digest, 32),
                       .serial = {1},
                       .time_us = f->now_ms * 1000,
                       .accuracy_us = 1000};
    assert_int_equal(tsa_token_issue(&token, issuer, &s, certificates, signature, &n), ERR_OK);
    tsa_issuer_destroy(issuer);
    signer_destroy(signing);
    return bytes_of(token.p, token.n);
}

static void its_own_units_are_trusted(void **state)
{
    fixture *f = *state;
    timestamp_verify_request r = {.token = own_token(f, "unit-1", true), .document = bytes_of_text(document)};
    tsa_verification v = verify(f, &r);
    assert_true(v.valid && v.token.profile == CMS_GM);
    assert_found(&v, TSA_CHECK_REVOCATION, "not_revoked");
    assert_found(&v, TSA_CHECK_ACCURACY, "accuracy_stated");
    assert_found(&v, TSA_CHECK_TSA_NAME, "tsa_name_matches");
    r.token = own_token(f, "unit-2", false);
    v = verify(f, &r);
    assert_true(v.valid && v.token.certificates_n == 0);
}

/* By its own row, whatever the lists say: of units below the P-256 and RSA roots there are none. */
static void a_unit_that_was_revoked(void **state)
{
    static const struct {
        int64_t after_ms;
        int reason;
        const char *code;
        bool valid;
    } rows[] = {{1000, CRL_SUPERSEDED, "revoked_later", true},
                {1000, CRL_CESSATION_OF_OPERATION, "revoked_later", true},
                {1000, CRL_KEY_COMPROMISE, "revoked", false},
                {-1000, CRL_SUPERSEDED, "revoked", false}};
    fixture *f = *state;
    timestamp_verify_request r = {.token = own_token(f, "unit-1", true), .document = bytes_of_text(document)};
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_write(f, "UPDATE tsa_unit SET revoked_at = $1, reason = $2 WHERE name = 'unit-1'",
                      (store_value[]){store_int(f->now_ms + rows[i].after_ms), store_int(rows[i].reason)}, 2);
        tsa_verification v = verify(f, &r);
        assert_found(&v, TSA_CHECK_REVOCATION, rows[i].code);
        assert_int_equal(v.valid, rows[i].valid);
        assert_int_equal(v.revoked_ms, f->now_ms + rows[i].after_ms);
        assert_true(v.revoked_has_reason);
    }
}

static int set_up(void **state)
{
    (void)state;
    foreign_make(&p256, FOREIGN_P256);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    foreign_drop(&p256);
    return 0;
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(another_authority_is_trusted_by_its_root),
        WITH_FIXTURE(what_is_compared),
        WITH_FIXTURE(certificates_may_be_given),
        WITH_FIXTURE(requests_that_cannot_be),
        WITH_FIXTURE(its_own_units_are_trusted),
        WITH_FIXTURE(a_unit_that_was_revoked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
