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

static void restart(story *s)
{
    yq_device_close(s->device);
    s->device = fake_device(s->f);
}

static void asks_for_the_state(void **state)
{
    (void)state;
    story s;
    size_t n;
    begin(&s);
    s.f->enrolments[0].failures = 3;
    assert_int_equal(yq_sync_key(s.device, s.key.key, &s.key, NULL), YQ_OK);
    assert_string_equal(s.key.state, "active");
    assert_int_equal(s.key.tries_left, 2);
    s.f->enrolments[0].failures = 5;
    assert_int_equal(yq_sync_keys(s.device, NULL), YQ_OK);
    restart(&s);
    assert_int_equal(yq_list_keys(s.device, &s.key, 1, &n), YQ_OK);
    assert_string_equal(s.key.state, "locked");
    assert_int_equal(s.key.tries_left, 0);
    assert_string_equal(s.key.certificate_state, "active");
    s.f->enrolments[0].destroyed = true;
    assert_int_equal(yq_sync_key(s.device, s.key.key, &s.key, NULL), YQ_OK);
    assert_string_equal(s.key.state, "destroyed");
    end(&s);
}

static void spoil(fake *f, fake_call call, json_t *answer)
{
    json_t *key = json_array_get(json_object_get(answer, "keys"), 0),
           *certificate = json_object_get(key, "certificate");
    uint8_t der[FAKE_CERTIFICATE];
    const fake_enrolment *e = &f->enrolments[0];
    if (call != FAKE_KEYS)
        return;
    switch (f->variant) {
    case 0:
        json_object_del(answer, "keys");
        break;
    case 1:
        json_object_set_new(key, "key_id", json_string("x"));
        break;
    case 2:
        json_object_set_new(key, "tries_left", json_string("5"));
        break;
    case 3:
        json_object_set_new(key, "tries_left", json_integer(-1));
        break;
    case 4:
        json_object_set_new(key, "state", json_string("a state that is far too long"));
        break;
    case 5:
        json_object_set_new(certificate, "certificate", json_string("AAAA"));
        break;
    default:
        json_object_set_new(certificate, "certificate",
                            fake_base64(der, fake_certificate(der, bytes_of(e->subject, e->subject_n), e->P1)));
    }
}

static void believes_no_false_state(void **state)
{
    (void)state;
    story s;
    size_t n;
    begin(&s);
    s.f->tamper = spoil;
    for (s.f->variant = 0; s.f->variant < 7; s.f->variant++) {
        yq_status status = yq_sync_key(s.device, s.key.key, NULL, NULL);
        assert_int_equal(status, s.f->variant < 6 ? YQ_BAD_ANSWER : YQ_ANSWER_REJECTED);
    }
    assert_int_equal(yq_list_keys(s.device, &s.key, 1, &n), YQ_OK);
    assert_string_equal(s.key.state, "active");
    assert_int_equal(s.key.tries_left, -1);
    end(&s);
}

static void one_failure_does_not_stop_the_others(void **state)
{
    (void)state;
    story s;
    yq_key_info keys[3];
    yq_problem problem;
    size_t n;
    begin(&s);
    fake_enrol_person(s.device, 1, &keys[1]);
    fake_enrol_person(s.device, 2, &keys[2]);
    s.f->refuse_code = "busy";
    s.f->refuse_for = FAKE_KEYS;
    s.f->refuse_status = 503;
    assert_int_equal(yq_sync_keys(s.device, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "busy");
    assert_int_equal(yq_list_keys(s.device, keys, 3, &n), YQ_OK);
    assert_int_equal(n, 3);
    assert_int_equal(keys[0].tries_left, -1);
    assert_int_equal(keys[1].tries_left, 5);
    assert_int_equal(keys[2].tries_left, 5);
    end(&s);
}

/* Reported lost: the server opens no session for it any more. */
static void a_key_that_the_server_does_not_know_is_destroyed(void **state)
{
    (void)state;
    story s;
    yq_key_info keys[2];
    yq_problem problem;
    size_t n;
    begin(&s);
    fake_enrol_person(s.device, 1, &keys[1]);
    s.f->enrolments[0].closed = true;
    restart(&s);
    assert_int_equal(yq_sync_keys(s.device, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "unauthenticated");
    assert_int_equal(yq_list_keys(s.device, keys, 2, &n), YQ_OK);
    assert_int_equal(n, 2);
    assert_string_equal(keys[0].state, "destroyed");
    assert_string_equal(keys[1].state, "active");
    restart(&s);
    assert_int_equal(yq_list_keys(s.device, keys, 2, &n), YQ_OK);
    assert_string_equal(keys[0].state, "destroyed");
    s.f->enrolments[0].closed = false;
    assert_int_equal(yq_sync_keys(s.device, NULL), YQ_OK);
    assert_int_equal(yq_list_keys(s.device, keys, 2, &n), YQ_OK);
    assert_string_equal(keys[0].state, "active");
    end(&s);
}

static void removes_a_key_at_both_ends(void **state)
{
    (void)state;
    story s;
    size_t n;
    begin(&s);
    assert_int_equal(yq_remove_key(s.device, s.key.key_id, false, NULL), YQ_OK);
    assert_true(s.f->enrolments[0].destroyed);
    assert_int_equal(fake_credentials_n(s.f), 0);
    assert_int_equal(fake_files_n(s.f), 1);
    assert_int_equal(yq_list_keys(s.device, NULL, 0, &n), YQ_OK);
    assert_int_equal(n, 0);
    assert_int_equal(yq_remove_key(s.device, s.key.key, false, NULL), YQ_NOT_FOUND);
    assert_int_equal(yq_sync_key(s.device, s.key.key, NULL, NULL), YQ_NOT_FOUND);
    end(&s);
}

static void keeps_a_key_that_it_could_not_destroy(void **state)
{
    (void)state;
    story s;
    yq_problem problem;
    begin(&s);
    s.f->down = true;
    assert_int_equal(yq_remove_key(s.device, s.key.key, false, NULL), YQ_TRANSPORT_FAILED);
    s.f->down = false;
    s.f->refuse_code = "forbidden";
    s.f->refuse_for = FAKE_REMOVE;
    s.f->refuse_status = 403;
    assert_int_equal(yq_remove_key(s.device, s.key.key, false, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "forbidden");
    assert_int_equal(fake_credentials_n(s.f), 1);
    /* the answer is lost: it is gone there, and the next attempt finishes here */
    s.f->lose_answer_at = s.f->calls + 1;
    assert_int_equal(yq_remove_key(s.device, s.key.key, false, NULL), YQ_TRANSPORT_FAILED);
    assert_true(s.f->enrolments[0].destroyed);
    assert_int_equal(yq_remove_key(s.device, s.key.key, false, NULL), YQ_OK);
    end(&s);
}

/* The same after a crash: a destroyed enrolment opens no session any more. */
static void finishes_a_removal_whose_answer_was_lost(void **state)
{
    (void)state;
    story s;
    yq_problem problem;
    begin(&s);
    /* nobody asked for it here, so it is not taken for gone */
    s.f->refuse_code = "unauthenticated";
    s.f->refuse_for = FAKE_REMOVE;
    s.f->refuse_status = 401;
    s.f->refuse_always = true;
    assert_int_equal(yq_remove_key(s.device, s.key.key, false, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "unauthenticated");
    s.f->refuse_code = NULL;
    s.f->lose_answer_at = s.f->calls + 3; /* challenge, session, removal */
    assert_int_equal(yq_remove_key(s.device, s.key.key, false, NULL), YQ_TRANSPORT_FAILED);
    assert_true(s.f->enrolments[0].destroyed);
    restart(&s);
    assert_int_equal(yq_remove_key(s.device, s.key.key, false, NULL), YQ_OK);
    assert_int_equal(fake_credentials_n(s.f), 0);
    end(&s);
}

static void removes_here_only_if_told(void **state)
{
    (void)state;
    story s;
    begin(&s);
    s.f->down = true;
    assert_int_equal(yq_remove_key(s.device, s.key.key, true, NULL), YQ_OK);
    assert_false(s.f->enrolments[0].destroyed);
    assert_int_equal(fake_credentials_n(s.f), 0);
    end(&s);
}

static void finishes_removing_after_a_crash(void **state)
{
    (void)state;
    static const yq_status expected[] = {YQ_STORAGE_FAILED, YQ_CREDENTIAL_FAILED, YQ_STORAGE_FAILED};
    for (int kind = 0; kind < 3; kind++) {
        story s;
        size_t n;
        begin(&s);
        if (kind == 0)
            s.f->fail_erase_at = s.f->erases + 1;
        else if (kind == 1)
            s.f->fail_credential_at = s.f->credential_calls + 1;
        else
            s.f->fail_save_at = s.f->saves + 1;
        assert_int_equal(yq_remove_key(s.device, s.key.key, true, NULL), expected[kind]);
        restart(&s);
        assert_int_equal(yq_list_keys(s.device, &s.key, 1, &n), YQ_OK);
        assert_int_equal(n, kind == 0 ? 1 : 0);
        if (n == 1)
            assert_int_equal(yq_remove_key(s.device, s.key.key, true, NULL), YQ_OK);
        assert_int_equal(fake_files_n(s.f), 1);
        assert_int_equal(fake_credentials_n(s.f), 0);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_the_state),
        cmocka_unit_test(believes_no_false_state),
        cmocka_unit_test(one_failure_does_not_stop_the_others),
        cmocka_unit_test(a_key_that_the_server_does_not_know_is_destroyed),
        cmocka_unit_test(removes_a_key_at_both_ends),
        cmocka_unit_test(keeps_a_key_that_it_could_not_destroy),
        cmocka_unit_test(finishes_a_removal_whose_answer_was_lost),
        cmocka_unit_test(removes_here_only_if_told),
        cmocka_unit_test(finishes_removing_after_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
