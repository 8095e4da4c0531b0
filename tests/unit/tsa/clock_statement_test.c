#include "tsa/clock_statement.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/sm3.h"

static const uint8_t serial[2] = {0x12, 0xab};

static clock_statement sample(void)
{
    return (clock_statement){.sequence = 7,
                             .at_us = INT64_C(1795780800123456),
                             .state = "good",
                             .reason = "fine",
                             .known = true,
                             .error_us = 900,
                             .leap = -1,
                             .voices = 3,
                             .agreeing = 2,
                             .needed = 2,
                             .sources = "ntp 10.0.0.1:123 (stratum 1)",
                             .signer = {serial, sizeof serial},
                             .previous = {0xff}};
}

static void the_text_line_by_line(void **state)
{
    (void)state;
    char text[CLOCK_STATEMENT_MAX];
    clock_statement s = sample();
    buffer b = buffer_over(text, sizeof text);
    assert_int_equal(clock_statement_write(&b, &s), ERR_OK);
    buffer_put_u8(&b, 0);
    assert_string_equal(text, "yiqian-clock/1\nsequence=7\nat=2026-11-27T12:00:00.123Z\nstate=good\nreason=fine\n"
                              "error_us=900\nleap=-1\nvoices=3\nagreeing=2\nneeded=2\n"
                              "sources=ntp 10.0.0.1:123 (stratum 1)\nsigner=12ab\nprevious="
                              "ff00000000000000000000000000000000000000000000000000000000000000\n");
    s.known = false;
    s.leap = 1;
    b = buffer_over(text, sizeof text);
    assert_int_equal(clock_statement_write(&b, &s), ERR_OK);
    bytes whole = bytes_of(b.p, b.n);
    assert_true(bytes_equal(clock_statement_field(whole, "error_us"), bytes_of_text("unknown")));
    assert_true(bytes_equal(clock_statement_field(whole, "leap"), bytes_of_text("+1")));
    assert_int_equal(clock_statement_field(whole, "erro").n, 0);
    assert_int_equal(clock_statement_field(whole, "yiqian-clock/1").n, 0);
}

static void what_would_be_another_line(void **state)
{
    (void)state;
    char text[CLOCK_STATEMENT_MAX];
    clock_statement s = sample();
    buffer b = buffer_over(text, sizeof text);
    s.sources = "a\nstate=good";
    assert_int_equal(clock_statement_write(&b, &s), ERR_ENCODING);
    s = sample();
    s.reason = "a\rb";
    assert_int_equal(clock_statement_write(&b, &s), ERR_ENCODING);
    s = sample();
    b = buffer_over(text, 100);
    assert_int_equal(clock_statement_write(&b, &s), ERR_LENGTH);
}

/* ---- checking ---- */

static err counted(void *ctx, uint8_t *out, size_t n) /* known bytes */
{
    uint8_t *next = ctx;
    for (size_t i = 0; i < n; i++)
        out[i] = ++*next;
    return ERR_OK;
}

static void one_link(void **state)
{
    (void)state;
    uint8_t count = 0, rs[CLOCK_SIGNATURE], link[CLOCK_LINK];
    char text[CLOCK_STATEMENT_MAX];
    sm2_private key, other;
    entropy rng = {counted, &count};
    assert_int_equal(sm2_private_generate(&key, &rng), ERR_OK);
    assert_int_equal(sm2_private_generate(&other, &rng), ERR_OK);
    signer *signing = signer_in_memory(&key, &rng);
    cert by = {.is_sm2 = true, .serial = {serial, sizeof serial}};
    memcpy(by.public_key, key.public_key, sizeof by.public_key);
    clock_statement s = sample();
    buffer b = buffer_over(text, sizeof text);
    assert_int_equal(clock_statement_write(&b, &s), ERR_OK);
    bytes whole = bytes_of(b.p, b.n), signature = bytes_of(rs, sizeof rs);
    assert_int_equal(signer_sign_message(signing, whole, rs), ERR_OK);

    assert_int_equal(clock_statement_check(whole, signature, 7, s.previous, &by), ERR_OK);
    assert_int_equal(clock_statement_check(whole, signature, 8, s.previous, &by), ERR_CORRUPT);
    assert_int_equal(clock_statement_check(whole, signature, 7, (const uint8_t[CLOCK_LINK]){0}, &by), ERR_CORRUPT);
    assert_int_equal(clock_statement_check(bytes_of(b.p + 1, b.n - 1), signature, 7, s.previous, &by), ERR_CORRUPT);
    assert_int_equal(clock_statement_check(whole, bytes_of(rs, 63), 7, s.previous, &by), ERR_SIGNATURE);
    cert unknown = by;
    unknown.serial = bytes_of(serial, 1);
    assert_int_equal(clock_statement_check(whole, signature, 7, s.previous, &unknown), ERR_CHAIN);
    cert forged = by;
    memcpy(forged.public_key, other.public_key, sizeof forged.public_key);
    assert_int_equal(clock_statement_check(whole, signature, 7, s.previous, &forged), ERR_SIGNATURE);
    cert no_sm2 = by;
    no_sm2.is_sm2 = false;
    assert_int_equal(clock_statement_check(whole, signature, 7, s.previous, &no_sm2), ERR_CHAIN);
    for (size_t i = 0; i < b.n; i += 7) {
        text[i] ^= 1;
        assert_int_not_equal(clock_statement_check(whole, signature, 7, s.previous, &by), ERR_OK);
        text[i] ^= 1;
    }
    clock_statement_link(link, whole, signature);
    uint8_t both[CLOCK_STATEMENT_MAX + CLOCK_SIGNATURE], want[SM3_SIZE];
    memcpy(both, b.p, b.n);
    memcpy(both + b.n, rs, sizeof rs);
    sm3(want, both, b.n + sizeof rs);
    assert_memory_equal(link, want, sizeof want);
    signer_destroy(signing);
    sm2_private_wipe(&key);
    sm2_private_wipe(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_text_line_by_line),
                                       cmocka_unit_test(what_would_be_another_line), cmocka_unit_test(one_link)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
