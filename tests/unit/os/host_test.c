#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "os/host.h"

static void cpu_ticks(void **state)
{
    host_reading r;
    (void)state;
    host_parse_cpu(&r, "cpu  100 20 30 800 50 1 2 3 99 99\ncpu0 1 2 3 4\n");
    assert_int_equal(r.cpu_total, 1006);
    assert_int_equal(r.cpu_busy, 156); /* guest time is not counted twice */
    host_parse_cpu(&r, "cpu  1 2 3 4");
    assert_int_equal(r.cpu_total, 10);
    static const char *const broken[] = {
        "",        "cpu ", "cpu  1 2 3\n", "cpu0 1 2 3 4\n", "cpu  1 2 x 4\n", "cpu  99999999999999999999 1 1 1\n",
        "intr 5\n"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        host_parse_cpu(&r, broken[i]);
        assert_int_equal(r.cpu_total, HOST_UNKNOWN);
        assert_int_equal(r.cpu_busy, HOST_UNKNOWN);
    }
}

static void load_in_thousandths(void **state)
{
    static const struct {
        const char *text;
        int64_t load;
    } rows[] = {{"0.52 0.58 0.59 1/467 12345\n", 520},
                {"12.07 1 1", 12070},
                {"3.1234 1 1", 3123},
                {"", HOST_UNKNOWN},
                {"x", HOST_UNKNOWN},
                {"1", HOST_UNKNOWN},
                {"1.", HOST_UNKNOWN},
                {"-1.5", HOST_UNKNOWN},
                {"9999999999.00 1", HOST_UNKNOWN}};
    host_reading r;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        host_parse_load(&r, rows[i].text);
        assert_int_equal(r.load, rows[i].load);
    }
}

static void memory_in_bytes(void **state)
{
    host_reading r;
    (void)state;
    host_parse_memory(&r, "MemTotal:       16000000 kB\nMemFree: 5 kB\nMemAvailable:    4000000 kB\n");
    assert_int_equal(r.memory_total, INT64_C(16000000) * 1024);
    assert_int_equal(r.memory_available, INT64_C(4000000) * 1024);
    host_parse_memory(&r, "MemTotal:       16 MB\nMemAvailableX: 4 kB\n");
    assert_int_equal(r.memory_total, HOST_UNKNOWN);
    assert_int_equal(r.memory_available, HOST_UNKNOWN);
    host_parse_memory(&r, "MemTotal: 10 kB\nMemAvailable: 11 kB\n"); /* cannot be */
    assert_int_equal(r.memory_available, HOST_UNKNOWN);
    host_parse_memory(&r, "MemTotal:");
    assert_int_equal(r.memory_total, HOST_UNKNOWN);
}

static void network_without_loopback(void **state)
{
    static const char head[] =
        "Inter-|   Receive                |  Transmit\n face |bytes    packets errs|bytes packets\n";
    char text[512];
    host_reading r;
    (void)state;
    (void)snprintf(text, sizeof text,
                   "%s    lo: 7 1 0 0 0 0 0 0 7 1\n  eth0: 1000 1 0 0 0 0 0 0 500 1 0\n  eth1:20 1 0 0 0 0 0 0 3 1\n",
                   head);
    host_parse_network(&r, text);
    assert_int_equal(r.net_received, 1020);
    assert_int_equal(r.net_sent, 503);
    host_parse_network(&r, "lo: 7 1 0 0 0 0 0 0 7 1\n");
    assert_int_equal(r.net_received, 0);
    static const char *const broken[] = {"", head, "eth0: 1 2 3\n", "eth0: 1000 1 0 0 0 0 0 0 x\n", "eth0"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        host_parse_network(&r, broken[i]);
        assert_int_equal(r.net_received, HOST_UNKNOWN);
        assert_int_equal(r.net_sent, HOST_UNKNOWN);
    }
}

static bool is_sda(const char *name)
{
    return strcmp(name, "sda") == 0;
}

static void disks_without_partitions(void **state)
{
    host_reading r;
    char longest[600];
    (void)state;
    host_parse_disks(&r, "   8  0 sda 10 0 100 5 20 0 200 7 0 0\n   8  1 sda1 9 9 9 9 9 9 9 9\n", is_sda);
    assert_int_equal(r.disk_read, 100 * 512);
    assert_int_equal(r.disk_written, 200 * 512);
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "8 0 ", 4);
    longest[sizeof longest - 1] = '\0';
    const char *const broken[] = {"", "8 0\n", "8 0 sda 1 2 3\n", "sda 10 0 100 5 20 0 200 7\n", longest};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        host_parse_disks(&r, broken[i], is_sda);
        assert_int_equal(r.disk_read, HOST_UNKNOWN);
        assert_int_equal(r.disk_written, HOST_UNKNOWN);
    }
}

static void the_process_and_single_numbers(void **state)
{
    host_reading r;
    (void)state;
    host_parse_process(&r, "Name:\tyiqiand\nVmRSS:\t   12345 kB\nThreads:\t3\n");
    assert_int_equal(r.process_memory, INT64_C(12345) * 1024);
    host_parse_process(&r, "Name:\tyiqiand\n");
    assert_int_equal(r.process_memory, HOST_UNKNOWN);
    assert_int_equal(host_parse_number("256\n"), 256);
    assert_int_equal(host_parse_number("0"), 0);
    static const char *const broken[] = {"", "-5\n", "12x", "12 13\n", "99999999999999999999"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(host_parse_number(broken[i]), HOST_UNKNOWN);
}

static void this_machine(void **state)
{
    arena *a = arena_create(2 << 20);
    host_reading r;
    host_disk d;
    char name[HOST_NAME];
    (void)state;
    assert_non_null(a);
    host_read(&r, a);
    assert_true(r.cpu_total > r.cpu_busy && r.cpu_busy > 0);
    assert_true(r.memory_total > r.memory_available && r.memory_available > 0);
    assert_true(r.process_memory > 100 << 10);
    assert_in_range(r.process_files, 3, 1000);
    assert_true(r.process_cpu_ns > 0);
    assert_true(r.load >= 0 && r.net_received >= 0);
    host_disk_read(&d, "/");
    assert_true(d.total >= d.free && d.free > 0);
    host_disk_read(&d, "/nothing/here");
    assert_int_equal(d.total, HOST_UNKNOWN);
    assert_int_equal(d.inodes_free, HOST_UNKNOWN);
    host_name(name);
    assert_true(strlen(name) > 0);
    arena_destroy(a);
}

static void a_full_arena_knows_nothing(void **state)
{
    arena *a = arena_create(1024);
    host_reading r;
    (void)state;
    host_read(&r, a);
    assert_int_equal(r.cpu_total, HOST_UNKNOWN);
    assert_int_equal(r.memory_total, HOST_UNKNOWN);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_ticks),
        cmocka_unit_test(load_in_thousandths),
        cmocka_unit_test(memory_in_bytes),
        cmocka_unit_test(network_without_loopback),
        cmocka_unit_test(disks_without_partitions),
        cmocka_unit_test(the_process_and_single_numbers),
        cmocka_unit_test(this_machine),
        cmocka_unit_test(a_full_arena_knows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
