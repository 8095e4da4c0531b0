#include "bench_of_checks.h"

static check_state url(bench *b, const char *text)
{
    b->k.n = 0;
    check_configuration_judge(&b->k, &(configuration_facts){text, false, false});
    return bench_state(b, "configuration.public_url");
}

static void addresses(void **state)
{
    bench *b = *state;
    assert_int_equal(url(b, "https://sign.hospital.example"), CHECK_OK);
    static const char *const poor[] = {"http://sign.hospital.example", "https://127.0.0.1:8970", "https://localhost",
                                       "https://[::1]:8970", "http://0.0.0.0:1"};
    for (size_t i = 0; i < sizeof poor / sizeof *poor; i++)
        assert_int_equal(url(b, poor[i]), CHECK_WARNING);
}

static void modes(void **state)
{
    bench *b = *state;
    check_configuration_judge(&b->k, &(configuration_facts){"https://a.example", true, true});
    assert_int_equal(bench_state(b, "configuration.clock"), CHECK_WARNING);
    assert_int_equal(bench_state(b, "configuration.sandbox"), CHECK_WARNING);
    for (size_t i = 0; i < b->k.n; i++)
        assert_true(b->results[i].kind->quiet); /* as somebody wanted it: no alarm */
}

RUN_ON_BENCH(ON_BENCH(addresses), ON_BENCH(modes))
