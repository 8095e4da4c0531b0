#include "fixture.h"
#include "service/system.h"

static business_system make(fixture *f, const char *name)
{
    business_system s;
    assert_int_equal(system_create(fixture_call(f, "system.create"), name, SCOPE_TASKS | SCOPE_VERIFY, false, &s),
                     ERR_OK);
    return s;
}

static void a_system_is_kept_as_given(void **state)
{
    fixture *f = *state;
    const business_system *list;
    size_t n;
    make(f, "电子病历");
    make(f, "HIS");
    assert_int_equal(system_list(fixture_call(f, NULL), &(system_filter){.limit = 100}, &list, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].name, "电子病历");
    assert_string_equal(list[0].state, "active");
    assert_int_equal(list[0].scopes, SCOPE_TASKS | SCOPE_VERIFY);
    assert_int_equal(system_list(fixture_call(f, NULL), &(system_filter){.after = list[0].id, .limit = 100}, &list, &n),
                     ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].name, "HIS");
    assert_int_equal(system_list(fixture_call(f, NULL), &(system_filter){.limit = 1}, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
}

static void wrong_systems_are_refused(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS");
    assert_int_equal(system_create(fixture_call(f, "system.create"), "HIS", SCOPE_TASKS, false, &s), ERR_EXISTS);
    assert_string_equal(f->c.fault.field, "name");
    assert_int_equal(system_create(fixture_call(f, "system.create"), "A", 0, false, &s), ERR_FIELD_VALUE);
    assert_int_equal(system_create(fixture_call(f, "system.create"), "A", SCOPE_TASKS | SCOPE_OPERATOR, false, &s),
                     ERR_FIELD_VALUE);
    assert_int_equal(system_create(fixture_call(f, "system.create"), "", SCOPE_TASKS, false, &s), ERR_FIELD_LENGTH);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM system WHERE name = 'HIS'"), 1);
}

static err change(fixture *f, const business_system *s, const system_change *change, business_system *out)
{
    return system_update(fixture_call(f, "system.update"), s->id, change, out);
}

static void particulars_are_kept_and_changed(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    const char *const networks[] = {"10.1.0.0/16", "2001:DB8::/32", "192.0.2.7/32"}, *const one[] = {"10.9.0.1"};
    business_system s, t;
    assert_int_equal(system_register(fixture_call(f, "system.create"),
                                     &(system_request){.name = "EMR",
                                                       .note = "门诊\n住院",
                                                       .contact = "信息科 8001",
                                                       .scopes = SCOPE_TASKS,
                                                       .stamps = true,
                                                       .networks = networks,
                                                       .networks_n = 3},
                                     &s),
                     ERR_OK);
    assert_true(s.stamps);
    assert_string_equal(s.note, "门诊\n住院");
    assert_string_equal(s.contact, "信息科 8001");
    assert_string_equal(s.networks, "10.1.0.0/16, 2001:db8::/32, 192.0.2.7");
    assert_int_equal(s.version, 1);
    assert_non_null(strstr(fixture_last_audit(f).detail, "stamps=on networks=10.1.0.0/16"));
    assert_int_equal(change(f, &s,
                            &(system_change){.name = "电子病历",
                                             .state = "suspended",
                                             .has_scopes = true,
                                             .scopes = SCOPE_USERS,
                                             .has_stamps = true,
                                             .has_networks = true,
                                             .networks = one,
                                             .networks_n = 1},
                            &t),
                     ERR_OK);
    assert_string_equal(t.name, "电子病历");
    assert_string_equal(t.state, "suspended");
    assert_int_equal(t.scopes, SCOPE_USERS);
    assert_false(t.stamps);
    assert_string_equal(t.networks, "10.9.0.1");
    assert_string_equal(t.note, s.note);
    assert_int_equal(t.version, 2);
    assert_string_equal(fixture_last_audit(f).event, "system.update");
    assert_string_equal(fixture_last_audit(f).detail,
                        "name=电子病历 scopes=users stamps=off state=suspended networks=10.9.0.1");
    assert_int_equal(change(f, &s, &(system_change){.note = "", .contact = "x", .has_networks = true}, &t), ERR_OK);
    assert_string_equal(t.note, "");
    assert_string_equal(t.contact, "x");
    assert_string_equal(t.networks, "");
    assert_string_equal(t.state, "suspended");
    assert_string_equal(fixture_last_audit(f).detail, "networks=any contact=changed note=changed");
    assert_int_equal(system_update(fixture_call(f, "system.update"), nobody, &(system_change){.state = "active"}, &t),
                     ERR_SYSTEM_NOT_FOUND);
    assert_int_equal(system_get(fixture_call(f, NULL), nobody, &t), ERR_SYSTEM_NOT_FOUND);
}

static void who_changes_what_has_changed_is_told(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS"), t;
    assert_int_equal(change(f, &s, &(system_change){.note = "a", .version = 1}, &t), ERR_OK);
    assert_int_equal(t.version, 2);
    assert_int_equal(change(f, &s, &(system_change){.note = "b", .version = 1}, &t), ERR_STALE);
    assert_int_equal(change(f, &s, &(system_change){.note = "b", .version = 3}, &t), ERR_STALE);
    assert_int_equal(system_get(fixture_call(f, NULL), s.id, &t), ERR_OK);
    assert_string_equal(t.note, "a");
    assert_int_equal(t.version, 2);
    assert_int_equal(change(f, &s, &(system_change){.note = "c"}, &t), ERR_OK);
    assert_int_equal(t.version, 3);
}

static void wrong_changes_are_refused_by_field(void **state)
{
    fixture *f = *state;
    const char *const networks[] = {"10.1.0.0/16", "10.2.3.4/16"}, *const doubled[] = {"10.1.0.0/16", "10.1.0.0/16"},
                      *const text[] = {"hospital"};
    const char *many[SYSTEM_NETWORKS + 1];
    char long_note[SYSTEM_NOTE_MAX + 2];
    business_system s = make(f, "HIS"), t;
    make(f, "EMR");
    memset(long_note, 'x', sizeof long_note);
    long_note[SYSTEM_NOTE_MAX + 1] = '\0';
    for (size_t i = 0; i <= SYSTEM_NETWORKS; i++)
        many[i] = arena_printf(f->arena, "10.0.0.%zu", i);
    const struct {
        system_change change;
        err want;
        const char *field;
    } cases[] = {
        {{.name = "EMR"}, ERR_EXISTS, "name"},
        {{.name = ""}, ERR_FIELD_LENGTH, "name"},
        {{.note = long_note}, ERR_FIELD_LENGTH, "note"},
        {{.contact = long_note}, ERR_FIELD_LENGTH, "contact"},
        {{.state = "removed"}, ERR_FIELD_VALUE, "state"},
        {{.has_scopes = true}, ERR_FIELD_VALUE, "scopes"},
        {{.has_scopes = true, .scopes = SCOPE_ADMINISTRATOR}, ERR_FIELD_VALUE, "scopes"},
        {{.has_networks = true, .networks = networks, .networks_n = 2}, ERR_FIELD_VALUE, "networks[1]"},
        {{.has_networks = true, .networks = doubled, .networks_n = 2}, ERR_FIELD_VALUE, "networks[1]"},
        {{.has_networks = true, .networks = text, .networks_n = 1}, ERR_FIELD_VALUE, "networks[0]"},
        {{.has_networks = true, .networks = many, .networks_n = SYSTEM_NETWORKS + 1}, ERR_LIMIT, "networks"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(change(f, &s, &cases[i].change, &t), cases[i].want);
        assert_string_equal(f->c.fault.field, cases[i].field);
    }
    assert_int_equal(system_get(fixture_call(f, NULL), s.id, &t), ERR_OK);
    assert_int_equal(t.version, 1);
    assert_int_equal(
        change(f, &s, &(system_change){.has_networks = true, .networks = many, .networks_n = SYSTEM_NETWORKS}, &t),
        ERR_OK);
}

static size_t found(fixture *f, const char *q, const char *state)
{
    const business_system *list;
    size_t n;
    assert_int_equal(
        system_list(fixture_call(f, NULL), &(system_filter){.q = q, .state = state, .limit = 100}, &list, &n), ERR_OK);
    return n;
}

static void systems_are_searched(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS_1"), t = make(f, "电子病历");
    assert_int_equal(change(f, &t, &(system_change){.contact = "Li 8001", .state = "suspended"}, &t), ERR_OK);
    assert_int_equal(found(f, "his", NULL), 1);
    assert_int_equal(found(f, "LI 8", NULL), 1);
    assert_int_equal(found(f, "病历", NULL), 1);
    assert_int_equal(found(f, "", NULL), 2);
    assert_int_equal(found(f, "_", NULL), 1);
    assert_int_equal(found(f, "%", NULL), 0);
    assert_int_equal(found(f, "\\", NULL), 0);
    assert_int_equal(found(f, NULL, "suspended"), 1);
    assert_int_equal(found(f, "his", "suspended"), 0);
    (void)s;
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_system_is_kept_as_given),          WITH_FIXTURE(wrong_systems_are_refused),
        WITH_FIXTURE(particulars_are_kept_and_changed),   WITH_FIXTURE(who_changes_what_has_changed_is_told),
        WITH_FIXTURE(wrong_changes_are_refused_by_field), WITH_FIXTURE(systems_are_searched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
