#include "mailroom.h"

static void names_and_bits_belong_together(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CALLBACK_EVENTS; i++)
        assert_int_equal(callback_event_bit(callback_event_name(i)), UINT32_C(1) << i);
    assert_int_equal(callback_event_bit("task.signe"), 0);
    assert_int_equal(callback_event_bit(""), 0);
    /* They stand in databases. */
    assert_int_equal(callback_event_bit("task.signed"), 1);
    assert_int_equal(callback_event_bit("task.declined"), 2);
    assert_int_equal(callback_event_bit("task.cancelled"), 4);
    assert_int_equal(callback_event_bit("task.expired"), 8);
    assert_int_equal(callback_event_bit("task.withdrawn"), 16);
    assert_int_equal(callback_event_bit("task.pending"), 32);
    assert_int_equal(callback_event_bit("task.waiting"), 64);
    assert_int_equal(callback_event_bit("task.stamped"), 128);
    assert_int_equal(CALLBACK_SYSTEM_EVENTS, 255 - 64);
    assert_int_equal(CALLBACK_DEFAULT_EVENTS, 255 - 64 - 32);
}

static void only_the_tasks_own_system_is_told_and_of_what_it_wants(void **state)
{
    mailroom *m = *state;
    task t = mailroom_task(m, &m->emr);
    mailroom_cancel(m, &m->emr, &t);
    assert_int_equal(mailroom_count(m), 0);
    mailroom_endpoint(m, &m->emr, CALLBACK_DEFAULT_EVENTS);
    mailroom_endpoint(m, &m->emr, 1 << CALLBACK_PENDING);
    mailroom_endpoint(m, &m->ris, 1 << CALLBACK_SIGNED);
    t = mailroom_task(m, &m->emr);
    assert_int_equal(mailroom_count(m), 1);
    assert_int_equal(fixture_number(&m->f, "SELECT COUNT(*) FROM callback WHERE event = 'task.pending'"), 1);
    mailroom_cancel(m, &m->emr, &t);
    assert_int_equal(mailroom_count(m), 2);
    t = mailroom_task(m, &m->ris);
    mailroom_cancel(m, &m->ris, &t);
    assert_int_equal(mailroom_count(m), 2);
    assert_int_equal(fixture_number(&m->f, "SELECT COUNT(*) FROM callback WHERE state = 'queued' AND tries = 0 AND "
                                           "finished_at IS NULL AND queued_at = next_at"),
                     2);
}

/* It is no state of the task: told whatever became of the task since, to those who want it. */
static void a_late_timestamp_is_told(void **state)
{
    mailroom *m = *state;
    mailroom_endpoint(m, &m->emr, CALLBACK_DEFAULT_EVENTS);
    mailroom_endpoint(m, &m->emr, 1 << CALLBACK_SIGNED);
    mailroom_endpoint(m, NULL, 0);
    task t = mailroom_task(m, &m->emr);
    int64_t before = mailroom_count(m);
    static const char *const states[] = {"signed", "withdrawn"};
    for (int i = 0; i < 2; i++) {
        call *c = fixture_call(&m->f, NULL);
        store_unit *unit = store_unit_begin(m->f.arena);
        fixture_write(&m->f, "UPDATE task SET state = $1", (store_value[]){store_text(states[i])}, 1);
        assert_int_equal(task_event_add(c, unit, &(task_event){t.id, t.signer_id, "stamped"}), ERR_OK);
        assert_int_equal(call_commit(c, unit), ERR_OK);
        assert_int_equal(mailroom_count(m), before + 1 + i);
    }
    assert_int_equal(fixture_number(&m->f, "SELECT COUNT(*) FROM callback WHERE event = 'task.stamped'"), 2);
}

static void a_unit_that_fails_tells_nothing(void **state)
{
    mailroom *m = *state;
    mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    task t = mailroom_task(m, &m->emr);
    int64_t before = mailroom_count(m);
    call *c = fixture_call(&m->f, NULL);
    store_unit *unit = store_unit_begin(m->f.arena);
    assert_int_equal(task_event_add(c, unit, &(task_event){t.id, t.signer_id, "pending"}), ERR_OK);
    store_unit_add(unit, 1, ERR_CONFLICT, "UPDATE task SET title = 'x' WHERE state = 'waiting'", NULL, 0);
    assert_int_equal(call_commit(c, unit), ERR_CONFLICT);
    assert_int_equal(mailroom_count(m), before);
    /* Nor does an event whose task has gone another way by then. */
    unit = store_unit_begin(m->f.arena);
    assert_int_equal(task_event_add(c, unit, &(task_event){t.id, t.signer_id, "expired"}), ERR_OK);
    assert_int_equal(call_commit(c, unit), ERR_OK);
    assert_int_equal(mailroom_count(m), before);
}

static const char document[] = "医嘱一条，需要签名。"; /* of mailroom_task */

static void sign(phone *p, const task *t)
{
    signing s;
    signing_begin(&s, p);
    signing_add(&s, p, t->id, bytes_of_text(document));
    assert_int_equal(signing_open(&s, p), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, p), ERR_OK);
    signing_end(&s);
}

static task mailroom_follower(mailroom *m, const task *after)
{
    task t;
    bool repeated;
    task_request request = fixture_task_request("D1001", document);
    request.has_after = true;
    memcpy(request.after, after->id, 16);
    assert_int_equal(task_create(fixture_call_as_system(&m->f, "task.create", m->emr.id), &request, &t, &repeated),
                     ERR_OK);
    return t;
}

static void a_task_whose_turn_has_come_is_told(void **state)
{
    mailroom *m = *state;
    phone p;
    phone_make(&p, &m->f, &m->doctor);
    mailroom_endpoint(m, &m->emr, 1 << CALLBACK_PENDING);
    task first = mailroom_task(m, &m->emr);
    mailroom_follower(m, &first);
    mailroom_follower(m, &first);
    assert_int_equal(mailroom_count(m), 1);
    sign(&p, &first);
    assert_int_equal(mailroom_count(m), 3);
    assert_int_equal(fixture_number(&m->f, "SELECT COUNT(DISTINCT subject) FROM callback WHERE event = 'task.pending'"),
                     3);
    phone_throw_away(&p);
}

/* One task for each way to end, and one that waits for another that ends. */
static void every_end_is_told(void **state)
{
    mailroom *m = *state;
    phone p;
    task got;
    phone_make(&p, &m->f, &m->doctor);
    mailroom_endpoint(m, &m->emr, CALLBACK_DEFAULT_EVENTS);
    task withdrawn = mailroom_task(m, &m->emr), declined = mailroom_task(m, &m->emr),
         expired = mailroom_task(m, &m->emr);
    mailroom_follower(m, &declined);
    sign(&p, &withdrawn);
    assert_int_equal(
        task_withdraw(fixture_call_as_system(&m->f, "task.withdraw", m->emr.id), withdrawn.id, "签错患者", &got),
        ERR_OK);
    assert_int_equal(task_decline(phone_call(&p, "task.decline"), declined.id, "病历有误", &got), ERR_OK);
    fixture_write(&m->f, "UPDATE task SET expires_at = 1 WHERE id = $1", (store_value[]){store_id(expired.id)}, 1);
    fixture_housekeeping(&m->f);
    static const char *const events[] = {"task.signed", "task.withdrawn", "task.declined", "task.cancelled",
                                         "task.expired"};
    assert_int_equal(mailroom_count(m), sizeof events / sizeof *events);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        const store_value *row;
        assert_int_equal(store_query_one(m->f.store, m->f.arena, &row, ERR_OK,
                                         "SELECT COUNT(*) FROM callback WHERE event = $1",
                                         (store_value[]){store_text(events[i])}, 1),
                         ERR_OK);
        if (row[0].i != 1)
            fail_msg("%s", events[i]);
    }
    phone_throw_away(&p);
}

static void a_login_is_told_to_nobody(void **state)
{
    mailroom *m = *state;
    task t = mailroom_task(m, &m->emr);
    mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    mailroom_endpoint(m, NULL, 0);
    for (int i = 0; i < 2; i++) {
        call *c = fixture_call(&m->f, NULL);
        store_unit *unit = store_unit_begin(m->f.arena);
        fixture_write(&m->f, i == 0 ? "UPDATE task SET kind = 'login'" : "UPDATE task SET kind = 'document'", NULL, 0);
        assert_int_equal(task_event_add(c, unit, &(task_event){t.id, t.signer_id, "pending"}), ERR_OK);
        assert_int_equal(call_commit(c, unit), ERR_OK);
        assert_int_equal(mailroom_count(m), i == 0 ? 0 : 2);
    }
}

static void sequences_grow_also_within_a_millisecond(void **state)
{
    mailroom *m = *state;
    mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    task t = mailroom_task(m, &m->emr);
    mailroom_cancel(m, &m->emr, &t);
    assert_int_equal(fixture_number(&m->f, "SELECT MAX(sequence) - MIN(sequence) FROM callback"), 1);
    assert_int_equal(fixture_number(&m->f, "SELECT MIN(sequence) FROM callback"), m->f.now_ms);
    assert_int_equal(fixture_number(&m->f, "SELECT sequence FROM callback WHERE event = 'task.cancelled'"),
                     m->f.now_ms + 1);
}

static void a_person_has_one_message_waiting(void **state)
{
    mailroom *m = *state;
    mailroom_endpoint(m, NULL, 0);
    mailroom_task(m, &m->emr);
    task t = mailroom_task(m, &m->ris);
    mailroom_cancel(m, &m->ris, &t);
    assert_int_equal(mailroom_count(m), 1);
    assert_int_equal(fixture_number(&m->f, "SELECT sequence FROM callback"), m->f.now_ms + 1);
    fixture_user(&m->f, "N2001", "周宁");
    fixture_task(&m->f, &m->emr, "N2001", "护理记录一条，需要签名。");
    assert_int_equal(mailroom_count(m), 2);
    fixture_write(&m->f, "UPDATE callback SET state = 'delivered', finished_at = 1 WHERE subject = $1",
                  (store_value[]){store_id(m->doctor.id)}, 1);
    mailroom_task(m, &m->emr);
    assert_int_equal(mailroom_count(m), 3);
}

static void what_is_wanted_survives_a_restart(void **state)
{
    mailroom *m = *state;
    mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    fixture_close(&m->f);
    fixture_open(&m->f);
    mailroom_task(m, &m->emr);
    assert_int_equal(mailroom_count(m), 1);
}

static void count_wakes(void *ctx)
{
    ++*(int *)ctx;
}

static void whoever_sends_is_woken_once_it_is_durable(void **state)
{
    mailroom *m = *state;
    int wakes = 0;
    callback_queue_set_wake(m->f.service, count_wakes, &wakes);
    mailroom_task(m, &m->emr);
    assert_int_equal(wakes, 0);
    mailroom_endpoint(m, &m->emr, CALLBACK_DEFAULT_EVENTS);
    task t = mailroom_task(m, &m->emr);
    assert_int_equal(wakes, 0);
    mailroom_cancel(m, &m->emr, &t);
    assert_int_equal(wakes, 1);
    callback_queue_set_wake(m->f.service, NULL, NULL);
    t = mailroom_task(m, &m->emr);
    mailroom_cancel(m, &m->emr, &t);
    assert_int_equal(wakes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_bits_belong_together),
        IN_MAILROOM(only_the_tasks_own_system_is_told_and_of_what_it_wants),
        IN_MAILROOM(a_late_timestamp_is_told),
        IN_MAILROOM(a_unit_that_fails_tells_nothing),
        IN_MAILROOM(a_task_whose_turn_has_come_is_told),
        IN_MAILROOM(every_end_is_told),
        IN_MAILROOM(a_login_is_told_to_nobody),
        IN_MAILROOM(sequences_grow_also_within_a_millisecond),
        IN_MAILROOM(a_person_has_one_message_waiting),
        IN_MAILROOM(what_is_wanted_survives_a_restart),
        IN_MAILROOM(whoever_sends_is_woken_once_it_is_durable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
