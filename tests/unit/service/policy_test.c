#include "service/policy.h"

#include "fixture.h"

static policy policy_now(fixture *f)
{
    policy p;
    assert_int_equal(policy_get(fixture_call(f, NULL), &p), ERR_OK);
    return p;
}

static err change(fixture *f, const char *certificates, int64_t days)
{
    policy p;
    return policy_update(fixture_call(f, "policy.update"),
                         &(policy_change){.certificates_per_person = certificates, .renewal_days = days}, &p);
}

static void the_defaults_and_each_change(void **state)
{
    fixture *f = *state;
    policy p = policy_now(f);
    assert_false(p.single);
    assert_int_equal(p.renewal_days, POLICY_RENEWAL_DAYS_DEFAULT);
    assert_int_equal(p.changed_ms, 0);
    assert_int_equal(change(f, "single", 0), ERR_OK);
    audit_entry row = fixture_last_audit(f);
    assert_string_equal(row.event, "policy.update");
    assert_string_equal(row.subject, "policy");
    assert_string_equal(row.detail, "certificates_per_person=single");
    p = policy_now(f);
    assert_true(p.single);
    assert_int_equal(p.renewal_days, POLICY_RENEWAL_DAYS_DEFAULT);
    assert_int_equal(p.changed_ms, f->now_ms);
    f->now_ms += 1000;
    assert_int_equal(change(f, "many", 7), ERR_OK);
    assert_string_equal(fixture_last_audit(f).detail, "certificates_per_person=many renewal_days=7");
    p = policy_now(f);
    assert_false(p.single);
    assert_int_equal(p.renewal_days, 7);
    assert_int_equal(p.changed_ms, f->now_ms);
}

static void fingerprints_may_be_forbidden(void **state)
{
    fixture *f = *state;
    policy p;
    bool allowed = false;
    assert_int_equal(policy_fingerprint(fixture_call(f, NULL), &allowed), ERR_OK);
    assert_true(allowed);
    assert_int_equal(policy_update(fixture_call(f, "policy.update"), &(policy_change){.has_fingerprint = true}, &p),
                     ERR_OK);
    assert_string_equal(fixture_last_audit(f).detail, "fingerprint=forbidden");
    assert_true(p.no_fingerprint);
    assert_int_equal(policy_fingerprint(fixture_call(f, NULL), &allowed), ERR_OK);
    assert_false(allowed);
    assert_int_equal(change(f, NULL, 7), ERR_OK); /* another part of it */
    assert_true(policy_now(f).no_fingerprint);
    assert_int_equal(policy_update(fixture_call(f, "policy.update"),
                                   &(policy_change){.renewal_days = 9, .has_fingerprint = true, .fingerprint = true},
                                   &p),
                     ERR_OK);
    assert_string_equal(fixture_last_audit(f).detail, "renewal_days=9 fingerprint=allowed");
    assert_false(p.no_fingerprint);
}

static void what_cannot_be_said(void **state)
{
    fixture *f = *state;
    assert_int_equal(change(f, "one", 0), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "certificates_per_person");
    assert_int_equal(change(f, NULL, -1), ERR_FIELD_VALUE);
    assert_int_equal(change(f, NULL, POLICY_RENEWAL_DAYS_MAX + 1), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "renewal_days");
    assert_int_equal(change(f, NULL, POLICY_RENEWAL_DAYS_MAX), ERR_OK);
}

static void the_idle_time_and_the_version(void **state)
{
    fixture *f = *state;
    policy p = policy_now(f);
    assert_int_equal(p.idle_minutes, POLICY_IDLE_MINUTES_DEFAULT);
    assert_int_equal(p.version, 1);
    assert_int_equal(p.changed_ms, 0);
    policy_change c = {.idle_minutes = POLICY_IDLE_MINUTES_MAX, .version = 1};
    assert_int_equal(policy_update(fixture_call(f, "policy.update"), &c, &p), ERR_OK);
    assert_int_equal(p.idle_minutes, POLICY_IDLE_MINUTES_MAX);
    assert_int_equal(p.version, 2);
    assert_string_equal(fixture_last_audit(f).detail, "console_idle_minutes=240");
    c.idle_minutes = 5;
    assert_int_equal(policy_update(fixture_call(f, "policy.update"), &c, &p), ERR_STALE);
    assert_int_equal(policy_now(f).idle_minutes, POLICY_IDLE_MINUTES_MAX);
    c.version = 0;
    assert_int_equal(policy_update(fixture_call(f, "policy.update"), &c, &p), ERR_OK);
    assert_int_equal(p.version, 3);
    c.idle_minutes = POLICY_IDLE_MINUTES_MAX + 1;
    assert_int_equal(policy_update(fixture_call(f, "policy.update"), &c, &p), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "console_idle_minutes");
}

static err person_switch(fixture *f, const user *u, const char *certificates)
{
    user out;
    return user_update(fixture_call(f, "user.update"), u->id, &(user_change){.certificates = certificates}, &out);
}

static bool single_for(fixture *f, const user *u)
{
    bool single;
    assert_int_equal(policy_single_for(fixture_call(f, NULL), u->id, &single), ERR_OK);
    return single;
}

static void a_person_s_own_switch_comes_first(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    bool single;
    user u = fixture_user(f, "D1001", "王建国");
    assert_string_equal(u.certificates, "policy");
    assert_false(single_for(f, &u));
    assert_int_equal(person_switch(f, &u, "single"), ERR_OK);
    assert_string_equal(fixture_last_audit(f).detail, "certificates=single");
    assert_true(single_for(f, &u));
    assert_int_equal(change(f, "single", 0), ERR_OK);
    assert_int_equal(person_switch(f, &u, "many"), ERR_OK);
    assert_false(single_for(f, &u));
    assert_int_equal(person_switch(f, &u, "policy"), ERR_OK);
    assert_true(single_for(f, &u));
    assert_int_equal(policy_single_for(fixture_call(f, NULL), nobody, &single), ERR_USER_NOT_FOUND);
}

static void only_operators_change_it(void **state)
{
    fixture *f = *state;
    static const uint8_t system_id[16] = {7};
    user out, u = fixture_user(f, "D1001", "王建国");
    assert_int_equal(person_switch(f, &u, "two"), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "certificates");
    assert_int_equal(user_update(fixture_call_as_system(f, "user.update", system_id), u.id,
                                 &(user_change){.certificates = "many"}, &out),
                     ERR_FORBIDDEN);
    assert_string_equal(f->c.fault.field, "certificates");
}

/* Said beforehand: to whom the switch matters. Frozen certificates count; revoked and expired ones, and people with a switch of their own
 * that says many, do not. */
static void how_many_people_have_several(void **state)
{
    fixture *f = *state;
    fixture_key key;
    user one = fixture_user(f, "D1001", "王建国"), three = fixture_user(f, "D1002", "李秀英"),
         own = fixture_user(f, "D1003", "赵敏");
    fixture_certify(f, &one, &key);
    for (int i = 0; i < 3; i++)
        fixture_certify(f, &three, &key);
    fixture_write(f, "UPDATE certificate SET state = 'frozen' WHERE serial = $1",
                  (store_value[]){store_blob(key.parsed.serial.p, key.parsed.serial.n)}, 1);
    for (int i = 0; i < 2; i++)
        fixture_certify(f, &own, &key);
    assert_int_equal(policy_now(f).people_with_several, 2);
    assert_int_equal(policy_now(f).surplus_certificates, 3);
    assert_int_equal(person_switch(f, &own, "many"), ERR_OK);
    assert_int_equal(policy_now(f).people_with_several, 1);
    assert_int_equal(policy_now(f).surplus_certificates, 2);
    fixture_write(f, "UPDATE certificate SET state = 'revoked', revoked_at = 1 WHERE state = 'frozen'", NULL, 0);
    assert_int_equal(policy_now(f).surplus_certificates, 1);
    f->now_ms += INT64_C(400) * 86400000;
    assert_int_equal(policy_now(f).people_with_several, 0);
    assert_int_equal(policy_now(f).surplus_certificates, 0);
}

static void since_when_a_certificate_is_renewed(void **state)
{
    fixture *f = *state;
    const int64_t day = INT64_C(86400000), end = 100 * day;
    int64_t from;
    assert_int_equal(policy_renewable_from(fixture_call(f, NULL), end, &from), ERR_OK);
    assert_int_equal(from, 70 * day);
    assert_int_equal(change(f, NULL, 10), ERR_OK);
    assert_int_equal(policy_renewable_from(fixture_call(f, NULL), end, &from), ERR_OK);
    assert_int_equal(from, 90 * day);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_FIXTURE(fingerprints_may_be_forbidden),
                                       WITH_FIXTURE(the_defaults_and_each_change),
                                       WITH_FIXTURE(what_cannot_be_said),
                                       WITH_FIXTURE(the_idle_time_and_the_version),
                                       WITH_FIXTURE(a_person_s_own_switch_comes_first),
                                       WITH_FIXTURE(only_operators_change_it),
                                       WITH_FIXTURE(how_many_people_have_several),
                                       WITH_FIXTURE(since_when_a_certificate_is_renewed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
