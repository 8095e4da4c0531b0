/* Every act in every state (docs/spec/states.md): what stands in the tables happens, anything else changes nothing. */
#include "service/key_state.h"

#include "desk.h"
#include "service/crl.h"
#include "service/refresh.h"

static int setup_phone(void **state)
{
    assert_int_equal(setup(state), 0);
    desk *d = *state;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    phone_certify(&d->phone);
    return 0;
}

static err unlock(desk *d)
{
    return key_state_unlock(fixture_call(&d->f, "key.unlock"), d->phone.key_id);
}

static err freeze(desk *d)
{
    return key_state_freeze(fixture_call(&d->f, "key.freeze"), d->phone.key_id);
}

static err unfreeze(desk *d)
{
    return key_state_unfreeze(fixture_call(&d->f, "key.unfreeze"), d->phone.key_id, false);
}

static err lose(desk *d)
{
    size_t n;
    return key_state_lost(fixture_call(&d->f, "key.lost"), d->doctor.id, d->phone.key_id, &n);
}

static err remove_key(desk *d)
{
    return device_key_remove(phone_call(&d->phone, "key.remove"), d->phone.key_id);
}

static err sid(desk *d)
{
    issued_sid issued;
    return issued_sid_make(phone_call(&d->phone, "key.sid"), d->phone.key_id, &issued);
}

/* A certificate's state goes with its key's: frozen with frozen, revoked with destroyed. */
static const struct {
    const char *key, *certificate;
} states[] = {{"enrolling", "active"},
              {"active", "active"},
              {"locked", "active"},
              {"frozen", "frozen"},
              {"destroyed", "revoked"}};
enum { STATES = sizeof states / sizeof *states };

static const struct {
    const char *name;
    err (*act)(desk *d);
    struct {
        err want;
        const char *key, *certificate; /* NULL: as before */
    } in[STATES];
} acts[] = {
    {"unlock",
     unlock,
     {{ERR_OK, NULL, NULL},
      {ERR_OK, NULL, NULL},
      {ERR_OK, "active", NULL},
      {ERR_KEY_STATE, NULL, NULL},
      {ERR_KEY_STATE, NULL, NULL}}},
    {"freeze",
     freeze,
     {{ERR_KEY_STATE, NULL, NULL},
      {ERR_OK, "frozen", "frozen"},
      {ERR_KEY_STATE, NULL, NULL},
      {ERR_KEY_STATE, NULL, NULL},
      {ERR_KEY_STATE, NULL, NULL}}},
    {"unfreeze",
     unfreeze,
     {{ERR_KEY_STATE, NULL, NULL},
      {ERR_KEY_STATE, NULL, NULL},
      {ERR_KEY_STATE, NULL, NULL},
      {ERR_OK, "active", "active"},
      {ERR_KEY_STATE, NULL, NULL}}},
    {"lost",
     lose,
     {{ERR_OK, "destroyed", "revoked"},
      {ERR_OK, "destroyed", "revoked"},
      {ERR_OK, "destroyed", "revoked"},
      {ERR_OK, "destroyed", "revoked"},
      {ERR_OK, NULL, NULL}}},
    {"remove",
     remove_key,
     {{ERR_OK, "destroyed", "revoked"},
      {ERR_OK, "destroyed", "revoked"},
      {ERR_OK, "destroyed", "revoked"},
      {ERR_OK, "destroyed", "revoked"},
      {ERR_KEY_NOT_FOUND, NULL, NULL}}},
    {"sid",
     sid,
     {{ERR_KEY_STATE, NULL, NULL},
      {ERR_OK, NULL, NULL},
      {ERR_KEY_LOCKED, NULL, NULL},
      {ERR_CERTIFICATE_FROZEN, NULL, NULL},
      {ERR_CERTIFICATE_REVOKED, NULL, NULL}}},
};

static void assert_state(desk *d, const char *table, const char *want)
{
    const store_value *row;
    bool key = strcmp(table, "key") == 0;
    err e = key ? store_query_one(d->f.store, d->f.arena, &row, ERR_OK, "SELECT state FROM device_key", NULL, 0)
                : store_query_one(d->f.store, d->f.arena, &row, ERR_OK, "SELECT state FROM certificate", NULL, 0);
    assert_int_equal(e, ERR_OK);
    assert_string_equal(row[0].p, want);
}

static void every_act_in_every_state(void **state)
{
    desk *d = *state;
    for (size_t a = 0; a < sizeof acts / sizeof *acts; a++)
        for (size_t s = 0; s < STATES; s++) {
            fixture_write(&d->f, "UPDATE device_key SET state = $1", (store_value[]){store_text(states[s].key)}, 1);
            fixture_write(
                &d->f,
                "UPDATE certificate SET state = $1, revoked_at = CASE WHEN $1 = 'active' THEN NULL ELSE 1 END, "
                "reason = CASE WHEN $1 = 'active' THEN NULL ELSE 6 END",
                (store_value[]){store_text(states[s].certificate)}, 1);
            fixture_write(&d->f, "UPDATE enrolment SET state = 'enrolled'", NULL, 0);
            print_message("%s in %s\n", acts[a].name, states[s].key);
            assert_int_equal(acts[a].act(d), acts[a].in[s].want);
            assert_state(d, "key", acts[a].in[s].key ? acts[a].in[s].key : states[s].key);
            assert_state(d, "certificate",
                         acts[a].in[s].certificate ? acts[a].in[s].certificate : states[s].certificate);
        }
}

static void a_locked_key_without_a_certificate_is_enrolling_again(void **state)
{
    desk *d = *state;
    fixture_write(&d->f, "UPDATE device_key SET state = 'locked', serial = NULL", NULL, 0);
    fixture_write(&d->f, "DELETE FROM certificate", NULL, 0);
    assert_int_equal(unlock(d), ERR_OK);
    assert_state(d, "key", "enrolling");
}

static err revoke_certificate(desk *d)
{
    certificate_view view;
    const store_value *row;
    assert_int_equal(store_query_one(d->f.store, d->f.arena, &row, ERR_OK,
                                     "SELECT serial FROM device_key WHERE id = $1",
                                     (store_value[]){store_id(d->phone.key_id)}, 1),
                     ERR_OK);
    return certificate_revoke(fixture_call(&d->f, "certificate.revoke"), bytes_of(row[0].p, row[0].n),
                              REASON_UNSPECIFIED, &view);
}

/* However a key ends, what it had claimed waits for another device at once, and nothing of it is completed. */
static void a_destroyed_key_gives_back_what_it_claimed(void **state)
{
    static err (*const ends[])(desk * d) = {lose, remove_key, revoke_certificate};
    desk *d = *state;
    business_system system = fixture_system(&d->f, "电子病历");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        signing s;
        task t = fixture_task(&d->f, &system, "D1001", "text of a record, long enough to be one");
        if (i > 0) {
            phone_throw_away(&d->phone);
            phone_make(&d->phone, &d->f, &d->doctor);
        }
        signing_begin(&s, &d->phone);
        signing_add(&s, &d->phone, t.id, bytes_of_text("text of a record, long enough to be one"));
        assert_int_equal(signing_open(&s, &d->phone), ERR_OK);
        assert_string_equal(fixture_task_state(&d->f, t.id), "claimed");
        signing_finish(&s);
        assert_int_equal(ends[i](d), ERR_OK);
        assert_string_equal(fixture_task_state(&d->f, t.id), "pending");
        assert_int_not_equal(signing_complete(&s, &d->phone), ERR_OK);
        assert_string_equal(fixture_task_state(&d->f, t.id), "pending");
        signing_end(&s);
    }
}

static void a_list_that_could_not_be_made_follows(void **state)
{
    desk *d = *state;
    int64_t lists = fixture_number(&d->f, "SELECT max(number) FROM crl WHERE issuer = 'issuing'");
    assert_int_equal(freeze(d), ERR_OK);
    assert_int_equal(fixture_number(&d->f, "SELECT max(number) FROM crl WHERE issuer = 'issuing'"), ++lists);
    fixture_housekeeping(&d->f);
    assert_int_equal(fixture_number(&d->f, "SELECT max(number) FROM crl WHERE issuer = 'issuing'"), lists);
    /* As if the list after an unfreezing and another freezing were missing: as many are listed as before. */
    fixture_write(&d->f, "UPDATE certificate SET unfrozen = unfrozen + 1", NULL, 0);
    fixture_housekeeping(&d->f);
    assert_int_equal(fixture_number(&d->f, "SELECT max(number) FROM crl WHERE issuer = 'issuing'"), lists + 1);
}

static void whose_key_and_who_is_known(void **state)
{
    desk *d = *state;
    static const uint8_t nobody[16] = {1};
    user other = fixture_user(&d->f, "D2002", "李秀英");
    size_t n;
    assert_int_equal(key_state_lost(fixture_call(&d->f, "key.lost"), nobody, NULL, &n), ERR_USER_NOT_FOUND);
    assert_int_equal(key_state_lost(fixture_call(&d->f, "key.lost"), other.id, d->phone.key_id, &n), ERR_KEY_NOT_FOUND);
    assert_int_equal(key_state_lost(fixture_call(&d->f, "key.lost"), other.id, NULL, &n), ERR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(key_state_freeze(fixture_call(&d->f, "key.freeze"), nobody), ERR_KEY_NOT_FOUND);
    assert_int_equal(key_state_unfreeze(fixture_call(&d->f, "key.unfreeze"), nobody, true), ERR_KEY_NOT_FOUND);
    assert_int_equal(key_state_lost_from_device(phone_call(&d->phone, "key.lost"), d->phone.key_id), ERR_FORBIDDEN);
    assert_int_equal(key_state_lost_from_device(phone_call(&d->phone, "key.lost"), nobody), ERR_KEY_NOT_FOUND);
    assert_state(d, "key", "active");
}

#define WITH_PHONE(test) cmocka_unit_test_setup_teardown(test, setup_phone, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PHONE(every_act_in_every_state), WITH_PHONE(a_locked_key_without_a_certificate_is_enrolling_again),
        WITH_PHONE(a_destroyed_key_gives_back_what_it_claimed), WITH_PHONE(a_list_that_could_not_be_made_follows),
        WITH_PHONE(whose_key_and_who_is_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
