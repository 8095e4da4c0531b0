#include "fake.h"

#define NEW_PIN "593827"

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

static void restart(story *s)
{
    yq_device_close(s->device);
    s->device = fake_device(s->f);
}

static yq_status enable(const story *s, const char *pin)
{
    return yq_enable_fingerprint(s->device, s->key.key, pin, strlen(pin), NULL);
}

static void begin_enabled(story *s)
{
    begin(s);
    assert_int_equal(enable(s, FAKE_PIN), YQ_OK);
}

static yq_key_info info_of(const story *s, const char *key)
{
    yq_key_info keys[YQ_KEYS_MAX];
    size_t n;
    assert_int_equal(yq_list_keys(s->device, keys, YQ_KEYS_MAX, &n), YQ_OK);
    for (size_t i = 0; i < n; i++)
        if (strcmp(keys[i].key, key) == 0)
            return keys[i];
    fail();
    return keys[0];
}

static bool is_on(const story *s)
{
    return info_of(s, s->key.key).fingerprint;
}

/* Signs one more task. */
static yq_status sign_with(const story *s, const char *pin, yq_sign_summary *summary, yq_problem *problem)
{
    yq_tasks tasks;
    yq_sign_result result;
    if (s->f->tasks_n == 0 || s->f->tasks[s->f->tasks_n - 1].done)
        (void)fake_add_task(s->f, 0, "raw", "出院小结", 12);
    fake_pull(s->device, &s->key, &tasks);
    const yq_sign_item item = {.task = &tasks.items[0]};
    yq_status status = yq_sign(s->device, s->key.key, &item, 1, pin, pin ? strlen(pin) : 0, &result, summary, problem);
    yq_tasks_free(&tasks);
    return status;
}

static yq_status sign(const story *s)
{
    return sign_with(s, NULL, NULL, NULL);
}

static void is_turned_on_signed_with_and_turned_off(void **state)
{
    (void)state;
    story s;
    begin(&s);
    assert_false(is_on(&s));
    assert_true(info_of(&s, s.key.key).fingerprint_allowed);
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
    assert_int_equal(s.f->unwraps, 0);
    assert_int_equal(enable(&s, FAKE_PIN), YQ_OK);
    assert_true(is_on(&s));
    assert_int_equal(s.f->enrolments[0].refreshes, 1);
    assert_int_equal(fake_fingers_n(s.f), 1);
    assert_int_equal(sign(&s), YQ_OK);
    assert_int_equal(s.f->by_fingerprint, 1);
    assert_string_equal(s.f->prompt, "签署 / Sign: 出院小结");
    restart(&s);
    assert_true(is_on(&s));
    assert_int_equal(sign(&s), YQ_OK);
    assert_int_equal(s.f->by_fingerprint, 2);
    assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK); /* the PIN goes on to do */
    assert_int_equal(s.f->by_fingerprint, 2);
    assert_int_equal(yq_disable_fingerprint(s.device, s.key.key), YQ_OK);
    assert_false(is_on(&s));
    assert_int_equal(fake_fingers_n(s.f), 0);
    assert_int_equal(yq_disable_fingerprint(s.device, s.key.key), YQ_OK);
    int unwraps = s.f->unwraps;
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
    assert_int_equal(s.f->unwraps, unwraps);
    assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK);
    end(&s);
}

/* d1 and the mask never meet outside of memory: what the finger opens is salt and mask, and x is in the storage. */
static void the_share_is_not_what_is_kept(void **state)
{
    (void)state;
    story s;
    begin_enabled(&s);
    const fake_finger *finger = NULL;
    for (size_t i = 0; i < FAKE_ENROLMENTS; i++)
        if (s.f->fingers[i].name[0])
            finger = &s.f->fingers[i];
    assert_non_null(finger);
    assert_int_equal(finger->n, 48);
    size_t with_salt = 0;
    for (size_t i = 0; i < FAKE_FILES; i++)
        for (size_t at = 0; s.f->files[i].p && at + 16 <= s.f->files[i].n; at++) {
            with_salt += memcmp(s.f->files[i].p + at, finger->secret, 16) == 0;
            if (at + 32 <= s.f->files[i].n)
                assert_memory_not_equal(s.f->files[i].p + at, finger->secret + 16, 32);
        }
    assert_int_equal(with_salt, 1);
    end(&s);
}

static void the_pin_is_proved_first(void **state)
{
    (void)state;
    story s;
    yq_problem problem;
    begin(&s);
    assert_int_equal(enable(&s, "12"), YQ_WEAK_PIN);
    assert_int_equal(yq_enable_fingerprint(s.device, s.key.key, NULL, 0, NULL), YQ_WEAK_PIN);
    assert_int_equal(yq_enable_fingerprint(s.device, s.key.key, NEW_PIN, 6, &problem), YQ_PIN_WRONG);
    assert_int_equal(problem.tries_left, 4);
    assert_int_equal(s.f->wraps, 0);
    assert_false(is_on(&s));
    assert_int_equal(yq_enable_fingerprint(s.device, "no such", FAKE_PIN, 6, NULL), YQ_NOT_FOUND);
    assert_int_equal(yq_disable_fingerprint(s.device, "no such"), YQ_NOT_FOUND);
    assert_int_equal(yq_enable_fingerprint(NULL, s.key.key, FAKE_PIN, 6, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_disable_fingerprint(NULL, s.key.key), YQ_INVALID_ARGUMENT);
    end(&s);
}

/* A wrong PIN that meets an open refresh is not wrapped. */
static void a_wrong_pin_is_never_kept(void **state)
{
    (void)state;
    story s;
    begin_enabled(&s);
    s.f->refuse_code = "busy";
    s.f->refuse_for = FAKE_CONFIRM;
    s.f->refuse_status = 503;
    assert_int_equal(yq_refresh(s.device, s.key.key, FAKE_PIN, 6, NULL), YQ_REFUSED);
    int wraps = s.f->wraps;
    assert_int_equal(sign_with(&s, NEW_PIN, NULL, NULL), YQ_PIN_WRONG);
    assert_int_equal(enable(&s, NEW_PIN), YQ_PIN_WRONG);
    assert_int_equal(s.f->wraps, wraps);
    assert_int_equal(s.f->enrolments[0].failures, 2);
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF); /* this time: the refresh wants the PIN */
    assert_true(is_on(&s));
    assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK);
    assert_int_equal(s.f->enrolments[0].failures, 0);
    assert_int_equal(sign(&s), YQ_OK);
    end(&s);
}

static void what_the_platform_says_is_told(void **state)
{
    (void)state;
    story s;
    begin(&s);
    s.f->wrap_gives = YQ_PLATFORM_FAILED;
    assert_int_equal(enable(&s, FAKE_PIN), YQ_FINGERPRINT_FAILED);
    assert_false(is_on(&s));
    s.f->wrap_gives = YQ_PLATFORM_CANCELLED;
    assert_int_equal(enable(&s, FAKE_PIN), YQ_CANCELLED);
    assert_false(is_on(&s));
    assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK); /* the shares are whole */
    s.f->wrap_gives = YQ_PLATFORM_OK;
    assert_int_equal(enable(&s, FAKE_PIN), YQ_OK);
    s.f->unwrap_gives = YQ_PLATFORM_CANCELLED;
    assert_int_equal(sign(&s), YQ_CANCELLED);
    s.f->unwrap_gives = YQ_PLATFORM_FAILED;
    assert_int_equal(sign(&s), YQ_FINGERPRINT_FAILED);
    assert_true(is_on(&s));
    s.f->unwrap_gives = YQ_PLATFORM_OK;
    assert_int_equal(sign(&s), YQ_OK);
    assert_int_equal(s.f->enrolments[0].failures, 0);
    s.f->unwrap_gives = YQ_PLATFORM_NOT_FOUND; /* another finger was enrolled */
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
    assert_false(is_on(&s));
    assert_int_equal(fake_fingers_n(s.f), 0);
    s.f->fail_finger_erase = true;
    assert_int_equal(yq_disable_fingerprint(s.device, s.key.key), YQ_FINGERPRINT_FAILED);
    end(&s);
}

static void a_device_without_has_none(void **state)
{
    (void)state;
    story s;
    begin(&s);
    yq_device_close(s.device);
    yq_platform platform = fake_platform(s.f);
    const yq_options options = {.platform = "test", .pin_iterations = MPC_ITERATIONS_MIN};
    platform.fingerprint.erase = NULL;
    s.device = NULL;
    assert_int_equal(yq_device_open(&s.device, &platform, &options), YQ_INVALID_ARGUMENT);
    platform.fingerprint = (yq_fingerprint){.wrap = NULL};
    assert_int_equal(yq_device_open(&s.device, &platform, &options), YQ_OK);
    assert_int_equal(enable(&s, FAKE_PIN), YQ_FINGERPRINT_OFF);
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
    assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK);
    assert_int_equal(yq_remove_key(s.device, s.key.key, false, NULL), YQ_OK);
    end(&s);
}

static void a_new_mask_is_kept_by_itself(void **state)
{
    (void)state;
    story s;
    begin_enabled(&s);
    assert_int_equal(yq_change_pin(s.device, s.key.key, FAKE_PIN, 6, NEW_PIN, 6, NULL), YQ_OK);
    assert_true(is_on(&s));
    assert_int_equal(sign(&s), YQ_OK);
    assert_int_equal(yq_refresh(s.device, s.key.key, NEW_PIN, 6, NULL), YQ_OK);
    assert_int_equal(sign(&s), YQ_OK);
    s.f->enrolments[0].refresh_due = true;
    assert_int_equal(sign_with(&s, NEW_PIN, NULL, NULL), YQ_OK); /* and by itself after a signature */
    assert_int_equal(s.f->enrolments[0].refreshes, 4);
    assert_int_equal(sign(&s), YQ_OK);
    /* Where the platform cannot keep it the fingerprint is off, and the PIN as good as before. */
    s.f->wrap_gives = YQ_PLATFORM_FAILED;
    assert_int_equal(yq_change_pin(s.device, s.key.key, NEW_PIN, 6, FAKE_PIN, 6, NULL), YQ_OK);
    assert_false(is_on(&s));
    assert_int_equal(fake_fingers_n(s.f), 0);
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
    assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK);
    assert_int_equal(s.f->enrolments[0].failures, 0);
    end(&s);
}

static void a_refresh_takes_the_pin(void **state)
{
    (void)state;
    story s;
    yq_sign_summary summary;
    begin_enabled(&s);
    int refreshes = s.f->enrolments[0].refreshes;
    s.f->enrolments[0].refresh_due = true;
    assert_int_equal(sign_with(&s, NULL, &summary, NULL), YQ_OK);
    assert_true(summary.pin_due);
    assert_int_equal(s.f->enrolments[0].refreshes, refreshes);
    s.f->enrolments[0].refresh_due = true;
    assert_int_equal(sign_with(&s, FAKE_PIN, &summary, NULL), YQ_OK);
    assert_false(summary.pin_due);
    assert_int_equal(s.f->enrolments[0].refreshes, refreshes + 1);
    assert_int_equal(sign_with(&s, NULL, &summary, NULL), YQ_OK);
    assert_false(summary.pin_due);
    /* The server has one open of which nothing is known here. */
    s.f->lose_answers = true;
    s.f->lose_answers_of = FAKE_REFRESH;
    assert_int_equal(yq_refresh(s.device, s.key.key, FAKE_PIN, 6, NULL), YQ_TRANSPORT_FAILED);
    s.f->lose_answers = false;
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
    assert_true(is_on(&s));
    assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK);
    assert_int_equal(sign(&s), YQ_OK);
    end(&s);
}

/* The mask of an older blob, or of nothing at all, is not proved with: it would be a wrong PIN. */
static void a_mask_left_behind_costs_no_try(void **state)
{
    (void)state;
    enum { OLD, OF_ANOTHER, SHORT, LONG, ZERO, ABOVE_N, KINDS };
    for (int kind = 0; kind < KINDS; kind++) {
        story s;
        begin_enabled(&s);
        fake_finger *finger = NULL, old;
        for (size_t i = 0; i < FAKE_ENROLMENTS; i++)
            if (s.f->fingers[i].name[0])
                finger = &s.f->fingers[i];
        assert_non_null(finger);
        old = *finger;
        if (kind == OLD) {
            assert_int_equal(yq_refresh(s.device, s.key.key, FAKE_PIN, 6, NULL), YQ_OK);
            *finger = old;
        } else if (kind == OF_ANOTHER) {
            finger->secret[3] ^= 1;
        } else if (kind == SHORT || kind == LONG) {
            finger->n += kind == LONG ? 1 : -1;
        } else {
            memset(finger->secret + 16, kind == ZERO ? 0 : 0xff, 32);
        }
        int asked = s.f->count[FAKE_SIGN];
        assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
        assert_false(is_on(&s));
        assert_int_equal(fake_fingers_n(s.f), 0);
        assert_int_equal(s.f->count[FAKE_SIGN], asked);
        assert_int_equal(s.f->enrolments[0].failures, 0);
        restart(&s);
        assert_false(is_on(&s));
        assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK);
        assert_int_equal(enable(&s, FAKE_PIN), YQ_OK);
        assert_int_equal(sign(&s), YQ_OK);
        end(&s);
    }
}

/* A PIN change under the fingerprint, cut at each exchange, save and wrap, with a restart: no use by fingerprint ever costs a try, and after the PIN
 * was given once both go on. */
static void a_change_that_is_cut_anywhere_costs_no_try(void **state)
{
    (void)state;
    enum { LOSE_REQUEST, LOSE_ANSWER, LOSE_ALL_AFTER, FAIL_SAVE, CUTS };
    for (int cut = 0; cut < CUTS; cut++) {
        bool whole = false;
        for (int at = 1; !whole; at++) {
            story s;
            begin_enabled(&s);
            int calls = s.f->calls, saves = s.f->saves;
            s.f->lose_request_at = cut == LOSE_REQUEST ? calls + at : 0;
            s.f->lose_answer_at = cut == LOSE_ANSWER || cut == LOSE_ALL_AFTER ? calls + at : 0;
            s.f->down_after = cut == LOSE_ALL_AFTER ? calls + at : 0;
            s.f->fail_save_at = cut == FAIL_SAVE ? saves + at : 0;
            yq_status status = yq_change_pin(s.device, s.key.key, FAKE_PIN, 6, NEW_PIN, 6, NULL);
            whole = cut == FAIL_SAVE ? s.f->saves < saves + at : s.f->calls < calls + at;
            assert_true(!whole || status == YQ_OK);
            s.f->lose_request_at = s.f->lose_answer_at = s.f->fail_save_at = s.f->down_after = 0;
            restart(&s);
            yq_status by_finger = sign(&s);
            assert_true(by_finger == YQ_OK || by_finger == YQ_FINGERPRINT_OFF);
            assert_int_equal(s.f->enrolments[0].failures, 0);
            const bool changed = status == YQ_OK || info_of(&s, s.key.key).pin_changing || by_finger == YQ_OK;
            const char *pin = changed && s.f->enrolments[0].pin_changes > 0 ? NEW_PIN
                              : info_of(&s, s.key.key).pin_changing         ? NEW_PIN
                                                                            : FAKE_PIN;
            assert_int_equal(sign_with(&s, pin, NULL, NULL), YQ_OK);
            assert_int_equal(s.f->enrolments[0].failures, 0);
            if (is_on(&s))
                assert_int_equal(sign(&s), YQ_OK);
            end(&s);
        }
    }
}

/* Cut between the wrap and the record that says so, nothing is on, and no mask stays at the platform. */
static void a_turning_on_that_is_cut_leaves_no_mask(void **state)
{
    (void)state;
    bool whole = false, left = false;
    for (int at = 1; !whole; at++) {
        story s;
        begin(&s);
        int last = s.f->saves + at;
        s.f->fail_save_at = last;
        yq_status status = enable(&s, FAKE_PIN);
        whole = s.f->saves < last;
        assert_int_equal(status, whole ? YQ_OK : YQ_STORAGE_FAILED);
        left = left || (!whole && fake_fingers_n(s.f) == 1);
        s.f->fail_save_at = 0;
        restart(&s);
        assert_true(is_on(&s) == whole);
        assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK);
        assert_int_equal(fake_fingers_n(s.f), whole ? 1 : 0);
        end(&s);
    }
    assert_true(left);
}

/* The wrap is of the new share, and the server has forgotten that one (restored from a backup): neither share is proved with a mask that is
 * not its own. */
static void a_refresh_that_the_server_forgot_costs_no_try(void **state)
{
    (void)state;
    story s;
    begin_enabled(&s);
    fake_enrolment before = s.f->enrolments[0];
    s.f->fail_save_at = s.f->saves + 2; /* the new share beside the old one is stored, and then not adopted */
    assert_int_equal(yq_refresh(s.device, s.key.key, FAKE_PIN, 6, NULL), YQ_STORAGE_FAILED);
    s.f->fail_save_at = 0;
    restart(&s);
    const char *token = s.f->enrolments[0].token;
    memcpy(before.token, token, sizeof before.token);
    json_t *done = s.f->enrolments[0].done;
    s.f->enrolments[0] = before;
    s.f->enrolments[0].done = done;
    s.f->enrolments[0].has_rid = s.f->enrolments[0].refreshing = false;
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
    assert_int_equal(s.f->enrolments[0].failures, 0);
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
    assert_false(is_on(&s));
    assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK);
    assert_int_equal(s.f->enrolments[0].failures, 0);
    end(&s);
}

/* The other way: the refresh was confirmed, and its acknowledgement lost before it was adopted. The finger finishes it. */
static void the_finger_finishes_a_refresh(void **state)
{
    (void)state;
    story s;
    begin_enabled(&s);
    s.f->fail_save_at = s.f->saves + 2;
    assert_int_equal(yq_change_pin(s.device, s.key.key, FAKE_PIN, 6, NEW_PIN, 6, NULL), YQ_STORAGE_FAILED);
    restart(&s);
    assert_true(info_of(&s, s.key.key).pin_changing);
    assert_int_equal(sign(&s), YQ_OK);
    assert_false(info_of(&s, s.key.key).pin_changing);
    assert_int_equal(sign_with(&s, NEW_PIN, NULL, NULL), YQ_OK);
    assert_int_equal(s.f->enrolments[0].failures, 0);
    end(&s);
}

static void is_not_for_shared_devices(void **state)
{
    (void)state;
    story s;
    yq_key_info second;
    begin_enabled(&s);
    /* A code that is refused enrols nobody. */
    yq_enrolment wrong = fake_enrolment_of(1);
    wrong.activation_code = "AAAA-AAAA-AAAA";
    assert_int_equal(yq_enrol(s.device, &wrong, NULL, NULL), YQ_REFUSED);
    assert_true(is_on(&s));
    assert_int_equal(sign(&s), YQ_OK);
    fake_enrol_person(s.device, 1, &second);
    assert_false(is_on(&s));
    assert_int_equal(fake_fingers_n(s.f), 0);
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF);
    assert_int_equal(enable(&s, FAKE_PIN), YQ_WRONG_STATE);
    assert_int_equal(yq_enable_fingerprint(s.device, second.key, FAKE_PIN, 6, NULL), YQ_WRONG_STATE);
    assert_int_equal(sign_with(&s, FAKE_PIN, NULL, NULL), YQ_OK);
    assert_int_equal(yq_remove_key(s.device, second.key, false, NULL), YQ_OK);
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF); /* it does not come back by itself */
    assert_int_equal(enable(&s, FAKE_PIN), YQ_OK);
    assert_int_equal(sign(&s), YQ_OK);
    end(&s);
}

/* The app was killed between the second person's enrolment and the turning off. */
static void a_shared_device_is_noticed_when_it_is_opened(void **state)
{
    (void)state;
    story s;
    yq_key_info second;
    begin_enabled(&s);
    int saves = s.f->saves;
    s.f->fail_save_at = saves + 4; /* index, record, the enrolment, and then the first person's record */
    assert_int_equal(fake_try_enrol(s.device, 1, &second, NULL), YQ_OK);
    assert_true(is_on(&s));
    assert_int_equal(sign(&s), YQ_FINGERPRINT_OFF); /* all the same */
    assert_int_equal(s.f->unwraps, 0);
    restart(&s);
    assert_false(is_on(&s));
    assert_int_equal(fake_fingers_n(s.f), 0);
    end(&s);
}

static void the_hospital_may_forbid_it(void **state)
{
    (void)state;
    story s;
    yq_problem problem;
    yq_key_info info;
    begin_enabled(&s);
    s.f->fingerprint_forbidden = true;
    assert_int_equal(sign_with(&s, NULL, NULL, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "fingerprint_forbidden");
    assert_false(is_on(&s));
    assert_false(info_of(&s, s.key.key).fingerprint_allowed);
    assert_int_equal(fake_fingers_n(s.f), 0);
    assert_int_equal(enable(&s, FAKE_PIN), YQ_WRONG_STATE);
    s.f->fingerprint_forbidden = false;
    assert_int_equal(yq_sync_key(s.device, s.key.key, &info, NULL), YQ_OK);
    assert_true(info.fingerprint_allowed);
    assert_false(info.fingerprint);
    assert_int_equal(enable(&s, FAKE_PIN), YQ_OK);
    assert_int_equal(sign(&s), YQ_OK);
    s.f->fingerprint_forbidden = true; /* told by a sync, before anything is signed */
    assert_int_equal(yq_sync_key(s.device, s.key.key, &info, NULL), YQ_OK);
    assert_false(info.fingerprint || info.fingerprint_allowed);
    assert_int_equal(fake_fingers_n(s.f), 0);
    restart(&s);
    assert_false(info_of(&s, s.key.key).fingerprint_allowed);
    end(&s);
}

static void a_removed_key_leaves_nothing(void **state)
{
    (void)state;
    story s;
    begin_enabled(&s);
    s.f->fail_finger_erase = true;
    assert_int_equal(yq_remove_key(s.device, s.key.key, true, NULL), YQ_FINGERPRINT_FAILED);
    s.f->fail_finger_erase = false;
    assert_int_equal(yq_remove_key(s.device, s.key.key, true, NULL), YQ_OK);
    assert_int_equal(fake_fingers_n(s.f), 0);
    end(&s);
}

static void the_prompt_is_cut_where_a_character_begins(void **state)
{
    (void)state;
    story s;
    yq_tasks tasks;
    yq_sign_result results[2];
    char title[601] = "";
    begin_enabled(&s);
    (void)fake_add_task(s.f, 0, "raw", "一", 3);
    (void)fake_add_task(s.f, 0, "raw", "二", 3);
    fake_pull(s.device, &s.key, &tasks);
    yq_task first = tasks.items[0];
    for (size_t i = 0; i < 200; i++)
        memcpy(title + 3 * i, "签", 4);
    first.title = title;
    const yq_sign_item items[] = {{.task = &first}, {.task = &tasks.items[1]}};
    assert_int_equal(yq_sign(s.device, s.key.key, items, 2, NULL, 0, results, NULL, NULL), YQ_OK);
    assert_int_equal(strncmp(s.f->prompt, "签署多份 / Sign several: 签", 29), 0);
    assert_in_range(strlen(s.f->prompt), YQ_PROMPT_MAX - 2, YQ_PROMPT_MAX);
    yq_tasks_free(&tasks);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_turned_on_signed_with_and_turned_off),
        cmocka_unit_test(the_share_is_not_what_is_kept),
        cmocka_unit_test(the_pin_is_proved_first),
        cmocka_unit_test(a_wrong_pin_is_never_kept),
        cmocka_unit_test(what_the_platform_says_is_told),
        cmocka_unit_test(a_device_without_has_none),
        cmocka_unit_test(a_new_mask_is_kept_by_itself),
        cmocka_unit_test(a_refresh_takes_the_pin),
        cmocka_unit_test(a_mask_left_behind_costs_no_try),
        cmocka_unit_test(a_change_that_is_cut_anywhere_costs_no_try),
        cmocka_unit_test(a_turning_on_that_is_cut_leaves_no_mask),
        cmocka_unit_test(a_refresh_that_the_server_forgot_costs_no_try),
        cmocka_unit_test(the_finger_finishes_a_refresh),
        cmocka_unit_test(is_not_for_shared_devices),
        cmocka_unit_test(a_shared_device_is_noticed_when_it_is_opened),
        cmocka_unit_test(the_hospital_may_forbid_it),
        cmocka_unit_test(a_removed_key_leaves_nothing),
        cmocka_unit_test(the_prompt_is_cut_where_a_character_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
