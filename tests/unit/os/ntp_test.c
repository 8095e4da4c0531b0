#include "os/ntp.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "os/clock_reading.h"

static const int64_t second = 1000000000;
static const int64_t t1_ns = INT64_C(1795780800) * 1000000000 + 250000000;
static const ntp_exchange asked = {.transmit = {1, 2, 3, 4, 5, 6, 7, 8},
                                   .sent_unix_ns = INT64_C(1795780800) * 1000000000 + 250000000,
                                   .round_trip_ns = 10000000};

static void put64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* Unix nanoseconds as an NTP timestamp of any era. */
static uint64_t stamp(int64_t unix_ns)
{
    int64_t s = unix_ns / second + INT64_C(2208988800), ns = unix_ns % second;
    return (uint64_t)s << 32 | ((uint64_t)ns << 32) / (uint64_t)second;
}

/* What a good server answers whose clock is ahead of ours by this, having got the request halfway and kept it for 2 ms. */
static void answer(uint8_t p[NTP_PACKET], int64_t ahead_ns)
{
    memset(p, 0, NTP_PACKET);
    p[0] = 0 << 6 | 4 << 3 | 4;
    p[1] = 2;
    p[3] = (uint8_t)-20;
    p[6] = 0x10;  /* root delay 0x1000 / 65536 s = 62.5 ms */
    p[10] = 0x08; /* root dispersion 31.25 ms */
    memcpy(p + 12, "GPS", 3);
    memcpy(p + 24, asked.transmit, 8);
    put64(p + 32, stamp(t1_ns + 4000000 + ahead_ns));
    put64(p + 40, stamp(t1_ns + 6000000 + ahead_ns));
}

static ntp_result read_it(const uint8_t *p, size_t n, ntp_sample *out)
{
    return ntp_read(out, bytes_of(p, n), &asked);
}

static void a_request_tells_nothing_of_us(void **state)
{
    (void)state;
    uint8_t p[NTP_PACKET];
    ntp_request(p, asked.transmit);
    assert_int_equal(p[0], 0x23); /* version 4, client */
    for (size_t i = 1; i < 40; i++)
        assert_int_equal(p[i], 0);
    assert_memory_equal(p + 40, asked.transmit, 8);
}

static void an_answer_is_measured(void **state)
{
    (void)state;
    static const int64_t ahead[] = {
        0, 1, 1500000, -1500000, 3 * 1000000000LL, -86400 * 1000000000LL, 315360000000000000LL};
    for (size_t i = 0; i < sizeof ahead / sizeof *ahead; i++) {
        uint8_t p[NTP_PACKET];
        ntp_sample s;
        answer(p, ahead[i]);
        assert_int_equal(read_it(p, sizeof p, &s), NTP_MEASURED);
        /* 4 ms there, 2 ms kept, 4 ms back */
        assert_true(llabs(s.offset_ns - ahead[i]) <= 2);
        assert_true(s.delay_ns >= 8000000 - 2 && s.delay_ns <= 8000000 + 2);
        /* half the delay, half the root delay, the root dispersion, 2^-20 s, 1 us, 15 ppm of 10 ms */
        assert_true(s.bound_ns >= 4000000 + 31250000 + 31250000 + 953 + 1000 + 150 - 4);
        assert_true(s.bound_ns <= 4000000 + 31250000 + 31250000 + 954 + 1000 + 150 + 8);
        assert_int_equal(s.leap, 0);
        assert_int_equal(s.stratum, 2);
    }
}

/* However a server divides the way, the truth is within the bound. */
static void a_lopsided_way_is_within_the_bound(void **state)
{
    (void)state;
    for (int64_t there = 0; there <= 8000000; there += 100000) {
        uint8_t p[NTP_PACKET];
        ntp_sample s;
        answer(p, 0);
        put64(p + 32, stamp(t1_ns + there));
        put64(p + 40, stamp(t1_ns + there + 2000000));
        assert_int_equal(read_it(p, sizeof p, &s), NTP_MEASURED);
        assert_true((uint64_t)llabs(s.offset_ns) <= s.bound_ns - 31250000 - 31250000);
    }
}

static void eras_do_not_matter(void **state)
{
    (void)state;
    /* 2036-02-07T06:28:16Z, when the seconds begin again at 0 */
    const int64_t wrap = INT64_C(2085978496) * second;
    for (int64_t d = -3; d <= 3; d++) {
        uint8_t p[NTP_PACKET];
        ntp_sample s;
        ntp_exchange x = asked;
        x.sent_unix_ns = wrap + d * 2000000 + 1; /* a timestamp of 0 is none */
        answer(p, 0);
        put64(p + 32, stamp(x.sent_unix_ns + 4000000));
        put64(p + 40, stamp(x.sent_unix_ns + 6000000));
        assert_int_equal(ntp_read(&s, bytes_of(p, sizeof p), &x), NTP_MEASURED);
        assert_true(llabs(s.offset_ns) <= 2);
    }
}

static void what_is_not_ours_is_passed_over(void **state)
{
    (void)state;
    uint8_t p[2 * NTP_ANSWER_MAX] = {0};
    ntp_sample s;
    answer(p, 0);
    for (size_t n = 0; n < NTP_PACKET; n++)
        assert_int_equal(read_it(p, n, &s), NTP_FOREIGN);
    assert_int_equal(read_it(p, NTP_ANSWER_MAX, &s), NTP_MEASURED); /* extensions are passed over */
    assert_int_equal(read_it(p, NTP_ANSWER_MAX + 1, &s), NTP_FOREIGN);
    for (size_t i = 24; i < 32; i++) {
        p[i] ^= 1;
        assert_int_equal(read_it(p, NTP_PACKET, &s), NTP_FOREIGN);
        p[i] ^= 1;
    }
    for (uint8_t mode = 0; mode < 8; mode++) {
        p[0] = (uint8_t)(4 << 3 | mode);
        assert_int_equal(read_it(p, NTP_PACKET, &s), mode == 4 ? NTP_MEASURED : NTP_FOREIGN);
    }
}

static void what_a_server_says_of_itself(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        ntp_result want;
    } rows[] = {{0, 3 << 6 | 4 << 3 | 4, NTP_UNSYNCHRONISED},
                {1, 16, NTP_UNSYNCHRONISED},
                {1, 255, NTP_UNSYNCHRONISED},
                {1, 15, NTP_MEASURED},
                {0, 3 << 3 | 4, NTP_MEASURED},
                {0, 2 << 3 | 4, NTP_BOGUS},
                {0, 5 << 3 | 4, NTP_BOGUS},
                {0, 1 << 3 | 4, NTP_BOGUS},
                {5, 60, NTP_BOGUS},  /* root delay 60 s */
                {8, 255, NTP_BOGUS}, /* root dispersion 65,280 s */
                {3, 127, NTP_MEASURED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t p[NTP_PACKET];
        ntp_sample s;
        answer(p, 0);
        p[rows[i].at] = rows[i].value;
        assert_int_equal(read_it(p, sizeof p, &s), rows[i].want);
        if (rows[i].at == 3)
            assert_true(s.bound_ns > UINT64_C(16000000000)); /* a precision that is none is worth nothing */
    }
    uint8_t p[NTP_PACKET];
    ntp_sample s;
    answer(p, 0);
    p[0] = 1 << 6 | 4 << 3 | 4;
    assert_int_equal(read_it(p, sizeof p, &s), NTP_MEASURED);
    assert_int_equal(s.leap, 1);
    p[0] = 2 << 6 | 4 << 3 | 4;
    assert_int_equal(read_it(p, sizeof p, &s), NTP_MEASURED);
    assert_int_equal(s.leap, -1);
}

static void kisses(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        ntp_result want;
        const char *text;
    } rows[] = {{"RATE", NTP_RATE, "RATE"}, {"DENY", NTP_DENIED, "DENY"},   {"RSTR", NTP_DENIED, "RSTR"},
                {"INIT", NTP_KISS, "INIT"}, {"\n\x1b[m", NTP_KISS, "??[m"}, {"\0\0\0\0", NTP_KISS, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t p[NTP_PACKET];
        ntp_sample s;
        answer(p, 0);
        p[0] |= 3 << 6;
        p[1] = 0;
        memcpy(p + 12, rows[i].code, 4);
        assert_int_equal(read_it(p, sizeof p, &s), rows[i].want);
        assert_string_equal(s.kiss, rows[i].text);
        p[24] ^= 1; /* one that is not an answer to us asks nothing of us */
        assert_int_equal(read_it(p, sizeof p, &s), NTP_FOREIGN);
    }
}

static void impossible_times(void **state)
{
    (void)state;
    uint8_t p[NTP_PACKET];
    ntp_sample s;
    answer(p, 0);
    memset(p + 32, 0, 8);
    assert_int_equal(read_it(p, sizeof p, &s), NTP_BOGUS);
    answer(p, 0);
    memset(p + 40, 0, 8);
    assert_int_equal(read_it(p, sizeof p, &s), NTP_BOGUS);
    answer(p, 0);
    put64(p + 40, stamp(t1_ns + 3000000)); /* sent before it came */
    assert_int_equal(read_it(p, sizeof p, &s), NTP_BOGUS);
    answer(p, 0);
    put64(p + 40, stamp(t1_ns + 4000000 + 11000000)); /* kept longer than we waited */
    assert_int_equal(read_it(p, sizeof p, &s), NTP_BOGUS);
    answer(p, INT64_C(1500000000) * second); /* 47 years */
    assert_int_equal(read_it(p, sizeof p, &s), NTP_BOGUS);
    ntp_exchange slow = asked;
    slow.round_trip_ns = UINT64_C(16000000001);
    answer(p, 0);
    assert_int_equal(ntp_read(&s, bytes_of(p, sizeof p), &slow), NTP_BOGUS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_request_tells_nothing_of_us),
                                       cmocka_unit_test(an_answer_is_measured),
                                       cmocka_unit_test(a_lopsided_way_is_within_the_bound),
                                       cmocka_unit_test(eras_do_not_matter),
                                       cmocka_unit_test(what_is_not_ours_is_passed_over),
                                       cmocka_unit_test(what_a_server_says_of_itself),
                                       cmocka_unit_test(kisses),
                                       cmocka_unit_test(impossible_times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
