#include "service/certificate_statistics.h"

#include "fixture.h"

static const int64_t day = INT64_C(86400000), hour = INT64_C(3600000);

static int64_t at(const char *text)
{
    int64_t ms;
    assert_true(clock_read(&ms, text));
    return ms;
}

static int64_t count_of(const certificate_count *counts, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(counts[i].what, what) == 0)
            return counts[i].certificates;
    return 0;
}

static void certificate_set(fixture *f, const fixture_key *k, const char *created, const char *ends)
{
    fixture_write(f, "UPDATE certificate SET created_at = $2, not_after = $3 WHERE serial = $1",
                  (store_value[]){store_blob(k->parsed.serial.p, k->parsed.serial.n), store_int(at(created)),
                                  store_int(at(ends))},
                  3);
}

static void an_empty_table_counts_nothing(void **state)
{
    fixture *f = *state;
    certificate_statistics x;
    f->now_ms = at("2026-03-01T12:00:00+08:00");
    assert_int_equal(certificate_statistics_get(fixture_call(f, NULL), &x), ERR_OK);
    assert_int_equal(x.by_state_n, 0);
    assert_int_equal(x.by_profile_n, 0);
    assert_int_equal(x.people, 0);
    assert_int_equal(x.issued[0].start_ms, at("2025-04-01T00:00:00+08:00"));
    assert_int_equal(x.issued[11].start_ms, at("2026-03-01T00:00:00+08:00"));
    assert_int_equal(x.expiring[0].start_ms, at("2026-03-01T00:00:00+08:00"));
    assert_int_equal(x.expiring[10].start_ms, at("2027-01-01T00:00:00+08:00"));
    assert_int_equal(x.expiring[23].start_ms, at("2028-02-01T00:00:00+08:00"));
}

static void months_are_those_of_china(void **state)
{
    fixture *f = *state;
    fixture_key k[6];
    certificate_statistics x;
    user u = fixture_user(f, "D1001", "王建国"), other = fixture_user(f, "D1002", "李秀英");
    for (int i = 0; i < 6; i++)
        fixture_certify(f, i == 5 ? &other : &u, &k[i]);
    f->now_ms = at("2026-02-28T23:30:00+08:00");
    certificate_set(f, &k[0], "2026-02-01T00:00:00+08:00", "2026-02-28T23:45:00+08:00"); /* this month, both */
    certificate_set(f, &k[1], "2026-01-31T23:59:59.999+08:00", "2026-03-01T00:00:00+08:00");
    certificate_set(f, &k[2], "2025-03-01T00:00:00+08:00",
                    "2028-01-31T23:59:59+08:00"); /* the first month, the last one */
    certificate_set(f, &k[3], "2025-02-28T23:59:59+08:00", "2028-02-01T00:00:00+08:00"); /* before, and after */
    certificate_set(f, &k[4], "2026-02-28T00:00:00+08:00", "2026-02-28T23:00:00+08:00"); /* over */
    certificate_set(f, &k[5], "2026-02-28T00:00:00+08:00", "2026-05-01T00:00:00+08:00");
    certificate_view out;
    assert_int_equal(
        certificate_revoke(fixture_call(f, "certificate.revoke"), k[5].parsed.serial, REASON_UNSPECIFIED, &out),
        ERR_OK);
    assert_int_equal(certificate_statistics_get(fixture_call(f, NULL), &x), ERR_OK);
    assert_int_equal(x.issued[11].certificates, 3);
    assert_int_equal(x.issued[10].certificates, 1);
    assert_int_equal(x.issued[0].certificates, 1);
    assert_int_equal(x.expiring[0].certificates, 1);
    assert_int_equal(x.expiring[1].certificates, 1);
    assert_int_equal(x.expiring[3].certificates, 0); /* a revoked one */
    assert_int_equal(x.expiring[23].certificates, 1);
    assert_int_equal(x.within_30_days, 2);
    assert_int_equal(x.within_90_days, 2);
    assert_int_equal(x.people, 1);
    assert_int_equal(count_of(x.by_state, x.by_state_n, "active"), 4);
    assert_int_equal(count_of(x.by_state, x.by_state_n, "expired"), 1);
    assert_int_equal(count_of(x.by_state, x.by_state_n, "revoked"), 1);
    assert_int_equal(x.by_profile_n, 1);
    assert_int_equal(x.by_profile[0].certificates, 4);
    assert_int_equal(x.by_profile[0].version, 1);
    f->now_ms += 30 * day - hour;
    assert_int_equal(certificate_statistics_get(fixture_call(f, NULL), &x), ERR_OK);
    assert_int_equal(x.within_90_days, 0);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(an_empty_table_counts_nothing),
        WITH_FIXTURE(months_are_those_of_china),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
