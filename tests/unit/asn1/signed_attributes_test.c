#include "asn1/signed_attributes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t digest[32], hash[32], authorisation[16];

static int setup(void **state)
{
    (void)state;
    memset(digest, 0xd1, sizeof digest);
    memset(hash, 0xce, sizeof hash);
    memset(authorisation, 0xa5, sizeof authorisation);
    return 0;
}

#define AT INT64_C(1772353800000) /* 2026-03-01T08:30:00Z */

static const signed_attributes_values plain = {OID_GM_DATA, digest, AT, hash, NULL};

static bytes build(uint8_t room[SIGNED_ATTRIBUTES_BUILT_MAX], const signed_attributes_values *values)
{
    buffer b = buffer_over(room, SIGNED_ATTRIBUTES_BUILT_MAX);
    assert_int_equal(signed_attributes_build(&b, values), ERR_OK);
    return bytes_of(b.p, b.n);
}

static void put_text(buffer *b, const char *text, size_t n)
{
    buffer_put(b, text, n);
}
#define PUT(b, text) put_text(b, text, sizeof(text) - 1)

/* Byte for byte, as docs/spec/two-party-sm2.md has it: in the order of their encodings, the authorisation's id in its place. */
static void expect(buffer *b, bool authorised)
{
    PUT(b, "\x31\x81");
    buffer_put_u8(b, authorised ? 0xdb : 0xaf);
    PUT(b,
        "\x30\x19\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03\x31\x0c\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x01");
    PUT(b, "\x30\x1c\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05\x31\x0f\x17\x0d"
           "260301083000Z");
    if (authorised) {
        PUT(b, "\x30\x2a\x06\x14\x69\x81\xc4\xf6\x93\xb7\x9a\x96\xa2\xa0\xd7\xbd\xd0\xc0\xf6\xc2\xfa\xbc\x81\x10"
               "\x31\x12\x04\x10");
        buffer_put(b, authorisation, sizeof authorisation);
    }
    PUT(b, "\x30\x2f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x22\x04\x20");
    buffer_put(b, digest, sizeof digest);
    PUT(b, "\x30\x43\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f\x31\x34\x30\x32\x30\x30\x30\x2e"
           "\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x11\x04\x20");
    buffer_put(b, hash, sizeof hash);
}

static void test_golden(void **state)
{
    (void)state;
    for (int authorised = 0; authorised <= 1; authorised++) {
        uint8_t room[SIGNED_ATTRIBUTES_BUILT_MAX], want[SIGNED_ATTRIBUTES_BUILT_MAX];
        buffer b = buffer_over(want, sizeof want);
        signed_attributes_values values = plain;
        values.authorisation_id = authorised ? authorisation : NULL;
        expect(&b, authorised);
        bytes m = build(room, &values);
        assert_int_equal(m.n, b.n);
        assert_memory_equal(m.p, want, b.n);
    }
}

/* RFC 5652 11.3: UTCTime through 2049, GeneralizedTime from 2050. */
static void test_the_form_of_the_time(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{INT64_C(2524607999999), "\x17\x0d"
                                          "491231235959Z"},
                 {INT64_C(2524608000000), "\x18\x0f"
                                          "20500101000000Z"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t room[SIGNED_ATTRIBUTES_BUILT_MAX];
        signed_attributes read;
        signed_attributes_values values = plain;
        values.signing_time_ms = cases[i].ms;
        bytes m = build(room, &values);
        /* behind the heads of the set, of contentType and of its own */
        assert_memory_equal(m.p + 3 + 27 + 15, cases[i].text, strlen(cases[i].text));
        assert_int_equal(signed_attributes_read(&read, bytes_of(m.p + 3, m.n - 3)), ERR_OK);
        assert_int_equal(read.signing_time_ms, cases[i].ms / 1000 * 1000);
    }
    buffer b = buffer_over((uint8_t[400]){0}, 400);
    signed_attributes_values values = plain;
    values.signing_time_ms = INT64_C(253402300800000);
    assert_int_equal(signed_attributes_build(&b, &values), ERR_RANGE);
}

static void test_no_room(void **state)
{
    (void)state;
    uint8_t room[SIGNED_ATTRIBUTES_BUILT_MAX];
    bytes m = build(room, &plain);
    for (size_t cap = 0; cap < m.n; cap++) {
        buffer b = buffer_over((uint8_t[SIGNED_ATTRIBUTES_BUILT_MAX]){0}, cap);
        assert_int_equal(signed_attributes_build(&b, &plain), ERR_LENGTH);
    }
}

static void test_what_was_built_is_read(void **state)
{
    (void)state;
    uint8_t room[SIGNED_ATTRIBUTES_BUILT_MAX];
    signed_attributes read;
    signed_attributes_values values = plain;
    values.authorisation_id = authorisation;
    values.content_type = OID_CMS_DATA;
    bytes m = build(room, &values);
    assert_int_equal(signed_attributes_read(&read, bytes_of(m.p + 3, m.n - 3)), ERR_OK);
    assert_int_equal(oid_from_octets(read.content_type), OID_CMS_DATA);
    assert_true(bytes_equal(read.message_digest, bytes_of(digest, 32)));
    assert_true(read.has_signing_time && read.signing_time_ms == AT);
    assert_true(read.has_certificate);
    assert_int_equal(oid_from_octets(read.certificate_algorithm), OID_SM3);
    assert_true(bytes_equal(read.certificate_hash, bytes_of(hash, 32)));
    assert_true(bytes_equal(read.authorisation_id, bytes_of(authorisation, 16)));
    /* Cut anywhere; but without its last attribute, the certificate's, it is whole again. */
    for (size_t n = 0; n < m.n - 3; n++)
        assert_int_equal(signed_attributes_read(&read, bytes_of(m.p + 3, n)), n == m.n - 3 - 69 ? ERR_OK : ERR_DER);
}

#define TYPE                                                                                                           \
    "\x30\x19\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03\x31\x0c\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x01"
#define DIGEST "\x30\x12\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x05\x04\x03\x61\x62\x63"
#define OTHER "\x30\x0b\x06\x03\x2a\x03\x04\x31\x04\x05\x00\x05\x00"

static void test_what_others_write(void **state)
{
    (void)state;
    static const char good[] = DIGEST OTHER TYPE;
    /* hashAlgorithm left out: SHA-256. */
    static const char sha256[] = TYPE DIGEST "\x30\x18\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f\x31\x09\x30"
                                             "\x07\x30\x05\x30\x03\x04\x01\x61";
    signed_attributes read;
    assert_int_equal(signed_attributes_read(&read, bytes_of(good, sizeof good - 1)), ERR_OK);
    assert_false(read.has_signing_time || read.has_certificate || read.authorisation_id.p);
    assert_int_equal(signed_attributes_read(&read, bytes_of(sha256, sizeof sha256 - 1)), ERR_OK);
    assert_true(read.has_certificate && read.certificate_algorithm.n == 0 && read.certificate_hash.n == 1);
}

static void test_read_refuses(void **state)
{
    (void)state;
#define CASE(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }
    static const struct {
        const char *p;
        size_t n;
    } cases[] = {
        CASE(""),
        CASE(TYPE),
        CASE(DIGEST),
        CASE(TYPE DIGEST DIGEST),
        CASE(TYPE DIGEST TYPE),
        CASE(TYPE DIGEST OTHER OTHER),
        CASE(TYPE DIGEST "\x05\x00"),
        /* no value; two values; another kind of value */
        CASE(TYPE "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x00"),
        CASE(TYPE "\x30\x11\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x04\x04\x00\x04\x00"),
        CASE(TYPE "\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x02\x0c\x00"),
        /* something after the set of values */
        CASE(TYPE "\x30\x11\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x02\x04\x00\x05\x00"),
        /* an authorisation's id of one byte */
        CASE(TYPE DIGEST "\x30\x1b\x06\x14\x69\x81\xc4\xf6\x93\xb7\x9a\x96\xa2\xa0\xd7\xbd\xd0\xc0\xf6\xc2\xfa\xbc\x81"
                         "\x10\x31\x03\x04\x01\x61"),
        /* signingCertificateV2 without a certificate */
        CASE(TYPE DIGEST "\x30\x13\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f\x31\x04\x30\x02\x30\x00"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        signed_attributes read;
        assert_int_equal(signed_attributes_read(&read, bytes_of(cases[i].p, cases[i].n)), ERR_DER);
    }
}

/* One more than SIGNED_ATTRIBUTES_MAX, each of a type of its own. */
/* signingCertificate (RFC 2634 5.4): 20 octets, whatever stands behind them. */
static void test_certificate_by_sha1(void **state)
{
    (void)state;
    static const char head[] = "\x30\x09\x06\x03\x2a\x03\x04\x31\x02\x05\x00";
    static const struct {
        const char *value;
        size_t n;
        err e;
    } cases[] = {{"\x30\x18\x30\x16\x04\x14"
                  "aaaaaaaaaaaaaaaaaaaa",
                  26, ERR_DER},
                 {"\x30\x1a\x30\x18\x30\x16\x04\x14"
                  "aaaaaaaaaaaaaaaaaaaa",
                  28, ERR_OK},
                 {"\x30\x19\x30\x17\x30\x15\x04\x13"
                  "aaaaaaaaaaaaaaaaaaa",
                  27, ERR_DER}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t room[SIGNED_ATTRIBUTES_BUILT_MAX + 64], whole[SIGNED_ATTRIBUTES_BUILT_MAX];
        signed_attributes read;
        bytes m = build(whole, &plain);
        buffer b = buffer_over(room, sizeof room);
        buffer_put(&b, m.p + 3, m.n - 3);
        buffer_put(&b, head, sizeof head - 1);
        size_t attribute = der_open(&b, DER_SEQUENCE);
        oid_put(&b, OID_SIGNING_CERTIFICATE);
        der_put(&b, DER_SET, bytes_of(cases[i].value, cases[i].n));
        der_close(&b, attribute);
        assert_int_equal(signed_attributes_read(&read, bytes_of(b.p, b.n)), cases[i].e);
        if (cases[i].e == ERR_OK)
            assert_true(bytes_equal(read.certificate_sha1, bytes_of(cases[i].value + 8, 20)));
    }
}

static void test_too_many(void **state)
{
    (void)state;
    for (size_t extra = SIGNED_ATTRIBUTES_MAX - 2; extra <= SIGNED_ATTRIBUTES_MAX - 1; extra++) {
        uint8_t room[1024];
        signed_attributes read;
        buffer b = buffer_over(room, sizeof room);
        PUT(&b, TYPE DIGEST);
        for (size_t i = 0; i < extra; i++) {
            PUT(&b, "\x30\x09\x06\x03\x2a\x03");
            buffer_put_u8(&b, (uint8_t)i);
            PUT(&b, "\x31\x02\x05\x00");
        }
        assert_false(b.overflow);
        assert_int_equal(signed_attributes_read(&read, bytes_of(b.p, b.n)),
                         extra == SIGNED_ATTRIBUTES_MAX - 2 ? ERR_OK : ERR_DER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_the_form_of_the_time),
                                       cmocka_unit_test(test_no_room),
                                       cmocka_unit_test(test_what_was_built_is_read),
                                       cmocka_unit_test(test_what_others_write),
                                       cmocka_unit_test(test_read_refuses),
                                       cmocka_unit_test(test_certificate_by_sha1),
                                       cmocka_unit_test(test_too_many)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
