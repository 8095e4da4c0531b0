#include "unit/store/scratch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

static const char schema[] = "CREATE TABLE item (id BLOB PRIMARY KEY, name TEXT, n BIGINT, done BOOLEAN);"
                             "CREATE TABLE part (item BLOB NOT NULL REFERENCES item (id), n BIGINT CHECK (n > 0));";

typedef struct fixture {
    scratch scratch;
    store *store;
    arena *arena;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    scratch_make(&f->scratch);
    f->store = scratch_open(&f->scratch, schema);
    f->arena = arena_create(16 << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    store_close(f->store);
    arena_destroy(f->arena);
    scratch_remove(&f->scratch);
    free(f);
    return 0;
}

static err query(fixture *f, store_result *out, const char *sql)
{
    return store_query(f->store, f->arena, out, sql, NULL, 0);
}

static void values_come_back_as_they_went_in(void **state)
{
    fixture *f = *state;
    const uint8_t id[16] = {0, 1, 2, 0xff};
    const store_value in[] = {store_id(id), store_text("赵 '\"; DROP"), store_int(INT64_MIN), store_bool(true)};
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO item VALUES ($1, $2, $3, $4)", in, 4),
                     ERR_OK);
    const store_value *row;
    assert_int_equal(
        store_query_one(f->store, f->arena, &row, ERR_OK, "SELECT id, name, n, done FROM item WHERE id = $1", in, 1),
        ERR_OK);
    uint8_t back[16];
    assert_int_equal(store_column_id(back, &row[0]), ERR_OK);
    assert_memory_equal(back, id, 16);
    assert_int_equal(row[1].type, STORE_TEXT);
    assert_string_equal(row[1].p, "赵 '\"; DROP");
    assert_int_equal(row[1].n, strlen("赵 '\"; DROP"));
    assert_true(row[2].type == STORE_INT && row[2].i == INT64_MIN);
    assert_true(row[3].type == STORE_BOOL && row[3].i == 1);
}

static void null_and_empty_are_two_things(void **state)
{
    fixture *f = *state;
    const store_value in[] = {store_blob(NULL, 0), store_text(""), store_null(), store_text(NULL)};
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO item VALUES ($1, $2, $3, $4)", in, 4),
                     ERR_OK);
    store_result r;
    assert_int_equal(query(f, &r, "SELECT * FROM item"), ERR_OK);
    assert_int_equal(r.rows, 1);
    assert_int_equal(r.columns, 4);
    assert_true(r.values[0].type == STORE_BLOB && r.values[0].n == 0);
    assert_true(r.values[1].type == STORE_TEXT && r.values[1].n == 0 && *(const char *)r.values[1].p == 0);
    assert_int_equal(r.values[2].type, STORE_NULL);
    assert_int_equal(r.values[3].type, STORE_NULL);
}

static void parameters_are_bound_by_number_not_by_place(void **state)
{
    fixture *f = *state;
    const store_value p[] = {store_int(1), store_int(20), store_int(300)};
    const store_value *row;
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK, "SELECT $3 - $1, $2, $1 + $1", p, 3), ERR_OK);
    assert_int_equal(row[0].i, 299);
    assert_int_equal(row[1].i, 20);
    assert_int_equal(row[2].i, 2);
}

static void wrong_statements_are_refused(void **state)
{
    fixture *f = *state;
    const store_value p[] = {store_int(1), store_int(2)};
    store_result r;
    assert_int_equal(query(f, &r, "SELEKT 1"), ERR_INTERNAL);
    assert_int_equal(query(f, &r, "SELECT 1; SELECT 2"), ERR_INTERNAL);
    assert_int_equal(query(f, &r, ""), ERR_INTERNAL);
    assert_int_equal(query(f, &r, "SELECT \"text\""), ERR_INTERNAL);
    assert_int_equal(query(f, &r, "SELECT 1.5"), ERR_INTERNAL);
    assert_int_equal(store_query(f->store, f->arena, &r, "SELECT $1", p, 2), ERR_INTERNAL);
    assert_int_equal(store_query(f->store, f->arena, &r, "SELECT $1, $2", p, 1), ERR_INTERNAL);
    assert_int_equal(store_query(f->store, f->arena, &r, "SELECT $1, $3", p, 2), ERR_INTERNAL);
    assert_int_equal(store_query(f->store, f->arena, &r, "SELECT ?1", p, 1), ERR_INTERNAL);
    assert_int_equal(store_query(f->store, f->arena, &r, "SELECT $name", p, 1), ERR_INTERNAL);
    assert_int_equal(query(f, &r, "SELECT 1"), ERR_OK);
}

static void a_query_cannot_write(void **state)
{
    fixture *f = *state;
    store_result r;
    assert_int_not_equal(query(f, &r, "INSERT INTO item (name) VALUES ('x')"), ERR_OK);
    assert_int_not_equal(query(f, &r, "DELETE FROM item"), ERR_OK);
    assert_int_equal(scratch_number(f->store, "SELECT COUNT(*) FROM item"), 0);
}

static void like_distinguishes_case(void **state)
{
    fixture *f = *state;
    assert_int_equal(scratch_number(f->store, "SELECT 'Zhao' LIKE 'zh%'"), 0);
    assert_int_equal(scratch_number(f->store, "SELECT 'Zhao' LIKE 'Zh%'"), 1);
}

static void too_many_rows_are_an_error_not_a_cut(void **state)
{
    fixture *f = *state;
    store_result r;
    static const char numbers[] =
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10000) SELECT i FROM c";
    static const char more[] =
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10001) SELECT i FROM c";
    assert_int_equal(query(f, &r, numbers), ERR_OK);
    assert_int_equal(r.rows, STORE_ROWS);
    for (size_t i = 0; i < r.rows; i++)
        assert_int_equal(r.values[i].i, i + 1);
    assert_int_equal(query(f, &r, more), ERR_LIMIT);
}

static void a_full_arena_is_an_error(void **state)
{
    fixture *f = *state;
    arena *small = arena_create(64 * 1024);
    store_result r;
    assert_int_equal(store_query(f->store, small, &r, "SELECT zeroblob(100000)", NULL, 0), ERR_MEMORY);
    assert_int_equal(store_query(f->store, small, &r, "SELECT zeroblob(100)", NULL, 0), ERR_OK);
    arena_destroy(small);
}

static void query_one_wants_one_row(void **state)
{
    fixture *f = *state;
    const store_value *row;
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK, "SELECT 1 FROM item", NULL, 0), ERR_NOT_FOUND);
    assert_null(row);
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_TASK_NOT_FOUND, "SELECT 1 FROM item", NULL, 0),
                     ERR_TASK_NOT_FOUND);
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK, "SELECT 1 UNION SELECT 2", NULL, 0), ERR_LIMIT);
}

static void columns_of_another_kind_are_corrupt(void **state)
{
    (void)state;
    uint8_t out[16];
    const uint8_t bytes15[15] = {0};
    assert_int_equal(store_column_id(out, &(store_value){.type = STORE_BLOB, .p = bytes15, .n = 15}), ERR_CORRUPT);
    store_value text = store_text("0123456789abcdef"), number = store_int(1), null = store_null();
    assert_int_equal(store_column_id(out, &text), ERR_CORRUPT);
    assert_int_equal(store_column_id(out, &number), ERR_CORRUPT);
    assert_int_equal(store_column_blob(out, 0, &null), ERR_CORRUPT);
}

static void constraints_have_their_errors(void **state)
{
    fixture *f = *state;
    const store_value id = store_blob("0123456789abcdef", 16);
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO part VALUES ($1, 1)", &id, 1), ERR_CONFLICT);
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO item (id) VALUES ($1)", &id, 1), ERR_OK);
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO item (id) VALUES ($1)", &id, 1), ERR_EXISTS);
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO part VALUES ($1, 1)", &id, 1), ERR_OK);
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO part VALUES ($1, 0)", &id, 1), ERR_CONFLICT);
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "DELETE FROM item WHERE id = $1", &id, 1), ERR_CONFLICT);
    assert_int_equal(scratch_number(f->store, "SELECT COUNT(*) FROM part"), 1);
}

static void only_the_owner_may_read_the_files(void **state)
{
    fixture *f = *state;
    const store_value id = store_blob("x", 1);
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO item (id) VALUES ($1)", &id, 1), ERR_OK);
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct stat status;
    for (size_t i = 0; i < 3; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s%s", f->scratch.path, suffixes[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    store_close(f->store);
    assert_int_equal(chmod(f->scratch.path, 0644), 0);
    f->store = scratch_open(&f->scratch, schema);
    assert_int_equal(stat(f->scratch.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void what_cannot_be_opened_is_told_apart(void **state)
{
    fixture *f = *state;
    store *s;
    char path[160];
    snprintf(path, sizeof path, "%s/none/store.db", f->scratch.dir);
    assert_int_equal(store_open(&s, &(store_options){path, 2, 16}), ERR_NOT_FOUND);
    assert_null(s);
    assert_int_equal(store_open(&s, &(store_options){f->scratch.dir, 2, 16}), ERR_IO);
    snprintf(path, sizeof path, "%s/text", f->scratch.dir);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database. ", file);
    fclose(file);
    assert_int_equal(store_open(&s, &(store_options){path, 2, 16}), ERR_CORRUPT);
    assert_null(s);
    snprintf(path, sizeof path, "%s/new.db", f->scratch.dir);
    assert_int_equal(store_open(&s, &(store_options){path, 0, 16}), ERR_ARG);
    assert_int_equal(store_open(&s, &(store_options){path, 65, 16}), ERR_ARG);
    assert_int_equal(store_open(&s, &(store_options){path, 2, 0}), ERR_ARG);
    assert_int_equal(store_open(&s, &(store_options){path, 2, 4097}), ERR_ARG);
    assert_int_equal(store_open(&s, &(store_options){path, 2, 4096}), ERR_OK);
    store_close(s);
    store_close(NULL);
}

static void what_was_written_is_there_after_opening_again(void **state)
{
    fixture *f = *state;
    const store_value id = store_blob("0123456789abcdef", 16);
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, "INSERT INTO item (id) VALUES ($1)", &id, 1), ERR_OK);
    store_close(f->store);
    f->store = scratch_open(&f->scratch, schema);
    assert_int_equal(scratch_number(f->store, "SELECT COUNT(*) FROM item"), 1);
}

/* ---- readers beside a writer ---- */

typedef struct reading {
    store *store;
    atomic_bool stop;
    atomic_int wrong, reads;
} reading;

static void *read_sums(void *arg)
{
    reading *r = arg;
    while (!atomic_load(&r->stop)) {
        arena *a = arena_create(1 << 16);
        const store_value *row;
        err e = store_query_one(r->store, a, &row, ERR_OK, "SELECT SUM(n) FROM item", NULL, 0);
        if (e != ERR_OK || row->i != 100)
            atomic_fetch_add(&r->wrong, 1);
        atomic_fetch_add(&r->reads, 1);
        arena_destroy(a);
    }
    return NULL;
}

static void readers_see_whole_units_only(void **state)
{
    fixture *f = *state;
    assert_int_equal(
        scratch_write(f->store, 2, ERR_CONFLICT, "INSERT INTO item (name, n) VALUES ('a', 100), ('b', 0)", NULL, 0),
        ERR_OK);
    reading r = {.store = f->store};
    pthread_t threads[4]; /* more than there are connections */
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_sums, &r), 0);
    for (int i = 0; i < 200; i++) {
        arena_reset(f->arena);
        store_unit *u = store_unit_begin(f->arena);
        store_unit_add(u, 1, ERR_CONFLICT, "UPDATE item SET n = n - 1 WHERE name = 'a'", NULL, 0);
        store_unit_add(u, 1, ERR_CONFLICT, "UPDATE item SET n = n + 1 WHERE name = 'b'", NULL, 0);
        assert_int_equal(store_commit(f->store, u), ERR_OK);
        /* A unit is seen by whoever reads after its commit. */
        if (i % 20 == 0)
            assert_int_equal(scratch_number(f->store, "SELECT n FROM item WHERE name = 'b'"), i + 1);
    }
    atomic_store(&r.stop, true);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_true(atomic_load(&r.reads) > 0);
    assert_int_equal(atomic_load(&r.wrong), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(values_come_back_as_they_went_in),
        TEST(null_and_empty_are_two_things),
        TEST(parameters_are_bound_by_number_not_by_place),
        TEST(wrong_statements_are_refused),
        TEST(a_query_cannot_write),
        TEST(like_distinguishes_case),
        TEST(too_many_rows_are_an_error_not_a_cut),
        TEST(a_full_arena_is_an_error),
        TEST(query_one_wants_one_row),
        TEST(columns_of_another_kind_are_corrupt),
        TEST(constraints_have_their_errors),
        TEST(only_the_owner_may_read_the_files),
        TEST(what_cannot_be_opened_is_told_apart),
        TEST(what_was_written_is_there_after_opening_again),
        TEST(readers_see_whole_units_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
