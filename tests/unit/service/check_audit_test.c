#include "bench_of_checks.h"

static const int64_t now_ms = INT64_C(1800000000000);

static check_state judged(bench *b, const audit_facts *f, const char *id)
{
    b->k.n = 0;
    check_audit_judge(&b->k, f, now_ms);
    return bench_state(b, id);
}

static void head_and_log(void **state)
{
    bench *b = *state;
    audit_facts f = {.head_read = true, .authentic = true, .head_size = 7, .last = 7, .finding = ""};
    assert_int_equal(judged(b, &f, "audit.head"), CHECK_OK);
    assert_int_equal(judged(b, &f, "audit.log"), CHECK_UNKNOWN);
    f.last = 8;
    assert_int_equal(judged(b, &f, "audit.head"), CHECK_FAILED);
    f.last = 7;
    f.authentic = false;
    assert_int_equal(judged(b, &f, "audit.head"), CHECK_FAILED);
    f.authentic = true;
    f.head_read = false;
    assert_int_equal(judged(b, &f, "audit.head"), CHECK_FAILED);
    f.job_known = f.job_intact = true;
    f.job_at_ms = now_ms - 3 * CHECK_DAY_MS;
    assert_int_equal(judged(b, &f, "audit.log"), CHECK_OK);
    assert_int_equal(judged(b, &f, "audit.age"), CHECK_OK);
    f.job_at_ms--;
    assert_int_equal(judged(b, &f, "audit.log"), CHECK_OK);
    assert_int_equal(judged(b, &f, "audit.age"), CHECK_WARNING);
    f.job_intact = false;
    f.finding = "row 3 was changed";
    assert_int_equal(judged(b, &f, "audit.log"), CHECK_FAILED);
    f.job_failed = ERR_IO; /* the one after it could not read the log: what was found stands */
    assert_int_equal(judged(b, &f, "audit.log"), CHECK_FAILED);
}

static void a_check_that_does_not_come_is_told(void **state)
{
    bench *b = *state;
    audit_facts f = {.head_read = true, .authentic = true, .finding = "", .started_ms = now_ms - 600000};
    assert_int_equal(judged(b, &f, "audit.age"), CHECK_OK);
    f.started_ms--;
    assert_int_equal(judged(b, &f, "audit.age"), CHECK_WARNING);
    f.job_running = true; /* a long log */
    assert_int_equal(judged(b, &f, "audit.age"), CHECK_OK);
    f.job_failed = ERR_IO;
    assert_int_equal(judged(b, &f, "audit.age"), CHECK_WARNING);
    assert_string_equal(b->results[2].value, err_code(ERR_IO));
    f.job_known = f.job_intact = true; /* an earlier one was good */
    assert_int_equal(judged(b, &f, "audit.age"), CHECK_WARNING);
    assert_int_equal(judged(b, &f, "audit.log"), CHECK_OK);
}

RUN_ON_BENCH(ON_BENCH(head_and_log), ON_BENCH(a_check_that_does_not_come_is_told))
