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

static err enrol_from(desk *d, const char *origin, const char *staff_no, const char *code)
{
    device_enrolment e;
    user named = {.staff_no = staff_no};
    device_enrol_request request = phone_enrol_request(&d->phone, &named, code);
    call *c = phone_call_as_nobody(&d->phone, "device.enrol");
    c->origin = origin;
    return device_enrol(c, &request, &e);
}

static void wrong_codes_of_one_address_are_five(void **state)
{
    desk *d = *state;
    user other = fixture_user(&d->f, "D1002", "李秀英");
    enrolment_offer offer = offer_to(d, &d->doctor), hers = offer_to(d, &other);
    /* A code that cannot be one is no attempt. */
    assert_int_equal(enrol_from(d, "192.0.2.1", "D1001", ""), ERR_ACTIVATION);
    assert_int_equal(enrol_from(d, "192.0.2.1", "D1001", "UUUU-UUUU-UUUU"), ERR_ACTIVATION);
    assert_int_equal(d->f.c.fault.tries_left, -1);
    /* Somebody else's code is. */
    for (int left = 4; left >= 0; left--) {
        assert_int_equal(enrol_from(d, "192.0.2.1", "D1001", hers.code), ERR_ACTIVATION);
        assert_int_equal(d->f.c.fault.tries_left, left);
        audit_entry last = fixture_last_audit(&d->f);
        assert_string_equal(last.outcome, "activation_refused");
        assert_string_equal(last.subject, call_subject(&d->f.c, "user", d->doctor.id));
    }
    for (int i = 0; i < 20; i++)
        assert_int_equal(enrol_from(d, "192.0.2.1", "D1001", hers.code), ERR_RATE);
    assert_in_range(d->f.c.fault.retry_after, 1, 900);
    assert_int_equal(fixture_number(&d->f, "SELECT max(tries) FROM enrolment WHERE state = 'offered'"), 5);
    /* Who has the code is not kept out by a stranger, not even one behind the same address. */
    assert_int_equal(enrol_from(d, "192.0.2.1", "D1001", offer.code), ERR_OK);
    assert_int_equal(enrol_from(d, "192.0.2.1", "D1002", hers.code), ERR_OK);
}

static void two_hundred_wrong_codes_close_the_offers(void **state)
{
    desk *d = *state;
    enrolment_offer offer = offer_to(d, &d->doctor);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(enrol_from(d, arena_printf(d->f.arena, "192.0.2.%d", i), "D1001", "0000-0000-0000"),
                         ERR_ACTIVATION);
        if (i == 198)
            assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM enrolment WHERE state = 'offered'"), 1);
    }
    assert_int_equal(enrol_from(d, "198.51.100.1", "D1001", offer.code), ERR_ACTIVATION);
}

/* Known with a code, known without, unknown: the same answers, the same rows. */
static void nothing_tells_whether_somebody_exists(void **state)
{
    desk *d = *state;
    (void)fixture_user(&d->f, "D1002", "李秀英");
    (void)offer_to(d, &d->doctor);
    const char *names[] = {"D1001", "D1002", "D9999"};
    for (int i = 0; i < 8; i++) {
        err first = ERR_OK;
        fault said;
        for (size_t k = 0; k < 3; k++) {
            int64_t before = fixture_number(&d->f, "SELECT count(*) FROM audit");
            err e = enrol_from(d, "192.0.2.1", names[k], "0000-0000-0000");
            assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM audit") - before, i < 5);
            if (k == 0) {
                first = e;
                said = d->f.c.fault;
            }
            assert_int_equal(e, first);
            assert_int_equal(d->f.c.fault.tries_left, said.tries_left);
            assert_int_equal(d->f.c.fault.retry_after, said.retry_after);
        }
        assert_int_equal(first, i < 5 ? ERR_ACTIVATION : ERR_RATE);
    }
}

/* Many staff numbers from one address. */
static void wrong_codes_of_one_address_are_bounded_in_all(void **state)
{
    desk *d = *state;
    for (int i = 0; i < 120; i++)
        assert_int_equal(enrol_from(d, "192.0.2.1", arena_printf(d->f.arena, "D%d", 2000 + i), "0000-0000-0000"),
                         ERR_ACTIVATION);
    assert_int_equal(enrol_from(d, "192.0.2.1", "D3000", "0000-0000-0000"), ERR_RATE);
    assert_int_equal(enrol_from(d, "192.0.2.2", "D3000", "0000-0000-0000"), ERR_ACTIVATION);
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
        AT_DESK(a_code_opens_one_enrolment),
        AT_DESK(a_code_is_of_no_use_once_there_is_a_certificate),
        AT_DESK(codes_are_typed_by_people),
        AT_DESK(wrong_codes_of_one_address_are_five),
        AT_DESK(two_hundred_wrong_codes_close_the_offers),
        AT_DESK(nothing_tells_whether_somebody_exists),
        AT_DESK(wrong_codes_of_one_address_are_bounded_in_all),
        AT_DESK(whom_an_enrolment_is_refused),
        AT_DESK(the_subject_is_the_persons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
