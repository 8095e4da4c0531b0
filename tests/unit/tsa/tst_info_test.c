#include "tsa/tst_info.h"

#include "foreign.h"

static uint8_t room[4096];

static bytes written(const foreign_words *w)
{
    buffer b = buffer_over(room, sizeof room);
    foreign_tst_info(&b, w);
    assert_false(b.overflow);
    return bytes_of(b.p, b.n);
}

static void assert_refused(bytes der, err e, const char *part)
{
    tst_info info;
    const char *where;
    assert_int_equal(tst_info_read(&info, der, &where), e);
    assert_string_equal(where, part);
}

static void test_all_fields(void **state)
{
    tst_info info;
    const char *where;
    foreign_words w = {.hash = TSA_SHA384,
                       .time = "20260228235959.1234567Z",
                       .accuracy = OCTETS("\x30\x0b\x02\x01\x02\x80\x02\x03\xe7\x81\x02\x00\xfe"),
                       .ordering = true,
                       .nonce = OCTETS("\xff\x7f"),
                       .tsa = OCTETS("\x82\x01x"),
                       .extensions = OCTETS("\xa1\x0a\x30\x08\x06\x03\x2a\x03\x04\x04\x01\x00"),
                       .policy = OCTETS("\x2a\x03\x04"),
                       .serial = OCTETS("\x80\x01")};
    (void)state;
    assert_int_equal(tst_info_read(&info, written(&w), &where), ERR_OK);
    assert_true(info.hash == TSA_SHA384 && info.imprint.n == 48 && info.imprint.p[0] == 0x11);
    assert_int_equal(info.time_us, INT64_C(1772323199123456));
    assert_int_equal(info.digits, 7);
    assert_true(info.has_accuracy && info.accuracy_us == 2999254 && info.ordering);
    assert_true(bytes_equal(info.nonce, w.nonce) && bytes_equal(info.tsa, w.tsa));
    assert_true(bytes_equal(info.policy, w.policy) && bytes_equal(info.serial, w.serial));
}

static void test_few_fields(void **state)
{
    tst_info info;
    const char *where;
    foreign_words w = {.serial = OCTETS("\x00")};
    (void)state;
    assert_int_equal(tst_info_read(&info, written(&w), &where), ERR_OK);
    assert_true(!info.has_accuracy && info.accuracy_us == 0 && !info.ordering && info.nonce.n == 0 && info.tsa.n == 0);
    assert_int_equal(info.digits, 0);
}

static void test_time(void **state)
{
    static const char *const bad[] = {"20260101000000",      "20260101000000.Z",    "20260101000000.10Z",
                                      "20260101000000.0Z",   "20260101000000,1Z",   "20260101000000.1",
                                      "20260101000000+0800", "20261301000000Z",     "20260101240000Z",
                                      "20260101000060Z",     "202601010000Z",       "20260101000000.1a1Z",
                                      "20260229000000Z",     "2026010100000000.1Z", "20260101000000.1234567891Z"};
    static const struct {
        const char *text;
        int64_t time_us;
    } good[] = {{"20260101000000Z", AUTHORITY_NOW * 1000},
                {"20260101000000.1Z", AUTHORITY_NOW * 1000 + 100000},
                {"20260101000000.000001Z", AUTHORITY_NOW * 1000 + 1},
                {"20260101000000.999999999Z", AUTHORITY_NOW * 1000 + 999999},
                {"19691231235959.5Z", -500000}};
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        foreign_words w = {.time = bad[i]};
        assert_refused(written(&w), ERR_DER, "TSTInfo.genTime");
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        tst_info info;
        const char *where;
        foreign_words w = {.time = good[i].text};
        assert_int_equal(tst_info_read(&info, written(&w), &where), ERR_OK);
        assert_int_equal(info.time_us, good[i].time_us);
    }
}

static void test_accuracy(void **state)
{
    static const bytes bad[] = {{(const uint8_t *)"\x30\x03\x80\x01\x00", 5},                 /* 0 ms */
                                {(const uint8_t *)"\x30\x04\x80\x02\x03\xe8", 6},             /* 1,000 ms */
                                {(const uint8_t *)"\x30\x04\x81\x02\x00\x01", 6},             /* not minimal */
                                {(const uint8_t *)"\x30\x03\x80\x01\xff", 5},                 /* -1 */
                                {(const uint8_t *)"\x30\x03\x02\x01\xff", 5},                 /* -1 s */
                                {(const uint8_t *)"\x30\x06\x81\x01\x01\x80\x01\x01", 8},     /* order */
                                {(const uint8_t *)"\x30\x07\x02\x05\x01\x00\x00\x00\x00", 9}, /* 2^32 s */
                                {(const uint8_t *)"\x30\x06\x02\x01\x01\x02\x01\x01", 8}};
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        foreign_words w = {.accuracy = bad[i]};
        assert_refused(written(&w), ERR_DER, "TSTInfo.accuracy");
    }
}

static void test_refusals(void **state)
{
    static const uint8_t long_number[65] = {1};
    (void)state;
    foreign_words w = {.info_version = 2};
    assert_refused(written(&w), ERR_UNSUPPORTED, "TSTInfo.version");
    w = (foreign_words){.imprint = bytes_of(long_number, 31)};
    assert_refused(written(&w), ERR_DER, "TSTInfo.messageImprint");
    w = (foreign_words){.hash = TSA_SHA512, .imprint = bytes_of(long_number, 48)};
    assert_refused(written(&w), ERR_DER, "TSTInfo.messageImprint");
    w = (foreign_words){.serial = bytes_of(long_number, 33)};
    assert_refused(written(&w), ERR_DER, "TSTInfo.serialNumber");
    w = (foreign_words){.nonce = bytes_of(long_number, 65)};
    assert_refused(written(&w), ERR_DER, "TSTInfo.nonce");
    w = (foreign_words){.nonce = OCTETS("\x00\x01")};
    assert_refused(written(&w), ERR_DER, "TSTInfo.nonce");
    w = (foreign_words){.extensions = OCTETS("\xa1\x0d\x30\x0b\x06\x03\x2a\x03\x04\x01\x01\xff\x04\x01\x00")};
    assert_refused(written(&w), ERR_UNSUPPORTED, "TSTInfo.extensions");
    w = (foreign_words){.extensions = OCTETS("\xa1\x03\x30\x01\x00")};
    assert_refused(written(&w), ERR_DER, "TSTInfo.extensions");
    w = (foreign_words){.tsa = OCTETS("\x82\x01x\x82\x01y")};
    assert_refused(written(&w), ERR_DER, "TSTInfo.tsa");
    w = (foreign_words){.extensions = OCTETS("\x02\x01\x01\x02\x01\x01")}; /* one nonce too many */
    assert_refused(written(&w), ERR_DER, "TSTInfo");
    w = (foreign_words){0};
    bytes der = written(&w);
    room[der.n] = 0;
    assert_refused(bytes_of(der.p, der.n + 1), ERR_DER, "TSTInfo");
    for (size_t n = 0; n < der.n; n++) {
        tst_info info;
        const char *where;
        assert_int_equal(tst_info_read(&info, bytes_of(der.p, n), &where), ERR_DER);
    }
}

/* SHA-1, by its identifier. */
static void test_unknown_hash(void **state)
{
    static const uint8_t der[] = {0x30, 0x2d, 0x02, 0x01, 0x01, 0x06, 0x02, 0x2a, 0x03, 0x30, 0x1f, 0x30,
                                  0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x04, 0x14, 0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0x02, 0x01, 0x01};
    (void)state;
    assert_refused(bytes_of(der, sizeof der), ERR_DER, "TSTInfo"); /* the length is one too many */
    uint8_t whole[sizeof der];
    memcpy(whole, der, sizeof der);
    whole[1] = sizeof der - 2;
    assert_refused(bytes_of(whole, sizeof whole), ERR_UNSUPPORTED, "TSTInfo.messageImprint");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_fields), cmocka_unit_test(test_few_fields), cmocka_unit_test(test_time),
        cmocka_unit_test(test_accuracy),   cmocka_unit_test(test_refusals),   cmocka_unit_test(test_unknown_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
