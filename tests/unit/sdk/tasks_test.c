#include "fake.h"

typedef struct story {
    fake *f;
    yq_device *device;
    yq_key_info key;
} story;

static void begin(story *s)
{
    s->f = fake_make();
    s->device = fake_device(s->f);
    fake_enrol_person(s->device, 0, &s->key);
}

static void end(story *s)
{
    yq_device_close(s->device);
    fake_free(s->f);
}

static void pulls_in_batches(void **state)
{
    (void)state;
    story s;
    yq_tasks tasks;
    char after[37] = "";
    size_t sizes[] = {4, 4, 2};
    begin(&s);
    for (int i = 0; i < 10; i++)
        fake_add_task(s.f, 0, "raw", "a", 1);
    fake_add_task(s.f, 1, "raw", "another's", 9);
    size_t place = 0;
    for (size_t batch = 0; batch < 3; batch++) {
        assert_int_equal(yq_pull_tasks(s.device, s.key.key, after, 4, &tasks, NULL), YQ_OK);
        assert_int_equal(tasks.n, sizes[batch]);
        for (size_t i = 0; i < tasks.n; i++) {
            char id[UUID_TEXT];
            uuid_encode(id, s.f->tasks[place++].id);
            assert_string_equal(tasks.items[i].task, id);
        }
        memcpy(after, tasks.next, sizeof after);
        yq_tasks_free(&tasks);
    }
    assert_string_equal(after, "");
    end(&s);
}

static void gives_what_there_is_to_show(void **state)
{
    (void)state;
    story s;
    yq_tasks tasks;
    begin(&s);
    fake_add_task(s.f, 0, "digest", NULL, 0);
    fake_add_task(s.f, 0, "raw", "text", 4);
    fake_pull(s.device, &s.key, &tasks);
    const yq_task *t = tasks.items;
    assert_int_equal(t->form, YQ_FORM_DIGEST);
    assert_false(t->has_document);
    assert_memory_equal(t->digest, s.f->tasks[0].digest, 32);
    assert_string_equal(t->title, "出院小结");
    assert_string_equal(t->description, "张三，女，62 岁");
    assert_string_equal(t->reference, "ZY20260301-007");
    assert_string_equal(t->media_type, "application/pdf");
    assert_string_equal(t->system, "电子病历");
    assert_string_equal(t->created_at, "2026-03-01T08:30:00.000Z");
    assert_string_equal(t->expires_at, "2026-03-08T08:30:00.000Z");
    /* A server that does not say them. */
    assert_int_equal(t->kind, YQ_KIND_DOCUMENT);
    assert_int_equal(t->priority, YQ_PRIORITY_NORMAL);
    assert_int_equal(t->fields_n, 0);
    assert_string_equal(t->record_type, "");
    assert_string_equal(t->batch, "");
    assert_int_equal(t[1].form, YQ_FORM_RAW);
    assert_true(t[1].has_document);
    assert_int_equal(t[1].document_size, 4);
    yq_tasks_free(&tasks);
    yq_tasks_free(&tasks);
    yq_tasks_free(NULL);
    end(&s);
}

static int fields_given;

static void all_that_is_shown(fake *f, fake_call call, json_t *answer)
{
    (void)f;
    if (call != FAKE_LIST)
        return;
    json_t *task = json_array_get(json_object_get(answer, "tasks"), 0), *fields = json_array();
    for (int i = 0; i < fields_given; i++)
        json_array_append_new(fields,
                              json_pack("{s:s, s:s}", "label", i % 2 ? "床号" : "患者", "value", i ? "" : "林晓岚"));
    json_object_set_new(task, "fields", fields);
    json_object_set_new(task, "kind", json_string("login"));
    json_object_set_new(task, "priority", json_string("urgent"));
    json_object_set_new(task, "record_type", json_string("病程记录"));
    json_object_set_new(task, "batch", json_string("0192f5a0-0000-7000-8000-000000000001"));
}

static void gives_fields_and_priority(void **state)
{
    (void)state;
    story s;
    yq_tasks tasks;
    begin(&s);
    fake_add_task(s.f, 0, "raw", "a", 1);
    s.f->tamper = all_that_is_shown;
    fields_given = YQ_FIELDS_MAX;
    fake_pull(s.device, &s.key, &tasks);
    const yq_task *t = tasks.items;
    assert_int_equal(t->fields_n, YQ_FIELDS_MAX);
    assert_string_equal(t->fields[0].label, "患者");
    assert_string_equal(t->fields[0].value, "林晓岚");
    assert_string_equal(t->fields[1].label, "床号");
    assert_string_equal(t->fields[1].value, "");
    assert_int_equal(t->kind, YQ_KIND_LOGIN);
    assert_int_equal(t->priority, YQ_PRIORITY_URGENT);
    assert_string_equal(t->record_type, "病程记录");
    assert_string_equal(t->batch, "0192f5a0-0000-7000-8000-000000000001");
    yq_tasks_free(&tasks);
    /* One that would not be shown must not be signed. */
    fields_given++;
    assert_int_equal(yq_pull_tasks(s.device, s.key.key, NULL, 10, &tasks, NULL), YQ_BAD_ANSWER);
    end(&s);
}

static void declining_needs_a_reason_and_a_task(void **state)
{
    (void)state;
    story s;
    char long_reason[203];
    const char *id = "0192f5a0-0000-7000-8000-000000000001";
    begin(&s);
    memset(long_reason, 'x', sizeof long_reason);
    long_reason[201] = 0;
    assert_int_equal(yq_decline(s.device, s.key.key, id, long_reason, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_decline(s.device, s.key.key, id, "", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_decline(s.device, s.key.key, id, "\xff", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_decline(s.device, s.key.key, id, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_decline(s.device, s.key.key, "x", "why", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_decline(s.device, s.key.key, NULL, "why", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_decline(s.device, "no-such-key", id, "why", NULL), YQ_NOT_FOUND);
    end(&s);
}

static void later_version(fake *f, fake_call call, json_t *answer)
{
    (void)f;
    if (call != FAKE_LIST)
        return;
    json_t *task = json_array_get(json_object_get(answer, "tasks"), 0);
    json_object_set_new(answer, "new", json_pack("{s:[i,{s:n}]}", "a", 1, "b"));
    json_object_set_new(task, "urgency", json_pack("[{s:b}]", "x", 1));
    json_object_set_new(task, "form", json_string("seal"));
    json_object_set_new(task, "description", json_null());
    json_object_del(task, "reference");
}

static void skips_what_it_does_not_know(void **state)
{
    (void)state;
    story s;
    yq_tasks tasks;
    begin(&s);
    fake_add_task(s.f, 0, "raw", "a", 1);
    s.f->tamper = later_version;
    fake_pull(s.device, &s.key, &tasks);
    assert_int_equal(tasks.n, 1);
    assert_int_equal(tasks.items[0].form, YQ_FORM_OTHER);
    assert_string_equal(tasks.items[0].description, "");
    assert_string_equal(tasks.items[0].reference, "");
    yq_tasks_free(&tasks);
    end(&s);
}

enum { BAD_ANSWERS = 14 };

static void spoil(fake *f, fake_call call, json_t *answer)
{
    json_t *list = json_object_get(answer, "tasks"), *task = json_array_get(list, 0);
    if (call != FAKE_LIST)
        return;
    switch (f->variant) {
    case 0:
        json_object_del(answer, "tasks");
        break;
    case 1:
        json_object_set_new(answer, "tasks", json_object());
        break;
    case 2:
        json_object_del(answer, "next");
        break;
    case 3:
        json_object_set_new(answer, "next", json_string("../../v1/enrolments"));
        break;
    case 4:
        json_object_set_new(answer, "protocol", json_integer(2));
        break;
    case 5:
        json_object_set_new(task, "task", json_string("1"));
        break;
    case 6:
        json_object_set_new(task, "digest", json_string("00"));
        break;
    case 7:
        json_object_del(task, "digest");
        break;
    case 8:
        json_object_set_new(task, "document_size", json_integer(-1));
        break;
    case 9:
        json_object_set_new(task, "document_size", json_real(1.5));
        break;
    case 10:
        json_object_set_new(task, "title", json_integer(5));
        break;
    case 11:
        json_object_set_new(task, "form", json_null());
        break;
    case 12: /* more than was asked for */
        json_array_append(list, task);
        json_array_append(list, task);
        break;
    default:
        json_array_set_new(list, 0, json_string("x"));
    }
}

static void refuses_malformed_lists(void **state)
{
    (void)state;
    story s;
    yq_tasks tasks;
    begin(&s);
    fake_add_task(s.f, 0, "raw", "a", 1);
    s.f->tamper = spoil;
    for (s.f->variant = 0; s.f->variant < BAD_ANSWERS; s.f->variant++) {
        assert_int_equal(yq_pull_tasks(s.device, s.key.key, NULL, 2, &tasks, NULL), YQ_BAD_ANSWER);
        assert_int_equal(tasks.n, 0);
        assert_null(tasks.memory);
    }
    s.f->tamper = NULL;
    fake_pull(s.device, &s.key, &tasks);
    assert_int_equal(tasks.n, 1);
    yq_tasks_free(&tasks);
    end(&s);
}

static void checks_what_it_is_given(void **state)
{
    (void)state;
    story s;
    yq_tasks tasks;
    yq_document document;
    begin(&s);
    int calls = s.f->calls;
    const char *key = s.key.key;
    assert_int_equal(yq_pull_tasks(s.device, key, NULL, 0, &tasks, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_pull_tasks(s.device, key, NULL, 1001, &tasks, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_pull_tasks(s.device, key, NULL, 1, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_pull_tasks(s.device, key, "1&limit=5", 1, &tasks, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_pull_tasks(s.device, "018f0000-0000-7000-8000-000000000000", NULL, 1, &tasks, NULL),
                     YQ_NOT_FOUND);
    assert_int_equal(yq_task_document(s.device, key, NULL, &document, NULL), YQ_INVALID_ARGUMENT);
    yq_task task = {.task = "018f0000-0000-7000-8000-000000000000"};
    assert_int_equal(yq_task_document(s.device, key, &task, &document, NULL), YQ_INVALID_ARGUMENT);
    task.has_document = true;
    task.task[5] = '/';
    assert_int_equal(yq_task_document(s.device, key, &task, &document, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(s.f->calls, calls);
    yq_document_free(NULL);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pulls_in_batches),
        cmocka_unit_test(gives_what_there_is_to_show),
        cmocka_unit_test(gives_fields_and_priority),
        cmocka_unit_test(declining_needs_a_reason_and_a_task),
        cmocka_unit_test(skips_what_it_does_not_know),
        cmocka_unit_test(refuses_malformed_lists),
        cmocka_unit_test(checks_what_it_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
