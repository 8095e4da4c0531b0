#include "asn1/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Octets given as a string literal, NULs included. */
#define OCTETS(literal) bytes_of(literal, sizeof(literal) - 1)

typedef struct sample {
    const char *octets;
    size_t n;
} sample;
#define SAMPLE(literal)                                                                                                \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

static void assert_octets(bytes actual, bytes expected)
{
    assert_int_equal(actual.n, expected.n);
    if (expected.n > 0)
        assert_memory_equal(actual.p, expected.p, expected.n);
}

static void test_lengths(void **state)
{
    (void)state;
    static uint8_t room[70000];
    static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
    static uint8_t content[65536];
    for (size_t i = 0; i < COUNT(sizes); i++) {
        buffer b = buffer_over(room, sizeof room);
        der_put(&b, DER_OCTET_STRING, bytes_of(content, sizes[i]));
        assert_false(b.overflow);
        der_reader r = der_reader_over(bytes_of(b.p, b.n));
        bytes read;
        assert_int_equal(der_value(&r, &read, DER_OCTET_STRING), ERR_OK);
        assert_int_equal(read.n, sizes[i]);
        assert_true(der_at_end(&r));
    }
}

static void test_lengths_of_four_octets(void **state)
{
    (void)state;
    enum { LONG = 0x1000000 };
    uint8_t *room = test_malloc(6 + LONG);
    memset(room, 0, 6 + LONG);
    memcpy(room, "\x04\x84\x01\x00\x00\x00", 6);
    assert_true(der_is_one_value(bytes_of(room, 6 + LONG), DER_OCTET_STRING));
    /* The same with a fifth, and 80, which is not the length 128. */
    memcpy(room, "\x04\x85\x00\x01\x00\x00\x00", 7);
    assert_false(der_is_one_value(bytes_of(room, 6 + LONG), DER_OCTET_STRING));
    memcpy(room, "\x04\x80", 2);
    der_reader r = der_reader_over(bytes_of(room, 2 + 128));
    assert_int_equal(der_any(&r, NULL, NULL, NULL), ERR_DER);
    test_free(room);
}

static void test_refuses_wrong_headers(void **state)
{
    (void)state;
    static const sample bad[] = {
        SAMPLE(""),
        SAMPLE("\x04"),                         /* no length */
        SAMPLE("\x04\x01"),                     /* no content */
        SAMPLE("\x04\x81"),                     /* length cut */
        SAMPLE("\x04\x82\x01"),                 /* length cut */
        SAMPLE("\x04\x81\x01\x00"),             /* 1 in the long form */
        SAMPLE("\x04\x81\x7f"),                 /* 127 in the long form */
        SAMPLE("\x04\x82\x00\x01\x00"),         /* leading zero */
        SAMPLE("\x04\x80\x00\x00"),             /* indefinite */
        SAMPLE("\x24\x80\x04\x01\x00\x00\x00"), /* indefinite, constructed */
        SAMPLE("\x04\x85\x00\x00\x00\x00\x01\x00"),
        SAMPLE("\x04\x84\xff\xff\xff\xff"), /* longer than what follows */
        SAMPLE("\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff"),
        SAMPLE("\x04\xff\x00"),
        SAMPLE("\x1f\x20\x00"), /* a tag number of 31 and more */
        SAMPLE("\xbf\x1f\x00"),
        SAMPLE("\x00\x00"), /* end of contents, which is BER's */
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        der_reader r = der_reader_over(bytes_of(bad[i].octets, bad[i].n)), before = r;
        assert_int_equal(der_any(&r, NULL, NULL, NULL), ERR_DER);
        assert_ptr_equal(r.p, before.p);
    }
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    uint8_t room[400], content[200] = {0};
    buffer b = buffer_over(room, sizeof room);
    size_t outer = der_open(&b, DER_SEQUENCE);
    der_put(&b, DER_OCTET_STRING, bytes_of(content, sizeof content));
    der_put_null(&b);
    der_close(&b, outer);
    assert_true(der_is_one_value(bytes_of(b.p, b.n), DER_SEQUENCE));
    for (size_t n = 0; n < b.n; n++) {
        /* In memory of its own, so that a read past the end is seen. */
        uint8_t *copy = test_malloc(n + 1);
        memcpy(copy, b.p, n);
        assert_false(der_is_one_value(bytes_of(copy, n), DER_SEQUENCE));
        test_free(copy);
    }
}

static void test_one_value(void **state)
{
    (void)state;
    assert_true(der_is_one_value(OCTETS("\x30\x00"), 0x30));
    assert_true(der_is_one_value(OCTETS("\x31\x03\x02\x01\x00"), 0x31));
    assert_true(der_is_one_value(OCTETS("\x31\x01\xff"), 0x31)); /* what is inside does not count */
    assert_false(der_is_one_value(OCTETS("\x31\x00"), 0x30));
    assert_false(der_is_one_value(OCTETS("\x30\x00\x00"), 0x30)); /* something after it */
    assert_false(der_is_one_value(OCTETS("\x30\x81\x00"), 0x30));
    assert_false(der_is_one_value(OCTETS("\x30\x80\x00\x00"), 0x30));
    assert_false(der_is_one_value(bytes_of(NULL, 0), 0x30));
    assert_false(der_is_one_value(OCTETS("0123456789 as text"), 0x30));
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    enum { LEVELS = 40 };
    uint8_t room[4 * LEVELS];
    size_t opened[LEVELS];
    buffer b = buffer_over(room, sizeof room);
    for (size_t i = 0; i < LEVELS; i++)
        opened[i] = der_open(&b, DER_SEQUENCE);
    for (size_t i = LEVELS; i-- > 0;)
        der_close(&b, opened[i]);
    assert_false(b.overflow);

    der_reader r = der_reader_over(bytes_of(b.p, b.n)), inner;
    for (unsigned i = 0; i < DER_DEPTH_MAX; i++) {
        assert_int_equal(der_enter(&r, &inner, DER_SEQUENCE), ERR_OK);
        r = inner;
    }
    assert_int_equal(der_enter(&r, &inner, DER_SEQUENCE), ERR_DER);
}

static void test_enter_needs_a_constructed_tag(void **state)
{
    (void)state;
    der_reader r = der_reader_over(OCTETS("\x04\x02\x05\x00")), inner;
    assert_int_equal(der_enter(&r, &inner, DER_OCTET_STRING), ERR_DER);
    assert_int_equal(der_enter(&r, &inner, DER_SEQUENCE), ERR_DER);
    bytes content;
    assert_int_equal(der_value(&r, &content, DER_OCTET_STRING), ERR_OK);
}

static void test_boolean(void **state)
{
    (void)state;
    bool value = false;
    der_reader r = der_reader_over(OCTETS("\x01\x01\xff\x01\x01\x00"));
    assert_int_equal(der_boolean(&r, &value), ERR_OK);
    assert_true(value);
    assert_int_equal(der_boolean(&r, &value), ERR_OK);
    assert_false(value);
    static const sample bad[] = {SAMPLE("\x01\x01\x01"), SAMPLE("\x01\x01\xfe"), SAMPLE("\x01\x00"),
                                 SAMPLE("\x01\x02\xff\xff"), SAMPLE("\x02\x01\xff")};
    for (size_t i = 0; i < COUNT(bad); i++) {
        r = der_reader_over(bytes_of(bad[i].octets, bad[i].n));
        assert_int_equal(der_boolean(&r, &value), ERR_DER);
    }
}

static void test_null(void **state)
{
    (void)state;
    der_reader r = der_reader_over(OCTETS("\x05\x00"));
    assert_int_equal(der_null(&r), ERR_OK);
    r = der_reader_over(OCTETS("\x05\x01\x00"));
    assert_int_equal(der_null(&r), ERR_DER);
}

static void test_integers(void **state)
{
    (void)state;
    static const struct {
        sample der;
        uint64_t value;
    } good[] = {
        {SAMPLE("\x02\x01\x00"), 0},
        {SAMPLE("\x02\x01\x7f"), 127},
        {SAMPLE("\x02\x02\x00\x80"), 128},
        {SAMPLE("\x02\x02\x01\x00"), 256},
        {SAMPLE("\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff"), INT64_MAX},
        {SAMPLE("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        uint8_t room[16];
        buffer b = buffer_over(room, sizeof room);
        der_put_uint64(&b, good[i].value);
        assert_octets(bytes_of(b.p, b.n), bytes_of(good[i].der.octets, good[i].der.n));
        der_reader r = der_reader_over(bytes_of(b.p, b.n));
        uint64_t value = ~good[i].value;
        assert_int_equal(der_uint64(&r, &value), ERR_OK);
        assert_true(value == good[i].value);
        assert_true(der_at_end(&r));
    }
}

static void test_integers_refused(void **state)
{
    (void)state;
    static const sample not_der[] = {
        SAMPLE("\x02\x00"),         SAMPLE("\x02\x02\x00\x00"), SAMPLE("\x02\x02\x00\x7f"),
        SAMPLE("\x02\x02\xff\x80"), SAMPLE("\x02\x02\xff\xff"), SAMPLE("\x03\x01\x00"),
    };
    static const sample not_unsigned[] = {SAMPLE("\x02\x01\xff"), SAMPLE("\x02\x01\x80"), SAMPLE("\x02\x02\x80\x00")};
    bytes content;
    uint64_t value;
    for (size_t i = 0; i < COUNT(not_der); i++) {
        der_reader r = der_reader_over(bytes_of(not_der[i].octets, not_der[i].n));
        assert_int_equal(der_integer(&r, &content), ERR_DER);
        assert_int_equal(der_unsigned(&r, &content), ERR_DER);
        assert_int_equal(der_uint64(&r, &value), ERR_DER);
    }
    for (size_t i = 0; i < COUNT(not_unsigned); i++) {
        der_reader r = der_reader_over(bytes_of(not_unsigned[i].octets, not_unsigned[i].n));
        assert_int_equal(der_unsigned(&r, &content), ERR_DER);
        assert_int_equal(der_uint64(&r, &value), ERR_DER);
        assert_int_equal(der_integer(&r, &content), ERR_OK);
    }
    der_reader r = der_reader_over(OCTETS("\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00")); /* 2^64 */
    assert_int_equal(der_uint64(&r, &value), ERR_DER);
    assert_int_equal(der_unsigned(&r, &content), ERR_OK);
    assert_int_equal(content.n, 9);
}

static void test_unsigned_padding(void **state)
{
    (void)state;
    uint8_t room[16];
    buffer b = buffer_over(room, sizeof room);
    der_put_unsigned(&b, OCTETS("\x00\x00\x80\x01"));
    assert_octets(bytes_of(b.p, b.n), OCTETS("\x02\x03\x00\x80\x01"));
    der_reader r = der_reader_over(bytes_of(b.p, b.n));
    bytes magnitude;
    assert_int_equal(der_unsigned(&r, &magnitude), ERR_OK);
    assert_octets(magnitude, OCTETS("\x80\x01"));

    b = buffer_over(room, sizeof room);
    der_put_unsigned(&b, bytes_of(NULL, 0));
    assert_octets(bytes_of(b.p, b.n), OCTETS("\x02\x01\x00"));
}

static void test_bit_string(void **state)
{
    (void)state;
    uint8_t room[16];
    buffer b = buffer_over(room, sizeof room);
    der_put_bit_string(&b, OCTETS("\xa5\x01"));
    assert_octets(bytes_of(b.p, b.n), OCTETS("\x03\x03\x00\xa5\x01"));
    bytes octets;
    der_reader r = der_reader_over(bytes_of(b.p, b.n));
    assert_int_equal(der_bit_string(&r, &octets), ERR_OK);
    assert_octets(octets, OCTETS("\xa5\x01"));
    r = der_reader_over(OCTETS("\x03\x00"));
    assert_int_equal(der_bit_string(&r, &octets), ERR_DER);
    r = der_reader_over(OCTETS("\x03\x02\x04\xa0"));
    assert_int_equal(der_bit_string(&r, &octets), ERR_DER);
}

static void test_named_bits(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 0xffff; bits++) {
        uint8_t room[8];
        buffer b = buffer_over(room, sizeof room);
        der_put_named_bits(&b, (uint16_t)bits);
        der_reader r = der_reader_over(bytes_of(b.p, b.n));
        uint16_t read = (uint16_t)~bits;
        assert_int_equal(der_named_bits(&r, &read), ERR_OK);
        assert_int_equal(read, bits);
    }
    uint8_t room[8];
    buffer b = buffer_over(room, sizeof room);
    der_put_named_bits(&b, 1 << 0 | 1 << 1); /* keyUsage as certificates of persons have it */
    assert_octets(bytes_of(b.p, b.n), OCTETS("\x03\x02\x06\xc0"));
}

static void test_named_bits_refused(void **state)
{
    (void)state;
    static const sample bad[] = {
        SAMPLE("\x03\x00"),                     /* no count of unused bits */
        SAMPLE("\x03\x01\x01"),                 /* unused bits of nothing */
        SAMPLE("\x03\x02\x00\xc0"),             /* trailing zero bits */
        SAMPLE("\x03\x02\x06\xe0"),             /* an unused bit that is one */
        SAMPLE("\x03\x02\x05\xc0"),             /* the last bit is zero */
        SAMPLE("\x03\x02\x08\x80"),             /* eight unused bits */
        SAMPLE("\x03\x02\x07\x00"),             /* no bit, but an octet */
        SAMPLE("\x03\x03\x07\xc0\x00"),         /* an octet of zeros */
        SAMPLE("\x03\x04\x07\x00\x00\x80"),     /* bit 16 */
        SAMPLE("\x03\x05\x00\x00\x00\x00\x01"), /* bit 31 */
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        der_reader r = der_reader_over(bytes_of(bad[i].octets, bad[i].n));
        uint16_t bits;
        assert_int_equal(der_named_bits(&r, &bits), ERR_DER);
    }
}

static void test_oid(void **state)
{
    (void)state;
    bytes content;
    der_reader r = der_reader_over(OCTETS("\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75"));
    assert_int_equal(der_oid(&r, &content), ERR_OK);
    assert_octets(content, OCTETS("\x2a\x81\x1c\xcf\x55\x01\x83\x75"));
    static const sample bad[] = {
        SAMPLE("\x06\x00"),             /* no arc */
        SAMPLE("\x06\x02\x2a\x81"),     /* an arc that does not end */
        SAMPLE("\x06\x03\x2a\x80\x01"), /* a leading zero */
        SAMPLE("\x06\x02\x80\x01"),
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        r = der_reader_over(bytes_of(bad[i].octets, bad[i].n));
        assert_int_equal(der_oid(&r, &content), ERR_DER);
    }
}

static void assert_time(int64_t unix_ms, const char *text, uint8_t tag)
{
    uint8_t room[32];
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(der_put_time(&b, unix_ms), ERR_OK);
    assert_int_equal(room[0], tag);
    assert_octets(bytes_of(b.p + 2, b.n - 2), bytes_of_text(text));
    der_reader r = der_reader_over(bytes_of(b.p, b.n));
    int64_t read;
    assert_int_equal(der_time(&r, &read), ERR_OK);
    assert_true(read <= unix_ms && unix_ms - read < 1000 && read % 1000 == 0);
}

static void test_time(void **state)
{
    (void)state;
    assert_time(0, "700101000000Z", DER_UTC_TIME);
    assert_time(-1, "691231235959Z", DER_UTC_TIME);
    assert_time(951782399999, "000228235959Z", DER_UTC_TIME);
    assert_time(951782400000, "000229000000Z", DER_UTC_TIME); /* 2000 was a leap year */
    assert_time(1709210096000, "240229123456Z", DER_UTC_TIME);
    assert_time(2524607999999, "491231235959Z", DER_UTC_TIME);
    assert_time(2524608000000, "20500101000000Z", DER_GENERALIZED_TIME);
    assert_time(4107542400000, "21000301000000Z", DER_GENERALIZED_TIME); /* 2100 will not be one */
    assert_time(4107542399000, "21000228235959Z", DER_GENERALIZED_TIME);
    assert_time(253402300799000, "99991231235959Z", DER_GENERALIZED_TIME);
    assert_time(-631152000000, "500101000000Z", DER_UTC_TIME);
    assert_time(-631152001000, "19491231235959Z", DER_GENERALIZED_TIME);
    assert_time(-62167219200000, "00000101000000Z", DER_GENERALIZED_TIME);
    uint8_t room[32];
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(der_put_time(&b, 253402300800000), ERR_RANGE);
    assert_int_equal(der_put_time(&b, -62167219200001), ERR_RANGE);
    assert_int_equal(der_put_time(&b, INT64_MAX), ERR_RANGE);
    assert_int_equal(der_put_time(&b, INT64_MIN), ERR_RANGE);
    assert_int_equal(der_put_generalized_time(&b, INT64_C(253402300800000000), 0), ERR_RANGE);
    assert_int_equal(der_put_generalized_time(&b, INT64_C(-62167219200000001), 6), ERR_RANGE);
    assert_int_equal(der_put_generalized_time(&b, INT64_MAX, 6), ERR_RANGE);
    assert_int_equal(der_put_generalized_time(&b, INT64_MIN, 6), ERR_RANGE);
    assert_int_equal(b.n, 0);
}

static void test_every_day_of_four_centuries(void **state)
{
    (void)state;
    uint8_t room[32];
    for (int64_t day = -25567; day < 146097 - 25567; day++) {
        buffer b = buffer_over(room, sizeof room);
        assert_int_equal(der_put_time(&b, day * 86400000), ERR_OK);
        der_reader r = der_reader_over(bytes_of(b.p, b.n));
        int64_t read;
        assert_int_equal(der_time(&r, &read), ERR_OK);
        assert_true(read == day * 86400000);
    }
}

static void test_time_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t tag;
        const char *text;
    } bad[] = {
        {DER_UTC_TIME, ""},
        {DER_UTC_TIME, "2401010000Z"},       /* no seconds */
        {DER_UTC_TIME, "240101000000"},      /* no zone */
        {DER_UTC_TIME, "240101000000+0800"}, /* a zone other than Z */
        {DER_UTC_TIME, "240101000000+"},     /* the right size */
        {DER_UTC_TIME, "240001000000Z"},     /* month 0 */
        {DER_UTC_TIME, "241301000000Z"},     /* month 13 */
        {DER_UTC_TIME, "240100000000Z"},     /* day 0 */
        {DER_UTC_TIME, "240230000000Z"},     /* 30 February */
        {DER_UTC_TIME, "230229000000Z"},     /* not a leap year */
        {DER_UTC_TIME, "240431000000Z"},     /* 31 April */
        {DER_UTC_TIME, "240101240000Z"},     /* hour 24 */
        {DER_UTC_TIME, "240101006000Z"},     /* minute 60 */
        {DER_UTC_TIME, "240101000060Z"},     /* second 60 */
        {DER_UTC_TIME, "24010100000 Z"},     /* not a digit */
        {DER_UTC_TIME, "2401/1000000Z"},     /* the character before 0 */
        {DER_UTC_TIME, ":40101000000Z"},     /* the character after 9 */
        {DER_UTC_TIME, "20240101000000Z"},   /* the other type's form */
        {DER_GENERALIZED_TIME, "240101000000Z"},
        {DER_GENERALIZED_TIME, "21000229000000Z"},
        {DER_GENERALIZED_TIME, "20240101000000.5Z"},
        {DER_GENERALIZED_TIME, "-0240101000000Z"},
        {DER_PRINTABLE_STRING, "240101000000Z"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t room[32];
        buffer b = buffer_over(room, sizeof room);
        der_put(&b, bad[i].tag, bytes_of_text(bad[i].text));
        der_reader r = der_reader_over(bytes_of(b.p, b.n)), before = r;
        int64_t ms;
        assert_int_equal(der_time(&r, &ms), ERR_DER);
        assert_ptr_equal(r.p, before.p);
    }
}

static void test_strings(void **state)
{
    (void)state;
    assert_true(der_string_valid(DER_UTF8_STRING, bytes_of_text("协和 hospital")));
    assert_false(der_string_valid(DER_UTF8_STRING, OCTETS("\xc0\xaf")));
    assert_false(der_string_valid(DER_UTF8_STRING, OCTETS("a\0b")));
    assert_true(der_string_valid(DER_PRINTABLE_STRING, bytes_of_text("AZaz09 '()+,-./:=?")));
    assert_false(der_string_valid(DER_PRINTABLE_STRING, bytes_of_text("a_b")));
    assert_false(der_string_valid(DER_PRINTABLE_STRING, bytes_of_text("a@b")));
    assert_false(der_string_valid(DER_PRINTABLE_STRING, OCTETS("a\0")));
    assert_false(der_string_valid(DER_PRINTABLE_STRING, bytes_of_text("工号")));
    assert_true(der_string_valid(DER_NUMERIC_STRING, bytes_of_text("12 09")));
    assert_false(der_string_valid(DER_NUMERIC_STRING, bytes_of_text("12a")));
    assert_true(der_string_valid(DER_IA5_STRING, bytes_of_text("a@b_\x01")));
    assert_false(der_string_valid(DER_IA5_STRING, OCTETS("\x80")));
    assert_true(der_string_valid(DER_VISIBLE_STRING, bytes_of_text("a@b_ ~")));
    assert_false(der_string_valid(DER_VISIBLE_STRING, OCTETS("a\n")));
    assert_false(der_string_valid(DER_VISIBLE_STRING, OCTETS("a\x7f")));
    assert_true(der_string_valid(DER_BMP_STRING, OCTETS("\x53\xcb\xd7\xff\xe0\x00")));
    assert_false(der_string_valid(DER_BMP_STRING, OCTETS("\xd8\x00")));
    assert_false(der_string_valid(DER_BMP_STRING, OCTETS("\xdf\xff")));
    assert_false(der_string_valid(DER_BMP_STRING, OCTETS("\x53")));
    assert_false(der_string_valid(DER_BMP_STRING, OCTETS("\xd8\x00\xdc\x00")));
    assert_false(der_string_valid(DER_BMP_STRING, OCTETS("\x00\x00")));
    assert_false(der_string_valid(DER_OCTET_STRING, bytes_of_text("text")));
    assert_false(der_string_valid(DER_OCTET_STRING, bytes_of(NULL, 0)));
}

static void test_a_full_buffer_is_seen(void **state)
{
    (void)state;
    uint8_t whole[300], room[300], content[200];
    memset(content, 0x5a, sizeof content);
    size_t needed = 0;
    for (size_t cap = 0; cap <= sizeof room; cap++) {
        memset(room, 0xee, sizeof room);
        buffer b = buffer_over(room, cap);
        size_t outer = der_open(&b, DER_SEQUENCE), inner = der_open(&b, DER_SET);
        der_put(&b, DER_OCTET_STRING, bytes_of(content, sizeof content));
        der_put_boolean(&b, true);
        der_close(&b, inner);
        der_close(&b, outer);
        if (cap < sizeof room)
            assert_int_equal(room[cap], 0xee);
        if (b.overflow)
            continue;
        if (needed == 0) {
            needed = b.n;
            memcpy(whole, room, needed);
        }
        assert_int_equal(b.n, needed);
        assert_memory_equal(room, whole, needed);
    }
    /* 200 + 3, 3 of the BOOLEAN, and two headers of 3 */
    assert_int_equal(needed, 212);
    assert_octets(bytes_of(whole, 9), OCTETS("\x30\x81\xd1\x31\x81\xce\x04\x81\xc8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_lengths_of_four_octets),
        cmocka_unit_test(test_refuses_wrong_headers),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_one_value),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_enter_needs_a_constructed_tag),
        cmocka_unit_test(test_boolean),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_integers_refused),
        cmocka_unit_test(test_unsigned_padding),
        cmocka_unit_test(test_bit_string),
        cmocka_unit_test(test_named_bits),
        cmocka_unit_test(test_named_bits_refused),
        cmocka_unit_test(test_oid),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_every_day_of_four_centuries),
        cmocka_unit_test(test_time_refused),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_a_full_buffer_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
