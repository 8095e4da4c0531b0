#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "os/address.h"

static address parsed(const char *text)
{
    address a;
    assert_int_equal(address_parse(&a, text), ERR_OK);
    return a;
}

static void check_kind(const char *const *texts, size_t n, address_kind kind)
{
    for (size_t i = 0; i < n; i++) {
        address a = parsed(texts[i]);
        if (address_kind_of(&a) != kind)
            fail_msg("%s", texts[i]);
    }
}

#define ALL(kind, ...)                                                                                                 \
    check_kind((const char *const[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), kind)

static void each_address_has_its_kind(void **state)
{
    (void)state;
    ALL(ADDRESS_REFUSED, "169.254.169.254", "169.254.0.0", "169.254.255.255", "0.0.0.0", "0.1.2.3", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "100.100.100.200", "168.63.129.16", "::", "fe80::1",
        "febf::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::1", "::169.254.1.1", "64::1", "fec0::1");
    ALL(ADDRESS_PRIVATE, "127.0.0.1", "127.255.255.255", "10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255",
        "192.168.0.1", "192.168.255.255", "::1", "fc00::1", "fdff::1", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3",
        "2002:0a01:0203::1");
    ALL(ADDRESS_PUBLIC, "8.8.8.8", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "169.253.255.255", "169.255.0.0", "126.255.255.255", "128.0.0.0", "223.255.255.255",
        "100.100.100.201", "168.63.129.17", "2400::1", "3fff::1", "::ffff:8.8.8.8");
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",          "1.2.3", "1.2.3.4.5", "256.1.1.1",    "01.2.3.4 ", "0x7f.0.0.1",
                                        "localhost", ":::",   "1::2::3",   "fe80::1%eth0", "[::1]"};
    address a;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (address_parse(&a, wrong[i]) != ERR_ENCODING)
            fail_msg("%s", wrong[i]);
}

static void a_socket_address_is_the_same(void **state)
{
    (void)state;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a010203)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr_un other = {.sun_family = AF_UNIX};
    address got, want = parsed("10.1.2.3");
    v6.sin6_addr.s6_addr[15] = 1;
    assert_int_equal(address_of_socket(&got, (const struct sockaddr *)&v4), ERR_OK);
    assert_memory_equal(&got, &want, sizeof got);
    want = parsed("::1");
    assert_int_equal(address_of_socket(&got, (const struct sockaddr *)&v6), ERR_OK);
    assert_memory_equal(&got, &want, sizeof got);
    assert_int_equal(address_of_socket(&got, (const struct sockaddr *)&other), ERR_UNSUPPORTED);
}

static bool have(const char *ranges, const char *text)
{
    address_ranges r;
    address a = parsed(text);
    assert_int_equal(address_ranges_parse(&r, ranges), ERR_OK);
    return address_ranges_have(&r, &a);
}

static void ranges_have_what_lies_in_them(void **state)
{
    (void)state;
    static const char ranges[] = " 10.9.0.0/16 ,192.168.7.7,fd00:1::/33, 172.16.0.0/13";
    assert_true(have(ranges, "10.9.0.0"));
    assert_true(have(ranges, "10.9.255.255"));
    assert_false(have(ranges, "10.10.0.0"));
    assert_false(have(ranges, "10.8.255.255"));
    assert_true(have(ranges, "192.168.7.7"));
    assert_false(have(ranges, "192.168.7.8"));
    assert_true(have(ranges, "fd00:1:7fff::1"));
    assert_false(have(ranges, "fd00:1:8000::1"));
    assert_true(have(ranges, "172.23.1.1"));
    assert_false(have(ranges, "172.24.0.0"));
    assert_true(have(ranges, "64:ff9b::10.9.1.1"));
    assert_true(have("0.0.0.0/0", "1.2.3.4"));
    assert_false(have("0.0.0.0/0", "::1"));
    assert_true(have("::/0", "1.2.3.4"));
    assert_false(have("", "1.2.3.4"));
}

static void wrong_ranges_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"10.0.0.0/33",
                                        "10.0.0.0/",
                                        "10.0.0.0/x",
                                        "10.0.0.0/0008",
                                        "fd00::/129",
                                        "x",
                                        "1.2.3.4;5.6.7.8",
                                        ",",
                                        "1.2.3.4 5.6.7.8",
                                        "host",
                                        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/128"};
    address_ranges r;
    char many[ADDRESS_RANGES * 8 + 9] = "";
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (address_ranges_parse(&r, wrong[i]) != ERR_ENCODING)
            fail_msg("%s", wrong[i]);
    for (int i = 0; i < ADDRESS_RANGES; i++)
        memcpy(many + i * 8, "1.2.3.4,", 9);
    assert_int_equal(address_ranges_parse(&r, many), ERR_OK);
    memcpy(many + ADDRESS_RANGES * 8, "1.2.3.4", 8);
    assert_int_equal(address_ranges_parse(&r, many), ERR_LIMIT);
}

static bool lies_in(const char *network, const char *text)
{
    address_network n;
    address_ranges r;
    address a = parsed(text);
    assert_int_equal(address_network_parse(&n, network), ERR_OK);
    assert_int_equal(address_ranges_parse(&r, network), ERR_OK);
    assert_true(address_network_has(&n, &a) == address_ranges_have_exactly(&r, &a));
    return address_network_has(&n, &a);
}

/* Who calls is who he is: no other notation of an address, and each family in its own networks. */
static void a_network_has_the_address_alone(void **state)
{
    (void)state;
    assert_true(lies_in("10.9.0.0/16", "10.9.255.255"));
    assert_true(lies_in("10.9.0.0/16", "::ffff:10.9.1.1"));
    assert_false(lies_in("10.9.0.0/16", "10.10.0.0"));
    assert_false(lies_in("10.9.0.0/16", "64:ff9b::10.9.1.1"));
    assert_false(lies_in("10.9.0.0/16", "2002:a09:101::1"));
    assert_true(lies_in("0.0.0.0/0", "203.0.113.9"));
    assert_false(lies_in("0.0.0.0/0", "2001:db8::1"));
    assert_true(lies_in("::/0", "2001:db8::1"));
    assert_false(lies_in("::/0", "203.0.113.9"));
    assert_false(lies_in("::ffff:0:0/90", "203.0.113.9"));
    assert_true(lies_in("::ffff:203.0.113.0/120", "203.0.113.9"));
    assert_true(lies_in("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(lies_in("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(lies_in("192.0.2.7", "192.0.2.7"));
    assert_false(lies_in("192.0.2.7", "192.0.2.6"));
}

static void a_network_has_one_text(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"10.1.2.3/8", "10.0.0.0/8"},
                                           {"10.1.2.3/32", "10.1.2.3"},
                                           {"1.2.3.4/0", "0.0.0.0/0"},
                                           {"255.255.255.255/31", "255.255.255.254/31"},
                                           {"::ffff:10.1.2.3/104", "10.0.0.0/8"},
                                           {"2001:DB8:0:0::1/32", "2001:db8::/32"},
                                           {"2001:db8::1/128", "2001:db8::1"},
                                           {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
                                           {"ffff::/0", "::/0"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        address_network n, again;
        char text[ADDRESS_NETWORK_TEXT];
        assert_int_equal(address_network_parse(&n, pairs[i][0]), ERR_OK);
        address_mask(&n.base, n.bits);
        address_network_text(text, &n);
        assert_string_equal(text, pairs[i][1]);
        assert_int_equal(address_network_parse(&again, text), ERR_OK);
        assert_memory_equal(&n.base, &again.base, sizeof n.base);
        assert_int_equal(n.bits, again.bits);
    }
    address_network n;
    static const char *const wrong[] = {"", "/8", "10.0.0.0/33", "10.0.0.0/", " 10.0.0.0", "10.0.0.0,", "::/129", "x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(address_network_parse(&n, wrong[i]), ERR_ENCODING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_has_its_kind),    cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_socket_address_is_the_same), cmocka_unit_test(ranges_have_what_lies_in_them),
        cmocka_unit_test(wrong_ranges_are_refused),     cmocka_unit_test(a_network_has_the_address_alone),
        cmocka_unit_test(a_network_has_one_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
