#include "phone.h"

#include "service/task_batch.h"

typedef struct office {
    fixture f;
    user doctor, senior;
    business_system emr, ris;
    task_request tasks[TASK_BATCH_MAX];
    int64_t after[TASK_BATCH_MAX], document_of[TASK_BATCH_MAX];
    task_batch_request request;
} office;

static int setup(void **state)
{
    office *o = calloc(1, sizeof *o);
    assert_non_null(o);
    fixture_init(&o->f);
    o->doctor = fixture_user(&o->f, "D1001", "王建国");
    o->senior = fixture_user(&o->f, "D1002", "李敏");
    o->emr = fixture_system(&o->f, "电子病历");
    o->ris = fixture_system(&o->f, "放射系统");
    for (size_t i = 0; i < TASK_BATCH_MAX; i++) {
        o->tasks[i] = fixture_task_request("D1001", "出院小结");
        o->after[i] = o->document_of[i] = -1;
    }
    o->request = (task_batch_request){.title = "呼吸内科 3 月 1 日出院",
                                      .tasks = o->tasks,
                                      .after = o->after,
                                      .document_of = o->document_of,
                                      .n = 3,
                                      .once.body = bytes_of_text("{}")};
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

static call *as(office *o, const business_system *s)
{
    return fixture_call_as_system(&o->f, "task.batch_create", s->id);
}

static err create(office *o, task_batch *out)
{
    bool repeated;
    err e = task_batch_create(as(o, &o->emr), &o->request, out, &repeated);
    assert_false(e == ERR_OK && repeated);
    return e;
}

static int64_t count(office *o, const char *sql)
{
    return fixture_number(&o->f, sql);
}

static void all_are_made_under_one_audit_row(void **state)
{
    office *o = *state;
    task_batch b, got;
    const task *list;
    size_t n;
    o->request.n = TASK_BATCH_MAX;
    int64_t rows = count(o, "SELECT count(*) FROM audit");
    assert_int_equal(create(o, &b), ERR_OK);
    assert_int_equal(count(o, "SELECT count(*) FROM audit"), rows + 1);
    assert_string_equal(fixture_last_audit(&o->f).detail, "tasks=1000");
    assert_int_equal(b.counts[1], 1000);
    assert_int_equal(task_batch_get(as(o, &o->ris), b.id, &got), ERR_BATCH_NOT_FOUND);
    assert_int_equal(task_batch_get(as(o, &o->emr), b.id, &got), ERR_OK);
    assert_string_equal(got.title, o->request.title);
    assert_int_equal(got.n, 1000);
    /* Page by page, in order, each once. */
    task_filter filter = {.limit = 150};
    size_t seen = 0;
    do {
        assert_int_equal(task_list_of_batch(as(o, &o->emr), b.id, &filter, &list, &n), ERR_OK);
        for (size_t i = 0; i < n; i++)
            assert_memory_equal(list[i].id, b.tasks[seen++], 16);
        filter.has_after = true;
        memcpy(filter.after, b.tasks[seen - 1], 16);
    } while (n > 0 && seen < 1000);
    assert_int_equal(seen, 1000);
    assert_int_equal(task_list_of_batch(as(o, &o->emr), b.id, &filter, &list, &n), ERR_OK);
    assert_int_equal(n, 0);
    memcpy(filter.after, b.id, 16);
    assert_int_equal(task_list_of_batch(as(o, &o->emr), b.id, &filter, &list, &n), ERR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(task_list_of_batch(as(o, &o->ris), b.id, &(task_filter){.limit = 10}, &list, &n), ERR_OK);
    assert_int_equal(n, 0);
}

static void one_that_is_refused_refuses_all(void **state)
{
    office *o = *state;
    task_batch b;
    o->tasks[2].signer = "D9999";
    assert_int_equal(create(o, &b), ERR_USER_NOT_FOUND);
    assert_string_equal(o->f.c.fault.field, "tasks[2].signer");
    o->tasks[2].signer = "D1001";
    o->tasks[1].document.p = NULL;
    assert_int_equal(create(o, &b), ERR_FORM);
    assert_string_equal(o->f.c.fault.field, "tasks[1].document");
    o->tasks[1].document = bytes_of_text("出院小结");
    const int64_t places[] = {1, 2, 999};
    for (size_t i = 0; i < 3; i++) {
        o->after[1] = places[i];
        assert_int_equal(create(o, &b), ERR_FIELD_VALUE);
        assert_string_equal(o->f.c.fault.field, "tasks[1].after");
    }
    o->after[1] = 0;
    o->tasks[1].has_after = true; /* and by id too */
    assert_int_equal(create(o, &b), ERR_FIELD_VALUE);
    assert_int_equal(count(o, "SELECT count(*) FROM task"), 0);
    assert_int_equal(count(o, "SELECT count(*) FROM task_batch"), 0);
}

static void order_and_one_document_by_place(void **state)
{
    office *o = *state;
    task_batch b;
    task got;
    o->tasks[1] = fixture_task_request("D1002", NULL);
    o->tasks[1].form = NULL;
    o->tasks[1].media_type = "application/octet-stream";
    o->after[1] = o->document_of[1] = 0;
    assert_int_equal(create(o, &b), ERR_OK);
    assert_int_equal(b.counts[0], 1);
    assert_int_equal(b.counts[1], 2);
    assert_int_equal(task_get(as(o, &o->emr), b.tasks[1], &got), ERR_OK);
    assert_string_equal(got.state, "waiting");
    assert_string_equal(got.form, "raw");
    assert_string_equal(got.media_type, "text/plain");
    assert_int_equal(got.document_size, strlen("出院小结"));
    assert_memory_equal(got.after, b.tasks[0], 16);
    assert_true(got.has_batch);
    assert_memory_equal(got.batch, b.id, 16);
    assert_int_equal(count(o, "SELECT count(*) FROM task_document"), 3);
    /* The first is finished: the second's document is still there. */
    assert_int_equal(task_cancel(as(o, &o->emr), b.tasks[2], NULL, &got), ERR_OK);
    fixture_write(&o->f, "DELETE FROM task_document WHERE task_id = $1", (store_value[]){store_id(b.tasks[0])}, 1);
    task_signable signable;
    assert_int_equal(task_load_signable(as(o, &o->emr), o->f.arena, b.tasks[1], &signable), ERR_OK);
    assert_true(bytes_equal(signable.message, bytes_of_text("出院小结")));
    /* But not for a third one over the first's. */
    bool repeated;
    task_request third = fixture_task_request("D1002", NULL);
    third.form = NULL;
    third.has_document_of = true;
    memcpy(third.document_of, b.tasks[0], 16);
    assert_int_equal(task_create(as(o, &o->emr), &third, &got, &repeated), ERR_CONFLICT);
    assert_string_equal(o->f.c.fault.field, "document_of");
    memcpy(third.document_of, b.tasks[1], 16);
    assert_int_equal(task_create(as(o, &o->ris), &third, &got, &repeated), ERR_TASK_NOT_FOUND);
    third.document = bytes_of_text("x");
    assert_int_equal(task_create(as(o, &o->emr), &third, &got, &repeated), ERR_FIELD_VALUE);
    third.document.p = NULL;
    third.form = "digest";
    assert_int_equal(task_create(as(o, &o->emr), &third, &got, &repeated), ERR_OK);
    memcpy(third.document_of, got.id, 16);
    third.form = "raw"; /* what was given for its digest was not checked for that */
    assert_int_equal(task_create(as(o, &o->emr), &third, &got, &repeated), ERR_FORM);
}

static void a_batch_adds_no_more_to_those_that_wait_than_single_tasks(void **state)
{
    office *o = *state;
    task_batch b;
    task first = fixture_task(&o->f, &o->emr, "D1002", "病程记录");
    o->request.n = TASK_FOLLOWERS + 1;
    for (size_t i = 0; i < o->request.n; i++) {
        o->tasks[i].has_after = true;
        memcpy(o->tasks[i].after, first.id, 16);
    }
    assert_int_equal(create(o, &b), ERR_LIMIT);
    assert_string_equal(o->f.c.fault.field, "tasks[10].after_task");
    o->request.n = TASK_FOLLOWERS;
    assert_int_equal(create(o, &b), ERR_OK);
    o->request.n = 1;
    assert_int_equal(create(o, &b), ERR_LIMIT);
}

static void documents_have_a_limit_together(void **state)
{
    office *o = *state;
    task_batch b;
    size_t n = 6 << 20;
    uint8_t *large = malloc(n);
    assert_non_null(large);
    memset(large, 'a', n);
    o->tasks[0].document = bytes_of(large, n);
    o->document_of[1] = o->document_of[2] = 0;
    o->tasks[1].document.p = o->tasks[2].document.p = NULL;
    assert_int_equal(create(o, &b), ERR_LIMIT);
    assert_string_equal(o->f.c.fault.field, "tasks[2]");
    free(large);
}

static void what_is_past_its_time_expires_and_is_not_cancelled(void **state)
{
    office *o = *state;
    task_batch b;
    assert_int_equal(create(o, &b), ERR_OK);
    fixture_write(&o->f, "UPDATE task SET expires_at = $2 WHERE id = $1",
                  (store_value[]){store_id(b.tasks[1]), store_int(o->f.now_ms)}, 2);
    assert_int_equal(task_batch_cancel(as(o, &o->emr), b.id, "患者转院", &b), ERR_OK);
    assert_string_equal(fixture_last_audit(&o->f).detail, "cancelled=2 behind=0");
    fixture_housekeeping(&o->f);
    assert_int_equal(count(o, "SELECT count(*) FROM task WHERE state = 'expired'"), 1);
}

typedef struct woken {
    uint8_t batch[16];
    int times;
} woken;

static void note_wake(void *context, const uint8_t topic[16])
{
    woken *w = context;
    w->times += memcmp(topic, w->batch, 16) == 0;
}

/* Who waits for the batch (a scan for signing it) looks again, whichever way one of its tasks ends. */
static void what_ends_of_a_batch_wakes_who_waits_for_it(void **state)
{
    office *o = *state;
    task_batch b;
    task got;
    woken heard = {.times = 0};
    o->request.n = 4;
    o->tasks[3].has_after = true; /* goes with the one outside that it waits for */
    task outside = fixture_task(&o->f, &o->emr, "D1002", "病程记录");
    memcpy(o->tasks[3].after, outside.id, 16);
    assert_int_equal(create(o, &b), ERR_OK);
    memcpy(heard.batch, b.id, 16);
    o->f.service->options.wake = note_wake;
    o->f.service->options.wake_context = &heard;
    assert_int_equal(task_cancel(as(o, &o->emr), b.tasks[0], NULL, &got), ERR_OK);
    assert_int_equal(heard.times, 1);
    fixture_write(&o->f, "UPDATE task SET expires_at = $2 WHERE id = $1",
                  (store_value[]){store_id(b.tasks[1]), store_int(o->f.now_ms)}, 2);
    fixture_housekeeping(&o->f);
    assert_int_equal(heard.times, 2);
    assert_int_equal(task_cancel(as(o, &o->emr), outside.id, NULL, &got), ERR_OK);
    assert_int_equal(heard.times, 3);
    assert_int_equal(task_batch_cancel(as(o, &o->emr), b.id, NULL, &b), ERR_OK);
    assert_int_equal(heard.times, 4);
    assert_int_equal(b.counts[6], 3);
    o->f.service->options.wake = NULL;
}

static void an_idempotency_key_makes_one_batch(void **state)
{
    office *o = *state;
    task_batch first, again;
    bool repeated;
    o->request.once.key = "round-7";
    assert_int_equal(create(o, &first), ERR_OK);
    assert_int_equal(task_batch_create(as(o, &o->emr), &o->request, &again, &repeated), ERR_OK);
    assert_true(repeated);
    assert_memory_equal(again.id, first.id, 16);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(again.tasks[i], first.tasks[i], 16);
    o->request.once.body = bytes_of_text("{ }");
    assert_int_equal(task_batch_create(as(o, &o->emr), &o->request, &again, &repeated), ERR_IDEMPOTENCY);
    assert_int_equal(count(o, "SELECT count(*) FROM task"), 3);
}

static void cancelling_leaves_what_cannot_be_cancelled(void **state)
{
    office *o = *state;
    task_batch b;
    task got;
    bool repeated;
    o->after[2] = 1;
    assert_int_equal(create(o, &b), ERR_OK);
    task_request outside = fixture_task_request("D1002", "x");
    outside.has_after = true;
    memcpy(outside.after, b.tasks[2], 16);
    assert_int_equal(task_create(as(o, &o->emr), &outside, &got, &repeated), ERR_OK);
    fixture_write(&o->f, "UPDATE task SET state = 'signed', finished_at = 1 WHERE id = $1",
                  (store_value[]){store_id(b.tasks[0])}, 1);
    assert_int_equal(task_batch_cancel(as(o, &o->ris), b.id, NULL, &b), ERR_BATCH_NOT_FOUND);
    uint8_t id[16];
    assert_int_equal(store_column_id(id, &(store_value){STORE_BLOB, 0, got.after, 16}), ERR_OK);
    assert_int_equal(create(o, &b), ERR_OK); /* another one, which stays */
    const store_value *row;
    assert_int_equal(store_query_one(o->f.store, o->f.arena, &row, ERR_OK, "SELECT batch_id FROM task WHERE id = $1",
                                     (store_value[]){store_id(id)}, 1),
                     ERR_OK);
    assert_int_equal(task_batch_cancel(as(o, &o->emr), row[0].p, "患者转院", &b), ERR_OK);
    assert_int_equal(b.counts[3], 1);
    assert_int_equal(b.counts[6], 2);
    assert_string_equal(fixture_last_audit(&o->f).detail, "cancelled=2 behind=1");
    assert_int_equal(task_load(as(o, &o->emr), got.id, &got), ERR_OK);
    assert_string_equal(got.state, "cancelled");
    assert_int_equal(task_load(as(o, &o->emr), id, &got), ERR_OK);
    assert_string_equal(got.reason, "患者转院");
    assert_int_equal(task_batch_cancel(as(o, &o->emr), b.id, "患者转院", &b), ERR_OK);
    assert_int_equal(b.counts[6], 2);
    assert_int_equal(count(o, "SELECT count(*) FROM task WHERE state = 'pending'"), 2);
}

#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(all_are_made_under_one_audit_row),
        IN_OFFICE(one_that_is_refused_refuses_all),
        IN_OFFICE(order_and_one_document_by_place),
        IN_OFFICE(documents_have_a_limit_together),
        IN_OFFICE(a_batch_adds_no_more_to_those_that_wait_than_single_tasks),
        IN_OFFICE(what_is_past_its_time_expires_and_is_not_cancelled),
        IN_OFFICE(what_ends_of_a_batch_wakes_who_waits_for_it),
        IN_OFFICE(an_idempotency_key_makes_one_batch),
        IN_OFFICE(cancelling_leaves_what_cannot_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
