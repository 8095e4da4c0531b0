#include "service/user_check.h"

#include "fixture.h"

static const char *const long_text = "12345678901234567890123456789012345678901234567890123456789012345"
                                     "67890123456789012345678901234567890123456789012345678901234567890";

static void all_problems_are_found_in_order(void **state)
{
    fixture *f = *state;
    static const char *const departments[] = {"急诊", "", "急诊"};
    const user_alias aliases[] = {{.external_id = "1"}, {.external_id = " 1"}, {.external_id = "1"}};
    const user_attribute attributes[] = {{"a{b", "1"}, {"title", long_text}, {"ok", ""}};
    user_problems p = {0};
    assert_int_equal(user_check(fixture_call(f, NULL),
                                &(user_fields){.staff_no = "D 1",
                                               .name = "王\xe2\x80\x8b",
                                               .state = "gone",
                                               .certificates = "none",
                                               .departments = departments,
                                               .departments_n = 3,
                                               .aliases = aliases,
                                               .aliases_n = 3,
                                               .attributes = attributes,
                                               .attributes_n = 3},
                                &p),
                     ERR_OK);
    static const struct {
        err code;
        const char *field;
    } want[] = {{ERR_FIELD_VALUE, "staff_no"},
                {ERR_FIELD_VALUE, "name"},
                {ERR_FIELD_LENGTH, "departments[1]"},
                {ERR_FIELD_VALUE, "departments[2]"},
                {ERR_FIELD_VALUE, "aliases[1].external_id"},
                {ERR_FIELD_VALUE, "aliases[2].external_id"},
                {ERR_FIELD_VALUE, "attributes"},
                {ERR_FIELD_LENGTH, "attributes.title"},
                {ERR_FIELD_VALUE, "state"},
                {ERR_FIELD_VALUE, "certificates"}};
    assert_int_equal(p.n, sizeof want / sizeof *want);
    for (size_t i = 0; i < p.n; i++) {
        assert_int_equal(p.items[i].code, want[i].code);
        assert_string_equal(p.items[i].field, want[i].field);
    }
    assert_int_equal(user_problem_fault(&f->c, &p), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "staff_no");
}

static void lists_are_bounded(void **state)
{
    fixture *f = *state;
    user_alias aliases[USER_ALIASES + 1];
    user_attribute attributes[USER_ATTRIBUTES + 1];
    for (size_t i = 0; i < USER_ALIASES + 1; i++) {
        aliases[i] = (user_alias){.external_id = arena_printf(f->arena, "%zu", i)};
        attributes[i] = (user_attribute){aliases[i].external_id, "x"};
    }
    for (size_t more = 0; more < 2; more++) {
        user_problems p = {0};
        user_fields fields = {.aliases = aliases,
                              .aliases_n = USER_ALIASES + more,
                              .attributes = attributes,
                              .attributes_n = USER_ATTRIBUTES + more};
        assert_int_equal(user_check(fixture_call(f, NULL), &fields, &p), ERR_OK);
        assert_int_equal(p.n, 2 * more);
        if (more) {
            assert_string_equal(p.items[0].field, "aliases");
            assert_string_equal(p.items[1].field, "attributes");
        }
    }
}

static void no_more_problems_are_kept_than_there_is_room_for(void **state)
{
    (void)state;
    user_problems p = {0};
    for (int i = 0; i < USER_PROBLEMS + 5; i++)
        user_problem_add(&p, ERR_FIELD_VALUE, "x", NULL);
    assert_int_equal(p.n, USER_PROBLEMS);
}

static void the_switch_is_for_operators(void **state)
{
    fixture *f = *state;
    static const uint8_t system[16] = {1};
    user_problems p = {0};
    user_fields fields = {.certificates = "single"};
    assert_int_equal(user_check(fixture_call(f, NULL), &fields, &p), ERR_OK);
    assert_int_equal(p.n, 0);
    assert_int_equal(user_check(fixture_call_as_system(f, NULL, system), &fields, &p), ERR_OK);
    assert_int_equal(user_problem_fault(&f->c, &p), ERR_FORBIDDEN);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(all_problems_are_found_in_order),
        WITH_FIXTURE(lists_are_bounded),
        cmocka_unit_test(no_more_problems_are_kept_than_there_is_room_for),
        WITH_FIXTURE(the_switch_is_for_operators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
