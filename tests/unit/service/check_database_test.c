#include "bench_of_checks.h"

static database_facts good(void)
{
    return (database_facts){.commit_us = 900, .size = 4096, .wal = 0, .integrity_known = true, .finding = ""};
}

static check_state judged(bench *b, const database_facts *f, const char *id)
{
    b->k.n = 0;
    check_database_judge(&b->k, f);
    return bench_state(b, id);
}

static void writing_and_committing(void **state)
{
    bench *b = *state;
    database_facts f = good();
    assert_int_equal(judged(b, &f, "database.write"), CHECK_OK);
    f.write = ERR_DISK_FULL;
    assert_int_equal(judged(b, &f, "database.write"), CHECK_FAILED);
    f.write = ERR_SELF_TEST; /* another check's */
    assert_int_equal(judged(b, &f, "database.write"), CHECK_OK);
    f.commit_us = 200000;
    assert_int_equal(judged(b, &f, "database.commit"), CHECK_OK);
    f.commit_us = 200001;
    assert_int_equal(judged(b, &f, "database.commit"), CHECK_WARNING);
    f.commit_us = 2000001;
    assert_int_equal(judged(b, &f, "database.commit"), CHECK_FAILED);
    f.commit_us = -1;
    assert_int_equal(judged(b, &f, "database.commit"), CHECK_UNKNOWN);
}

static void the_file_and_its_log(void **state)
{
    bench *b = *state;
    database_facts f = good();
    f.wal = INT64_C(256) << 20;
    assert_int_equal(judged(b, &f, "database.wal"), CHECK_OK);
    f.wal++;
    assert_int_equal(judged(b, &f, "database.wal"), CHECK_WARNING);
    f.wal = (INT64_C(2) << 30) + 1;
    assert_int_equal(judged(b, &f, "database.wal"), CHECK_FAILED);
    assert_int_equal(judged(b, &f, "database.integrity"), CHECK_OK);
    f.integrity = ERR_CORRUPT;
    assert_int_equal(judged(b, &f, "database.integrity"), CHECK_FAILED);
    f.integrity = ERR_TIMEOUT; /* it is large: nothing was found as far as it was looked through */
    assert_int_equal(judged(b, &f, "database.integrity"), CHECK_UNKNOWN);
    f.integrity_known = false;
    assert_int_equal(judged(b, &f, "database.integrity"), CHECK_FAILED + 1);
    f.size = -1;
    assert_int_equal(judged(b, &f, "database.size"), CHECK_UNKNOWN);
}

RUN_ON_BENCH(ON_BENCH(writing_and_committing), ON_BENCH(the_file_and_its_log))
