#include "asn1/der_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OCTETS(literal) bytes_of(literal, sizeof(literal) - 1)

static void expect(bytes der, const char *text)
{
    char room[512] = "";
    buffer b = buffer_over(room, sizeof room - 1);
    assert_int_equal(der_text(&b, der), ERR_OK);
    assert_string_equal(room, text);
    assert_int_equal(der_check(der), ERR_OK);
}

static void every_type_has_its_text(void **state)
{
    (void)state;
    expect(OCTETS("\x01\x01\xff"), "BOOLEAN TRUE");
    expect(OCTETS("\x01\x01\x00"), "BOOLEAN FALSE");
    expect(OCTETS("\x02\x01\x05"), "INTEGER 5");
    expect(OCTETS("\x02\x01\x80"), "INTEGER -128");
    expect(OCTETS("\x02\x08\x80\x00\x00\x00\x00\x00\x00\x00"), "INTEGER -9223372036854775808");
    expect(OCTETS("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff"), "INTEGER 0x00ffffffffffffffff");
    expect(OCTETS("\x0a\x01\x03"), "ENUMERATED 3");
    expect(OCTETS("\x03\x02\x06\xc0"), "BIT STRING c0 (-6)");
    expect(OCTETS("\x03\x01\x00"), "BIT STRING ");
    expect(OCTETS("\x04\x02\x01\xab"), "OCTET STRING 01ab");
    expect(OCTETS("\x05\x00"), "NULL");
    expect(OCTETS("\x06\x03\x55\x04\x03"), "OBJECT IDENTIFIER 2.5.4.3 CN");
    expect(OCTETS("\x06\x02\x2a\x03"), "OBJECT IDENTIFIER 1.2.3");
    expect(OCTETS("\x0c\x03心"), "UTF8String \"心\"");
    expect(OCTETS("\x0c\x04\"\\\x01x"), "UTF8String \"\\\"\\\\\\01x\"");
    expect(OCTETS("\x12\x02"
                  "12"),
           "NumericString \"12\"");
    expect(OCTETS("\x13\x01"
                  "A"),
           "PrintableString \"A\"");
    expect(OCTETS("\x16\x01@"), "IA5String \"@\"");
    expect(OCTETS("\x1e\x02\x5f\xc3"), "BMPString 5fc3");
    expect(OCTETS("\x17\x0d"
                  "251231000000Z"),
           "UTCTime 251231000000Z");
    expect(OCTETS("\x30\x00"), "SEQUENCE { }");
    expect(OCTETS("\x31\x05\x02\x01\x01\x05\x00"), "SET { INTEGER 1, NULL }");
    expect(OCTETS("\xa0\x03\x02\x01\x07"), "[0] { INTEGER 7 }");
    expect(OCTETS("\x86\x02hi"), "[6] 6869");
    expect(OCTETS("\x42\x01\xff"), "[APPLICATION 2] ff");
}

static void what_is_no_strict_der_is_refused(void **state)
{
    static const struct {
        const char *p;
        size_t n;
    } wrong[] = {
#define WRONG(literal) {literal, sizeof(literal) - 1}
        WRONG(""),                 /* nothing */
        WRONG("\x05\x00\x00"),     /* more than one value */
        WRONG("\x05\x01\x00"),     /* NULL with content */
        WRONG("\x01\x01\x01"),     /* BOOLEAN neither 00 nor FF */
        WRONG("\x02\x02\x00\x01"), /* INTEGER not minimal */
        WRONG("\x02\x00"),         /* and empty */
        WRONG("\x0a\x02\x00\x01"), /* ENUMERATED likewise */
        WRONG("\x0a\x02\xff\x80"), /* negative */
        WRONG("\x03\x00"),         /* BIT STRING without its first octet */
        WRONG("\x03\x01\x01"),     /* unused bits of nothing */
        WRONG("\x03\x02\x08\x00"), /* 8 unused */
        WRONG("\x03\x02\x06\xe0"), /* an unused bit is set */
        WRONG("\x06\x00"),         /* OID of nothing */
        WRONG("\x06\x02\x80\x01"), /* a padded arc */
        WRONG("\x0c\x01\xff"),     /* no UTF-8 */
        WRONG("\x12\x01x"),        /* no digit */
        WRONG("\x13\x01@"),        /* not printable */
        WRONG("\x14\x01x"),        /* a string type that nobody should use */
        WRONG("\x17\x0b"
              "2512310000Z"),          /* no seconds */
        WRONG("\x24\x03\x04\x01\x00"), /* a string in pieces (BER) */
        WRONG("\x30\x80\x00\x00"),     /* of indefinite length */
        WRONG("\x30\x81\x00"),         /* a length that is not minimal */
        WRONG("\x30\x02\x05\x01"),     /* something wrong inside */
        WRONG("\xa0\x02\x05\x01"),
#undef WRONG
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char room[256];
        buffer b = buffer_over(room, sizeof room);
        bytes der = bytes_of(wrong[i].p, wrong[i].n);
        assert_int_equal(der_text(&b, der), ERR_DER);
        assert_int_equal(der_check(der), ERR_DER);
    }
}

static void depth_and_room_are_bounded(void **state)
{
    uint8_t nested[64];
    char room[8];
    buffer b = buffer_over(room, sizeof room);
    (void)state;
    for (size_t i = 0; i < 32; i++) {
        nested[2 * i] = DER_SEQUENCE;
        nested[2 * i + 1] = (uint8_t)(62 - 2 * i);
    }
    assert_int_equal(der_check(bytes_of(nested, sizeof nested)), ERR_DER);
    assert_int_equal(der_check(bytes_of(nested + 64 - 2 * DER_DEPTH_MAX, (size_t)2 * DER_DEPTH_MAX)), ERR_OK);
    assert_int_equal(der_text(&b, OCTETS("\x04\x04"
                                         "abcd")),
                     ERR_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_text),
        cmocka_unit_test(what_is_no_strict_der_is_refused),
        cmocka_unit_test(depth_and_room_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
