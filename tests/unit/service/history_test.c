#include "service/history.h"

#include "phone.h"
#include "service/task_end.h"

#define DOCUMENT "出院小结: 患者恢复良好。"

enum { TASKS = 7 };

/* A person who signed with his phone, TASKS - 1 of them in two batches of one time each, and somebody else. */
typedef struct ward {
    fixture f;
    user doctor, nurse;
    phone phone, other;
    business_system emr;
    task tasks[TASKS];
} ward;

static void sign(ward *w, const phone *p, const task *tasks, size_t n)
{
    signing s;
    signing_begin(&s, p);
    for (size_t i = 0; i < n; i++)
        signing_add(&s, p, tasks[i].id, bytes_of_text(DOCUMENT));
    assert_int_equal(signing_open(&s, p), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, p), ERR_OK);
    signing_end(&s);
    w->f.now_ms += 1000;
}

static int setup(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    w->doctor = fixture_user(&w->f, "D1001", "王建国");
    w->nurse = fixture_user(&w->f, "N2001", "李秀英");
    w->emr = fixture_system(&w->f, "电子病历");
    phone_make(&w->phone, &w->f, &w->doctor);
    phone_make(&w->other, &w->f, &w->nurse);
    for (size_t i = 0; i < TASKS; i++)
        w->tasks[i] = fixture_task(&w->f, &w->emr, "D1001", DOCUMENT);
    sign(w, &w->phone, w->tasks, 3);
    sign(w, &w->phone, w->tasks + 3, 3);
    w->phone.by_fingerprint = true;
    sign(w, &w->phone, w->tasks + 6, 1);
    const task hers = fixture_task(&w->f, &w->emr, "N2001", DOCUMENT);
    sign(w, &w->other, &hers, 1);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    ward *w = *state;
    phone_throw_away(&w->phone);
    phone_throw_away(&w->other);
    fixture_remove(&w->f);
    free(w);
    return 0;
}

static size_t list(ward *w, const uint8_t *before, int64_t limit, const history_entry **out)
{
    size_t n;
    assert_int_equal(history_list(phone_call(&w->phone, NULL), before, limit, out, &n), ERR_OK);
    return n;
}

static void the_newest_first_and_his_alone(void **state)
{
    ward *w = *state;
    const history_entry *all;
    assert_int_equal(list(w, NULL, HISTORY_PAGE, &all), TASKS);
    for (size_t i = 0; i < TASKS; i++) /* their ids are in order of time, too */
        assert_memory_equal(all[i].task, w->tasks[TASKS - 1 - i].id, 16);
    assert_string_equal(all[0].method, "fingerprint");
    assert_string_equal(all[1].method, "pin");
    assert_string_equal(all[0].kind, "document");
    assert_string_equal(all[0].title, w->tasks[6].title);
    assert_string_equal(all[0].system, "电子病历");
    assert_true(all[0].signed_ms == w->f.now_ms - 2000 && all[1].signed_ms == all[0].signed_ms - 1000);
    assert_null(all[0].workstation);
    assert_int_equal(all[0].withdrawn_ms, 0);
    assert_true(all[0].serial.n > 0);
}

static void pages_end_anywhere(void **state)
{
    ward *w = *state;
    for (int64_t limit = 1; limit <= TASKS + 1; limit++) {
        const history_entry *page;
        const uint8_t *before = NULL;
        uint8_t last[16];
        size_t seen = 0, n;
        do {
            n = list(w, before, limit, &page);
            for (size_t i = 0; i < n; i++, seen++)
                assert_memory_equal(page[i].task, w->tasks[TASKS - 1 - seen].id, 16);
            if (n > 0)
                memcpy(last, page[n - 1].task, sizeof last);
            before = last;
        } while (n == (size_t)limit);
        assert_int_equal(seen, TASKS);
    }
}

static void the_cursor_is_one_of_his_signatures(void **state)
{
    ward *w = *state;
    const history_entry *page;
    size_t n;
    const task waiting = fixture_task(&w->f, &w->emr, "D1001", DOCUMENT);
    assert_int_equal(history_list(phone_call(&w->phone, NULL), waiting.id, 10, &page, &n), ERR_FIELD_VALUE);
    assert_string_equal(w->f.c.fault.field, "before");
    assert_int_equal(history_list(phone_call(&w->other, NULL), w->tasks[0].id, 10, &page, &n), ERR_FIELD_VALUE);
}

/* What the business system took back stays in its place. */
static void a_withdrawn_one_says_so(void **state)
{
    ward *w = *state;
    const history_entry *all;
    task t;
    w->f.now_ms += 60000;
    assert_int_equal(
        task_withdraw(fixture_call_as_system(&w->f, "task.withdraw", w->emr.id), w->tasks[4].id, "书写错误", &t),
        ERR_OK);
    assert_int_equal(list(w, NULL, HISTORY_PAGE, &all), TASKS);
    assert_memory_equal(all[2].task, w->tasks[4].id, 16);
    assert_int_equal(all[2].withdrawn_ms, w->f.now_ms);
    assert_int_equal(all[1].withdrawn_ms, 0);
}

#define IN_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {IN_WARD(the_newest_first_and_his_alone), IN_WARD(pages_end_anywhere),
                                       IN_WARD(the_cursor_is_one_of_his_signatures), IN_WARD(a_withdrawn_one_says_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
