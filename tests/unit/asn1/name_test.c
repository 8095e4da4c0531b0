#include "asn1/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bytes build(uint8_t *room, size_t cap, const name_field *fields, size_t n)
{
    buffer b = buffer_over(room, cap);
    assert_int_equal(name_build(&b, fields, n), ERR_OK);
    return bytes_of(b.p, b.n);
}

static void assert_name_text(bytes name, const char *expected)
{
    uint8_t room[1024];
    buffer text = buffer_over(room, sizeof room);
    assert_int_equal(name_text(&text, name), ERR_OK);
    assert_int_equal(text.n, strlen(expected));
    assert_memory_equal(room, expected, text.n);
}

static const name_field person[] = {
    {OID_COUNTRY, "CN"},         {OID_ORGANIZATION, "仁济示范医院"}, {OID_ORGANIZATIONAL_UNIT, "心内科"},
    {OID_COMMON_NAME, "张晓明"}, {OID_SERIAL_NUMBER, "D1001"},
};

static void test_golden(void **state)
{
    (void)state;
    uint8_t room[64];
    name_field fields[] = {
        {OID_COUNTRY, "CN"}, {OID_ORGANIZATION, NULL}, {OID_COMMON_NAME, "医"}, {OID_SERIAL_NUMBER, "7"}};
    bytes name = build(room, sizeof room, fields, 4);
    static const char expected[] = "\x30\x27"
                                   "\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
                                   "CN"
                                   "\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03\xe5\x8c\xbb"
                                   "\x31\x0a\x30\x08\x06\x03\x55\x04\x05\x13\x01\x37";
    assert_int_equal(name.n, sizeof expected - 1);
    assert_memory_equal(name.p, expected, name.n);
    assert_int_equal(name_check(name), ERR_OK);
}

static void test_text_and_values(void **state)
{
    (void)state;
    uint8_t room[512], value[128];
    bytes name = build(room, sizeof room, person, 5);
    assert_name_text(name, "serialNumber=D1001,CN=张晓明,OU=心内科,O=仁济示范医院,C=CN");
    for (size_t i = 0; i < 5; i++) {
        buffer b = buffer_over(value, sizeof value);
        assert_int_equal(name_value(&b, name, person[i].type), ERR_OK);
        assert_int_equal(b.n, strlen(person[i].value));
        assert_memory_equal(value, person[i].value, b.n);
    }
    buffer b = buffer_over(value, sizeof value);
    assert_int_equal(name_value(&b, name, OID_TITLE), ERR_NOT_FOUND);
    b = buffer_over(value, 2);
    assert_int_equal(name_value(&b, name, OID_COMMON_NAME), ERR_LENGTH);
    b = buffer_over(value, 10);
    assert_int_equal(name_text(&b, name), ERR_LENGTH);
}

static void test_escapes(void **state)
{
    (void)state;
    uint8_t room[512];
    name_field fields[] = {{OID_COMMON_NAME, " a,b+c\"d\\e<f>g;h#=i "},
                           {OID_TITLE, "#1"},
                           {OID_ORGANIZATION, "x\ny\x7f\xc2\x85z\xc2\xa0"},
                           {OID_LOCALITY, " "}};
    assert_name_text(build(room, sizeof room, fields, 4),
                     "L=\\ ,O=x\\0ay\\7f\\c2\\85z\xc2\xa0,title=\\#1,CN=\\ a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h#=i\\ ");
}

static void test_names_of_others(void **state)
{
    (void)state;
    /* Two attributes in one RDN, an unknown type, a BMPString, a TeletexString and a PrintableString that is none. */
    static const char multi[] = "\x30\x1c\x31\x1a"
                                "\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x61"
                                "\x30\x0e\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02\x16\x01\x62";
    assert_name_text(bytes_of(multi, sizeof multi - 1), "CN=a+1.2.840.113549.1.9.2=b");
    static const char bmp[] = "\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x1e\x06\x53\xcb\x00\x41\x00\xe9";
    assert_name_text(bytes_of(bmp, sizeof bmp - 1), "CN=友Aé");
    /* where UTF-8 becomes longer: U+007F, U+0080, U+07FF, U+0800 */
    static const char edges[] = "\x30\x13\x31\x11\x30\x0f\x06\x03\x55\x04\x03\x1e\x08\x00\x7f\x00\x80\x07\xff\x08\x00";
    uint8_t room[16];
    buffer value = buffer_over(room, sizeof room);
    assert_int_equal(name_value(&value, bytes_of(edges, sizeof edges - 1), OID_COMMON_NAME), ERR_OK);
    assert_int_equal(value.n, 8);
    assert_memory_equal(room, "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80", 8);
    value = buffer_over(room, sizeof room);
    assert_int_equal(name_value(&value, bytes_of(bmp, sizeof bmp - 1), OID_COMMON_NAME), ERR_OK);
    assert_int_equal(value.n, 6);
    assert_memory_equal(room, "友Aé", 6);
    static const char teletex[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x14\x01\x61";
    assert_name_text(bytes_of(teletex, sizeof teletex - 1), "CN=#140161");
    static const char not_printable[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x13\x01\x40";
    assert_name_text(bytes_of(not_printable, sizeof not_printable - 1), "CN=#130140");
    assert_int_equal(name_value(&value, bytes_of(not_printable, sizeof not_printable - 1), OID_COMMON_NAME), ERR_DER);
    assert_name_text(bytes_of("\x30\x00", 2), "");
}

static void test_fields_refused(void **state)
{
    (void)state;
    char long_64[65], long_65[66], long_chinese[3 * 64 + 1];
    memset(long_64, 'a', 64);
    memset(long_65, 'a', 65);
    long_64[64] = long_65[65] = 0;
    for (size_t i = 0; i < 64; i++)
        memcpy(long_chinese + 3 * i, "医", 4);
    const struct {
        name_field field;
        err e;
    } cases[] = {
        {{OID_COMMON_NAME, long_64}, ERR_OK},
        {{OID_COMMON_NAME, long_chinese}, ERR_OK}, /* characters count, not bytes */
        {{OID_COMMON_NAME, long_65}, ERR_RANGE},
        {{OID_COMMON_NAME, ""}, ERR_RANGE},
        {{OID_COMMON_NAME, "\xff"}, ERR_UTF8},
        {{OID_COUNTRY, "C"}, ERR_RANGE},
        {{OID_COUNTRY, "CHN"}, ERR_RANGE},
        {{OID_COUNTRY, "中国"}, ERR_ENCODING},
        {{OID_SERIAL_NUMBER, "D_1"}, ERR_ENCODING},
        {{OID_SERIAL_NUMBER, "工号1"}, ERR_ENCODING},
        {{OID_SERIAL_NUMBER, "D-1/2 (3)"}, ERR_OK},
        {{OID_KEY_USAGE, "x"}, ERR_ARG},
        {{OID_UNKNOWN, "x"}, ERR_ARG},
        {{OID_LOCALITY, long_65}, ERR_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t room[512];
        buffer b = buffer_over(room, sizeof room);
        assert_int_equal(name_build(&b, &cases[i].field, 1), cases[i].e);
    }
    uint8_t room[20];
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(name_build(&b, person, 5), ERR_LENGTH);
}

static void test_every_cut_and_flip(void **state)
{
    (void)state;
    uint8_t room[512], out[2048];
    bytes name = build(room, sizeof room, person, 5);
    for (size_t n = 0; n < name.n; n++)
        assert_int_equal(name_check(bytes_of(name.p, n)), ERR_DER);
    for (size_t i = 0; i < name.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            room[i] ^= (uint8_t)(1u << bit);
            buffer text = buffer_over(out, sizeof out);
            err e = name_text(&text, name);
            assert_int_equal(e, name_check(name));
            room[i] ^= (uint8_t)(1u << bit);
        }
    }
}

static void test_structure_refused(void **state)
{
    (void)state;
    static const struct {
        const char *der;
        size_t n;
    } bad[] = {
        {"\x31\x00", 2},                                                          /* a SET */
        {"\x30\x02\x31\x00", 4},                                                  /* an empty RDN */
        {"\x30\x04\x31\x02\x30\x00", 6},                                          /* an empty attribute */
        {"\x30\x09\x31\x07\x30\x05\x06\x03\x55\x04\x03", 11},                     /* no value */
        {"\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x01\x61\x05\x00", 16}, /* two values */
        {"\x30\x00\x00", 3},                                                      /* something after it */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(name_check(bytes_of(bad[i].der, bad[i].n)), ERR_DER);

    uint8_t room[1024];
    buffer b = buffer_over(room, sizeof room);
    size_t sequence = der_open(&b, DER_SEQUENCE);
    for (size_t i = 0; i <= NAME_RDN_MAX; i++)
        buffer_put(&b, "\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x61", 12);
    der_close(&b, sequence);
    assert_false(b.overflow);
    assert_int_equal(name_check(bytes_of(b.p, b.n)), ERR_DER);
}

static void test_size_limit(void **state)
{
    (void)state;
    static const uint8_t zeros[NAME_DER_MAX];
    for (size_t value_n = NAME_DER_MAX - 21; value_n <= NAME_DER_MAX - 20; value_n++) {
        uint8_t room[NAME_DER_MAX + 8];
        buffer b = buffer_over(room, sizeof room);
        size_t sequence = der_open(&b, DER_SEQUENCE), set = der_open(&b, DER_SET), pair = der_open(&b, DER_SEQUENCE);
        oid_put(&b, OID_COMMON_NAME);
        der_put(&b, DER_OCTET_STRING, bytes_of(zeros, value_n));
        der_close(&b, pair);
        der_close(&b, set);
        der_close(&b, sequence);
        assert_int_equal(b.n, value_n + 21);
        assert_int_equal(name_check(bytes_of(b.p, b.n)), b.n <= NAME_DER_MAX ? ERR_OK : ERR_DER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_text_and_values),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_names_of_others),
        cmocka_unit_test(test_fields_refused),
        cmocka_unit_test(test_every_cut_and_flip),
        cmocka_unit_test(test_structure_refused),
        cmocka_unit_test(test_size_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
