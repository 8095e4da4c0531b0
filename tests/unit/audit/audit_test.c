#include "unit/audit/log_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "os/clock.h"
#include "unit/store/faulty_disk.h"

static int64_t rows(log_fixture *f)
{
    return scratch_number(f->store, "SELECT COUNT(*) FROM audit");
}

static void a_record_is_written_as_given(void **state)
{
    log_fixture *f = *state;
    char detail[] = "短";
    store_unit *u = store_unit_begin(f->arena);
    const audit_record r = {1767225600123, "user.create", "user_exists", "operator:socket:1000", NULL, "", detail};
    assert_int_equal(audit_add(f->audit, f->arena, u, &r), ERR_OK);
    memset(detail, 'x', sizeof detail - 1); /* the record was copied */
    assert_int_equal(store_commit(f->store, u), ERR_OK);
    const store_value *row;
    assert_int_equal(
        store_query_one(f->store, f->arena, &row, ERR_OK,
                        "SELECT sequence, time_ms, event, outcome, actor, subject, origin, detail FROM audit", NULL, 0),
        ERR_OK);
    assert_int_equal(row[0].i, 1);
    assert_true(row[1].i == 1767225600123);
    assert_string_equal(row[2].p, "user.create");
    assert_string_equal(row[3].p, "user_exists");
    assert_string_equal(row[4].p, "operator:socket:1000");
    assert_int_equal(row[5].type, STORE_NULL);
    assert_string_equal(row[6].p, "");
    assert_string_equal(row[7].p, "短");
}

static void a_record_that_does_not_fit_is_refused(void **state)
{
    log_fixture *f = *state;
    static char text[2002];
    memset(text, 'a', 2001);
    audit_record r = log_record(text);
    store_unit *u = store_unit_begin(f->arena);
    assert_int_equal(audit_add(f->audit, f->arena, u, &r), ERR_LENGTH);
    r.detail = text + 1;
    assert_int_equal(audit_add(f->audit, f->arena, u, &r), ERR_OK);
    r = log_record(NULL);
    r.actor = text + 2001 - 501;
    assert_int_equal(audit_add(f->audit, f->arena, u, &r), ERR_LENGTH);
    r = log_record("\xff");
    assert_int_equal(audit_add(f->audit, f->arena, u, &r), ERR_UTF8);
    r = log_record(NULL);
    r.event = NULL;
    assert_int_equal(audit_add(f->audit, f->arena, u, &r), ERR_ARG);
    r = log_record(NULL);
    assert_int_equal(audit_add(f->audit, f->arena, NULL, &r), ERR_MEMORY);
    arena *tiny = arena_create(64);
    assert_int_equal(audit_add(f->audit, tiny, u, &r), ERR_MEMORY);
    arena_destroy(tiny);
    assert_int_equal(store_commit(f->store, u), ERR_OK);
    assert_int_equal(rows(f), 1);
}

static void a_unit_carries_several_records(void **state)
{
    log_fixture *f = *state;
    store_unit *u = store_unit_begin(f->arena);
    log_add(f, u, "first");
    log_add(f, u, "second");
    log_add(f, u, NULL);
    assert_int_equal(store_commit(f->store, u), ERR_OK);
    assert_int_equal(scratch_number(f->store, "SELECT sequence FROM audit WHERE detail = 'second'"), 2);
    audit_finding found = log_check(f);
    assert_true(found.intact);
    assert_int_equal(found.rows, 3);
}

static err refuse(void *ctx, store_writer *w, void *data)
{
    (void)ctx;
    (void)w;
    (void)data;
    return ERR_CONFLICT;
}

/* The record's step has run by then, so the tree must go back by it. */
static void a_unit_that_fails_after_its_record_leaves_no_trace(void **state)
{
    log_fixture *f = *state;
    log_fill(f, 3);
    for (int i = 0; i < 3; i++) {
        store_unit *u = store_unit_begin(f->arena);
        log_add(f, u, "one");
        log_add(f, u, "two");
        store_unit_step(u, refuse, NULL, NULL);
        assert_int_equal(store_commit(f->store, u), ERR_CONFLICT);
    }
    log_fill(f, 1);
    audit_finding found = log_check(f);
    assert_true(found.intact);
    assert_int_equal(found.rows, 4);
    assert_int_equal(log_reopen(f), ERR_OK);
}

static void a_lost_commit_leaves_no_trace(void **state)
{
    log_fixture *f = *state;
    log_fill(f, 3);
    atomic_store(&faulty_writes, 1000000);
    for (int i = 0; i < 3; i++) {
        store_unit *u = store_unit_begin(f->arena);
        log_add(f, u, "lost");
        assert_int_equal(store_commit(f->store, u), ERR_DISK_FULL);
    }
    atomic_store(&faulty_writes, 0);
    atomic_store(&faulty_syncs, 1);
    store_unit *u = store_unit_begin(f->arena);
    log_add(f, u, "lost");
    assert_int_equal(store_commit(f->store, u), ERR_IO);
    log_fill(f, 2);
    audit_finding found = log_check(f);
    assert_true(found.intact);
    assert_int_equal(found.rows, 5);
    assert_int_equal(log_reopen(f), ERR_OK);
}

typedef struct load {
    log_fixture *fixture;
    int failing; /* of 8 units this many fail by themselves */
    atomic_int written;
} load;

static void *write_some(void *arg)
{
    load *l = arg;
    for (int i = 0; i < 64; i++) {
        arena *a = arena_create(1 << 20);
        store_unit *u = store_unit_begin(a);
        const audit_record r = log_record("load");
        err e = audit_add(l->fixture->audit, a, u, &r);
        if (i % 8 < l->failing)
            store_unit_step(u, refuse, NULL, NULL);
        if (e == ERR_OK && store_commit(l->fixture->store, u) == ERR_OK)
            atomic_fetch_add(&l->written, 1);
        arena_destroy(a);
    }
    return NULL;
}

static void acknowledged_records_and_the_log_agree(void **state)
{
    log_fixture *f = *state;
    load l = {.fixture = f, .failing = 3};
    pthread_t threads[16];
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, &l), 0);
    atomic_store(&faulty_writes, 20); /* some groups are lost on top */
    for (size_t i = 0; i < 16; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&faulty_writes, 0);
    assert_true(atomic_load(&l.written) > 0 && atomic_load(&l.written) <= 16 * 40);
    assert_int_equal(rows(f), atomic_load(&l.written));
    audit_finding found = log_check(f);
    assert_true(found.intact);
    assert_int_equal(found.rows, atomic_load(&l.written));
    assert_int_equal(log_reopen(f), ERR_OK);
}

static void the_log_goes_on_after_opening_again(void **state)
{
    log_fixture *f = *state;
    for (int i = 0; i < 9; i++) {
        log_fill(f, 3);
        assert_int_equal(log_reopen(f), ERR_OK);
    }
    audit_finding found = log_check(f);
    assert_true(found.intact);
    assert_int_equal(found.rows, 27);
}

static void a_unit_without_a_record_needs_no_head(void **state)
{
    log_fixture *f = *state;
    log_fill(f, 1);
    log_tamper(f, "CREATE TABLE other (x BIGINT)");
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO other VALUES (1)", NULL, 0), ERR_OK);
    assert_true(log_check(f).intact);
}

static void check_refused(log_fixture *f, const char *sql)
{
    log_fill(f, 10);
    log_tamper(f, sql);
    assert_int_equal(log_reopen(f), ERR_CORRUPT);
    assert_null(f->audit);
}

static void a_cut_log_does_not_open(void **state)
{
    check_refused(*state, "DELETE FROM audit WHERE sequence = 10");
}

static void a_log_with_a_hole_does_not_open(void **state)
{
    check_refused(*state, "DELETE FROM audit WHERE sequence = 4");
}

static void a_log_with_another_hash_does_not_open(void **state)
{
    check_refused(*state, "UPDATE audit SET leaf = zeroblob(32) WHERE sequence = 4");
}

static void a_log_without_its_head_does_not_open(void **state)
{
    check_refused(*state, "DELETE FROM audit_head");
}

static void a_log_opens_by_its_blocks(void **state)
{
    log_fixture *f = *state;
    log_fill_with_blocks(f, 2 * AUDIT_BLOCK_ROWS + 100);
    assert_int_equal(log_reopen(f), ERR_OK);
    log_fill(f, 3);
    assert_true(log_check(f).intact);
    /* Not read at the start, and found by the check that reads all. */
    log_tamper(f, "DELETE FROM audit WHERE sequence = 4");
    assert_int_equal(log_reopen(f), ERR_OK);
    assert_false(log_check(f).intact);
}

static void a_log_opens_by_its_rows_where_a_block_is_wrong(void **state)
{
    static const char *const wrong[] = {"UPDATE audit_block SET node = zeroblob(32) WHERE block = 1",
                                        "DELETE FROM audit_block WHERE block = 0",
                                        "UPDATE audit_block SET node = x'00' WHERE block = 1",
                                        "INSERT INTO audit_block SELECT 2, node, 0, 0, x'00' FROM audit_block",
                                        "UPDATE audit_block SET block = 'none' WHERE block = 2",
                                        "UPDATE audit_block SET node = zeroblob(8000000)",
                                        "DROP TABLE audit_block"};
    log_fixture *f = *state;
    log_fill_with_blocks(f, 2 * AUDIT_BLOCK_ROWS + 100);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        log_tamper(f, wrong[i]);
        assert_int_equal(log_reopen(f), ERR_OK);
        log_fill(f, 1); /* the head that follows is of the rows */
        assert_non_null(strstr(log_check(f).what, "summar")); /* which is all that is wrong */
    }
    log_tamper(f, "DELETE FROM audit WHERE sequence = 4");
    assert_int_equal(log_reopen(f), ERR_CORRUPT);
}

static void a_cut_log_does_not_open_by_its_blocks(void **state)
{
    log_fixture *f = *state;
    log_fill_with_blocks(f, 2 * AUDIT_BLOCK_ROWS);
    assert_int_equal(log_reopen(f), ERR_OK);
    log_tamper(f, "DELETE FROM audit WHERE sequence > 8000"); /* what is left does not even fill the last block */
    assert_int_equal(log_reopen(f), ERR_CORRUPT);
}

static void a_log_that_its_head_does_not_reach_does_not_open(void **state)
{
    log_fixture *f = *state;
    log_fill_with_blocks(f, AUDIT_BLOCK_ROWS + 100);
    log_tamper(f, "UPDATE audit_head SET size = size - 1");
    assert_int_equal(log_reopen(f), ERR_CORRUPT);
}

static void a_log_does_not_open_with_another_key(void **state)
{
    log_fixture *f = *state;
    log_fill(f, 2);
    log_close(f);
    log_open_store(f);
    const uint8_t other[32] = {1};
    assert_int_equal(audit_open(&f->audit, f->store, other, false), ERR_CORRUPT);
    assert_null(f->audit);
    audit_close(NULL);
}

static void a_long_log_opens_fast(void **state)
{
    log_fixture *f = *state;
    log_fill_fast(f, 50000);
    log_close(f);
    log_open_store(f);
    uint64_t start = clock_thread_cpu_ns();
    assert_int_equal(audit_open(&f->audit, f->store, log_key, false), ERR_OK);
    /* A sanitizer makes it several times slower. */
    assert_true(clock_thread_cpu_ns() - start < 3000000000u);
    print_message("50000 rows opened in %.0f ms\n", (double)(clock_thread_cpu_ns() - start) / 1e6);
}

int main(void)
{
    faulty_disk_install();
#define TEST(name) cmocka_unit_test_setup_teardown(name, log_set_up, log_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_record_is_written_as_given),
        TEST(a_record_that_does_not_fit_is_refused),
        TEST(a_unit_carries_several_records),
        TEST(a_unit_that_fails_after_its_record_leaves_no_trace),
        TEST(a_lost_commit_leaves_no_trace),
        TEST(acknowledged_records_and_the_log_agree),
        TEST(the_log_goes_on_after_opening_again),
        TEST(a_unit_without_a_record_needs_no_head),
        TEST(a_cut_log_does_not_open),
        TEST(a_log_with_a_hole_does_not_open),
        TEST(a_log_with_another_hash_does_not_open),
        TEST(a_log_without_its_head_does_not_open),
        TEST(a_log_opens_by_its_blocks),
        TEST(a_log_opens_by_its_rows_where_a_block_is_wrong),
        TEST(a_cut_log_does_not_open_by_its_blocks),
        TEST(a_log_that_its_head_does_not_reach_does_not_open),
        TEST(a_log_does_not_open_with_another_key),
        TEST(a_long_log_opens_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
