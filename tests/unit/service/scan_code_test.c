#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/sm3.h"
#include "service/scan_code.h"

static const uint8_t id[16] = {0x01, 0x93, 0x4b, 0x7c, 0x9e, 0x0a, 0x7b, 0xcd, 0x8e, 0xf0, 1, 2, 3, 4, 5, 6};
static const uint8_t secret[SCAN_SECRET] = {7, 7, 7};

static scan_code code_at(uint16_t step)
{
    scan_code code;
    scan_code_make(&code, SCAN_LOGIN, id, secret, step);
    return code;
}

static void the_bytes_are_the_specifications(void **state)
{
    (void)state;
    uint8_t message[18 + 1 + 16 + 2], mac[SM3_SIZE];
    scan_code code;
    scan_code_make(&code, SCAN_ENROL, id, secret, 0x0102);
    memcpy(message, "yiqian/scan-code/1E", 19);
    memcpy(message + 19, id, 16);
    message[35] = 1;
    message[36] = 2;
    hmac_sm3(mac, secret, sizeof secret, message, sizeof message);
    assert_memory_equal(code.mac, mac, SCAN_MAC);
    arena *a = arena_create(4096);
    bytes plain;
    const char *text = scan_code_text(a, &code, "http://h:1");
    assert_non_null(text);
    assert_int_equal(strncmp(text, "YIQIAN:1:E:", 11), 0);
    assert_int_equal(base64url_decode(a, text + 11, strlen(text + 11), &plain), ERR_OK);
    assert_int_equal(plain.n, 40);
    assert_memory_equal(plain.p, id, 16);
    assert_memory_equal(plain.p + 16, "\x01\x02", 2);
    assert_memory_equal(plain.p + 18, mac, SCAN_MAC);
    assert_memory_equal(plain.p + 30, "http://h:1", 10);
    arena_destroy(a);
}

static void a_text_comes_back(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 16);
    char url[SCAN_CODE_URL_MAX + 2];
    memset(url, 'u', sizeof url);
    url[SCAN_CODE_URL_MAX] = '\0';
    for (int kind = SCAN_LOGIN; kind <= SCAN_ENROL; kind++) {
        scan_code made, read;
        scan_code_make(&made, (scan_kind)kind, id, secret, 65535);
        const char *urls[] = {NULL, "", "https://yiqian.example", url};
        for (size_t i = 0; i < 4; i++) {
            memset(&read, 0, sizeof read);
            const char *text = scan_code_text(a, &made, urls[i]);
            assert_non_null(text);
            assert_int_equal(scan_code_parse(a, text, &read), ERR_OK);
            assert_int_equal(read.kind, kind);
            assert_int_equal(read.step, 65535);
            assert_memory_equal(read.id, id, 16);
            assert_memory_equal(read.mac, made.mac, SCAN_MAC);
        }
    }
    scan_code made = code_at(1);
    url[SCAN_CODE_URL_MAX] = 'u';
    url[SCAN_CODE_URL_MAX + 1] = '\0';
    assert_null(scan_code_text(a, &made, url));
    arena_destroy(a);
}

static void what_is_no_code(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 16);
    scan_code made = code_at(1), read;
    const char *good = scan_code_text(a, &made, NULL);
    char text[512];
    const char *bad[] = {"",
                         "Y",
                         "YIQIAN:1:",
                         "YIQIAN:1:L",
                         "YIQIAN:1:L:",
                         "YIQIAN:2:L:AAAA",
                         "yiqian:1:L:",
                         "YIQIAN:1:L;A",
                         "YIQIAN:1:X:",
                         "YIQIAN:1::",
                         "YIQIAN:1:W:"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(scan_code_parse(a, bad[i], &read), ERR_ENCODING);
    for (size_t n = 0; n < strlen(good); n++) {
        snprintf(text, sizeof text, "%.*s", (int)n, good);
        assert_int_equal(scan_code_parse(a, text, &read), ERR_ENCODING);
    }
    snprintf(text, sizeof text, "%s+", good);
    assert_int_equal(scan_code_parse(a, text, &read), ERR_ENCODING);
    snprintf(text, sizeof text, "%s%0344d", good, 0); /* 258 bytes behind the code */
    assert_int_equal(scan_code_parse(a, text, &read), ERR_ENCODING);
    arena_destroy(a);
}

static void a_code_is_good_for_five_steps(void **state)
{
    (void)state;
    scan_code code = code_at(100);
    for (int64_t now = 0; now < 300; now++)
        assert_int_equal(scan_code_good(&code, secret, now), now >= 100 && now < 105);
    code = code_at(65535);
    assert_true(scan_code_good(&code, secret, 65535));
    assert_false(scan_code_good(&code, secret, -1));
}

static void a_code_of_another_making_is_none(void **state)
{
    (void)state;
    uint8_t other[SCAN_SECRET];
    memcpy(other, secret, sizeof other);
    other[31] ^= 1;
    scan_code code = code_at(9);
    assert_false(scan_code_good(&code, other, 9));
    for (size_t i = 0; i < 8 * (size_t)SCAN_MAC; i++) {
        code = code_at(9);
        code.mac[i / 8] ^= (uint8_t)(1u << i % 8);
        assert_false(scan_code_good(&code, secret, 9));
    }
    code = code_at(9);
    code.kind = SCAN_SIGN;
    assert_false(scan_code_good(&code, secret, 9));
    code = code_at(9);
    code.step = 10; /* replayed as a later one */
    assert_false(scan_code_good(&code, secret, 10));
    code = code_at(9);
    code.id[15] ^= 1;
    assert_false(scan_code_good(&code, secret, 9));
}

static void steps_are_whole_seconds(void **state)
{
    (void)state;
    assert_int_equal(scan_code_step(5000, 4000), 0);
    assert_int_equal(scan_code_step(5000, 5000), 0);
    assert_int_equal(scan_code_step(5000, 5999), 0);
    assert_int_equal(scan_code_step(5000, 6000), 1);
}

static void kinds_by_name(void **state)
{
    (void)state;
    scan_kind kind;
    for (int i = SCAN_LOGIN; i <= SCAN_ENROL; i++) {
        assert_int_equal(scan_kind_of(scan_kind_name((scan_kind)i), &kind), ERR_OK);
        assert_int_equal(kind, i);
    }
    assert_int_equal(scan_kind_of("", &kind), ERR_CORRUPT);
    assert_int_equal(scan_kind_of(NULL, &kind), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_the_specifications),
        cmocka_unit_test(a_text_comes_back),
        cmocka_unit_test(what_is_no_code),
        cmocka_unit_test(a_code_is_good_for_five_steps),
        cmocka_unit_test(a_code_of_another_making_is_none),
        cmocka_unit_test(steps_are_whole_seconds),
        cmocka_unit_test(kinds_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
