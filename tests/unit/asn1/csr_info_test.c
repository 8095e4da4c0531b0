#include "asn1/csr_info.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/name.h"

static uint8_t key[SPKI_KEY_SIZE];
static uint8_t subject_room[64];
static bytes subject;

static int setup(void **state)
{
    (void)state;
    memset(key, 0x5a, sizeof key);
    key[0] = 0x04;
    name_field fields[] = {{OID_COMMON_NAME, "张晓明"}, {OID_SERIAL_NUMBER, "D1001"}};
    buffer b = buffer_over(subject_room, sizeof subject_room);
    if (name_build(&b, fields, 2) != ERR_OK)
        return -1;
    subject = bytes_of(b.p, b.n);
    return 0;
}

static void test_golden(void **state)
{
    (void)state;
    uint8_t room[256];
    buffer b = buffer_over(room, CSR_INFO_SIZE_MAX(subject.n));
    assert_int_equal(csr_info_build(&b, subject, key), ERR_OK);
    /* SEQUENCE, version 0, subject, key, [0] with nothing in it. */
    size_t content = 3 + subject.n + SPKI_SM2_SIZE + 2;
    assert_true(content >= 128 && content < 256);
    assert_int_equal(b.n, 3 + content);
    assert_memory_equal(room, "\x30\x81", 2);
    assert_int_equal(room[2], content);
    assert_memory_equal(room + 3, "\x02\x01\x00", 3);
    assert_memory_equal(room + 6, subject.p, subject.n);
    assert_memory_equal(room + b.n - 2 - sizeof key, key, sizeof key);
    assert_memory_equal(room + b.n - 2, "\xa0\x00", 2);

    bytes read_subject;
    uint8_t read_key[SPKI_KEY_SIZE];
    assert_int_equal(csr_info_read(bytes_of(b.p, b.n), &read_subject, read_key), ERR_OK);
    assert_true(bytes_equal(read_subject, subject));
    assert_memory_equal(read_key, key, sizeof key);
}

static void test_the_same_bytes_each_time(void **state)
{
    (void)state;
    uint8_t first[256], second[256];
    memset(second, 0xff, sizeof second);
    buffer a = buffer_over(first, sizeof first), b = buffer_over(second, sizeof second);
    assert_int_equal(csr_info_build(&a, subject, key), ERR_OK);
    assert_int_equal(csr_info_build(&b, subject, key), ERR_OK);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(first, second, a.n);
}

static void test_build_refuses(void **state)
{
    (void)state;
    uint8_t room[256];
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(csr_info_build(&b, bytes_of("\x31\x00", 2), key), ERR_DER);
    assert_int_equal(csr_info_build(&b, bytes_of(subject.p, subject.n - 1), key), ERR_DER);
    b = buffer_over(room, 100);
    assert_int_equal(csr_info_build(&b, subject, key), ERR_LENGTH);
}

/* An info with the parts given. */
static bytes info_with(uint8_t room[512], uint64_t version, bytes name, bool p256, bytes attributes)
{
    buffer b = buffer_over(room, 512);
    size_t sequence = der_open(&b, DER_SEQUENCE);
    der_put_uint64(&b, version);
    buffer_put(&b, name.p, name.n);
    size_t at = b.n;
    spki_put(&b, key);
    if (p256)
        memcpy(room + at + 13, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10);
    buffer_put(&b, attributes.p, attributes.n);
    der_close(&b, sequence);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

static void test_read(void **state)
{
    (void)state;
    static const char none[] = "\xa0\x00";
    static const char challenge[] = "\xa0\x12\x30\x10\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07\x31\x03\x0c\x01\x61";
    static const char no_values[] = "\xa0\x0f\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07\x31\x00";
    static const char long_attribute[] = "\xa0\x0e\x30\x0c\x06\x03\x2a\x03\x04\x31\x03\x0c\x01\x61\x05\x00";
    static const char twice[] = "\xa0\x00\xa0\x00";
    const struct {
        uint64_t version;
        bytes name;
        bool p256;
        bytes attributes;
        err e;
    } cases[] = {
        {0, subject, false, bytes_of(none, 2), ERR_OK},
        {0, subject, false, bytes_of(challenge, sizeof challenge - 1), ERR_OK},
        {0, subject, false, bytes_of(no_values, sizeof no_values - 1), ERR_DER},
        {0, subject, false, bytes_of(long_attribute, sizeof long_attribute - 1), ERR_DER},
        {0, subject, false, bytes_of(NULL, 0), ERR_DER},
        {0, subject, false, bytes_of(twice, 4), ERR_DER},
        {1, subject, false, bytes_of(none, 2), ERR_DER},
        {0, bytes_of("\x04\x00", 2), false, bytes_of(none, 2), ERR_DER},
        {0, subject, true, bytes_of(none, 2), ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t room[512], read_key[SPKI_KEY_SIZE];
        bytes read_subject;
        bytes info = info_with(room, cases[i].version, cases[i].name, cases[i].p256, cases[i].attributes);
        assert_int_equal(csr_info_read(info, &read_subject, read_key), cases[i].e);
    }
}

static void test_every_truncation(void **state)
{
    (void)state;
    uint8_t room[256], read_key[SPKI_KEY_SIZE];
    bytes read_subject;
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(csr_info_build(&b, subject, key), ERR_OK);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(csr_info_read(bytes_of(room, n), &read_subject, read_key), ERR_DER);
    room[b.n] = 0;
    assert_int_equal(csr_info_read(bytes_of(room, b.n + 1), &read_subject, read_key), ERR_DER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),           cmocka_unit_test(test_the_same_bytes_each_time),
        cmocka_unit_test(test_build_refuses),    cmocka_unit_test(test_read),
        cmocka_unit_test(test_every_truncation),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
