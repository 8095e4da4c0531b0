#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/permission.h"

#define BIT(name) PERMISSION_BIT(PERMISSION_##name)

static void names_and_bits_belong_together(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PERMISSION_COUNT; i++)
        assert_true(permission_bit(permission_name(i)) == PERMISSION_BIT(i));
    assert_true(permission_bit("backup.manage") == BIT(BACKUP_MANAGE));
    assert_true(permission_bit("backup") == 0);
    assert_true(permission_bit("Backup.manage") == 0);
    assert_true(permission_bit("") == 0);
}

static void every_set_survives_text(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 20);
    for (unsigned i = 0; i < PERMISSION_COUNT; i++)
        for (unsigned j = 0; j < PERMISSION_COUNT; j++) {
            uint64_t again = 0, set = PERMISSION_BIT(i) | PERMISSION_BIT(j);
            assert_int_equal(permission_parse(permission_text(a, set), &again), ERR_OK);
            assert_true(again == set);
        }
    assert_string_equal(permission_text(a, BIT(USERS_READ) | BIT(AUDIT_READ)), "users.read audit.read");
    arena_destroy(a);
}

static void damaged_text_is_no_permission(void **state)
{
    (void)state;
    static const char *const bad[] = {"", " ", "users.read ", "users.read users.read", "users.read,audit.read", "root"};
    uint64_t set;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(permission_parse(bad[i], &set), ERR_CORRUPT);
}

/* The built-in roles, with what the hospital asked of each. */
static void duties_are_separated(void **state)
{
    (void)state;
    uint64_t all = 0;
    for (int i = 0; i < ROLE_COUNT; i++) {
        assert_true(permission_is_separate(permission_of_role((permission_role)i)));
        all |= permission_of_role((permission_role)i);
    }
    assert_true(all == PERMISSION_ALL);
    uint64_t auditor = permission_of_role(ROLE_AUDITOR);
    assert_true(auditor & BIT(AUDIT_READ));
    for (int i = 0; i < PERMISSION_COUNT; i++) {
        bool reads = auditor & PERMISSION_BIT(i);
        const char *name = permission_name((unsigned)i), *dot = name;
        while (*dot != '.')
            dot++;
        assert_int_equal(reads, dot[1] == 'r');
    }
    assert_false(permission_is_separate(BIT(AUDIT_READ) | BIT(USERS_MANAGE)));
    assert_false(permission_is_separate(BIT(AUDIT_READ) | BIT(SYSTEM_MANAGE)));
    assert_false(permission_is_separate(BIT(OPERATORS_MANAGE) | BIT(DEVICES_MANAGE)));
    assert_false(permission_is_separate(PERMISSION_ALL));
    assert_true(permission_is_separate(0));
    assert_true(permission_is_separate(BIT(USERS_MANAGE) | BIT(SYSTEMS_MANAGE) | BIT(SYSTEM_READ)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_bits_belong_together),
        cmocka_unit_test(every_set_survives_text),
        cmocka_unit_test(damaged_text_is_no_permission),
        cmocka_unit_test(duties_are_separated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
