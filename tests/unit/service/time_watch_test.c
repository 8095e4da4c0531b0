#include "service/time_watch.h"

#include "unit/service/clock_lab.h"

static const int64_t second_ns = 1000000000;

static void nobody_watches_the_clock_of_a_demonstration(void **state)
{
    fixture *f = *state;
    time_now now;
    assert_int_equal(time_watch_now(f->service, 1000000, &now), ERR_OK);
    assert_true(now.demonstration);
    assert_int_equal(now.accuracy_us, 1000000);
    assert_true(llabs(now.unix_us / 1000 - clock_unix_ms()) < 5000);
    assert_int_equal(time_watch_now(f->service, 999999, &now), ERR_TIME);
    assert_int_equal(time_watch_state(f->service), TIME_DEMONSTRATION);
    assert_int_equal(time_watch_round(f->service, f->arena), ERR_OK);
    time_report r;
    time_watch_read(f->service, &r);
    assert_int_equal(r.state, TIME_DEMONSTRATION);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM clock_history WHERE state = 'demonstration'"), 1);
}

static void before_the_first_round_there_is_no_time(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now;
    lab_open(&l, f, 1, 1);
    assert_int_equal(time_watch_now(f->service, UINT64_MAX, &now), ERR_TIME);
    assert_int_equal(time_watch_state(f->service), TIME_BAD);
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    assert_false(now.demonstration);
    assert_int_equal(now.unix_us, l.unix_ns / 1000);
    /* A millisecond, what it may have drifted within an instant, and the cut to microseconds. */
    assert_in_range(now.accuracy_us, 1001, 1003);
    assert_int_equal(time_watch_now(f->service, 1000, &now), ERR_TIME);
    assert_int_equal(time_watch_state(f->service), TIME_GOOD);
}

static void the_accuracy_grows_between_rounds(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now;
    lab_open(&l, f, 1, 1);
    lab_round(&l);
    for (int64_t s = 1; s < 1000; s += 99) {
        lab_pass(&l, 99 * second_ns);
        assert_int_equal(lab_now(&l, &now), ERR_OK);
        uint64_t want = holdover_bound(&oscillator_quartz, LAB_MS, (uint64_t)(s + 98) * (uint64_t)second_ns);
        assert_in_range(now.accuracy_us, want / 1000, want / 1000 + 4);
    }
    /* Nobody decides any more: it ends by itself. */
    lab_pass(&l, 200000 * second_ns);
    assert_int_equal(lab_now(&l, &now), ERR_TIME);
    assert_int_equal(time_watch_state(f->service), TIME_BAD);
}

static void the_servers_own_limit_holds_for_all(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now;
    lab_open(&l, f, 1, 1);
    l.w->options.limit_us = 2000;
    l.readings[0].offset_ns = 1500000; /* 1.5 ms, give or take 1 */
    lab_round(&l);
    assert_int_equal(time_watch_state(f->service), TIME_BAD);
    assert_int_equal(lab_now(&l, &now), ERR_TIME);
    l.readings[0].offset_ns = 400000;
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    assert_int_equal(time_watch_state(f->service), TIME_GOOD);
    l.readings[0].offset_ns = 600000;
    lab_round(&l);
    assert_int_equal(time_watch_state(f->service), TIME_SOON_OUT);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
}

/* Each unit's, within the server's: the microsecond that the cut costs counts. */
static void a_limit_of_its_own_is_kept(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now;
    lab_open(&l, f, 1, 1);
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    uint64_t error_us = now.accuracy_us;
    assert_int_equal(time_watch_now(f->service, error_us, &now), ERR_OK);
    assert_int_equal(time_watch_now(f->service, error_us - 1, &now), ERR_TIME);
    assert_int_equal(time_watch_now(f->service, 1, &now), ERR_TIME);
}

static void sources_go_and_come_back(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now;
    time_report r;
    lab_open(&l, f, 3, 2);
    lab_round(&l);
    lab_silence(&l);
    lab_pass(&l, 8 * second_ns);
    lab_round(&l);
    time_watch_read(f->service, &r);
    assert_int_equal(r.state, TIME_HOLDOVER);
    assert_int_equal(r.reason, CLOCK_UNSYNCHRONISED);
    assert_in_range(r.holdover_seconds, 190000, 200000);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    lab_pass(&l, 210000 * second_ns);
    lab_round(&l);
    assert_int_equal(time_watch_state(f->service), TIME_BAD);
    assert_int_equal(lab_now(&l, &now), ERR_TIME);
    assert_string_equal(fixture_last_audit(f).event, "time.lost");
    assert_string_equal(fixture_last_audit(f).outcome, "time_not_available");
    lab_answer(&l);
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    assert_string_equal(fixture_last_audit(f).event, "time.back");
    assert_string_equal(fixture_last_audit(f).outcome, "ok");
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM clock_history"), 4);
}

/* The next token after the clock was set sees it, and no round has to come first. */
static void a_step_is_seen_in_the_call(void **state)
{
    static const int64_t steps[] = {1000000000, -1000000000, 200000, -200000, INT64_C(86400) * 1000000000};
    fixture *f = *state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        lab l;
        time_now now;
        lab_open(&l, f, 1, 1);
        lab_round(&l);
        lab_pass(&l, second_ns);
        assert_int_equal(lab_now(&l, &now), ERR_OK);
        l.unix_ns += steps[i];
        assert_int_equal(lab_now(&l, &now), ERR_TIME);
        assert_int_equal(time_watch_state(f->service), TIME_BAD);
        assert_true(l.w->hurry);
        l.unix_ns -= steps[i];
        assert_int_equal(lab_now(&l, &now), ERR_TIME); /* set back or not: it was not watched meanwhile */
        l.unix_ns += steps[i];
        l.readings[0].offset_ns = 0; /* whoever set it set it right */
        lab_round(&l);
        assert_int_equal(lab_now(&l, &now), ERR_OK);
        l.w->has_measured = false;
    }
}

static void a_small_difference_is_counted_not_feared(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now, later;
    lab_open(&l, f, 1, 1);
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    l.unix_ns += TIME_STEP_NS;
    assert_int_equal(lab_now(&l, &later), ERR_OK);
    assert_in_range(later.accuracy_us - now.accuracy_us, TIME_STEP_NS / 1000 - 1, TIME_STEP_NS / 1000 + 1);
}

static void a_step_between_rounds_ends_the_holdover(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now;
    time_report r;
    lab_open(&l, f, 1, 1);
    lab_round(&l);
    l.unix_ns += 5 * second_ns;
    lab_silence(&l);
    lab_round(&l);
    time_watch_read(f->service, &r);
    assert_int_equal(r.state, TIME_BAD);
    assert_int_equal(r.reason, CLOCK_STEPPED);
    for (int i = 0; i < 3; i++) { /* and it does not come back by itself */
        lab_pass(&l, 8 * second_ns);
        lab_round(&l);
        assert_int_equal(lab_now(&l, &now), ERR_TIME);
    }
    lab_answer(&l);
    l.readings[0].offset_ns = 5 * second_ns;
    lab_round(&l);
    time_watch_read(f->service, &r);
    assert_int_equal(r.reason, CLOCK_LIMIT); /* measured, and wrong */
    assert_int_equal(lab_now(&l, &now), ERR_TIME);
    l.readings[0].offset_ns = 0;
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
}

static void a_step_within_a_round_spoils_it(void **state)
{
    fixture *f = *state;
    lab l;
    time_report r;
    lab_open(&l, f, 1, 1);
    l.round_takes_ns = 100 * LAB_MS;
    lab_round(&l);
    l.set_meanwhile_ns = second_ns / 2;
    lab_round(&l);
    time_watch_read(f->service, &r);
    assert_int_equal(r.reason, CLOCK_STEPPED);
    lab_round(&l);
    time_watch_read(f->service, &r);
    assert_int_equal(r.state, TIME_GOOD);
}

/* A server that asked us to wait is not asked for up to a quarter of an hour; what it said before would count again. */
static void a_step_makes_worthless_what_a_resting_server_said(void **state)
{
    fixture *f = *state;
    lab l;
    lab_open(&l, f, 1, 1);
    lab_round(&l);
    l.w->servers[0].last = l.readings[0];
    lab_pass(&l, 8 * second_ns);
    lab_round(&l);
    assert_true(l.w->servers[0].last.synchronised);
    l.unix_ns += second_ns / 2;
    lab_round(&l);
    assert_false(l.w->servers[0].last.synchronised);
}

static void what_is_too_little_for_a_step_within_a_round_counts_as_error(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now, later;
    lab_open(&l, f, 1, 1);
    l.round_takes_ns = 100 * LAB_MS;
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    l.set_meanwhile_ns = TIME_STEP_NS * 4 / 5;
    lab_round(&l);
    assert_int_equal(lab_now(&l, &later), ERR_OK);
    assert_in_range(later.accuracy_us - now.accuracy_us, TIME_STEP_NS * 4 / 5000 - 1, TIME_STEP_NS * 4 / 5000 + 1);
}

/* What chronyd measured before the clock was set is not true of the clock that was set. */
static void a_stale_chrony_does_not_count(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now;
    lab_open(&l, f, 1, 1);
    l.readings[0].kind = CLOCK_CHRONY;
    l.readings[0].mark = 1;
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    l.unix_ns += 2 * second_ns;
    for (int i = 0; i < 3; i++) {
        lab_pass(&l, 8 * second_ns);
        clock_reading said = l.readings[0]; /* it says the same as before */
        lab_round(&l);
        l.readings[0] = said;
        assert_int_equal(lab_now(&l, &now), ERR_TIME);
    }
    l.readings[0].mark = 2;
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
}

static void before_a_leap_second_it_stops_by_itself(void **state)
{
    fixture *f = *state;
    lab l;
    time_now now;
    lab_open(&l, f, 1, 1);
    const int64_t leap_s = INT64_C(1798761600);
    l.unix_ns = (leap_s - 10) * second_ns;
    l.readings[0].leap = 1;
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    assert_int_equal(now.leap, 1);
    lab_pass(&l, 8 * second_ns - 1);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    lab_pass(&l, 1); /* no round came in between */
    assert_int_equal(lab_now(&l, &now), ERR_TIME);
    lab_pass(&l, 5 * second_ns);
    assert_int_equal(lab_now(&l, &now), ERR_TIME);
    l.readings[0].leap = 0;
    l.readings[0].offset_ns = second_ns; /* the clock did not take part */
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_TIME);
    l.unix_ns -= second_ns;
    l.readings[0].offset_ns = 0;
    lab_round(&l);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
}

/* A clock that nothing steers runs off by 50 ppm while the setting says OCXO: the hold-over goes by what it does. */
static void a_clock_that_runs_off_holds_less(void **state)
{
    fixture *f = *state;
    lab l;
    time_report r;
    lab_open(&l, f, 1, 1);
    l.w->options.oscillator = oscillator_ocxo;
    lab_round(&l);
    time_watch_read(f->service, &r);
    assert_true(r.holdover_seconds > 200 * 86400);
    for (int i = 0; i < 100; i++) {
        lab_pass(&l, 8 * second_ns);
        l.readings[0].offset_ns += 8 * 50000;
        lab_round(&l);
    }
    time_watch_read(f->service, &r);
    assert_true(r.oscillator.frequency >= 50e-6 && r.oscillator.frequency < 90e-6);
    assert_in_range(r.holdover_seconds, 900000 / 90, 1000000 / 50);
    lab_silence(&l);
    lab_pass(&l, 25000 * second_ns);
    lab_round(&l);
    assert_int_equal(time_watch_state(f->service), TIME_BAD);
}

static void the_thread_measures_and_is_hurried(void **state)
{
    fixture *f = *state;
    time_now now;
    lab l;
    lab_open(&l, f, 1, 1);
    l.w->options.interval_ms = 60000;
    assert_int_equal(time_watch_start(f->service), ERR_OK);
    for (int i = 0; i < 500 && lab_now(&l, &now) != ERR_OK; i++)
        (void)usleep(10000);
    assert_int_equal(lab_now(&l, &now), ERR_OK);
    time_watch_stop(f->service);
    time_watch_stop(f->service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_watches_the_clock_of_a_demonstration, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(before_the_first_round_there_is_no_time, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_accuracy_grows_between_rounds, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_servers_own_limit_holds_for_all, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_limit_of_its_own_is_kept, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(sources_go_and_come_back, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_step_is_seen_in_the_call, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_small_difference_is_counted_not_feared, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_step_between_rounds_ends_the_holdover, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_step_within_a_round_spoils_it, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_step_makes_worthless_what_a_resting_server_said, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(what_is_too_little_for_a_step_within_a_round_counts_as_error, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_stale_chrony_does_not_count, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(before_a_leap_second_it_stops_by_itself, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_runs_off_holds_less, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_thread_measures_and_is_hurried, fixture_setup, fixture_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
