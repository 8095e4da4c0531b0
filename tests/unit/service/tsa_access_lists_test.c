#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"
#include "service/tsa_access_lists.h"

enum { MANY = 5000, ROUNDS = 20000 };

static tsa_access_entry entries[MANY];
static size_t entries_n;
static tsa_access_lists *lists;

static void row(bool deny, const char *network)
{
    tsa_access_entry *e = &entries[entries_n];
    *e = (tsa_access_entry){.deny = deny, .per_minute = -1};
    e->id[0] = (uint8_t)(entries_n + 1);
    e->id[1] = (uint8_t)((entries_n + 1) >> 8);
    entries_n++;
    assert_int_equal(address_network_parse(&e->network, network), ERR_OK);
    address_mask(&e->network.base, e->network.bits);
}

static void system_row(bool deny, uint8_t system)
{
    tsa_access_entry *e = &entries[entries_n];
    *e = (tsa_access_entry){.deny = deny, .of_system = true, .per_minute = -1};
    e->id[0] = (uint8_t)++entries_n;
    memset(e->system_id, system, sizeof e->system_id);
}

static void make(void)
{
    tsa_access_lists_destroy(lists);
    lists = tsa_access_lists_create(entries, entries_n);
    assert_non_null(lists);
}

static int begin(void **state)
{
    (void)state;
    entries_n = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    tsa_access_lists_destroy(lists);
    lists = NULL;
    return 0;
}

/* The number of the row that decides, negative where it refuses; 0: no row, admitted; -999: no row, refused. */
static int ask_as(const char *from, int system)
{
    address a;
    uint8_t id[16];
    bool admitted;
    memset(id, system, sizeof id);
    assert_int_equal(address_parse(&a, from), ERR_OK);
    const tsa_access_entry *e = tsa_access_lists_find(lists, &a, system >= 0 ? id : NULL, &admitted);
    if (!e)
        return admitted ? 0 : -999;
    int number = e->id[0] + (e->id[1] << 8);
    assert_true(admitted == !e->deny);
    return admitted ? number : -number;
}

static int ask(const char *from)
{
    return ask_as(from, -1);
}

static void without_rows_everybody_is_admitted(void **state)
{
    (void)state;
    make();
    assert_int_equal(ask("10.1.2.3"), 0);
    assert_int_equal(ask("2001:db8::1"), 0);
    assert_int_equal(ask_as("10.1.2.3", 7), 0);
}

static void rows_that_deny_alone(void **state)
{
    (void)state;
    row(true, "10.1.0.0/16");
    system_row(true, 7);
    make();
    assert_int_equal(ask("10.1.255.255"), -1);
    assert_int_equal(ask("10.2.0.0"), 0);
    assert_int_equal(ask_as("10.2.0.0", 7), -2);
    assert_int_equal(ask_as("10.2.0.0", 8), 0);
    assert_int_equal(ask("2001:db8::1"), 0);
}

static void a_row_that_allows_closes_the_list(void **state)
{
    (void)state;
    row(false, "10.1.0.0/16");
    make();
    assert_int_equal(ask("10.1.2.3"), 1);
    assert_int_equal(ask("10.2.2.3"), -999);
    assert_int_equal(ask("::1"), -999);
    assert_int_equal(ask_as("10.2.2.3", 7), -999);
    system_row(false, 7);
    make();
    assert_int_equal(ask_as("10.2.2.3", 7), 2);
    assert_int_equal(ask_as("10.2.2.3", 8), -999);
    assert_int_equal(ask_as("10.1.2.3", 8), 1);
    assert_int_equal(ask_as("10.1.2.3", 7), 2); /* the system before the network */
}

static void deny_wins_whatever_is_smaller(void **state)
{
    (void)state;
    row(false, "10.1.2.3"); /* 1 */
    row(true, "10.0.0.0/8");
    row(false, "0.0.0.0/0"); /* 3 */
    row(true, "192.168.1.0/24");
    row(false, "192.168.0.0/16"); /* 5 */
    row(false, "172.16.0.0/12");
    row(true, "172.16.0.0/12"); /* 7: the same network as 6 */
    system_row(false, 7);
    system_row(true, 9);
    make();
    assert_int_equal(ask("10.1.2.3"), -2);
    assert_int_equal(ask("192.168.1.77"), -4);
    assert_int_equal(ask("192.168.2.77"), 5);
    assert_int_equal(ask("172.31.255.255"), -7);
    assert_int_equal(ask("203.0.113.1"), 3);
    assert_int_equal(ask("2001:db8::1"), -999);
    /* A system that is allowed does not come out of a network that is denied, nor a denied one out of an allowed network. */
    assert_int_equal(ask_as("10.1.2.3", 7), -2);
    assert_int_equal(ask_as("203.0.113.1", 7), 8);
    assert_int_equal(ask_as("203.0.113.1", 9), -9);
}

static void ipv6_networks(void **state)
{
    (void)state;
    row(false, "2001:db8::/32");
    row(true, "2001:db8:bad::/48");
    row(false, "fd00::/8");
    row(true, "fd00::5");
    make();
    assert_int_equal(ask("2001:db8:1::1"), 1);
    assert_int_equal(ask("2001:db8:bad:ffff::1"), -2);
    assert_int_equal(ask("2001:db8:bae::1"), 1);
    assert_int_equal(ask("fd00::5"), -4);
    assert_int_equal(ask("fd00::6"), 3);
    assert_int_equal(ask("fe80::1"), -999);
    assert_int_equal(ask("10.1.2.3"), -999);
}

/* "::/0" is every IPv6 address and no IPv4 one; an IPv4 address that came over an IPv6 socket is an IPv4 one. */
static void families_do_not_mix(void **state)
{
    (void)state;
    row(true, "::/0");
    row(false, "10.0.0.0/8");
    make();
    assert_int_equal(ask("10.1.2.3"), 2);
    assert_int_equal(ask("::ffff:10.1.2.3"), 2);
    assert_int_equal(ask("11.1.2.3"), -999);
    assert_int_equal(ask("::1"), -1);
    assert_int_equal(ask("64:ff9b::10.1.2.3"), -1);
}

/* What the rows say, row by row, without any order. */
static int plain(const address *a, const uint8_t *system)
{
    const tsa_access_entry *best = NULL;
    bool some_allow = false, denied = false;
    for (size_t i = 0; i < entries_n; i++) {
        const tsa_access_entry *e = &entries[i];
        some_allow |= !e->deny;
        bool has = e->of_system ? system && memcmp(system, e->system_id, 16) == 0 : address_network_has(&e->network, a);
        denied |= has && e->deny;
        if (!has || e->deny)
            continue;
        if (!best || e->of_system || (!best->of_system && e->network.bits > best->network.bits))
            best = e;
    }
    return denied ? -1 : best ? best->id[0] + (best->id[1] << 8) : some_allow ? -1 : 0;
}

static uint32_t chance(void)
{
    static uint64_t x = 20260301;
    x = x * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(x >> 33);
}

/* Many rows at random, of few bits so that they overlap: every answer is what reading them one by one gives. */
static void many_rows_are_found_as_one_by_one(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 1000; n = n * 3 + 1) {
        entries_n = 0;
        while (entries_n < n) {
            char text[64];
            bool deny = chance() % 8 == 0;
            unsigned a = chance() % 3, b = chance() % 3, bits = chance() % 33;
            if (chance() % 10 == 0)
                system_row(deny, (uint8_t)(chance() % 16));
            else if (chance() % 2) {
                (void)snprintf(text, sizeof text, "10.%u.%u.%u/%u", a, b, chance() % 4, bits);
                row(deny, text);
            } else {
                (void)snprintf(text, sizeof text, "2001:db8:%x:%x::%x/%u", a, b, chance() % 4, chance() % 129);
                row(deny, text);
            }
            entries[entries_n - 1].id[0] = (uint8_t)entries_n;
            entries[entries_n - 1].id[1] = (uint8_t)(entries_n >> 8);
        }
        make();
        for (int i = 0; i < ROUNDS / 10; i++) {
            char text[64];
            address from;
            uint8_t system[16];
            bool admitted;
            memset(system, (int)(chance() % 20), sizeof system);
            if (chance() % 2)
                (void)snprintf(text, sizeof text, "10.%u.%u.%u", chance() % 4, chance() % 4, chance() % 5);
            else
                (void)snprintf(text, sizeof text, "2001:db8:%x:%x::%x", chance() % 4, chance() % 4, chance() % 5);
            assert_int_equal(address_parse(&from, text), ERR_OK);
            const uint8_t *as = chance() % 2 ? system : NULL;
            const tsa_access_entry *e = tsa_access_lists_find(lists, &from, as, &admitted);
            int want = plain(&from, as);
            assert_true(admitted == (want >= 0));
            if (want > 0) { /* of two rows of one network either may be named */
                const tsa_access_entry *w = &entries[want - 1];
                assert_non_null(e);
                assert_true(e->of_system == w->of_system && (e->of_system || e->network.bits == w->network.bits));
            }
        }
    }
}

/* With as many rows as there may be, a look-up costs next to nothing beside a signature (some 20 microseconds). */
static void many_rows_are_looked_up_quickly(void **state)
{
    (void)state;
    while (entries_n < MANY) {
        char text[64];
        if (entries_n % 3)
            (void)snprintf(text, sizeof text, "10.%u.%u.%u/%u", chance() % 256, chance() % 256, chance() % 256,
                           9 + chance() % 24);
        else
            (void)snprintf(text, sizeof text, "2001:db8:%x::/%u", chance() % 65536, 33 + chance() % 96);
        row(false, text);
    }
    make();
    address from;
    bool admitted;
    unsigned n = 0;
    uint64_t before = clock_thread_cpu_ns();
    assert_int_equal(address_parse(&from, "2001:db8:7:8::9"), ERR_OK);
    for (int i = 0; i < ROUNDS; i++) {
        from.bytes[15] = (uint8_t)i;
        (void)tsa_access_lists_find(lists, &from, NULL, &admitted);
        n += admitted;
    }
    uint64_t ns = (clock_thread_cpu_ns() - before) / ROUNDS;
    print_message("%u rows, all lengths of prefix: %llu ns a look-up (%u admitted)\n", MANY, (unsigned long long)ns, n);
    assert_true(ns < 100000); /* also with sanitizers on a busy machine */
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_rows_everybody_is_admitted),
        TEST(rows_that_deny_alone),
        TEST(a_row_that_allows_closes_the_list),
        TEST(deny_wins_whatever_is_smaller),
        TEST(ipv6_networks),
        TEST(families_do_not_mix),
        TEST(many_rows_are_found_as_one_by_one),
        TEST(many_rows_are_looked_up_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
