#include "unit/store/scratch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

#include "unit/store/faulty_disk.h"

static const char schema[] = "CREATE TABLE item (id BIGINT PRIMARY KEY, data BLOB);"
                             "CREATE TABLE part (item BIGINT REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED);";

static const char insert_item[] = "INSERT INTO item (id) VALUES ($1)";

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
    f->arena = arena_create(64 << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    atomic_store(&faulty_writes, 0);
    atomic_store(&faulty_syncs, 0);
    store_close(f->store);
    arena_destroy(f->arena);
    scratch_remove(&f->scratch);
    free(f);
    return 0;
}

static err insert(store *s, int64_t id)
{
    const store_value p = store_int(id);
    return scratch_write(s, 1, ERR_CONFLICT, insert_item, &p, 1);
}

static int64_t items(fixture *f)
{
    return scratch_number(f->store, "SELECT COUNT(*) FROM item");
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* ---- several units in one group: a first unit keeps the writer busy until the others wait ---- */

typedef struct latch {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool entered, open;
} latch;

static void latch_raise(latch *l, bool *flag)
{
    pthread_mutex_lock(&l->mutex);
    *flag = true;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->mutex);
}

static void latch_wait(latch *l, bool *flag)
{
    pthread_mutex_lock(&l->mutex);
    while (!*flag)
        pthread_cond_wait(&l->changed, &l->mutex);
    pthread_mutex_unlock(&l->mutex);
}

static err hold_writer(void *ctx, store_writer *w, void *data)
{
    (void)w;
    (void)data;
    latch *l = ctx;
    latch_raise(l, &l->entered);
    latch_wait(l, &l->open);
    return ERR_OK;
}

typedef struct commit {
    store_unit *unit;
    err result;
    atomic_bool answered;
} commit;

static void answer(void *ctx, err result)
{
    commit *c = ctx;
    c->result = result;
    c->answered = true;
}

static void wait_answered(const commit *c)
{
    while (!c->answered)
        pause_ms(1);
}

/* Commits the units as one group, in their order. */
static void commit_together(fixture *f, commit *commits, size_t n)
{
    latch l = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
    commit first = {.unit = store_unit_begin(f->arena)};
    store_unit_step(first.unit, hold_writer, &l, NULL);
    store_commit_later(f->store, first.unit, answer, &first);
    latch_wait(&l, &l.entered);
    for (size_t i = 0; i < n; i++)
        store_commit_later(f->store, commits[i].unit, answer, &commits[i]);
    latch_raise(&l, &l.open);
    wait_answered(&first);
    for (size_t i = 0; i < n; i++)
        wait_answered(&commits[i]);
    assert_int_equal(first.result, ERR_OK);
}

static store_unit *unit_of(fixture *f, const char *sql, int64_t id, err mismatch)
{
    const store_value p = store_int(id);
    store_unit *u = store_unit_begin(f->arena);
    store_unit_add(u, 1, mismatch, sql, &p, 1);
    return u;
}

/* ---- one unit ---- */

static void a_unit_is_all_or_nothing(void **state)
{
    fixture *f = *state;
    const store_value one = store_int(1), two = store_int(2);
    store_unit *u = store_unit_begin(f->arena);
    store_unit_add(u, 1, ERR_CONFLICT, insert_item, &one, 1);
    store_unit_add(u, 1, ERR_TASK_CLAIMED, "UPDATE item SET data = NULL WHERE id = $1", &two, 1);
    assert_int_equal(store_commit(f->store, u), ERR_TASK_CLAIMED);
    assert_int_equal(items(f), 0);
    u = store_unit_begin(f->arena);
    store_unit_add(u, 1, ERR_CONFLICT, insert_item, &one, 1);
    store_unit_add(u, 0, ERR_CONFLICT, "UPDATE item SET data = NULL WHERE id = $1", &two, 1);
    store_unit_add(u, STORE_ANY, ERR_OK, "DELETE FROM part", NULL, 0);
    assert_int_equal(store_commit(f->store, u), ERR_OK);
    assert_int_equal(items(f), 1);
}

static void rows_are_counted_of_this_statement(void **state)
{
    fixture *f = *state;
    for (int64_t i = 1; i <= 3; i++)
        assert_int_equal(insert(f->store, i), ERR_OK);
    const store_value p = store_int(1);
    static const char set[] = "UPDATE item SET data = x'00' WHERE id > $1";
    assert_int_equal(scratch_write(f->store, 3, ERR_CONFLICT, set, &p, 1), ERR_CONFLICT);
    assert_int_equal(scratch_write(f->store, 2, ERR_CONFLICT, set, &p, 1), ERR_OK);
    static const char returning[] = "DELETE FROM item WHERE id >= $1 RETURNING id";
    assert_int_equal(scratch_write(f->store, 1, ERR_CONFLICT, returning, &p, 1), ERR_CONFLICT);
    assert_int_equal(items(f), 3);
    static const char again[] = "INSERT INTO item (id) VALUES ($1) ON CONFLICT (id) DO NOTHING";
    assert_int_equal(scratch_write(f->store, 1, ERR_KEY_STATE, again, &p, 1), ERR_KEY_STATE);
    assert_int_equal(scratch_write(f->store, 0, ERR_KEY_STATE, again, &p, 1), ERR_OK);
}

static void a_unit_may_depend_on_rows_it_does_not_change(void **state)
{
    fixture *f = *state;
    const store_value one = store_int(1), two = store_int(2);
    assert_int_equal(insert(f->store, 1), ERR_OK);
    store_unit *u = store_unit_begin(f->arena);
    store_unit_add(u, 1, ERR_CONFLICT, insert_item, &two, 1);
    store_unit_add(u, 1, ERR_USER_SUSPENDED, "SELECT 1 FROM item WHERE id = $1 AND data IS NOT NULL", &one, 1);
    assert_int_equal(store_commit(f->store, u), ERR_USER_SUSPENDED);
    assert_int_equal(items(f), 1);
    u = store_unit_begin(f->arena);
    store_unit_add(u, 1, ERR_USER_SUSPENDED, "SELECT 1 FROM item WHERE id = $1 AND data IS NULL", &one, 1);
    store_unit_add(u, 1, ERR_CONFLICT, insert_item, &two, 1);
    assert_int_equal(store_commit(f->store, u), ERR_OK);
}

static void a_second_of_a_unique_key_exists(void **state)
{
    fixture *f = *state;
    assert_int_equal(insert(f->store, 1), ERR_OK);
    assert_int_equal(insert(f->store, 1), ERR_EXISTS);
    assert_int_equal(insert(f->store, 2), ERR_OK);
    assert_int_equal(items(f), 2);
}

static void a_unit_that_could_not_be_put_together_does_not_run(void **state)
{
    fixture *f = *state;
    const store_value p = store_int(1);
    arena *tiny = arena_create(600);
    store_unit *u = store_unit_begin(tiny);
    for (int i = 0; i < 20; i++)
        store_unit_add(u, 1, ERR_CONFLICT, "INSERT INTO item (id) SELECT $1 + COUNT(*) FROM item", &p, 1);
    assert_int_equal(store_commit(f->store, u), ERR_MEMORY);
    arena_destroy(tiny);
    assert_int_equal(store_commit(f->store, NULL), ERR_MEMORY);
    u = store_unit_begin(f->arena);
    store_unit_add(u, 1, ERR_CONFLICT, insert_item, &p, 1);
    store_unit_add(u, 1, ERR_OK, "DELETE FROM part", NULL, 0); /* would fail with "ok" */
    assert_int_equal(store_commit(f->store, u), ERR_ARG);
    assert_int_equal(store_commit(f->store, store_unit_begin(f->arena)), ERR_OK);
    assert_int_equal(items(f), 0);
}

static err insert_in_step(void *ctx, store_writer *w, void *data)
{
    (void)ctx;
    const store_value p = store_int(*(int64_t *)data);
    return store_writer_run(w, insert_item, &p, 1);
}

static void a_step_runs_after_the_statements_and_in_their_fate(void **state)
{
    fixture *f = *state;
    int64_t two = 2, one = 1;
    const store_value p = store_int(1);
    store_unit *u = store_unit_begin(f->arena);
    store_unit_step(u, insert_in_step, NULL, &two);
    store_unit_step(u, insert_in_step, NULL, &one);
    store_unit_add(u, 1, ERR_CONFLICT, insert_item, &p, 1); /* first, so that the second step fails */
    assert_int_equal(store_commit(f->store, u), ERR_EXISTS);
    assert_int_equal(items(f), 0);
    u = store_unit_begin(f->arena);
    store_unit_step(u, insert_in_step, NULL, &two);
    store_unit_add(u, 1, ERR_CONFLICT, insert_item, &p, 1);
    assert_int_equal(store_commit(f->store, u), ERR_OK);
    assert_int_equal(items(f), 2);
}

static void each_commit_is_synced_before_it_is_answered(void **state)
{
    fixture *f = *state;
    for (int64_t i = 0; i < 20; i++) {
        int before = atomic_load(&faulty_wal_syncs);
        assert_int_equal(insert(f->store, i), ERR_OK);
        assert_true(atomic_load(&faulty_wal_syncs) > before);
    }
}

/* ---- without waiting ---- */

typedef struct told {
    atomic_uint n, durable, exists, other;
} told;

static void tell(void *ctx, err result)
{
    told *t = ctx;
    (*(result == ERR_OK ? &t->durable : result == ERR_EXISTS ? &t->exists : &t->other))++;
    t->n++;
}

static void whoever_does_not_wait_is_told_when_it_is_durable(void **state)
{
    fixture *f = *state;
    latch l = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
    told t = {0};
    store_figures before, after;
    store_unit *holding = store_unit_begin(f->arena);
    store_unit_step(holding, hold_writer, &l, NULL);
    store_read_figures(f->store, &before);
    store_commit_later(f->store, holding, tell, &t);
    latch_wait(&l, &l.entered);
    for (int64_t i = 0; i < 20; i++)
        store_commit_later(f->store, unit_of(f, insert_item, i % 18, ERR_CONFLICT), tell, &t);
    pause_ms(20);
    assert_int_equal(t.n, 0);
    int syncs = atomic_load(&faulty_wal_syncs);
    latch_raise(&l, &l.open);
    while (t.n < 21)
        pause_ms(1);
    assert_true(atomic_load(&faulty_wal_syncs) > syncs);
    assert_int_equal(t.durable, 19); /* two came a second time */
    assert_int_equal(t.exists, 2);
    assert_int_equal(items(f), 18);
    store_read_figures(f->store, &after);
    assert_int_equal(after.groups - before.groups, 2);
    /* What cannot be run is told at once, and so is what is nothing. */
    store_commit_later(f->store, NULL, tell, &t);
    assert_int_equal(t.other, 1);
    store_unit *wrong = store_unit_begin(f->arena);
    store_unit_add(wrong, 1, ERR_OK, insert_item, NULL, 0);
    store_commit_later(f->store, wrong, tell, &t);
    assert_int_equal(t.other, 2);
    store_commit_later(f->store, store_unit_begin(f->arena), tell, &t);
    assert_int_equal(t.durable, 20);
}

/* ---- groups ---- */

static void what_waits_is_one_group(void **state)
{
    fixture *f = *state;
    store_figures before, after;
    store_read_figures(f->store, &before);
    commit c[8] = {{.unit = NULL}};
    for (int i = 0; i < 8; i++)
        c[i].unit = unit_of(f, insert_item, i, ERR_CONFLICT);
    commit_together(f, c, 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(c[i].result, ERR_OK);
    store_read_figures(f->store, &after);
    assert_int_equal(after.units - before.units, 9);
    assert_int_equal(after.groups - before.groups, 2);
    assert_true(after.writer_cpu_ns > 0);
}

static void a_failing_unit_fails_alone_in_its_group(void **state)
{
    fixture *f = *state;
    commit c[5] = {{.unit = NULL}};
    c[0].unit = unit_of(f, insert_item, 1, ERR_CONFLICT);
    c[1].unit = unit_of(f, insert_item, 1, ERR_CONFLICT);  /* there since the unit before, in the same transaction */
    c[2].unit = unit_of(f, insert_item, 50, ERR_CONFLICT); /* undone with what fails after it */
    store_unit_add(c[2].unit, 1, ERR_TASK_EXPIRED, "DELETE FROM part", NULL, 0);
    c[3].unit = unit_of(f, "INSERT INTO nowhere VALUES ($1)", 3, ERR_CONFLICT);
    c[4].unit = unit_of(f, insert_item, 4, ERR_CONFLICT);
    store_figures before, after;
    store_read_figures(f->store, &before);
    commit_together(f, c, 5);
    const err expected[] = {ERR_OK, ERR_EXISTS, ERR_TASK_EXPIRED, ERR_INTERNAL, ERR_OK};
    for (int i = 0; i < 5; i++)
        assert_int_equal(c[i].result, expected[i]);
    assert_int_equal(scratch_number(f->store, "SELECT SUM(id) FROM item"), 5);
    store_read_figures(f->store, &after);
    assert_int_equal(after.units - before.units, 3);
    assert_int_equal(after.groups - before.groups, 2);
}

static void what_breaks_the_commit_fails_alone(void **state)
{
    fixture *f = *state;
    commit c[3] = {{.unit = NULL}};
    c[0].unit = unit_of(f, insert_item, 1, ERR_CONFLICT);
    c[1].unit = unit_of(f, "INSERT INTO part (item) VALUES ($1)", 77, ERR_CONFLICT); /* seen only at COMMIT */
    c[2].unit = unit_of(f, insert_item, 2, ERR_CONFLICT);
    commit_together(f, c, 3);
    assert_int_equal(c[0].result, ERR_OK);
    assert_int_equal(c[1].result, ERR_CONFLICT);
    assert_int_equal(c[2].result, ERR_OK);
    assert_int_equal(items(f), 2);
    assert_int_equal(scratch_number(f->store, "SELECT COUNT(*) FROM part"), 0);
}

typedef struct writers {
    store *store;
    atomic_int next, failed;
    int count;
} writers;

static void *write_many(void *arg)
{
    writers *w = arg;
    int i;
    while ((i = atomic_fetch_add(&w->next, 1)) < w->count) {
        if (insert(w->store, i) != ERR_OK)
            atomic_fetch_add(&w->failed, 1);
    }
    return NULL;
}

static void many_threads_share_commits(void **state)
{
    fixture *f = *state;
    writers w = {.store = f->store, .count = 3200};
    pthread_t threads[32];
    store_figures before, after;
    store_read_figures(f->store, &before);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &w), 0);
    for (size_t i = 0; i < 32; i++)
        pthread_join(threads[i], NULL);
    store_read_figures(f->store, &after);
    assert_int_equal(atomic_load(&w.failed), 0);
    assert_int_equal(items(f), 3200);
    assert_int_equal(after.units - before.units, 3200);
    assert_true(after.groups - before.groups < (after.units - before.units) / 2);
}

/* ---- hooks ---- */

typedef struct trace {
    char text[200];
    err before;
} trace;

static void add_to(trace *t, const char *word)
{
    size_t n = strlen(t->text);
    snprintf(t->text + n, sizeof t->text - n, "%s ", word);
}

static void trace_unit(void *ctx, bool kept)
{
    add_to(ctx, kept ? "kept" : "undone");
}

static err trace_before(void *ctx, store_writer *w)
{
    const store_value p = store_int(1000);
    add_to(ctx, "before");
    err e = store_writer_run(w, "INSERT INTO item (id) VALUES ($1) ON CONFLICT (id) DO NOTHING", &p, 1);
    return e == ERR_OK ? ((trace *)ctx)->before : e;
}

static void trace_after(void *ctx, bool durable)
{
    add_to(ctx, durable ? "durable" : "lost");
}

static void hooks_frame_the_group(void **state)
{
    fixture *f = *state;
    trace t = {.before = ERR_OK};
    store_set_group_hooks(f->store, &(store_group_hooks){&t, trace_unit, trace_before, trace_after});
    assert_int_equal(insert(f->store, 1), ERR_OK);
    assert_int_equal(items(f), 2); /* with what the hook wrote */
    assert_int_equal(insert(f->store, 1), ERR_EXISTS);
    t.before = ERR_CORRUPT;
    assert_int_equal(insert(f->store, 2), ERR_CORRUPT);
    assert_int_equal(items(f), 2);
    store_set_group_hooks(f->store, NULL); /* waits for the writer: t is ours again */
    assert_string_equal(t.text, "kept before durable undone lost kept before lost ");
    assert_int_equal(insert(f->store, 2), ERR_OK);
    assert_string_equal(t.text, "kept before durable undone lost kept before lost ");
}

static void hooks_see_that_a_group_is_run_again(void **state)
{
    fixture *f = *state;
    trace t = {.before = ERR_OK};
    store_set_group_hooks(f->store, &(store_group_hooks){&t, trace_unit, NULL, trace_after});
    commit c[2] = {{.unit = NULL}};
    c[0].unit = unit_of(f, insert_item, 1, ERR_CONFLICT);
    c[1].unit = unit_of(f, "INSERT INTO part (item) VALUES ($1)", 77, ERR_CONFLICT);
    commit_together(f, c, 2);
    store_set_group_hooks(f->store, NULL);
    assert_string_equal(t.text, "kept durable kept kept lost kept durable kept lost ");
}

/* ---- disks ---- */

static void a_full_disk_is_answered_and_survived(void **state)
{
    fixture *f = *state;
    assert_int_equal(insert(f->store, 1), ERR_OK);
    atomic_store(&faulty_writes, 1000000);
    for (int64_t i = 2; i < 5; i++)
        assert_int_equal(insert(f->store, i), ERR_DISK_FULL);
    commit c[4] = {{.unit = NULL}};
    for (int i = 0; i < 4; i++)
        c[i].unit = unit_of(f, insert_item, 10 + i, ERR_CONFLICT);
    /* The unit that holds the writer changes nothing, so it needs no room. */
    commit_together(f, c, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(c[i].result, ERR_DISK_FULL);
    assert_int_equal(items(f), 1);
    atomic_store(&faulty_writes, 0);
    assert_int_equal(insert(f->store, 2), ERR_OK);
    store_close(f->store);
    f->store = scratch_open(&f->scratch, schema);
    assert_int_equal(scratch_number(f->store, "SELECT SUM(id) FROM item"), 3);
}

static void a_group_for_which_there_was_no_room_is_run_one_by_one(void **state)
{
    fixture *f = *state;
    commit c[4] = {{.unit = NULL}};
    for (int i = 0; i < 4; i++)
        c[i].unit = unit_of(f, insert_item, 1 + i, ERR_CONFLICT);
    atomic_store(&faulty_writes, 2); /* the group's, and the first one's alone */
    commit_together(f, c, 4);
    assert_int_equal(c[0].result, ERR_DISK_FULL);
    for (int i = 1; i < 4; i++)
        assert_int_equal(c[i].result, ERR_OK);
    assert_int_equal(scratch_number(f->store, "SELECT SUM(id) FROM item"), 2 + 3 + 4);
}

/* More than the page cache holds, so that SQLite writes, and fails, in the middle of the unit. */
static store_unit *large_unit(fixture *f, int64_t id)
{
    const store_value p = store_int(id);
    store_unit *u = store_unit_begin(f->arena);
    store_unit_add(u, 1, ERR_CONFLICT, insert_item, &p, 1);
    for (int i = 0; i < 30; i++)
        store_unit_add(u, 1, ERR_CONFLICT,
                       "UPDATE item SET data = zeroblob(LENGTH(COALESCE(data, x'')) + 1000000) WHERE id = $1", &p, 1);
    return u;
}

static void a_disk_that_fills_within_a_unit_undoes_it(void **state)
{
    fixture *f = *state;
    atomic_store(&faulty_writes, 1000000);
    assert_int_equal(store_commit(f->store, large_unit(f, 1)), ERR_DISK_FULL);
    atomic_store(&faulty_writes, 0);
    assert_int_equal(items(f), 0);
    assert_int_equal(store_commit(f->store, large_unit(f, 1)), ERR_OK);
    assert_int_equal(scratch_number(f->store, "SELECT LENGTH(data) FROM item"), 30000000);
}

static void units_undone_with_the_transaction_are_not_acknowledged(void **state)
{
    fixture *f = *state;
    commit c[3] = {{.unit = NULL}};
    c[0].unit = unit_of(f, insert_item, 1, ERR_CONFLICT);
    c[1].unit = large_unit(f, 2);
    c[2].unit = unit_of(f, insert_item, 3, ERR_CONFLICT);
    atomic_store(&faulty_writes, 2); /* the large one in the group, and the first one's COMMIT when it is alone */
    commit_together(f, c, 3);
    assert_int_equal(c[0].result, ERR_DISK_FULL);
    assert_int_equal(c[1].result, ERR_OK);
    assert_int_equal(c[2].result, ERR_OK);
    assert_int_equal(scratch_number(f->store, "SELECT SUM(id) FROM item"), 5);
}

static void a_sync_that_fails_is_an_io_error(void **state)
{
    fixture *f = *state;
    assert_int_equal(insert(f->store, 1), ERR_OK);
    commit c[3] = {{.unit = NULL}};
    for (int i = 0; i < 3; i++)
        c[i].unit = unit_of(f, insert_item, 10 + i, ERR_CONFLICT);
    atomic_store(&faulty_syncs, 1);
    commit_together(f, c, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(c[i].result, ERR_IO);
    assert_int_equal(items(f), 1);
    assert_int_equal(insert(f->store, 2), ERR_OK);
    store_close(f->store);
    f->store = scratch_open(&f->scratch, schema);
    assert_int_equal(scratch_number(f->store, "SELECT SUM(id) FROM item"), 3);
}

static void the_wal_does_not_grow_without_end(void **state)
{
    fixture *f = *state;
    char path[160];
    snprintf(path, sizeof path, "%s-wal", f->scratch.path);
    const store_value p = store_int(1);
    assert_int_equal(insert(f->store, 1), ERR_OK);
    for (int i = 0; i < 60; i++)
        assert_int_equal(
            scratch_write(f->store, 1, ERR_CONFLICT, "UPDATE item SET data = randomblob(1000000) WHERE id = $1", &p, 1),
            ERR_OK);
    FILE *wal = fopen(path, "rb");
    assert_non_null(wal);
    fseek(wal, 0, SEEK_END);
    assert_true(ftell(wal) < 16 << 20); /* of 60 MB written */
    fclose(wal);
}

/* ---- kill -9 ---- */

typedef struct child {
    store *store;
    int out;
    atomic_int *next;
} child;

static void *child_main(void *arg)
{
    child *c = arg;
    for (;;) {
        int64_t id = atomic_fetch_add(c->next, 1);
        if (insert(c->store, id) != ERR_OK || write(c->out, &id, sizeof id) != (ssize_t)sizeof id)
            _exit(1);
    }
}

static void write_until_killed(const scratch *s, int out, int first)
{
    static atomic_int next;
    atomic_store(&next, first);
    const migration list[] = {{1, "0001_test", schema}};
    static child c;
    c = (child){.out = out, .next = &next};
    if (store_open_with(&c.store, &(store_options){s->path, 1, 64}, list, 1) != ERR_OK)
        _exit(1);
    pthread_t thread;
    for (int i = 0; i < 3; i++)
        pthread_create(&thread, NULL, child_main, &c);
    child_main(&c);
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
    fixture *f = *state;
    static int64_t acknowledged[200000];
    size_t n = 0;
    for (int round = 0; round < 5; round++) {
        store_close(f->store);
        f->store = NULL;
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        if (pid == 0) {
            close(ends[0]);
            write_until_killed(&f->scratch, ends[1], round * 1000000);
        }
        close(ends[1]);
        size_t before = n;
        /* The first one says that it is at work; then at a moment that differs from round to round. */
        assert_int_equal(read(ends[0], &acknowledged[n++], sizeof acknowledged[0]), sizeof acknowledged[0]);
        pause_ms(20 + 37 * round % 60);
        kill(pid, SIGKILL);
        while (n < 200000 && read(ends[0], &acknowledged[n], sizeof acknowledged[0]) == (ssize_t)sizeof acknowledged[0])
            n++;
        int status;
        waitpid(pid, &status, 0);
        close(ends[0]);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_true(n > before);
        f->store = scratch_open(&f->scratch, schema);
        for (size_t i = 0; i < n; i++) {
            arena_reset(f->arena);
            const store_value p = store_int(acknowledged[i]);
            const store_value *row;
            assert_int_equal(
                store_query_one(f->store, f->arena, &row, ERR_OK, "SELECT id FROM item WHERE id = $1", &p, 1), ERR_OK);
        }
    }
}

int main(void)
{
    faulty_disk_install();
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_unit_is_all_or_nothing),
        TEST(rows_are_counted_of_this_statement),
        TEST(a_unit_may_depend_on_rows_it_does_not_change),
        TEST(a_second_of_a_unique_key_exists),
        TEST(a_unit_that_could_not_be_put_together_does_not_run),
        TEST(a_step_runs_after_the_statements_and_in_their_fate),
        TEST(each_commit_is_synced_before_it_is_answered),
        TEST(whoever_does_not_wait_is_told_when_it_is_durable),
        TEST(what_waits_is_one_group),
        TEST(a_failing_unit_fails_alone_in_its_group),
        TEST(what_breaks_the_commit_fails_alone),
        TEST(many_threads_share_commits),
        TEST(hooks_frame_the_group),
        TEST(hooks_see_that_a_group_is_run_again),
        TEST(a_full_disk_is_answered_and_survived),
        TEST(a_group_for_which_there_was_no_room_is_run_one_by_one),
        TEST(a_disk_that_fills_within_a_unit_undoes_it),
        TEST(units_undone_with_the_transaction_are_not_acknowledged),
        TEST(a_sync_that_fails_is_an_io_error),
        TEST(the_wal_does_not_grow_without_end),
        TEST(what_was_acknowledged_survives_kill_9),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
