#include "fixture.h"
#include "service/monitor_internal.h"

static const int64_t minute_ms = 60000, hour_ms = 3600000, day_ms = 86400000;

static void write_row(fixture *f, int64_t at_ms, int64_t cpu, int64_t requests)
{
    int64_t value[MONITOR_METRIC_COUNT];
    for (size_t i = 0; i < MONITOR_METRIC_COUNT; i++)
        value[i] = HOST_UNKNOWN;
    value[MONITOR_cpu] = cpu;
    value[MONITOR_requests] = requests;
    assert_int_equal(monitor_write(f->service, f->arena, at_ms, value), ERR_OK);
}

static monitor_history read_history(fixture *f, int64_t from_ms, int64_t to_ms, int64_t step_s)
{
    monitor_history h;
    assert_int_equal(monitor_read_history(fixture_call(f, NULL),
                                          &(monitor_query){.from_ms = from_ms, .to_ms = to_ms, .step_s = step_s}, &h),
                     ERR_OK);
    return h;
}

static void minutes_and_steps(void **state)
{
    fixture *f = *state;
    int64_t t = f->now_ms / hour_ms * hour_ms - hour_ms;
    write_row(f, t, 100, 10);
    write_row(f, t + minute_ms, 300, 20);
    write_row(f, t + 5 * minute_ms, HOST_UNKNOWN, 5);
    monitor_history h = read_history(f, t, t + 10 * minute_ms, 60);
    assert_int_equal(h.n, 3);
    assert_int_equal(h.points[1].value[MONITOR_cpu], 300);
    assert_int_equal(h.points[2].value[MONITOR_cpu], HOST_UNKNOWN);
    h = read_history(f, t, t + 10 * minute_ms, 300);
    assert_int_equal(h.n, 2);
    assert_int_equal(h.points[0].at_ms, t);
    assert_int_equal(h.points[0].value[MONITOR_cpu], 200);     /* a mean */
    assert_int_equal(h.points[0].value[MONITOR_requests], 30); /* a sum */
    assert_int_equal(h.nodes_n, 1);
    assert_string_equal(h.nodes[0], monitor_node(f->service));
    h = read_history(f, t, t + 10 * minute_ms, 0);
    assert_int_equal(h.step_s, 60);
}

static void hours_that_are_over_are_put_together_once(void **state)
{
    fixture *f = *state;
    int64_t t = f->now_ms / hour_ms * hour_ms;
    write_row(f, t - 2 * hour_ms, 100, 1);
    write_row(f, t - hour_ms, 200, 2);
    write_row(f, t - hour_ms + minute_ms, 400, 3);
    write_row(f, t, 800, 4); /* of the hour that runs */
    assert_int_equal(monitor_roll_up(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM monitor_hour"), 2);
    assert_int_equal(fixture_number(f, "SELECT requests FROM monitor_hour ORDER BY at DESC LIMIT 1"), 5);
    f->service->monitor->rolled_up_ms = 0; /* as after a restart */
    assert_int_equal(monitor_roll_up(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM monitor_hour"), 2);
    monitor_history h = read_history(f, t - 2 * hour_ms, t + hour_ms, 3600);
    assert_int_equal(h.n, 3); /* two hours, and the minutes of the third */
    assert_int_equal(h.points[1].value[MONITOR_cpu], 300);
    assert_int_equal(h.points[2].value[MONITOR_requests], 4);
}

static void what_is_too_old_goes(void **state)
{
    fixture *f = *state;
    write_row(f, f->now_ms - 31 * day_ms, 100, 1);
    write_row(f, f->now_ms - 400 * day_ms, 100, 1);
    assert_int_equal(monitor_roll_up(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM monitor_minute"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM monitor_hour"),
                     1); /* a month old; the other is more than a year */
    monitor_history h = read_history(f, f->now_ms - 60 * day_ms, f->now_ms, 0);
    assert_int_equal(h.step_s % 3600, 0);
    assert_int_equal(h.n, 1);
}

static err ask(fixture *f, int64_t from_ms, int64_t to_ms, int64_t step_s)
{
    monitor_history h;
    return monitor_read_history(fixture_call(f, NULL),
                                &(monitor_query){.from_ms = from_ms, .to_ms = to_ms, .step_s = step_s}, &h);
}

static void what_cannot_be_asked(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, f->now_ms, f->now_ms, 60), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "from");
    assert_int_equal(ask(f, -1, f->now_ms, 60), ERR_FIELD_VALUE);
    assert_int_equal(ask(f, f->now_ms - hour_ms, f->now_ms, 59), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "step");
    assert_int_equal(ask(f, f->now_ms - hour_ms, f->now_ms, 61), ERR_FIELD_VALUE);
    assert_int_equal(ask(f, f->now_ms - 2 * day_ms, f->now_ms, 60), ERR_LIMIT);
    assert_int_equal(ask(f, f->now_ms - 25 * hour_ms, f->now_ms, 60), ERR_OK);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(minutes_and_steps),
        WITH_FIXTURE(hours_that_are_over_are_put_together_once),
        WITH_FIXTURE(what_is_too_old_goes),
        WITH_FIXTURE(what_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
