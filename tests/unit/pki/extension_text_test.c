#include "pki/extension_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OCTETS(literal) bytes_of(literal, sizeof(literal) - 1)

static void expect(bytes type, bytes value, const char *text)
{
    char room[512] = "";
    buffer b = buffer_over(room, sizeof room - 1);
    assert_int_equal(extension_text(&b, &(extension){type, false, value}), ERR_OK);
    assert_string_equal(room, text);
}

static void known_extensions_are_told_in_words(void **state)
{
    (void)state;
    expect(oid_octets(OID_KEY_USAGE), OCTETS("\x03\x02\x06\xc0"), "digitalSignature, nonRepudiation");
    expect(oid_octets(OID_KEY_USAGE), OCTETS("\x03\x03\x07\x00\x80"), "decipherOnly");
    expect(oid_octets(OID_EXTENDED_KEY_USAGE),
           OCTETS("\x30\x0e\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02\x06\x02\x2a\x03"),
           "clientAuth 1.3.6.1.5.5.7.3.2, 1.2.3");
    expect(oid_octets(OID_BASIC_CONSTRAINTS), OCTETS("\x30\x06\x01\x01\xff\x02\x01\x00"), "CA, path length 0");
    expect(oid_octets(OID_BASIC_CONSTRAINTS), OCTETS("\x30\x00"), "not a CA");
    expect(oid_octets(OID_SUBJECT_KEY_ID), OCTETS("\x04\x02\x01\xab"), "01ab");
    expect(oid_octets(OID_AUTHORITY_KEY_ID), OCTETS("\x30\x04\x80\x02\x01\xab"), "01ab");
    expect(oid_octets(OID_CRL_DISTRIBUTION_POINTS),
           OCTETS("\x30\x10\x30\x0e\xa0\x0c\xa0\x0a\x86\x03"
                  "a:b\x86\x03"
                  "c:d"),
           "a:b, c:d");
    expect(oid_octets(OID_GB_SOCIAL_INSURANCE),
           OCTETS("\x13\x02"
                  "12"),
           "PrintableString \"12\"");
}

static void what_cannot_be_read_is_hex(void **state)
{
    (void)state;
    expect(oid_octets(OID_KEY_USAGE), OCTETS("\x04\x00"), "0400");
    expect(oid_octets(OID_BASIC_CONSTRAINTS), OCTETS("\x30\x80"), "3080");
    expect(oid_octets(OID_EXTENDED_KEY_USAGE), OCTETS("\x30\x01\x05"), "300105");
    expect(oid_octets(OID_CRL_DISTRIBUTION_POINTS), OCTETS("\x30\x03\x86\x01\xff"), "30038601ff");
    expect(oid_octets(OID_SUBJECT_KEY_ID), OCTETS("\x04\x00\x00"), "040000");
    expect(OCTETS("\x2a\x03"), OCTETS("not DER"), "6e6f7420444552");
    char room[4];
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(extension_text(&b, &(extension){OCTETS("\x2a\x03"), false, OCTETS("\x05\x01")}), ERR_OK);
    b = buffer_over(room, sizeof room);
    assert_int_equal(extension_text(&b, &(extension){OCTETS("\x2a\x03"), false, OCTETS("\x01\x01\xff")}), ERR_LENGTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_extensions_are_told_in_words),
        cmocka_unit_test(what_cannot_be_read_is_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
