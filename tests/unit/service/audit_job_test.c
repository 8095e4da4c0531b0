#include "service/audit_job.h"

#include <time.h>

#include "fixture.h"

static audit_job_state finished(fixture *f)
{
    audit_job_state job;
    static const struct timespec pause = {0, 2000000};
    do {
        (void)nanosleep(&pause, NULL);
        audit_job_read(f->service, &job);
    } while (job.running);
    return job;
}

static void a_finding_is_a_row_of_its_own(void **state)
{
    fixture *f = *state;
    audit_job_state job;
    audit_job_read(f->service, &job);
    assert_false(job.running || job.done);
    assert_int_equal(audit_job_start_now(fixture_call(f, "audit.check"), &job), ERR_OK);
    job = finished(f);
    assert_true(job.done && job.finding.intact);
    assert_int_equal(job.rows, job.total);
    audit_entry row = fixture_last_audit(f);
    assert_string_equal(row.event, "audit.checked");
    assert_string_equal(row.outcome, "ok");
    assert_string_equal(row.actor, "operator:uid:1000");
}

static void damage_is_told(void **state)
{
    fixture *f = *state;
    fixture_user(f, "D1", "王建国");
    fixture_write(f, "UPDATE audit SET outcome = 'ok ' WHERE event = 'user.create'", NULL, 0);
    assert_int_equal(audit_job_start(f->service, "server", "server"), ERR_OK);
    audit_job_state job = finished(f);
    assert_true(job.done && !job.finding.intact);
    assert_string_equal(fixture_last_audit(f).outcome, "data_corrupt");
    assert_int_equal(audit_job_start(f->service, "server", "server"), ERR_OK); /* once more */
    job = finished(f);
    assert_false(job.finding.intact);
}

static void rows_that_a_search_would_miss_are_told(void **state)
{
    fixture *f = *state;
    fixture_write(f, "INSERT INTO audit_block (block, node, from_ms, to_ms, origins) VALUES (0, x'00', 1, 2, x'00')", NULL,
                  0);
    assert_int_equal(audit_job_start(f->service, "server", "server"), ERR_OK);
    audit_job_state job = finished(f);
    assert_true(job.done && !job.finding.intact);
    assert_string_equal(job.finding.what, "the search's summary of the rows from 1 to 4096 is not what they give");
}

static void closing_ends_one_that_runs(void **state)
{
    fixture *f = *state;
    assert_int_equal(audit_job_start(f->service, "server", "server"), ERR_OK);
    fixture_close(f);
    fixture_open(f);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_finding_is_a_row_of_its_own),
        WITH_FIXTURE(damage_is_told),
        WITH_FIXTURE(rows_that_a_search_would_miss_are_told),
        WITH_FIXTURE(closing_ends_one_that_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
