#include "fixture.h"
#include "service/console_session.h"
#include "service/enrolment_offer.h"
#include "service/enrolment_scan.h"

static console_operator make(fixture *f, const char *staff_no, const char *role_text)
{
    console_operator o;
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), staff_no, "王建国", role_text, &o), ERR_OK);
    return o;
}

static void a_person_becomes_an_operator(void **state)
{
    fixture *f = *state;
    const console_operator *list;
    size_t n;
    console_operator o = make(f, "D1001", "auditor");
    assert_string_equal(o.staff_no, "D1001");
    assert_string_equal(o.role.text, "auditor");
    assert_string_equal(fixture_last_audit(f).detail, "staff_no=D1001 role=auditor");
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D1001", NULL, "auditor", &o), ERR_EXISTS);
    assert_int_equal(
        operator_list(fixture_call(f, NULL), &(operator_filter){.staff_no = "D1001", .limit = 10}, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    /* Removed, he is none; and may become one again. */
    assert_int_equal(operator_remove(fixture_call(f, "operator.remove"), list[0].id, list[0].version), ERR_OK);
    assert_int_equal(operator_get(fixture_call(f, NULL), list[0].id, &o), ERR_OPERATOR_NOT_FOUND);
    o = make(f, "D1001", "operator");
    assert_memory_equal(o.user_id, list[0].user_id, 16);
}

static void wrong_operators_are_not_made(void **state)
{
    fixture *f = *state;
    console_operator o;
    user u = fixture_user(f, "D1", "李明");
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D9", NULL, "auditor", &o),
                     ERR_USER_NOT_FOUND);
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D1", "王建国", "auditor", &o),
                     ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "name");
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D1", NULL, "director", &o), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "role");
    assert_int_equal(user_update(fixture_call(f, "user.update"), u.id, &(user_change){.state = "suspended"}, &u),
                     ERR_OK);
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "D1", NULL, "auditor", &o),
                     ERR_USER_SUSPENDED);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM operator"), 0);
}

static void nobody_changes_himself(void **state)
{
    fixture *f = *state;
    console_operator a = make(f, "D1", "administrator"), out;
    make(f, "D2", "administrator");
    console_session s = {.role = "administrator"};
    memcpy(s.operator_id, a.id, 16);
    for (int i = 0; i < 2; i++) {
        call *c = fixture_call(f, "operator.update");
        *(i ? &c->approver : &c->console) = &s;
        assert_int_equal(operator_update(c, a.id, &(operator_change){.role = "auditor"}, &out), ERR_OWN_ROLE);
        assert_int_equal(operator_update(c, a.id, &(operator_change){.state = "suspended"}, &out), ERR_OWN_ROLE);
        assert_int_equal(operator_remove(c, a.id, 0), ERR_OWN_ROLE);
    }
    assert_int_equal(
        operator_update(fixture_call(f, "operator.update"), a.id, &(operator_change){.role = "auditor"}, &out), ERR_OK);
}

static void somebody_can_always_manage_operators(void **state)
{
    fixture *f = *state;
    console_operator a = make(f, "D1", "administrator"), b = make(f, "D2", "administrator"), out;
    assert_int_equal(
        operator_update(fixture_call(f, "operator.update"), b.id, &(operator_change){.state = "suspended"}, &out),
        ERR_OK);
    assert_int_equal(
        operator_update(fixture_call(f, "operator.update"), a.id, &(operator_change){.role = "auditor"}, &out),
        ERR_LAST_ADMINISTRATOR);
    assert_int_equal(
        operator_update(fixture_call(f, "operator.update"), a.id, &(operator_change){.state = "suspended"}, &out),
        ERR_LAST_ADMINISTRATOR);
    assert_int_equal(operator_remove(fixture_call(f, "operator.remove"), a.id, 0), ERR_LAST_ADMINISTRATOR);
    assert_int_equal(operator_get(fixture_call(f, NULL), a.id, &out), ERR_OK);
    assert_string_equal(out.state, "active");
    /* One who is suspended himself keeps nobody from being changed. */
    assert_int_equal(operator_remove(fixture_call(f, "operator.remove"), b.id, 0), ERR_OK);
}

static void changes_meanwhile_are_told(void **state)
{
    fixture *f = *state;
    console_operator a = make(f, "D1", "auditor"), out;
    operator_change change = {.role = "operator", .version = a.version};
    assert_int_equal(operator_update(fixture_call(f, "operator.update"), a.id, &change, &out), ERR_OK);
    assert_int_equal(out.version, a.version + 1);
    assert_int_equal(operator_update(fixture_call(f, "operator.update"), a.id, &change, &out), ERR_STALE);
    assert_int_equal(operator_remove(fixture_call(f, "operator.remove"), a.id, a.version), ERR_STALE);
    assert_int_equal(
        operator_update(fixture_call(f, "operator.update"), a.id, &(operator_change){.state = "gone"}, &out),
        ERR_FIELD_VALUE);
}

static void the_last_administrators_user_is_not_suspended(void **state)
{
    fixture *f = *state;
    const user_change suspended = {.state = "suspended"};
    user nobody = fixture_user(f, "D0", "甲"), u;
    assert_int_equal(user_update(fixture_call(f, "user.update"), nobody.id, &suspended, &u), ERR_OK);
    console_operator a = make(f, "D1", "administrator"), b = make(f, "D2", "administrator"),
                     c = make(f, "D3", "auditor");
    assert_int_equal(user_update(fixture_call(f, "user.update"), c.user_id, &suspended, &u), ERR_OK);
    assert_int_equal(user_update(fixture_call(f, "user.update"), b.user_id, &suspended, &u), ERR_OK);
    assert_int_equal(user_update(fixture_call(f, "user.update"), a.user_id, &suspended, &u), ERR_LAST_ADMINISTRATOR);
    assert_int_equal(user_get(fixture_call(f, NULL), a.user_id, &u), ERR_OK);
    assert_string_equal(u.state, "active");
    assert_int_equal(user_update(fixture_call(f, "user.update"), a.user_id, &(user_change){.name = "李明"}, &u),
                     ERR_OK);
}

static err change_user(fixture *f, bool own_socket, const uint8_t id[16], const char *state, const char *name)
{
    user u;
    call *c = fixture_call(f, "user.update");
    c->own_socket = own_socket;
    return user_update(c, id, &(user_change){.state = state, .name = name}, &u);
}

static void an_operators_user_is_not_suspended(void **state)
{
    fixture *f = *state;
    make(f, "D0", "administrator");
    const char *const roles[] = {"administrator", "operator", "auditor"};
    for (size_t i = 0; i < 3; i++) {
        console_operator o = make(f, roles[i], roles[i]), out;
        assert_int_equal(change_user(f, false, o.user_id, "suspended", NULL), ERR_USER_OPERATOR);
        assert_int_equal(change_user(f, false, o.user_id, "active", "李明"), ERR_OK);
        /* On the server he may be; what is so already is no matter. */
        assert_int_equal(change_user(f, true, o.user_id, "suspended", NULL), ERR_OK);
        assert_int_equal(change_user(f, false, o.user_id, "suspended", "王建国"), ERR_OK);
        assert_int_equal(change_user(f, false, o.user_id, "active", NULL), ERR_OK);
        if (i)
            assert_int_equal(operator_update(fixture_call(f, "operator.update"), o.id,
                                             &(operator_change){.state = "suspended"}, &out),
                             ERR_OK);
        else
            assert_int_equal(operator_remove(fixture_call(f, "operator.remove"), o.id, 0), ERR_OK);
        assert_int_equal(change_user(f, false, o.user_id, "suspended", NULL), ERR_OK);
    }
}

static void who_cannot_log_in_is_somebody_to_ask(void **state)
{
    fixture *f = *state;
    const uint64_t manages = PERMISSION_BIT(PERMISSION_OPERATORS_MANAGE);
    console_operator a = make(f, "D1", "administrator"), b = make(f, "D2", "administrator"), out;
    int64_t n;
    assert_int_equal(change_user(f, true, b.user_id, "suspended", NULL), ERR_OK);
    assert_int_equal(operator_count_with(fixture_call(f, NULL), manages, a.id, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(
        operator_update(fixture_call(f, "operator.update"), b.id, &(operator_change){.state = "suspended"}, &out),
        ERR_OK);
    assert_int_equal(operator_count_with(fixture_call(f, NULL), manages, a.id, &n), ERR_OK);
    assert_int_equal(n, 0);
}

/* Whoever manages phones asks for one of this user, in a session that began then. */
static err ask_for_phone(fixture *f, const uint8_t *asker, int64_t began_ms, const uint8_t user_id[16])
{
    err e[2];
    console_session s = {.created_ms = began_ms};
    enrolment_offer offer;
    scan_session scan;
    if (asker)
        memcpy(s.user_id, asker, 16);
    for (int i = 0; i < 2; i++) {
        call *c = fixture_call(f, "enrolment.offer");
        c->own_socket = false;
        c->console = asker ? &s : NULL;
        e[i] = i ? enrolment_scan_create(c, user_id, 60, &scan) : enrolment_offer_create(c, user_id, 3600, &offer);
    }
    assert_int_equal(e[0], e[1]);
    return e[0];
}

static void an_operators_phone_is_his_own_to_ask_for(void **state)
{
    enum { FRESH_MS = CONSOLE_FRESH_MINUTES * 60000 };
    fixture *f = *state;
    enrolment_offer offer;
    user nurse = fixture_user(f, "N1", "甲");
    console_operator admin = make(f, "D1", "administrator"), clerk = make(f, "D2", "operator");
    make(f, "D3", "administrator");
    assert_int_equal(ask_for_phone(f, clerk.user_id, f->now_ms, nurse.id), ERR_OK);
    assert_int_equal(ask_for_phone(f, NULL, 0, nurse.id), ERR_OK);
    assert_int_equal(ask_for_phone(f, clerk.user_id, f->now_ms, clerk.user_id), ERR_OK);
    assert_int_equal(ask_for_phone(f, clerk.user_id, f->now_ms - FRESH_MS, clerk.user_id), ERR_OK);
    int64_t offers = fixture_number(f, "SELECT count(*) FROM enrolment");
    assert_int_equal(ask_for_phone(f, clerk.user_id, f->now_ms - FRESH_MS - 1, clerk.user_id), ERR_LOGIN_OLD);
    assert_int_equal(ask_for_phone(f, clerk.user_id, f->now_ms, admin.user_id), ERR_FORBIDDEN);
    assert_non_null(strstr(f->c.fault.detail, "an operator"));
    assert_int_equal(ask_for_phone(f, NULL, 0, admin.user_id), ERR_FORBIDDEN); /* a token is nobody */
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM enrolment"), offers);
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), admin.user_id, 3600, &offer), ERR_OK);
    assert_int_equal(
        operator_update(fixture_call(f, "operator.update"), admin.id, &(operator_change){.state = "suspended"}, &admin),
        ERR_OK);
    assert_int_equal(ask_for_phone(f, clerk.user_id, f->now_ms, admin.user_id), ERR_FORBIDDEN);
    assert_int_equal(operator_remove(fixture_call(f, "operator.remove"), admin.id, 0), ERR_OK);
    assert_int_equal(ask_for_phone(f, clerk.user_id, f->now_ms, admin.user_id), ERR_OK);
}

static void what_was_given_out_before_is_void(void **state)
{
    fixture *f = *state;
    enrolment_offer offer;
    scan_session scan;
    user u[2] = {fixture_user(f, "D1", "王建国"), fixture_user(f, "D2", "甲")};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u[i].id, 3600, &offer), ERR_OK);
        assert_int_equal(enrolment_scan_create(fixture_call(f, "enrolment.scan_create"), u[i].id, 60, &scan), ERR_OK);
    }
    make(f, "D1", "administrator");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM enrolment WHERE state = 'offered'"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM enrolment WHERE state = 'closed'"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM scan WHERE state = 'open'"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM scan WHERE state = 'cancelled' AND finished_at > 0"), 1);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_person_becomes_an_operator),
        WITH_FIXTURE(wrong_operators_are_not_made),
        WITH_FIXTURE(nobody_changes_himself),
        WITH_FIXTURE(somebody_can_always_manage_operators),
        WITH_FIXTURE(changes_meanwhile_are_told),
        WITH_FIXTURE(the_last_administrators_user_is_not_suspended),
        WITH_FIXTURE(an_operators_user_is_not_suspended),
        WITH_FIXTURE(who_cannot_log_in_is_somebody_to_ask),
        WITH_FIXTURE(an_operators_phone_is_his_own_to_ask_for),
        WITH_FIXTURE(what_was_given_out_before_is_void),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
