#include "bench_of_checks.h"

static const int64_t now_ms = INT64_C(1800000000000);

static certificate_facts good(void)
{
    return (certificate_facts){.root_end_ms = now_ms + 3650 * CHECK_DAY_MS,
                               .issuing_end_ms = now_ms + 3650 * CHECK_DAY_MS,
                               .root_crl_ms = now_ms + 24 * CHECK_HOUR_MS,
                               .issuing_crl_ms = now_ms + 24 * CHECK_HOUR_MS,
                               .crl_life_ms = 24 * CHECK_HOUR_MS};
}

static check_state judged(bench *b, const certificate_facts *f, const char *id)
{
    b->k.n = 0;
    check_certificates_judge(&b->k, f, now_ms);
    return bench_state(b, id);
}

static void ends_at_their_limits(void **state)
{
    bench *b = *state;
    certificate_facts f = good();
    assert_int_equal(judged(b, &f, "certificates.tls"), CHECK_FAILED + 1); /* there is none */
    f.root_end_ms = now_ms + 180 * CHECK_DAY_MS;
    f.issuing_end_ms = now_ms + 30 * CHECK_DAY_MS - 1;
    f.tls_end_ms = now_ms + 30 * CHECK_DAY_MS - 1;
    assert_int_equal(judged(b, &f, "certificates.root"), CHECK_OK);
    assert_int_equal(judged(b, &f, "certificates.issuing"), CHECK_FAILED);
    assert_int_equal(judged(b, &f, "certificates.tls"), CHECK_WARNING);
    f.root_end_ms--;
    f.tls_end_ms = now_ms + 7 * CHECK_DAY_MS - 1;
    assert_int_equal(judged(b, &f, "certificates.root"), CHECK_WARNING);
    assert_int_equal(judged(b, &f, "certificates.tls"), CHECK_FAILED);
}

static void lists_at_their_limits(void **state)
{
    bench *b = *state;
    certificate_facts f = good();
    f.root_crl_ms = now_ms + 6 * CHECK_HOUR_MS;
    f.issuing_crl_ms = now_ms + 6 * CHECK_HOUR_MS - 1;
    assert_int_equal(judged(b, &f, "certificates.root_crl"), CHECK_OK);
    assert_int_equal(judged(b, &f, "certificates.issuing_crl"), CHECK_WARNING);
    f.root_crl_ms = 0;
    f.issuing_crl_ms = now_ms;
    assert_int_equal(judged(b, &f, "certificates.root_crl"), CHECK_FAILED);
    assert_int_equal(judged(b, &f, "certificates.issuing_crl"), CHECK_FAILED);
}

static void personal_ones_and_units(void **state)
{
    bench *b = *state;
    certificate_facts f = good();
    f.expiring_30 = 12;
    assert_int_equal(judged(b, &f, "certificates.personal"), CHECK_OK);
    f.expiring_7 = 1;
    assert_int_equal(judged(b, &f, "certificates.personal"), CHECK_WARNING);
    f.expiring_30 = -1;
    assert_int_equal(judged(b, &f, "certificates.personal"), CHECK_UNKNOWN);
    static const struct {
        int64_t days;
        check_state state;
    } rows[] = {{60, CHECK_OK}, {59, CHECK_WARNING}, {14, CHECK_WARNING}, {13, CHECK_FAILED}, {-1, CHECK_FAILED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        b->k.n = 0;
        check_unit_judge(&b->k, "sm2", now_ms + rows[i].days * CHECK_DAY_MS, now_ms);
        assert_int_equal(bench_state(b, "certificates.tsa"), rows[i].state);
        assert_string_equal(b->results[0].subject, "sm2");
    }
}

RUN_ON_BENCH(ON_BENCH(ends_at_their_limits), ON_BENCH(lists_at_their_limits), ON_BENCH(personal_ones_and_units))
