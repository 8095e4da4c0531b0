#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "http/forwarded.h"

static void check(const char *trusted, const char *peer, const char *values, const char *want)
{
    char origin[SOCKET_ADDRESS_TEXT];
    address_ranges r;
    assert_int_equal(address_ranges_parse(&r, trusted), ERR_OK);
    (void)snprintf(origin, sizeof origin, "%s", peer);
    forwarded_origin(origin, &r, values);
    if (strcmp(origin, want) != 0)
        fail_msg("trusted \"%s\", peer %s, \"%s\": %s instead of %s", trusted, peer, values, origin, want);
}

static void only_a_trusted_proxy_is_believed(void **state)
{
    (void)state;
    check("", "10.0.0.1", "192.0.2.7", "10.0.0.1");
    check("10.0.0.2", "10.0.0.1", "192.0.2.7", "10.0.0.1");
    check("10.0.0.1", "10.0.0.1", "192.0.2.7", "192.0.2.7");
    check("10.0.0.0/8", "10.0.0.1", "192.0.2.7", "192.0.2.7");
    check("10.0.0.1", "10.0.0.1", "", "10.0.0.1");
    check("10.0.0.1", "unix", "192.0.2.7", "unix");
    /* What carries the proxy's address in another notation is not the proxy. */
    check("10.0.0.1", "2002:a00:1::1", "192.0.2.7", "2002:a00:1::1");
    check("::/0", "10.0.0.1", "192.0.2.7", "10.0.0.1");
}

static void a_client_cannot_write_itself_another_address(void **state)
{
    (void)state;
    check("10.0.0.1", "10.0.0.1", "127.0.0.1, 192.0.2.7", "192.0.2.7");
    check("10.0.0.1", "10.0.0.1", "10.0.0.1,192.0.2.7", "192.0.2.7");
    check("10.0.0.1", "10.0.0.1", "x, , ;\"]\",192.0.2.7", "192.0.2.7");
}

static void a_chain_of_proxies(void **state)
{
    (void)state;
    check("10.0.0.1, 10.0.0.2", "10.0.0.1", "6.6.6.6, 192.0.2.7, 10.0.0.2", "192.0.2.7");
    check("10.0.0.1, 10.0.0.2", "10.0.0.1", "192.0.2.7,10.0.0.2,10.0.0.1,10.0.0.2", "192.0.2.7");
    check("10.0.0.0/8", "10.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.9");
    char many[40 * 10 + 16] = "192.0.2.7";
    for (int i = 0; i < 40; i++)
        (void)strncat(many, ",10.0.0.2", sizeof many - strlen(many) - 1);
    check("10.0.0.0/8", "10.0.0.1", many, "10.0.0.2"); /* no further than a few hops */
}

static void addresses_as_proxies_write_them(void **state)
{
    (void)state;
    check("::1", "::1", "2001:DB8::7", "2001:db8::7");
    check("::1", "::1", "[2001:db8::7]", "2001:db8::7");
    check("::1", "::1", "[2001:db8::7]:4711", "2001:db8::7");
    check("::1", "::1", "192.0.2.7:4711", "192.0.2.7");
    check("::1", "::1", "::ffff:192.0.2.7", "192.0.2.7");
    check("::1", "::1", "  192.0.2.7\t", "192.0.2.7");
}

static void what_is_no_address_ends_it(void **state)
{
    (void)state;
    static const char *const none[] = {"unknown",
                                       "_hidden",
                                       "192.0.2",
                                       "192.0.2.7/8",
                                       "[2001:db8::7",
                                       "]",
                                       ",",
                                       "192.0.2.7,",
                                       "a:b",
                                       "0000000000000000000000000000000000000000000000000000000000000000000000"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        check("10.0.0.0/8", "10.0.0.1", none[i], "10.0.0.1");
    check("10.0.0.0/8", "10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_trusted_proxy_is_believed),
        cmocka_unit_test(a_client_cannot_write_itself_another_address),
        cmocka_unit_test(a_chain_of_proxies),
        cmocka_unit_test(addresses_as_proxies_write_them),
        cmocka_unit_test(what_is_no_address_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
