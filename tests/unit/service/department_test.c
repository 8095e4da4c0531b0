#include "service/department.h"

#include "fixture.h"

static user person(fixture *f, const char *staff_no, const char *first, const char *second)
{
    const char *departments[] = {first, second};
    user_request r = {.staff_no = staff_no,
                      .name = "甲",
                      .departments = departments,
                      .departments_n = (size_t)((first != NULL) + (second != NULL))};
    user u;
    assert_int_equal(user_create(fixture_call(f, "user.create"), &r, &u), ERR_OK);
    return u;
}

static void people_are_counted(void **state)
{
    fixture *f = *state;
    const department *all;
    department_totals totals;
    size_t n;
    person(f, "D1", "心内科", "急诊");
    user u = person(f, "D2", "急诊", NULL);
    person(f, "D3", NULL, NULL);
    assert_int_equal(user_update(fixture_call(f, "user.update"), u.id, &(user_change){.state = "suspended"}, &u),
                     ERR_OK);
    assert_int_equal(department_list(fixture_call(f, NULL), &all, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(all[1].name, "急诊");
    assert_int_equal(all[1].people, 2);
    assert_int_equal(all[1].active, 1);
    assert_int_equal(department_count(fixture_call(f, NULL), &totals), ERR_OK);
    assert_int_equal(totals.people, 3);
    assert_int_equal(totals.active, 2);
    assert_int_equal(totals.without, 1);
}

static void a_rename_reaches_everybody(void **state)
{
    fixture *f = *state;
    int64_t people;
    user a = person(f, "D1", "心内", "急诊"), b = person(f, "D2", "心内", NULL), c = person(f, "D3", "急诊", NULL);
    f->now_ms += 1000;
    assert_int_equal(department_rename(fixture_call(f, "department.rename"), "心内", "心内科", &people), ERR_OK);
    assert_int_equal(people, 2);
    assert_string_equal(fixture_last_audit(f).detail, "心内 -> 心内科 people=2");
    assert_int_equal(user_get(fixture_call(f, NULL), a.id, &a), ERR_OK);
    assert_int_equal(user_get(fixture_call(f, NULL), b.id, &b), ERR_OK);
    assert_int_equal(user_get(fixture_call(f, NULL), c.id, &c), ERR_OK);
    assert_string_equal(a.departments[0], "心内科");
    assert_string_equal(a.departments[1], "急诊");
    assert_int_equal(a.version, 2); /* who edits him meanwhile is told */
    assert_int_equal(a.updated_ms, f->now_ms);
    assert_int_equal(c.version, 1);
}

/* Who is in both keeps the place of the first: the first department is the one that his tasks carry. */
static void one_that_exists_takes_the_other_in(void **state)
{
    fixture *f = *state;
    int64_t people;
    user a = person(f, "D1", "心内", "心内科"), b = person(f, "D2", "心内科", "心内");
    assert_int_equal(department_rename(fixture_call(f, "department.rename"), "心内", "心内科", &people), ERR_OK);
    assert_int_equal(user_get(fixture_call(f, NULL), a.id, &a), ERR_OK);
    assert_int_equal(user_get(fixture_call(f, NULL), b.id, &b), ERR_OK);
    assert_int_equal(a.departments_n, 1);
    assert_string_equal(a.departments[0], "心内科");
    assert_int_equal(b.departments_n, 1);
    assert_int_equal(fixture_number(f, "SELECT sum(place) FROM user_department"), 0);
}

static void wrong_renames_are_refused(void **state)
{
    fixture *f = *state;
    int64_t people;
    person(f, "D1", "心内", NULL);
    assert_int_equal(department_rename(fixture_call(f, "department.rename"), "无此科", "心内科", &people),
                     ERR_NOT_FOUND);
    assert_int_equal(department_rename(fixture_call(f, "department.rename"), "心内", "心内", &people), ERR_FIELD_VALUE);
    assert_int_equal(department_rename(fixture_call(f, "department.rename"), "心内", "", &people), ERR_FIELD_LENGTH);
    assert_int_equal(department_rename(fixture_call(f, "department.rename"), "心内", " x", &people), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "new_name");
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(people_are_counted),
        WITH_FIXTURE(a_rename_reaches_everybody),
        WITH_FIXTURE(one_that_exists_takes_the_other_in),
        WITH_FIXTURE(wrong_renames_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
