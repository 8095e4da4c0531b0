#include "fixture.h"

#include "service/idempotency.h"

static err add(fixture *f, const char *actor, const char *key, const char *body, const uint8_t made[16])
{
    call *c = fixture_call(f, NULL);
    c->actor_text = actor;
    store_unit *unit = store_unit_begin(f->arena);
    idempotency_add(c, unit, &(idempotency){.key = key, .body = bytes_of_text(body)}, made);
    return call_commit(c, unit);
}

static err find(fixture *f, const char *actor, const char *key, const char *body, uint8_t made[16], bool *found)
{
    call *c = fixture_call(f, NULL);
    c->actor_text = actor;
    return idempotency_find(c, &(idempotency){.key = key, .body = bytes_of_text(body)}, made, found);
}

static void a_key_gives_what_it_made(void **state)
{
    fixture *f = *state;
    const uint8_t made[16] = {7};
    uint8_t got[16];
    bool found = true;
    assert_int_equal(find(f, "system:1", "k", "{}", got, &found), ERR_OK);
    assert_false(found);
    assert_int_equal(add(f, "system:1", "k", "{}", made), ERR_OK);
    assert_int_equal(find(f, "system:1", "k", "{}", got, &found), ERR_OK);
    assert_true(found);
    assert_memory_equal(got, made, 16);
    assert_int_equal(find(f, "system:1", "k", "{ }", got, &found), ERR_IDEMPOTENCY);
    assert_false(found);
    assert_int_equal(find(f, "system:2", "k", "{}", got, &found), ERR_OK);
    assert_false(found);
    assert_int_equal(find(f, "system:1", "K", "{}", got, &found), ERR_OK);
    assert_false(found);
}

static void a_key_belongs_to_one_path(void **state)
{
    fixture *f = *state;
    const idempotency here = {"k", bytes_of_text("{}"), "/v1/systems/1/callback-endpoints"},
                      there = {"k", bytes_of_text("{}"), "/v1/systems/2/callback-endpoints"};
    uint8_t got[16];
    bool found;
    call *c = fixture_call(f, NULL);
    store_unit *unit = store_unit_begin(f->arena);
    idempotency_add(c, unit, &here, (const uint8_t[16]){7});
    assert_int_equal(call_commit(c, unit), ERR_OK);
    assert_int_equal(idempotency_find(c, &here, got, &found), ERR_OK);
    assert_true(found);
    assert_int_equal(idempotency_find(c, &there, got, &found), ERR_IDEMPOTENCY);
    assert_false(found);
}

static void the_second_of_two_at_once_fails(void **state)
{
    fixture *f = *state;
    assert_int_equal(add(f, "system:1", "k", "{}", (const uint8_t[16]){1}), ERR_OK);
    assert_int_equal(add(f, "system:1", "k", "{}", (const uint8_t[16]){2}), ERR_EXISTS);
    assert_int_equal(add(f, "system:2", "k", "{}", (const uint8_t[16]){2}), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM idempotency"), 2);
}

static void without_a_key_nothing_is_kept(void **state)
{
    fixture *f = *state;
    uint8_t got[16];
    bool found = true;
    assert_int_equal(add(f, "system:1", NULL, "{}", (const uint8_t[16]){1}), ERR_OK);
    assert_int_equal(find(f, "system:1", NULL, "{}", got, &found), ERR_OK);
    assert_false(found);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM idempotency"), 0);
}

static void a_key_is_forgotten_after_its_days(void **state)
{
    fixture *f = *state;
    uint8_t got[16];
    bool found;
    assert_int_equal(add(f, "system:1", "k", "{}", (const uint8_t[16]){1}), ERR_OK);
    int64_t days = (int64_t)IDEMPOTENCY_DAYS * 86400 * 1000;
    for (int i = 0; i < 2; i++) {
        store_unit *unit = store_unit_begin(f->arena);
        idempotency_expire(unit, f->now_ms + days + i);
        assert_int_equal(store_commit(f->store, unit), ERR_OK);
        assert_int_equal(find(f, "system:1", "k", "{}", got, &found), ERR_OK);
        assert_int_equal(found, i == 0);
    }
}

static void a_user_is_created_once(void **state)
{
    fixture *f = *state;
    user first, again;
    user_request request = {.staff_no = "D1001", .name = "王建国", .once = {.key = "k", .body = bytes_of_text("{}")}};
    assert_int_equal(user_create(fixture_call(f, "user.create"), &request, &first), ERR_OK);
    assert_false(first.repeated);
    assert_int_equal(user_create(fixture_call(f, "user.create"), &request, &again), ERR_OK);
    assert_true(again.repeated);
    assert_memory_equal(again.id, first.id, 16);
    request.once.body = bytes_of_text("{ }");
    assert_int_equal(user_create(fixture_call(f, "user.create"), &request, &again), ERR_IDEMPOTENCY);
    request.once.key = "other";
    assert_int_equal(user_create(fixture_call(f, "user.create"), &request, &again), ERR_USER_EXISTS);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM app_user"), 1);
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FIXTURE(a_key_gives_what_it_made),      IN_FIXTURE(the_second_of_two_at_once_fails),
        IN_FIXTURE(without_a_key_nothing_is_kept), IN_FIXTURE(a_key_is_forgotten_after_its_days),
        IN_FIXTURE(a_key_belongs_to_one_path),     IN_FIXTURE(a_user_is_created_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
