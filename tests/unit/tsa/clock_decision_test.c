#include "tsa/clock_decision.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MS = 1000000 };
static const int64_t noon_ns = INT64_C(1795780800) * 1000000000; /* 2026-11-27 */

static clock_reading reading(clock_source_kind kind, const char *id, int64_t offset_ns, uint64_t bound_ns)
{
    clock_reading r = {.kind = kind, .synchronised = true, .offset_ns = offset_ns, .bound_ns = bound_ns};
    (void)snprintf(r.id, sizeof r.id, "%s", id);
    return r;
}

static clock_facts facts_of(const clock_reading *readings, size_t n, unsigned agree)
{
    return (clock_facts){.readings = readings,
                         .n = n,
                         .agree = agree,
                         .unix_ns = noon_ns,
                         .limit_ns = 1000 * (uint64_t)MS,
                         .oscillator = &oscillator_ocxo,
                         .since_step_ns = UINT64_MAX};
}

static clock_decision decide(const clock_facts *f)
{
    clock_decision d;
    clock_decide(&d, f);
    return d;
}

/* ---- agreement ---- */

/* Up to four NTP servers as intervals in milliseconds; the outcome. */
static void tables_of_intervals(void **state)
{
    (void)state;
    static const struct {
        struct {
            int low, high;
        } at[4];
        size_t n;
        unsigned agree;
        clock_state want;
        clock_reason reason;
        int low, high, bound; /* of a measurement */
        const char *agrees;
    } rows[] = {
        /* one source */
        {{{-3, 5}}, 1, 1, CLOCK_GOOD, CLOCK_FINE, -3, 5, 5, "y"},
        {{{2, 5}}, 1, 1, CLOCK_GOOD, CLOCK_FINE, 2, 5, 5, "y"},
        {{{-9, -5}}, 1, 1, CLOCK_GOOD, CLOCK_FINE, -9, -5, 9, "y"},
        /* all agree: what all allow */
        {{{-3, 5}, {-8, 2}, {-1, 9}}, 3, 3, CLOCK_GOOD, CLOCK_FINE, -1, 2, 2, "yyy"},
        /* two of three have to: from the first to the last point that two allow */
        {{{-3, 5}, {-8, 2}, {-1, 9}}, 3, 2, CLOCK_GOOD, CLOCK_FINE, -3, 5, 5, "yyy"},
        /* a falseticker, on either side */
        {{{-3, 5}, {-2, 4}, {90, 95}}, 3, 2, CLOCK_GOOD, CLOCK_FINE, -2, 4, 4, "yyn"},
        {{{-95, -90}, {-2, 4}, {-3, 5}}, 3, 2, CLOCK_GOOD, CLOCK_FINE, -2, 4, 4, "nyy"},
        /* two against two: who lies is not known, and the bound covers both */
        {{{0, 2}, {1, 3}, {100, 102}, {101, 103}}, 4, 2, CLOCK_GOOD, CLOCK_FINE, 1, 102, 102, "yyyy"},
        /* touching intervals agree in a point */
        {{{-3, 5}, {5, 9}}, 2, 2, CLOCK_GOOD, CLOCK_FINE, 5, 5, 5, "yy"},
        {{{-3, 5}, {6, 9}}, 2, 2, CLOCK_BAD, CLOCK_DISAGREE, 0, 0, 0, "nn"},
        {{{-3, 5}, {6, 9}, {20, 30}}, 3, 2, CLOCK_BAD, CLOCK_DISAGREE, 0, 0, 0, "nnn"},
        {{{-3, 5}}, 1, 2, CLOCK_BAD, CLOCK_TOO_FEW, 0, 0, 0, "n"},
        /* the limit, and its last quarter */
        {{{-750, 750}}, 1, 1, CLOCK_GOOD, CLOCK_FINE, -750, 750, 750, "y"},
        {{{-751, 0}}, 1, 1, CLOCK_SOON_OUT, CLOCK_LIMIT, -751, 0, 751, "y"},
        {{{0, 1000}}, 1, 1, CLOCK_SOON_OUT, CLOCK_LIMIT, 0, 1000, 1000, "y"},
        {{{0, 1001}}, 1, 1, CLOCK_BAD, CLOCK_LIMIT, 0, 1001, 1001, "y"},
        {{{-5003, -4997}}, 1, 1, CLOCK_BAD, CLOCK_LIMIT, -5003, -4997, 5003, "y"},
    };
    /* Without an oscillator's drift the numbers are exact. */
    static const oscillator perfect = {0, 0, 0, 0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        clock_reading readings[4];
        for (size_t k = 0; k < rows[i].n; k++) {
            char id[8];
            int low = rows[i].at[k].low, high = rows[i].at[k].high;
            (void)snprintf(id, sizeof id, "s%zu", k);
            readings[k] = reading(CLOCK_NTP, id, (int64_t)(low + high) * MS / 2, (uint64_t)(high - low) * MS / 2);
        }
        clock_facts f = facts_of(readings, rows[i].n, rows[i].agree);
        f.oscillator = &perfect;
        clock_decision d = decide(&f);
        if (d.state != rows[i].want || d.reason != rows[i].reason)
            fail_msg("row %zu: %s, %s", i, clock_state_name(d.state), clock_reason_name(d.reason));
        for (size_t k = 0; k < rows[i].n; k++)
            assert_int_equal(d.agrees[k], rows[i].agrees[k] == 'y');
        assert_int_equal(d.voices, rows[i].n);
        if (!d.measured)
            continue;
        assert_int_equal(d.low_ns, (int64_t)rows[i].low * MS);
        assert_int_equal(d.high_ns, (int64_t)rows[i].high * MS);
        assert_int_equal(d.bound_ns, (uint64_t)rows[i].bound * MS);
    }
}

static void what_is_no_measurement(void **state)
{
    (void)state;
    clock_reading r = reading(CLOCK_NTP, "a", 0, MS);
    clock_facts none = facts_of(&r, 0, 1), f = facts_of(&r, 1, 1);
    assert_int_equal(decide(&none).reason, CLOCK_SILENT);
    assert_int_equal(decide(&none).state, CLOCK_BAD);
    assert_false(decide(&none).known);
    r.synchronised = false;
    assert_int_equal(decide(&f).reason, CLOCK_UNSYNCHRONISED);
    static const int64_t offsets[] = {INT64_MAX, INT64_MIN, INT64_C(1000000000000000001),
                                      -INT64_C(1000000000000000001)};
    for (size_t i = 0; i < 4; i++) {
        r = reading(CLOCK_NTP, "a", offsets[i], MS);
        assert_int_equal(decide(&f).state, CLOCK_BAD);
        assert_false(decide(&f).measured);
    }
    r = reading(CLOCK_NTP, "a", 0, UINT64_MAX);
    assert_false(decide(&f).measured);
    r = reading(CLOCK_NTP, "a", CLOCK_NS_MAX, (uint64_t)CLOCK_NS_MAX - 10);
    assert_true(decide(&f).measured); /* as far as sums go */
    r.age_ns = UINT64_MAX;
    assert_false(decide(&f).measured);
}

static void chrony_and_kernel_are_one_voice(void **state)
{
    (void)state;
    clock_reading two[] = {reading(CLOCK_CHRONY, "chronyd", 0, MS), reading(CLOCK_KERNEL, "adjtimex", 0, 16 * MS),
                           reading(CLOCK_NTP, "a", 3 * MS, MS)};
    clock_facts f = facts_of(two, 2, 2);
    assert_int_equal(decide(&f).state, CLOCK_BAD);
    assert_int_equal(decide(&f).voices, 1);
    f.agree = 1;
    assert_in_range(decide(&f).bound_ns, MS, MS + 10); /* what both allow */
    two[1].offset_ns = 30 * MS;                        /* it contradicts itself */
    assert_int_equal(decide(&f).reason, CLOCK_TOO_FEW);
    f.n = 3;
    assert_in_range(decide(&f).bound_ns, 4 * MS, 4 * MS + 10);
    /* A name given twice is no second voice. */
    clock_reading same[] = {reading(CLOCK_NTP, "a", 0, MS), reading(CLOCK_NTP, "a", 0, MS),
                            reading(CLOCK_GPSD, "a", 0, MS)};
    f = facts_of(same, 2, 2);
    assert_int_equal(decide(&f).reason, CLOCK_TOO_FEW);
    f.n = 3;
    assert_int_equal(decide(&f).state, CLOCK_GOOD);
}

/* Else one gpsd could outvote two servers; and a module without PPS beside a receiver with it would make the result half a second wide. */
static void the_receivers_of_one_gpsd_are_one_voice(void **state)
{
    (void)state;
    clock_reading all[] = {reading(CLOCK_GPSD, "10.0.0.9:2947 /dev/ttyS0", 900 * MS, MS),
                           reading(CLOCK_GPSD, "10.0.0.9:2947 /dev/ttyUSB1", 900 * MS, 500 * MS),
                           reading(CLOCK_NTP, "a", 0, MS), reading(CLOCK_NTP, "b", 0, MS)};
    clock_facts f = facts_of(all, 4, 2);
    assert_int_equal(decide(&f).voices, 3);
    assert_in_range(decide(&f).bound_ns, MS, MS + 10);
    assert_false(decide(&f).agrees[0]);
    f = facts_of(all, 2, 2);
    assert_int_equal(decide(&f).reason, CLOCK_TOO_FEW);
    f.agree = 1;
    assert_in_range(decide(&f).bound_ns, 901 * MS, 901 * MS + 10); /* what both allow */
    (void)snprintf(all[1].id, sizeof all[1].id, "10.0.0.9:29470 /dev/ttyUSB1");
    f.agree = 2;
    assert_int_equal(decide(&f).voices, 2);
}

static void age_widens(void **state)
{
    (void)state;
    clock_reading r = reading(CLOCK_NTP, "a", 0, MS);
    r.age_ns = UINT64_C(1000) * 1000000000;
    clock_facts f = facts_of(&r, 1, 1);
    f.oscillator = &oscillator_quartz;
    assert_int_equal(decide(&f).bound_ns, holdover_bound(&oscillator_quartz, MS, r.age_ns));
}

/* ---- random: the bound is never below the truth as long as k tell it ---- */

static uint64_t dice = UINT64_C(0x2545f4914f6cdd1d);
static uint64_t roll(uint64_t below)
{
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return dice * UINT64_C(2685821657736338717) % below;
}

static void the_bound_covers_the_truth(void **state)
{
    (void)state;
    unsigned measured = 0, liars_alone = 0;
    for (int round = 0; round < 200000; round++) {
        clock_reading readings[8];
        size_t n = 1 + roll(8);
        unsigned k = 1 + (unsigned)roll(n), liars = (unsigned)roll(n - k + 1);
        int64_t truth = (int64_t)roll(400 * MS) - 200 * MS; /* how far the clock really is ahead */
        for (size_t i = 0; i < n; i++) {
            char id[8];
            (void)snprintf(id, sizeof id, "s%zu", i);
            uint64_t bound = 1 + roll(50 * MS);
            int64_t off =
                i < liars ? (int64_t)roll(600 * MS) - 300 * MS : truth + (int64_t)roll(2 * bound + 1) - (int64_t)bound;
            readings[i] = reading(CLOCK_NTP, id, off, bound);
        }
        clock_facts f = facts_of(readings, n, k);
        clock_decision d = decide(&f);
        uint64_t error = (uint64_t)(truth < 0 ? -truth : truth);
        /* At least k tell the truth, so the truth itself is a point that k allow. */
        assert_true(d.measured && d.low_ns <= truth && truth <= d.high_ns && d.bound_ns >= error);
        for (size_t i = liars; i < n; i++)
            assert_true(d.agrees[i]);
        measured++;
        for (size_t i = 0; i < liars; i++)
            liars_alone += !d.agrees[i];
    }
    assert_true(measured == 200000 && liars_alone > 10000); /* falsetickers are found, too */
}

/* ---- hold-over ---- */

static void without_sources_the_last_state_grows(void **state)
{
    (void)state;
    clock_facts f = facts_of(NULL, 0, 1);
    f.has_last = true;
    f.last_bound_ns = MS;
    f.since_ns = UINT64_C(72) * 3600 * 1000000000;
    f.limit_ns = 2 * MS;
    clock_decision d = decide(&f);
    assert_int_equal(d.state, CLOCK_HOLDOVER);
    assert_int_equal(d.reason, CLOCK_SILENT);
    assert_int_equal(d.bound_ns, holdover_bound(&oscillator_ocxo, MS, f.since_ns));
    assert_true(d.known && !d.measured && d.bound_ns > MS);
    f.last_bound_ns = MS * 5 / 4;
    assert_int_equal(decide(&f).state, CLOCK_SOON_OUT);
    assert_int_equal(decide(&f).reason, CLOCK_SILENT);
    f.last_bound_ns = 2 * MS;
    assert_int_equal(decide(&f).state, CLOCK_BAD);
    assert_int_equal(decide(&f).reason, CLOCK_LIMIT);
    assert_true(decide(&f).known);
}

static void disagreement_is_no_measurement(void **state)
{
    (void)state;
    clock_reading two[] = {reading(CLOCK_NTP, "a", 0, MS), reading(CLOCK_NTP, "b", 100 * MS, MS)};
    clock_facts f = facts_of(two, 2, 2);
    f.has_last = true;
    f.last_bound_ns = MS;
    assert_int_equal(decide(&f).state, CLOCK_HOLDOVER);
    assert_int_equal(decide(&f).reason, CLOCK_DISAGREE);
}

static void a_step_ends_all_that_was(void **state)
{
    (void)state;
    clock_reading r = reading(CLOCK_NTP, "a", 0, MS);
    clock_facts f = facts_of(&r, 0, 1);
    f.has_last = true;
    f.last_bound_ns = MS;
    f.since_ns = 100;
    f.since_step_ns = 101; /* before that */
    assert_int_equal(decide(&f).state, CLOCK_HOLDOVER);
    f.since_step_ns = 100;
    assert_int_equal(decide(&f).state, CLOCK_BAD);
    assert_int_equal(decide(&f).reason, CLOCK_STEPPED);
    assert_false(decide(&f).known);
    f.n = 1; /* measured since */
    r.age_ns = 99;
    assert_int_equal(decide(&f).state, CLOCK_GOOD);
    r.age_ns = 100; /* measured before */
    assert_int_equal(decide(&f).state, CLOCK_BAD);
    assert_int_equal(decide(&f).reason, CLOCK_STEPPED);
}

/* ---- leap seconds ---- */

static const int64_t leap_at = INT64_C(1798761600); /* 2027-01-01 */

static clock_decision at(int64_t unix_s, int leap, bool answered, int last_leap)
{
    static clock_reading r;
    r = reading(CLOCK_NTP, "a", 0, MS);
    r.leap = leap;
    clock_facts f = facts_of(&r, answered ? 1 : 0, 1);
    f.unix_ns = unix_s * 1000000000 + 500000000;
    f.has_last = true;
    f.last_bound_ns = MS;
    f.last_leap = last_leap;
    f.last_leap_at_s = last_leap != 0 ? leap_at : 0;
    return decide(&f);
}

static void around_a_leap_second_there_is_no_time(void **state)
{
    (void)state;
    static const struct {
        int64_t from_leap;
        int leap;
        bool answered;
        int last;
        clock_state want;
    } rows[] = {
        {-86400, 1, true, 0, CLOCK_GOOD},  {-3, 1, true, 1, CLOCK_GOOD},
        {-2, 1, true, 1, CLOCK_BAD},       {-1, 1, true, 0, CLOCK_BAD},
        {0, 1, true, 1, CLOCK_BAD}, /* the source still announces it */
        {1, 0, true, 1, CLOCK_BAD},        {2, 0, true, 1, CLOCK_GOOD},
        {2, 1, true, 1, CLOCK_GOOD}, /* it will have forgotten by the end of the month that began */
        {-3, 0, false, 1, CLOCK_HOLDOVER}, {-2, 0, false, 1, CLOCK_BAD},
        {5, 0, false, 1, CLOCK_BAD}, /* whether the clock took part in it is not known */
        {86400, 0, false, 1, CLOCK_BAD},   {0, 0, true, 0, CLOCK_GOOD},
        {0, 0, false, 0, CLOCK_HOLDOVER},  {-1, -1, true, -1, CLOCK_BAD},
        {2, 0, true, -1, CLOCK_GOOD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        clock_decision d = at(leap_at + rows[i].from_leap, rows[i].leap, rows[i].answered, rows[i].last);
        if (d.state != rows[i].want)
            fail_msg("row %zu: %s", i, clock_state_name(d.state));
        if (d.state == CLOCK_BAD)
            assert_int_equal(d.reason, CLOCK_LEAP);
    }
    assert_int_equal(at(leap_at - 86400, 1, true, 0).leap, 1);
    assert_int_equal(at(leap_at - 86400, 1, true, 0).leap_at_s, leap_at);
    assert_int_equal(at(leap_at - 86400, -1, true, 0).leap, -1);
}

/* What a source that is not believed announces does not count; of two that are, a second more is what is expected. */
static void who_announces_it(void **state)
{
    (void)state;
    clock_reading three[] = {reading(CLOCK_NTP, "a", 0, MS), reading(CLOCK_NTP, "b", 0, MS),
                             reading(CLOCK_NTP, "c", 900 * MS, MS)};
    clock_facts f = facts_of(three, 3, 2);
    three[2].leap = 1;
    assert_int_equal(decide(&f).leap, 0);
    three[1].leap = -1;
    assert_int_equal(decide(&f).leap, -1);
    three[0].leap = 1;
    assert_int_equal(decide(&f).leap, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_of_intervals),
                                       cmocka_unit_test(what_is_no_measurement),
                                       cmocka_unit_test(chrony_and_kernel_are_one_voice),
                                       cmocka_unit_test(the_receivers_of_one_gpsd_are_one_voice),
                                       cmocka_unit_test(age_widens),
                                       cmocka_unit_test(the_bound_covers_the_truth),
                                       cmocka_unit_test(without_sources_the_last_state_grows),
                                       cmocka_unit_test(disagreement_is_no_measurement),
                                       cmocka_unit_test(a_step_ends_all_that_was),
                                       cmocka_unit_test(around_a_leap_second_there_is_no_time),
                                       cmocka_unit_test(who_announces_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
