#include "service/audit_search.h"

#include "fixture.h"
#include "audit/audit_block.h"
#include "service/audit_export.h"

enum { ROWS = 3 * AUDIT_BLOCK_ROWS - 1000, A_UNIT = 400, FILTERS = 200, LONG_AGO = 1000 };

/* What is in the log, as a plain filter sees it. */
typedef struct plain {
    int64_t time_ms;
    char event[24], outcome[16], actor[24], subject[24], origin[24];
} plain;
static plain rows[ROWS + 100];
static int64_t rows_n;

static uint32_t drawn = 7;
static uint32_t below(uint32_t n)
{
    drawn = drawn * 1664525 + 1013904223;
    return (drawn >> 8) % n;
}

static const char *const events[] = {"task.sign",   "task.create",   "task.claim",
                                     "user.update", "policy.update", "user.create"};

static void a_plain_row(plain *r, int64_t i)
{
    /* Times step back now and then, as a clock that is set does; some things are rare, and some only in one place. */
    r->time_ms = LONG_AGO + i * 100 - below(3000) - (i > 5000 && i < 5500 ? 200000 : 0);
    if (r->time_ms < 1)
        r->time_ms = 1;
    (void)snprintf(r->event, sizeof r->event, "%s", events[below(50) ? below(3) : below(6)]);
    (void)snprintf(r->outcome, sizeof r->outcome, "%s", below(40) ? "ok" : below(2) ? "pin_wrong" : "forbidden");
    (void)snprintf(r->actor, sizeof r->actor, "device:%u", below(40));
    (void)snprintf(r->subject, sizeof r->subject, "task:%u", below(2000));
    (void)snprintf(r->origin, sizeof r->origin, "10.0.%d.%u", i / 1000 == 7 ? 7 : 0, below(200));
}

static void fill(fixture *f)
{
    arena *a = arena_create(16 << 20);
    while (rows_n < ROWS) {
        arena_reset(a);
        store_unit *unit = store_unit_begin(a);
        for (int k = 0; k < A_UNIT && rows_n < ROWS; k++) {
            plain *r = &rows[rows_n];
            a_plain_row(r, rows_n++);
            assert_int_equal(
                audit_add(f->audit, a, unit,
                          &(audit_record){r->time_ms, r->event, r->outcome, r->actor, r->subject, r->origin, NULL}),
                ERR_OK);
        }
        assert_int_equal(store_commit(f->store, unit), ERR_OK);
    }
    arena_destroy(a);
}

/* The rows that a new server writes by itself come first: they are read as they are. */
static void read_first(fixture *f)
{
    const audit_entry *first;
    size_t n;
    rows_n = 0;
    assert_int_equal(audit_log_list(fixture_call(f, NULL), 0, 100, &first, &n), ERR_OK);
    for (size_t i = 0; i < n; i++) {
        plain *r = &rows[rows_n++];
        *r = (plain){.time_ms = first[i].time_ms};
        (void)snprintf(r->event, sizeof r->event, "%s", first[i].event);
        (void)snprintf(r->outcome, sizeof r->outcome, "%s", first[i].outcome);
        (void)snprintf(r->actor, sizeof r->actor, "%s", first[i].actor ? first[i].actor : "");
        (void)snprintf(r->subject, sizeof r->subject, "%s", first[i].subject ? first[i].subject : "");
        (void)snprintf(r->origin, sizeof r->origin, "%s", first[i].origin ? first[i].origin : "");
    }
}

static bool is_of(const char *event, const char *wanted)
{
    size_t n = strlen(wanted);
    return wanted[n - 1] == '.' ? strncmp(event, wanted, n) == 0 : strcmp(event, wanted) == 0;
}

static bool fits(const plain *r, int64_t sequence, const audit_filter *f)
{
    bool event = f->events_n == 0;
    for (size_t i = 0; i < f->events_n; i++)
        event = event || is_of(r->event, f->events[i]);
    return event && (!f->actor || strcmp(r->actor, f->actor) == 0) &&
           (!f->subject || strcmp(r->subject, f->subject) == 0) && (!f->origin || strcmp(r->origin, f->origin) == 0) &&
           (!f->outcome || strcmp(r->outcome, f->outcome) == 0 ||
            (strcmp(f->outcome, "refused") == 0 && strcmp(r->outcome, "ok") != 0)) &&
           r->time_ms >= f->from_ms && (f->to_ms == 0 || r->time_ms < f->to_ms) && sequence > f->after &&
           (f->before == 0 || sequence < f->before);
}

/* Page after page, each of little time: exactly those that fit, in their order. */
static void assert_found(fixture *f, audit_filter filter, uint64_t for_ns)
{
    int64_t at = filter.newest_first ? rows_n : 1, step = filter.newest_first ? -1 : 1;
    audit_filter whole = filter;
    audit_page page;
    arena *a = arena_create(8 << 20);
    do {
        call *c = fixture_call(f, NULL);
        arena_reset(a);
        c->arena = a;
        assert_int_equal(audit_search(c, &filter, for_ns, &page), ERR_OK);
        for (size_t i = 0; i < page.n; i++, at += step) {
            while (at >= 1 && at <= rows_n && !fits(&rows[at - 1], at, &whole))
                at += step;
            assert_int_equal(page.entries[i].sequence, at);
        }
        if (filter.newest_first)
            filter.before = page.next;
        else
            filter.after = page.next;
    } while (page.next > 0);
    for (; at >= 1 && at <= rows_n; at += step)
        assert_false(fits(&rows[at - 1], at, &whole));
    arena_destroy(a);
}

static const char *one_of(char *out, size_t size, const char *kind, uint32_t n)
{
    (void)snprintf(out, size, "%s%u", kind, below(n));
    return out;
}

static void search_in_many_ways(fixture *f)
{
    static const char *const wanted[] = {"task.",         "user.",       "policy.", "task.sign",
                                         "policy.update", "user.create", "seal.",   "task.claim"};
    static const char *const outcomes[] = {"ok", "refused", "pin_wrong", "internal"};
    char actor[24], subject[24], origin[24];
    for (int i = 0; i < FILTERS; i++) {
        audit_filter filter = {.newest_first = below(2), .limit = below(3) ? 1 + below(300) : 300};
        if (below(2))
            filter.events_n = 1 + below(3);
        for (size_t k = 0; k < filter.events_n; k++)
            filter.events[k] = wanted[below(8)];
        if (below(3) == 0)
            filter.outcome = outcomes[below(4)];
        if (below(4) == 0)
            filter.actor = one_of(actor, sizeof actor, "device:", 44);
        if (below(8) == 0)
            filter.subject = one_of(subject, sizeof subject, "task:", 2000);
        if (below(3) == 0)
            filter.origin = one_of(origin, sizeof origin, below(2) ? "10.0.7." : "10.0.0.", 210);
        if (below(3) == 0)
            filter.from_ms = 1 + below(ROWS * 110);
        if (below(3) == 0)
            filter.to_ms = 1 + below(ROWS * 110);
        if (below(5) == 0)
            filter.after = below(ROWS);
        if (below(5) == 0)
            filter.before = 1 + below(ROWS + 10);
        assert_found(f, filter, below(2) ? 1 : 0);
    }
}

static void finds_what_a_plain_filter_finds(void **state)
{
    fixture *f = *state;
    int64_t blocks;
    read_first(f);
    fill(f);
    search_in_many_ways(f); /* there are no blocks yet */
    assert_int_equal(audit_block_roll_up(f->store), ERR_OK);
    assert_int_equal(audit_block_count(f->store, fixture_call(f, NULL)->arena, &blocks), ERR_OK);
    assert_int_equal(blocks, ROWS / AUDIT_BLOCK_ROWS);
    search_in_many_ways(f);
    assert_int_equal(audit_block_roll_up(f->store), ERR_OK); /* nothing is to do */
    assert_int_equal(audit_block_count(f->store, fixture_call(f, NULL)->arena, &blocks), ERR_OK);
    assert_int_equal(blocks, ROWS / AUDIT_BLOCK_ROWS);
}

/* ---- many windows in one search: each block has a few rows of an origin ---- */

enum { LONG_BLOCKS = 31, LONG_ROWS = LONG_BLOCKS * AUDIT_BLOCK_ROWS, APART = 1500 };

/* Straight into the table: nothing is written to the log after it, and nobody checks it. */
static void fill_long(fixture *f)
{
    int64_t blocks = 0;
    store_unit *unit = store_unit_begin(f->arena);
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "WITH RECURSIVE n (i) AS (SELECT (SELECT max(sequence) + 1 FROM audit) UNION ALL SELECT i + 1 FROM n "
        "WHERE i < $1) INSERT INTO audit (sequence, time_ms, event, outcome, origin, leaf) SELECT i, 1000 + "
        "i, 'task.sign', 'ok', CASE WHEN i % $2 = 0 THEN '10.0.9.9' ELSE '10.0.0.1' END, $3 FROM n",
        (store_value[]){store_int(LONG_ROWS), store_int(APART), store_blob(rows, SM3_SIZE)}, 3);
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
    for (int i = 0; i < LONG_BLOCKS && blocks < LONG_BLOCKS; i++) {
        assert_int_equal(audit_block_roll_up(f->store), ERR_OK);
        assert_int_equal(audit_block_count(f->store, fixture_call(f, NULL)->arena, &blocks), ERR_OK);
    }
    assert_int_equal(blocks, LONG_BLOCKS);
}

static void a_search_of_many_windows_passes_nothing_by(void **state)
{
    fixture *f = *state;
    audit_page page;
    fill_long(f);
    for (int down = 0; down < 2; down++) {
        audit_filter filter = {.newest_first = down, .limit = 300, .origin = "10.0.9.9"};
        assert_int_equal(audit_search(fixture_call(f, NULL), &filter, 0, &page), ERR_OK);
        assert_int_equal(page.n, LONG_ROWS / APART);
        assert_int_equal(page.next, 0);
        for (size_t i = 0; i < page.n; i++)
            assert_int_equal(page.entries[i].sequence, APART * (down ? (int64_t)(page.n - i) : (int64_t)i + 1));
    }
}

static int64_t wrong_block(fixture *f)
{
    const atomic_bool stop = false;
    int64_t block;
    assert_int_equal(audit_block_check(f->store, &stop, &block), ERR_OK);
    return block;
}

static void a_block_that_hides_rows_is_found(void **state)
{
    fixture *f = *state;
    const atomic_bool stop = true;
    int64_t block;
    read_first(f);
    fill(f);
    assert_int_equal(wrong_block(f), -1); /* there are none */
    assert_int_equal(audit_block_roll_up(f->store), ERR_OK);
    assert_int_equal(wrong_block(f), -1);
    assert_int_equal(audit_block_check(f->store, &stop, &block), ERR_BUSY);
    fixture_write(f, "UPDATE audit_block SET to_ms = to_ms - 1 WHERE block = 1", NULL, 0);
    assert_int_equal(wrong_block(f), 1);
    fixture_write(f, "UPDATE audit_block SET origins = zeroblob(8192) WHERE block = 0", NULL, 0);
    assert_int_equal(wrong_block(f), 0);
    fixture_write(f, "DELETE FROM audit_block WHERE block = 0", NULL, 0);
    assert_int_equal(wrong_block(f), 0);
    fixture_write(f, "DELETE FROM audit_block", NULL, 0); /* housekeeping makes them anew */
    assert_int_equal(audit_block_roll_up(f->store), ERR_OK);
    assert_int_equal(wrong_block(f), -1);
}

/* ---- the export with blocks ---- */

static void assert_root(fixture *f, int64_t from, int64_t limit)
{
    static audit_export x;
    merkle m;
    uint8_t root[SM3_SIZE];
    merkle_init(&m);
    assert_int_equal(audit_export_read(fixture_call(f, NULL), from, limit, &x), ERR_OK);
    for (size_t i = 0; i < x.before_n; i++)
        merkle_append_subtree(&m, x.before[i].level, x.before[i].hash);
    assert_int_equal(m.size, x.from - 1);
    for (size_t i = 0; i < x.n; i++)
        merkle_append(&m, x.rows[i].leaf);
    for (size_t i = 0; i < x.after_n; i++)
        merkle_append_subtree(&m, x.after[i].level, x.after[i].hash);
    assert_int_equal(m.size, x.size);
    merkle_root(root, &m);
    assert_memory_equal(root, x.root, sizeof root);
}

static void an_export_is_whole_with_blocks_and_without(void **state)
{
    static const int64_t at[] = {1, 2, 4095, 4096, 4097, 5000, 8192, 8193, ROWS - 300, ROWS};
    fixture *f = *state;
    read_first(f);
    fill(f);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof at / sizeof *at; i++)
            for (int64_t n = 1; n <= 100; n += 33)
                assert_root(f, at[i], n);
        if (round == 0)
            assert_int_equal(audit_block_roll_up(f->store), ERR_OK);
        else /* what a block says is not believed where it does not give the root */
            fixture_write(f, "UPDATE audit_block SET node = $1 WHERE block = 0",
                          (store_value[]){store_blob("01234567890123456789012345678901", 32)}, 1);
    }
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(finds_what_a_plain_filter_finds),
        WITH_FIXTURE(a_search_of_many_windows_passes_nothing_by),
        WITH_FIXTURE(a_block_that_hides_rows_is_found),
        WITH_FIXTURE(an_export_is_whole_with_blocks_and_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
