#include "fixture.h"
#include "service/system.h"

static business_system make(fixture *f, const char *name)
{
    business_system s;
    assert_int_equal(system_create(fixture_call(f, "system.create"), name, SCOPE_TASKS | SCOPE_VERIFY, false, &s),
                     ERR_OK);
    return s;
}

static system_credential credential(fixture *f, const business_system *s)
{
    system_credential c;
    assert_int_equal(system_credential_create(fixture_call(f, "system.credential.create"), s->id, &c), ERR_OK);
    return c;
}

static void a_credential_opens_with_its_id(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS");
    system_credential made = credential(f, &s), other = credential(f, &s), opened;
    assert_int_equal(strlen(made.secret), 43);
    assert_int_equal(strlen(made.id), 23);
    assert_string_not_equal(made.secret, other.secret);
    assert_int_equal(system_credential_open(fixture_call(f, NULL), made.id, &opened), ERR_OK);
    assert_string_equal(opened.secret, made.secret);
    assert_memory_equal(opened.system_id, s.id, 16);
    assert_int_equal(opened.scopes, SCOPE_TASKS | SCOPE_VERIFY);
    assert_null(strstr(fixture_last_audit(f).detail, other.secret));
}

static void the_secret_does_not_stand_in_the_database(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS");
    system_credential made = credential(f, &s), other = credential(f, &s), opened;
    const store_value *row;
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK,
                                     "SELECT sealed_secret FROM system_credential WHERE id = $1",
                                     (store_value[]){store_text(made.id)}, 1),
                     ERR_OK);
    assert_int_equal(row[0].n, 43 + KEYSTORE_OVERHEAD);
    for (size_t i = 0; i + 43 <= row[0].n; i++)
        assert_memory_not_equal((const uint8_t *)row[0].p + i, made.secret, 43);
    /* Moved into another credential's row it does not open. */
    fixture_write(f, "UPDATE system_credential SET sealed_secret = $1 WHERE id = $2",
                  (store_value[]){row[0], store_text(other.id)}, 2);
    assert_int_equal(system_credential_open(fixture_call(f, NULL), other.id, &opened), ERR_DECRYPT);
}

static void revoked_and_unknown_credentials_open_nothing(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS"), other = make(f, "EMR");
    system_credential made = credential(f, &s), opened;
    assert_int_equal(system_credential_revoke(fixture_call(f, "system.credential.revoke"), other.id, made.id),
                     ERR_NOT_FOUND);
    assert_int_equal(system_credential_open(fixture_call(f, NULL), made.id, &opened), ERR_OK);
    assert_int_equal(system_credential_revoke(fixture_call(f, "system.credential.revoke"), s.id, made.id), ERR_OK);
    assert_string_equal(fixture_last_audit(f).event, "system.credential.revoke");
    assert_int_equal(system_credential_open(fixture_call(f, NULL), made.id, &opened), ERR_UNAUTHENTICATED);
    assert_int_equal(system_credential_revoke(fixture_call(f, "system.credential.revoke"), s.id, made.id),
                     ERR_CONFLICT);
    assert_int_equal(system_credential_open(fixture_call(f, NULL), "ak_00000000000000000000", &opened),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(system_credential_open(fixture_call(f, NULL), "", &opened), ERR_UNAUTHENTICATED);
    made = credential(f, &s);
    fixture_write(f, "UPDATE system SET state = 'suspended' WHERE id = $1", (store_value[]){store_id(s.id)}, 1);
    assert_int_equal(system_credential_open(fixture_call(f, NULL), made.id, &opened), ERR_UNAUTHENTICATED);
}

static void credentials_are_listed_without_secrets_and_limited(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    business_system s = make(f, "HIS");
    system_credential last;
    const system_credential_view *views;
    size_t n;
    for (int i = 0; i < SYSTEM_CREDENTIALS; i++)
        last = credential(f, &s);
    assert_int_equal(system_credential_create(fixture_call(f, "system.credential.create"), s.id, &last), ERR_LIMIT);
    assert_int_equal(system_credential_list(fixture_call(f, NULL), s.id, &views, &n), ERR_OK);
    assert_int_equal(n, SYSTEM_CREDENTIALS);
    assert_string_equal(views[0].state, "active");
    assert_int_equal(system_credential_revoke(fixture_call(f, "system.credential.revoke"), s.id, views[0].id), ERR_OK);
    assert_int_equal(system_credential_create(fixture_call(f, "system.credential.create"), s.id, &last), ERR_OK);
    assert_int_equal(system_credential_create(fixture_call(f, "system.credential.create"), nobody, &last),
                     ERR_SYSTEM_NOT_FOUND);
    assert_int_equal(system_credential_list(fixture_call(f, NULL), nobody, &views, &n), ERR_SYSTEM_NOT_FOUND);
}

static const system_credential_view *view(fixture *f, const business_system *s, const char *key_id)
{
    static system_credential_view out;
    assert_int_equal(system_credential_get(fixture_call(f, NULL), s->id, key_id, &out), ERR_OK);
    return &out;
}

static err opens(fixture *f, const char *key_id)
{
    system_credential opened;
    return system_credential_open(fixture_call(f, NULL), key_id, &opened);
}

static void one_with_an_end_ends_by_itself(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS"), seen;
    system_credential made;
    call *c = fixture_call(f, "system.credential_create");
    system_credential_request r = {.note = "门诊", .expires_ms = c->now_ms};
    assert_int_equal(system_credential_issue(c, s.id, &r, &made), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "expires_at");
    r.expires_ms = f->now_ms + 5000;
    assert_int_equal(system_credential_issue(fixture_call(f, "system.credential_create"), s.id, &r, &made), ERR_OK);
    assert_string_equal(view(f, &s, made.id)->note, "门诊");
    assert_int_equal(view(f, &s, made.id)->expires_ms, r.expires_ms);
    f->now_ms = r.expires_ms - 1;
    assert_int_equal(opens(f, made.id), ERR_OK);
    f->now_ms++;
    assert_int_equal(opens(f, made.id), ERR_UNAUTHENTICATED);
    assert_string_equal(view(f, &s, made.id)->state, "expired");
    assert_int_equal(system_get(fixture_call(f, NULL), s.id, &seen), ERR_OK);
    assert_int_equal(seen.credentials, 0);
    /* It takes no place any more, and is not to be changed. */
    for (int i = 0; i < SYSTEM_CREDENTIALS; i++)
        credential(f, &s);
    system_credential_view out;
    assert_int_equal(system_credential_update(fixture_call(f, "system.credential_update"), s.id, made.id,
                                              &(system_credential_change){.note = "x"}, &out),
                     ERR_CONFLICT);
    assert_int_equal(system_credential_revoke(fixture_call(f, "system.credential_revoke"), s.id, made.id), ERR_OK);
}

static void note_and_end_are_changed(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS"), other = make(f, "EMR");
    system_credential made = credential(f, &s);
    system_credential_view out;
    const int64_t end = f->now_ms + 60000;
    call *c = fixture_call(f, "system.credential_update");
    system_credential_change change = {.note = "集成平台", .expires_ms = end};
    assert_int_equal(system_credential_update(c, other.id, made.id, &change, &out), ERR_NOT_FOUND);
    c = fixture_call(f, "system.credential_update");
    assert_int_equal(system_credential_update(c, s.id, made.id, &change, &out), ERR_OK);
    assert_string_equal(out.note, "集成平台");
    assert_int_equal(out.expires_ms, end);
    assert_non_null(strstr(fixture_last_audit(f).detail, "expires_at=changed note=changed"));
    c = fixture_call(f, "system.credential_update");
    assert_int_equal(system_credential_update(c, s.id, made.id, &(system_credential_change){.note = ""}, &out), ERR_OK);
    assert_string_equal(out.note, "");
    assert_int_equal(out.expires_ms, end);
    change = (system_credential_change){.expires_ms = f->now_ms - 1};
    c = fixture_call(f, "system.credential_update");
    assert_int_equal(system_credential_update(c, s.id, made.id, &change, &out), ERR_FIELD_VALUE);
}

static err rotate(fixture *f, const business_system *s, const char *key_id, int64_t until_ms, system_credential *out)
{
    return system_credential_rotate(fixture_call(f, "system.credential_rotate"), s->id, key_id, until_ms, out);
}

static void a_rotation_lets_both_work_until_the_old_one_ends(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS"), other = make(f, "EMR");
    system_credential old = credential(f, &s), fresh, again;
    const int64_t until = f->now_ms + 3600000;
    assert_int_equal(rotate(f, &other, old.id, until, &fresh), ERR_NOT_FOUND);
    assert_int_equal(rotate(f, &s, old.id, until, &fresh), ERR_OK);
    assert_non_null(strstr(fixture_last_audit(f).detail, fresh.id));
    assert_null(strstr(fixture_last_audit(f).detail, fresh.secret));
    assert_string_not_equal(fresh.secret, old.secret);
    assert_string_equal(view(f, &s, old.id)->replaced_by, fresh.id);
    assert_int_equal(view(f, &s, old.id)->expires_ms, until);
    assert_int_equal(view(f, &s, fresh.id)->expires_ms, 0);
    assert_int_equal(opens(f, old.id), ERR_OK);
    assert_int_equal(opens(f, fresh.id), ERR_OK);
    /* Once more does not lengthen it. */
    assert_int_equal(rotate(f, &s, old.id, until + 1000, &again), ERR_OK);
    assert_int_equal(view(f, &s, old.id)->expires_ms, until);
    f->now_ms = until;
    assert_int_equal(opens(f, old.id), ERR_UNAUTHENTICATED);
    assert_int_equal(opens(f, fresh.id), ERR_OK);
    assert_int_equal(rotate(f, &s, old.id, until + 1000, &again), ERR_CONFLICT);
    /* Without an overlap: at once, though the time given is long over. */
    assert_int_equal(rotate(f, &s, fresh.id, 0, &again), ERR_OK);
    assert_int_equal(opens(f, fresh.id), ERR_UNAUTHENTICATED);
    assert_int_equal(opens(f, again.id), ERR_OK);
}

static void a_rotation_needs_a_place_too(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS");
    system_credential last, made;
    for (int i = 0; i < SYSTEM_CREDENTIALS; i++)
        last = credential(f, &s);
    assert_int_equal(rotate(f, &s, last.id, f->now_ms + 1000, &made), ERR_LIMIT);
    assert_int_equal(view(f, &s, last.id)->expires_ms, 0); /* the unit failed whole */
    assert_int_equal(rotate(f, &s, last.id, 0, &made), ERR_OK);
}

static err admitted_from(fixture *f, const system_credential *credential, const char *origin, bool *record)
{
    call *c = fixture_call(f, NULL);
    c->origin = origin;
    return system_credential_admit(c, credential, record);
}

static void it_works_from_its_systems_networks_only(void **state)
{
    fixture *f = *state;
    bool record;
    const char *const networks[] = {"10.1.0.0/16", "2001:db8::/32"};
    business_system s = make(f, "HIS");
    system_credential made = credential(f, &s), opened;
    assert_int_equal(system_credential_open(fixture_call(f, NULL), made.id, &opened), ERR_OK);
    assert_int_equal(admitted_from(f, &opened, "192.0.2.1", &record), ERR_OK);
    assert_int_equal(system_update(fixture_call(f, "system.update"), s.id,
                                   &(system_change){.has_networks = true, .networks = networks, .networks_n = 2}, &s),
                     ERR_OK);
    assert_int_equal(system_credential_open(fixture_call(f, NULL), made.id, &opened), ERR_OK);
    assert_int_equal(admitted_from(f, &opened, "10.1.255.255", &record), ERR_OK);
    assert_int_equal(admitted_from(f, &opened, "2001:db8:1::7", &record), ERR_OK);
    assert_int_equal(admitted_from(f, &opened, "10.2.0.0", &record), ERR_ADDRESS);
    assert_true(record);
    assert_string_equal(f->c.fault.detail, "10.2.0.0 is not among its networks");
    /* The same again within the minute is refused all the same, and not worth another row. */
    assert_int_equal(admitted_from(f, &opened, "10.2.0.1", &record), ERR_ADDRESS);
    assert_false(record);
    assert_int_equal(f->c.fault.retry_after, -1);
    f->now_ms += 61000;
    assert_int_equal(admitted_from(f, &opened, "unix", &record), ERR_ADDRESS);
    assert_true(record);
    assert_int_equal(admitted_from(f, &opened, "nonsense", &record), ERR_ADDRESS);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_credential_opens_with_its_id),
        WITH_FIXTURE(the_secret_does_not_stand_in_the_database),
        WITH_FIXTURE(revoked_and_unknown_credentials_open_nothing),
        WITH_FIXTURE(credentials_are_listed_without_secrets_and_limited),
        WITH_FIXTURE(one_with_an_end_ends_by_itself),
        WITH_FIXTURE(note_and_end_are_changed),
        WITH_FIXTURE(a_rotation_lets_both_work_until_the_old_one_ends),
        WITH_FIXTURE(a_rotation_needs_a_place_too),
        WITH_FIXTURE(it_works_from_its_systems_networks_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
