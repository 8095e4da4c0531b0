#include "profile.h"

static err expand(arena *a, const char *text, const profile_person *who, const char *expected, const char *lacks)
{
    char room[256] = "";
    buffer b = buffer_over(room, sizeof room - 1);
    const char *missing;
    err e = profile_expand(a, &b, text, who, &missing);
    if (e != ERR_OK)
        return e;
    assert_string_equal(room, expected);
    if (lacks)
        assert_string_equal(missing, lacks);
    else
        assert_null(missing);
    return e;
}

static void placeholders_stand_for_the_person(void **state)
{
    const profile_person *d = &profile_doctor;
    assert_int_equal(expand(*state, "", d, "", NULL), ERR_OK);
    assert_int_equal(expand(*state, "fixed", d, "fixed", NULL), ERR_OK);
    assert_int_equal(expand(*state, "{name}", d, "王建国", NULL), ERR_OK);
    assert_int_equal(
        expand(*state, "{organisation}/{department}: {name} {staff_no}", d, "示例医院/心内科: 王建国 D1001", NULL),
        ERR_OK);
    assert_int_equal(expand(*state, "-{attribute:licence}-{attribute:执业}", d, "-110110199001011234-医师", NULL),
                     ERR_OK);
    /* The first one that is missing is named; an empty value is none. */
    assert_int_equal(expand(*state, "a{attribute:no}b{attribute:empty}", d, "ab", "attribute:no"), ERR_OK);
    assert_int_equal(expand(*state, "{attribute:empty}", d, "", "attribute:empty"), ERR_OK);
    profile_person nobody = {.name = "x"};
    assert_int_equal(expand(*state, "{department}", &nobody, "", "department"), ERR_OK);
    /* A value with braces is text. */
    nobody.name = "{staff_no}";
    assert_int_equal(expand(*state, "{name}", &nobody, "{staff_no}", NULL), ERR_OK);
    /* Of nobody: the fixed text alone. */
    assert_int_equal(expand(*state, "a{name}b{attribute:x}", NULL, "ab", NULL), ERR_OK);
}

static void other_braces_are_refused(void **state)
{
    static const char *const wrong[] = {"{",
                                        "}",
                                        "a{",
                                        "{}",
                                        "{name",
                                        "name}",
                                        "{nam}",
                                        "{name }",
                                        "{Name}",
                                        "{{name}}",
                                        "{na{me}",
                                        "{attribute}",
                                        "{attribute:}",
                                        "{ attribute:x}",
                                        "{user}",
                                        "{attribute:{name}}"};
    char longest[128] = "{attribute:";
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(expand(*state, wrong[i], &profile_doctor, "", NULL), ERR_FIELD_VALUE);
    size_t n = strlen(longest);
    memset(longest + n, 'x', PROFILE_ATTRIBUTE_NAME_MAX);
    longest[n + PROFILE_ATTRIBUTE_NAME_MAX] = '}';
    assert_int_equal(expand(*state, longest, NULL, "", NULL), ERR_OK);
    longest[n + PROFILE_ATTRIBUTE_NAME_MAX] = 'x';
    longest[n + PROFILE_ATTRIBUTE_NAME_MAX + 1] = '}';
    assert_int_equal(expand(*state, longest, NULL, "", NULL), ERR_FIELD_VALUE);
}

static void what_does_not_fit_overflows(void **state)
{
    char room[4];
    buffer b = buffer_over(room, sizeof room);
    const char *missing;
    assert_int_equal(profile_expand(*state, &b, "{name}", &profile_doctor, &missing), ERR_OK);
    assert_true(b.overflow);
}

static void a_placeholder_is_found(void **state)
{
    (void)state;
    assert_true(profile_has_placeholder("a {name} b", "name"));
    assert_true(profile_has_placeholder("{staff_no}{name}", "name"));
    assert_false(profile_has_placeholder("name", "name"));
    assert_false(profile_has_placeholder("{names}", "name"));
    assert_false(profile_has_placeholder("{attribute:name}", "name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(placeholders_stand_for_the_person),
        cmocka_unit_test(other_braces_are_refused),
        cmocka_unit_test(what_does_not_fit_overflows),
        cmocka_unit_test(a_placeholder_is_found),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
