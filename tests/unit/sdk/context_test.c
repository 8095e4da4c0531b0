#include "fake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static void checks_what_it_is_given(void **state)
{
    (void)state;
    fake *f = fake_make();
    const yq_platform good = fake_platform(f);
    yq_platform bad[8];
    yq_device *device;
    for (size_t i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].storage.load = NULL;
    bad[1].storage.save = NULL;
    bad[2].storage.erase = NULL;
    bad[3].transport.exchange = NULL;
    bad[4].entropy.fill = NULL;
    bad[5].credential.create = NULL;
    bad[6].credential.sign = NULL;
    bad[7].credential.erase = NULL;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(yq_device_open(&device, &bad[i], NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_device_open(&device, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_device_open(NULL, &good, NULL), YQ_INVALID_ARGUMENT);
    yq_options options = {.pin_iterations = 9999};
    assert_int_equal(yq_device_open(&device, &good, &options), YQ_INVALID_ARGUMENT);
    options = (yq_options){.platform = "a platform name of 33 characters."};
    assert_int_equal(yq_device_open(&device, &good, &options), YQ_INVALID_ARGUMENT);
    options.platform = "";
    assert_int_equal(yq_device_open(&device, &good, &options), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_device_open(&device, &good, NULL), YQ_OK);
    yq_device_close(device);
    yq_device_close(NULL);
    assert_int_equal(yq_check_pin(NULL, 6), YQ_INVALID_ARGUMENT);
    yq_problem problem = {.http_status = 500};
    assert_int_equal(yq_sync_keys(NULL, &problem), YQ_INVALID_ARGUMENT);
    assert_int_equal(problem.http_status, 0);
    assert_int_equal(yq_list_keys(NULL, NULL, 0, NULL), YQ_INVALID_ARGUMENT);
    fake_free(f);
}

static void has_words_for_every_status(void **state)
{
    (void)state;
    for (int status = YQ_OK; status <= YQ_CANCELLED; status++) {
        assert_non_null(yq_status_text((yq_status)status));
        assert_string_not_equal(yq_status_text((yq_status)status), "unknown status");
        for (int other = YQ_OK; other < status; other++)
            assert_string_not_equal(yq_status_text((yq_status)status), yq_status_text((yq_status)other));
    }
    assert_string_equal(yq_status_text((yq_status)1000), "unknown status");
}

static yq_device *reentered;

static bool reenter(fake *f)
{
    size_t n;
    (void)f;
    return yq_list_keys(reentered, NULL, 0, &n) == YQ_REENTERED && yq_set_server(reentered, FAKE_URL) == YQ_REENTERED &&
           yq_sync_keys(reentered, NULL) == YQ_REENTERED;
}

static void refuses_calls_from_callbacks(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_key_info key;
    reentered = fake_device(f);
    f->reenter = reenter;
    fake_enrol_person(reentered, 0, &key);
    yq_device_close(reentered);
    fake_free(f);
}

/* ---- several persons, several threads ---- */

/* One context with several persons, used by several threads at once: everybody signs his own, and what one does touches nobody else's. Run under
 * AddressSanitizer and ThreadSanitizer too. */
enum { PERSONS = FAKE_PEOPLE, SIGNERS = 2, ROUNDS = 6, THREADS = PERSONS * (SIGNERS + 2) + 2 };

static const char *const pins[PERSONS] = {"274950", "593827", "860413"};

typedef struct stress {
    fake *f;
    pthread_mutex_t exchanging; /* the server in memory takes one request at a time */
    yq_device *device;
    yq_key_info keys[PERSONS];
    atomic_int signing; /* threads that still sign */
} stress;

/* What a thread does, and for whom; `failed` is the line that was not as it should be. */
typedef struct worker {
    stress *s;
    size_t person;
    int failed;
    pthread_t thread;
} worker;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            w->failed = __LINE__;                                                                                      \
            return NULL;                                                                                               \
        }                                                                                                              \
    } while (0)

static int exchange(void *context, const yq_http_request *request, int *status, yq_http_answer *answer)
{
    stress *s = context;
    (void)pthread_mutex_lock(&s->exchanging);
    int result = fake_exchange(s->f, request, status, answer);
    (void)pthread_mutex_unlock(&s->exchanging);
    return result;
}

static stress *waiting;

/* A long poll that has nothing to tell: others are served meanwhile. */
static int polls(fake *f)
{
    (void)f;
    (void)pthread_mutex_unlock(&waiting->exchanging);
    (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    (void)pthread_mutex_lock(&waiting->exchanging);
    return YQ_PLATFORM_OK;
}

static const char *key_of(const worker *w)
{
    return w->s->keys[w->person].key;
}

static void *signs(void *context)
{
    worker *w = context;
    for (int i = 0; i < ROUNDS; i++) {
        yq_tasks tasks;
        yq_sign_result result;
        CHECK(yq_pull_tasks(w->s->device, key_of(w), NULL, 1, &tasks, NULL) == YQ_OK);
        if (tasks.n == 1) {
            const yq_sign_item item = {.task = tasks.items};
            yq_status status = yq_sign(w->s->device, key_of(w), &item, 1, pins[w->person], 6, &result, NULL, NULL);
            yq_tasks_free(&tasks);
            CHECK(status == YQ_OK || status == YQ_REFUSED); /* another thread was first with this task */
        }
    }
    w->s->signing--;
    return NULL;
}

static void *looks(void *context)
{
    worker *w = context;
    do {
        yq_key_info keys[YQ_KEYS_MAX], key;
        yq_signatures history;
        size_t n;
        char server[256];
        CHECK(yq_list_keys(w->s->device, keys, YQ_KEYS_MAX, &n) == YQ_OK && n == PERSONS);
        CHECK(yq_sync_key(w->s->device, key_of(w), &key, NULL) == YQ_OK);
        CHECK(strcmp(key.staff_no, fake_people[w->person].staff_no) == 0 && !key.fingerprint);
        CHECK(yq_list_signatures(w->s->device, key_of(w), NULL, 10, &history, NULL) == YQ_OK);
        yq_signatures_free(&history);
        CHECK(yq_get_server(w->s->device, server) == YQ_OK);
        CHECK(yq_enable_fingerprint(w->s->device, key_of(w), pins[w->person], 6, NULL) == YQ_WRONG_STATE);
    } while (w->s->signing > 0);
    return NULL;
}

static void *waits(void *context)
{
    worker *w = context;
    char set[YQ_TASK_SET] = "";
    bool changed;
    do
        CHECK(yq_wait_tasks(w->s->device, key_of(w), set, 1, &changed, NULL) == YQ_OK);
    while (w->s->signing > 0);
    return NULL;
}

/* Somebody tries the first person's key with the second one's PIN, once in a while. */
static void *mistakes(void *context)
{
    worker *w = context;
    for (int i = 0; i < 3; i++) {
        yq_problem problem;
        yq_status status = yq_refresh(w->s->device, key_of(w), pins[1], 6, &problem);
        CHECK(status == YQ_PIN_WRONG);
        CHECK(problem.tries_left >= 0 && problem.tries_left <= 4);
    }
    return NULL;
}

static void *refreshes(void *context)
{
    worker *w = context;
    for (int i = 0; i < 3; i++)
        CHECK(yq_refresh(w->s->device, key_of(w), pins[w->person], 6, NULL) == YQ_OK);
    return NULL;
}

static void enrol_all(stress *s)
{
    for (size_t i = 0; i < PERSONS; i++) {
        yq_enrolment enrolment = fake_enrolment_of(i);
        enrolment.pin = pins[i];
        assert_int_equal(yq_enrol(s->device, &enrolment, &s->keys[i], NULL), YQ_OK);
    }
}

static void start(worker *workers, size_t *n, stress *s, size_t person, void *(*work)(void *))
{
    worker *w = &workers[(*n)++];
    *w = (worker){.s = s, .person = person};
    assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
}

static void persons_and_threads_do_not_meet(void **state)
{
    (void)state;
    static stress s;
    worker workers[THREADS];
    size_t n = 0, done[PERSONS] = {0};
    s.f = fake_make();
    waiting = &s;
    assert_int_equal(pthread_mutex_init(&s.exchanging, NULL), 0);
    yq_platform platform = fake_platform(s.f);
    const yq_options options = {.platform = "test", .pin_iterations = MPC_ITERATIONS_MIN};
    platform.transport = (yq_transport){.context = &s, .exchange = exchange};
    assert_int_equal(yq_device_open(&s.device, &platform, &options), YQ_OK);
    enrol_all(&s);
    s.f->waits = polls;
    for (size_t i = 0; i < PERSONS * SIGNERS * ROUNDS; i++)
        (void)fake_add_task(s.f, i % PERSONS, i % 2 ? "digest" : "raw", "a", 1);
    s.signing = PERSONS * SIGNERS;
    for (size_t i = 0; i < PERSONS; i++) {
        for (size_t k = 0; k < SIGNERS; k++)
            start(workers, &n, &s, i, signs);
        start(workers, &n, &s, i, looks);
        start(workers, &n, &s, i, waits);
    }
    start(workers, &n, &s, 0, mistakes);
    start(workers, &n, &s, 2, refreshes);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(workers[i].failed, 0);
    for (size_t i = 0; i < s.f->tasks_n; i++) {
        const fake_task *t = &s.f->tasks[i];
        if (t->done)
            done[i % PERSONS]++;
        assert_true(!t->done || t->by->person == t->signer);
    }
    for (size_t i = 0; i < PERSONS; i++)
        assert_in_range(done[i], ROUNDS, SIGNERS * ROUNDS);
    assert_int_equal(s.f->enrolments[1].failures, 0);
    assert_int_equal(s.f->enrolments[2].failures, 0);
    assert_true(s.f->enrolments[2].refreshes >= 3);
    yq_device_close(s.device);
    (void)pthread_mutex_destroy(&s.exchanging);
    fake_free(s.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_what_it_is_given),
        cmocka_unit_test(has_words_for_every_status),
        cmocka_unit_test(refuses_calls_from_callbacks),
        cmocka_unit_test(persons_and_threads_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
