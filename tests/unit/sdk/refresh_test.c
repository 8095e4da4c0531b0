#include "fake.h"

#define NEW_PIN "593827"

static yq_status change(yq_device *device, const yq_key_info *key, const char *pin, const char *new_pin)
{
    return yq_change_pin(device, key->key, pin, strlen(pin), new_pin, strlen(new_pin), NULL);
}

static yq_status refresh(yq_device *device, const yq_key_info *key, const char *pin)
{
    return yq_refresh(device, key->key, pin, strlen(pin), NULL);
}

static yq_status sign(fake *f, yq_device *device, const yq_key_info *key, const char *pin)
{
    yq_tasks tasks;
    yq_sign_result results[FAKE_BATCH];
    (void)fake_add_task(f, 0, "raw", "出院小结", 12);
    fake_pull(device, key, &tasks);
    yq_status status = fake_sign_tasks(device, key, &tasks, pin, results, NULL);
    yq_tasks_free(&tasks);
    return status;
}

static yq_key_info info(yq_device *device)
{
    yq_key_info keys[YQ_KEYS_MAX];
    size_t n;
    assert_int_equal(yq_list_keys(device, keys, YQ_KEYS_MAX, &n), YQ_OK);
    assert_int_equal(n, 1);
    return keys[0];
}

static yq_device *restart(fake *f, yq_device *device)
{
    yq_device_close(device);
    return fake_device(f);
}

/* The key signs with this PIN, and not with the other, and nothing of a refresh is left in the storage. */
static void assert_pin(fake *f, yq_device *device, const char *pin, const char *other)
{
    yq_key_info key = info(device);
    assert_false(key.pin_changing);
    assert_int_equal(f->enrolments[0].failures, 0);
    assert_int_equal(sign(f, device, &key, pin), YQ_OK);
    assert_int_equal(sign(f, device, &key, other), YQ_PIN_WRONG);
    assert_int_equal(sign(f, device, &key, pin), YQ_OK);
    assert_false(f->enrolments[0].refreshing);
}

static void the_pin_is_changed(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    assert_int_equal(change(device, &key, FAKE_PIN, NEW_PIN), YQ_OK);
    assert_int_equal(f->enrolments[0].pin_changes, 1);
    assert_pin(f, device, NEW_PIN, FAKE_PIN);
    device = restart(f, device);
    assert_pin(f, device, NEW_PIN, FAKE_PIN);
    yq_device_close(device);
    fake_free(f);
}

static void what_is_given_is_checked(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    int calls = f->calls;
    assert_int_equal(change(device, &key, FAKE_PIN, "111111"), YQ_WEAK_PIN);
    assert_int_equal(change(device, &key, "12", NEW_PIN), YQ_WEAK_PIN);
    assert_int_equal(yq_change_pin(device, key.key, FAKE_PIN, 6, NULL, 6, NULL), YQ_WEAK_PIN);
    assert_int_equal(refresh(device, &key, "12"), YQ_WEAK_PIN);
    assert_int_equal(yq_refresh(device, "00000000-0000-0000-0000-000000000000", FAKE_PIN, 6, NULL), YQ_NOT_FOUND);
    assert_int_equal(yq_refresh(NULL, key.key, FAKE_PIN, 6, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(f->calls, calls);
    assert_int_equal(change(device, &key, NEW_PIN, "274951"), YQ_PIN_WRONG);
    assert_int_equal(f->enrolments[0].failures, 1);
    assert_int_equal(change(device, &key, FAKE_PIN, NEW_PIN), YQ_OK);
    yq_device_close(device);
    fake_free(f);
}

/* What an app does after a failure: it asks which PIN it is now. */
static void go_on(yq_device *device)
{
    yq_key_info key = info(device);
    if (key.pin_changing) {
        assert_int_equal(change(device, &key, FAKE_PIN, NEW_PIN), YQ_WRONG_STATE);
        assert_int_equal(refresh(device, &key, NEW_PIN), YQ_OK);
    } else {
        assert_int_equal(change(device, &key, FAKE_PIN, NEW_PIN), YQ_OK);
    }
}

/* The change is cut at each exchange (the request lost, the answer lost, both with no connection after it) and at each save, with and
 * without a restart. */
static void a_change_that_is_cut_anywhere_is_finished(void **state)
{
    (void)state;
    enum { LOSE_REQUEST, LOSE_ANSWER, LOSE_ALL_AFTER, FAIL_SAVE, CUTS };
    for (int cut = 0; cut < 2 * CUTS; cut++) {
        bool whole = false;
        for (int at = 1; !whole; at++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info key;
            fake_enrol_person(device, 0, &key);
            int calls = f->calls, saves = f->saves;
            f->lose_request_at = cut % CUTS == LOSE_REQUEST ? calls + at : 0;
            f->lose_answer_at = cut % CUTS == LOSE_ANSWER || cut % CUTS == LOSE_ALL_AFTER ? calls + at : 0;
            f->down_after = cut % CUTS == LOSE_ALL_AFTER ? calls + at : 0;
            f->fail_save_at = cut % CUTS == FAIL_SAVE ? saves + at : 0;
            yq_status status = change(device, &key, FAKE_PIN, NEW_PIN);
            whole = cut % CUTS == FAIL_SAVE ? f->saves < saves + at : f->calls < calls + at;
            f->lose_request_at = f->lose_answer_at = f->fail_save_at = f->down_after = 0;
            if (whole)
                assert_int_equal(status, YQ_OK);
            if (cut >= CUTS)
                device = restart(f, device);
            if (status != YQ_OK)
                go_on(device);
            assert_true(f->enrolments[0].pin_changes >= 1);
            assert_pin(f, device, NEW_PIN, FAKE_PIN);
            yq_device_close(device);
            fake_free(f);
        }
    }
}

/* The same where nothing is asked: the next signature finishes the refresh. */
static void the_next_signature_finishes_a_refresh(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        bool whole = false;
        for (int at = 1; !whole; at++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info key;
            fake_enrol_person(device, 0, &key);
            int calls = f->calls, saves = f->saves;
            f->lose_answer_at = f->down_after = kind & 1 ? 0 : calls + at;
            f->fail_save_at = kind & 1 ? saves + at : 0;
            yq_status status = refresh(device, &key, FAKE_PIN);
            whole = kind & 1 ? f->saves < saves + at : f->calls < calls + at;
            assert_true(whole == (status == YQ_OK));
            f->lose_answer_at = f->down_after = f->fail_save_at = 0;
            if (kind & 2)
                device = restart(f, device);
            assert_false(info(device).pin_changing);
            assert_pin(f, device, FAKE_PIN, NEW_PIN);
            yq_device_close(device);
            fake_free(f);
        }
    }
}

static void the_server_says_when_it_is_due(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    assert_int_equal(sign(f, device, &key, FAKE_PIN), YQ_OK);
    assert_int_equal(f->enrolments[0].refreshes, 0);
    f->enrolments[0].refresh_due = true;
    assert_int_equal(sign(f, device, &key, NEW_PIN), YQ_PIN_WRONG);
    assert_int_equal(f->enrolments[0].refreshes, 0);
    assert_int_equal(sign(f, device, &key, FAKE_PIN), YQ_OK);
    assert_int_equal(f->enrolments[0].refreshes, 1);
    assert_int_equal(f->enrolments[0].pin_changes, 0);
    /* What is signed is signed, whatever becomes of the refresh. */
    f->enrolments[0].refresh_due = true;
    f->lose_answers = true;
    f->lose_answers_of = FAKE_REFRESH;
    assert_int_equal(sign(f, device, &key, FAKE_PIN), YQ_OK);
    f->lose_answers = false;
    assert_true(f->enrolments[0].refreshing);
    assert_pin(f, device, FAKE_PIN, NEW_PIN);
    yq_device_close(device);
    fake_free(f);
}

static void more_iterations_are_a_refresh(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    yq_device_close(device);
    const yq_platform platform = fake_platform(f);
    const yq_options options = {.platform = "test", .pin_iterations = MPC_ITERATIONS_MIN + 1000};
    assert_int_equal(yq_device_open(&device, &platform, &options), YQ_OK);
    assert_int_equal(sign(f, device, &key, FAKE_PIN), YQ_OK);
    assert_int_equal(f->enrolments[0].refreshes, 1);
    assert_int_equal(sign(f, device, &key, FAKE_PIN), YQ_OK);
    assert_int_equal(f->enrolments[0].refreshes, 1);
    device = restart(f, device); /* fewer are no reason */
    assert_pin(f, device, FAKE_PIN, NEW_PIN);
    assert_int_equal(f->enrolments[0].refreshes, 1);
    yq_device_close(device);
    fake_free(f);
}

/* Leaves a change open after R2, which the server then forgets. */
static void a_change_that_the_server_gave_up_leaves_the_old_pin(void **state)
{
    (void)state;
    for (int pin_changing = 0; pin_changing < 2; pin_changing++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info key;
        fake_enrol_person(device, 0, &key);
        f->refuse_code = "busy";
        f->refuse_for = FAKE_CONFIRM;
        f->refuse_status = 503;
        yq_status status = pin_changing ? change(device, &key, FAKE_PIN, NEW_PIN) : refresh(device, &key, FAKE_PIN);
        assert_int_equal(status, YQ_REFUSED);
        assert_int_equal(info(device).pin_changing, pin_changing);
        f->enrolments[0].refreshing = f->enrolments[0].has_rid = false;
        if (pin_changing) {
            yq_problem problem;
            assert_int_equal(yq_refresh(device, key.key, NEW_PIN, 6, &problem), YQ_REFUSED);
            assert_string_equal(problem.code, "conflict");
        }
        assert_pin(f, device, FAKE_PIN, NEW_PIN);
        yq_device_close(device);
        fake_free(f);
    }
}

static void a_wrong_pin_leaves_the_change_open(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    f->refuse_code = "busy";
    f->refuse_for = FAKE_CONFIRM;
    f->refuse_status = 503;
    assert_int_equal(change(device, &key, FAKE_PIN, NEW_PIN), YQ_REFUSED);
    assert_int_equal(sign(f, device, &key, FAKE_PIN), YQ_PIN_WRONG);
    assert_true(info(device).pin_changing);
    assert_int_equal(sign(f, device, &key, NEW_PIN), YQ_OK);
    assert_pin(f, device, NEW_PIN, FAKE_PIN);
    yq_device_close(device);
    fake_free(f);
}

static void a_false_answer_changes_nothing(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "", "{}", "{\"protocol\":1,\"u_server\":\"00\"}",
        "{\"protocol\":1,\"u_server\":\"0000000000000000000000000000000000000000000000000000000000000000\"}"};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info key;
        fake_enrol_person(device, 0, &key);
        f->raw = answers[i];
        f->raw_n = strlen(answers[i]);
        f->raw_for = FAKE_REFRESH;
        assert_int_equal(change(device, &key, FAKE_PIN, NEW_PIN), YQ_BAD_ANSWER);
        assert_false(info(device).pin_changing);
        f->raw_for = FAKE_SID;
        assert_int_equal(change(device, &key, FAKE_PIN, NEW_PIN), YQ_BAD_ANSWER);
        f->raw = NULL;
        assert_pin(f, device, FAKE_PIN, NEW_PIN);
        yq_device_close(device);
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pin_is_changed),
        cmocka_unit_test(what_is_given_is_checked),
        cmocka_unit_test(a_change_that_is_cut_anywhere_is_finished),
        cmocka_unit_test(the_next_signature_finishes_a_refresh),
        cmocka_unit_test(the_server_says_when_it_is_due),
        cmocka_unit_test(more_iterations_are_a_refresh),
        cmocka_unit_test(a_change_that_the_server_gave_up_leaves_the_old_pin),
        cmocka_unit_test(a_wrong_pin_leaves_the_change_open),
        cmocka_unit_test(a_false_answer_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
