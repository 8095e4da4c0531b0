#include "fake.h"

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

typedef struct story {
    fake *f;
    yq_device *device;
    yq_key_info key;
    char set[YQ_TASK_SET];
    bool changed;
    yq_problem problem;
} story;

static void begin(story *s)
{
    memset(s, 0, sizeof *s);
    s->f = fake_make();
    s->device = fake_device(s->f);
    fake_enrol_person(s->device, 0, &s->key);
}

static void end(story *s)
{
    yq_device_close(s->device);
    fake_free(s->f);
}

static yq_status wait_for(story *s, unsigned seconds)
{
    return yq_wait_tasks(s->device, s->key.key, s->set, seconds, &s->changed, &s->problem);
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- what it tells ---- */

static void the_first_answer_comes_at_once_and_the_next_tells_of_changes_only(void **state)
{
    (void)state;
    story s;
    begin(&s);
    assert_int_equal(wait_for(&s, 60), YQ_OK);
    assert_true(s.changed);
    assert_int_equal(strlen(s.set), 32);
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    assert_false(s.changed);
    fake_task *t = fake_add_task(s.f, 0, "raw", "a", 1);
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    assert_true(s.changed);
    (void)fake_add_task(s.f, 1, "raw", "another person's", 16);
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    assert_false(s.changed);
    t->done = true; /* elsewhere */
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    assert_true(s.changed);
    end(&s);
}

static int polls;

static int third_poll_brings_one(fake *f)
{
    if (++polls == 3)
        (void)fake_add_task(f, 0, "raw", "a", 1);
    return YQ_PLATFORM_OK;
}

/* A server that does not wait is not asked without a pause. */
static void waits_over_several_polls_and_never_in_a_hurry(void **state)
{
    (void)state;
    story s;
    begin(&s);
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    polls = 0;
    s.f->waits = third_poll_brings_one;
    double begun = now();
    assert_int_equal(wait_for(&s, 60), YQ_OK);
    assert_true(s.changed);
    assert_int_equal(polls, 3);
    assert_true(now() - begun > 1.4 && now() - begun < 10);
    end(&s);
}

static int nothing_yet(fake *f)
{
    (void)f;
    const struct timespec second = {1, 0};
    polls++;
    (void)nanosleep(&second, NULL);
    return YQ_PLATFORM_OK;
}

static void time_is_over(void **state)
{
    (void)state;
    story s;
    begin(&s);
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    polls = 0;
    s.f->waits = nothing_yet;
    double begun = now();
    assert_int_equal(wait_for(&s, 1), YQ_OK);
    assert_false(s.changed);
    assert_int_equal(polls, 1);
    assert_true(now() - begun >= 0.9 && now() - begun < 5);
    end(&s);
}

static void refuses_arguments(void **state)
{
    (void)state;
    story s;
    yq_key_info unfinished;
    begin(&s);
    assert_int_equal(yq_wait_tasks(NULL, s.key.key, s.set, 0, &s.changed, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_wait_tasks(s.device, NULL, s.set, 0, &s.changed, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_wait_tasks(s.device, s.key.key, NULL, 0, &s.changed, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_wait_tasks(s.device, s.key.key, s.set, 0, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_wait_tasks(s.device, s.key.key, s.set, YQ_WAIT_MAX + 1, &s.changed, NULL), YQ_INVALID_ARGUMENT);
    char odd[][YQ_TASK_SET] = {"0", "0123456789abcdef0123456789abcdeF", "0123456789abcdef0123456789abcde&"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_int_equal(yq_wait_tasks(s.device, s.key.key, odd[i], 0, &s.changed, NULL), YQ_INVALID_ARGUMENT);
    char endless[YQ_TASK_SET];
    memset(endless, 'a', sizeof endless);
    assert_int_equal(yq_wait_tasks(s.device, s.key.key, endless, 0, &s.changed, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_wait_tasks(s.device, "no such key", s.set, 0, &s.changed, NULL), YQ_NOT_FOUND);
    s.f->lose_answers = true;
    s.f->lose_answers_of = FAKE_KEYGEN;
    assert_int_equal(fake_try_enrol(s.device, 1, &unfinished, NULL), YQ_TRANSPORT_FAILED);
    yq_key_info keys[4];
    size_t n;
    assert_int_equal(yq_list_keys(s.device, keys, 4, &n), YQ_OK);
    assert_int_equal(n, 2);
    assert_int_equal(yq_wait_tasks(s.device, keys[1].key, s.set, 0, &s.changed, NULL), YQ_WRONG_STATE);
    end(&s);
}

/* ---- what goes wrong on the way ---- */

static int comes_back(fake *f)
{
    if (++polls < 3)
        return YQ_PLATFORM_FAILED;
    (void)fake_add_task(f, 0, "raw", "a", 1);
    return YQ_PLATFORM_OK;
}

static void connects_again_with_longer_pauses(void **state)
{
    (void)state;
    story s;
    begin(&s);
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    polls = 0;
    s.f->waits = comes_back;
    double begun = now();
    assert_int_equal(wait_for(&s, 60), YQ_OK);
    assert_true(s.changed);
    assert_int_equal(polls, 3);
    assert_true(now() - begun >= 1.4 && now() - begun < 10); /* 0.5 to 1 s, 1 to 2 s */
    end(&s);
}

static void says_what_was_wrong_when_the_time_is_over(void **state)
{
    (void)state;
    story s;
    begin(&s);
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    char before[YQ_TASK_SET];
    memcpy(before, s.set, sizeof before);
    s.f->down = true;
    double begun = now();
    assert_int_equal(wait_for(&s, 2), YQ_TRANSPORT_FAILED);
    assert_true(now() - begun >= 1.9);
    assert_false(s.changed);
    s.f->down = false;
    s.f->refuse_code = "too_many_requests";
    s.f->refuse_for = FAKE_LIST;
    s.f->refuse_status = 429;
    assert_int_equal(wait_for(&s, 0), YQ_REFUSED);
    assert_string_equal(s.problem.code, "too_many_requests");
    s.f->refuse_code = "busy";
    s.f->refuse_status = 503;
    begun = now();
    (void)fake_add_task(s.f, 0, "raw", "a", 1);
    assert_string_equal(s.set, before);
    assert_int_equal(wait_for(&s, 30), YQ_OK); /* refused once */
    assert_true(s.changed);
    assert_true(now() - begun >= 0.4 && now() - begun < 10);
    assert_int_equal(s.problem.http_status, 0);
    end(&s);
}

static void takes_no_rubbish_for_a_set(void **state)
{
    static const char *const rubbish[] = {"",
                                          "[]",
                                          "{}",
                                          "<html>",
                                          "{\"protocol\":1}",
                                          "{\"protocol\":1,\"set\":null}",
                                          "{\"protocol\":1,\"set\":\"\"}",
                                          "{\"protocol\":1,\"set\":\"0123456789abcdef0123456789abcd\"}",
                                          "{\"protocol\":1,\"set\":\"0123456789abcdef0123456789abcdefab\"}",
                                          "{\"protocol\":2,\"set\":\"0123456789abcdef0123456789abcdef\"}"};
    (void)state;
    story s;
    begin(&s);
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        s.f->raw_for = FAKE_LIST;
        s.f->raw = rubbish[i];
        s.f->raw_n = strlen(rubbish[i]);
        assert_int_equal(wait_for(&s, 0), YQ_BAD_ANSWER);
        assert_string_equal(s.set, "");
        assert_false(s.changed);
    }
    end(&s);
}

static void a_session_that_is_over_is_opened_again(void **state)
{
    (void)state;
    story s;
    begin(&s);
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    int sessions = s.f->count[FAKE_SESSION];
    s.f->expire_tokens = true;
    assert_int_equal(wait_for(&s, 0), YQ_OK);
    assert_int_equal(s.f->count[FAKE_SESSION], sessions + 1);
    end(&s);
}

static void a_key_that_can_sign_no_more_ends_it_and_its_state_is_known(void **state)
{
    static const struct {
        const char *code;
        int http;
    } ends[] = {{"certificate_revoked", 409},
                {"certificate_expired", 409},
                {"certificate_frozen", 409},
                {"key_state", 409},
                {"user_suspended", 403}};
    (void)state;
    story s;
    yq_key_info key;
    size_t n;
    begin(&s);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        int asked = s.f->count[FAKE_KEYS];
        s.f->refuse_code = ends[i].code;
        s.f->refuse_for = FAKE_LIST;
        s.f->refuse_status = ends[i].http;
        double begun = now();
        assert_int_equal(wait_for(&s, 60), YQ_REFUSED);
        assert_true(now() - begun < 5);
        assert_string_equal(s.problem.code, ends[i].code);
        assert_int_equal(s.f->count[FAKE_KEYS], asked + 1);
    }
    s.f->enrolments[0].failures = 5;
    s.f->refuse_code = "key_locked";
    s.f->refuse_status = 423;
    assert_int_equal(wait_for(&s, 60), YQ_KEY_LOCKED);
    assert_string_equal(s.problem.code, "key_locked");
    assert_int_equal(yq_list_keys(s.device, &key, 1, &n), YQ_OK);
    assert_string_equal(key.state, "locked");
    /* Destroyed: no session is to be had. */
    s.f->enrolments[0].closed = true;
    s.f->expire_tokens = true;
    assert_int_equal(wait_for(&s, 60), YQ_REFUSED);
    assert_string_equal(s.problem.code, "unauthenticated");
    end(&s);
}

/* ---- beside other calls ---- */

typedef struct waiter {
    story *s;
    pthread_t thread;
    yq_status status;
} waiter;

static sem_t inside, go_on;
static bool was_stopped;

static int wait_for_the_test(fake *f)
{
    (void)f;
    sem_post(&inside);
    sem_wait(&go_on);
    return was_stopped ? YQ_PLATFORM_FAILED : YQ_PLATFORM_OK;
}

static void stop(fake *f)
{
    (void)f;
    was_stopped = true;
    sem_post(&go_on);
}

static void *run(void *arg)
{
    waiter *w = arg;
    w->status = wait_for(w->s, 60);
    return NULL;
}

/* A thread inside a long poll. */
static void begin_waiting(story *s, waiter *w)
{
    sem_init(&inside, 0, 0);
    sem_init(&go_on, 0, 0);
    was_stopped = false;
    begin(s);
    assert_int_equal(wait_for(s, 0), YQ_OK);
    s->f->waits = wait_for_the_test;
    s->f->stopped = stop;
    w->s = s;
    assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
    sem_wait(&inside);
}

static void other_calls_go_on_meanwhile(void **state)
{
    (void)state;
    story s;
    waiter w;
    yq_tasks tasks;
    yq_sign_result result;
    begin_waiting(&s, &w);
    (void)fake_add_task(s.f, 0, "raw", "text", 4);
    fake_pull(s.device, &s.key, &tasks);
    assert_int_equal(tasks.n, 1);
    assert_int_equal(fake_sign_tasks(s.device, &s.key, &tasks, FAKE_PIN, &result, NULL), YQ_OK);
    yq_tasks_free(&tasks);
    (void)fake_add_task(s.f, 0, "raw", "more", 4);
    sem_post(&go_on);
    pthread_join(w.thread, NULL);
    assert_int_equal(w.status, YQ_OK);
    assert_true(s.changed);
    end(&s);
}

static void a_key_that_is_removed_meanwhile_is_not_found(void **state)
{
    (void)state;
    story s;
    waiter w;
    begin_waiting(&s, &w);
    assert_int_equal(yq_remove_key(s.device, s.key.key, true, NULL), YQ_OK);
    s.f->enrolments[0].token[0] = 0;
    sem_post(&go_on);
    /* The answer that was under way still counts; the next poll finds no key. */
    pthread_join(w.thread, NULL);
    assert_int_equal(w.status, YQ_NOT_FOUND);
    end(&s);
}

static void closing_ends_it(void **state)
{
    (void)state;
    story s;
    waiter w;
    begin_waiting(&s, &w);
    yq_device_close(s.device);
    assert_true(was_stopped);
    pthread_join(w.thread, NULL);
    assert_int_equal(w.status, YQ_CLOSED);
    fake_free(s.f);
}

static void closing_ends_a_pause_too(void **state)
{
    (void)state;
    story s;
    waiter w;
    begin_waiting(&s, &w);
    s.f->down = true;
    s.f->waits = NULL;
    sem_post(&go_on);
    const struct timespec moment = {0, 200000000};
    (void)nanosleep(&moment, NULL);
    double begun = now();
    yq_device_close(s.device);
    assert_true(now() - begun < 0.3);
    pthread_join(w.thread, NULL);
    assert_int_equal(w.status, YQ_CLOSED);
    fake_free(s.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_answer_comes_at_once_and_the_next_tells_of_changes_only),
        cmocka_unit_test(waits_over_several_polls_and_never_in_a_hurry),
        cmocka_unit_test(time_is_over),
        cmocka_unit_test(refuses_arguments),
        cmocka_unit_test(connects_again_with_longer_pauses),
        cmocka_unit_test(says_what_was_wrong_when_the_time_is_over),
        cmocka_unit_test(takes_no_rubbish_for_a_set),
        cmocka_unit_test(a_session_that_is_over_is_opened_again),
        cmocka_unit_test(a_key_that_can_sign_no_more_ends_it_and_its_state_is_known),
        cmocka_unit_test(other_calls_go_on_meanwhile),
        cmocka_unit_test(a_key_that_is_removed_meanwhile_is_not_found),
        cmocka_unit_test(closing_ends_it),
        cmocka_unit_test(closing_ends_a_pause_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
