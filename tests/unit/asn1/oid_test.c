#include "asn1/oid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(oid id, const char *dotted)
{
    uint8_t room[64];
    buffer text = buffer_over(room, sizeof room);
    assert_int_equal(oid_to_text(&text, oid_octets(id)), ERR_OK);
    assert_int_equal(text.n, strlen(dotted));
    assert_memory_equal(room, dotted, text.n);
    buffer octets = buffer_over(room, sizeof room);
    assert_int_equal(oid_from_text(&octets, bytes_of_text(dotted)), ERR_OK);
    assert_int_equal(oid_from_octets(bytes_of(octets.p, octets.n)), id);
}

static void test_values(void **state)
{
    (void)state;
    assert_text(OID_EC_PUBLIC_KEY, "1.2.840.10045.2.1");
    assert_text(OID_SM2_CURVE, "1.2.156.10197.1.301");
    assert_text(OID_SM2_SIGN, "1.2.156.10197.1.301.1");
    assert_text(OID_SM3, "1.2.156.10197.1.401");
    assert_text(OID_SM2_WITH_SM3, "1.2.156.10197.1.501");
    assert_text(OID_SM4, "1.2.156.10197.1.104");
    assert_text(OID_PBES2, "1.2.840.113549.1.5.13");
    assert_text(OID_PBKDF2, "1.2.840.113549.1.5.12");
    assert_text(OID_HMAC_SHA256, "1.2.840.113549.2.9");
    assert_text(OID_AES256_CBC, "2.16.840.1.101.3.4.1.42");
    assert_text(OID_COMMON_NAME, "2.5.4.3");
    assert_text(OID_SURNAME, "2.5.4.4");
    assert_text(OID_SERIAL_NUMBER, "2.5.4.5");
    assert_text(OID_COUNTRY, "2.5.4.6");
    assert_text(OID_LOCALITY, "2.5.4.7");
    assert_text(OID_STATE, "2.5.4.8");
    assert_text(OID_ORGANIZATION, "2.5.4.10");
    assert_text(OID_ORGANIZATIONAL_UNIT, "2.5.4.11");
    assert_text(OID_TITLE, "2.5.4.12");
    assert_text(OID_GIVEN_NAME, "2.5.4.42");
    assert_text(OID_USER_ID, "0.9.2342.19200300.100.1.1");
    assert_text(OID_DOMAIN_COMPONENT, "0.9.2342.19200300.100.1.25");
    assert_text(OID_EMAIL_ADDRESS, "1.2.840.113549.1.9.1");
    assert_text(OID_SUBJECT_KEY_ID, "2.5.29.14");
    assert_text(OID_KEY_USAGE, "2.5.29.15");
    assert_text(OID_SUBJECT_ALT_NAME, "2.5.29.17");
    assert_text(OID_BASIC_CONSTRAINTS, "2.5.29.19");
    assert_text(OID_CRL_NUMBER, "2.5.29.20");
    assert_text(OID_CRL_REASON, "2.5.29.21");
    assert_text(OID_INVALIDITY_DATE, "2.5.29.24");
    assert_text(OID_CRL_DISTRIBUTION_POINTS, "2.5.29.31");
    assert_text(OID_CERTIFICATE_POLICIES, "2.5.29.32");
    assert_text(OID_AUTHORITY_KEY_ID, "2.5.29.35");
    assert_text(OID_EXTENDED_KEY_USAGE, "2.5.29.37");
    assert_text(OID_AUTHORITY_INFO_ACCESS, "1.3.6.1.5.5.7.1.1");
    assert_text(OID_CA_ISSUERS, "1.3.6.1.5.5.7.48.2");
    assert_text(OID_GB_IDENTITY, "1.2.156.10260.4.1.1");
    assert_text(OID_GB_SOCIAL_INSURANCE, "1.2.156.10260.4.1.2");
    assert_text(OID_GB_IC_REGISTRATION, "1.2.156.10260.4.1.3");
    assert_text(OID_GB_ORGANIZATION, "1.2.156.10260.4.1.4");
    assert_text(OID_GB_TAXATION, "1.2.156.10260.4.1.5");
    assert_text(OID_GM_DATA, "1.2.156.10197.6.1.4.2.1");
    assert_text(OID_GM_SIGNED_DATA, "1.2.156.10197.6.1.4.2.2");
    assert_text(OID_CMS_DATA, "1.2.840.113549.1.7.1");
    assert_text(OID_CMS_SIGNED_DATA, "1.2.840.113549.1.7.2");
    assert_text(OID_CONTENT_TYPE, "1.2.840.113549.1.9.3");
    assert_text(OID_MESSAGE_DIGEST, "1.2.840.113549.1.9.4");
    assert_text(OID_SIGNING_TIME, "1.2.840.113549.1.9.5");
    assert_text(OID_SIGNING_CERTIFICATE_V2, "1.2.840.113549.1.9.16.2.47");
    assert_text(OID_AUTHORISATION, "2.25.130877822842793157558253621931297144976");
    assert_text(OID_POLICY_RFC, "2.25.92789953449470946607310693012765490645.1.1");
    assert_text(OID_POLICY_DEMONSTRATION_GM, "2.25.92789953449470946607310693012765490645.2.2");
}

static void test_every_one_is_found_and_named(void **state)
{
    (void)state;
    for (oid id = OID_UNKNOWN + 1; id < OID_COUNT; id++) {
        assert_int_equal(oid_from_octets(oid_octets(id)), id);
        assert_true(strlen(oid_name(id)) > 0);
    }
    assert_int_equal(oid_from_octets(bytes_of("\x55\x04\x63", 3)), OID_UNKNOWN);
    assert_int_equal(oid_from_octets(bytes_of(NULL, 0)), OID_UNKNOWN);
    assert_int_equal(oid_octets(OID_UNKNOWN).n, 0);
}

static void test_put(void **state)
{
    (void)state;
    uint8_t room[16];
    buffer b = buffer_over(room, sizeof room);
    oid_put(&b, OID_SM2_WITH_SM3);
    static const char expected[] = "\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75";
    assert_int_equal(b.n, sizeof expected - 1);
    assert_memory_equal(room, expected, b.n);
}

static void test_text_edges(void **state)
{
    (void)state;
    static const struct {
        const char *text, *octets;
        size_t n;
    } same[] = {
        {"2.999.3", "\x88\x37\x03", 3},
        {"2.47", "\x7f", 1},
        {"2.48", "\x81\x00", 2},
        {"1.39", "\x4f", 1},
        {"2.5", "\x55", 1},
        {"1.2.4294967295", "\x2a\x8f\xff\xff\xff\x7f", 6},
        {"1.2.4294967296", "\x2a\x90\x80\x80\x80\x00", 6},
        {"2.0", "\x50", 1},
        {"2.20", "\x64", 1},
        {"2.920.0.100", "\x87\x68\x00\x64", 4},
        {"1.2.1208925819614629174706175", "\x2a\x87\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 13},
        /* 2.25 and a UUID (X.667 7): of 128 bits */
        {"2.25.340282366920938463463374607431768211455",
         "\x69\x83\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 20},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        uint8_t room[64];
        buffer b = buffer_over(room, sizeof room);
        size_t n = same[i].n;
        assert_int_equal(oid_from_text(&b, bytes_of_text(same[i].text)), ERR_OK);
        assert_int_equal(b.n, n);
        assert_memory_equal(room, same[i].octets, n);
        b = buffer_over(room, sizeof room);
        assert_int_equal(oid_to_text(&b, bytes_of(same[i].octets, n)), ERR_OK);
        assert_int_equal(b.n, strlen(same[i].text));
        assert_memory_equal(room, same[i].text, b.n);
    }
}

static void test_bad_text(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "1",
                                      "1.",
                                      "1.2.",
                                      ".1.2",
                                      "1..2",
                                      "3.1",
                                      "1.40",
                                      "0.40",
                                      "1.02",
                                      "1.2.-3",
                                      "1.2 .3",
                                      "1.2.x",
                                      "a.b.c",
                                      "1.2,3",
                                      " 1.2.3",
                                      "1.2.3\n",
                                      "128.1",
                                      "99999999999999999999.1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t room[64];
        buffer b = buffer_over(room, sizeof room);
        assert_int_equal(oid_from_text(&b, bytes_of_text(bad[i])), ERR_ENCODING);
    }
    char many[3 + 40 * 4 + 1] = "1.2";
    for (size_t i = 0; i < 40; i++)
        memcpy(many + 3 + 4 * i, ".300", 5);
    uint8_t room[200];
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(oid_from_text(&b, bytes_of_text(many)), ERR_LENGTH);
    b = buffer_over(room, 3);
    assert_int_equal(oid_from_text(&b, bytes_of_text("1.2.3.4.5")), ERR_LENGTH);
    char digits[1000] = "1.2.";
    memset(digits + 4, '9', sizeof digits - 5);
    b = buffer_over(room, sizeof room);
    assert_int_equal(oid_from_text(&b, bytes_of_text(digits)), ERR_LENGTH);
}

static void test_bad_octets(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        size_t n;
    } bad[] = {{"", 0}, {"\x2a\x81", 2}, {"\x2a\x80\x01", 3}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t room[64];
        buffer b = buffer_over(room, sizeof room);
        assert_int_equal(oid_to_text(&b, bytes_of(bad[i].octets, bad[i].n)), ERR_DER);
    }
    uint8_t longest[70], text[200];
    memset(longest, 0xff, sizeof longest);
    longest[sizeof longest - 1] = 0x7f;
    buffer b = buffer_over(text, sizeof text);
    assert_int_equal(oid_to_text(&b, bytes_of(longest, sizeof longest)), ERR_DER);
    uint8_t room[5];
    b = buffer_over(room, sizeof room);
    assert_int_equal(oid_to_text(&b, oid_octets(OID_EMAIL_ADDRESS)), ERR_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),   cmocka_unit_test(test_every_one_is_found_and_named),
        cmocka_unit_test(test_put),      cmocka_unit_test(test_text_edges),
        cmocka_unit_test(test_bad_text), cmocka_unit_test(test_bad_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
