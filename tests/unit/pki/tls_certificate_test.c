#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "pki/tls_certificate.h"

enum { DAY = 86400 };
static const int64_t now = 1790000000; /* September 2026 */

static arena *a;
static char root_key[TLS_KEY_PEM], server_key[TLS_KEY_PEM];

#define NAME(text)                                                                                                     \
    &(tls_names)                                                                                                       \
    {                                                                                                                  \
        .names = {text}, .names_n = 1                                                                                  \
    }

static int set_up(void **state)
{
    (void)state;
    a = arena_create(1 << 20);
    return a && tls_make_key(root_key) == ERR_OK && tls_make_key(server_key) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(a);
    return 0;
}

static tls_root make_root(const tls_names *names)
{
    char *pem;
    assert_int_equal(tls_make_root(a, root_key, names, now, &pem), ERR_OK);
    return (tls_root){root_key, bytes_of_text(pem)};
}

static err make_server(const tls_root *root, const tls_names *names, int days, int64_t at)
{
    char *pem;
    return tls_make_server(a, root, server_key, names, bytes_of(NULL, 0), days, at, &pem);
}

static void keys_are_fresh_each_time(void **state)
{
    (void)state;
    assert_int_equal(memcmp(root_key, "-----BEGIN PRIVATE KEY-----\n", 28), 0);
    assert_string_not_equal(root_key, server_key);
}

static void names_are_names_and_addresses_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"sign.hospital.example", "localhost",  "a",
                                       "3com.example",          "xn--fiqs8s", "a-b.c1"};
    static const char *const bad[] = {
        "",   ".",       "a.",  ".a",  "a..b", "*.hospital.example", "Sign.hospital.example",
        "-a", "a-",      "a_b", "a b", "医院", "10.0.0.5",           "a.1",
        "1",  "a,DNS:b", "a\n", "a/b", "a:443"};
    static const char *const addresses[] = {"10.0.0.5", "::1", "fd00::5"};
    static const char *const no_addresses[] = {
        "", "10.0.0", "10.0.0.5/24", "10.0.0.256", "sign.hospital.example", "fd00::5%eth0", "[::1]"};
    const char *wrong;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(tls_names_check(NAME(good[i]), &wrong), ERR_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (tls_names_check(NAME(bad[i]), &wrong) != ERR_ARG)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_ptr_equal(wrong, bad[i]);
    }
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const tls_names names = {{"a"}, 1, {addresses[i]}, 1};
        assert_int_equal(tls_names_check(&names, &wrong), ERR_OK);
        assert_true(tls_is_address(addresses[i]));
    }
    for (size_t i = 0; i < sizeof no_addresses / sizeof *no_addresses; i++) {
        const tls_names names = {{"a"}, 1, {no_addresses[i]}, 1};
        assert_int_equal(tls_names_check(&names, &wrong), ERR_ARG);
        assert_ptr_equal(wrong, no_addresses[i]);
        assert_false(tls_is_address(no_addresses[i]));
    }
    char label[65], name[300] = "";
    memset(label, 'a', sizeof label);
    label[63] = '\0';
    assert_int_equal(tls_names_check(NAME(label), &wrong), ERR_OK);
    label[63] = 'a';
    label[64] = '\0';
    assert_int_equal(tls_names_check(NAME(label), &wrong), ERR_ARG);
    for (size_t i = 0; i < 126; i++)
        memcpy(name + 2 * i, "a.", 2);
    memcpy(name + 252, "a", 2); /* 253 */
    assert_int_equal(tls_names_check(NAME(name), &wrong), ERR_OK);
    memcpy(name + 252, "aa", 3);
    assert_int_equal(tls_names_check(NAME(name), &wrong), ERR_ARG);
}

static void at_least_one_name_and_not_too_many(void **state)
{
    (void)state;
    const char *wrong = "";
    tls_names names = {.names_n = 0, .addresses = {"10.0.0.5"}, .addresses_n = 1};
    char *pem;
    assert_int_equal(tls_names_check(&names, &wrong), ERR_ARG);
    assert_null(wrong);
    assert_int_equal(tls_make_root(a, root_key, &names, now, &pem), ERR_ARG);
    names.names_n = TLS_NAMES_MAX + 1;
    assert_int_equal(tls_names_check(&names, &wrong), ERR_ARG);
    names = (tls_names){.names = {"a"}, .names_n = 1, .addresses_n = TLS_NAMES_MAX + 1};
    assert_int_equal(tls_names_check(&names, &wrong), ERR_ARG);
    assert_int_equal(tls_make_root(a, "no key", NAME("a"), now, &pem), ERR_ARG);
}

static void a_server_is_what_was_asked_for(void **state)
{
    (void)state;
    const tls_names names = {{"sign.hospital.example", "app.hospital.example"}, 2, {"10.0.0.5", "fd00::5"}, 2};
    const tls_root root = make_root(&names);
    char *pem;
    tls_facts facts;
    assert_int_equal(tls_make_server(a, &root, server_key, &names, bytes_of(NULL, 0), 397, now, &pem), ERR_OK);
    assert_int_equal(tls_read(a, bytes_of_text(pem), &facts), ERR_OK);
    assert_int_equal(facts.not_after, now + 397LL * DAY);
    static const char *const said[] = {"sign.hospital.example", "app.hospital.example", "10.0.0.5", "fd00::5"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(facts.names[i], said[i]);
    assert_null(facts.names[4]);
    assert_int_equal(strlen(facts.fingerprint), 95);
    tls_facts of_root;
    assert_int_equal(tls_read(a, root.certificate_pem, &of_root), ERR_OK);
    assert_int_equal(of_root.not_after, now + (int64_t)TLS_ROOT_DAYS * DAY);
    assert_null(of_root.names[0]);
    assert_string_not_equal(of_root.fingerprint, facts.fingerprint);
}

static void the_root_vouches_for_its_names_alone(void **state)
{
    (void)state;
    const tls_root root = make_root(NAME("sign.hospital.example"));
    assert_int_equal(make_server(&root, NAME("sign.hospital.example"), 30, now), ERR_OK);
    assert_int_equal(make_server(&root, NAME("new.sign.hospital.example"), 30, now), ERR_OK); /* below it */
    assert_int_equal(make_server(&root, NAME("hospital.example"), 30, now), ERR_CHAIN);
    assert_int_equal(make_server(&root, NAME("evilsign.hospital.example"), 30, now), ERR_CHAIN);
    assert_int_equal(make_server(&root, NAME("bank.example"), 30, now), ERR_CHAIN);
    const tls_names v4 = {{"sign.hospital.example"}, 1, {"10.0.0.5"}, 1},
                    v6 = {{"sign.hospital.example"}, 1, {"fd00::5"}, 1},
                    other = {{"sign.hospital.example"}, 1, {"10.0.0.6"}, 1};
    assert_int_equal(make_server(&root, &v4, 30, now), ERR_CHAIN);
    assert_int_equal(make_server(&root, &v6, 30, now), ERR_CHAIN);
    const tls_root with_address = make_root(&v4);
    assert_int_equal(make_server(&with_address, &v4, 30, now), ERR_OK);
    assert_int_equal(make_server(&with_address, &other, 30, now), ERR_CHAIN);
    assert_int_equal(make_server(&with_address, &v6, 30, now), ERR_CHAIN);
}

static void a_renewal_keeps_the_names(void **state)
{
    (void)state;
    const tls_names names = {{"sign.hospital.example"}, 1, {"10.0.0.5"}, 1};
    const tls_root root = make_root(&names);
    char *before, *renewed;
    tls_facts facts;
    assert_int_equal(tls_make_server(a, &root, server_key, &names, bytes_of(NULL, 0), 30, now, &before), ERR_OK);
    assert_int_equal(tls_make_server(a, &root, server_key, NULL, bytes_of_text(before), 60, now + 40LL * DAY, &renewed),
                     ERR_OK);
    assert_int_equal(tls_read(a, bytes_of_text(renewed), &facts), ERR_OK);
    assert_int_equal(facts.not_after, now + 100LL * DAY);
    assert_string_equal(facts.names[0], "sign.hospital.example");
    assert_string_equal(facts.names[1], "10.0.0.5");
    assert_null(facts.names[2]);
    /* a certificate without names to take over */
    char *pem;
    assert_int_equal(tls_make_server(a, &root, server_key, NULL, root.certificate_pem, 30, now, &pem), ERR_ARG);
    assert_int_equal(tls_make_server(a, &root, server_key, NULL, bytes_of_text("nothing"), 30, now, &pem), ERR_ARG);
    assert_int_equal(tls_make_server(a, &root, server_key, NULL, bytes_of(NULL, 0), 30, now, &pem), ERR_ARG);
}

static void a_certificate_ends_with_its_root(void **state)
{
    (void)state;
    const tls_root root = make_root(NAME("a"));
    const int64_t end = now + (int64_t)TLS_ROOT_DAYS * DAY;
    char *pem;
    tls_facts facts;
    assert_int_equal(tls_make_server(a, &root, server_key, NAME("a"), bytes_of(NULL, 0), 397, end - 10LL * DAY, &pem),
                     ERR_OK);
    assert_int_equal(tls_read(a, bytes_of_text(pem), &facts), ERR_OK);
    assert_int_equal(facts.not_after, end);
    assert_int_equal(make_server(&root, NAME("a"), 30, end + 1), ERR_CHAIN);
}

static void what_does_not_go_together_is_refused(void **state)
{
    (void)state;
    const tls_root root = make_root(NAME("a"));
    const tls_root anothers = {server_key, root.certificate_pem}, no_key = {"", root.certificate_pem},
                   no_root = {root_key, bytes_of_text("x")};
    assert_int_equal(make_server(&anothers, NAME("a"), 30, now), ERR_CHAIN);
    assert_int_equal(make_server(&no_key, NAME("a"), 30, now), ERR_ARG);
    assert_int_equal(make_server(&no_root, NAME("a"), 30, now), ERR_ARG);
    assert_int_equal(make_server(&root, NAME("a"), 0, now), ERR_ARG);
    assert_int_equal(make_server(&root, NAME("a"), TLS_SERVER_DAYS_MAX + 1, now), ERR_ARG);
    assert_int_equal(make_server(&root, NAME("*"), 30, now), ERR_ARG);
    tls_facts facts;
    assert_int_equal(tls_read(a, bytes_of_text(root_key), &facts), ERR_DER);
    assert_int_equal(tls_read(a, bytes_of(NULL, 0), &facts), ERR_DER);
}

int main(void)
{
#define TLS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TLS_TEST(keys_are_fresh_each_time),
        TLS_TEST(names_are_names_and_addresses_addresses),
        TLS_TEST(at_least_one_name_and_not_too_many),
        TLS_TEST(a_server_is_what_was_asked_for),
        TLS_TEST(the_root_vouches_for_its_names_alone),
        TLS_TEST(a_renewal_keeps_the_names),
        TLS_TEST(a_certificate_ends_with_its_root),
        TLS_TEST(what_does_not_go_together_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
