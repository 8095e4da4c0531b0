#include "fixture.h"

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

static void an_answer_is_kept_for_a_while_and_that_it_acted_for_longer(void **state)
{
    fixture *f = *state;
    bytes answer;
    act(f, "secret");
    f->now_ms += ONCE_ANSWER_MINUTES * 60000 + 1;
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
        IN_FIXTURE(a_refusal_is_no_act),
        IN_FIXTURE(the_second_of_two_at_once_does_not_act),
        IN_FIXTURE(an_answer_is_kept_for_a_while_and_that_it_acted_for_longer),
        IN_FIXTURE(a_long_answer_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
