#include "service/person_lock.h"

#include "desk.h"

static bool held(desk *d, const uint8_t id[16])
{
    err e = key_lock_try(d->f.service->locks, id);
    if (e == ERR_OK)
        key_lock_release(d->f.service->locks, id);
    return e == ERR_KEY_BUSY;
}

static void the_person_and_every_key(void **state)
{
    desk *d = *state;
    phone second, gone;
    person_lock lock;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    phone_make(&second, &d->f, &d->doctor);
    phone_make(&gone, &d->f, &d->doctor);
    assert_int_equal(device_key_remove(phone_call(&gone, "key.remove"), gone.key_id), ERR_OK);
    assert_int_equal(person_lock_take(fixture_call(&d->f, NULL), d->doctor.id, NULL, &lock), ERR_OK);
    assert_int_equal(lock.n, 2);
    assert_memory_equal(lock.keys[0].id, d->phone.key_id, 16);
    assert_memory_equal(lock.keys[0].enrolment_id, d->phone.enrolment_id, 16);
    assert_memory_equal(lock.keys[1].id, second.key_id, 16);
    assert_true(held(d, d->doctor.id) && held(d, d->phone.key_id) && held(d, second.key_id));
    assert_false(held(d, gone.key_id));
    person_lock_release(&d->f.c, &lock);
    assert_false(held(d, d->doctor.id) || held(d, d->phone.key_id) || held(d, second.key_id));

    assert_int_equal(person_lock_take(fixture_call(&d->f, NULL), d->doctor.id, second.key_id, &lock), ERR_OK);
    assert_int_equal(lock.n, 1);
    assert_true(held(d, d->doctor.id) && held(d, second.key_id) && !held(d, d->phone.key_id));
    person_lock_release(&d->f.c, &lock);
    phone_throw_away(&second);
    phone_throw_away(&gone);
}

/* An enrolment that was given up keeps nobody waiting. */
static void not_what_was_given_up(void **state)
{
    desk *d = *state;
    person_lock lock;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    fixture_write(&d->f, "UPDATE enrolment SET state = 'closed'", NULL, 0);
    assert_int_equal(person_lock_take(fixture_call(&d->f, NULL), d->doctor.id, NULL, &lock), ERR_OK);
    assert_int_equal(lock.n, 0);
    person_lock_release(&d->f.c, &lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(the_person_and_every_key, setup, teardown),
                                       cmocka_unit_test_setup_teardown(not_what_was_given_up, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
