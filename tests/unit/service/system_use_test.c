#include "fixture.h"
#include "service/system.h"
#include "service/system_use.h"

static system_credential open_one(fixture *f, const char *key_id)
{
    system_credential c;
    assert_int_equal(system_credential_open(fixture_call(f, NULL), key_id, &c), ERR_OK);
    return c;
}

static void use_from(fixture *f, const char *key_id, const char *origin)
{
    bool record;
    system_credential credential = open_one(f, key_id);
    call *c = fixture_call(f, NULL);
    c->origin = origin;
    assert_int_equal(system_credential_admit(c, &credential, &record), ERR_OK);
}

static void a_use_is_noted_once_a_minute(void **state)
{
    fixture *f = *state;
    business_system s;
    system_credential made;
    system_credential_view v;
    assert_int_equal(system_create(fixture_call(f, "system.create"), "HIS", SCOPE_TASKS, false, &s), ERR_OK);
    assert_int_equal(s.used_ms, 0);
    assert_int_equal(system_credential_create(fixture_call(f, "system.credential_create"), s.id, &made), ERR_OK);
    const int64_t first = f->now_ms;
    use_from(f, made.id, "10.1.2.3");
    assert_int_equal(open_one(f, made.id).used_ms, 0); /* the request wrote nothing */
    f->now_ms += 100;
    use_from(f, made.id, "10.1.2.4");
    assert_int_equal(system_use_flush(f->service, f->arena), ERR_OK);
    assert_int_equal(system_credential_get(fixture_call(f, NULL), s.id, made.id, &v), ERR_OK);
    assert_int_equal(v.used_ms, first + 100);
    assert_string_equal(v.used_from, "10.1.2.4");
    /* Within the minute nothing more is written; after it, there is. */
    f->now_ms = first + 100 + SYSTEM_USE_EVERY_MS - 1;
    use_from(f, made.id, "10.9.9.9");
    assert_int_equal(system_use_flush(f->service, f->arena), ERR_OK);
    assert_int_equal(open_one(f, made.id).used_ms, first + 100);
    f->now_ms++;
    use_from(f, made.id, "10.9.9.9");
    assert_int_equal(service_housekeeping(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(open_one(f, made.id).used_ms, f->now_ms);
    assert_int_equal(system_get(fixture_call(f, NULL), s.id, &s), ERR_OK);
    assert_int_equal(s.used_ms, f->now_ms);
    /* A clock that was set back does not keep it at a time to come. */
    f->now_ms -= 3600000;
    use_from(f, made.id, "10.9.9.8");
    assert_int_equal(system_use_flush(f->service, f->arena), ERR_OK);
    assert_int_equal(open_one(f, made.id).used_ms, f->now_ms);
}

static void more_credentials_than_there_is_room_for_do_no_harm(void **state)
{
    fixture *f = *state;
    call *c = fixture_call(f, NULL);
    for (int i = 0; i < 1000; i++)
        system_use_note(c, arena_printf(f->arena, "ak_%020d", i), 0);
    assert_int_equal(system_use_flush(f->service, f->arena), ERR_OK);
    assert_int_equal(system_use_flush(f->service, f->arena), ERR_OK);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_use_is_noted_once_a_minute),
        WITH_FIXTURE(more_credentials_than_there_is_room_for_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
