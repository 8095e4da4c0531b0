#include "service/monitor_internal.h"

#include "fixture.h"

static void differences_between_two_readings(void **state)
{
    static monitor_counters before, now;
    int64_t value[MONITOR_METRIC_COUNT];
    (void)state;
    memset(&before, 0, sizeof before);
    memset(&now, 0, sizeof now);
    before.host = (host_reading){.cpu_busy = 100, .cpu_total = 1000, .net_sent = 50, .process_cpu_ns = 1000};
    now.host = (host_reading){.cpu_busy = 150,
                              .cpu_total = 1200,
                              .net_sent = 80,
                              .memory_total = 1000,
                              .memory_available = 400,
                              .process_cpu_ns = 500001000,
                              .temperature = HOST_UNKNOWN};
    now.at_ns = 1000000000;
    now.signatures = 7;
    now.tokens = 3;
    now.requests.requests = 12;
    now.requests.answers[1] = 10;
    now.requests.answers[4] = 2;
    now.requests.latency.bucket[5] = 12;
    monitor_compute(value, &before, &now);
    assert_int_equal(value[MONITOR_cpu], 250);
    assert_int_equal(value[MONITOR_net_sent], 30);
    assert_int_equal(value[MONITOR_memory_used], 600);
    assert_int_equal(value[MONITOR_process_cpu], 500);
    assert_int_equal(value[MONITOR_temperature], HOST_UNKNOWN);
    assert_int_equal(value[MONITOR_signatures], 7);
    assert_int_equal(value[MONITOR_requests], 12);
    assert_int_equal(value[MONITOR_answers_2xx], 10);
    assert_int_equal(value[MONITOR_answers_5xx], 2);
    assert_int_equal(value[MONITOR_latency_p99], 5);
}

static void what_is_not_known_stays_so(void **state)
{
    static monitor_counters before, now;
    int64_t value[MONITOR_METRIC_COUNT];
    (void)state;
    memset(&before, 0, sizeof before);
    memset(&now, 0, sizeof now);
    before.host.cpu_total = before.host.cpu_busy = HOST_UNKNOWN;
    before.host.net_received = 500; /* and less now: the counter began anew */
    now.host.memory_total = 1000;
    now.host.memory_available = HOST_UNKNOWN;
    monitor_compute(value, &before, &now);
    assert_int_equal(value[MONITOR_cpu], HOST_UNKNOWN);
    assert_int_equal(value[MONITOR_net_received], HOST_UNKNOWN);
    assert_int_equal(value[MONITOR_memory_used], HOST_UNKNOWN);
    assert_int_equal(value[MONITOR_latency_p50], HOST_UNKNOWN); /* nobody asked */
    assert_int_equal(value[MONITOR_process_cpu], HOST_UNKNOWN); /* no time has passed */
}

static void a_round_leaves_a_row(void **state)
{
    fixture *f = *state;
    f->service->options.node = NULL;
    assert_int_equal(monitor_round(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM monitor_minute"), 1);
    assert_int_equal(fixture_number(f, "SELECT at FROM monitor_minute"), f->now_ms / 60000 * 60000 - 60000);
    assert_true(fixture_number(f, "SELECT memory_total FROM monitor_minute") > 0);
    assert_int_equal(monitor_round(f->service, f->arena, f->now_ms), ERR_OK); /* the same minute */
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM monitor_minute"), 1);
    assert_string_equal(monitor_metric_name(MONITOR_latency_p95), "latency_p95");
    assert_true(strlen(monitor_node(f->service)) > 0);
}

static void read_requests(void *context, monitor_requests *out)
{
    (void)context;
    *out = (monitor_requests){.requests = 5, .waiting = 2};
}

static void the_server_is_asked_for_its_requests(void **state)
{
    fixture *f = *state;
    int64_t value[MONITOR_METRIC_COUNT];
    monitor_set_requests(f->service, read_requests, NULL);
    monitor_measure(f->service, f->arena, value);
    assert_int_equal(value[MONITOR_requests], 5);
    assert_int_equal(value[MONITOR_requests_waiting], 2);
    monitor_set_requests(f->service, NULL, NULL);
    monitor_measure(f->service, f->arena, value);
    assert_int_equal(value[MONITOR_requests_waiting], 0);
}

static void it_starts_and_stops(void **state)
{
    fixture *f = *state;
    assert_int_equal(monitor_start(f->service), ERR_OK);
    monitor_stop(f->service);
    monitor_stop(f->service);
    monitor_stop(NULL);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_between_two_readings),
        cmocka_unit_test(what_is_not_known_stays_so),
        WITH_FIXTURE(a_round_leaves_a_row),
        WITH_FIXTURE(the_server_is_asked_for_its_requests),
        WITH_FIXTURE(it_starts_and_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
