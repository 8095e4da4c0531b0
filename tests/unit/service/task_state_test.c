#include "phone.h"

#include "service/task_order.h"

/* Every act in every state, against the use cases. */
enum { WAITING, PENDING, CLAIMED, SIGNED, WITHDRAWN, DECLINED, CANCELLED, EXPIRED, STATES };

typedef struct ward {
    fixture f;
    user doctor;
    business_system emr;
    phone phone;
} ward;

static int setup(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    w->doctor = fixture_user(&w->f, "D1001", "王建国");
    w->emr = fixture_system(&w->f, "电子病历");
    phone_make(&w->phone, &w->f, &w->doctor);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    ward *w = *state;
    phone_throw_away(&w->phone);
    fixture_remove(&w->f);
    free(w);
    return 0;
}

static call *as_system(ward *w, const char *event)
{
    return fixture_call_as_system(&w->f, event, w->emr.id);
}

static task make(ward *w, const uint8_t *after)
{
    task t;
    bool repeated;
    task_request request = fixture_task_request("D1001", "出院小结");
    request.has_after = after != NULL;
    if (after)
        memcpy(request.after, after, 16);
    assert_int_equal(task_create(as_system(w, "task.create"), &request, &t, &repeated), ERR_OK);
    return t;
}

static void sign(ward *w, const uint8_t id[16])
{
    signing s;
    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, id, bytes_of_text("出院小结"));
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

/* A task with one before it, claimed by `s`, then put into the state past the use cases. Its document stays. */
typedef struct subject {
    task before, t;
    signing s;
} subject;

static void put(ward *w, const task *t, int state)
{
    bool finished = state >= SIGNED;
    fixture_write(&w->f,
                  "UPDATE task SET state = $2, finished_at = $3, reason = NULL, claim_until = CASE WHEN $2 = 'claimed' "
                  "THEN claim_until ELSE NULL END WHERE id = $1",
                  (store_value[]){store_id(t->id), store_text(task_states[state]),
                                  finished ? store_int(w->f.now_ms) : store_null()},
                  3);
}

/* in_order: the one before is still to be signed; else the task stands alone. */
static void prepare(ward *w, subject *x, int state, bool in_order, bool claim)
{
    memset(x, 0, sizeof *x);
    x->before = make(w, NULL);
    x->t = make(w, NULL);
    if (in_order)
        fixture_write(&w->f, "UPDATE task SET after_task = $2 WHERE id = $1",
                      (store_value[]){store_id(x->t.id), store_id(x->before.id)}, 2);
    signing_begin(&x->s, &w->phone);
    signing_add(&x->s, &w->phone, x->t.id, bytes_of_text("出院小结"));
    if (claim || state == CLAIMED) {
        assert_int_equal(signing_open(&x->s, &w->phone), ERR_OK);
        signing_finish(&x->s);
    }
    put(w, &x->t, state);
}

static err act(ward *w, subject *x, task_act which)
{
    task got;
    err e;
    switch (which) {
    case TASK_CLAIM: {
        signing other;
        phone *p = &w->phone;
        signing_begin(&other, p);
        signing_add(&other, p, x->t.id, bytes_of_text("出院小结"));
        /* The key itself is free: what refuses is the task. */
        fixture_write(&w->f, "UPDATE device_key SET open_sid = NULL, open_until = NULL WHERE id = $1",
                      (store_value[]){store_id(p->key_id)}, 1);
        e = signing_open(&other, p);
        signing_end(&other);
        return e;
    }
    case TASK_COMPLETE:
        return signing_complete(&x->s, &w->phone);
    case TASK_ABANDON:
        return sign_abandon(phone_call(&w->phone, "task.sign_failure"), w->phone.key_id, x->s.request.mpc.sid, x->t.id,
                            "transport_failed");
    case TASK_DECLINE:
        return task_decline(phone_call(&w->phone, "task.decline"), x->t.id, "病历有误", &got);
    case TASK_CANCEL:
        return task_cancel(as_system(w, "task.cancel"), x->t.id, "重新发起", &got);
    case TASK_WITHDRAW:
        return task_withdraw(as_system(w, "task.withdraw"), x->t.id, "签错患者", &got);
    case TASK_EXPIRE:
        fixture_write(&w->f, "UPDATE task SET expires_at = $2 WHERE id = $1",
                      (store_value[]){store_id(x->t.id), store_int(w->f.now_ms - 1)}, 2);
        fixture_housekeeping(&w->f);
        return ERR_OK;
    case TASK_PREDECESSOR_SIGNED:
        fixture_write(&w->f, "UPDATE device_key SET open_sid = NULL, open_until = NULL WHERE id = $1",
                      (store_value[]){store_id(w->phone.key_id)}, 1);
        sign(w, x->before.id);
        return ERR_OK;
    case TASK_PREDECESSOR_ENDED:
        return task_cancel(as_system(w, "task.cancel"), x->before.id, NULL, &got);
    case TASK_PREDECESSOR_WITHDRAWN:
        put(w, &x->before, SIGNED);
        return task_withdraw(as_system(w, "task.withdraw"), x->before.id, "签错患者", &got);
    default:
        fail();
        return ERR_INTERNAL;
    }
}

static const char *stored(ward *w, const uint8_t id[16], int64_t *finished, int64_t *signatures)
{
    const store_value *row;
    assert_int_equal(
        store_query_one(w->f.store, w->f.arena, &row, ERR_OK,
                        "SELECT state, coalesce(finished_at, 0), (SELECT count(*) FROM signature WHERE task_id = $1) "
                        "FROM task WHERE id = $1",
                        (store_value[]){store_id(id)}, 1),
        ERR_OK);
    *finished = row[1].i;
    *signatures = row[2].i;
    return row[0].p;
}

/* What the table of docs/spec/states.md says, written down a second time. NULL: nothing moves. */
typedef struct expected {
    err e;
    const char *to;
} expected;

static expected want(int from, task_act which)
{
    static const err own[STATES] = {
        ERR_TASK_WAITING,   ERR_OK,          ERR_TASK_CLAIMED, ERR_TASK_SIGNED, ERR_TASK_WITHDRAWN, ERR_TASK_DECLINED,
        ERR_TASK_CANCELLED, ERR_TASK_EXPIRED};
    bool open = from == WAITING || from == PENDING;
    switch (which) {
    case TASK_CLAIM:
        return from == PENDING ? (expected){ERR_OK, "claimed"} : (expected){own[from], NULL};
    case TASK_COMPLETE:
        return from == PENDING || from == CLAIMED ? (expected){ERR_OK, "signed"} : (expected){own[from], NULL};
    case TASK_ABANDON:
        return (expected){ERR_OK, from == CLAIMED ? "pending" : NULL};
    case TASK_DECLINE:
        return open ? (expected){ERR_OK, "declined"} : (expected){own[from], NULL};
    case TASK_CANCEL:
        return open ? (expected){ERR_OK, "cancelled"} : (expected){own[from], NULL};
    case TASK_WITHDRAW:
        return from == SIGNED            ? (expected){ERR_OK, "withdrawn"}
               : open || from == CLAIMED ? (expected){ERR_TASK_NOT_SIGNED, NULL}
                                         : (expected){own[from], NULL};
    case TASK_EXPIRE:
        return (expected){ERR_OK, open ? "expired" : NULL};
    case TASK_PREDECESSOR_SIGNED:
        return (expected){ERR_OK, from == WAITING ? "pending" : NULL};
    case TASK_PREDECESSOR_WITHDRAWN:
        return from == CLAIMED ? (expected){ERR_TASK_CLAIMED, NULL} : (expected){ERR_OK, open ? "cancelled" : NULL};
    default:
        return (expected){ERR_OK, from == WAITING ? "cancelled" : NULL};
    }
}

static void every_act_in_every_state(void **state)
{
    ward *w = *state;
    for (int from = 0; from < STATES; from++)
        for (int which = 0; which < TASK_ACT_COUNT; which++) {
            subject x;
            int64_t finished, signatures, finished_after, signatures_after;
            bool in_order = which == TASK_PREDECESSOR_SIGNED || which == TASK_PREDECESSOR_ENDED ||
                            which == TASK_PREDECESSOR_WITHDRAWN;
            prepare(w, &x, from, in_order, which == TASK_COMPLETE);
            stored(w, x.t.id, &finished, &signatures);
            w->f.now_ms += 5;
            expected expect = want(from, (task_act)which);
            err e = act(w, &x, (task_act)which);
            const char *to = stored(w, x.t.id, &finished_after, &signatures_after);
            if (e != expect.e || strcmp(to, expect.to ? expect.to : task_states[from]) != 0)
                fail_msg("%s, act %d: %s, now %s", task_states[from], which, err_code(e), to);
            if (!expect.to) {
                assert_int_equal(finished_after, finished);
                assert_int_equal(signatures_after, signatures);
            }
            signing_end(&x.s);
            fixture_write(&w->f, "UPDATE device_key SET open_sid = NULL, open_until = NULL WHERE id = $1",
                          (store_value[]){store_id(w->phone.key_id)}, 1);
            /* What is left behind is not to be in the way of the next. */
            store_unit *unit = store_unit_begin(w->f.arena);
            store_unit_add(
                unit, STORE_ANY, ERR_OK,
                "UPDATE task SET state = 'cancelled', finished_at = 1, claim_until = NULL WHERE finished_at IS NULL",
                NULL, 0);
            assert_int_equal(store_commit(w->f.store, unit), ERR_OK);
        }
}

static void the_table_says_the_same(void **state)
{
    (void)state;
    const char *next;
    for (int from = 0; from < STATES; from++)
        for (int which = 0; which < TASK_ACT_COUNT; which++) {
            expected expect = want(from, (task_act)which);
            assert_int_equal(task_state_next(task_states[from], (task_act)which, &next), expect.e);
            assert_string_equal(next, expect.to ? expect.to : task_states[from]);
        }
    assert_null(task_states[STATES]);
    assert_int_equal(task_state_next("no such state", TASK_CLAIM, &next), ERR_CORRUPT);
    assert_false(task_state_known("no such state"));
    assert_false(task_state_known(NULL));
}

static void a_waiting_task_is_past_its_time_too(void **state)
{
    (void)state;
    assert_string_equal(task_state_as_of("waiting", 0, 101, 100), "waiting");
    assert_string_equal(task_state_as_of("waiting", 0, 100, 100), "expired");
}

/* Three in a row, and one beside: what happens to the first runs through all that wait behind it. */
static void what_waits_behind_goes_with_it(void **state)
{
    static const char *const reasons[] = {"declined", "cancelled", "expired"};
    ward *w = *state;
    for (size_t i = 0; i < 3; i++) {
        task got, first = make(w, NULL), second = make(w, first.id), third = make(w, second.id),
                  beside = make(w, first.id);
        assert_string_equal(third.state, "waiting");
        if (i == 0)
            assert_int_equal(task_decline(phone_call(&w->phone, "task.decline"), first.id, "病历有误", &got), ERR_OK);
        else if (i == 1)
            assert_int_equal(task_cancel(as_system(w, "task.cancel"), first.id, NULL, &got), ERR_OK);
        else
            act(w, &(subject){.t = first}, TASK_EXPIRE);
        const task *all[] = {&second, &third, &beside};
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(task_load(as_system(w, NULL), all[j]->id, &got), ERR_OK);
            assert_string_equal(got.state, "cancelled");
            assert_int_equal(got.finished_ms, w->f.now_ms);
            assert_non_null(strstr(got.reason, j == 1 ? "cancelled" : reasons[i]));
        }
        assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task_document"), 0);
    }
}

/* The first is signed and taken back: what was to follow it goes, with what waits behind that; what is signed already stays. */
static void what_follows_a_withdrawn_task_goes_unless_it_is_signed(void **state)
{
    ward *w = *state;
    task got, first = make(w, NULL), second = make(w, first.id), third = make(w, second.id), beside = make(w, first.id),
              behind = make(w, beside.id);
    sign(w, first.id);
    sign(w, second.id);
    assert_int_equal(task_withdraw(as_system(w, "task.withdraw"), first.id, "签错患者", &got), ERR_OK);
    assert_string_equal(fixture_last_audit(&w->f).detail, "behind=2");
    assert_string_equal(fixture_task_state(&w->f, second.id), "signed");
    assert_string_equal(fixture_task_state(&w->f, third.id), "pending");
    assert_int_equal(task_load(as_system(w, NULL), beside.id, &got), ERR_OK);
    assert_string_equal(got.state, "cancelled");
    assert_non_null(strstr(got.reason, "withdrawn"));
    assert_int_equal(task_load(as_system(w, NULL), behind.id, &got), ERR_OK);
    assert_string_equal(got.state, "cancelled");
    assert_non_null(strstr(got.reason, "cancelled"));
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task_document"), 1);
}

/* While a device is signing what follows, nothing moves, and the caller is told when to come again. */
static void a_withdrawal_waits_for_a_signature_on_its_way(void **state)
{
    ward *w = *state;
    signing s;
    task got, first = make(w, NULL), second = make(w, first.id);
    sign(w, first.id);
    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, second.id, bytes_of_text("出院小结"));
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    w->f.now_ms += 20000;
    assert_int_equal(task_withdraw(as_system(w, "task.withdraw"), first.id, "签错患者", &got), ERR_TASK_CLAIMED);
    assert_int_equal(w->f.c.fault.retry_after, 40);
    assert_string_equal(fixture_task_state(&w->f, first.id), "signed");
    assert_string_equal(fixture_task_state(&w->f, second.id), "claimed");
    w->f.now_ms += 40000; /* lapsed, whether housekeeping has written it down or not */
    assert_int_equal(task_withdraw(as_system(w, "task.withdraw"), first.id, "签错患者", &got), ERR_OK);
    assert_string_equal(fixture_task_state(&w->f, second.id), "cancelled");
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_TASK_CANCELLED);
    signing_end(&s);
}

static void a_task_waits_for_one_that_can_still_be_signed(void **state)
{
    ward *w = *state;
    bool repeated;
    task got, first = make(w, NULL);
    sign(w, first.id);
    assert_string_equal(make(w, first.id).state, "pending");
    assert_int_equal(task_withdraw(as_system(w, "task.withdraw"), first.id, "签错患者", &got), ERR_OK);
    task_request request = fixture_task_request("D1001", "出院小结");
    request.has_after = true;
    memcpy(request.after, first.id, 16);
    assert_int_equal(task_create(as_system(w, "task.create"), &request, &got, &repeated), ERR_TASK_WITHDRAWN);
    assert_string_equal(w->f.c.fault.field, "after_task");
    business_system other = fixture_system(&w->f, "放射系统");
    task theirs = fixture_task(&w->f, &other, "D1001", "x");
    memcpy(request.after, theirs.id, 16);
    assert_int_equal(task_create(as_system(w, "task.create"), &request, &got, &repeated), ERR_TASK_NOT_FOUND);
    assert_string_equal(w->f.c.fault.field, "after_task");
    first = make(w, NULL);
    memcpy(request.after, first.id, 16);
    for (int i = 0; i < TASK_FOLLOWERS; i++)
        (void)make(w, first.id);
    assert_int_equal(task_create(as_system(w, "task.create"), &request, &got, &repeated), ERR_LIMIT);
    /* All of them are pending when it is signed. */
    sign(w, first.id);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task WHERE state = 'waiting'"), 0);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task WHERE state = 'pending'"), TASK_FOLLOWERS + 1);
}

/* What joins between the look and the commit, behind the ended task itself or behind one that waits for it. */
static void who_joins_meanwhile_is_not_left_behind(void **state)
{
    ward *w = *state;
    for (int directly = 0; directly < 2; directly++) {
        size_t n = 0;
        task got, first = make(w, NULL), second = make(w, first.id);
        call ending = *as_system(w, "task.cancel");
        store_unit *unit = store_unit_begin(w->f.arena);
        assert_int_equal(task_end_add(&ending, unit, &first, "cancelled", NULL), ERR_OK);
        assert_int_equal(task_order_ended(&ending, unit, first.id, "cancelled", NULL, &n), ERR_OK);
        assert_int_equal(n, 1);
        task third = make(w, directly ? first.id : second.id);
        assert_int_equal(call_commit(&ending, unit), ERR_CONFLICT);
        assert_string_equal(fixture_task_state(&w->f, first.id), "pending");
        assert_int_equal(task_cancel(as_system(w, "task.cancel"), first.id, NULL, &got), ERR_OK);
        assert_string_equal(fixture_task_state(&w->f, third.id), "cancelled");
    }
}

static void nobody_joins_one_that_ended_meanwhile(void **state)
{
    ward *w = *state;
    task_draft draft;
    task got, first = make(w, NULL);
    task_request request = fixture_task_request("D1001", "出院小结");
    request.has_after = true;
    memcpy(request.after, first.id, 16);
    call creating = *as_system(w, "task.create");
    store_unit *unit = store_unit_begin(w->f.arena);
    assert_int_equal(task_draft_make(&creating, &request, NULL, 0, &draft), ERR_OK);
    assert_int_equal(task_draft_add(&creating, unit, &draft), ERR_OK);
    assert_int_equal(task_cancel(as_system(w, "task.cancel"), first.id, NULL, &got), ERR_OK);
    assert_int_equal(call_commit(&creating, unit), ERR_CONFLICT);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task"), 1);
}

static void a_chain_has_its_limit(void **state)
{
    ward *w = *state;
    bool repeated;
    task got, first = make(w, NULL);
    /* Past the use cases: a chain of TASK_CHAIN behind the first. */
    store_unit *unit = store_unit_begin(w->f.arena);
    uint8_t last[16];
    memcpy(last, first.id, 16);
    for (int i = 0; i < TASK_CHAIN; i++) {
        uint8_t *id = arena_alloc(w->f.arena, 16), *before = arena_copy(w->f.arena, last, 16);
        assert_int_equal(uuid7_create(id), ERR_OK);
        store_unit_add(
            unit, 1, ERR_INTERNAL,
            "INSERT INTO task (id, system_id, signer, after_task, form, title, description, reference, "
            "media_type, digest, state, created_at, expires_at) SELECT $1, system_id, signer, $2, form, title, "
            "description, reference, media_type, digest, 'waiting', created_at, expires_at FROM task WHERE id = $3",
            (store_value[]){store_id(id), store_id(before), store_id(first.id)}, 3);
        memcpy(last, id, 16);
    }
    assert_int_equal(store_commit(w->f.store, unit), ERR_OK);
    task_request request = fixture_task_request("D1001", "出院小结");
    request.has_after = true;
    memcpy(request.after, last, 16);
    assert_int_equal(task_create(as_system(w, "task.create"), &request, &got, &repeated), ERR_LIMIT);
    assert_int_equal(task_cancel(as_system(w, "task.cancel"), first.id, NULL, &got), ERR_OK);
    assert_string_equal(fixture_last_audit(&w->f).detail, "behind=1000");
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task WHERE finished_at IS NULL"), 0);
}

static void acts_repeat_with_the_same_reason_only(void **state)
{
    ward *w = *state;
    task got, t = make(w, NULL);
    assert_int_equal(task_decline(phone_call(&w->phone, "task.decline"), t.id, "病历有误", &got), ERR_OK);
    assert_int_equal(task_decline(phone_call(&w->phone, "task.decline"), t.id, "病历有误", &got), ERR_OK);
    assert_string_equal(got.reason, "病历有误");
    assert_int_equal(task_decline(phone_call(&w->phone, "task.decline"), t.id, "另一原因", &got), ERR_TASK_DECLINED);
    t = make(w, NULL);
    sign(w, t.id);
    assert_int_equal(task_withdraw(as_system(w, "task.withdraw"), t.id, "签错患者", &got), ERR_OK);
    assert_int_equal(task_withdraw(as_system(w, "task.withdraw"), t.id, "签错患者", &got), ERR_OK);
    assert_true(got.has_signature);
    assert_int_equal(task_withdraw(as_system(w, "task.withdraw"), t.id, "另一原因", &got), ERR_TASK_WITHDRAWN);
    user other = fixture_user(&w->f, "D1002", "李敏");
    phone stranger;
    phone_make(&stranger, &w->f, &other);
    t = make(w, NULL);
    assert_int_equal(task_decline(phone_call(&stranger, "task.decline"), t.id, "病历有误", &got), ERR_TASK_NOT_YOURS);
    assert_string_equal(fixture_task_state(&w->f, t.id), "pending");
    phone_throw_away(&stranger);
}

static void more_than_a_round_expires_without_delay(void **state)
{
    ward *w = *state;
    task t = make(w, NULL);
    store_unit *unit = store_unit_begin(w->f.arena);
    for (int i = 0; i < 2500; i++) {
        uint8_t *id = arena_alloc(w->f.arena, 16);
        assert_int_equal(uuid7_create(id), ERR_OK);
        store_unit_add(
            unit, 1, ERR_INTERNAL,
            "INSERT INTO task (id, system_id, signer, form, title, description, reference, media_type, digest, "
            "state, created_at, expires_at) SELECT $1, system_id, signer, form, title, description, reference, "
            "media_type, digest, CASE WHEN $2 = 0 THEN 'waiting' ELSE 'pending' END, created_at, expires_at "
            "FROM task WHERE id = $3",
            (store_value[]){store_id(id), store_int(i % 2), store_id(t.id)}, 3);
    }
    assert_int_equal(store_commit(w->f.store, unit), ERR_OK);
    w->f.now_ms = t.expires_ms;
    fixture_housekeeping(&w->f);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task WHERE state = 'expired'"), 2501);
}

#define IN_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WARD(every_act_in_every_state),
        cmocka_unit_test(the_table_says_the_same),
        cmocka_unit_test(a_waiting_task_is_past_its_time_too),
        IN_WARD(what_waits_behind_goes_with_it),
        IN_WARD(what_follows_a_withdrawn_task_goes_unless_it_is_signed),
        IN_WARD(a_withdrawal_waits_for_a_signature_on_its_way),
        IN_WARD(a_task_waits_for_one_that_can_still_be_signed),
        IN_WARD(who_joins_meanwhile_is_not_left_behind),
        IN_WARD(nobody_joins_one_that_ended_meanwhile),
        IN_WARD(a_chain_has_its_limit),
        IN_WARD(acts_repeat_with_the_same_reason_only),
        IN_WARD(more_than_a_round_expires_without_delay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
