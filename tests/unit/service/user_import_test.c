#include "service/user_import.h"

#include "fixture.h"
#include "service/console_session.h"
#include "service/operator_token.h"
#include "service/system.h"

static size_t counts[USER_IMPORT_OUTCOMES];

static err import(fixture *f, user_import_row *rows, size_t n, user_import_options options)
{
    return user_import(fixture_call(f, "user.import"), rows, n, &options, counts);
}

static user_import_row row(const char *staff_no, const char *name)
{
    return (user_import_row){.fields = {.staff_no = staff_no, .name = name}};
}

static user by_number(fixture *f, const char *staff_no)
{
    const user *found;
    size_t n;
    assert_int_equal(user_list(fixture_call(f, NULL), &(user_filter){.staff_no = staff_no, .limit = 1}, &found, &n),
                     ERR_OK);
    assert_int_equal(n, 1);
    return *found;
}

static void a_sheet_twice_changes_nothing_more(void **state)
{
    fixture *f = *state;
    static const char *const departments[] = {"心内科", "急诊"};
    for (int round = 0; round < 2; round++) {
        user_import_row rows[3] = {row("D1", "甲"), row("D2", "乙"), row("D3", "丙")};
        rows[0].fields.departments = departments;
        rows[0].fields.departments_n = 2;
        assert_int_equal(import(f, rows, 3, (user_import_options){0}), ERR_OK);
        assert_int_equal(counts[round ? USER_IMPORT_UNCHANGED : USER_IMPORT_CREATED], 3);
        assert_true(rows[1].has_user);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM app_user"), 3);
        assert_int_equal(fixture_number(f, "SELECT sum(version) FROM app_user"), 3);
    }
    user u = by_number(f, "D1");
    assert_int_equal(u.departments_n, 2);
    assert_string_equal(u.departments[1], "急诊");
    audit_entry last = fixture_last_audit(f);
    assert_string_equal(last.event, "user.import");
    assert_string_equal(last.detail, "rows=3 created=0 updated=0 unchanged=3 errors=0 staff_no=");
}

static void what_differs_is_brought_up_to_date(void **state)
{
    fixture *f = *state;
    static const char *const other[] = {"呼吸科"};
    user before = fixture_user(f, "D1", "甲");
    user_import_row rows[2] = {row("D1", NULL), row("D2", "乙")};
    rows[0].fields.departments = other;
    rows[0].fields.departments_n = 1;
    rows[0].fields.state = "suspended";
    assert_int_equal(import(f, rows, 2, (user_import_options){.dry_run = true}), ERR_OK);
    assert_int_equal(rows[0].outcome, USER_IMPORT_UPDATED);
    assert_int_equal(rows[1].outcome, USER_IMPORT_CREATED);
    assert_false(rows[1].has_user);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM app_user"), 1);
    assert_string_equal(by_number(f, "D1").state, "active");
    assert_string_equal(fixture_last_audit(f).event, "user.create");
    assert_int_equal(import(f, rows, 2, (user_import_options){0}), ERR_OK);
    user u = by_number(f, "D1");
    assert_memory_equal(u.id, before.id, 16);
    assert_memory_equal(rows[0].user_id, before.id, 16);
    assert_string_equal(u.name, "甲");
    assert_string_equal(u.state, "suspended");
    assert_string_equal(u.departments[0], "呼吸科");
    assert_int_equal(u.version, 2);
    assert_string_equal(fixture_last_audit(f).detail,
                        "rows=2 created=1 updated=1 unchanged=0 errors=0 staff_no=D1 D2 ");
}

static void an_update_says_what_it_changes(void **state)
{
    fixture *f = *state;
    static const char *const departments[] = {"呼吸科"};
    static const user_attribute attributes[] = {{"职称", "医师"}};
    fixture_user(f, "D2001", "赵晓棠");
    for (int dry = 1; dry >= 0; dry--) {
        user_import_row rows[3] = {row("D2001", "张晓明"), row("D2002", "乙"), row("D 3", "丙")};
        rows[0].fields.state = "suspended";
        rows[0].fields.departments = departments;
        rows[0].fields.departments_n = 1;
        rows[0].fields.attributes = attributes;
        rows[0].fields.attributes_n = 1;
        assert_int_equal(import(f, rows, 3, (user_import_options){.dry_run = dry}), ERR_OK);
        static const user_import_change wanted[] = {{"name", "赵晓棠", "张晓明"},
                                                    {"state", "active", "suspended"},
                                                    {"departments", NULL, NULL},
                                                    {"attributes", NULL, NULL}};
        assert_int_equal(rows[0].changes_n, 4);
        for (size_t i = 0; i < 4; i++) {
            assert_string_equal(rows[0].changes[i].field, wanted[i].field);
            assert_int_equal(rows[0].changes[i].before != NULL, wanted[i].before != NULL);
            if (wanted[i].before) {
                assert_string_equal(rows[0].changes[i].before, wanted[i].before);
                assert_string_equal(rows[0].changes[i].after, wanted[i].after);
            }
        }
        assert_int_equal(rows[1].changes_n + rows[2].changes_n, 0);
    }
    user_import_row again[1] = {row("D2001", "张晓明")};
    assert_int_equal(import(f, again, 1, (user_import_options){0}), ERR_OK);
    assert_int_equal(again[0].outcome, USER_IMPORT_UNCHANGED);
    assert_int_equal(again[0].changes_n, 0);
}

static void rows_with_problems_are_left_out(void **state)
{
    fixture *f = *state;
    fixture_user(f, "D1", "甲");
    user_import_row rows[] = {row("D2", "乙"), row("D 3", ""),  row("D4", NULL), row(NULL, "丁"),
                              row("D2", "乙"), row("D1", NULL), row("D5", "戊")};
    user_problem_add(&rows[6].problems, ERR_FIELD_UNKNOWN, "phone", NULL);
    assert_int_equal(import(f, rows, 7, (user_import_options){0}), ERR_OK);
    assert_int_equal(counts[USER_IMPORT_ERROR], 5);
    assert_int_equal(rows[0].outcome, USER_IMPORT_CREATED);
    assert_int_equal(rows[1].problems.n, 2); /* not the first alone */
    assert_string_equal(rows[1].problems.items[0].field, "staff_no");
    assert_string_equal(rows[1].problems.items[1].field, "name");
    assert_int_equal(rows[2].problems.items[0].code, ERR_FIELD_MISSING);
    assert_string_equal(rows[2].problems.items[0].field, "name");
    assert_int_equal(rows[3].problems.items[0].code, ERR_FIELD_MISSING);
    assert_string_equal(rows[3].problems.items[0].field, "staff_no");
    assert_int_equal(rows[4].problems.items[0].code, ERR_EXISTS);
    assert_string_equal(rows[4].problems.items[0].detail, "row 0 has it, too");
    assert_int_equal(rows[5].outcome, USER_IMPORT_UNCHANGED);
    assert_int_equal(rows[6].outcome, USER_IMPORT_ERROR);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM app_user"), 2);
}

static void adding_alone_refuses_who_is_there(void **state)
{
    fixture *f = *state;
    fixture_user(f, "D1", "甲");
    user_import_row rows[] = {row("D1", "乙"), row("D2", "丙")};
    assert_int_equal(import(f, rows, 2, (user_import_options){.add_only = true}), ERR_OK);
    assert_int_equal(rows[0].problems.items[0].code, ERR_USER_EXISTS);
    assert_string_equal(by_number(f, "D1").name, "甲");
    assert_string_equal(by_number(f, "D2").name, "丙");
}

static business_system system_named(fixture *f, const char *name)
{
    business_system s;
    assert_int_equal(system_create(fixture_call(f, "system.create"), name, SCOPE_TASKS, false, &s), ERR_OK);
    return s;
}

static user_alias alias_of(const business_system *s, const char *external_id)
{
    user_alias a = {.external_id = external_id};
    memcpy(a.system_id, s->id, 16);
    return a;
}

static void aliases_of_other_systems_stay(void **state)
{
    fixture *f = *state;
    business_system his = system_named(f, "HIS"), lis = system_named(f, "LIS");
    const user_alias both[] = {alias_of(&his, "1"), alias_of(&lis, "1")}, one = alias_of(&his, "2");
    user_import_row r = row("D1", "甲");
    r.fields.aliases = both;
    r.fields.aliases_n = 2;
    assert_int_equal(import(f, &r, 1, (user_import_options){0}), ERR_OK);
    r = row("D1", NULL);
    r.fields.aliases = &one;
    r.fields.aliases_n = 1;
    assert_int_equal(import(f, &r, 1, (user_import_options){0}), ERR_OK);
    assert_int_equal(r.outcome, USER_IMPORT_UPDATED);
    user u = by_number(f, "D1");
    assert_int_equal(u.aliases_n, 2);
    assert_string_equal(u.aliases[0].external_id, "2");
    assert_string_equal(u.aliases[1].external_id, "1");
    r = row("D1", NULL);
    r.fields.aliases = &one;
    r.fields.aliases_n = 1;
    assert_int_equal(import(f, &r, 1, (user_import_options){0}), ERR_OK);
    assert_int_equal(r.outcome, USER_IMPORT_UNCHANGED);
    /* Another's, given twice in one call, of no system. */
    business_system none = {.id = {7}};
    const user_alias unknown = alias_of(&none, "1"), new = alias_of(&his, "3");
    user_import_row rows[] = {row("D2", "乙"), row("D3", "丙"), row("D4", "丁"), row("D5", "戊")};
    const user_alias *given[] = {&one, &unknown, &new, &new};
    for (size_t i = 0; i < 4; i++) {
        rows[i].fields.aliases = given[i];
        rows[i].fields.aliases_n = 1;
    }
    assert_int_equal(import(f, rows, 4, (user_import_options){0}), ERR_OK);
    assert_int_equal(rows[0].problems.items[0].code, ERR_EXISTS);
    assert_string_equal(rows[0].problems.items[0].detail, "it is another person's");
    assert_int_equal(rows[1].problems.items[0].code, ERR_SYSTEM_NOT_FOUND);
    assert_int_equal(rows[2].outcome, USER_IMPORT_CREATED);
    assert_int_equal(rows[3].problems.items[0].code, ERR_EXISTS);
}

static void attributes_that_are_not_named_stay(void **state)
{
    fixture *f = *state;
    const user_attribute two[] = {{"a", "1"}, {"b", "2"}}, change[] = {{"a", ""}, {"c", "3"}};
    user_import_row r = row("D1", "甲");
    r.fields.attributes = two;
    r.fields.attributes_n = 2;
    assert_int_equal(import(f, &r, 1, (user_import_options){0}), ERR_OK);
    for (int round = 0; round < 2; round++) {
        r = row("D1", NULL);
        r.fields.attributes = change;
        r.fields.attributes_n = 2;
        assert_int_equal(import(f, &r, 1, (user_import_options){0}), ERR_OK);
        assert_int_equal(r.outcome, round ? USER_IMPORT_UNCHANGED : USER_IMPORT_UPDATED);
    }
    user u = by_number(f, "D1");
    assert_int_equal(u.attributes_n, 2);
    assert_string_equal(u.attributes[0].name, "b");
    assert_string_equal(u.attributes[1].value, "3");
}

static void too_many_aliases_are_one_problem(void **state)
{
    fixture *f = *state;
    user_alias aliases[USER_ALIASES + 1];
    for (size_t i = 0; i <= USER_ALIASES; i++)
        aliases[i] = (user_alias){.external_id = arena_printf(f->arena, "%zu", i)}; /* of no system there is */
    user_import_row rows[2] = {row("D1", "甲"), row("D2", "乙")};
    for (int i = 0; i < 2; i++) {
        rows[i].fields.aliases = aliases;
        rows[i].fields.aliases_n = USER_ALIASES + 1;
    }
    assert_int_equal(import(f, rows, 2, (user_import_options){0}), ERR_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rows[i].outcome, USER_IMPORT_ERROR);
        for (size_t k = 0; k < rows[i].problems.n; k++)
            assert_int_equal(rows[i].problems.items[k].code, ERR_FIELD_LENGTH);
    }
}

static void the_last_administrator_is_not_suspended(void **state)
{
    fixture *f = *state;
    console_operator o;
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D1", "甲", "administrator", &o), ERR_OK);
    user_import_row rows[2] = {row("D1", NULL), row("D2", "乙")};
    rows[0].fields.state = rows[1].fields.state = "suspended";
    assert_int_equal(import(f, rows, 2, (user_import_options){0}), ERR_LAST_ADMINISTRATOR);
    assert_string_equal(by_number(f, "D1").state, "active");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM app_user"), 1);
}

static void an_operators_row_does_not_suspend_him(void **state)
{
    fixture *f = *state;
    console_operator o;
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D1", "甲", "auditor", &o), ERR_OK);
    fixture_user(f, "D2", "乙");
    user_import_row rows[2];
    for (int dry = 1; dry >= 0; dry--) {
        rows[0] = row("D1", "丙");
        rows[1] = row("D2", NULL);
        rows[0].fields.state = rows[1].fields.state = "suspended";
        call *c = fixture_call(f, "user.import");
        c->own_socket = false;
        assert_int_equal(user_import(c, rows, 2, &(user_import_options){.dry_run = dry}, counts), ERR_OK);
        assert_int_equal(rows[0].outcome, USER_IMPORT_ERROR);
        assert_int_equal(rows[0].problems.n, 1);
        assert_int_equal(rows[0].problems.items[0].code, ERR_USER_OPERATOR);
        assert_string_equal(rows[0].problems.items[0].field, "state");
        assert_int_equal(rows[1].outcome, USER_IMPORT_UPDATED);
    }
    assert_string_equal(by_number(f, "D1").state, "active");
    assert_string_equal(by_number(f, "D1").name, "甲");
    assert_string_equal(by_number(f, "D2").state, "suspended");
}

static void a_suspended_makers_token_ends(void **state)
{
    fixture *f = *state;
    console_operator o, other;
    operator_token made;
    uint32_t scopes;
    const char *token, *id;
    console_session s = {0};
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D1", "甲", "administrator", &o), ERR_OK);
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D2", "乙", "administrator", &other), ERR_OK);
    memcpy(s.operator_id, o.id, 16);
    call *c = fixture_call(f, "operator.token_create");
    c->console = &s;
    assert_int_equal(operator_token_create(c, "接口", SCOPE_AUDITOR, 3600, &made, &token), ERR_OK);
    assert_int_equal(operator_token_check(fixture_call(f, NULL), token, &scopes, &id), ERR_OK);
    user_import_row rows[1] = {row("D1", NULL)};
    for (int i = 0; i < 2; i++) {
        rows[0].fields.state = i ? "active" : "suspended";
        assert_int_equal(import(f, rows, 1, (user_import_options){0}), ERR_OK);
        assert_int_equal(operator_token_check(fixture_call(f, NULL), token, &scopes, &id), ERR_UNAUTHENTICATED);
    }
}

static void as_many_rows_as_there_may_be(void **state)
{
    fixture *f = *state;
    static user_import_row rows[USER_IMPORT_ROWS + 1];
    static const char *const departments[] = {"心内科"};
    for (size_t i = 0; i < USER_IMPORT_ROWS + 1; i++) {
        rows[i] = row(arena_printf(f->arena, "LONG-STAFF-NUMBER-%04zu", i), "甲");
        rows[i].fields.departments = departments;
        rows[i].fields.departments_n = 1;
    }
    assert_int_equal(import(f, rows, USER_IMPORT_ROWS + 1, (user_import_options){0}), ERR_LIMIT);
    assert_int_equal(import(f, rows, USER_IMPORT_ROWS, (user_import_options){0}), ERR_OK);
    assert_int_equal(counts[USER_IMPORT_CREATED], USER_IMPORT_ROWS);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM user_department"), USER_IMPORT_ROWS);
    const char *detail = fixture_last_audit(f).detail;
    assert_in_range(strlen(detail), 1000, 2000);
    assert_string_equal(detail + strlen(detail) - 2, " +");
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_sheet_twice_changes_nothing_more), WITH_FIXTURE(what_differs_is_brought_up_to_date),
        WITH_FIXTURE(an_update_says_what_it_changes),
        WITH_FIXTURE(rows_with_problems_are_left_out),    WITH_FIXTURE(adding_alone_refuses_who_is_there),
        WITH_FIXTURE(aliases_of_other_systems_stay),      WITH_FIXTURE(attributes_that_are_not_named_stay),
        WITH_FIXTURE(too_many_aliases_are_one_problem),   WITH_FIXTURE(the_last_administrator_is_not_suspended),
        WITH_FIXTURE(an_operators_row_does_not_suspend_him),
        WITH_FIXTURE(a_suspended_makers_token_ends),      WITH_FIXTURE(as_many_rows_as_there_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
