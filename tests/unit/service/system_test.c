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

static void a_system_is_kept_as_given(void **state)
{
    fixture *f = *state;
    const business_system *list;
    size_t n;
    make(f, "电子病历");
    make(f, "HIS");
    assert_int_equal(system_list(fixture_call(f, NULL), NULL, 100, &list, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].name, "电子病历");
    assert_string_equal(list[0].state, "active");
    assert_int_equal(list[0].scopes, SCOPE_TASKS | SCOPE_VERIFY);
    assert_int_equal(system_list(fixture_call(f, NULL), list[0].id, 100, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].name, "HIS");
    assert_int_equal(system_list(fixture_call(f, NULL), NULL, 1, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
}

static void its_stamps_are_switched(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    business_system off = make(f, "HIS"), on, s;
    assert_false(off.stamps);
    assert_int_equal(system_create(fixture_call(f, "system.create"), "EMR", SCOPE_TASKS, true, &on), ERR_OK);
    assert_true(on.stamps);
    assert_non_null(strstr(fixture_last_audit(f).detail, "stamps=on"));
    assert_int_equal(system_set_stamps(fixture_call(f, "system.update"), off.id, true, &s), ERR_OK);
    assert_true(s.stamps);
    assert_string_equal(fixture_last_audit(f).event, "system.update");
    assert_string_equal(fixture_last_audit(f).detail, "stamps=on");
    assert_int_equal(system_set_stamps(fixture_call(f, "system.update"), on.id, false, &s), ERR_OK);
    assert_false(s.stamps);
    assert_memory_equal(s.id, on.id, 16);
    assert_string_equal(fixture_last_audit(f).detail, "stamps=off");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM system WHERE stamps AND name = 'HIS'"), 1);
    assert_int_equal(system_set_stamps(fixture_call(f, "system.update"), nobody, true, &s), ERR_SYSTEM_NOT_FOUND);
}

static void wrong_systems_are_refused(void **state)
{
    fixture *f = *state;
    business_system s = make(f, "HIS");
    assert_int_equal(system_create(fixture_call(f, "system.create"), "HIS", SCOPE_TASKS, false, &s), ERR_EXISTS);
    assert_string_equal(f->c.fault.field, "name");
    assert_int_equal(system_create(fixture_call(f, "system.create"), "A", 0, false, &s), ERR_FIELD_VALUE);
    assert_int_equal(system_create(fixture_call(f, "system.create"), "A", SCOPE_TASKS | SCOPE_OPERATOR, false, &s),
                     ERR_FIELD_VALUE);
    assert_int_equal(system_create(fixture_call(f, "system.create"), "", SCOPE_TASKS, false, &s), ERR_FIELD_LENGTH);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM system"), 1);
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

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_system_is_kept_as_given),
        WITH_FIXTURE(its_stamps_are_switched),
        WITH_FIXTURE(wrong_systems_are_refused),
        WITH_FIXTURE(a_credential_opens_with_its_id),
        WITH_FIXTURE(the_secret_does_not_stand_in_the_database),
        WITH_FIXTURE(revoked_and_unknown_credentials_open_nothing),
        WITH_FIXTURE(credentials_are_listed_without_secrets_and_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
