#include "service/enrolment_scan.h"

#include "scan_lab.h"

static scan_session made_for(lab *l, const user *u)
{
    scan_session s;
    assert_int_equal(enrolment_scan_create(fixture_call(&l->f, "enrolment.scan_create"), u->id, 60, &s), ERR_OK);
    assert_string_equal(s.state, "open");
    return s;
}

static err use(lab *l, const char *code, enrolment_scanned *out)
{
    return enrolment_scan_use(phone_call_as_nobody(&l->phone, "enrolment.scan"), code, out);
}

static void a_phone_gets_a_code_that_enrols_it(void **state)
{
    lab *l = *state;
    user u = fixture_user(&l->f, "D1010", "周立");
    scan_session s = made_for(l, &u);
    enrolment_scanned given, again;
    device_enrolment enrolment;
    phone p;
    const char *code = lab_code(l, &s);
    assert_int_equal(use(l, code, &given), ERR_OK);
    assert_string_equal(given.staff_no, "D1010");
    assert_string_equal(given.name, "周**");
    assert_string_equal(given.organisation, FIXTURE_ORGANISATION);
    assert_string_equal(fixture_last_audit(&l->f).subject, call_subject(&l->f.c, "user", u.id));
    assert_int_equal(use(l, code, &again), ERR_SCAN);
    assert_string_equal(lab_state(l, s.id), "scanned");
    phone_buy(&p, &l->f);
    device_enrol_request request = phone_enrol_request(&p, &u, given.offer.code);
    assert_int_equal(device_enrol(phone_call_as_nobody(&p, "device.enrol"), &request, &enrolment), ERR_OK);
    memcpy(p.user_id, enrolment.user_id, 16);
    memcpy(p.enrolment_id, enrolment.id, 16);
    p.subject = enrolment.subject;
    phone_keygen(&p);
    phone_certify(&p);
    assert_string_equal(lab_state(l, s.id), "done");
    phone_throw_away(&p);
}

static void codes_that_are_not_shown(void **state)
{
    lab *l = *state;
    scan_session s = made_for(l, &l->doctor), got;
    enrolment_scanned given;
    login other = lab_login(l);
    const char *code = lab_code(l, &s);
    assert_int_equal(use(l, "x", &given), ERR_SCAN);
    assert_int_equal(use(l, lab_code(l, &other.session), &given), ERR_SCAN);
    l->f.now_ms += 5000;
    assert_int_equal(use(l, code, &given), ERR_SCAN);
    code = lab_code(l, &s);
    /* A phone that has an identity does not take it. */
    scan_seen seen;
    assert_int_equal(lab_scan(&l->phone, code, &seen), ERR_SCAN);
    assert_int_equal(enrolment_scan_cancel(fixture_call(&l->f, "enrolment.scan_cancel"), s.id, &got), ERR_OK);
    assert_string_equal(got.state, "cancelled");
    assert_int_equal(use(l, code, &given), ERR_SCAN);
    assert_int_equal(enrolment_scan_get(fixture_call(&l->f, NULL), other.session.id, &got), ERR_NOT_FOUND);
    s = made_for(l, &l->doctor);
    l->f.now_ms = s.expires_ms;
    assert_int_equal(use(l, lab_code(l, &s), &given), ERR_SCAN);
    assert_string_equal(lab_state(l, s.id), "expired");
}

static void whom_none_is_made_for(void **state)
{
    lab *l = *state;
    scan_session s = made_for(l, &l->doctor);
    enrolment_scanned given;
    user changed;
    uint8_t nobody[16] = {1};
    assert_int_equal(enrolment_scan_create(fixture_call(&l->f, "e"), nobody, 60, &s), ERR_USER_NOT_FOUND);
    s = made_for(l, &l->doctor);
    assert_int_equal(
        user_update(fixture_call(&l->f, "user.update"), l->doctor.id, &(user_change){.state = "suspended"}, &changed),
        ERR_OK);
    assert_int_equal(use(l, lab_code(l, &s), &given), ERR_USER_SUSPENDED);
    assert_int_equal(enrolment_scan_create(fixture_call(&l->f, "e"), l->doctor.id, 60, &s), ERR_USER_SUSPENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(a_phone_gets_a_code_that_enrols_it),
        IN_LAB(codes_that_are_not_shown),
        IN_LAB(whom_none_is_made_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
