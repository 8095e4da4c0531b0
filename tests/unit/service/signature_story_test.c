#include "service/signature_story.h"

#include "phone.h"
#include "service/signature_stamp.h"
#include "service/task_end.h"

#define DOCUMENT "出院小结: 患者恢复良好。"

typedef struct ward {
    fixture f;
    user doctor;
    phone phone;
    business_system emr;
} ward;

static int setup(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    w->doctor = fixture_user(&w->f, "D1001", "王建国");
    w->emr = fixture_system(&w->f, "电子病历");
    phone_make(&w->phone, &w->f, &w->doctor);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    ward *w = *state;
    phone_throw_away(&w->phone);
    fixture_remove(&w->f);
    free(w);
    return 0;
}

static void sign(ward *w, const task *t)
{
    signing s;
    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, t->id, bytes_of_text(DOCUMENT));
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    w->f.now_ms += 2000;
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

static signature_story *tell(ward *w, const uint8_t id[16])
{
    signature_story *s = arena_alloc(w->f.arena, sizeof *s);
    assert_non_null(s);
    assert_int_equal(signature_story_read(fixture_call(&w->f, NULL), id, s), ERR_OK);
    return s;
}

static const story_event *event(const signature_story *s, const char *name)
{
    for (size_t i = 0; i < s->events_n; i++)
        if (strcmp(s->events[i].row.event, name) == 0)
            return &s->events[i];
    return NULL;
}

static void a_signature_from_its_task_to_its_verification(void **state)
{
    ward *w = *state;
    bytes document;
    const char *type;
    task t = fixture_task(&w->f, &w->emr, "D1001", DOCUMENT), other = fixture_task(&w->f, &w->emr, "D1001", DOCUMENT);
    w->f.now_ms += 600000;
    assert_int_equal(task_document_for_device(phone_call(&w->phone, "task.view"), t.id, &document, &type), ERR_OK);
    assert_int_equal(task_document_for_device(phone_call(&w->phone, "task.view"), other.id, &document, &type), ERR_OK);
    w->f.now_ms += 1000;
    sign(w, &t);
    const signature_story *s = tell(w, t.id);
    assert_string_equal(s->task.state, "signed");
    assert_int_equal(s->events_n, 4);
    assert_true(s->events_whole);
    static const char *const order[] = {"task.create", "task.view", "sign.request", "sign.complete"};
    for (size_t i = 0; i < 4; i++) {
        const story_event *e = event(s, order[i]);
        assert_ptr_equal(e, &s->events[i]);
        assert_string_equal(e->row.outcome, "ok");
        assert_string_equal(e->actor_name, i == 0 ? "电子病历" : "王建国");
    }
    assert_string_equal(s->events[1].device, "测试手机");
    assert_true(s->claimed_ms == w->f.now_ms - 2000);
    assert_string_equal(s->claim_method, "pin");
    assert_memory_equal(s->key_id, w->phone.key_id, 16);
    assert_string_equal(s->key_state, "active");
    assert_string_equal(s->platform, "linux");
    assert_int_equal(s->failures_before, 0);
    assert_true(s->has_certificate && s->has_device && !s->has_authorisation);
    assert_string_equal(s->certificate_then, "active");
    assert_string_equal(s->certificate.state, "active");
    assert_true(s->has_verification && s->verification.valid);
    assert_int_equal(s->token.n, 0);
    assert_int_equal(s->cms.n, 0);
    assert_int_equal(s->callbacks_n, 0);
}

static void withdrawn_long_after_and_its_certificate_revoked(void **state)
{
    ward *w = *state;
    task t = fixture_task(&w->f, &w->emr, "D1001", DOCUMENT);
    sign(w, &t);
    const signature_story *before = tell(w, t.id);
    for (int i = 0; i < 3; i++) { /* what others do meanwhile */
        w->f.now_ms += 86400000;
        fixture_task(&w->f, &w->emr, "D1001", DOCUMENT);
    }
    certificate_view revoked;
    assert_int_equal(certificate_revoke(fixture_call(&w->f, "certificate.revoke"), before->certificate.serial,
                                        REASON_KEY_COMPROMISE, &revoked),
                     ERR_OK);
    w->f.now_ms += 1000;
    task ended;
    assert_int_equal(task_withdraw(fixture_call_as_system(&w->f, "task.withdraw", w->emr.id), t.id, "病历有误", &ended),
                     ERR_OK);
    const signature_story *s = tell(w, t.id);
    assert_string_equal(s->task.state, "withdrawn");
    assert_string_equal(s->task.reason, "病历有误");
    assert_non_null(event(s, "task.withdraw"));
    assert_non_null(event(s, "sign.complete"));
    assert_int_equal(s->events_n, 4);
    assert_string_equal(s->certificate_then, "active");
    assert_string_equal(s->certificate.state, "revoked");
    assert_true(s->verification.valid); /* revoked afterwards */
    assert_non_null(s->verification.withdrawn);
}

static void wrong_pins_and_one_that_was_declined(void **state)
{
    ward *w = *state;
    task t = fixture_task(&w->f, &w->emr, "D1001", DOCUMENT);
    signing s;
    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, t.id, bytes_of_text(DOCUMENT));
    assert_int_equal(signing_open_with_wrong_pin(&s, &w->phone), ERR_PIN);
    signing_end(&s);
    const signature_story *open = tell(w, t.id);
    assert_string_equal(event(open, "sign.request")->row.outcome, "pin_wrong");
    assert_null(open->key_state);
    assert_int_equal(open->claimed_ms, 0);
    assert_int_equal(open->failures_before, -1);
    assert_false(open->has_verification || open->has_certificate);
    w->f.now_ms += 1000;
    sign(w, &t);
    assert_int_equal(tell(w, t.id)->failures_before, 1);
    task declined = fixture_task(&w->f, &w->emr, "D1001", DOCUMENT), ended;
    assert_int_equal(task_decline(phone_call(&w->phone, "task.decline"), declined.id, "不是我的病人", &ended), ERR_OK);
    const signature_story *d = tell(w, declined.id);
    assert_string_equal(d->task.state, "declined");
    assert_string_equal(event(d, "task.decline")->actor_name, "王建国");
}

static void with_timestamp_and_clock(void **state)
{
    ward *w = *state;
    fixture_write(&w->f, "UPDATE system SET stamps = 1 WHERE id = $1", (store_value[]){store_id(w->emr.id)}, 1);
    fixture_write(&w->f,
                  "INSERT INTO clock_history (sequence, at_us, state, statement, signature) VALUES (1, 5, 'good', "
                  "'x', $1)",
                  (store_value[]){store_blob("", 0)}, 1);
    task t = fixture_task(&w->f, &w->emr, "D1001", DOCUMENT);
    sign(w, &t);
    const signature_story *s = tell(w, t.id);
    assert_true(s->token.n > 0);
    assert_non_null(s->verification.timestamp);
    assert_string_equal(s->clock_state, "good");
    assert_int_equal(s->clock_sequence, 1);
}

static void nobodys_task_has_none(void **state)
{
    ward *w = *state;
    static const uint8_t none[16] = {1};
    signature_story s;
    assert_int_equal(signature_story_read(fixture_call(&w->f, NULL), none, &s), ERR_TASK_NOT_FOUND);
}

#define WITH_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WARD(a_signature_from_its_task_to_its_verification),
        WITH_WARD(withdrawn_long_after_and_its_certificate_revoked),
        WITH_WARD(wrong_pins_and_one_that_was_declined),
        WITH_WARD(with_timestamp_and_clock),
        WITH_WARD(nobodys_task_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
