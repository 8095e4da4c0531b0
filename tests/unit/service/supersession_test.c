/* The single-certificate switch at the issue of a certificate: the phone that is enrolled last replaces the others. */
#include "service/supersession.h"

#include <pthread.h>

#include "desk.h"
#include "service/device_channel.h"
#include "service/key_state.h"
#include "service/policy.h"

static void set_single(desk *d)
{
    policy p;
    assert_int_equal(
        policy_update(fixture_call(&d->f, "policy.update"), &(policy_change){.certificates_per_person = "single"}, &p),
        ERR_OK);
}

static int setup_phone(void **state)
{
    assert_int_equal(setup(state), 0);
    desk *d = *state;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    phone_certify(&d->phone);
    return 0;
}

static const char *state_of(desk *d, const phone *p, const char *table)
{
    const store_value *row;
    const store_value id[] = {store_id(p->key_id)};
    err e = strcmp(table, "key") == 0
                ? store_query_one(d->f.store, d->f.arena, &row, ERR_NOT_FOUND,
                                  "SELECT state FROM device_key WHERE id = $1", id, 1)
                : store_query_one(d->f.store, d->f.arena, &row, ERR_NOT_FOUND,
                                  "SELECT c.state FROM certificate c JOIN device_key k ON k.serial = c.serial WHERE "
                                  "k.id = $1",
                                  id, 1);
    assert_int_equal(e, ERR_OK);
    return row->p;
}

static int64_t valid_certificates(desk *d)
{
    return fixture_number(&d->f, "SELECT count(*) FROM certificate WHERE state IN ('active', 'frozen')");
}

static size_t listed(desk *d, const uint8_t *key_id)
{
    const superseded *goes;
    size_t n;
    assert_int_equal(supersession_list(fixture_call(&d->f, NULL), d->doctor.id, key_id, &goes, &n), ERR_OK);
    if (n > 0) {
        assert_memory_equal(goes[0].key_id, d->phone.key_id, 16);
        assert_string_equal(goes[0].device_name, "测试手机");
        assert_true(goes[0].not_after_ms > d->f.now_ms);
    }
    return n;
}

static void without_it_each_phone_has_its_own(void **state)
{
    desk *d = *state;
    phone second;
    assert_int_equal(listed(d, NULL), 0);
    phone_make(&second, &d->f, &d->doctor);
    assert_int_equal(valid_certificates(d), 2);
    assert_string_equal(state_of(d, &d->phone, "key"), "active");
    phone_throw_away(&second);
}

static void the_second_phone_replaces_the_first(void **state)
{
    desk *d = *state;
    phone second;
    uint8_t user_id[16];
    int64_t lists = fixture_number(&d->f, "SELECT max(number) FROM crl WHERE issuer = 'issuing'");
    set_single(d);
    assert_int_equal(listed(d, NULL), 1);
    assert_int_equal(listed(d, d->phone.key_id), 0);
    phone_buy(&second, &d->f);
    phone_enrol(&second, &d->doctor);
    phone_keygen(&second);
    /* Until the new certificate is there the first phone signs. */
    assert_int_equal(device_standing(phone_call(&d->phone, NULL), user_id), ERR_OK);
    phone_certify(&second);
    assert_string_equal(state_of(d, &d->phone, "certificate"), "superseded");
    assert_string_equal(state_of(d, &d->phone, "key"), "destroyed");
    assert_string_equal(state_of(d, &second, "certificate"), "active");
    assert_int_equal(fixture_number(&d->f, "SELECT reason FROM certificate WHERE state = 'superseded'"),
                     REASON_SUPERSEDED);
    assert_int_equal(fixture_number(&d->f, "SELECT max(number) FROM crl WHERE issuer = 'issuing'"), lists + 1);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM audit WHERE event = 'certificate.supersede'"), 1);
    /* Its device is told why, by whatever it asks. */
    device_channel channel;
    signing s;
    assert_int_equal(device_channel_read(phone_call(&d->phone, NULL), &channel), ERR_CERTIFICATE_SUPERSEDED);
    signing_begin(&s, &d->phone);
    signing_add(&s, &d->phone, d->phone.enrolment_id, bytes_of_text("x"));
    assert_int_equal(signing_open(&s, &d->phone), ERR_CERTIFICATE_SUPERSEDED);
    signing_end(&s);
    phone_throw_away(&second);
}

/* Half signed: the first phone has the answer of S2. The task goes back at once, and the late signature is not taken. */
static void a_claim_in_flight_is_given_back(void **state)
{
    desk *d = *state;
    phone second;
    signing s;
    business_system system = fixture_system(&d->f, "电子病历");
    task t = fixture_task(&d->f, &system, "D1001", "text of a record, long enough to be one");
    set_single(d);
    signing_begin(&s, &d->phone);
    signing_add(&s, &d->phone, t.id, bytes_of_text("text of a record, long enough to be one"));
    assert_int_equal(signing_open(&s, &d->phone), ERR_OK);
    assert_string_equal(fixture_task_state(&d->f, t.id), "claimed");
    phone_make(&second, &d->f, &d->doctor);
    assert_string_equal(fixture_task_state(&d->f, t.id), "pending");
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &d->phone), ERR_CERTIFICATE_SUPERSEDED);
    signing_end(&s);
    signing_begin(&s, &second);
    signing_add(&s, &second, t.id, bytes_of_text("text of a record, long enough to be one"));
    assert_int_equal(signing_open(&s, &second), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &second), ERR_OK);
    assert_string_equal(fixture_task_state(&d->f, t.id), "signed");
    signing_end(&s);
    phone_throw_away(&second);
}

/* Frozen, it is valid again once unfrozen: so it goes too. Locked keys have valid certificates. */
static void frozen_and_locked_ones_go_too(void **state)
{
    desk *d = *state;
    phone second, third;
    phone_make(&second, &d->f, &d->doctor);
    assert_int_equal(key_state_freeze(fixture_call(&d->f, "key.freeze"), d->phone.key_id), ERR_OK);
    fixture_write(&d->f, "UPDATE device_key SET state = 'locked' WHERE id = $1",
                  (store_value[]){store_id(second.key_id)}, 1);
    set_single(d);
    /* Turning it on ends nothing. */
    assert_int_equal(valid_certificates(d), 2);
    phone_make(&third, &d->f, &d->doctor);
    assert_int_equal(valid_certificates(d), 1);
    assert_string_equal(state_of(d, &third, "certificate"), "active");
    assert_string_equal(state_of(d, &second, "key"), "destroyed");
    assert_int_equal(key_state_unfreeze(fixture_call(&d->f, "key.unfreeze"), d->phone.key_id, false), ERR_KEY_STATE);
    assert_int_equal(valid_certificates(d), 1);
    phone_throw_away(&second);
    phone_throw_away(&third);
}

static void what_has_ended_stays_as_it_is(void **state)
{
    desk *d = *state;
    phone second;
    size_t n;
    set_single(d);
    assert_int_equal(key_state_lost(fixture_call(&d->f, "key.lost"), d->doctor.id, NULL, &n), ERR_OK);
    assert_int_equal(listed(d, NULL), 0);
    phone_make(&second, &d->f, &d->doctor);
    assert_string_equal(state_of(d, &d->phone, "certificate"), "revoked");
    assert_int_equal(fixture_number(&d->f, "SELECT reason FROM certificate WHERE state = 'revoked'"),
                     REASON_KEY_COMPROMISE);
    phone_throw_away(&second);
}

typedef struct runner {
    phone phone;
    signing s;
    arena *arena;
    err result;
} runner;

static void *complete(void *arg)
{
    runner *r = arg;
    call c = phone_call_in(&r->phone, "sign.complete", r->arena);
    r->result = sign_complete(&c, r->s.request.mpc.key_id, r->s.request.mpc.sid, r->s.results, 1, &r->s.done);
    return NULL;
}

/* Phones that are enrolled at the same moment: each has its certificate, and the last one's is the valid one. */
static void at_the_same_moment_one_remains(void **state)
{
    enum { PHONES = 4 };
    desk *d = *state;
    runner runners[PHONES];
    pthread_t threads[PHONES];
    set_single(d);
    for (int i = 0; i < PHONES; i++) {
        runner *r = &runners[i];
        phone_buy(&r->phone, &d->f);
        phone_enrol(&r->phone, &d->doctor);
        phone_keygen(&r->phone);
        signing_begin(&r->s, &r->phone);
        signing_add_certificate_request(&r->s, &r->phone);
        assert_int_equal(signing_open(&r->s, &r->phone), ERR_OK);
        signing_finish(&r->s);
        r->arena = arena_create(4 << 20);
    }
    for (int i = 0; i < PHONES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, complete, &runners[i]), 0);
    int active = 0;
    for (int i = 0; i < PHONES; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(runners[i].result, ERR_OK);
    }
    for (int i = 0; i < PHONES; i++)
        active += strcmp(state_of(d, &runners[i].phone, "key"), "active") == 0;
    assert_int_equal(active, 1);
    assert_int_equal(valid_certificates(d), 1);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM certificate WHERE state = 'superseded'"), PHONES);
    for (int i = 0; i < PHONES; i++) {
        /* The answer was lost: again it is the same, or says that another phone came after. */
        err again = signing_complete(&runners[i].s, &runners[i].phone);
        bool remained = strcmp(state_of(d, &runners[i].phone, "key"), "active") == 0;
        assert_int_equal(again, remained ? ERR_OK : ERR_CERTIFICATE_SUPERSEDED);
        signing_end(&runners[i].s);
        phone_throw_away(&runners[i].phone);
        arena_destroy(runners[i].arena);
    }
}

#define WITH_PHONE(test) cmocka_unit_test_setup_teardown(test, setup_phone, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PHONE(without_it_each_phone_has_its_own), WITH_PHONE(the_second_phone_replaces_the_first),
        WITH_PHONE(a_claim_in_flight_is_given_back),   WITH_PHONE(frozen_and_locked_ones_go_too),
        WITH_PHONE(what_has_ended_stays_as_it_is),     WITH_PHONE(at_the_same_moment_one_remains)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
