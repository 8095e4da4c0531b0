/* A fixture with a doctor and his phone, for the tests of devices. */
#ifndef YIQIAN_TESTS_SERVICE_DESK_H
#define YIQIAN_TESTS_SERVICE_DESK_H

#include "phone.h"

typedef struct desk {
    fixture f;
    user doctor;
    phone phone; /* bought, not enrolled */
} desk;

static inline int setup(void **state)
{
    desk *d = calloc(1, sizeof *d);
    assert_non_null(d);
    fixture_init(&d->f);
    d->doctor = fixture_user(&d->f, "D1001", "王建国");
    phone_buy(&d->phone, &d->f);
    *state = d;
    return 0;
}

static inline int teardown(void **state)
{
    desk *d = *state;
    phone_throw_away(&d->phone);
    fixture_remove(&d->f);
    free(d);
    return 0;
}

static inline enrolment_offer offer_to(desk *d, const user *u)
{
    enrolment_offer offer;
    assert_int_equal(enrolment_offer_create(fixture_call(&d->f, "enrolment.offer"), u->id, 3600, &offer), ERR_OK);
    return offer;
}

static inline err enrol(desk *d, const phone *p, const char *staff_no, const char *code, device_enrolment *out)
{
    user named = {.staff_no = staff_no};
    device_enrol_request request = phone_enrol_request(p, &named, code);
    return device_enrol(phone_call_as_nobody(&d->phone, "device.enrol"), &request, out);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
