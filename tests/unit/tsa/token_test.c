#include "tsa/token.h"

#include <openssl/ts.h>
#include <stdio.h>
#include <stdlib.h>

#include "asn1/ecsig.h"
#include "unit/tsa/stamping.h"
#include "tsa/response.h"

static stamping units[STAMPING_ALGORITHMS];
static arena *memory;
static const uint8_t octets[TSA_IMPRINT_MAX] = {0xca, 0xfe};

static int group_setup(void **state)
{
    (void)state;
    memory = arena_create(1 << 20);
    for (size_t i = 0; i < STAMPING_ALGORITHMS; i++)
        stamping_make(&units[i], (signer_algorithm)i);
    return memory ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < STAMPING_ALGORITHMS; i++)
        stamping_drop(&units[i]);
    arena_destroy(memory);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    arena_reset(memory);
    return 0;
}

static tsa_statement statement_of(cms_profile profile)
{
    return (tsa_statement){.profile = profile,
                           .policy = oid_octets(profile == CMS_GM ? OID_POLICY_GM : OID_POLICY_RFC),
                           .hash = TSA_SM3,
                           .imprint = bytes_of(octets, 32),
                           .serial = {0x01, 0x9b, 0x7a, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 0, 42},
                           .time_us = AUTHORITY_NOW * 1000 + 120450,
                           .accuracy_us = 1002003,
                           .nonce = OCTETS("\x00\xfe")};
}

static bytes issue(const tsa_issuer *issuer, const tsa_statement *s, bool certificates)
{
    uint8_t signature[TSA_SIGNATURE_MAX];
    size_t n;
    buffer b = buffer_over(arena_alloc(memory, TSA_TOKEN_MAX), TSA_TOKEN_MAX);
    assert_int_equal(tsa_token_issue(&b, issuer, s, certificates, signature, &n), ERR_OK);
    return bytes_of(b.p, b.n);
}

/* The content of the token that was read: TSTInfo. */
static bytes info_of(bytes token)
{
    signed_data d;
    assert_int_equal(signed_data_read(&d, token), ERR_OK);
    assert_true(bytes_equal(d.content_type, oid_octets(OID_TST_INFO)));
    return d.content;
}

static bool contains(bytes whole, bytes part)
{
    for (size_t i = 0; i + part.n <= whole.n; i++)
        if (memcmp(whole.p + i, part.p, part.n) == 0)
            return true;
    return false;
}

static void test_an_sm2_token_in_both_profiles(void **state)
{
    (void)state;
    tsa_issuer *issuer = stamping_issuer(&units[SIGNER_SM2], false, 6);
    assert_int_equal(tsa_issuer_algorithm(issuer), SIGNER_SM2);
    for (cms_profile profile = CMS_GM; profile <= CMS_RFC; profile++) {
        tsa_statement s = statement_of(profile);
        signed_data d;
        signed_attributes a;
        cert signer_cert;
        bytes message, token = issue(issuer, &s, true);
        uint8_t hash[32], e[32];
        assert_int_equal(signed_data_read(&d, token), ERR_OK);
        assert_int_equal(d.profile, profile);
        assert_int_equal(d.certificates_n, 2);
        assert_int_equal(signed_data_signer(&d, &signer_cert), ERR_OK);
        assert_true(bytes_equal(signer_cert.der, units[SIGNER_SM2].certificate));
        assert_int_equal(signed_attributes_read(&a, d.attributes), ERR_OK);
        sm3(hash, d.content.p, d.content.n);
        assert_true(bytes_equal(a.message_digest, bytes_of(hash, 32)));
        assert_true(bytes_equal(a.content_type, oid_octets(OID_TST_INFO)));
        assert_int_equal(a.signing_time_ms, AUTHORITY_NOW);
        sm3(hash, signer_cert.der.p, signer_cert.der.n);
        assert_true(bytes_equal(a.certificate_hash, bytes_of(hash, 32)));
        assert_true(bytes_equal(a.certificate_algorithm, oid_octets(OID_SM3)));
        assert_int_equal(signed_data_message(memory, &d, d.content, &message), ERR_OK);
        sm2_digest(e, signer_cert.public_key, message);
        assert_int_equal(sm2_verify_bytes(signer_cert.public_key, e, d.rs), ERR_OK);
        token = issue(issuer, &s, false);
        assert_int_equal(signed_data_read(&d, token), ERR_OK);
        assert_int_equal(d.certificates_n, 0);
    }
    tsa_issuer_destroy(issuer);
}

/* The whole TSTInfo, by hand. */
static void test_tst_info_octet_by_octet(void **state)
{
    (void)state;
    tsa_issuer *issuer = stamping_issuer(&units[SIGNER_SM2], true, 6);
    tsa_statement s = statement_of(CMS_RFC);
    uint8_t room[1024];
    buffer b = buffer_over(room, sizeof room);
    size_t info = der_open(&b, DER_SEQUENCE);
    buffer_put(&b, "\x02\x01\x01", 3);
    oid_put(&b, OID_POLICY_RFC);
    buffer_put(&b, "\x30\x30\x30\x0c\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x11\x05\x00\x04\x20", 18);
    buffer_put(&b, octets, 32);
    buffer_put(&b, "\x02\x14", 2);
    buffer_put(&b, s.serial, sizeof s.serial);
    der_put(&b, DER_GENERALIZED_TIME, bytes_of_text("20260101000000.12045Z"));
    buffer_put(&b, "\x30\x09\x02\x01\x01\x80\x01\x02\x81\x01\x03", 11);
    buffer_put(&b, "\x01\x01\xff", 3);
    buffer_put(&b, "\x02\x02\x00\xfe", 4);
    bytes subject = authority_parse(units[SIGNER_SM2].certificate).subject;
    size_t tsa = der_open(&b, 0xa0), name = der_open(&b, 0xa4);
    buffer_put(&b, subject.p, subject.n);
    der_close(&b, name);
    der_close(&b, tsa);
    der_close(&b, info);
    assert_true(bytes_equal(info_of(issue(issuer, &s, true)), bytes_of(b.p, b.n)));
    tsa_issuer_destroy(issuer);
}

/* The messageImprint is the request's, octet by octet: with the hash's parameters as NULL, or without them. */
static void test_the_imprint_is_the_request_s(void **state)
{
    (void)state;
    tsa_issuer *issuer = stamping_issuer(&units[SIGNER_SM2], false, 3);
    tsa_statement s = statement_of(CMS_RFC);
    for (int bare = 0; bare < 2; bare++) {
        tsa_request rq = {.hash = s.hash, .imprint = s.imprint, .bare_hash = bare}, read;
        uint8_t room[128];
        buffer b = buffer_over(room, sizeof room);
        tsa_failure why;
        assert_int_equal(tsa_request_write(&b, &rq), ERR_OK);
        assert_int_equal(tsa_request_read(&read, bytes_of(b.p, b.n), &why), ERR_OK);
        s.bare_hash = read.bare_hash;
        /* of the request: 30 len 02 01 01, then the imprint */
        assert_true(contains(info_of(issue(issuer, &s, false)), bytes_of(b.p + 5, b.n - 5)));
    }
    tsa_issuer_destroy(issuer);
}

static void test_time_in_the_unit_s_digits(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        unsigned digits;
        const char *text;
    } rows[] = {
        {123456, 6, "20260101000000.123456Z"}, {123456, 3, "20260101000000.123Z"}, {123999, 3, "20260101000000.123Z"},
        {999999, 0, "20260101000000Z"},        {999999, 1, "20260101000000.9Z"},   {100000, 6, "20260101000000.1Z"},
        {10, 6, "20260101000000.00001Z"},      {10, 4, "20260101000000Z"},         {0, 6, "20260101000000Z"},
        {120000, 3, "20260101000000.12Z"},     {-1, 6, "20251231235959.999999Z"},  {-1, 0, "20251231235959Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        tsa_issuer *issuer = stamping_issuer(&units[SIGNER_SM2], false, rows[i].digits);
        tsa_statement s = statement_of(CMS_RFC);
        uint8_t room[64];
        buffer b = buffer_over(room, sizeof room);
        s.time_us = AUTHORITY_NOW * 1000 + rows[i].us;
        der_put(&b, DER_GENERALIZED_TIME, bytes_of_text(rows[i].text));
        assert_true(contains(info_of(issue(issuer, &s, false)), bytes_of(b.p, b.n)));
        tsa_issuer_destroy(issuer);
    }
    static const uint64_t cuts[] = {999999, 99999, 9999, 999, 99, 9, 0};
    for (unsigned digits = 0; digits <= TSA_TIME_DIGITS_MAX; digits++)
        assert_int_equal(tsa_time_cut_us(digits), cuts[digits]);
}

static void test_accuracy_has_no_zero_parts(void **state)
{
    (void)state;
    const struct {
        uint64_t us;
        bytes der;
    } rows[] = {
        {1, OCTETS("\x30\x03\x81\x01\x01")},       {127, OCTETS("\x30\x03\x81\x01\x7f")},
        {128, OCTETS("\x30\x04\x81\x02\x00\x80")}, {999, OCTETS("\x30\x04\x81\x02\x03\xe7")},
        {1000, OCTETS("\x30\x03\x80\x01\x01")},    {999000, OCTETS("\x30\x04\x80\x02\x03\xe7")},
        {1000000, OCTETS("\x30\x03\x02\x01\x01")}, {128000001, OCTETS("\x30\x07\x02\x02\x00\x80\x81\x01\x01")},
    };
    tsa_issuer *issuer = stamping_issuer(&units[SIGNER_SM2], false, 6);
    tsa_statement s = statement_of(CMS_RFC);
    s.nonce = bytes_of(NULL, 0);
    s.time_us = AUTHORITY_NOW * 1000;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t room[64];
        buffer b = buffer_over(room, sizeof room);
        s.accuracy_us = rows[i].us;
        der_put(&b, DER_GENERALIZED_TIME, bytes_of_text("20260101000000Z"));
        buffer_put(&b, rows[i].der.p, rows[i].der.n);
        buffer_put_u8(&b, 0xa0); /* and the tsa after it */
        assert_true(contains(info_of(issue(issuer, &s, false)), bytes_of(b.p, b.n)));
    }
    s.accuracy_us = 0;
    assert_true(contains(info_of(issue(issuer, &s, false)), OCTETS("000000Z\xa0")));
    tsa_issuer_destroy(issuer);
}

static err sign_alone(const tsa_issuer *issuer, const tsa_statement *s, uint8_t signature[TSA_SIGNATURE_MAX], size_t *n)
{
    uint8_t room[TSA_TOKEN_MAX];
    buffer b = buffer_over(room, sizeof room);
    return tsa_token_issue(&b, issuer, s, false, signature, n);
}

static void test_a_token_is_written_again_from_its_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < STAMPING_ALGORITHMS; i++) {
        tsa_issuer *issuer = stamping_issuer(&units[i], false, 3), *rebuilder;
        const tsa_issuer_options options = {
            .certificate = units[i].certificate, .chain = &units[i].root, .chain_n = 1, .time_digits = 3};
        assert_int_equal(tsa_issuer_create(&rebuilder, &options), ERR_OK);
        tsa_statement s = statement_of(CMS_RFC);
        uint8_t signature[TSA_SIGNATURE_MAX], other[TSA_SIGNATURE_MAX];
        size_t n, other_n;
        for (unsigned certificates = 0; certificates < 2; certificates++) {
            buffer b = buffer_over(arena_alloc(memory, TSA_TOKEN_MAX), TSA_TOKEN_MAX);
            buffer again = buffer_over(arena_alloc(memory, TSA_TOKEN_MAX), TSA_TOKEN_MAX);
            assert_int_equal(tsa_token_issue(&b, issuer, &s, certificates, signature, &n), ERR_OK);
            assert_int_equal(tsa_token_write(&again, rebuilder, &s, bytes_of(signature, n), certificates), ERR_OK);
            assert_true(bytes_equal(bytes_of(b.p, b.n), bytes_of(again.p, again.n)));
        }
        assert_int_equal(sign_alone(issuer, &s, other, &other_n), ERR_OK);
        if (i == SIGNER_RSA) /* deterministic */
            assert_true(bytes_equal(bytes_of(signature, n), bytes_of(other, other_n)));
        assert_int_equal(sign_alone(rebuilder, &s, other, &other_n), ERR_ARG);
        tsa_issuer_destroy(issuer);
        tsa_issuer_destroy(rebuilder);
    }
}

/* As openssl ts -verify does. */
static bool openssl_verifies(bytes token, const stamping *unit, bytes imprint, bytes nonce, bytes untrusted)
{
    uint8_t room[TSA_TOKEN_MAX + TSA_RESPONSE_OVERHEAD];
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(tsa_response_granted(&b, token), ERR_OK);
    const unsigned char *p = b.p, *root_p = unit->root.p;
    TS_RESP *resp = d2i_TS_RESP(NULL, &p, (long)b.n);
    X509 *root = d2i_X509(NULL, &root_p, (long)unit->root.n);
    X509_STORE *store = X509_STORE_new();
    TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
    assert_non_null(resp);
    assert_true(root && store && ctx && X509_STORE_add_cert(store, root) == 1);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), AUTHORITY_NOW / 1000);
    TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_SIGNER | TS_VFY_SIGNATURE | TS_VFY_IMPRINT);
    unsigned char *copy = OPENSSL_memdup(imprint.p, imprint.n);
    TS_VERIFY_CTX_set_imprint(ctx, copy, (long)imprint.n);
    TS_VERIFY_CTX_set_store(ctx, store);
    if (untrusted.n > 0) {
        STACK_OF(X509) *certs = sk_X509_new_null();
        const unsigned char *c = untrusted.p;
        sk_X509_push(certs, d2i_X509(NULL, &c, (long)untrusted.n));
        TS_VERIFY_CTX_set_certs(ctx, certs);
    }
    bool good = TS_RESP_verify_response(ctx, resp) == 1;
    if (good && nonce.n > 0) {
        unsigned char *der = NULL;
        TS_TST_INFO *info = TS_RESP_get_tst_info(resp);
        int n = i2d_ASN1_INTEGER((ASN1_INTEGER *)(uintptr_t)TS_TST_INFO_get_nonce(info), &der);
        good = n == (int)nonce.n + 2 && memcmp(der + 2, nonce.p, nonce.n) == 0;
        OPENSSL_free(der);
    }
    X509_free(root);
    TS_VERIFY_CTX_free(ctx);
    TS_RESP_free(resp);
    return good;
}

static void test_openssl_verifies_p256_and_rsa(void **state)
{
    (void)state;
    const bytes nonces[] = {{NULL, 0}, OCTETS("\x00"), OCTETS("\xff\x01"), bytes_of(octets, TSA_NONCE_MAX)};
    for (size_t i = SIGNER_P256; i < STAMPING_ALGORITHMS; i++) {
        for (unsigned shape = 0; shape < 28; shape++) {
            arena_reset(memory);
            tsa_issuer *issuer = stamping_issuer(&units[i], shape & 1, shape % 7);
            tsa_statement s = statement_of(CMS_RFC);
            s.hash = shape % TSA_HASH_COUNT;
            s.imprint = bytes_of(octets, tsa_hash_size(s.hash));
            s.nonce = nonces[shape / 7];
            bytes none = {NULL, 0}, other = bytes_of(octets + 1, s.imprint.n - 1);
            assert_true(openssl_verifies(issue(issuer, &s, true), &units[i], s.imprint, s.nonce, none));
            assert_true(
                openssl_verifies(issue(issuer, &s, false), &units[i], s.imprint, s.nonce, units[i].certificate));
            assert_false(openssl_verifies(issue(issuer, &s, true), &units[i], other, s.nonce, none));
            bytes token = issue(issuer, &s, true);
            ((uint8_t *)(uintptr_t)token.p)[token.n - 1] ^= 1; /* the signature's last octet */
            assert_false(openssl_verifies(token, &units[i], s.imprint, s.nonce, none));
            tsa_issuer_destroy(issuer);
        }
    }
}

static void test_statements_that_are_refused(void **state)
{
    (void)state;
    tsa_issuer *sm2 = stamping_issuer(&units[SIGNER_SM2], false, 0),
               *rsa = stamping_issuer(&units[SIGNER_RSA], false, 0);
    uint8_t signature[TSA_SIGNATURE_MAX], room[TSA_TOKEN_MAX];
    size_t n;
    tsa_statement s = statement_of(CMS_GM);
    assert_int_equal(sign_alone(rsa, &s, signature, &n), ERR_ARG);
    s = statement_of(CMS_RFC);
    s.imprint.n--;
    assert_int_equal(sign_alone(sm2, &s, signature, &n), ERR_LENGTH);
    s = statement_of(CMS_RFC);
    s.nonce = bytes_of(octets, TSA_NONCE_MAX + 1);
    assert_int_equal(sign_alone(sm2, &s, signature, &n), ERR_LENGTH);
    s.nonce = OCTETS("\x00\x01");
    assert_int_equal(sign_alone(sm2, &s, signature, &n), ERR_DER);
    s = statement_of(CMS_RFC);
    s.policy = bytes_of(NULL, 0);
    assert_int_equal(sign_alone(sm2, &s, signature, &n), ERR_LENGTH);
    s.policy = bytes_of(room, TSA_POLICY_MAX + 1);
    assert_int_equal(sign_alone(sm2, &s, signature, &n), ERR_LENGTH);
    s = statement_of(CMS_RFC);
    s.time_us = INT64_MAX;
    assert_int_equal(sign_alone(sm2, &s, signature, &n), ERR_RANGE);
    s = statement_of(CMS_RFC);
    buffer b = buffer_over(room, 700);
    assert_int_equal(tsa_token_issue(&b, sm2, &s, true, signature, &n), ERR_LENGTH);
    tsa_issuer_destroy(sm2);
    tsa_issuer_destroy(rsa);
}

static void test_units_that_are_refused(void **state)
{
    (void)state;
    tsa_issuer *issuer;
    bytes many[SIGNED_DATA_CERTIFICATES];
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = units[SIGNER_SM2].root;
    tsa_issuer_options good = {.signer = units[SIGNER_SM2].key, .certificate = units[SIGNER_SM2].certificate}, o = good;
    o.signer = units[SIGNER_SM2].root_key;
    assert_int_equal(tsa_issuer_create(&issuer, &o), ERR_ARG);
    assert_null(issuer);
    o.signer = units[SIGNER_P256].key;
    assert_int_equal(tsa_issuer_create(&issuer, &o), ERR_ARG);
    o = (tsa_issuer_options){.signer = units[SIGNER_P256].root_key, .certificate = units[SIGNER_P256].certificate};
    assert_int_equal(tsa_issuer_create(&issuer, &o), ERR_ARG);
    o = good;
    o.time_digits = TSA_TIME_DIGITS_MAX + 1;
    assert_int_equal(tsa_issuer_create(&issuer, &o), ERR_RANGE);
    o = good;
    o.chain = many;
    o.chain_n = COUNT(many);
    assert_int_equal(tsa_issuer_create(&issuer, &o), ERR_LIMIT);
    o = good;
    o.certificate.n--;
    assert_int_equal(tsa_issuer_create(&issuer, &o), ERR_DER);
    uint8_t *large = arena_alloc(memory, TSA_TOKEN_MAX);
    bytes one = {large, TSA_TOKEN_MAX};
    memset(large, 0, TSA_TOKEN_MAX);
    o = good;
    o.chain = &one;
    o.chain_n = 1;
    assert_int_equal(tsa_issuer_create(&issuer, &o), ERR_LENGTH);
    tsa_issuer_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_sm2_token_in_both_profiles, setup),
        cmocka_unit_test_setup(test_tst_info_octet_by_octet, setup),
        cmocka_unit_test_setup(test_the_imprint_is_the_request_s, setup),
        cmocka_unit_test_setup(test_time_in_the_unit_s_digits, setup),
        cmocka_unit_test_setup(test_accuracy_has_no_zero_parts, setup),
        cmocka_unit_test_setup(test_a_token_is_written_again_from_its_signature, setup),
        cmocka_unit_test_setup(test_openssl_verifies_p256_and_rsa, setup),
        cmocka_unit_test_setup(test_statements_that_are_refused, setup),
        cmocka_unit_test_setup(test_units_that_are_refused, setup),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
