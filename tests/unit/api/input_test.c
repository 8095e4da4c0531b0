#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/input.h"

static int setup(void **state)
{
    call *c = test_calloc(1, sizeof *c);
    c->arena = arena_create(1 << 20);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    call *c = *state;
    arena_destroy(c->arena);
    test_free(c);
    return 0;
}

static void times_are_read_in_any_zone(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"1970-01-01T00:00:00Z", 0},
                {"1970-01-01T08:00:00+08:00", 0},
                {"2000-02-29T23:59:59.999Z", INT64_C(951868799999)},
                {"2026-03-01T16:30:00.1239999+08:00", INT64_C(1772353800123)},
                {"2026-03-01t08:30:00z", INT64_C(1772353800000)},
                {"2026-02-28T23:30:00-09:00", INT64_C(1772353800000)},
                {"9999-12-31T23:59:59Z", INT64_C(253402300799000)}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms = -1;
        assert_int_equal(input_time(*state, "time", good[i].text, &ms), ERR_OK);
        assert_int_equal(ms, good[i].ms);
    }
}

static void other_texts_are_no_times(void **state)
{
    static const char *const bad[] = {"",
                                      "2026-03-01",
                                      "2026-03-01T08:30:00",
                                      "2026-3-1T08:30:00Z",
                                      "2026-03-01 08:30:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-01-00T00:00:00Z",
                                      "2026-04-31T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:60Z",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00+0800",
                                      "2026-01-01T00:00:00+24:00",
                                      "2026-01-01T00:00:00+08:60",
                                      "2026-01-01T00:00:00ZZ",
                                      "+026-01-01T00:00:00Z"};
    call *c = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms;
        assert_int_equal(input_time(c, "time", bad[i], &ms), ERR_FIELD_VALUE);
        assert_string_equal(c->fault.field, "time");
    }
}

static void numbers_are_bounded(void **state)
{
    int64_t n;
    assert_int_equal(input_number(*state, "n", "9223372036854775807", INT64_MAX, &n), ERR_OK);
    assert_int_equal(n, INT64_MAX);
    assert_int_equal(input_number(*state, "n", "0", 9, &n), ERR_OK);
    assert_int_equal(input_number(*state, "n", "1000", 1000, &n), ERR_OK);
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1001", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(input_number(*state, "n", bad[i], 1000, &n), ERR_FIELD_VALUE);
}

static void serials_are_hex_of_twenty_bytes_at_the_most(void **state)
{
    bytes serial;
    assert_int_equal(input_serial(*state, "0aFf", &serial), ERR_OK);
    assert_int_equal(serial.n, 2);
    assert_memory_equal(serial.p, "\x0a\xff", 2);
    assert_int_equal(input_serial(*state, "0011223344556677889900112233445566778899", &serial), ERR_OK);
    assert_int_equal(serial.n, 20);
    static const char *const bad[] = {"", "0", "0g", "001122334455667788990011223344556677889900"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(input_serial(*state, bad[i], &serial), ERR_OK);
        assert_int_equal(serial.n, 0);
    }
}

static void nonces_become_integers(void **state)
{
    static const struct {
        const char *given;
        size_t n;
        const char *want;
        size_t want_n;
    } rows[] = {{"\x7f", 1, "\x7f", 1},
                {"\x80", 1, "\x00\x80", 2},
                {"\x00\x00", 2, "\x00", 1},
                {"\x00\x00\xff\x00", 4, "\x00\xff\x00", 3},
                {"\x00\x01\x80", 3, "\x01\x80", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bytes nonce;
        assert_int_equal(input_nonce(*state, bytes_of(rows[i].given, rows[i].n), &nonce), ERR_OK);
        assert_int_equal(nonce.n, rows[i].want_n);
        assert_memory_equal(nonce.p, rows[i].want, rows[i].want_n);
    }
}

#define WITH_CALL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CALL(times_are_read_in_any_zone), WITH_CALL(other_texts_are_no_times),
        WITH_CALL(numbers_are_bounded),        WITH_CALL(serials_are_hex_of_twenty_bytes_at_the_most),
        WITH_CALL(nonces_become_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
