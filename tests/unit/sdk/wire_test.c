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
}

static void end(story *s)
{
    yq_device_close(s->device);
    fake_free(s->f);
}

static void say_raw(fake *f, fake_call call, const char *text, size_t n, int status)
{
    f->raw_for = call;
    f->raw = text;
    f->raw_n = n;
    f->raw_status = status;
}

/* Enrols, pulls and signs; the first failure. */
static yq_status whole_job(story *s, yq_problem *problem)
{
    yq_tasks tasks;
    yq_sign_result result;
    yq_status status = fake_try_enrol(s->device, 0, &s->key, problem);
    if (status != YQ_OK)
        return status;
    fake_add_task(s->f, 0, "raw", "a", 1);
    status = yq_pull_tasks(s->device, s->key.key, NULL, 10, &tasks, problem);
    if (status == YQ_OK)
        status = fake_sign_tasks(s->device, &s->key, &tasks, FAKE_PIN, &result, problem);
    yq_tasks_free(&tasks);
    return status == YQ_OK ? yq_sync_keys(s->device, problem) : status;
}

static const fake_call json_calls[] = {FAKE_ENROL, FAKE_CHALLENGE,  FAKE_SESSION, FAKE_KEYGEN,
                                       FAKE_SIGN,  FAKE_SIGNATURES, FAKE_LIST,    FAKE_KEYS};
enum { JSON_CALLS = sizeof json_calls / sizeof *json_calls };

static void takes_no_huge_answer(void **state)
{
    (void)state;
    enum { HUGE = 10 << 20 };
    char *huge = malloc(HUGE);
    assert_non_null(huge);
    memset(huge, ' ', HUGE);
    for (size_t i = 0; i < JSON_CALLS; i++) {
        for (int status = 200; status <= 500; status += 300) {
            story s;
            begin(&s);
            say_raw(s.f, json_calls[i], huge, HUGE, status);
            assert_int_equal(whole_job(&s, NULL), YQ_BAD_ANSWER);
            end(&s);
        }
    }
    free(huge);
}

static void takes_no_odd_answer(void **state)
{
    (void)state;
    static char deep[20000];
    for (size_t i = 0; i < sizeof deep / 2; i++) {
        deep[i] = '[';
        deep[sizeof deep - 1 - i] = ']';
    }
    static const char *const odd[] = {"",
                                      "null",
                                      "[]",
                                      "{}",
                                      "{\"protocol\":1}",
                                      "{\"protocol\":\"1\"}",
                                      "{\"protocol\":2}",
                                      "{\"protocol\":1,\"protocol\":1}",
                                      "<html>captive portal</html>",
                                      "{\"protocol\":1",
                                      "{\"protocol\":1}{\"protocol\":1}",
                                      deep};
    for (size_t i = 0; i < JSON_CALLS; i++) {
        for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
            story s;
            begin(&s);
            say_raw(s.f, json_calls[i], odd[k], odd[k] == deep ? sizeof deep : strlen(odd[k]), 0);
            assert_int_equal(whole_job(&s, NULL), YQ_BAD_ANSWER);
            end(&s);
        }
    }
}

static void tells_what_the_server_said(void **state)
{
    (void)state;
    story s;
    yq_problem problem;
    char text[4000];
    char filler[900];
    begin(&s);
    memset(filler, 'x', sizeof filler);
    filler[0] = 0;
    for (int i = 0; i < 290; i++)
        memcpy(filler + 3 * i, "医", 4);
    (void)snprintf(
        text, sizeof text,
        "{\"code\":\"user_suspended\",\"title\":\"%s\",\"detail\":5,\"tries_left\":-3,\"retry_after\":30,\"new\":[]}",
        filler);
    say_raw(s.f, FAKE_ENROL, text, strlen(text), 403);
    assert_int_equal(whole_job(&s, &problem), YQ_REFUSED);
    assert_int_equal(problem.http_status, 403);
    assert_string_equal(problem.code, "user_suspended");
    assert_int_equal(strlen(problem.title), 255); /* cut between characters */
    assert_true(utf8_valid(problem.title, 255));
    assert_string_equal(problem.detail, "");
    assert_int_equal(problem.tries_left, -1);
    assert_int_equal(problem.retry_after, 30);
    static const int statuses[] = {301, 400, 404, 502, 599};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        say_raw(s.f, FAKE_ENROL, "<html>Bad Gateway</html>", 24, statuses[i]);
        assert_int_equal(whole_job(&s, &problem), YQ_REFUSED);
        assert_int_equal(problem.http_status, statuses[i]);
        assert_string_equal(problem.code, "");
    }
    say_raw(s.f, FAKE_ENROL, "{}", 2, 99);
    assert_int_equal(whole_job(&s, &problem), YQ_TRANSPORT_FAILED);
    assert_int_equal(problem.http_status, 0);
    s.f->raw = NULL;
    assert_int_equal(whole_job(&s, &problem), YQ_OK);
    end(&s);
}

static void sends_no_odd_token(void **state)
{
    (void)state;
    static const char *const tokens[] = {"", "a b", "a\\r\\nX: y", "医"};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        story s;
        char text[100];
        begin(&s);
        (void)snprintf(text, sizeof text, "{\"protocol\":1,\"token\":\"%s\"}", tokens[i]);
        say_raw(s.f, FAKE_SESSION, text, strlen(text), 0);
        assert_int_equal(whole_job(&s, NULL), YQ_BAD_ANSWER);
        assert_int_equal(s.f->count[FAKE_KEYGEN], 0);
        end(&s);
    }
}

static void signs_challenges_of_1_to_128_bytes(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        yq_status status;
    } cases[] = {{0, YQ_BAD_ANSWER}, {1, YQ_REFUSED}, {128, YQ_REFUSED}, {129, YQ_BAD_ANSWER}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        story s;
        char digits[300], text[400];
        begin(&s);
        memset(digits, 'a', 2 * cases[i].n);
        digits[2 * cases[i].n] = 0;
        (void)snprintf(text, sizeof text, "{\"protocol\":1,\"challenge\":\"%s\"}", digits);
        say_raw(s.f, FAKE_CHALLENGE, text, strlen(text), 0);
        s.f->refuse_code = "unauthenticated";
        s.f->refuse_for = FAKE_SESSION;
        s.f->refuse_status = 401;
        assert_int_equal(whole_job(&s, NULL), cases[i].status);
        assert_int_equal(s.f->count[FAKE_SESSION], cases[i].status == YQ_REFUSED);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_no_huge_answer),
        cmocka_unit_test(takes_no_odd_answer),
        cmocka_unit_test(tells_what_the_server_said),
        cmocka_unit_test(sends_no_odd_token),
        cmocka_unit_test(signs_challenges_of_1_to_128_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
