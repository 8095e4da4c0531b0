#include "pki/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    *state = arena_create(1 << 20);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static void test_golden(void **state)
{
    assert_string_equal(pem_encode(*state, "TEST", bytes_of("hello", 5)), "-----BEGIN TEST-----\n"
                                                                          "aGVsbG8=\n"
                                                                          "-----END TEST-----\n");
    assert_string_equal(pem_encode(*state, "TEST", bytes_of(NULL, 0)), "-----BEGIN TEST-----\n"
                                                                       "-----END TEST-----\n");
    uint8_t zeros[49] = {0};
    assert_string_equal(pem_encode(*state, "TEST", bytes_of(zeros, sizeof zeros)),
                        "-----BEGIN TEST-----\n"
                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                        "AA==\n"
                        "-----END TEST-----\n");
}

static void test_round_trip(void **state)
{
    uint8_t data[400];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (size_t n = 0; n <= sizeof data; n++) {
        const char *text = pem_encode(*state, PEM_CERTIFICATE, bytes_of(data, n));
        bytes out;
        assert_non_null(text);
        assert_int_equal(pem_decode(*state, PEM_CERTIFICATE, bytes_of_text(text), &out, NULL), ERR_OK);
        assert_true(bytes_equal(out, bytes_of(data, n)));
    }
}

static err decode(arena *a, const char *text, const char *expected)
{
    bytes out;
    err e = pem_decode(a, "TEST", bytes_of_text(text), &out, NULL);
    if (e == ERR_OK)
        assert_true(bytes_equal(out, bytes_of_text(expected)));
    return e;
}

static void test_tolerated(void **state)
{
    static const char *const good[] = {
        "-----BEGIN TEST-----\r\naGVsbG8=\r\n-----END TEST-----\r\n",
        "-----BEGIN TEST-----\naGVs\nbG8=\n-----END TEST-----",
        "-----BEGIN TEST-----\n  aGVs bG8=\t\n\n-----END TEST----- \n",
        "Subject: CN=test\n-----BEGIN TEST-----\naGVsbG8=\n-----END TEST-----\nmore\n",
        "-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n-----BEGIN TEST-----\naGVsbG8=\n-----END TEST-----\n",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(decode(*state, good[i], "hello"), ERR_OK);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        err e;
    } bad[] = {
        {"", ERR_NOT_FOUND},
        {"-", ERR_NOT_FOUND},
        {"aGVsbG8=", ERR_NOT_FOUND},
        {"-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n", ERR_NOT_FOUND},
        {"-----BEGIN TEST TWO-----\nAAAA\n-----END TEST TWO-----\n", ERR_NOT_FOUND},
        {"x-----BEGIN TEST-----\naGVsbG8=\n-----END TEST-----\n", ERR_NOT_FOUND},
        {"-----BEGIN TEST-----aGVsbG8=-----END TEST-----\n", ERR_NOT_FOUND},
        {"-----BEGIN TEST-----\naGVsbG8=\n", ERR_ENCODING},
        {"-----BEGIN TEST-----\naGVsbG8=\n-----END OTHER-----\n", ERR_ENCODING},
        {"-----BEGIN TEST-----\naGVsbG8\n-----END TEST-----\n", ERR_ENCODING},
        {"-----BEGIN TEST-----\naGVs!G8=\n-----END TEST-----\n", ERR_ENCODING},
        {"-----BEGIN TEST-----\nProc-Type: 4,ENCRYPTED\n\naGVsbG8=\n-----END TEST-----\n", ERR_ENCODING},
        {"-----BEGIN TEST-----\n-----BEGIN TEST-----\naGVsbG8=\n-----END TEST-----\n", ERR_ENCODING},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(decode(*state, bad[i].text, ""), bad[i].e);
}

static void test_several(void **state)
{
    const char *one = pem_encode(*state, "TEST", bytes_of_text("one"));
    const char *two = pem_encode(*state, "TEST", bytes_of_text("two"));
    bytes text = bytes_of_text(arena_printf(*state, "%s%s", one, two)), out;
    assert_int_equal(pem_decode(*state, "TEST", text, &out, &text), ERR_OK);
    assert_true(bytes_equal(out, bytes_of_text("one")));
    assert_int_equal(pem_decode(*state, "TEST", text, &out, &text), ERR_OK);
    assert_true(bytes_equal(out, bytes_of_text("two")));
    assert_int_equal(pem_decode(*state, "TEST", text, &out, &text), ERR_NOT_FOUND);
}

static void test_a_full_arena(void **state)
{
    (void)state;
    static uint8_t data[4096];
    arena *small = arena_create(4096);
    assert_non_null(small);
    assert_null(pem_encode(small, "TEST", bytes_of(data, sizeof data)));
    arena_destroy(small);

    arena *large = arena_create(1 << 20);
    assert_non_null(large);
    const char *text = pem_encode(large, "TEST", bytes_of(data, sizeof data));
    assert_non_null(text);
    unsigned encoded = 0, decoded = 0;
    for (size_t limit = 16; limit < 40000; limit += 16) {
        bytes out;
        arena *a = arena_create(limit);
        assert_non_null(a);
        encoded += pem_encode(a, "TEST", bytes_of(data, sizeof data)) != NULL;
        arena_reset(a);
        err e = pem_decode(a, "TEST", bytes_of_text(text), &out, NULL);
        assert_true(e == ERR_OK || e == ERR_MEMORY);
        decoded += e == ERR_OK;
        arena_destroy(a);
    }
    assert_true(encoded > 0 && decoded > 0);
    arena_destroy(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),  cmocka_unit_test(test_round_trip), cmocka_unit_test(test_tolerated),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_several),    cmocka_unit_test(test_a_full_arena),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
