#include "unit/audit/log_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "audit/audit_row.h"

static void a_log_as_written_is_intact(void **state)
{
    log_fixture *f = *state;
    audit_finding found = log_check(f);
    assert_true(found.intact);
    assert_int_equal(found.rows, 0);
    log_fill(f, 1203); /* more than two pages */
    found = log_check(f);
    assert_true(found.intact);
    assert_string_equal(found.what, "");
    assert_int_equal(found.rows, 1203);
    uint8_t zero[32] = {0};
    assert_memory_not_equal(found.root, zero, 32);
    audit_finding again = log_check(f);
    assert_memory_equal(again.root, found.root, 32);
}

static void check_tampering(log_fixture *f, const char *sql, const char *what)
{
    log_fill(f, 10);
    log_tamper(f, sql);
    audit_finding found = log_check(f);
    if (found.intact || !strstr(found.what, what))
        fail_msg("\"%s\" was found after: %s", found.what, sql);
}

static void a_changed_field_is_found(void **state)
{
    check_tampering(*state, "UPDATE audit SET detail = 'x' WHERE sequence = 4", "row 4 was changed");
}

static void a_changed_time_is_found(void **state)
{
    check_tampering(*state, "UPDATE audit SET time_ms = time_ms + 1 WHERE sequence = 10", "row 10 was changed");
}

static void null_in_place_of_a_text_is_found(void **state)
{
    check_tampering(*state, "UPDATE audit SET actor = NULL WHERE sequence = 1", "row 1 was changed");
}

static void another_type_with_the_same_bytes_is_found(void **state)
{
    check_tampering(*state, "UPDATE audit SET detail = CAST(detail AS BLOB) WHERE sequence = 7", "row 7 was changed");
}

static void a_changed_hash_is_found(void **state)
{
    check_tampering(*state, "UPDATE audit SET leaf = zeroblob(32) WHERE sequence = 3", "row 3 was changed");
}

static void a_deleted_row_is_found(void **state)
{
    check_tampering(*state, "DELETE FROM audit WHERE sequence = 5", "row 5 is missing");
}

static void a_deleted_row_with_the_rest_renumbered_is_found(void **state)
{
    check_tampering(*state,
                    "DELETE FROM audit WHERE sequence = 5; UPDATE audit SET sequence = -sequence WHERE sequence > 5;"
                    "UPDATE audit SET sequence = -sequence - 1 WHERE sequence < 0",
                    "row 5 was changed");
}

static void a_deleted_first_row_is_found(void **state)
{
    check_tampering(*state, "DELETE FROM audit WHERE sequence = 1", "row 1 is missing");
}

static void a_cut_tail_is_found(void **state)
{
    check_tampering(*state, "DELETE FROM audit WHERE sequence > 8", "those after row 8 are missing");
}

static void an_emptied_table_is_found(void **state)
{
    check_tampering(*state, "DELETE FROM audit", "those after row 0 are missing");
}

static void a_cut_tail_with_the_size_set_back_is_found(void **state)
{
    check_tampering(*state, "DELETE FROM audit WHERE sequence > 8; UPDATE audit_head SET size = 8", "not written with");
}

static void a_row_added_at_the_end_is_found(void **state)
{
    check_tampering(*state,
                    "INSERT INTO audit SELECT 11, time_ms, event, outcome, actor, subject, origin, detail, leaf "
                    "FROM audit WHERE sequence = 10",
                    "there is a row 11");
}

static void a_row_added_before_the_first_is_found(void **state)
{
    check_tampering(*state,
                    "INSERT INTO audit SELECT 0, time_ms, event, outcome, actor, subject, origin, detail, leaf "
                    "FROM audit WHERE sequence = 10",
                    "no number from 1 on");
}

static void a_row_added_in_between_is_found(void **state)
{
    check_tampering(*state,
                    "UPDATE audit SET sequence = -sequence WHERE sequence > 5;"
                    "UPDATE audit SET sequence = -sequence + 1 WHERE sequence < 0;"
                    "INSERT INTO audit SELECT 6, time_ms, event, outcome, actor, subject, origin, 'new', leaf "
                    "FROM audit WHERE sequence = 5",
                    "row 6 was changed");
}

static void swapped_rows_are_found(void **state)
{
    check_tampering(
        *state,
        "UPDATE audit SET sequence = 0 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 6;"
        "UPDATE audit SET sequence = 6 WHERE sequence = 0",
        "row 3 was changed");
}

static void a_missing_head_is_found(void **state)
{
    check_tampering(*state, "DELETE FROM audit_head", "head is missing");
}

static void a_replaced_root_is_found(void **state)
{
    check_tampering(*state, "UPDATE audit_head SET root = zeroblob(32)", "not written with");
}

static void a_malformed_head_is_found(void **state)
{
    check_tampering(*state, "UPDATE audit_head SET mac = 'text'", "no valid form");
}

static void a_head_of_another_key_is_found(void **state)
{
    log_fixture *f = *state;
    const uint8_t other[32] = {1};
    audit_finding found;
    log_fill(f, 3);
    assert_int_equal(audit_fsck(f->store, other, &found), ERR_OK);
    assert_false(found.intact);
    assert_non_null(strstr(found.what, "not written with"));
}

static void an_older_head_put_back_is_found(void **state)
{
    log_fixture *f = *state;
    log_fill(f, 5);
    log_tamper(f, "CREATE TABLE kept AS SELECT * FROM audit_head");
    log_fill(f, 5);
    assert_true(log_check(f).intact);
    log_tamper(f, "UPDATE audit_head SET size = (SELECT size FROM kept), root = (SELECT root FROM kept), "
                  "mac = (SELECT mac FROM kept)");
    audit_finding found = log_check(f);
    assert_false(found.intact);
    assert_non_null(strstr(found.what, "there is a row 10"));
}

/* The leaf hash needs no key, so who changes a row can make it fit; the root under the MAC is what he cannot make. */
static void a_row_changed_together_with_its_hash_is_found(void **state)
{
    log_fixture *f = *state;
    log_fill(f, 10);
    const store_value *row;
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK,
                                     "SELECT sequence, time_ms, event, outcome, actor, subject, origin, 'forged', leaf "
                                     "FROM audit WHERE sequence = 4",
                                     NULL, 0),
                     ERR_OK);
    uint8_t leaf[32];
    assert_int_equal(audit_row_leaf(leaf, row), ERR_OK);
    char hex[65], sql[200];
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", leaf[i]);
    snprintf(sql, sizeof sql, "UPDATE audit SET detail = 'forged', leaf = x'%s' WHERE sequence = 4", hex);
    log_tamper(f, sql);
    audit_finding found = log_check(f);
    assert_false(found.intact);
    assert_non_null(strstr(found.what, "do not give the recorded root"));
    assert_int_equal(found.rows, 10);
}

typedef struct load {
    log_fixture *fixture;
    atomic_bool stop;
    atomic_int written;
} load;

static void *write_on(void *arg)
{
    load *l = arg;
    while (!atomic_load(&l->stop)) {
        arena *a = arena_create(1 << 20);
        store_unit *u = store_unit_begin(a);
        const audit_record r = log_record("live");
        if (audit_add(l->fixture->audit, a, u, &r) == ERR_OK && store_commit(l->fixture->store, u) == ERR_OK)
            atomic_fetch_add(&l->written, 1);
        arena_destroy(a);
    }
    return NULL;
}

static void a_live_log_is_no_false_alarm(void **state)
{
    log_fixture *f = *state;
    log_fill(f, 600);
    load l = {.fixture = f};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_on, &l), 0);
    while (atomic_load(&l.written) == 0)
        usleep(1000);
    bool intact = true;
    for (int i = 0; i < 20; i++) {
        audit_finding found;
        intact = intact && audit_fsck(f->store, log_key, &found) == ERR_OK && found.intact;
    }
    atomic_store(&l.stop, true);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_true(intact);
    audit_finding found = log_check(f);
    assert_true(found.intact);
    assert_int_equal(found.rows, 600 + atomic_load(&l.written));
}

static void a_block_that_hides_rows_is_found(void **state)
{
    static const char *const hiding[] = {
        "UPDATE audit_block SET from_ms = 0, to_ms = 1 WHERE block = 1",
        "UPDATE audit_block SET origins = zeroblob(length(origins)) WHERE block = 0",
        "UPDATE audit_block SET node = zeroblob(32) WHERE block = 0",
        "UPDATE audit_block SET to_ms = 'none' WHERE block = 0",
        "DELETE FROM audit_block WHERE block = 0",
        "INSERT INTO audit_block SELECT 2, node, 0, 1, origins FROM audit_block LIMIT 1",
    };
    log_fixture *f = *state;
    log_fill_with_blocks(f, 2 * AUDIT_BLOCK_ROWS + 100);
    for (size_t i = 0; i < sizeof hiding / sizeof *hiding; i++) {
        assert_true(log_check(f).intact);
        log_tamper(f, hiding[i]);
        audit_finding found = log_check(f);
        if (found.intact || !strstr(found.what, "summar"))
            fail_msg("\"%s\" was found after: %s", found.what, hiding[i]);
        log_tamper(f, "DELETE FROM audit_block");
        assert_int_equal(audit_block_roll_up(f->store), ERR_OK);
    }
    log_tamper(f, "DROP TABLE audit_block");
    assert_string_equal(log_check(f).what, "the search's summaries of the rows (audit_block) cannot be read");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, log_set_up, log_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_log_as_written_is_intact),
        TEST(a_changed_field_is_found),
        TEST(a_changed_time_is_found),
        TEST(null_in_place_of_a_text_is_found),
        TEST(another_type_with_the_same_bytes_is_found),
        TEST(a_changed_hash_is_found),
        TEST(a_deleted_row_is_found),
        TEST(a_deleted_row_with_the_rest_renumbered_is_found),
        TEST(a_deleted_first_row_is_found),
        TEST(a_cut_tail_is_found),
        TEST(an_emptied_table_is_found),
        TEST(a_cut_tail_with_the_size_set_back_is_found),
        TEST(a_row_added_at_the_end_is_found),
        TEST(a_row_added_before_the_first_is_found),
        TEST(a_row_added_in_between_is_found),
        TEST(swapped_rows_are_found),
        TEST(a_missing_head_is_found),
        TEST(a_replaced_root_is_found),
        TEST(a_malformed_head_is_found),
        TEST(a_head_of_another_key_is_found),
        TEST(an_older_head_put_back_is_found),
        TEST(a_row_changed_together_with_its_hash_is_found),
        TEST(a_block_that_hides_rows_is_found),
        TEST(a_live_log_is_no_false_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
