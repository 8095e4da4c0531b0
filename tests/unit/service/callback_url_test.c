#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "service/callback_url.h"

static const address_ranges *deny;
static bool plain;

static void all(const char *const *urls, size_t n, bool good)
{
    for (size_t i = 0; i < n; i++) {
        const char *wrong = callback_url_fault(urls[i], deny, plain);
        if ((wrong == NULL) != good)
            fail_msg("%s: %s", urls[i], wrong ? wrong : "taken");
    }
}

#define TAKEN(...) all((const char *const[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), true)
#define REFUSED(...)                                                                                                   \
    all((const char *const[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), false)

static void good_urls_are_taken(void **state)
{
    (void)state;
    TAKEN("https://his.example.cn/callback?x=1&y=%E4%B8%AD", "https://8.8.8.8:8443/", "HTTPS://his",
          "https://[2400::1]:65535/a", "http://his.inner:8080/yq", "http://127.0.0.1:1/", "http://192.168.1.2/",
          "http://[::1]/", "http://[fd12::3]:80/x", "https://host/a@b", "https://host?q=1");
}

static void wrong_urls_are_refused(void **state)
{
    (void)state;
    REFUSED("", "https://", "https:///x", "ftp://host/", "file:///etc/passwd", "host/x", "//host/x", "https:/host",
            "https://u@host/", "https://u:p@host/", "https://@host/", "https://host:0/", "https://host:65536/",
            "https://host:/x", "https://host:80a/", "https://host:123456/", "https://ho st/", "https://host/a b",
            "https://host/\r\nX: y", "https://host/#f", "https://host\\x", "https://医院.cn/", "https://[::1/",
            "https://[::1]x/", "https://[]/", "https://[1.2.3.4]x/", "https://[abc]/", "https://host%2e/",
            "https://%6c/");
    REFUSED("http://8.8.8.8/", "http://[2400::1]/");
    REFUSED("https://169.254.169.254/", "https://[fe80::1]/", "http://0.0.0.0/", "https://[::ffff:169.254.0.1]/",
            "https://224.0.0.1/");
}

static void lengths_end_where_they_should(void **state)
{
    (void)state;
    char url[CALLBACK_URL_MAX + 2] = "https://host/";
    memset(url + 13, 'a', CALLBACK_URL_MAX - 13);
    assert_null(callback_url_fault(url, NULL, false));
    url[CALLBACK_URL_MAX] = 'a';
    assert_non_null(callback_url_fault(url, NULL, false));
}

static void settings_allow_and_deny(void **state)
{
    (void)state;
    address_ranges ranges;
    assert_int_equal(address_ranges_parse(&ranges, "10.9.0.0/16"), ERR_OK);
    deny = &ranges;
    REFUSED("https://10.9.1.1/", "http://10.9.1.1/");
    TAKEN("https://10.8.1.1/");
    deny = NULL;
    plain = true;
    TAKEN("http://8.8.8.8/");
    REFUSED("http://169.254.169.254/");
    plain = false;
}

static void what_may_hold_a_token_is_not_shown(void **state)
{
    static const char *const cases[][2] = {{"https://ops.example", "https://ops.example"},
                                           {"https://ops.example/", "https://ops.example/"},
                                           {"https://ops.example:8443/hook/t0ken", "https://ops.example:8443/***"},
                                           {"https://ops.example?key=t0ken", "https://ops.example/***"},
                                           {"https://ops.example#t0ken", "https://ops.example/***"},
                                           {"https://t0ken@ops.example", "https://***@ops.example"},
                                           {"https://u:t0k@en@[2001:db8::1]:1/x", "https://***@[2001:db8::1]:1/***"},
                                           {"https://ops.example/@t0ken", "https://ops.example/***"},
                                           {"", ""}};
    arena *a = arena_create(4096);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(callback_url_shown(a, cases[i][0]), cases[i][1]);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_urls_are_taken),
        cmocka_unit_test(wrong_urls_are_refused),
        cmocka_unit_test(lengths_end_where_they_should),
        cmocka_unit_test(what_may_hold_a_token_is_not_shown),
        cmocka_unit_test(settings_allow_and_deny),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
