#include "fake.h"

#include <pthread.h>

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

static yq_status sign_one(story *s, const yq_task *task, const void *document, size_t n, bool allow_unseen,
                          yq_sign_result *result, yq_problem *problem)
{
    const yq_sign_item item = {task, document, n, allow_unseen};
    return yq_sign(s->device, s->key.key, &item, 1, FAKE_PIN, strlen(FAKE_PIN), result, NULL, problem);
}

/* Pulls what waits and signs all of it. */
static yq_status sign_all(story *s, const char *pin, yq_sign_result *results, yq_problem *problem)
{
    yq_tasks tasks;
    fake_pull(s->device, &s->key, &tasks);
    yq_status status = fake_sign_tasks(s->device, &s->key, &tasks, pin, results, problem);
    yq_tasks_free(&tasks);
    return status;
}

static void assert_signed(const story *s, const fake_task *task, const yq_sign_result *result, const void *message,
                          size_t n)
{
    uint8_t e[32];
    assert_int_equal(result->status, YQ_OK);
    assert_true(task->done);
    assert_memory_equal(result->rs, task->rs, 64);
    assert_string_equal(result->signed_at, "2026-03-01T08:32:00.000Z");
    sm2_digest(e, s->f->enrolments[0].share.P, bytes_of(message, n));
    assert_int_equal(sm2_verify_bytes(s->f->enrolments[0].share.P, e, result->rs), ERR_OK);
}

static void signs_each_form(void **state)
{
    (void)state;
    story s;
    yq_sign_result results[2];
    begin(&s);
    const fake_task *raw = fake_add_task(s.f, 0, "raw", "出院小结", 12);
    const fake_task *digest = fake_add_task(s.f, 0, "digest", "病程记录", 12);
    assert_int_equal(sign_all(&s, FAKE_PIN, results, NULL), YQ_OK);
    assert_signed(&s, raw, &results[0], "出院小结", 12);
    assert_signed(&s, digest, &results[1], digest->digest, 32);
    assert_true(results[0].seen && results[1].seen);
    assert_int_equal(s.f->count[FAKE_DOCUMENT], 2);
    assert_int_equal(s.f->count[FAKE_SIGN], 2); /* one for the certificate request */
    end(&s);
}

/* The attributes that this device builds from what it saw, its own clock and its own certificate. */
static void signs_attributes_of_its_own(void **state)
{
    (void)state;
    story s;
    yq_sign_result results[2];
    yq_tasks tasks;
    begin(&s);
    const fake_task *cms = fake_add_task(s.f, 0, "cms", "会诊意见", 12);
    const fake_task *raw = fake_add_task(s.f, 0, "raw", "出院小结", 12);
    fake_pull(s.device, &s.key, &tasks);
    assert_int_equal(tasks.items[0].form, YQ_FORM_CMS);
    yq_tasks_free(&tasks);
    assert_int_equal(sign_all(&s, FAKE_PIN, results, NULL), YQ_OK);
    assert_signed(&s, raw, &results[1], "出院小结", 12);
    assert_true(cms->done && results[0].seen);
    assert_int_equal(sm2_verify_bytes(s.f->enrolments[0].share.P, cms->e, results[0].rs), ERR_OK);

    cms = fake_add_task(s.f, 0, "cms", NULL, 0);
    fake_pull(s.device, &s.key, &tasks);
    assert_int_equal(sign_one(&s, tasks.items, NULL, 0, false, results, NULL), YQ_CONTENT_UNSEEN);
    assert_int_equal(sign_one(&s, tasks.items, "elsewherE", 9, true, results, NULL), YQ_DOCUMENT_CHANGED);
    static const int64_t no_time[] = {0, -1, INT64_C(253402300800)};
    for (size_t i = 0; i < sizeof no_time / sizeof *no_time; i++) {
        s.f->now = no_time[i];
        assert_int_equal(sign_one(&s, tasks.items, NULL, 0, true, results, NULL), YQ_CLOCK_FAILED);
    }
    s.f->now = FAKE_NOW;
    assert_int_equal(sign_one(&s, tasks.items, NULL, 0, true, results, NULL), YQ_OK);
    assert_false(results[0].seen);
    assert_true(cms->done);
    yq_tasks_free(&tasks);
    end(&s);
}

static void signs_unseen_content_only_if_told(void **state)
{
    (void)state;
    story s;
    yq_sign_result result;
    yq_tasks tasks;
    begin(&s);
    const fake_task *task = fake_add_task(s.f, 0, "digest", NULL, 0);
    fake_pull(s.device, &s.key, &tasks);
    assert_false(tasks.items[0].has_document);
    assert_int_equal(sign_one(&s, tasks.items, NULL, 0, false, &result, NULL), YQ_CONTENT_UNSEEN);
    assert_int_equal(result.status, YQ_CONTENT_UNSEEN);
    assert_int_equal(sign_one(&s, tasks.items, "elsewherE", 9, true, &result, NULL), YQ_DOCUMENT_CHANGED);
    assert_int_equal(s.f->count[FAKE_SIGN], 1);
    assert_int_equal(s.f->count[FAKE_FAILURES], 0); /* the user's own copy says nothing about the server */
    assert_int_equal(sign_one(&s, tasks.items, NULL, 0, true, &result, NULL), YQ_OK);
    assert_false(result.seen);
    assert_signed(&s, task, &result, task->digest, 32);
    yq_tasks_free(&tasks);

    task = fake_add_task(s.f, 0, "digest", NULL, 0);
    fake_pull(s.device, &s.key, &tasks);
    assert_int_equal(sign_one(&s, tasks.items, "elsewhere", 9, false, &result, NULL), YQ_OK);
    assert_true(result.seen);
    assert_signed(&s, task, &result, task->digest, 32);
    yq_tasks_free(&tasks);
    end(&s);
}

static void signs_a_given_document_without_fetching(void **state)
{
    (void)state;
    story s;
    yq_sign_result result;
    yq_tasks tasks;
    yq_document document;
    begin(&s);
    const fake_task *task = fake_add_task(s.f, 0, "raw", "shown", 5);
    fake_pull(s.device, &s.key, &tasks);
    assert_int_equal(yq_task_document(s.device, s.key.key, tasks.items, &document, NULL), YQ_OK);
    assert_int_equal(document.n, 5);
    assert_memory_equal(document.p, "shown", 5);
    assert_int_equal(sign_one(&s, tasks.items, document.p, document.n, false, &result, NULL), YQ_OK);
    assert_int_equal(s.f->count[FAKE_DOCUMENT], 1);
    assert_signed(&s, task, &result, "shown", 5);
    yq_document_free(&document);
    assert_null(document.p);
    yq_tasks_free(&tasks);
    end(&s);
}

static void signs_two_hundred_in_one_request(void **state)
{
    (void)state;
    enum { MANY = 200 };
    story s;
    yq_sign_result *results = calloc(MANY, sizeof *results);
    char text[32];
    begin(&s);
    for (int i = 0; i < MANY; i++) {
        int n = snprintf(text, sizeof text, "record %d", i);
        fake_add_task(s.f, 0, i % 2 ? "raw" : "digest", text, (size_t)n);
    }
    assert_int_equal(sign_all(&s, FAKE_PIN, results, NULL), YQ_OK);
    for (int i = 0; i < MANY; i++) {
        const fake_task *task = &s.f->tasks[i];
        int n = snprintf(text, sizeof text, "record %d", i);
        if (i % 2)
            assert_signed(&s, task, &results[i], text, (size_t)n);
        else
            assert_signed(&s, task, &results[i], task->digest, 32);
    }
    assert_int_equal(s.f->count[FAKE_SIGN], 2);
    free(results);
    end(&s);
}

static void signs_an_empty_document(void **state)
{
    (void)state;
    story s;
    yq_sign_result result;
    begin(&s);
    const fake_task *task = fake_add_task(s.f, 0, "raw", "", 0);
    assert_int_equal(sign_all(&s, FAKE_PIN, &result, NULL), YQ_OK);
    assert_signed(&s, task, &result, "", 0);
    end(&s);
}

static void tells_wrong_pins_and_the_lock(void **state)
{
    (void)state;
    story s;
    yq_sign_result result;
    yq_sign_summary summary;
    yq_problem problem;
    yq_tasks tasks;
    begin(&s);
    fake_add_task(s.f, 0, "raw", "a", 1);
    fake_pull(s.device, &s.key, &tasks);
    const yq_sign_item item = {.task = tasks.items};
    for (int left = 4; left >= 3; left--) {
        assert_int_equal(yq_sign(s.device, s.key.key, &item, 1, "274951", 6, &result, &summary, &problem),
                         YQ_PIN_WRONG);
        assert_int_equal(problem.tries_left, left);
        assert_int_equal(result.status, YQ_NOT_ATTEMPTED);
    }
    assert_int_equal(yq_sign(s.device, s.key.key, &item, 1, FAKE_PIN, 6, &result, &summary, &problem), YQ_OK);
    assert_int_equal(summary.failures_before, 2);
    assert_int_equal(problem.http_status, 0);
    yq_tasks_free(&tasks);
    fake_add_task(s.f, 0, "raw", "b", 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(sign_all(&s, "274951", &result, &problem), YQ_PIN_WRONG);
    assert_int_equal(problem.tries_left, 0);
    assert_int_equal(sign_all(&s, FAKE_PIN, &result, &problem), YQ_KEY_LOCKED);
    assert_string_equal(problem.code, "key_locked");
    assert_int_equal(s.f->count[FAKE_FAILURES], 0); /* nothing is open after a refusal */
    end(&s);
}

/* ---- what is signed is what was shown ---- */

static void signs_no_changed_document(void **state)
{
    (void)state;
    story s;
    yq_sign_result results[3];
    yq_tasks tasks;
    yq_document document;
    begin(&s);
    for (int i = 0; i < 3; i++)
        fake_add_task(s.f, 0, i == 0 ? "digest" : "raw", "same", 4);
    fake_pull(s.device, &s.key, &tasks);
    s.f->tasks[1].document[0] ^= 1;
    assert_int_equal(fake_sign_tasks(s.device, &s.key, &tasks, FAKE_PIN, results, NULL), YQ_DOCUMENT_CHANGED);
    assert_int_equal(results[0].status, YQ_NOT_ATTEMPTED);
    assert_int_equal(results[1].status, YQ_DOCUMENT_CHANGED);
    assert_int_equal(results[2].status, YQ_NOT_ATTEMPTED);
    assert_int_equal(s.f->count[FAKE_SIGN], 1);
    assert_string_equal(s.f->failure_code, "document_changed");
    assert_true(s.f->failure_has_task && !s.f->failure_has_sid);
    assert_int_equal(yq_task_document(s.device, s.key.key, &tasks.items[1], &document, NULL), YQ_DOCUMENT_CHANGED);
    assert_null(document.p);
    assert_int_equal(s.f->count[FAKE_FAILURES], 2);

    /* far larger than the task said */
    static char large[200000];
    s.f->raw_for = FAKE_DOCUMENT;
    s.f->raw = large;
    s.f->raw_n = sizeof large;
    assert_int_equal(yq_task_document(s.device, s.key.key, &tasks.items[0], &document, NULL), YQ_DOCUMENT_CHANGED);
    s.f->raw = NULL;
    yq_tasks_free(&tasks);
    end(&s);
}

/* The server changes document and digest after the task was shown: e is over what was shown, and the server has to
 * refuse. */
static void holds_to_the_digest_that_was_shown(void **state)
{
    (void)state;
    story s;
    yq_sign_result result;
    yq_problem problem;
    yq_tasks tasks;
    begin(&s);
    fake_task *task = fake_add_task(s.f, 0, "digest", NULL, 0);
    fake_pull(s.device, &s.key, &tasks);
    sm3(task->digest, "another", 7);
    assert_int_equal(sign_one(&s, tasks.items, NULL, 0, true, &result, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "digest_mismatch");
    assert_string_equal(problem.field, "items[0].task");
    assert_int_equal(result.status, YQ_REFUSED);
    assert_false(task->done);
    yq_tasks_free(&tasks);
    end(&s);
}

static void refuses_ambiguous_and_unknown_forms(void **state)
{
    (void)state;
    static const uint8_t sequence[] = {0x30, 3, 2, 1, 5}, set[] = {0x31, 0}, longer[] = {0x30, 3, 2, 1, 5, 0};
    const struct {
        const char *form;
        const void *document;
        size_t n;
        yq_status status;
    } cases[] = {{"raw", "0123456789abcdef0123456789abcdef", 32, YQ_FORM_REFUSED},
                 {"raw", sequence, sizeof sequence, YQ_FORM_REFUSED},
                 {"raw", set, sizeof set, YQ_FORM_REFUSED},
                 {"xml", "x", 1, YQ_FORM_REFUSED},
                 {"raw", longer, sizeof longer, YQ_OK},
                 {"raw", "0123456789abcdef0123456789abcde", 31, YQ_OK},
                 {"digest", sequence, sizeof sequence, YQ_OK}};
    story s;
    yq_sign_result result;
    begin(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_task *task = fake_add_task(s.f, 0, cases[i].form, cases[i].document, cases[i].n);
        assert_int_equal(sign_all(&s, FAKE_PIN, &result, NULL), cases[i].status);
        assert_int_equal(result.status, cases[i].status);
        assert_int_equal(task->done, cases[i].status == YQ_OK);
        task->done = true;
    }
    /* raw without a document cannot be looked at, whatever is allowed */
    fake_add_task(s.f, 0, "raw", NULL, 0);
    yq_tasks tasks;
    fake_pull(s.device, &s.key, &tasks);
    assert_int_equal(sign_one(&s, tasks.items, NULL, 0, true, &result, NULL), YQ_CONTENT_UNSEEN);
    yq_tasks_free(&tasks);
    end(&s);
}

/* docs/spec/qr.md, The assertion: a login is signed by scanning only, and no document may be one. */
static void signs_no_login_as_a_document(void **state)
{
    (void)state;
    static const char login[] = "{\"type\":\"yiqian/login/1\",\"system\":\"x\"}", other[] = "{\"type\":\"yiqian/",
                      none[] = "{\"type\":\"yiqian";
    const struct {
        const char *form, *kind, *document;
        yq_status status;
    } cases[] = {{"raw", NULL, login, YQ_FORM_REFUSED},       {"raw", "document", login, YQ_FORM_REFUSED},
                 {"raw", "consent", login, YQ_FORM_REFUSED},  {"raw", "login", login, YQ_FORM_REFUSED},
                 {"raw", "login", "a", YQ_FORM_REFUSED},      {"digest", "login", login, YQ_FORM_REFUSED},
                 {"raw", "document", other, YQ_FORM_REFUSED}, {"raw", "document", none, YQ_OK},
                 {"digest", "document", login, YQ_OK}};
    story s;
    yq_sign_result result;
    begin(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_task *task = fake_add_task(s.f, 0, cases[i].form, cases[i].document, strlen(cases[i].document));
        const int before = s.f->count[FAKE_SIGN];
        yq_tasks tasks;
        task->kind = cases[i].kind;
        assert_int_equal(sign_all(&s, FAKE_PIN, &result, NULL), cases[i].status);
        assert_int_equal(result.status, cases[i].status);
        assert_int_equal(s.f->count[FAKE_SIGN], before + (cases[i].status == YQ_OK));
        assert_int_equal(task->done, cases[i].status == YQ_OK);
        task->done = false;
        fake_pull(s.device, &s.key, &tasks); /* likewise where the caller has the document */
        assert_int_equal(sign_one(&s, tasks.items, task->document, task->document_n, false, &result, NULL),
                         cases[i].status);
        yq_tasks_free(&tasks);
        task->done = true;
    }
    end(&s);
}

static void refuses_documents_beyond_its_limit(void **state)
{
    (void)state;
    story s;
    yq_sign_result result;
    yq_document document;
    yq_tasks tasks;
    begin(&s);
    fake_task *task = fake_add_task(s.f, 0, "raw", "x", 1);
    task->document_n = (1 << 20) + 1; /* as told: it is never sent */
    fake_pull(s.device, &s.key, &tasks);
    assert_int_equal(sign_one(&s, tasks.items, NULL, 0, false, &result, NULL), YQ_LIMIT_REACHED);
    assert_int_equal(yq_task_document(s.device, s.key.key, tasks.items, &document, NULL), YQ_LIMIT_REACHED);
    assert_int_equal(s.f->count[FAKE_DOCUMENT], 0);
    yq_tasks_free(&tasks);
    end(&s);
}

static void checks_what_it_is_given(void **state)
{
    (void)state;
    story s;
    yq_sign_result results[2];
    yq_tasks tasks;
    begin(&s);
    fake_add_task(s.f, 0, "raw", "a", 1);
    fake_pull(s.device, &s.key, &tasks);
    yq_task broken = tasks.items[0];
    broken.task[0] = 'g';
    const yq_sign_item items[2] = {{.task = tasks.items}, {.task = tasks.items}};
    const yq_sign_item none = {.task = NULL}, bad = {.task = &broken};
    const char *key = s.key.key;
    int calls = s.f->calls;
    assert_int_equal(yq_sign(s.device, key, items, 2, FAKE_PIN, 6, results, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_sign(s.device, key, items, 0, FAKE_PIN, 6, results, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_sign(s.device, key, items, 1001, FAKE_PIN, 6, results, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_sign(s.device, key, NULL, 1, FAKE_PIN, 6, results, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_sign(s.device, key, items, 1, FAKE_PIN, 6, NULL, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_sign(s.device, key, &none, 1, FAKE_PIN, 6, results, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_sign(s.device, key, &bad, 1, FAKE_PIN, 6, results, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_sign(s.device, key, items, 1, "12345", 5, results, NULL, NULL), YQ_WEAK_PIN);
    assert_int_equal(yq_sign(s.device, key, items, 1, NULL, 6, results, NULL, NULL), YQ_WEAK_PIN);
    assert_int_equal(yq_sign(s.device, "", items, 1, FAKE_PIN, 6, results, NULL, NULL), YQ_NOT_FOUND);
    assert_int_equal(yq_sign(s.device, NULL, items, 1, FAKE_PIN, 6, results, NULL, NULL), YQ_NOT_FOUND);
    assert_int_equal(yq_sign(NULL, key, items, 1, FAKE_PIN, 6, results, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(s.f->calls, calls);
    yq_tasks_free(&tasks);
    end(&s);
}

/* ---- a server that lies in S2 or after it ---- */

static void flip(json_t *object, const char *name)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%s", json_string_value(json_object_get(object, name)));
    text[20] = text[20] == '0' ? '1' : '0';
    json_object_set_new(object, name, json_string(text));
}

enum { LIES = 12, FIRST_LATE = 8 };

static void lie(fake *f, fake_call call, json_t *answer)
{
    json_t *answers = json_object_get(answer, "answers"), *completed = json_object_get(answer, "completed");
    json_t *last = json_array_get(answers, 4);
    if (call != (f->variant < FIRST_LATE ? FAKE_SIGN : FAKE_SIGNATURES))
        return;
    switch (f->variant) {
    case 0:
        flip(last, "W");
        break;
    case 1:
        flip(last, "s1");
        break;
    case 2: /* the answers of two items change places */
        json_array_append(answers, json_array_get(answers, 0));
        json_array_remove(answers, 0);
        break;
    case 3:
        json_array_append(answers, last);
        break;
    case 4:
        json_array_remove(answers, 4);
        break;
    case 5:
        json_array_extend(answers, answers);
        break;
    case 6:
        json_object_del(last, "s1");
        break;
    case 7:
        json_array_set(answers, 4, json_array_get(answers, 3));
        break;
    case 8:
        json_array_remove(completed, 2);
        break;
    case 9:
        json_array_set(completed, 2, json_array_get(completed, 1));
        break;
    case 10:
        json_object_del(answer, "failures_before");
        break;
    default:
        json_object_set_new(json_array_get(completed, 0), "task", json_string("018f0000-0000-7000-8000-000000000000"));
    }
}

static void believes_no_lie(void **state)
{
    (void)state;
    for (int v = 0; v < LIES; v++) {
        story s;
        yq_sign_result results[5];
        begin(&s);
        for (int i = 0; i < 5; i++)
            fake_add_task(s.f, 0, "raw", &"abcde"[i], 1);
        s.f->tamper = lie;
        s.f->variant = v;
        const bool well_formed = v <= 2 || v == 7;
        assert_int_equal(sign_all(&s, FAKE_PIN, results, NULL), well_formed ? YQ_ANSWER_REJECTED : YQ_BAD_ANSWER);
        for (int i = 0; i < 5; i++) {
            static const uint8_t zero[64];
            assert_int_equal(results[i].status, YQ_NOT_ATTEMPTED);
            assert_memory_equal(results[i].rs, zero, 64); /* none is given out */
            assert_int_equal(s.f->tasks[i].done, v >= FIRST_LATE);
        }
        s.f->tamper = NULL;
        if (v < FIRST_LATE) {
            assert_int_equal(s.f->count[FAKE_SIGNATURES], 1);
            assert_string_equal(s.f->failure_code, "answer_rejected");
            assert_int_equal(sign_all(&s, FAKE_PIN, results, NULL), YQ_OK);
        }
        for (int i = 0; i < 5; i++)
            assert_true(s.f->tasks[i].done);
        end(&s);
    }
}

static void takes_no_doubled_field(void **state)
{
    (void)state;
    story s;
    yq_sign_result result;
    static const char doubled[] = "{\"protocol\":1,\"answers\":[],\"answers\":[]}";
    begin(&s);
    fake_add_task(s.f, 0, "raw", "a", 1);
    s.f->raw_for = FAKE_SIGN;
    s.f->raw = doubled;
    s.f->raw_n = sizeof doubled - 1;
    assert_int_equal(sign_all(&s, FAKE_PIN, &result, NULL), YQ_BAD_ANSWER);
    s.f->raw = NULL;
    assert_int_equal(sign_all(&s, FAKE_PIN, &result, NULL), YQ_OK);
    end(&s);
}

/* ---- lost messages ---- */

static void survives_a_lost_message(void **state)
{
    (void)state;
    bool whole = false;
    for (int at = 1; !whole; at++) {
        for (int kind = 0; kind < 4; kind++) {
            story s;
            yq_sign_result results[3];
            yq_tasks tasks;
            begin(&s);
            for (int i = 0; i < 3; i++)
                fake_add_task(s.f, 0, "raw", &"abc"[i], 1);
            fake_pull(s.device, &s.key, &tasks);
            if (kind & 2) { /* with a session still to be opened */
                yq_device_close(s.device);
                s.device = fake_device(s.f);
            }
            const int before = s.f->calls;
            *(kind & 1 ? &s.f->lose_request_at : &s.f->lose_answer_at) = before + at;
            yq_status status = fake_sign_tasks(s.device, &s.key, &tasks, FAKE_PIN, results, NULL);
            yq_tasks_free(&tasks);
            whole = s.f->calls < before + at;
            /* A lost answer to the last step is asked for again. */
            assert_true(status == YQ_OK || status == YQ_TRANSPORT_FAILED);
            if (kind & 2) {
                yq_device_close(s.device);
                s.device = fake_device(s.f);
            }
            if (status != YQ_OK)
                assert_int_equal(sign_all(&s, FAKE_PIN, results, NULL), YQ_OK);
            for (int i = 0; i < 3; i++) {
                assert_true(s.f->tasks[i].done);
                assert_int_equal(results[i].status, YQ_OK);
                assert_memory_equal(results[i].rs, s.f->tasks[i].rs, 64);
            }
            assert_int_equal(s.f->enrolments[0].failures, 0);
            assert_false(s.f->enrolments[0].open);
            end(&s);
        }
    }
}

/* The server took the signatures, or did not, and the device cannot know: the next list says it. */
static void learns_what_was_completed(void **state)
{
    (void)state;
    for (int taken = 0; taken < 2; taken++) {
        story s;
        yq_sign_result result;
        yq_tasks tasks;
        begin(&s);
        const fake_task *task = fake_add_task(s.f, 0, "raw", "a", 1);
        fake_pull(s.device, &s.key, &tasks);
        s.f->lose_answers = taken;
        s.f->lose_answers_of = FAKE_SIGNATURES;
        s.f->refuse_code = taken ? NULL : "busy";
        s.f->refuse_for = FAKE_SIGNATURES;
        s.f->refuse_status = 503;
        yq_status status = fake_sign_tasks(s.device, &s.key, &tasks, FAKE_PIN, &result, NULL);
        assert_int_equal(status, taken ? YQ_TRANSPORT_FAILED : YQ_REFUSED);
        assert_int_equal(s.f->count[FAKE_SIGNATURES], 1 + (taken ? 3 : 1));
        assert_int_equal(task->done, taken);
        yq_tasks_free(&tasks);
        fake_pull(s.device, &s.key, &tasks);
        assert_string_equal(s.f->failure_code, "transport_failed");
        assert_int_equal(tasks.n, taken ? 0 : 1);
        if (!taken)
            assert_int_equal(fake_sign_tasks(s.device, &s.key, &tasks, FAKE_PIN, &result, NULL), YQ_OK);
        yq_tasks_free(&tasks);
        end(&s);
    }
}

static void keeps_a_report_until_it_is_said(void **state)
{
    (void)state;
    story s;
    yq_sign_result result;
    yq_tasks tasks;
    begin(&s);
    fake_add_task(s.f, 0, "raw", "a", 1);
    fake_pull(s.device, &s.key, &tasks);
    s.f->lose_answer_at = s.f->calls + 2; /* document, S2 */
    assert_int_equal(fake_sign_tasks(s.device, &s.key, &tasks, FAKE_PIN, &result, NULL), YQ_TRANSPORT_FAILED);
    assert_true(s.f->enrolments[0].open);
    s.f->down = true;
    assert_int_equal(fake_sign_tasks(s.device, &s.key, &tasks, FAKE_PIN, &result, NULL), YQ_TRANSPORT_FAILED);
    yq_device_close(s.device);
    s.device = fake_device(s.f);
    s.f->down = false;
    assert_int_equal(fake_sign_tasks(s.device, &s.key, &tasks, FAKE_PIN, &result, NULL), YQ_OK);
    assert_int_equal(s.f->count[FAKE_FAILURES], 1);
    assert_string_equal(s.f->failure_code, "transport_failed");
    assert_true(s.f->failure_has_sid);
    yq_tasks_free(&tasks);
    /* said once */
    fake_add_task(s.f, 0, "raw", "b", 1);
    assert_int_equal(sign_all(&s, FAKE_PIN, &result, NULL), YQ_OK);
    assert_int_equal(s.f->count[FAKE_FAILURES], 1);
    end(&s);
}

static void renews_its_session_once(void **state)
{
    (void)state;
    story s;
    yq_sign_result result;
    yq_problem problem;
    begin(&s);
    for (int i = 0; i < 4; i++) { /* at the list, the document, S1 and the signatures in turn */
        yq_tasks tasks;
        fake_add_task(s.f, 0, "raw", "a", 1);
        int sessions = s.f->count[FAKE_SESSION];
        s.f->expire_tokens = i == 0;
        fake_pull(s.device, &s.key, &tasks);
        s.f->expire_tokens |= i == 1;
        const yq_sign_item item = {tasks.items, i < 2 ? NULL : (const void *)"a", 1, false};
        s.f->expire_tokens |= i == 2;
        if (i == 3) {
            s.f->refuse_code = "session_expired";
            s.f->refuse_for = FAKE_SIGNATURES;
            s.f->refuse_status = 401;
        }
        assert_int_equal(yq_sign(s.device, s.key.key, &item, 1, FAKE_PIN, 6, &result, NULL, NULL), YQ_OK);
        assert_int_equal(s.f->count[FAKE_SESSION], sessions + 1);
        yq_tasks_free(&tasks);
    }
    fake_add_task(s.f, 0, "raw", "b", 1);
    s.f->refuse_always = true;
    s.f->refuse_code = "session_expired";
    s.f->refuse_for = FAKE_DOCUMENT;
    s.f->refuse_status = 401;
    assert_int_equal(sign_all(&s, FAKE_PIN, &result, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "session_expired");
    end(&s);
}

static void names_the_refused_task(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        int place;
    } cases[] = {{"items[1].task", 1},
                 {"items[2].e", 2},
                 {"items[3].task", -1},
                 {"items[18446744073709551617].task", -1},
                 {"items[", -1},
                 {"items[1", -1},
                 {"sid", -1}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        story s;
        yq_sign_result results[3];
        yq_problem problem;
        begin(&s);
        for (int i = 0; i < 3; i++)
            fake_add_task(s.f, 0, "raw", &"abc"[i], 1);
        s.f->refuse_code = "task_signed";
        s.f->refuse_for = FAKE_SIGN;
        s.f->refuse_status = 409;
        s.f->refuse_field = cases[c].field;
        assert_int_equal(sign_all(&s, FAKE_PIN, results, &problem), YQ_REFUSED);
        assert_string_equal(problem.field, cases[c].field);
        for (int i = 0; i < 3; i++)
            assert_int_equal(results[i].status, i == cases[c].place ? YQ_REFUSED : YQ_NOT_ATTEMPTED);
        end(&s);
    }
}

/* ---- several threads ---- */

static void *sign_in_thread(void *context)
{
    story *s = context;
    yq_sign_result result;
    yq_tasks tasks;
    for (int i = 0; i < 3; i++) {
        if (yq_pull_tasks(s->device, s->key.key, NULL, 1, &tasks, NULL) != YQ_OK || tasks.n != 1)
            return context;
        const yq_sign_item item = {.task = tasks.items};
        yq_status status = yq_sign(s->device, s->key.key, &item, 1, FAKE_PIN, 6, &result, NULL, NULL);
        yq_tasks_free(&tasks);
        if (status != YQ_OK && status != YQ_REFUSED) /* another thread was first with this task */
            return context;
    }
    return NULL;
}

static void serialises_threads(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    story s;
    pthread_t threads[THREADS];
    begin(&s);
    for (int i = 0; i < 3 * THREADS; i++)
        fake_add_task(s.f, 0, "raw", "a", 1);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_in_thread, &s), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    int done = 0;
    for (size_t i = 0; i < s.f->tasks_n; i++)
        done += s.f->tasks[i].done;
    assert_in_range(done, 3, 3 * THREADS);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_each_form),
        cmocka_unit_test(signs_attributes_of_its_own),
        cmocka_unit_test(signs_unseen_content_only_if_told),
        cmocka_unit_test(signs_a_given_document_without_fetching),
        cmocka_unit_test(signs_two_hundred_in_one_request),
        cmocka_unit_test(signs_an_empty_document),
        cmocka_unit_test(tells_wrong_pins_and_the_lock),
        cmocka_unit_test(signs_no_changed_document),
        cmocka_unit_test(holds_to_the_digest_that_was_shown),
        cmocka_unit_test(refuses_ambiguous_and_unknown_forms),
        cmocka_unit_test(signs_no_login_as_a_document),
        cmocka_unit_test(refuses_documents_beyond_its_limit),
        cmocka_unit_test(checks_what_it_is_given),
        cmocka_unit_test(believes_no_lie),
        cmocka_unit_test(takes_no_doubled_field),
        cmocka_unit_test(survives_a_lost_message),
        cmocka_unit_test(learns_what_was_completed),
        cmocka_unit_test(keeps_a_report_until_it_is_said),
        cmocka_unit_test(renews_its_session_once),
        cmocka_unit_test(names_the_refused_task),
        cmocka_unit_test(serialises_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
