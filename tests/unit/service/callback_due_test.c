#include "mailroom.h"
#include "service/callback.h"
#include "service/callback_due.h"

static const int64_t DAY_MS = INT64_C(86400) * 1000;

static void pauses_are_those_promised(void **state)
{
    (void)state;
    static const int64_t seconds[] = {1, 1, 5, 30, 120, 600, 1800, 3600, 3600, 3600};
    for (int64_t tries = 0; tries < 10; tries++) {
        assert_int_equal(callback_backoff_ms(tries, 0), seconds[tries] * 1000);
        int64_t most = callback_backoff_ms(tries, UINT32_MAX);
        assert_true(most > seconds[tries] * 1240 && most < seconds[tries] * 1250);
    }
    assert_int_equal(callback_backoff_ms(INT64_MAX, 0), 3600000);
}

/* The endpoint's messages that may leave now. */
static callback_due *due(mailroom *m, const callback_endpoint *e, size_t n)
{
    callback_due *list;
    size_t got;
    assert_int_equal(callback_due_list(m->f.service, m->f.arena, e->id, m->f.now_ms, 100, &list, &got), ERR_OK);
    assert_int_equal(got, n);
    return list;
}

static void settle(mailroom *m, const callback_due *d, int status)
{
    store_unit *unit = store_unit_begin(m->f.arena);
    callback_try *t = arena_alloc(m->f.arena, sizeof *t);
    *t = (callback_try){.push = d->push,
                        .sequence = d->sequence,
                        .tries = d->tries,
                        .queued_ms = d->queued_ms,
                        .status = status,
                        .message = "no route to host"};
    memcpy(t->id, d->id, 16);
    assert_int_equal(callback_settle(m->f.arena, unit, t, m->f.now_ms, 0), ERR_OK);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
}

static callback row(mailroom *m, const uint8_t id[16])
{
    const callback *list;
    size_t n;
    callback_filter filter = {.limit = 1000};
    assert_int_equal(callback_list(fixture_call(&m->f, NULL), &filter, &list, &n), ERR_OK);
    for (size_t i = 0; i < n; i++)
        if (memcmp(list[i].id, id, 16) == 0)
            return list[i];
    fail();
    return (callback){0};
}

static void a_message_says_what_happened(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_DEFAULT_EVENTS);
    task t = mailroom_task(m, &m->emr);
    due(m, &e, 0);
    mailroom_cancel(m, &m->emr, &t);
    fixture_write(&m->f, "UPDATE task SET reason = '患者出院' WHERE id = $1", (store_value[]){store_id(t.id)}, 1);
    callback_due *d = due(m, &e, 1);
    assert_string_equal(d->url, "http://127.0.0.1:9/");
    assert_memory_equal(d->message.task, t.id, 16);
    assert_memory_equal(d->message.id, d->id, 16);
    assert_string_equal(d->message.event, "task.cancelled");
    assert_string_equal(d->message.state, "cancelled");
    assert_string_equal(d->message.reason, "患者出院");
    assert_null(d->message.batch);
    assert_null(d->message.staff_no);
    assert_null(d->sealed_previous.p);
    assert_false(d->push);
    m->f.now_ms--;
    due(m, &e, 0);
}

static void of_a_late_timestamp_the_tasks_state_is_said(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, 1 << CALLBACK_STAMPED);
    task t = mailroom_task(m, &m->emr);
    fixture_write(&m->f, "UPDATE task SET state = 'withdrawn', reason = '签错患者'", NULL, 0);
    call *c = fixture_call(&m->f, NULL);
    store_unit *unit = store_unit_begin(m->f.arena);
    assert_int_equal(task_event_add(c, unit, &(task_event){t.id, t.signer_id, "stamped"}), ERR_OK);
    assert_int_equal(call_commit(c, unit), ERR_OK);
    callback_due *d = due(m, &e, 1);
    assert_string_equal(d->message.event, "task.stamped");
    assert_string_equal(d->message.state, "withdrawn");
    assert_null(d->message.reason);
}

/* CPU that it takes to find the first few of what waits for the endpoint: the least of some looks. */
static uint64_t cost_of_a_look(mailroom *m, const callback_endpoint *e)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 10; i++) {
        callback_due *list;
        size_t n;
        uint64_t before = clock_thread_cpu_ns();
        assert_int_equal(callback_due_list(m->f.service, m->f.arena, e->id, m->f.now_ms, 16, &list, &n), ERR_OK);
        uint64_t took = clock_thread_cpu_ns() - before;
        assert_int_equal(n, 16);
        least = took < least ? took : least;
    }
    return least;
}

/* So many tasks more, each with a message, all due at this moment, as they are when an endpoint answers again. */
static void queue_many(mailroom *m, const callback_endpoint *e, int64_t n)
{
    store_unit *unit = store_unit_begin(m->f.arena);
    store_unit_add(unit, n, ERR_INTERNAL,
                   "WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < $1) "
                   "INSERT INTO task (id, system_id, signer, form, title, description, reference, media_type, digest, "
                   "state, created_at, expires_at) SELECT randomblob(16), system_id, signer, form, title, description, "
                   "reference, media_type, digest, 'pending', created_at, expires_at FROM counted, task "
                   "WHERE task.state = 'signed'",
                   (store_value[]){store_int(n)}, 1);
    store_unit_add(unit, n, ERR_INTERNAL,
                   "INSERT INTO callback (id, endpoint_id, subject, sequence, event, happened_at, state, tries, "
                   "queued_at, next_at) SELECT randomblob(16), $1, id, 1, 'task.signed', 1, 'queued', 0, $2, $2 "
                   "FROM task WHERE state = 'pending' AND id NOT IN (SELECT subject FROM callback)",
                   (store_value[]){store_id(e->id), store_int(m->f.now_ms)}, 2);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
}

static void a_long_queue_is_looked_at_as_fast_as_a_short_one(void **state)
{
    mailroom *m = *state;
    task t = mailroom_task(m, &m->emr);
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_DEFAULT_EVENTS);
    fixture_write(&m->f, "UPDATE task SET state = 'signed', finished_at = 1 WHERE id = $1",
                  (store_value[]){store_id(t.id)}, 1);
    queue_many(m, &e, 40);
    uint64_t few = cost_of_a_look(m, &e);
    queue_many(m, &e, 20000);
    assert_in_range(cost_of_a_look(m, &e), 0, 10 * few);
}

static void of_a_task_only_the_first_may_leave(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    task t = mailroom_task(m, &m->emr), other = mailroom_task(m, &m->emr);
    mailroom_cancel(m, &m->emr, &t);
    callback_due *d = due(m, &e, 2);
    assert_memory_equal(d[0].message.task, t.id, 16);
    assert_string_equal(d[0].message.event, "task.pending");
    assert_memory_equal(d[1].message.task, other.id, 16);
    /* It waits while the first is tried again. */
    settle(m, &d[0], 503);
    due(m, &e, 1);
    m->f.now_ms += 1000;
    due(m, &e, 2);
    settle(m, &d[0], 204);
    d = due(m, &e, 2);
    assert_string_equal(d[1].message.event, "task.cancelled");
    /* And leaves when the first has failed for good. */
    task third = mailroom_task(m, &m->emr);
    mailroom_cancel(m, &m->emr, &third);
    d = due(m, &e, 3);
    settle(m, &d[2], 410);
    d = due(m, &e, 3);
    assert_string_equal(d[2].message.event, "task.cancelled");
}

static void a_try_ends_as_its_answer_says(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    static const struct {
        int status;
        const char *state, *error;
    } answers[] = {{200, "delivered", NULL},
                   {299, "delivered", NULL},
                   {300, "queued", "a redirect is not followed"},
                   {399, "queued", "a redirect is not followed"},
                   {400, "queued", NULL},
                   {410, "failed", NULL},
                   {500, "queued", NULL},
                   {199, "queued", NULL},
                   {0, "queued", "no route to host"}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        mailroom_task(m, &m->emr);
        callback_due d = due(m, &e, 1)[0];
        settle(m, &d, answers[i].status);
        callback r = row(m, d.id);
        assert_string_equal(r.state, answers[i].state);
        assert_int_equal(r.tries, 1);
        assert_int_equal(r.last_status, answers[i].status);
        if (answers[i].error)
            assert_string_equal(r.last_error, answers[i].error);
        else
            assert_null(r.last_error);
        bool finished = strcmp(r.state, "queued") != 0;
        assert_int_equal(r.finished_ms, finished ? m->f.now_ms : 0);
        if (!finished)
            assert_int_equal(r.next_ms, m->f.now_ms + 1000);
    }
}

static void after_a_day_a_message_has_failed(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    mailroom_task(m, &m->emr);
    callback_due d = due(m, &e, 1)[0];
    int64_t queued = m->f.now_ms;
    m->f.now_ms = queued + DAY_MS - 1000;
    settle(m, &d, 500);
    assert_string_equal(row(m, d.id).state, "queued");
    d.tries = 1;
    settle(m, &d, 500);
    assert_string_equal(row(m, d.id).state, "failed");
    /* One that never left is failed by the sweep; later all that is done with goes. */
    mailroom_task(m, &m->emr);
    m->f.now_ms += DAY_MS;
    store_unit *unit = store_unit_begin(m->f.arena);
    callback_sweep(unit, m->f.now_ms, 0);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
    assert_int_equal(fixture_number(&m->f, "SELECT COUNT(*) FROM callback WHERE state = 'queued'"), 1);
    m->f.now_ms++;
    unit = store_unit_begin(m->f.arena);
    callback_sweep(unit, m->f.now_ms, 0);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
    assert_int_equal(
        fixture_number(&m->f, "SELECT COUNT(*) FROM callback WHERE state = 'failed' AND last_error IS NOT NULL"), 1);
    unit = store_unit_begin(m->f.arena);
    callback_sweep(unit, m->f.now_ms + 30 * DAY_MS, 0);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
    assert_int_equal(mailroom_count(m), 1);
    unit = store_unit_begin(m->f.arena);
    callback_sweep(unit, m->f.now_ms + 1, 1);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
    assert_int_equal(mailroom_count(m), 1);
    unit = store_unit_begin(m->f.arena);
    callback_sweep(unit, m->f.now_ms + 2, 1);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
    assert_int_equal(mailroom_count(m), 0);
}

static void what_one_sweep_leaves_the_next_takes(void **state)
{
    mailroom *m = *state;
    bool left;
    task t = mailroom_task(m, &m->emr);
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_DEFAULT_EVENTS);
    fixture_write(&m->f, "UPDATE task SET state = 'signed', finished_at = 1 WHERE id = $1",
                  (store_value[]){store_id(t.id)}, 1);
    queue_many(m, &e, CALLBACK_SWEEP + 1);
    store_unit *unit = store_unit_begin(m->f.arena);
    store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE callback SET state = 'delivered', finished_at = $1",
                   (store_value[]){store_int(m->f.now_ms)}, 1);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(callback_sweep_left(m->f.service, m->f.arena, m->f.now_ms + 1, 1, &left), ERR_OK);
        assert_false(left); /* its time is not over */
        unit = store_unit_begin(m->f.arena);
        callback_sweep(unit, m->f.now_ms + 2, 1);
        assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
        assert_int_equal(mailroom_count(m), 1 - round);
        assert_int_equal(callback_sweep_left(m->f.service, m->f.arena, m->f.now_ms + 2, 1, &left), ERR_OK);
        assert_int_equal(left, 1 - round);
    }
}

static void what_waits_is_due_when_the_endpoint_answers_again(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS),
                      other = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    mailroom_task(m, &m->emr);
    settle(m, due(m, &e, 1), 500);
    settle(m, due(m, &other, 1), 500);
    due(m, &e, 0);
    store_unit *unit = store_unit_begin(m->f.arena);
    callback_hurry(unit, e.id, m->f.now_ms);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
    due(m, &e, 1);
    due(m, &other, 0);
}

static void more_for_a_person_while_a_message_is_under_way_is_another_message(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, NULL, 0);
    mailroom_task(m, &m->emr);
    callback_due first = due(m, &e, 1)[0];
    assert_true(first.push);
    assert_string_equal(first.message.staff_no, "D1001");
    assert_int_equal(first.message.waiting, 1);
    assert_null(first.message.task);
    assert_null(first.message.reference);
    task t = mailroom_task(m, &m->emr);
    settle(m, &first, 200);
    callback_due second = due(m, &e, 1)[0];
    assert_memory_not_equal(second.id, first.id, 16);
    assert_int_equal(second.message.waiting, 2);
    assert_int_equal(second.tries, 0);
    settle(m, &second, 200);
    due(m, &e, 0);
    assert_int_equal(mailroom_count(m), 1);
    /* What is signed or cancelled meanwhile does not count. */
    mailroom_task(m, &m->emr);
    mailroom_cancel(m, &m->emr, &t);
    assert_int_equal(due(m, &e, 1)->message.waiting, 2);
}

static void the_secret_before_signs_until_its_time_is_over(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    char old[CALLBACK_SECRET_TEXT], new[CALLBACK_SECRET_TEXT], got[CALLBACK_SECRET_TEXT];
    mailroom_task(m, &m->emr);
    assert_int_equal(callback_endpoint_rotate(fixture_call(&m->f, "x"), m->emr.id, e.id, &e, old), ERR_OK);
    assert_int_equal(callback_endpoint_rotate(fixture_call(&m->f, "x"), m->emr.id, e.id, &e, new), ERR_OK);
    assert_int_equal(e.previous_until, m->f.now_ms + DAY_MS);
    callback_due d = due(m, &e, 1)[0];
    assert_int_equal(callback_secret_open(m->f.service, m->f.arena, e.id, d.sealed_secret, got), ERR_OK);
    assert_string_equal(got, new);
    assert_int_equal(callback_secret_open(m->f.service, m->f.arena, e.id, d.sealed_previous, got), ERR_OK);
    assert_string_equal(got, old);
    m->f.now_ms += DAY_MS;
    assert_null(due(m, &e, 1)->sealed_previous.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_are_those_promised),
        IN_MAILROOM(a_message_says_what_happened),
        IN_MAILROOM(of_a_late_timestamp_the_tasks_state_is_said),
        IN_MAILROOM(a_long_queue_is_looked_at_as_fast_as_a_short_one),
        IN_MAILROOM(of_a_task_only_the_first_may_leave),
        IN_MAILROOM(a_try_ends_as_its_answer_says),
        IN_MAILROOM(after_a_day_a_message_has_failed),
        IN_MAILROOM(what_one_sweep_leaves_the_next_takes),
        IN_MAILROOM(what_waits_is_due_when_the_endpoint_answers_again),
        IN_MAILROOM(more_for_a_person_while_a_message_is_under_way_is_another_message),
        IN_MAILROOM(the_secret_before_signs_until_its_time_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
