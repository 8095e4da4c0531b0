#include "mailroom.h"
#include "service/callback.h"

static const callback *list(mailroom *m, const business_system *as, const callback_filter *filter, size_t n)
{
    const callback *found;
    size_t got;
    call *c = as ? fixture_call_as_system(&m->f, NULL, as->id) : fixture_call(&m->f, NULL);
    assert_int_equal(callback_list(c, filter, &found, &got), ERR_OK);
    assert_int_equal(got, n);
    return found;
}

static void the_log_is_filtered_paged_and_ones_own(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    mailroom_endpoint(m, &m->ris, CALLBACK_SYSTEM_EVENTS);
    mailroom_endpoint(m, NULL, 0);
    task t = mailroom_task(m, &m->emr);
    mailroom_cancel(m, &m->emr, &t);
    mailroom_task(m, &m->ris);
    callback_filter all = {.limit = 1000};
    assert_memory_equal(list(m, NULL, &all, 4)[0].subject, t.id, 16);
    const callback *own = list(m, &m->emr, &all, 2);
    assert_string_equal(own[0].event, "task.pending");
    assert_memory_equal(own[0].endpoint_id, e.id, 16);
    assert_memory_equal(own[0].system_id, m->emr.id, 16);
    callback_filter filter = {.limit = 1, .has_after = true};
    memcpy(filter.after, own[0].id, 16);
    assert_memory_equal(list(m, &m->emr, &filter, 1)[0].id, own[1].id, 16);
    filter = (callback_filter){.limit = 1000, .has_task = true};
    memcpy(filter.task, t.id, 16);
    list(m, NULL, &filter, 2);
    list(m, &m->ris, &filter, 0);
    filter = (callback_filter){.limit = 1000, .has_endpoint = true};
    memcpy(filter.endpoint, e.id, 16);
    list(m, NULL, &filter, 2);
    filter = (callback_filter){.limit = 1000, .state = "failed"};
    list(m, NULL, &filter, 0);
}

static void the_log_is_searched(void **state)
{
    mailroom *m = *state;
    callback one;
    mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    mailroom_endpoint(m, &m->ris, CALLBACK_SYSTEM_EVENTS);
    const int64_t first = m->f.now_ms;
    task t = mailroom_task(m, &m->emr);
    m->f.now_ms += 1000;
    mailroom_cancel(m, &m->emr, &t);
    m->f.now_ms += 1000;
    mailroom_task(m, &m->ris);
    callback_filter filter = {.limit = 1000, .newest = true};
    const callback *found = list(m, NULL, &filter, 3);
    assert_memory_equal(found[0].system_id, m->ris.id, 16);
    assert_string_equal(found[1].event, "task.cancelled");
    filter.has_after = true;
    memcpy(filter.after, found[1].id, 16);
    assert_memory_equal(list(m, NULL, &filter, 1)[0].id, found[2].id, 16);
    list(m, NULL, &(callback_filter){.limit = 1000, .event = "task.pending"}, 2);
    filter = (callback_filter){.limit = 1000, .event = "task.pending", .has_system = true};
    memcpy(filter.system, m->ris.id, 16);
    list(m, NULL, &filter, 1);
    list(m, &m->emr, &filter, 0);
    list(m, NULL, &(callback_filter){.limit = 1000, .from_ms = first + 1000}, 2);
    list(m, NULL, &(callback_filter){.limit = 1000, .until_ms = first + 1000}, 1);
    list(m, NULL, &(callback_filter){.limit = 1000, .from_ms = first + 1, .until_ms = first + 1001}, 1);
    fixture_write(&m->f, "UPDATE callback SET state = 'failed', finished_at = 5 WHERE event = 'task.cancelled'", NULL,
                  0);
    assert_string_equal(list(m, NULL, &(callback_filter){.limit = 10, .state = "failed"}, 1)[0].event,
                        "task.cancelled");
    list(m, NULL, &(callback_filter){.limit = 10, .state = "queued"}, 2);
    list(m, NULL, &(callback_filter){.limit = 10, .state = "delivered"}, 0);
    /* Of its own endpoints an operator reads what there is; another system none of it. */
    assert_int_equal(callback_get(fixture_call(&m->f, NULL), found[1].id, &one), ERR_OK);
    assert_string_equal(one.state, "failed");
    assert_int_equal(callback_get(fixture_call_as_system(&m->f, NULL, m->emr.id), found[1].id, &one), ERR_OK);
    assert_int_equal(callback_get(fixture_call_as_system(&m->f, NULL, m->ris.id), found[1].id, &one),
                     ERR_CALLBACK_NOT_FOUND);
}

static void endpoints_count_their_messages(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    const callback_endpoint *all;
    size_t n;
    assert_int_equal(e.queued + e.failed + e.delivered + e.oldest_ms, 0);
    const int64_t first = m->f.now_ms;
    mailroom_task(m, &m->emr);
    m->f.now_ms += 1000;
    mailroom_task(m, &m->emr);
    assert_int_equal(callback_endpoint_get(fixture_call(&m->f, NULL), m->emr.id, e.id, &e), ERR_OK);
    assert_int_equal(e.queued, 2);
    assert_int_equal(e.oldest_ms, first);
    fixture_write(&m->f, "UPDATE callback SET state = 'failed', finished_at = 5 WHERE happened_at = $1",
                  (store_value[]){store_int(first)}, 1);
    fixture_write(&m->f, "UPDATE callback SET state = 'delivered', finished_at = $1 WHERE happened_at > $2",
                  (store_value[]){store_int(m->f.now_ms), store_int(first)}, 2);
    assert_int_equal(callback_endpoint_list(fixture_call(&m->f, NULL), m->emr.id, &all, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(all[0].queued, 0);
    assert_int_equal(all[0].oldest_ms, 0);
    assert_int_equal(all[0].failed, 1);
    assert_int_equal(all[0].delivered, 1);
    m->f.now_ms += 86400001;
    assert_int_equal(callback_endpoint_list(fixture_call(&m->f, NULL), m->emr.id, &all, &n), ERR_OK);
    assert_int_equal(all[0].delivered, 0);
}

static void a_replay_starts_anew_under_the_same_id(void **state)
{
    mailroom *m = *state;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    callback_filter all = {.limit = 1000};
    callback out;
    mailroom_task(m, &m->emr);
    callback before = list(m, NULL, &all, 1)[0];
    fixture_write(&m->f, "UPDATE callback SET state = 'failed', tries = 9, finished_at = 5, last_status = 500", NULL,
                  0);
    m->f.now_ms += 1000;
    call *c = fixture_call_as_system(&m->f, "callback.replay", m->ris.id);
    assert_int_equal(callback_replay(c, before.id, &out), ERR_CALLBACK_NOT_FOUND);
    c = fixture_call_as_system(&m->f, "callback.replay", m->emr.id);
    assert_int_equal(callback_replay(c, before.id, &out), ERR_OK);
    assert_memory_equal(out.id, before.id, 16);
    assert_string_equal(out.state, "queued");
    assert_int_equal(out.tries, 0);
    assert_int_equal(out.finished_ms, 0);
    assert_int_equal(out.next_ms, m->f.now_ms);
    assert_int_equal(out.queued_ms, m->f.now_ms);
    assert_int_equal(out.sequence, before.sequence);
    assert_int_equal(out.happened_ms, before.happened_ms);
    assert_int_equal(callback_endpoint_remove(fixture_call(&m->f, "x"), m->emr.id, e.id), ERR_OK);
    c = fixture_call(&m->f, "callback.replay");
    assert_int_equal(callback_replay(c, before.id, &out), ERR_CONFLICT);
}

static void all_that_failed_since_is_replayed(void **state)
{
    mailroom *m = *state;
    int64_t n, queued, oldest;
    callback_endpoint e = mailroom_endpoint(m, &m->emr, CALLBACK_SYSTEM_EVENTS);
    mailroom_endpoint(m, &m->ris, CALLBACK_SYSTEM_EVENTS);
    task old = mailroom_task(m, &m->emr);
    mailroom_task(m, &m->emr);
    mailroom_task(m, &m->ris);
    call *c = fixture_call(&m->f, NULL);
    assert_int_equal(callback_read_queue(c, &queued, &oldest), ERR_OK);
    assert_int_equal(queued, 3);
    assert_int_equal(oldest, m->f.now_ms);
    store_unit *unit = store_unit_begin(m->f.arena);
    store_unit_add(unit, 3, ERR_INTERNAL, "UPDATE callback SET state = 'failed', finished_at = 1000", NULL, 0);
    store_unit_add(unit, 1, ERR_INTERNAL, "UPDATE callback SET finished_at = 999 WHERE subject = $1",
                   (store_value[]){store_id(old.id)}, 1);
    assert_int_equal(store_commit(m->f.store, unit), ERR_OK);
    assert_int_equal(callback_read_queue(c, &queued, &oldest), ERR_OK);
    assert_int_equal(queued, 0);
    assert_int_equal(oldest, 0);
    assert_int_equal(callback_replay_failed(fixture_call_as_system(&m->f, "x", m->emr.id), 1000, NULL, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(fixture_number(&m->f, "SELECT COUNT(*) FROM callback WHERE state = 'queued'"), 1);
    assert_int_equal(callback_replay_failed(fixture_call(&m->f, "x"), 0, e.id, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(callback_replay_failed(fixture_call(&m->f, "x"), 0, NULL, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(callback_replay_failed(fixture_call(&m->f, "x"), 0, NULL, &n), ERR_OK);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_MAILROOM(the_log_is_filtered_paged_and_ones_own), IN_MAILROOM(the_log_is_searched),
        IN_MAILROOM(endpoints_count_their_messages),         IN_MAILROOM(a_replay_starts_anew_under_the_same_id),
        IN_MAILROOM(all_that_failed_since_is_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
