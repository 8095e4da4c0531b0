#include "desk.h"

static void a_code_opens_one_enrolment(void **state)
{
    desk *d = *state;
    device_enrolment e, again;
    phone other;
    enrolment_offer offer = offer_to(d, &d->doctor);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_OK);
    assert_memory_equal(e.id, offer.id, 16);
    assert_memory_equal(e.user_id, d->doctor.id, 16);
    assert_string_equal(e.staff_no, "D1001");
    assert_string_equal(e.name, "王建国");
    assert_string_equal(e.organisation, FIXTURE_ORGANISATION);
    assert_true(d->f.c.recorded);
    assert_string_equal(fixture_last_audit(&d->f).outcome, "ok");

    /* The answer was lost. */
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &again), ERR_OK);
    assert_memory_equal(again.id, e.id, 16);
    assert_true(bytes_equal(again.subject, e.subject));
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device"), 1);

    /* Another phone with the same code. */
    phone_buy(&other, &d->f);
    assert_int_equal(enrol(d, &other, "D1001", offer.code, &again), ERR_ACTIVATION);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device"), 1);
    phone_throw_away(&other);
}

static void a_code_is_of_no_use_once_there_is_a_certificate(void **state)
{
    desk *d = *state;
    device_enrolment e;
    enrolment_offer offer = offer_to(d, &d->doctor);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_OK);
    memcpy(d->phone.enrolment_id, e.id, 16);
    memcpy(d->phone.user_id, e.user_id, 16);
    d->phone.subject = e.subject;
    phone_keygen(&d->phone);
    phone_certify(&d->phone);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_ACTIVATION);
}

static void codes_are_typed_by_people(void **state)
{
    desk *d = *state;
    device_enrolment e;
    char typed[64];
    enrolment_offer offer = offer_to(d, &d->doctor);
    snprintf(typed, sizeof typed, " %.4s %.4s%.4s- ", offer.code, offer.code + 5, offer.code + 10);
    for (char *p = typed; *p; p++)
        *p = *p == '0' ? 'o' : *p == '1' ? 'l' : *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    assert_int_equal(enrol(d, &d->phone, "D1001", typed, &e), ERR_OK);
}

static void five_wrong_codes_close_the_offers(void **state)
{
    desk *d = *state;
    device_enrolment e;
    user other = fixture_user(&d->f, "D1002", "李秀英");
    enrolment_offer offer = offer_to(d, &d->doctor), second = offer_to(d, &d->doctor), hers = offer_to(d, &other);
    /* A code that cannot be one is no attempt. */
    assert_int_equal(enrol(d, &d->phone, "D1001", "", &e), ERR_ACTIVATION);
    assert_int_equal(enrol(d, &d->phone, "D1001", "UUUU-UUUU-UUUU", &e), ERR_ACTIVATION);
    assert_int_equal(d->f.c.fault.tries_left, -1);
    /* Somebody else's code is. */
    for (int left = 4; left >= 0; left--) {
        assert_int_equal(enrol(d, &d->phone, "D1001", hers.code, &e), ERR_ACTIVATION);
        assert_int_equal(d->f.c.fault.tries_left, left);
        audit_entry last = fixture_last_audit(&d->f);
        assert_string_equal(last.outcome, "activation_refused");
        assert_string_equal(last.subject, call_subject(&d->f.c, "user", d->doctor.id));
    }
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_ACTIVATION);
    assert_int_equal(enrol(d, &d->phone, "D1001", second.code, &e), ERR_ACTIVATION);
    assert_int_equal(d->f.c.fault.tries_left, -1);
    assert_int_equal(enrol(d, &d->phone, "D1002", hers.code, &e), ERR_OK);
}

static void four_wrong_codes_leave_one_try(void **state)
{
    desk *d = *state;
    device_enrolment e;
    enrolment_offer offer = offer_to(d, &d->doctor);
    for (int i = 0; i < 4; i++)
        assert_int_equal(enrol(d, &d->phone, "D1001", "0000-0000-0000", &e), ERR_ACTIVATION);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_OK);
}

static void whom_an_enrolment_is_refused(void **state)
{
    desk *d = *state;
    device_enrolment e;
    user changed;
    enrolment_offer offer = offer_to(d, &d->doctor);
    assert_int_equal(enrol(d, &d->phone, "D9999", offer.code, &e), ERR_ACTIVATION);
    d->phone.credential_public[64] ^= 1;
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_POINT);
    d->phone.credential_public[64] ^= 1;
    /* A suspended person keeps the code, and the log does not tell of an enrolment. */
    assert_int_equal(
        user_update(fixture_call(&d->f, "user.update"), d->doctor.id, &(user_change){.state = "suspended"}, &changed),
        ERR_OK);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_USER_SUSPENDED);
    assert_false(d->f.c.recorded);
    assert_string_equal(fixture_last_audit(&d->f).event, "user.update");
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device"), 0);
    assert_int_equal(
        user_update(fixture_call(&d->f, "user.update"), d->doctor.id, &(user_change){.state = "active"}, &changed),
        ERR_OK);
    d->f.now_ms = offer.expires_ms;
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_ACTIVATION);
    d->f.now_ms = offer.expires_ms - 1;
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_OK);
}

static void the_subject_is_the_persons(void **state)
{
    desk *d = *state;
    bytes subject;
    uint8_t room[NAME_DER_MAX];
    buffer want = buffer_over(room, sizeof room);
    name_field fields[] = {{OID_COUNTRY, "CN"},
                           {OID_ORGANIZATION, FIXTURE_ORGANISATION},
                           {OID_COMMON_NAME, "王建国"},
                           {OID_SERIAL_NUMBER, "D1001"}};
    assert_int_equal(name_build(&want, fields, 4), ERR_OK);
    assert_int_equal(device_subject(fixture_call(&d->f, NULL), d->doctor.id, &subject), ERR_OK);
    assert_true(bytes_equal(subject, bytes_of(want.p, want.n)));
    d->doctor.id[0] ^= 1;
    assert_int_equal(device_subject(fixture_call(&d->f, NULL), d->doctor.id, &subject), ERR_USER_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_DESK(a_code_opens_one_enrolment),     AT_DESK(a_code_is_of_no_use_once_there_is_a_certificate),
        AT_DESK(codes_are_typed_by_people),      AT_DESK(five_wrong_codes_close_the_offers),
        AT_DESK(four_wrong_codes_leave_one_try), AT_DESK(whom_an_enrolment_is_refused),
        AT_DESK(the_subject_is_the_persons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
