#include "fixture.h"

#include <time.h>

#include "os/clock.h"
#include "service/once.h"

static const idempotency request = {"k", {(const uint8_t *)"{}", 2}, "/v1/systems"};

static call *begin(fixture *f, err wanted, bytes *answer)
{
    call *c = fixture_call(f, "system.create");
    assert_int_equal(once_begin(c, &request, answer), wanted);
    return c;
}

/* A request that acts, and is answered `answer`. */
static void act(fixture *f, const char *answer)
{
    bytes before;
    call *c = begin(f, ERR_OK, &before);
    assert_int_equal(before.n, 0);
    struct call_once *once = c->once;
    assert_non_null(once);
    assert_false(once_is_noted(once));
    assert_int_equal(call_commit(c, store_unit_begin(f->arena)), ERR_OK);
    assert_true(once_is_noted(once));
    /* What else it commits says nothing of it. */
    assert_int_equal(call_commit(c, store_unit_begin(f->arena)), ERR_OK);
    assert_int_equal(once_keep(c, once, bytes_of_text(answer)), ERR_OK);
}

static void it_acts_once_and_is_answered_again(void **state)
{
    fixture *f = *state;
    bytes answer;
    act(f, "secret");
    call *c = begin(f, ERR_OK, &answer);
    assert_null(c->once);
    assert_int_equal(answer.n, 6);
    assert_memory_equal(answer.p, "secret", 6);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM idempotency WHERE instr(made, 'secret') > 0"), 0);
    c = fixture_call(f, "system.create");
    c->actor_text = "operator:uid:1001";
    assert_int_equal(once_begin(c, &request, &answer), ERR_OK);
    assert_non_null(c->once);
    const idempotency others[] = {{"k", request.body, "/v1/roles"}, {"k", bytes_of_text("{ }"), request.path}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(once_begin(fixture_call(f, "x"), &others[i], &answer), ERR_IDEMPOTENCY);
}

static void an_answer_bound_to_its_key(void **state)
{
    fixture *f = *state;
    bytes answer;
    act(f, "secret");
    fixture_write(f, "UPDATE idempotency SET idempotency_key = 'other'", NULL, 0);
    assert_int_equal(once_begin(fixture_call(f, "x"), &(idempotency){"other", request.body, request.path}, &answer),
                     ERR_ANSWER_LOST);
}

/* Nor does it live longer, or answer for another request, where somebody changed the row. */
static void an_answer_bound_to_its_request_and_time(void **state)
{
    fixture *f = *state;
    bytes answer;
    act(f, "secret");
    (void)begin(f, ERR_OK, &answer);
    fixture_write(f, "UPDATE idempotency SET created_at = created_at + 1", NULL, 0);
    (void)begin(f, ERR_ANSWER_LOST, &answer);
    fixture_write(f, "UPDATE idempotency SET created_at = created_at - 1", NULL, 0);
    (void)begin(f, ERR_OK, &answer);
    const idempotency other = {"l", bytes_of_text("{ }"), request.path};
    call *c = fixture_call(f, "system.create");
    assert_int_equal(once_begin(c, &other, &answer), ERR_OK);
    assert_int_equal(call_commit(c, store_unit_begin(f->arena)), ERR_OK);
    fixture_write(f,
                  "UPDATE idempotency SET request_digest = (SELECT request_digest FROM idempotency WHERE "
                  "idempotency_key = 'l') WHERE idempotency_key = 'k'",
                  NULL, 0);
    assert_int_equal(once_begin(fixture_call(f, "x"), &(idempotency){"k", other.body, other.path}, &answer),
                     ERR_ANSWER_LOST);
}

static void a_key_of_the_other_kind_is_another_requests(void **state)
{
    fixture *f = *state;
    const uint8_t made[16] = {7};
    uint8_t got[16];
    bytes answer;
    bool found;
    call *c = fixture_call(f, "user.create");
    store_unit *unit = store_unit_begin(f->arena);
    idempotency_add(c, unit, &request, made);
    assert_int_equal(call_commit(c, unit), ERR_OK);
    c = begin(f, ERR_IDEMPOTENCY, &answer);
    assert_null(c->once);
    fixture_write(f, "DELETE FROM idempotency", NULL, 0);
    act(f, "secret");
    assert_int_equal(idempotency_find(fixture_call(f, "user.create"), &request, got, &found), ERR_IDEMPOTENCY);
    assert_false(found);
}

static void a_refusal_is_no_act(void **state)
{
    fixture *f = *state;
    bytes answer;
    call *c = begin(f, ERR_OK, &answer);
    assert_int_equal(call_refused(c, ERR_EXISTS), ERR_OK);
    c = begin(f, ERR_OK, &answer);
    assert_non_null(c->once);
}

static void the_second_of_two_at_once_does_not_act(void **state)
{
    fixture *f = *state;
    bytes answer;
    call first = *begin(f, ERR_OK, &answer), second = *begin(f, ERR_OK, &answer);
    assert_int_equal(call_commit(&first, store_unit_begin(f->arena)), ERR_OK);
    assert_int_equal(call_commit(&second, store_unit_begin(f->arena)), ERR_EXISTS);
    assert_false(once_is_noted(second.once));
    (void)begin(f, ERR_BUSY, &answer); /* the first is not answered yet */
    f->now_ms += 11000;
    (void)begin(f, ERR_ANSWER_LOST, &answer);
}

static void of_two_requests_at_once_with_one_key_one_acts(void **state)
{
    fixture *f = *state;
    const idempotency other = {"k", bytes_of_text("{ }"), request.path};
    bytes answer;
    call first = *begin(f, ERR_OK, &answer), second = *fixture_call(f, "system.create");
    assert_int_equal(once_begin(&second, &other, &answer), ERR_OK);
    assert_int_equal(call_commit(&first, store_unit_begin(f->arena)), ERR_OK);
    assert_int_equal(call_commit(&second, store_unit_begin(f->arena)), ERR_EXISTS);
    assert_int_equal(once_begin(&second, &other, &answer), ERR_IDEMPOTENCY);
}

/* An act that takes long is under way for as long as one that does not. */
static void it_acted_when_it_was_committed(void **state)
{
    enum { LONG_MS = 20 };
    fixture *f = *state;
    bytes answer;
    call c = *begin(f, ERR_OK, &answer);
    uint64_t until = clock_monotonic_ns() + LONG_MS * 1000000;
    while (clock_monotonic_ns() < until)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    assert_int_equal(call_commit(&c, store_unit_begin(f->arena)), ERR_OK);
    assert_true(fixture_number(f, "SELECT created_at FROM idempotency") >= f->now_ms + LONG_MS);
}

static void an_answer_is_kept_for_a_while_and_that_it_acted_for_longer(void **state)
{
    fixture *f = *state;
    bytes answer;
    act(f, "secret");
    f->now_ms += ONCE_ANSWER_MINUTES * 60000 + 60000;
    (void)begin(f, ERR_ANSWER_LOST, &answer);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM idempotency WHERE length(made) > 0"), 1);
    assert_int_equal(once_housekeeping(fixture_call(f, NULL)), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM idempotency WHERE length(made) > 0"), 0);
    (void)begin(f, ERR_ANSWER_LOST, &answer);
}

static void a_long_answer_is_not_kept(void **state)
{
    fixture *f = *state;
    bytes answer;
    static const uint8_t zeros[ONCE_ANSWER_MAX + 1];
    call *c = begin(f, ERR_OK, &answer);
    assert_int_equal(call_commit(c, store_unit_begin(f->arena)), ERR_OK);
    assert_int_equal(once_keep(c, c->once, bytes_of(zeros, sizeof zeros)), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT length(made) FROM idempotency"), 0);
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FIXTURE(it_acts_once_and_is_answered_again),
        IN_FIXTURE(an_answer_bound_to_its_key),
        IN_FIXTURE(an_answer_bound_to_its_request_and_time),
        IN_FIXTURE(a_key_of_the_other_kind_is_another_requests),
        IN_FIXTURE(a_refusal_is_no_act),
        IN_FIXTURE(the_second_of_two_at_once_does_not_act),
        IN_FIXTURE(of_two_requests_at_once_with_one_key_one_acts),
        IN_FIXTURE(it_acted_when_it_was_committed),
        IN_FIXTURE(an_answer_is_kept_for_a_while_and_that_it_acted_for_longer),
        IN_FIXTURE(a_long_answer_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
