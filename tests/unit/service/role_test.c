#include "fixture.h"
#include "service/console_session.h"
#include "service/role.h"

#define BIT(name) PERMISSION_BIT(PERMISSION_##name)

static void a_role_is_made_changed_and_deleted(void **state)
{
    fixture *f = *state;
    role r;
    const role *list;
    size_t n;
    assert_int_equal(role_create(fixture_call(f, "role.create"), "值班", BIT(USERS_READ), &r), ERR_OK);
    assert_string_equal(fixture_last_audit(f).detail, "name=值班 permissions=users.read");
    assert_int_equal(r.version, 1);
    assert_false(r.built_in);
    role_change change = {.has_permissions = true, .permissions = BIT(USERS_READ) | BIT(USERS_MANAGE), .version = 1};
    assert_int_equal(role_update(fixture_call(f, "role.update"), r.text, &change, &r), ERR_OK);
    assert_int_equal(r.version, 2);
    assert_string_equal(r.name, "值班");
    assert_int_equal(role_update(fixture_call(f, "role.update"), r.text, &change, &r), ERR_STALE);
    assert_int_equal(role_list(fixture_call(f, NULL), &list, &n), ERR_OK);
    assert_int_equal(n, ROLE_COUNT + 1);
    assert_string_equal(list[0].text, "administrator");
    assert_string_equal(list[ROLE_COUNT].text, r.text);
    assert_int_equal(role_delete(fixture_call(f, "role.delete"), r.text), ERR_OK);
    assert_int_equal(role_find(fixture_call(f, NULL), r.text, &r), ERR_NOT_FOUND);
}

static void a_role_may_have_no_permission(void **state)
{
    fixture *f = *state;
    role r;
    assert_int_equal(role_create(fixture_call(f, "role.create"), "空", 0, &r), ERR_OK);
    assert_int_equal(role_find(fixture_call(f, NULL), r.text, &r), ERR_OK);
    assert_int_equal(r.permissions, 0);
}

static void wrong_roles_are_not_made(void **state)
{
    fixture *f = *state;
    role r;
    call *c = fixture_call(f, "role.create");
    assert_int_equal(role_create(c, "", 0, &r), ERR_FIELD_LENGTH);
    assert_int_equal(role_create(c, "auditor", 0, &r), ERR_EXISTS);
    assert_int_equal(role_create(c, "甲", UINT64_C(1) << 60, &r), ERR_FIELD_VALUE);
    /* Separated duties are not joined by a role of one's own. */
    assert_int_equal(role_create(c, "甲", BIT(USERS_MANAGE) | BIT(OPERATORS_MANAGE), &r), ERR_SEPARATION);
    assert_int_equal(role_create(c, "甲", BIT(AUDIT_READ) | BIT(OPERATORS_MANAGE), &r), ERR_SEPARATION);
    assert_int_equal(role_create(fixture_call(f, "role.create"), "甲", 0, &r), ERR_OK);
    assert_int_equal(role_create(fixture_call(f, "role.create"), "甲", 0, &r), ERR_EXISTS);
    role_change change = {.has_permissions = true, .permissions = BIT(USERS_MANAGE) | BIT(CA_MANAGE)};
    assert_int_equal(role_update(fixture_call(f, "role.update"), r.text, &change, &r), ERR_SEPARATION);
}

static void built_in_roles_stay(void **state)
{
    fixture *f = *state;
    role r;
    assert_int_equal(role_update(fixture_call(f, "role.update"), "auditor", &(role_change){.name = "甲"}, &r),
                     ERR_FORBIDDEN);
    assert_int_equal(role_delete(fixture_call(f, "role.delete"), "auditor"), ERR_FORBIDDEN);
    assert_int_equal(role_delete(fixture_call(f, "role.delete"), "nobody"), ERR_NOT_FOUND);
}

static void a_role_that_somebody_has_stays(void **state)
{
    fixture *f = *state;
    role r;
    console_operator o;
    assert_int_equal(role_create(fixture_call(f, "role.create"), "甲", 0, &r), ERR_OK);
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D1", "王建国", r.text, &o), ERR_OK);
    assert_int_equal(role_delete(fixture_call(f, "role.delete"), r.text), ERR_CONFLICT);
    assert_int_equal(operator_remove(fixture_call(f, "operator.remove"), o.id, 0), ERR_OK);
    assert_int_equal(role_delete(fixture_call(f, "role.delete"), r.text), ERR_OK);
}

static void nobody_changes_the_role_he_has(void **state)
{
    fixture *f = *state;
    role r;
    assert_int_equal(role_create(fixture_call(f, "role.create"), "甲", BIT(OPERATORS_MANAGE), &r), ERR_OK);
    console_session s = {.role = r.text};
    role_change change = {.has_permissions = true, .permissions = BIT(OPERATORS_MANAGE) | BIT(CA_MANAGE)};
    call *c = fixture_call(f, "role.update");
    c->console = &s;
    assert_int_equal(role_update(c, r.text, &change, &r), ERR_OWN_ROLE);
    c = fixture_call(f, "role.update");
    c->approver = &s;
    assert_int_equal(role_update(c, r.text, &change, &r), ERR_OWN_ROLE);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_role_is_made_changed_and_deleted), WITH_FIXTURE(a_role_may_have_no_permission),
        WITH_FIXTURE(wrong_roles_are_not_made),           WITH_FIXTURE(built_in_roles_stay),
        WITH_FIXTURE(a_role_that_somebody_has_stays),     WITH_FIXTURE(nobody_changes_the_role_he_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
