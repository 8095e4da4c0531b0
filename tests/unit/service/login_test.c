#include "scan_lab.h"

static void a_login_from_start_to_end(void **state)
{
    lab *l = *state;
    login made = lab_login(l), got;
    scan_seen seen;
    const char *before =
        arena_printf(l->f.arena,
                     "{\"type\":\"yiqian/login/1\",\"system\":\"电子病历\",\"system_id\":\"%s\","
                     "\"login\":\"%s\",\"nonce\":\"n\",\"purpose\":\"登录\",\"staff_no\":\"D1001\","
                     "\"name\":\"王建国\",\"certificate\":\"",
                     call_subject(&l->f.c, "", l->emr.id) + 1, call_subject(&l->f.c, "", made.session.id) + 1);
    assert_string_equal(lab_state(l, made.session.id), "open");
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &made.session), &seen), ERR_OK);
    assert_int_equal(seen.n, 1);
    assert_string_equal(seen.tasks[0].kind, "login");
    assert_memory_equal(seen.tasks[0].id, made.session.id, 16);
    assert_string_equal(fixture_last_audit(&l->f).outcome, "ok");
    assert_int_equal(lab_sign(&l->phone, made.session.id), ERR_OK);
    assert_int_equal(login_get(lab_system(l, &l->emr), made.session.id, &got), ERR_OK);
    assert_string_equal(got.session.state, "done");
    assert_true(got.has_signature);
    assert_int_equal(strncmp(got.session.assertion, before, strlen(before)), 0);
    assert_string_equal(got.session.staff_no, "D1001");
    /* The signature is over the assertion that the system is given, by the key in its certificate. */
    uint8_t e[32];
    sm2_digest(e, l->phone.P, bytes_of_text(got.session.assertion));
    assert_memory_equal(e, got.signature.e, 32);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM task_document"), 0);
    assert_int_equal(login_get(lab_system(l, &l->ris), made.session.id, &got), ERR_NOT_FOUND);
    assert_int_equal(login_cancel(lab_system(l, &l->emr), made.session.id, &got), ERR_CONFLICT);
}

static void a_login_is_the_scanning_devices_alone(void **state)
{
    lab *l = *state;
    login made = lab_login(l);
    scan_seen seen;
    phone second;
    phone_make(&second, &l->f, &l->doctor);
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &made.session), &seen), ERR_OK);
    assert_int_equal(lab_sign(&second, made.session.id), ERR_TASK_NOT_YOURS);
    assert_int_equal(lab_sign(&l->her_phone, made.session.id), ERR_TASK_NOT_YOURS);
    assert_int_equal(lab_sign(&l->phone, made.session.id), ERR_OK);
    phone_throw_away(&second);
}

static void a_login_is_no_task_for_others(void **state)
{
    lab *l = *state;
    login made = lab_login(l);
    scan_seen seen;
    task t;
    const task *listed;
    size_t n;
    const task_filter all = {.limit = 100};
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &made.session), &seen), ERR_OK);
    assert_int_equal(task_get(lab_system(l, &l->emr), made.session.id, &t), ERR_TASK_NOT_FOUND);
    assert_int_equal(task_cancel(lab_system(l, &l->emr), made.session.id, NULL, &t), ERR_TASK_NOT_FOUND);
    assert_int_equal(task_list(lab_system(l, &l->emr), &all, &listed, &n), ERR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(task_list_for_device(phone_call(&l->phone, NULL), &all, &listed, &n), ERR_OK);
    assert_int_equal(n, 0);
}

static void a_system_cannot_make_an_assertion_of_its_own(void **state)
{
    lab *l = *state;
    bool repeated;
    task t;
    const char *refused[] = {LOGIN_RESERVED, "{\"type\":\"yiqian/login/1\",\"system\":\"x\"}"};
    const char *taken[] = {"{\"type\":\"yiqian", "{\"type\":\"yiqiam/", " {\"type\":\"yiqian/login/1\"", "x"};
    for (size_t i = 0; i < 2; i++) {
        task_request request = fixture_task_request("D1001", refused[i]);
        assert_int_equal(task_create(lab_system(l, &l->emr), &request, &t, &repeated), ERR_FORM);
    }
    for (size_t i = 0; i < 4; i++) {
        task_request request = fixture_task_request("D1001", taken[i]);
        assert_int_equal(task_create(lab_system(l, &l->emr), &request, &t, &repeated), ERR_OK);
    }
}

static void only_the_person_wanted(void **state)
{
    lab *l = *state;
    login made;
    bool repeated;
    scan_seen seen;
    login_request wish = {.purpose = "", .nonce = "", .staff_no = "D1002", .expires_in = 60};
    assert_int_equal(login_create(lab_system(l, &l->emr), &wish, &made, &repeated), ERR_OK);
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &made.session), &seen), ERR_SCAN);
    assert_int_equal(lab_scan(&l->her_phone, lab_code(l, &made.session), &seen), ERR_OK);
    wish.staff_no = "D9";
    assert_int_equal(login_create(lab_system(l, &l->emr), &wish, &made, &repeated), ERR_USER_NOT_FOUND);
}

static void a_key_makes_one_login(void **state)
{
    lab *l = *state;
    login made, again;
    bool repeated;
    login_request wish = {
        .purpose = "", .nonce = "", .expires_in = 60, .once = {.key = "k", .body = bytes_of_text("{}")}};
    assert_int_equal(login_create(lab_system(l, &l->emr), &wish, &made, &repeated), ERR_OK);
    assert_int_equal(login_create(lab_system(l, &l->emr), &wish, &again, &repeated), ERR_OK);
    assert_true(repeated);
    assert_memory_equal(made.session.id, again.session.id, 16);
    assert_memory_equal(made.session.secret, again.session.secret, SCAN_SECRET);
    wish.once.body = bytes_of_text("[]");
    assert_int_equal(login_create(lab_system(l, &l->emr), &wish, &again, &repeated), ERR_IDEMPOTENCY);
}

static void cancelled_while_it_is_being_signed(void **state)
{
    lab *l = *state;
    login made = lab_login(l), got;
    scan_seen seen;
    signing s;
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &made.session), &seen), ERR_OK);
    task_signable t;
    call *c = fixture_call(&l->f, NULL);
    assert_int_equal(task_load_signable(c, c->arena, made.session.id, &t), ERR_OK);
    signing_begin(&s, &l->phone);
    signing_add(&s, &l->phone, made.session.id, t.message);
    assert_int_equal(signing_open(&s, &l->phone), ERR_OK);
    assert_int_equal(login_cancel(lab_system(l, &l->emr), made.session.id, &got), ERR_TASK_CLAIMED);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &l->phone), ERR_OK);
    signing_end(&s);
    assert_string_equal(lab_state(l, made.session.id), "done");
}

static void an_expired_login(void **state)
{
    lab *l = *state;
    login made = lab_login(l), scanned = lab_login(l);
    scan_seen seen;
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &scanned.session), &seen), ERR_OK);
    l->f.now_ms = made.session.expires_ms;
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &made.session), &seen), ERR_SCAN);
    assert_int_equal(lab_sign(&l->phone, scanned.session.id), ERR_TASK_EXPIRED);
    fixture_housekeeping(&l->f);
    assert_string_equal(lab_state(l, made.session.id), "expired");
    assert_string_equal(lab_state(l, scanned.session.id), "expired");
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM scan WHERE finished_at IS NULL"), 1);
    l->f.now_ms += 3600000;
    fixture_housekeeping(&l->f);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM scan WHERE finished_at IS NULL"), 0);
    assert_string_equal(lab_state(l, scanned.session.id), "expired");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(a_login_from_start_to_end),
        IN_LAB(a_login_is_the_scanning_devices_alone),
        IN_LAB(a_login_is_no_task_for_others),
        IN_LAB(a_system_cannot_make_an_assertion_of_its_own),
        IN_LAB(only_the_person_wanted),
        IN_LAB(a_key_makes_one_login),
        IN_LAB(cancelled_while_it_is_being_signed),
        IN_LAB(an_expired_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
