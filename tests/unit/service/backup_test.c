#include "service/backup.h"

#include "fixture.h"
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

#define WITH_SHELF(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHELF(a_permit_is_of_what_is_done),
        WITH_SHELF(a_permit_that_meets_a_removal_is_none),
        WITH_SHELF(a_removed_ones_row_goes_with_its_permits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
