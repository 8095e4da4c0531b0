#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "yiqian/device.h"

enum { CODE = 30, OFFER = 170 };

/* "YIQIAN:1:" kind ":" base64url of n bytes, counting up from 1. */
static const char *text_of(arena *a, char kind, uint8_t *plain, size_t n, const char *url)
{
    for (size_t i = 0; i < n; i++)
        plain[i] = (uint8_t)(i + 1);
    memcpy(plain + n, url, strlen(url));
    const char *body = base64url_text(a, plain, n + strlen(url));
    const char *text = body ? arena_printf(a, "YIQIAN:1:%c:%s", kind, body) : NULL;
    assert_non_null(text);
    return text;
}

static void assert_refused(const char *text)
{
    yq_qr qr = {.id = "as it was"};
    assert_int_equal(yq_qr_read(text, &qr), YQ_INVALID_ARGUMENT);
    assert_string_equal(qr.id, "as it was");
}

static void reads_each_kind(void **state)
{
    (void)state;
    static const char letters[] = "LSE";
    static const yq_qr_kind kinds[] = {YQ_QR_LOGIN, YQ_QR_SIGN, YQ_QR_ENROL};
    uint8_t plain[600];
    arena *a = arena_create(1 << 20);
    yq_qr qr;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(yq_qr_read(text_of(a, letters[i], plain, CODE, ""), &qr), YQ_OK);
        assert_int_equal(qr.kind, kinds[i]);
        assert_string_equal(qr.id, "01020304-0506-0708-090a-0b0c0d0e0f10");
        assert_string_equal(qr.url, "");
        assert_string_equal(qr.workstation, "");
    }
    assert_int_equal(yq_qr_read(text_of(a, 'E', plain, CODE, "https://sign.hospital.example:8970"), &qr), YQ_OK);
    assert_string_equal(qr.url, "https://sign.hospital.example:8970");
    assert_int_equal(yq_qr_read(text_of(a, 'W', plain, OFFER, ""), &qr), YQ_OK);
    assert_int_equal(qr.kind, YQ_QR_WORKSTATION);
    assert_string_equal(qr.id, "02030405-0607-0809-0a0b-0c0d0e0f1011");
    assert_string_equal(qr.workstation, "53545556-5758-595a-5b5c-5d5e5f606162");
    arena_destroy(a);
}

static void reads_a_servers_address(void **state)
{
    (void)state;
    uint8_t plain[600];
    char url[300];
    arena *a = arena_create(1 << 20);
    yq_qr qr;
    static const char *const good[] = {"https://sign.hospital.example", "https://10.0.0.5:8970",
                                       "http://127.0.0.1:8970", "http://localhost:8970",
                                       "https://sign.hospital.example/yiqian"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(yq_qr_read(text_of(a, 'C', plain, 0, good[i]), &qr), YQ_OK);
        assert_int_equal(qr.kind, YQ_QR_SERVER);
        assert_string_equal(qr.url, good[i]);
        assert_string_equal(qr.id, "");
        assert_string_equal(qr.workstation, "");
    }
    assert_int_equal(yq_qr_read(text_of(a, 'C', plain, 0, "https://sign.hospital.example/"), &qr), YQ_OK);
    assert_string_equal(qr.url, "https://sign.hospital.example");
    static const char *const wrong[] = {"",
                                        "x",
                                        "https://",
                                        "http://sign.hospital.example",
                                        "ftp://a",
                                        "javascript:alert(1)",
                                        "https://a b",
                                        "https://user@a",
                                        "https://a?q",
                                        "https://a#f",
                                        "https://医院.example"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(text_of(a, 'C', plain, 0, wrong[i]));
    assert_refused(text_of(a, 'C', plain, CODE, "https://a")); /* bytes before it */
    memset(url, 'a', sizeof url);
    memcpy(url, "https://", 8);
    url[255] = 0;
    assert_int_equal(yq_qr_read(text_of(a, 'C', plain, 0, url), &qr), YQ_OK);
    assert_string_equal(qr.url, url);
    url[255] = 'a';
    url[256] = 0;
    assert_refused(text_of(a, 'C', plain, 0, url));
    const char *nul = base64url_text(a, "https://a\0b", 11); /* a text that ends within */
    assert_refused(arena_printf(a, "YIQIAN:1:C:%s", nul));
    arena_destroy(a);
}

static void refuses_what_is_no_code(void **state)
{
    (void)state;
    uint8_t plain[600];
    arena *a = arena_create(1 << 20);
    yq_qr qr;
    const char *good = text_of(a, 'L', plain, CODE, "");
    char *changed = arena_text(a, good, strlen(good));
    static const char *const others[] = {"",
                                         "https://sign.hospital.example/",
                                         "YIQIAN:1:",
                                         "YIQIAN:1:L",
                                         "YIQIAN:1:L:",
                                         "YIQIAN:2:L:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e",
                                         "yiqian:1:L:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e",
                                         "YIQIAN:1:X:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e",
                                         "YIQIAN:1::AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e",
                                         "YIQIAN:1:LL:QIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e",
                                         " YIQIAN:1:L:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e",
                                         "YIQIAN:1:L:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e ",
                                         "YIQIAN:1:L:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e=",
                                         "YIQIAN:1:L:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0/",
                                         "YIQIAN:1:L:二维码"};
    assert_string_equal(good, "YIQIAN:1:L:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_refused(others[i]);
    for (size_t n = 0; n < strlen(good); n++) {
        changed[n] = 0;
        assert_refused(changed);
        changed[n] = good[n];
    }
    assert_refused(NULL);
    assert_int_equal(yq_qr_read(good, NULL), YQ_INVALID_ARGUMENT);
    for (size_t n = 0; n <= 2 * OFFER; n++) {
        const bool offer = n == OFFER;
        plain[0] = 1;
        assert_int_equal(yq_qr_read(text_of(a, 'L', plain, n, ""), &qr), n == CODE ? YQ_OK : YQ_INVALID_ARGUMENT);
        assert_int_equal(yq_qr_read(text_of(a, 'S', plain, n, ""), &qr), n == CODE ? YQ_OK : YQ_INVALID_ARGUMENT);
        assert_int_equal(yq_qr_read(text_of(a, 'W', plain, n, ""), &qr), offer ? YQ_OK : YQ_INVALID_ARGUMENT);
    }
    char *version = arena_text(a, text_of(a, 'W', plain, OFFER, ""), strlen(text_of(a, 'W', plain, OFFER, "")));
    version[strlen("YIQIAN:1:W:")] = 'B'; /* version 5 */
    assert_refused(version);
    arena_destroy(a);
}

static void refuses_an_url_that_can_be_no_server(void **state)
{
    (void)state;
    uint8_t plain[600];
    char url[300];
    arena *a = arena_create(1 << 20);
    yq_qr qr;
    static const char *const wrong[] = {"x",
                                        "ftp://sign.hospital.example",
                                        "http://sign.hospital.example",
                                        "https://",
                                        "https://a b",
                                        "https://a\n",
                                        "https://user@evil.example",
                                        "https://医院.example",
                                        "javascript:alert(1)"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(text_of(a, 'E', plain, CODE, wrong[i]));
    memset(url, 'a', sizeof url);
    memcpy(url, "https://", 8);
    url[255] = 0;
    const char *longest = text_of(a, 'E', plain, CODE, url);
    assert_true(strlen(longest) <= YQ_QR_MAX);
    assert_int_equal(yq_qr_read(longest, &qr), YQ_OK);
    assert_string_equal(qr.url, url);
    url[255] = 'a';
    url[256] = 0;
    assert_refused(text_of(a, 'E', plain, CODE, url));
    const char *nul = text_of(a, 'E', plain, CODE + 3, "https://a"); /* a text that ends within */
    assert_refused(nul);
    char *long_text = arena_alloc(a, YQ_QR_MAX + 2);
    memset(long_text, 'A', YQ_QR_MAX + 1);
    memcpy(long_text, "YIQIAN:1:E:", 11);
    assert_refused(long_text);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_each_kind), cmocka_unit_test(reads_a_servers_address),
                                       cmocka_unit_test(refuses_what_is_no_code),
                                       cmocka_unit_test(refuses_an_url_that_can_be_no_server)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
