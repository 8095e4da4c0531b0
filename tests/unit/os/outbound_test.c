/* Connections that somebody else named: where names lead, and one whose name server does not answer. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "os/clock.h"
#include "os/outbound.h"

enum { PATIENCE_MS = 20000, STEP_MS = 10 };

static const char refused[] = "no connection is made to this address";
static atomic_bool name_server_answers;

static void pause_ms(long ms)
{
    const struct timespec step = {0, ms * 1000000};
    (void)nanosleep(&step, NULL);
}

/* In the place of the C library's. "to-ADDRESS.test" is that address, with dashes for its colons; "silent.test" gets no answer until the test
 * says so. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out);
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    typedef int (*resolver)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    resolver next;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    memcpy(&next, &symbol, sizeof next);
    if (node && strcmp(node, "silent.test") == 0) {
        for (int i = 0; i < PATIENCE_MS / STEP_MS && !name_server_answers; i++)
            pause_ms(STEP_MS);
        return EAI_AGAIN;
    }
    char literal[64];
    if (!node || sscanf(node, "to-%63[0-9a-f.-]test", literal) != 1)
        return next(node, service, hints, out);
    literal[strlen(literal) - 1] = '\0';
    for (char *at = literal; *at; at++)
        if (*at == '-')
            *at = ':';
    return next(literal, service, hints, out);
}

static outbound *begin(const char *url, outbound_options options)
{
    outbound *o;
    const char *header = "X-Test: 1";
    options.connect_ms = 200;
    options.timeout_ms = 300;
    assert_int_equal(outbound_create(&o, &options), ERR_OK);
    assert_int_equal(outbound_post(o, url, &header, 1, bytes_of_text("{}"), o), ERR_OK);
    return o;
}

static outbound_result end(outbound *o)
{
    outbound_result result = {0};
    for (int i = 0; i < PATIENCE_MS / STEP_MS && !outbound_take(o, &result); i++)
        outbound_run(o, STEP_MS);
    assert_ptr_equal(result.tag, o);
    assert_int_equal(result.status, 0);
    outbound_destroy(o);
    return result;
}

static void a_name_is_where_it_leads(void **state)
{
    (void)state;
    static const char *const never[] = {
        "https://to-169.254.169.254.test/",   "https://to-0.0.0.0.test/",       "https://to-224.0.0.1.test/",
        "https://to-100.100.100.200.test/",   "https://to-fe80--1.test/",       "https://to---ffff-169.254.1.1.test/",
        "https://to-64-ff9b--a9fe-101.test/", "https://to-fd00-ec2--254.test/", "http://to-169.254.169.254.test/"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_string_equal(end(begin(never[i], (outbound_options){0})).message, refused);
    /* In clear only to where the hospital is. */
    assert_string_equal(end(begin("http://to-198.51.100.1.test:9/", (outbound_options){0})).message, refused);
    assert_string_not_equal(end(begin("http://to-127.0.0.1.test:9/", (outbound_options){0})).message, refused);
    address_ranges deny;
    assert_int_equal(address_ranges_parse(&deny, "127.0.0.0/8"), ERR_OK);
    assert_string_equal(end(begin("http://to-127.0.0.1.test:9/", (outbound_options){.deny = &deny})).message, refused);
}

static void nobody_waits_for_a_name_server(void **state)
{
    (void)state;
    name_server_answers = false;
    outbound *o = begin("https://silent.test/", (outbound_options){0});
    uint64_t before = clock_monotonic_ns();
    outbound_result result = end(o);
    assert_in_range((clock_monotonic_ns() - before) / 1000000, 0, PATIENCE_MS / 4);
    assert_string_not_equal(result.message, "");
    name_server_answers = true; /* whoever still asks ends */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_where_it_leads),
        cmocka_unit_test(nobody_waits_for_a_name_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
