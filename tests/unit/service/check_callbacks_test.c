#include "bench_of_checks.h"

static const int64_t now_ms = INT64_C(1800000000000);

static check_state judged(bench *b, int64_t undelivered, int64_t since_ms)
{
    b->k.n = 0;
    check_endpoint_judge(&b->k, "https://emr.hospital.example/cb", undelivered, since_ms, now_ms);
    assert_string_equal(b->results[0].subject, "https://emr.hospital.example/cb");
    return bench_state(b, "callbacks.endpoint");
}

static void an_endpoint_at_its_limits(void **state)
{
    bench *b = *state;
    assert_int_equal(judged(b, 0, 0), CHECK_OK);
    assert_int_equal(judged(b, 1, now_ms), CHECK_WARNING);
    assert_int_equal(judged(b, 1, now_ms - CHECK_HOUR_MS), CHECK_WARNING);
    assert_int_equal(judged(b, 5, now_ms - CHECK_HOUR_MS - 1), CHECK_FAILED);
}

/* Several systems behind one integration engine: alarms and metrics know one by its subject. */
static void endpoints_of_one_url_are_one_result(void **state)
{
    static const char *const urls[] = {"https://bus.hospital.example/cb?token=geheim",
                                       "https://bus.hospital.example/cb", "https://bus.hospital.example/cb?system=lis"};
    bench *b = *state;
    const int64_t since[] = {now_ms, now_ms - CHECK_HOUR_MS - 1, now_ms};
    for (size_t i = 0; i < 3; i++)
        check_endpoint_judge(&b->k, urls[i], (int64_t)i + 1, since[i], now_ms);
    assert_int_equal(b->k.n, 1);
    assert_string_equal(b->results[0].subject, "https://bus.hospital.example/cb");
    assert_int_equal(b->results[0].state, CHECK_FAILED); /* the worst of them */
    assert_string_equal(b->results[0].value, "2 (1 h)");
    check_endpoint_judge(&b->k, "https://other.hospital.example/cb", 0, 0, now_ms);
    assert_int_equal(b->k.n, 2);
}

RUN_ON_BENCH(ON_BENCH(an_endpoint_at_its_limits), ON_BENCH(endpoints_of_one_url_are_one_result))
