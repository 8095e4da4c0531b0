/* A token of every kind of key that is good, and for each check one that fails exactly there. */
#include "foreign.h"

#include <stdlib.h>

#include "tsa/response.h"
#include "tsa/token_verify.h"

static arena *memory;
static foreign authorities[FOREIGN_KEYS];

static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < FOREIGN_KEYS; i++)
        foreign_make(&authorities[i], (foreign_key)i);
    return (memory = arena_create(8 << 20)) ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < FOREIGN_KEYS; i++)
        foreign_drop(&authorities[i]);
    arena_destroy(memory);
    return 0;
}

static const uint8_t imprint[64] = {0x11, 0x11};

static tsa_expected expected_of(const foreign *f)
{
    return (tsa_expected){.imprint = bytes_of(imprint, 32),
                          .hash = TSA_SM3,
                          .roots = &f->root,
                          .roots_n = 1,
                          .now_us = AUTHORITY_NOW * 1000 + 1000000};
}

static tsa_verification verify(bytes token, const tsa_expected *x)
{
    tsa_verification v;
    arena_reset(memory);
    assert_int_equal(tsa_verify(memory, token, x, &v), ERR_OK);
    for (size_t i = 0; i < TSA_CHECK_COUNT; i++)
        assert_non_null(v.findings[i].reason);
    return v;
}

static void assert_found(const tsa_verification *v, tsa_check check, tsa_result result, const char *code)
{
    assert_string_equal(v->findings[check].reason->code, code);
    assert_int_equal(v->findings[check].result, result);
}

/* Fails there, for this reason, and nowhere else. */
static void assert_fails_only(const tsa_verification *v, tsa_check check, const char *code)
{
    assert_false(v->valid);
    assert_found(v, check, TSA_FAILED, code);
    for (size_t i = 0; i < TSA_CHECK_COUNT; i++)
        if (i != check && v->findings[i].result == TSA_FAILED)
            fail_msg("%s: %s", tsa_check_name((tsa_check)i), v->findings[i].reason->code);
}

static tsa_verification verify_words(const foreign *f, const foreign_words *w, const tsa_expected *x)
{
    static uint8_t room[FOREIGN_ROOM];
    return verify(foreign_token(room, f, w), x);
}

#define EACH_KEY(f) for (const foreign *f = authorities; f < authorities + FOREIGN_KEYS; f++)

static void assert_refused(const foreign *f, const foreign_words *w, tsa_check check, const char *code)
{
    tsa_expected x = expected_of(f);
    tsa_verification v = verify_words(f, w, &x);
    assert_fails_only(&v, check, code);
}

/* ---- good ones ---- */

static void test_good(void **state)
{
    (void)state;
    EACH_KEY(f)
    {
        foreign_words w = {.profile = f->kind == FOREIGN_SM2 ? CMS_GM : CMS_RFC};
        tsa_expected x = expected_of(f);
        for (int i = 0; i < 2; i++, w.profile = CMS_RFC) {
            tsa_verification v = verify_words(f, &w, &x);
            for (size_t k = 0; k < TSA_CHECK_COUNT; k++)
                if (v.findings[k].result == TSA_FAILED)
                    fail_msg("%d: %s: %s", (int)f->kind, tsa_check_name((tsa_check)k), v.findings[k].reason->code);
            assert_true(v.valid && v.has_signer && v.has_root && !v.converted);
            assert_true(v.token.profile == w.profile && bytes_equal(v.root.der, f->root));
            assert_int_equal(v.token.info.time_us, AUTHORITY_NOW * 1000);
            assert_found(&v, TSA_CHECK_IMPRINT, TSA_PASSED, "imprint_matches");
            assert_found(&v, TSA_CHECK_REVOCATION, TSA_NOT_CHECKED, "no_revocation_data");
            assert_found(&v, TSA_CHECK_TSA_NAME, TSA_NOT_CHECKED, "tsa_name_absent");
            assert_found(&v, TSA_CHECK_ACCURACY, TSA_NOT_CHECKED, "accuracy_absent");
        }
    }
}

/* What others write otherwise. */
static void test_good_varied(void **state)
{
    (void)state;
    const foreign *sm2 = &authorities[FOREIGN_SM2], *p256 = &authorities[FOREIGN_P256],
                  *rsa = &authorities[FOREIGN_RSA];
    const struct {
        const foreign *by;
        foreign_words w;
    } rows[] = {{sm2, {.signature_oid = OID_SM2_SIGN}},
                {sm2, {.id_default = true}},
                {sm2, {.id_hash = TSA_SHA512}},
                {sm2, {.id_v1 = true}},
                {sm2, {.explicit_null = true}},
                {p256, {.signature_oid = OID_EC_PUBLIC_KEY}},
                {p256, {.set_digest = true, .digest = TSA_SHA512, .signature_oid = OID_ECDSA_WITH_SHA512}},
                {rsa, {.signature_oid = OID_RSA, .explicit_null = true}},
                {rsa, {.set_digest = true, .digest = TSA_SHA384, .signature_oid = OID_SHA384_WITH_RSA}},
                {rsa, {.set_digest = true, .digest = TSA_SHA512, .signature_oid = OID_SHA512_WITH_RSA}},
                {rsa, {.id_both = true}},
                {rsa, {.by_key_id = true}},
                {p256, {.ordering = true, .accuracy = OCTETS("\x30\x0a\x02\x01\x01\x80\x02\x01\xf4\x81\x01\x07")}}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        foreign_words w = rows[i].w;
        tsa_expected x = expected_of(rows[i].by);
        w.profile = CMS_RFC;
        tsa_verification v = verify_words(rows[i].by, &w, &x);
        for (size_t k = 0; k < TSA_CHECK_COUNT; k++)
            if (v.findings[k].result == TSA_FAILED)
                fail_msg("row %zu: %s: %s", i, tsa_check_name((tsa_check)k), v.findings[k].reason->code);
        assert_true(v.valid);
    }
}

static void test_response(void **state)
{
    static uint8_t room[FOREIGN_ROOM], around[FOREIGN_ROOM];
    const foreign *f = &authorities[FOREIGN_SM2];
    foreign_words w = {.profile = CMS_GM};
    tsa_expected x = expected_of(f);
    buffer b = buffer_over(around, sizeof around);
    (void)state;
    assert_int_equal(tsa_response_granted(&b, foreign_token(room, f, &w)), ERR_OK);
    assert_true(verify(bytes_of(b.p, b.n), &x).valid);
    b = buffer_over(around, sizeof around);
    assert_int_equal(tsa_response_refused(&b, TSA_TIME_NOT_AVAILABLE, NULL), ERR_OK);
    tsa_verification v = verify(bytes_of(b.p, b.n), &x);
    assert_fails_only(&v, TSA_CHECK_STRUCTURE, "response_refused");
}

/* ---- what was asked for ---- */

static void test_imprint(void **state)
{
    static const uint8_t other[32] = {0x12};
    const foreign *f = &authorities[FOREIGN_P256];
    foreign_words w = {.profile = CMS_RFC};
    tsa_expected x = expected_of(f);
    (void)state;
    x.imprint = bytes_of(other, 32);
    tsa_verification v = verify_words(f, &w, &x);
    assert_fails_only(&v, TSA_CHECK_IMPRINT, "imprint_differs");
    x = expected_of(f);
    x.hash = TSA_SHA256;
    v = verify_words(f, &w, &x);
    assert_fails_only(&v, TSA_CHECK_IMPRINT, "imprint_algorithm_differs");
    x.imprint = bytes_of(NULL, 0);
    v = verify_words(f, &w, &x);
    assert_true(v.valid);
    assert_found(&v, TSA_CHECK_IMPRINT, TSA_NOT_CHECKED, "imprint_not_given");
}

static void test_nonce_and_policy(void **state)
{
    const foreign *f = &authorities[FOREIGN_P256];
    foreign_words w = {.profile = CMS_RFC, .nonce = OCTETS("\x7f\x01"), .policy = OCTETS("\x2a\x04")};
    tsa_expected x = expected_of(f);
    (void)state;
    x.nonce = OCTETS("\x7f\x01");
    x.policy = OCTETS("\x2a\x04");
    tsa_verification v = verify_words(f, &w, &x);
    assert_true(v.valid);
    assert_found(&v, TSA_CHECK_NONCE, TSA_PASSED, "nonce_matches");
    assert_found(&v, TSA_CHECK_POLICY, TSA_PASSED, "policy_matches");
    x.nonce = OCTETS("\x7f\x02");
    v = verify_words(f, &w, &x);
    assert_fails_only(&v, TSA_CHECK_NONCE, "nonce_differs");
    w.nonce = bytes_of(NULL, 0);
    v = verify_words(f, &w, &x);
    assert_fails_only(&v, TSA_CHECK_NONCE, "nonce_differs");
    x.nonce = bytes_of(NULL, 0);
    x.policy = OCTETS("\x2a\x03");
    v = verify_words(f, &w, &x);
    assert_fails_only(&v, TSA_CHECK_POLICY, "policy_differs");
}

static void test_accuracy_and_time(void **state)
{
    const foreign *f = &authorities[FOREIGN_SM2];
    foreign_words w = {.profile = CMS_RFC, .accuracy = OCTETS("\x30\x04\x02\x02\x0e\x10")}; /* 3,600 s */
    tsa_expected x = expected_of(f);
    (void)state;
    tsa_verification v = verify_words(f, &w, &x);
    assert_true(v.valid);
    assert_found(&v, TSA_CHECK_ACCURACY, TSA_PASSED, "accuracy_stated");
    w.accuracy = OCTETS("\x30\x04\x02\x02\x0e\x11");
    v = verify_words(f, &w, &x);
    assert_fails_only(&v, TSA_CHECK_ACCURACY, "accuracy_unusable");
    w.accuracy = bytes_of(NULL, 0);
    x.now_us = AUTHORITY_NOW * 1000 - INT64_C(60000000);
    assert_true(verify_words(f, &w, &x).valid);
    x.now_us--;
    v = verify_words(f, &w, &x);
    assert_fails_only(&v, TSA_CHECK_TIME, "time_future");
}

/* ---- what was signed ---- */

static void test_attributes(void **state)
{
    (void)state;
    EACH_KEY(f)
    {
        foreign_words w = {.profile = CMS_RFC, .attribute_type = OID_CMS_DATA};
        assert_refused(f, &w, TSA_CHECK_CONTENT_TYPE, "content_type_other");
        w = (foreign_words){.profile = CMS_RFC, .content_type = OID_CMS_DATA};
        assert_refused(f, &w, TSA_CHECK_CONTENT_TYPE, "content_type_other");
        w = (foreign_words){.profile = CMS_RFC, .wrong_digest = true};
        assert_refused(f, &w, TSA_CHECK_MESSAGE_DIGEST, "digest_differs");
        w = (foreign_words){.profile = CMS_RFC, .other_id = true};
        assert_refused(f, &w, TSA_CHECK_SIGNING_CERTIFICATE, "certificate_differs");
        w = (foreign_words){.profile = CMS_RFC, .other_id = true, .id_v1 = true};
        assert_refused(f, &w, TSA_CHECK_SIGNING_CERTIFICATE, "certificate_differs");
        w = (foreign_words){.profile = CMS_RFC, .no_id = true};
        assert_refused(f, &w, TSA_CHECK_SIGNING_CERTIFICATE, "certificate_unnamed");
        w = (foreign_words){.profile = CMS_RFC, .wrong_signature = true};
        assert_refused(f, &w, TSA_CHECK_SIGNATURE, "signature_invalid");
    }
}

static void test_certificate_elsewhere(void **state)
{
    (void)state;
    EACH_KEY(f)
    {
        foreign_words w = {.profile = CMS_RFC, .no_certificates = true};
        assert_refused(f, &w, TSA_CHECK_SIGNING_CERTIFICATE, "certificate_missing");
        tsa_expected x = expected_of(f);
        x.certificates = &f->tsa;
        x.certificates_n = 1;
        assert_true(verify_words(f, &w, &x).valid);
    }
}

/* A signature by another kind of key than its algorithm says, and one by a key that is too short. */
static void test_keys(void **state)
{
    foreign_words w = {.profile = CMS_RFC, .signature_oid = OID_EC_PUBLIC_KEY};
    foreign_paper weak = foreign_paper_good();
    foreign f;
    (void)state;
    assert_refused(&authorities[FOREIGN_RSA], &w, TSA_CHECK_SIGNATURE, "key_unsupported");
    assert_refused(&authorities[FOREIGN_SM2], &w, TSA_CHECK_SIGNATURE, "key_unsupported");
    w.signature_oid = OID_SHA256_WITH_RSA;
    assert_refused(&authorities[FOREIGN_P256], &w, TSA_CHECK_SIGNATURE, "key_unsupported");
    w = (foreign_words){.profile = CMS_RFC, .signature_oid = OID_SM2_WITH_SM3, .set_digest = true, .digest = TSA_SM3};
    assert_refused(&authorities[FOREIGN_P256], &w, TSA_CHECK_SIGNATURE, "key_unsupported");
    foreign_make(&f, FOREIGN_RSA);
    weak.weak = true;
    foreign_certify(&f, &weak);
    w = (foreign_words){.profile = CMS_RFC};
    tsa_expected x = expected_of(&f);
    tsa_verification v = verify_words(&f, &w, &x);
    assert_false(v.valid);
    assert_found(&v, TSA_CHECK_SIGNATURE, TSA_FAILED, "key_unsupported");
    assert_found(&v, TSA_CHECK_CHAIN, TSA_FAILED, "chain_broken");
    foreign_drop(&f);
}

static void test_tsa_name(void **state)
{
    static uint8_t room[512];
    foreign f;
    foreign_paper p = foreign_paper_good();
    (void)state;
    EACH_KEY(g)
    {
        buffer b = buffer_over(room, sizeof room);
        der_put(&b, DER_CONTEXT_CONSTRUCTED(4), g->parsed.subject);
        foreign_words w = {.profile = CMS_RFC, .tsa = bytes_of(b.p, b.n)};
        tsa_expected x = expected_of(g);
        tsa_verification v = verify_words(g, &w, &x);
        assert_true(v.valid);
        assert_found(&v, TSA_CHECK_TSA_NAME, TSA_PASSED, "tsa_name_matches");
        b = buffer_over(room, sizeof room);
        der_put(&b, DER_CONTEXT_CONSTRUCTED(4), OCTETS("\x30\x00"));
        w.tsa = bytes_of(b.p, b.n);
        assert_refused(g, &w, TSA_CHECK_TSA_NAME, "tsa_name_differs");
    }
    foreign_make(&f, FOREIGN_P256);
    p.with_alternative = true;
    foreign_certify(&f, &p);
    foreign_words w = {.profile = CMS_RFC, .tsa = OCTETS("\x82\x0btsa.example")};
    tsa_expected x = expected_of(&f);
    assert_true(verify_words(&f, &w, &x).valid);
    w.tsa = OCTETS("\x82\x0btsb.example");
    assert_refused(&f, &w, TSA_CHECK_TSA_NAME, "tsa_name_differs");
    foreign_drop(&f);
}

/* ---- certificates ---- */

static const struct {
    foreign_paper p;
    tsa_check check;
    const char *code;
} papers[] = {{{.no_purpose = true}, TSA_CHECK_EXTENDED_KEY_USAGE, "purpose_absent"},
              {{.purpose_not_critical = true}, TSA_CHECK_EXTENDED_KEY_USAGE, "purpose_not_critical"},
              {{.second_purpose = true}, TSA_CHECK_EXTENDED_KEY_USAGE, "purpose_other"},
              {{.wide_usage = true}, TSA_CHECK_KEY_USAGE, "usage_forbidden"},
              {{.not_ca = true}, TSA_CHECK_CHAIN, "chain_broken"},
              {{.unknown_critical = true}, TSA_CHECK_CHAIN, "chain_broken"},
              {{.from_ms = AUTHORITY_NOW + 1000}, TSA_CHECK_PERIOD, "not_yet_valid"},
              {{.until_ms = AUTHORITY_NOW - 1000}, TSA_CHECK_PERIOD, "expired"}};

static void test_papers(void **state)
{
    (void)state;
    for (int kind = 0; kind < FOREIGN_KEYS; kind++) {
        foreign f;
        foreign_make(&f, (foreign_key)kind);
        for (size_t i = 0; i < COUNT(papers); i++) {
            foreign_words w = {.profile = CMS_RFC};
            foreign_paper p = papers[i].p, good = foreign_paper_good();
            if (p.unknown_critical && kind != FOREIGN_SM2)
                continue; /* OpenSSL understands name constraints */
            if (!p.from_ms)
                p.from_ms = good.from_ms;
            if (!p.until_ms)
                p.until_ms = good.until_ms;
            foreign_certify(&f, &p);
            assert_refused(&f, &w, papers[i].check, papers[i].code);
        }
        foreign_drop(&f);
    }
}

static void test_usage_left_open(void **state)
{
    foreign f;
    foreign_paper p = foreign_paper_good();
    foreign_words w = {.profile = CMS_RFC};
    (void)state;
    foreign_make(&f, FOREIGN_P256);
    p.no_usage = true;
    foreign_certify(&f, &p);
    tsa_expected x = expected_of(&f);
    tsa_verification v = verify_words(&f, &w, &x);
    assert_true(v.valid);
    assert_found(&v, TSA_CHECK_KEY_USAGE, TSA_PASSED, "usage_unrestricted");
    foreign_drop(&f);
}

static void test_untrusted(void **state)
{
    (void)state;
    EACH_KEY(f)
    {
        foreign_words w = {.profile = CMS_RFC};
        tsa_expected x = expected_of(f);
        x.roots_n = 0;
        tsa_verification v = verify_words(f, &w, &x);
        assert_fails_only(&v, TSA_CHECK_CHAIN, "root_untrusted");
        assert_found(&v, TSA_CHECK_PERIOD, TSA_NOT_CHECKED, "no_chain");
        /* Nor is it trusted for standing among the roots itself. */
        uint8_t copy[4096];
        assert_true(v.signer.der.n <= sizeof copy);
        memcpy(copy, v.signer.der.p, v.signer.der.n);
        bytes own = bytes_of(copy, v.signer.der.n);
        x.roots = &own;
        x.roots_n = 1;
        v = verify_words(f, &w, &x);
        assert_fails_only(&v, TSA_CHECK_CHAIN, "root_untrusted");
        const foreign *other = f->kind == FOREIGN_RSA ? &authorities[FOREIGN_SM2] : &authorities[FOREIGN_RSA];
        x.roots = &other->root;
        x.roots_n = 1;
        v = verify_words(f, &w, &x);
        assert_false(v.valid);
        assert_int_equal(v.findings[TSA_CHECK_CHAIN].result, TSA_FAILED);
    }
}

/* ---- revocation ---- */

static void test_revocation(void **state)
{
    enum { NONE = 0, BEFORE = -1, AFTER = 1 };
    static const struct {
        int64_t revoked; /* hours from genTime; 0: not on the list */
        int reason;      /* -1: not said */
        tsa_result result;
        const char *code;
    } rows[] = {{NONE, -1, TSA_PASSED, "not_revoked"},
                {AFTER, CRL_SUPERSEDED, TSA_PASSED, "revoked_later"},
                {AFTER, CRL_AFFILIATION_CHANGED, TSA_PASSED, "revoked_later"},
                {AFTER, CRL_CESSATION_OF_OPERATION, TSA_PASSED, "revoked_later"},
                {AFTER, CRL_UNSPECIFIED, TSA_PASSED, "revoked_later"},
                {AFTER, -1, TSA_FAILED, "revoked"},
                {AFTER, CRL_KEY_COMPROMISE, TSA_FAILED, "revoked"},
                {AFTER, CRL_CA_COMPROMISE, TSA_FAILED, "revoked"},
                {AFTER, CRL_CERTIFICATE_HOLD, TSA_FAILED, "revoked"},
                {AFTER, CRL_PRIVILEGE_WITHDRAWN, TSA_FAILED, "revoked"},
                {BEFORE, CRL_SUPERSEDED, TSA_FAILED, "revoked"},
                {BEFORE, CRL_CESSATION_OF_OPERATION, TSA_FAILED, "revoked"},
                {BEFORE, -1, TSA_FAILED, "revoked"}};
    (void)state;
    for (int kind = 0; kind < FOREIGN_KEYS; kind++) {
        foreign *f = &authorities[kind];
        for (size_t i = 0; i < COUNT(rows); i++) {
            if (kind == FOREIGN_SM2 && rows[i].reason == CRL_UNSPECIFIED)
                continue; /* crl_issue does not say it */
            foreign_words w = {.profile = CMS_RFC};
            tsa_expected x = expected_of(f);
            x.now_us += INT64_C(86400) * 2 * 1000000;
            int64_t at = rows[i].revoked ? AUTHORITY_NOW + rows[i].revoked * 3600000 : 0;
            foreign_list(f, AUTHORITY_NOW + AUTHORITY_DAY, AUTHORITY_NOW + 30 * AUTHORITY_DAY, at, rows[i].reason);
            x.crls = &f->crl;
            x.crls_n = 1;
            tsa_verification v = verify_words(f, &w, &x);
            assert_found(&v, TSA_CHECK_REVOCATION, rows[i].result, rows[i].code);
            assert_int_equal(v.valid, rows[i].result == TSA_PASSED);
            assert_int_equal(v.revoked_ms, at);
            assert_int_equal(v.revoked_has_reason, at != 0 && rows[i].reason >= 0);
        }
    }
}

static void assert_no_list(foreign *f, const tsa_expected *x)
{
    foreign_words w = {.profile = CMS_RFC};
    tsa_verification v = verify_words(f, &w, x);
    assert_true(v.valid);
    assert_found(&v, TSA_CHECK_REVOCATION, TSA_NOT_CHECKED, "no_revocation_data");
}

/* Lists that say nothing: of a time after now, of a time that was over at genTime, of after the certificate expired, of another, changed. */
static void test_lists_of_no_use(void **state)
{
    static uint8_t changed[FOREIGN_ROOM];
    (void)state;
    for (int kind = 0; kind < FOREIGN_KEYS; kind++) {
        foreign *f = &authorities[kind];
        tsa_expected x = expected_of(f);
        x.crls = &f->crl;
        x.crls_n = 1;
        foreign_list(f, AUTHORITY_NOW + AUTHORITY_DAY, AUTHORITY_NOW + 2 * AUTHORITY_DAY, 0, -1);
        assert_no_list(f, &x);
        foreign_list(f, AUTHORITY_NOW - 2 * AUTHORITY_DAY, AUTHORITY_NOW - 1000, 0, -1);
        assert_no_list(f, &x);
        x.now_us += INT64_C(86400) * 1000000 * 1000;
        foreign_list(f, AUTHORITY_NOW + 365 * AUTHORITY_DAY, AUTHORITY_NOW + 400 * AUTHORITY_DAY, 0, -1);
        assert_no_list(f, &x);
        foreign_list(f, AUTHORITY_NOW - 1000, AUTHORITY_NOW + AUTHORITY_DAY, 0, -1);
        memcpy(changed, f->crl.p, f->crl.n);
        changed[f->crl.n - 1] ^= 1;
        x.crls = &(bytes){changed, f->crl.n};
        assert_no_list(f, &x);
        foreign *other = kind == FOREIGN_P256 ? &authorities[FOREIGN_P384] : &authorities[FOREIGN_P256];
        foreign_list(other, AUTHORITY_NOW - 1000, AUTHORITY_NOW + AUTHORITY_DAY, 0, -1);
        x.crls = &other->crl;
        assert_no_list(f, &x);
    }
}

/* ---- structure ---- */

static void test_structure(void **state)
{
    static const struct {
        foreign_words w;
        const char *code, *where;
    } rows[] = {
        {{.outer_type = OID_CMS_DATA}, "structure_unsupported", "ContentInfo.contentType"},
        {{.signers = -1}, "structure_unsupported", "SignedData.signerInfos"},
        {{.signers = 2}, "structure_unsupported", "SignedData.signerInfos"},
        {{.no_attributes = true}, "structure_malformed", "SignerInfo.signedAttrs"},
        {{.signature_oid = OID_ECDSA_WITH_SHA384}, "structure_unsupported", "SignerInfo.signatureAlgorithm"},
        {{.signature_oid = OID_SM4}, "structure_unsupported", "SignerInfo.signatureAlgorithm"},
        {{.set_digest = true, .digest = TSA_SHA384, .signature_oid = OID_SM2_WITH_SM3},
         "structure_unsupported",
         "SignerInfo.signatureAlgorithm"},
    };
    const foreign *f = &authorities[FOREIGN_P256];
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        foreign_words w = rows[i].w;
        tsa_expected x = expected_of(f);
        w.profile = CMS_RFC;
        tsa_verification v = verify_words(f, &w, &x);
        assert_fails_only(&v, TSA_CHECK_STRUCTURE, rows[i].code);
        assert_string_equal(v.where, rows[i].where);
    }
}

/* ---- mutants ---- */

/* 100,000, or as many as $YIQIAN_MUTANTS says. */
static int mutants(void)
{
    const char *said = getenv("YIQIAN_MUTANTS");
    int n = said ? atoi(said) : 100000;
    assert_true(n >= 1000);
    return n;
}

static uint32_t draw(uint32_t below)
{
    uint8_t octets[4];
    assert_int_equal(authority_fill(authority_entropy()->ctx, octets, sizeof octets), ERR_OK);
    return load_u32be(octets) % below;
}

/* One to four octets changed, one left out or put in, a piece doubled, or the end cut off. */
static bytes mutate(uint8_t room[2 * FOREIGN_ROOM], bytes token)
{
    size_t n = token.n, at = draw((uint32_t)n), piece;
    memcpy(room, token.p, n);
    switch (draw(8)) {
    case 0:
        memmove(room + at, room + at + 1, n - at - 1);
        return bytes_of(room, n - 1);
    case 1:
        memmove(room + at + 1, room + at, n - at);
        room[at] = (uint8_t)draw(256);
        return bytes_of(room, n + 1);
    case 2:
        piece = draw((uint32_t)(n - at)) + 1;
        memmove(room + at + piece, room + at, n - at);
        return bytes_of(room, n + piece);
    case 3:
        return bytes_of(room, at);
    default:
        for (uint32_t i = draw(4) + 1; i > 0; i--, at = draw((uint32_t)n))
            room[at] ^= (uint8_t)(1 << draw(8));
        return bytes_of(room, n);
    }
}

/* None is taken that says anything else than the token did. */
static void test_mutants(void **state)
{
    static uint8_t room[FOREIGN_ROOM], around[FOREIGN_ROOM], mutant[2 * FOREIGN_ROOM];
    size_t taken = 0, read = 0;
    const int all = mutants();
    (void)state;
    EACH_KEY(f)
    {
        foreign_words w = {.profile = f->kind == FOREIGN_SM2 ? CMS_GM : CMS_RFC,
                           .nonce = OCTETS("\x01\x02\x03"),
                           .accuracy = OCTETS("\x30\x03\x02\x01\x01")};
        tsa_expected x = expected_of(f);
        const char *where;
        tsa_token honest;
        bytes token = foreign_token(room, f, &w);
        buffer b = buffer_over(around, sizeof around);
        assert_int_equal(tsa_token_read(&honest, token, &where), ERR_OK);
        assert_int_equal(tsa_response_granted(&b, token), ERR_OK);
        for (int i = 0; i < all / FOREIGN_KEYS; i++) {
            tsa_verification v = verify(mutate(mutant, i % 2 ? token : bytes_of(b.p, b.n)), &x);
            read += v.has_token;
            if (!v.valid)
                continue;
            taken++;
            assert_true(bytes_equal(v.token.content, honest.content));
            assert_true(bytes_equal(v.token.attributes, honest.attributes));
            assert_true(bytes_equal(v.signer.der, f->tsa));
        }
    }
    printf("%d mutants: %zu could be read, %zu say the same and are taken\n", all, read, taken);
    assert_true(read > (size_t)all / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_good_varied),
        cmocka_unit_test(test_response),
        cmocka_unit_test(test_imprint),
        cmocka_unit_test(test_nonce_and_policy),
        cmocka_unit_test(test_accuracy_and_time),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_certificate_elsewhere),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_tsa_name),
        cmocka_unit_test(test_papers),
        cmocka_unit_test(test_usage_left_open),
        cmocka_unit_test(test_untrusted),
        cmocka_unit_test(test_revocation),
        cmocka_unit_test(test_lists_of_no_use),
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_mutants),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
