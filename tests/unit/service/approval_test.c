#include "fixture.h"
#include "service/approval.h"

typedef struct office {
    fixture f;
    console_operator a, b, target;
    console_session at_a, at_b;
} office;

static const uint64_t needed = PERMISSION_BIT(PERMISSION_OPERATORS_MANAGE);

static console_operator make(fixture *f, const char *staff_no, const char *role_text)
{
    console_operator o;
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), staff_no, "王建国", role_text, &o), ERR_OK);
    return o;
}

static console_session sit(const console_operator *o)
{
    console_session s = {.role = o->role.text, .permissions = o->role.permissions};
    memcpy(s.operator_id, o->id, 16);
    memcpy(s.user_id, o->user_id, 16);
    return s;
}

static int setup(void **state)
{
    office *o = calloc(1, sizeof *o);
    assert_non_null(o);
    fixture_init(&o->f);
    o->a = make(&o->f, "D1", "administrator");
    o->b = make(&o->f, "D2", "administrator");
    o->target = make(&o->f, "D3", "auditor");
    o->at_a = sit(&o->a);
    o->at_b = sit(&o->b);
    *state = o;
    return 0;
}

static int teardown(void **state)
{
    office *o = *state;
    fixture_remove(&o->f);
    free(o);
    return 0;
}

static call *as(office *o, const console_session *who, const char *event)
{
    call *c = fixture_call(&o->f, event);
    c->console = who;
    memcpy(c->actor_id, who->user_id, 16);
    c->actor_text = call_subject(c, "operator", who->operator_id);
    return c;
}

static approval ask(office *o)
{
    approval made;
    const approval_request request = {.act = "operator.update",
                                      .method = "PATCH",
                                      .target = "/v1/operators/x?y=z",
                                      .if_match = "\"3\"",
                                      .body = bytes_of_text("{\"role\":\"operator\"}")};
    assert_int_equal(approval_ask(as(o, &o->at_a, "operator.update"), &request, &made), ERR_OK);
    return made;
}

/* What the approved act does here. */
static err act(office *o, call *c)
{
    console_operator out;
    return operator_update(c, o->target.id, &(operator_change){.role = "operator"}, &out);
}

static void what_was_asked_for_is_kept_sealed(void **state)
{
    office *o = *state;
    approval made = ask(o);
    assert_string_equal(made.state, "pending");
    assert_string_equal(made.request.target, "/v1/operators/x?y=z");
    assert_string_equal(made.request.if_match, "\"3\"");
    assert_true(bytes_equal(made.request.body, bytes_of_text("{\"role\":\"operator\"}")));
    assert_int_equal(made.expires_ms, o->f.now_ms + 24 * INT64_C(3600000));
    assert_string_equal(fixture_last_audit(&o->f).event, "approval.ask");
    assert_int_equal(fixture_number(&o->f, "SELECT instr(sealed_request, 'operator') FROM approval"), 0);
}

static void run_and_approved_are_one(void **state)
{
    office *o = *state;
    approval a = ask(o);
    call run, again;
    assert_int_equal(approval_begin(as(o, &o->at_b, "approval.approve"), &a, needed, &run), ERR_OK);
    assert_int_equal(approval_begin(as(o, &o->at_b, "approval.approve"), &a, needed, &again), ERR_OK);
    assert_memory_equal(run.actor_id, o->a.user_id, 16);
    assert_int_equal(act(o, &run), ERR_OK);
    assert_int_equal(approval_done(&run, 200), ERR_OK);
    assert_int_equal(approval_get(fixture_call(&o->f, NULL), a.id, &a), ERR_OK);
    assert_string_equal(a.state, "approved");
    assert_int_equal(a.status, 200);
    assert_memory_equal(a.decided_by, o->b.id, 16);
    /* The second that began meanwhile leaves no trace of its act. */
    assert_int_equal(act(o, &again), ERR_CONFLICT);
    console_operator target;
    assert_int_equal(operator_get(fixture_call(&o->f, NULL), o->target.id, &target), ERR_OK);
    assert_int_equal(target.version, o->target.version + 1);
}

static void nobody_approves_his_own(void **state)
{
    office *o = *state;
    approval a = ask(o);
    call run;
    assert_int_equal(approval_begin(as(o, &o->at_a, "approval.approve"), &a, needed, &run), ERR_APPROVAL);
    console_session other = o->at_b;
    other.permissions = 0;
    assert_int_equal(approval_begin(as(o, &other, "approval.approve"), &a, needed, &run), ERR_FORBIDDEN);
    assert_int_equal(approval_reject(as(o, &other, "approval.reject"), a.id, needed, "不", &a), ERR_FORBIDDEN);
    assert_int_equal(approval_reject(as(o, &o->at_a, "approval.reject"), a.id, needed, "不", &a), ERR_APPROVAL);
    assert_int_equal(approval_withdraw(as(o, &o->at_b, "approval.withdraw"), a.id, &a), ERR_FORBIDDEN);
}

static void neither_may_have_lost_it_before(void **state)
{
    office *o = *state;
    approval a = ask(o);
    call run;
    console_operator out;
    make(&o->f, "D9", "administrator");
    assert_int_equal(operator_update(fixture_call(&o->f, "x"), o->a.id, &(operator_change){.role = "auditor"}, &out),
                     ERR_OK);
    assert_int_equal(approval_begin(as(o, &o->at_b, "approval.approve"), &a, needed, &run), ERR_APPROVAL);
    assert_int_equal(
        operator_update(fixture_call(&o->f, "x"), o->a.id, &(operator_change){.role = "administrator"}, &out), ERR_OK);
    assert_int_equal(approval_begin(as(o, &o->at_b, "approval.approve"), &a, needed, &run), ERR_OK);
    assert_int_equal(operator_update(fixture_call(&o->f, "x"), o->b.id, &(operator_change){.role = "auditor"}, &out),
                     ERR_OK);
    /* The session that he still has says otherwise. */
    assert_int_equal(approval_begin(as(o, &o->at_b, "approval.approve"), &a, needed, &run), ERR_APPROVAL);
}

static void nor_while_it_runs(void **state)
{
    office *o = *state;
    call run;
    console_operator out;
    make(&o->f, "D9", "administrator");
    const uint8_t *who[] = {o->a.id, o->b.id};
    for (size_t i = 0; i < 2; i++) {
        approval a = ask(o);
        assert_int_equal(approval_begin(as(o, &o->at_b, "approval.approve"), &a, needed, &run), ERR_OK);
        assert_int_equal(
            operator_update(fixture_call(&o->f, "x"), who[i], &(operator_change){.state = "suspended"}, &out), ERR_OK);
        assert_int_equal(act(o, &run), ERR_APPROVAL);
        assert_int_equal(approval_failed(&run, ERR_APPROVAL, 409), ERR_OK);
        assert_int_equal(approval_get(fixture_call(&o->f, NULL), a.id, &a), ERR_OK);
        assert_string_equal(a.state, "failed");
        assert_int_equal(operator_update(fixture_call(&o->f, "x"), who[i], &(operator_change){.state = "active"}, &out),
                         ERR_OK);
    }
}

static void a_custom_role_may_not_change_while_it_runs(void **state)
{
    office *o = *state;
    role r;
    call run;
    console_operator out;
    assert_int_equal(role_create(fixture_call(&o->f, "x"), "甲", needed, &r), ERR_OK);
    assert_int_equal(operator_update(fixture_call(&o->f, "x"), o->a.id, &(operator_change){.role = r.text}, &out),
                     ERR_OK);
    approval a = ask(o);
    assert_int_equal(approval_begin(as(o, &o->at_b, "approval.approve"), &a, needed, &run), ERR_OK);
    role_change change = {.has_permissions = true};
    assert_int_equal(role_update(fixture_call(&o->f, "x"), r.text, &change, &r), ERR_OK);
    assert_int_equal(act(o, &run), ERR_APPROVAL);
}

static void it_expires_after_a_day(void **state)
{
    office *o = *state;
    approval a = ask(o);
    call run;
    approval early = a;
    o->f.now_ms += 24 * INT64_C(3600000) - 1;
    assert_int_equal(approval_begin(as(o, &o->at_b, "approval.approve"), &early, needed, &run), ERR_OK);
    o->f.now_ms += 1;
    assert_int_equal(approval_get(fixture_call(&o->f, NULL), a.id, &a), ERR_OK);
    assert_string_equal(a.state, "expired");
    assert_int_equal(approval_begin(as(o, &o->at_b, "approval.approve"), &a, needed, &run), ERR_CONFLICT);
    assert_int_equal(approval_withdraw(as(o, &o->at_a, "approval.withdraw"), a.id, &a), ERR_CONFLICT);
    arena *scratch = arena_create(1 << 20);
    assert_int_equal(service_housekeeping(o->f.service, scratch, o->f.now_ms), ERR_OK);
    arena_destroy(scratch);
    assert_int_equal(fixture_number(&o->f, "SELECT count(*) FROM approval WHERE state = 'expired'"), 1);
}

static void one_asks_for_fifty_at_the_most(void **state)
{
    office *o = *state;
    approval a = {0};
    for (int i = 0; i < APPROVALS_PENDING; i++)
        a = ask(o);
    const approval_request more = {.act = "x", .method = "POST", .target = "/x"};
    approval out;
    assert_int_equal(approval_ask(as(o, &o->at_a, "x"), &more, &out), ERR_LIMIT);
    assert_int_equal(approval_withdraw(as(o, &o->at_a, "approval.withdraw"), a.id, &a), ERR_OK);
    assert_int_equal(approval_ask(as(o, &o->at_a, "x"), &more, &out), ERR_OK);
    const approval *list;
    size_t n;
    assert_int_equal(approval_list(fixture_call(&o->f, NULL), "pending", NULL, 100, &list, &n), ERR_OK);
    assert_int_equal(n, APPROVALS_PENDING);
    assert_memory_equal(list[0].id, out.id, 16);
}

static void a_rehearsal_writes_nothing(void **state)
{
    office *o = *state;
    call *c = as(o, &o->at_a, "operator.update");
    int64_t rows = fixture_number(&o->f, "SELECT count(*) FROM audit");
    c->rehearsal = true;
    assert_int_equal(act(o, c), ERR_INTERNAL);
    assert_true(c->rehearsed);
    c = as(o, &o->at_a, "operator.update");
    c->rehearsal = true;
    console_operator out;
    assert_int_equal(operator_update(c, o->a.id, &(operator_change){.role = "operator"}, &out), ERR_OWN_ROLE);
    assert_false(c->rehearsed);
    assert_int_equal(fixture_number(&o->f, "SELECT count(*) FROM audit"), rows);
    assert_int_equal(operator_get(fixture_call(&o->f, NULL), o->target.id, &out), ERR_OK);
    assert_int_equal(out.version, o->target.version);
}

static void what_was_sealed_opens_nowhere_else(void **state)
{
    office *o = *state;
    approval a = ask(o), b = ask(o);
    fixture_write(
        &o->f, "UPDATE approval SET sealed_request = (SELECT sealed_request FROM approval WHERE id = $2) WHERE id = $1",
        (store_value[]){store_id(a.id), store_id(b.id)}, 2);
    assert_int_equal(approval_get(fixture_call(&o->f, NULL), a.id, &a), ERR_CORRUPT);
}

#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(what_was_asked_for_is_kept_sealed),
        IN_OFFICE(run_and_approved_are_one),
        IN_OFFICE(nobody_approves_his_own),
        IN_OFFICE(neither_may_have_lost_it_before),
        IN_OFFICE(nor_while_it_runs),
        IN_OFFICE(a_custom_role_may_not_change_while_it_runs),
        IN_OFFICE(it_expires_after_a_day),
        IN_OFFICE(one_asks_for_fifty_at_the_most),
        IN_OFFICE(a_rehearsal_writes_nothing),
        IN_OFFICE(what_was_sealed_opens_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
