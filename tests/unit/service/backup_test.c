#include "service/backup.h"

#include "fixture.h"
#include "os/file.h"
#include "service/backup_job.h"
#include "service/backup_make.h"
#include "service/console_session.h"
#include "service/operator.h"

typedef struct shelf {
    fixture f;
    console_session who;
    uint8_t id[16]; /* of a backup that is done */
} shelf;

static int setup(void **state)
{
    shelf *s = calloc(1, sizeof *s);
    console_operator o;
    assert_non_null(s);
    fixture_init(&s->f);
    s->f.service->options.data_dir = s->f.dir;
    assert_int_equal(operator_create(fixture_call(&s->f, "operator.create"), "B1", "王建国", "administrator", &o),
                     ERR_OK);
    memcpy(s->who.operator_id, o.id, 16);
    memcpy(s->who.user_id, o.user_id, 16);
    memset(s->id, 7, sizeof s->id);
    fixture_write(&s->f,
                  "INSERT INTO backup (id, scope, cause, state, file, size, made_by, created_at) VALUES ($1, 'all', "
                  "'manual', 'done', 'x.yqb', 1, 'nobody', 1)",
                  (store_value[]){store_id(s->id)}, 1);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    shelf *s = *state;
    fixture_remove(&s->f);
    free(s);
    return 0;
}

static err permit(shelf *s)
{
    backup b;
    call *c = fixture_call(&s->f, "backup.permit");
    c->console = &s->who;
    return backup_permit(c, s->id, &b);
}

static int64_t permits(shelf *s)
{
    return fixture_number(&s->f, "SELECT count(*) FROM backup_permit");
}

static void a_permit_is_of_what_is_done(void **state)
{
    shelf *s = *state;
    assert_int_equal(permit(s), ERR_OK);
    assert_int_equal(permit(s), ERR_OK); /* anew */
    assert_int_equal(permits(s), 1);
    fixture_write(&s->f, "UPDATE backup SET state = 'failed'", NULL, 0);
    assert_int_equal(permit(s), ERR_CONFLICT);
    fixture_write(&s->f, "UPDATE backup SET state = 'removed'", NULL, 0);
    assert_int_equal(permit(s), ERR_BACKUP_NOT_FOUND);
}

/* Somebody removes it between the look at it and the permit: the writer's connection sees what the readers' do not see yet. */
static void a_permit_that_meets_a_removal_is_none(void **state)
{
    shelf *s = *state;
    store_unit *unit = store_unit_begin(s->f.arena);
    store_unit_add(unit, STORE_ANY, ERR_OK, "CREATE TEMP VIEW backup AS SELECT id, 'removed' AS state FROM main.backup",
                   NULL, 0);
    assert_int_equal(store_commit(s->f.store, unit), ERR_OK);
    assert_int_equal(permit(s), ERR_CONFLICT);
    assert_int_equal(permits(s), 0);
}

static void a_removed_ones_row_goes_with_its_permits(void **state)
{
    shelf *s = *state;
    assert_int_equal(permit(s), ERR_OK);
    for (int removed = 0; removed < 2; removed++) {
        store_unit *unit = store_unit_begin(s->f.arena);
        backup_add_forgetting(unit, s->id);
        assert_int_equal(store_commit(s->f.store, unit), ERR_OK);
        assert_int_equal(fixture_number(&s->f, "SELECT count(*) FROM backup"), !removed);
        assert_int_equal(permits(s), !removed);
        if (!removed)
            fixture_write(&s->f, "UPDATE backup SET state = 'removed'", NULL, 0);
    }
}

/* ---- what came of one that could not be noted ---- */

static void write_any(shelf *s, const char *sql)
{
    store_unit *unit = store_unit_begin(s->f.arena);
    store_unit_add(unit, STORE_ANY, ERR_OK, sql, NULL, 0);
    assert_int_equal(store_commit(s->f.store, unit), ERR_OK);
}

/* A scheduled one, to its end. */
static void make_scheduled(shelf *s)
{
    backup_job_state now = {.running = true};
    backup_job_order order = {
        .scheduled = true, .scope = BACKUP_CONFIGURATION, .created_ms = s->f.now_ms, .file = "new.yqb"};
    static const char words[] = "不是口令而是一句长话";
    memset(order.id, 9, sizeof order.id);
    memcpy(order.passphrase.text, words, sizeof words - 1);
    order.passphrase.n = sizeof words - 1;
    fixture_write(&s->f,
                  "INSERT INTO backup (id, scope, cause, state, file, made_by, created_at) VALUES ($1, 'configuration', "
                  "'scheduled', 'running', 'new.yqb', 'server', $2)",
                  (store_value[]){store_id(order.id), store_int(s->f.now_ms)}, 2);
    assert_int_equal(backup_directory_check(s->f.service, s->f.arena), ERR_OK);
    assert_int_equal(backup_job_reserve(s->f.service), ERR_OK);
    assert_int_equal(backup_job_start(s->f.service, &order, "server", "server"), ERR_OK);
    while (now.running) {
        usleep(10000);
        backup_job_read(s->f.service, &now);
    }
    assert_int_equal(now.outcome, ERR_OK);
}

static int64_t rows_of(shelf *s, const char *file, const char *state)
{
    return fixture_number(&s->f, arena_printf(s->f.arena, "SELECT count(*) FROM backup WHERE file = '%s' AND state = '%s'",
                                              file, state));
}

static void what_is_noted_late_makes_room_too(void **state)
{
    shelf *s = *state;
    write_any(s, "UPDATE backup_setting SET keep = 1");
    write_any(s, "UPDATE backup SET scope = 'configuration', cause = 'scheduled', digest = zeroblob(32)");
    /* The disk is full. */
    write_any(s, "CREATE TEMP TRIGGER full AFTER UPDATE ON backup BEGIN INSERT INTO request_nonce VALUES "
                 "(hex(zeroblob(500000)), 'x', 1); END");
    write_any(s, "PRAGMA max_page_count = 1");
    make_scheduled(s);
    assert_int_equal(rows_of(s, "new.yqb", "running"), 1);
    assert_int_equal(backup_job_reserve(s->f.service), ERR_DISK_FULL);
    assert_int_equal(backup_job_housekeeping(fixture_call(&s->f, NULL)), ERR_DISK_FULL);
    assert_int_equal(rows_of(s, "x.yqb", "done"), 1);
    write_any(s, "DROP TRIGGER full");
    write_any(s, "PRAGMA max_page_count = 1000000");
    assert_int_equal(backup_job_housekeeping(fixture_call(&s->f, NULL)), ERR_OK);
    assert_int_equal(rows_of(s, "new.yqb", "done"), 1);
    assert_int_equal(rows_of(s, "x.yqb", "done"), 0);
    assert_int_equal(backup_job_reserve(s->f.service), ERR_OK);
    backup_job_release(s->f.service);
}

static void what_can_never_be_noted_is_not_being_made_for_ever(void **state)
{
    shelf *s = *state;
    write_any(s, "CREATE TEMP TRIGGER never BEFORE UPDATE ON backup WHEN NEW.state = 'done' BEGIN "
                 "SELECT RAISE(ABORT, 'never'); END");
    make_scheduled(s);
    assert_int_equal(rows_of(s, "new.yqb", "running"), 1);
    assert_int_equal(backup_job_housekeeping(fixture_call(&s->f, NULL)), ERR_OK);
    assert_int_equal(rows_of(s, "new.yqb", "failed"), 1);
    assert_false(file_exists(backup_path(s->f.service, s->f.arena, "new.yqb")));
}

#define WITH_SHELF(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHELF(a_permit_is_of_what_is_done),
        WITH_SHELF(a_permit_that_meets_a_removal_is_none),
        WITH_SHELF(a_removed_ones_row_goes_with_its_permits),
        WITH_SHELF(what_is_noted_late_makes_room_too),
        WITH_SHELF(what_can_never_be_noted_is_not_being_made_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
