#include "bench_of_checks.h"

static const int64_t now_ms = INT64_C(1800000000000);

static check_state judged(bench *b, const key_facts *f, const char *id)
{
    b->k.n = 0;
    check_keys_judge(&b->k, f, now_ms);
    return bench_state(b, id);
}

static void each_of_them(void **state)
{
    bench *b = *state;
    key_facts f = {.same = true,
                   .seals = true,
                   .selftest_passed = true,
                   .selftest_at_ms = now_ms - 25 * CHECK_HOUR_MS,
                   .selftest_failures = ""};
    assert_int_equal(judged(b, &f, "keys.master"), CHECK_OK);
    assert_int_equal(judged(b, &f, "keys.seal"), CHECK_OK);
    assert_int_equal(judged(b, &f, "keys.self_tests"), CHECK_OK);
    f.selftest_at_ms--;
    assert_int_equal(judged(b, &f, "keys.self_tests"), CHECK_WARNING);
    f.selftest_passed = false;
    f.selftest_failures = "sm3";
    assert_int_equal(judged(b, &f, "keys.self_tests"), CHECK_FAILED);
    assert_string_equal(b->results[2].value, "sm3");
    f.same = f.seals = false;
    assert_int_equal(judged(b, &f, "keys.master"), CHECK_FAILED);
    assert_int_equal(judged(b, &f, "keys.seal"), CHECK_FAILED);
    f.same = true;
    f.master = ERR_FORBIDDEN;
    assert_int_equal(judged(b, &f, "keys.master"), CHECK_FAILED);
}

RUN_ON_BENCH(ON_BENCH(each_of_them))
