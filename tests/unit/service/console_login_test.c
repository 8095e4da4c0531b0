#include "scan_lab.h"
#include "service/console_login.h"

/* The doctor is an operator here, her colleague is not. */
static login begin(lab *l, const char **handle)
{
    login made;
    call *c = fixture_call(&l->f, NULL);
    c->actor = ACTOR_NOBODY;
    c->actor_text = "nobody";
    c->origin = "192.0.2.7";
    assert_int_equal(console_login_create(c, &made, handle), ERR_OK);
    return made;
}

static console_operator make(lab *l)
{
    console_operator o;
    assert_int_equal(operator_create(fixture_call(&l->f, "operator.create"), l->doctor.staff_no, NULL, "auditor", &o),
                     ERR_OK);
    return o;
}

static err get(lab *l, const uint8_t id[16], const char *handle)
{
    login out;
    return console_login_get(fixture_call(&l->f, NULL), id, handle, &out);
}

static err use(lab *l, const uint8_t id[16], const char *handle)
{
    const char *cookie;
    return console_login_use(fixture_call(&l->f, "console.login"), id, handle, &cookie);
}

static void only_the_handle_opens_it(void **state)
{
    lab *l = *state;
    const char *handle, *other;
    login a = begin(l, &handle), b = begin(l, &other);
    assert_string_equal(a.session.purpose, "登录管理控制台（来自 192.0.2.7）");
    assert_int_equal(get(l, a.session.id, handle), ERR_OK);
    assert_int_equal(get(l, a.session.id, other), ERR_NOT_FOUND);
    assert_int_equal(get(l, b.session.id, handle), ERR_NOT_FOUND);
    assert_int_equal(get(l, a.session.id, ""), ERR_NOT_FOUND);
    assert_int_equal(get(l, a.session.id, arena_printf(l->f.arena, "%sA", handle)), ERR_NOT_FOUND);
    assert_int_equal(use(l, a.session.id, handle), ERR_CONFLICT);
}

static void only_an_operator_may_scan_it(void **state)
{
    lab *l = *state;
    const char *handle;
    scan_seen seen;
    make(l);
    phone_throw_away(&l->phone);
    phone_make(&l->phone, &l->f, &l->doctor); /* while she is one */
    login a = begin(l, &handle);
    const char *code = lab_code(l, &a.session);
    assert_int_equal(scan_by_device(phone_call(&l->her_phone, "scan.use"), code, NULL, &seen), ERR_FORBIDDEN);
    assert_int_equal(scan_by_device(phone_call(&l->phone, "scan.use"), code, NULL, &seen), ERR_OK);
    assert_string_equal(seen.session.system_name, CONSOLE_SYSTEM_NAME);
    /* Scanned is not signed. */
    assert_int_equal(use(l, a.session.id, handle), ERR_CONFLICT);
}

static void a_business_systems_login_is_none(void **state)
{
    lab *l = *state;
    login theirs = lab_login(l);
    assert_int_equal(get(l, theirs.session.id, "n"), ERR_NOT_FOUND);
    assert_int_equal(use(l, theirs.session.id, "n"), ERR_NOT_FOUND);
}

static void its_system_is_nobodys(void **state)
{
    lab *l = *state;
    const business_system *list;
    size_t n;
    assert_int_equal(system_list(fixture_call(&l->f, NULL), &(system_filter){.limit = 100}, &list, &n), ERR_OK);
    for (size_t i = 0; i < n; i++)
        assert_string_not_equal(list[i].name, CONSOLE_SYSTEM_NAME);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM system WHERE name = '" CONSOLE_SYSTEM_NAME "'"), 1);
    fixture_close(&l->f);
    fixture_open(&l->f);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM system WHERE name = '" CONSOLE_SYSTEM_NAME "'"), 1);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, lab_setup, lab_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(only_the_handle_opens_it),
        IN_LAB(only_an_operator_may_scan_it),
        IN_LAB(a_business_systems_login_is_none),
        IN_LAB(its_system_is_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
