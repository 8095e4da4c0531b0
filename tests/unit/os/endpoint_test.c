#include "os/endpoint.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <unistd.h>

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *whole;
        unsigned port;
    } rows[] = {{"10.0.0.1", "10.0.0.1", "10.0.0.1:123", 123},
                {"10.0.0.1:65535", "10.0.0.1", "10.0.0.1:65535", 65535},
                {"[fd00::1]", "fd00::1", "[fd00::1]:123", 123},
                {"[::1]:1", "::1", "[::1]:1", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        endpoint e;
        assert_int_equal(endpoint_read(&e, rows[i].text, 123), ERR_OK);
        assert_string_equal(e.host, rows[i].host);
        assert_string_equal(e.text, rows[i].whole);
        assert_int_equal(e.port, rows[i].port);
        assert_int_equal(e.address.ss_family, rows[i].text[0] == '[' ? AF_INET6 : AF_INET);
    }
}

static void what_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "host",
                                        "time.example.cn:123",
                                        "10.0.0",
                                        "10.0.0.256",
                                        "10.0.0.1:",
                                        "10.0.0.1:0",
                                        "10.0.0.1:65536",
                                        "10.0.0.1:000123",
                                        "10.0.0.1:12a",
                                        "10.0.0.1 ",
                                        "::1",
                                        "[::1",
                                        "[::1]x",
                                        "[10.0.0.1]",
                                        "[]:5",
                                        ":5",
                                        "[::1]:-1",
                                        "[fe80::1%eth0]:5",
                                        "1111111111111111111111111111111111111111111111111111111111111111111111111111"};
    endpoint e;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (endpoint_read(&e, texts[i], 123) != ERR_ENCODING)
            fail_msg("%s", texts[i]);
}

static void connects(void **state)
{
    (void)state;
    endpoint e;
    int fd;
    assert_int_equal(endpoint_read(&e, "127.0.0.1:9", 0), ERR_OK);
    assert_int_equal(endpoint_connect(&fd, &e, SOCK_DGRAM), ERR_OK);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(what_is_none),
                                       cmocka_unit_test(connects)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
