/* Renewal and re-keying, cut at every exchange, save and erasure: the same call again goes on, and there is one new certificate or key. */
#include "fake.h"

static yq_status try_renew(yq_device *device, const yq_key_info *key, yq_problem *problem)
{
    const yq_renewal renewal = {.pin = FAKE_PIN, .pin_n = strlen(FAKE_PIN)};
    return yq_renew(device, key->key, &renewal, NULL, problem);
}

static yq_status try_rekey(yq_device *device, const char *key, yq_key_info *out, yq_problem *problem)
{
    const yq_renewal renewal = {.pin = FAKE_PIN, .pin_n = strlen(FAKE_PIN)};
    return yq_rekey(device, key, &renewal, out, problem);
}

static yq_device *restart(fake *f, yq_device *device)
{
    yq_device_close(device);
    return fake_device(f);
}

/* One key is here, and it signs. */
static void assert_signs(fake *f, yq_device *device, yq_key_info *key)
{
    size_t n;
    yq_tasks tasks;
    yq_sign_result result;
    assert_int_equal(yq_list_keys(device, key, 1, &n), YQ_OK);
    assert_int_equal(key->stage, YQ_KEY_ENROLLED);
    const fake_task *task = fake_add_task(f, 0, "cms", "出院小结", 12);
    fake_pull(device, key, &tasks);
    assert_int_equal(tasks.n, 1);
    assert_int_equal(fake_sign_tasks(device, key, &tasks, FAKE_PIN, &result, NULL), YQ_OK);
    assert_true(task->done);
    yq_tasks_free(&tasks);
}

/* ---- renew ---- */

static void assert_renewed(fake *f, yq_device *device, int renewals)
{
    yq_key_info key;
    char serial[8];
    assert_signs(f, device, &key);
    assert_int_equal(f->enrolments[0].renewals, renewals);
    (void)snprintf(serial, sizeof serial, "0a1b%02x", 0x2c + renewals);
    assert_string_equal(key.serial, serial);
    assert_string_equal(key.certificate_state, "active");
    assert_false(key.renewal_due);
    assert_int_equal(fake_files_n(f), 2);
    assert_int_equal(fake_credentials_n(f), 1);
}

static void gives_the_same_key_a_new_certificate(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    assert_false(key.renewal_due);
    f->renewal_due = true;
    assert_int_equal(yq_sync_key(device, key.key, &key, NULL), YQ_OK);
    assert_true(key.renewal_due);
    assert_int_equal(try_renew(device, &key, NULL), YQ_OK);
    assert_renewed(f, device, 1);
    device = restart(f, device);
    assert_int_equal(try_renew(device, &key, NULL), YQ_OK);
    assert_renewed(f, device, 2);
    yq_device_close(device);
    fake_free(f);
}

static void renews_after_a_lost_message(void **state)
{
    (void)state;
    bool whole = false;
    for (int at = 1; !whole; at++)
        for (int kind = 0; kind < 4; kind++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info key;
            fake_enrol_person(device, 0, &key);
            int before = f->calls;
            *(kind & 1 ? &f->lose_request_at : &f->lose_answer_at) = before + at;
            yq_status status = try_renew(device, &key, NULL);
            whole = f->calls < before + at;
            f->lose_request_at = f->lose_answer_at = 0;
            if (kind & 2)
                device = restart(f, device);
            if (status != YQ_OK) {
                assert_int_equal(status, YQ_TRANSPORT_FAILED);
                assert_int_equal(try_renew(device, &key, NULL), YQ_OK);
            }
            assert_renewed(f, device, 1);
            yq_device_close(device);
            fake_free(f);
        }
}

/* From one call on the server is gone, and the device is killed: what is stored goes on. */
static void renews_after_a_crash_anywhere(void **state)
{
    (void)state;
    bool whole = false;
    for (int at = 0; !whole; at++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info key;
        fake_enrol_person(device, 0, &key);
        f->down_after = f->calls + at;
        whole = try_renew(device, &key, NULL) == YQ_OK;
        device = restart(f, device);
        f->down_after = 0;
        if (!whole)
            assert_int_equal(try_renew(device, &key, NULL), YQ_OK);
        assert_renewed(f, device, 1);
        yq_device_close(device);
        fake_free(f);
    }
}

static void renews_after_a_failing_storage(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        bool whole = false;
        for (int at = 1; !whole; at++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info key;
            fake_enrol_person(device, 0, &key);
            f->saves = 0;
            f->fail_save_at = at;
            yq_status status = try_renew(device, &key, NULL);
            whole = f->saves < at;
            f->fail_save_at = 0;
            assert_int_equal(status, whole ? YQ_OK : YQ_STORAGE_FAILED);
            if (kind)
                device = restart(f, device);
            if (!whole)
                assert_int_equal(try_renew(device, &key, NULL), YQ_OK);
            assert_renewed(f, device, 1);
            yq_device_close(device);
            fake_free(f);
        }
    }
}

/* The signature was made, and the server has given up waiting for it. */
static void makes_a_signature_again_that_is_not_taken(void **state)
{
    (void)state;
    static const char *const codes[] = {"task_not_claimed", "signature_invalid", "digest_mismatch"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        for (int later = 0; later < 2; later++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info key;
            yq_problem problem;
            fake_enrol_person(device, 0, &key);
            if (later) { /* it is stored, and another start of the program finds it */
                f->down_after = f->calls + 2;
                assert_int_equal(try_renew(device, &key, NULL), YQ_TRANSPORT_FAILED);
                f->down_after = 0;
                device = restart(f, device);
            }
            f->refuse_code = codes[i];
            f->refuse_for = FAKE_SIGNATURES;
            f->refuse_status = 409;
            f->enrolments[0].open = false;
            yq_status status = try_renew(device, &key, &problem);
            assert_int_equal(status, later ? YQ_OK : YQ_REFUSED);
            f->enrolments[0].open = false;
            if (!later) {
                assert_string_equal(problem.code, codes[i]);
                assert_int_equal(try_renew(device, &key, &problem), YQ_OK);
            }
            assert_int_equal(problem.http_status, 0);
            assert_renewed(f, device, 1);
            yq_device_close(device);
            fake_free(f);
        }
}

typedef struct asked {
    int times;
    bool answer;
    char name[64], supersedes[64];
} asked;

static bool ask(void *context, const yq_person *person)
{
    asked *a = context;
    a->times++;
    (void)snprintf(a->name, sizeof a->name, "%s", person->name);
    (void)snprintf(a->supersedes, sizeof a->supersedes, "%s", person->supersedes_n > 0 ? person->supersedes[0] : "");
    return a->answer;
}

/* Asked where there is something to say: another name, or another phone that ends. */
static void asks_the_person(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    asked a = {.answer = true};
    const yq_renewal renewal = {FAKE_PIN, strlen(FAKE_PIN), ask, &a};
    fake_enrol_person(device, 0, &key);
    assert_int_equal(yq_renew(device, key.key, &renewal, NULL, NULL), YQ_OK);
    assert_int_equal(a.times, 0);
    f->renamed = "王建业";
    a.answer = false;
    assert_int_equal(yq_renew(device, key.key, &renewal, NULL, NULL), YQ_DECLINED);
    assert_string_equal(a.name, "王建业");
    assert_int_equal(f->enrolments[0].renewals, 1);
    a.answer = true;
    assert_int_equal(yq_renew(device, key.key, &renewal, &key, NULL), YQ_OK);
    assert_string_equal(key.name, "王建业");
    assert_int_equal(f->enrolments[0].renewals, 2);
    f->supersedes = "旧手机";
    a.answer = false;
    assert_int_equal(yq_renew(device, key.key, &renewal, NULL, NULL), YQ_DECLINED);
    assert_string_equal(a.supersedes, "旧手机");
    assert_int_equal(yq_rekey(device, key.key, &renewal, NULL, NULL), YQ_DECLINED);
    assert_int_equal(f->count[FAKE_KEYGEN], 1);
    assert_renewed(f, device, 2);
    yq_device_close(device);
    fake_free(f);
}

/* The person was renamed, and the answer with the new certificate was lost: asking about the key in between changes nothing. */
static void a_listing_in_between_is_no_lie(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    f->renamed = "王建业";
    f->lose_answers = true;
    f->lose_answers_of = FAKE_SIGNATURES;
    assert_int_equal(try_renew(device, &key, NULL), YQ_TRANSPORT_FAILED);
    f->lose_answers = false;
    assert_int_equal(f->enrolments[0].renewals, 1);
    assert_int_equal(yq_sync_key(device, key.key, &key, NULL), YQ_OK);
    assert_string_equal(key.serial, "0a1b2c");
    assert_string_equal(key.name, "王建国");
    assert_int_equal(try_renew(device, &key, NULL), YQ_OK);
    assert_int_equal(yq_sync_key(device, key.key, &key, NULL), YQ_OK);
    assert_string_equal(key.name, "王建业");
    assert_renewed(f, device, 1);
    yq_device_close(device);
    fake_free(f);
}

static void says_what_stands_against_it(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    yq_problem problem;
    yq_renewal renewal = {"274951", 6, NULL, NULL};
    fake_enrol_person(device, 0, &key);
    assert_int_equal(yq_renew(device, key.key, NULL, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_rekey(device, key.key, NULL, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_renew(device, "none", &renewal, NULL, NULL), YQ_NOT_FOUND);
    assert_int_equal(yq_renew(device, key.key, &renewal, NULL, &problem), YQ_PIN_WRONG);
    assert_int_equal(problem.tries_left, 4);
    renewal.pin_n = 5;
    assert_int_equal(yq_renew(device, key.key, &renewal, NULL, NULL), YQ_WEAK_PIN);
    renewal = (yq_renewal){"111111", 6, NULL, NULL};
    int calls = f->calls;
    assert_int_equal(yq_rekey(device, key.key, &renewal, NULL, NULL), YQ_WEAK_PIN);
    assert_int_equal(f->calls, calls);
    f->refuse_code = "renewal_not_due";
    f->refuse_for = FAKE_RENEWAL;
    f->refuse_status = 409;
    assert_int_equal(try_renew(device, &key, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "renewal_not_due");
    assert_int_equal(try_renew(device, &key, &problem), YQ_OK);
    assert_renewed(f, device, 1);
    yq_device_close(device);
    fake_free(f);
}

/* ---- lies ---- */

/* The CA certificates of the answer: each of one byte's difference; 0 for none. */
static void set_chain(json_t *answer, uint8_t issuing, uint8_t root)
{
    const uint8_t last[] = {issuing, root};
    json_t *chain = json_array();
    for (size_t i = 0; i < sizeof last; i++) {
        const uint8_t der[] = {0x30, 0x03, 0x02, 0x01, last[i]};
        if (last[i])
            json_array_append_new(chain, fake_base64(der, sizeof der));
    }
    json_object_set_new(json_object_get(answer, "certificate"), "chain", chain);
}

static void another_issuing_ca(fake *f, fake_call call, json_t *answer)
{
    (void)f;
    if (call == FAKE_SIGNATURES && json_is_object(json_object_get(answer, "certificate")))
        set_chain(answer, 7, 6);
}

static void another_root(fake *f, fake_call call, json_t *answer)
{
    (void)f;
    if (call == FAKE_SIGNATURES && json_is_object(json_object_get(answer, "certificate")))
        set_chain(answer, 5, 7);
}

static void lie(fake *f, fake_call call, json_t *answer)
{
    json_t *object = json_object_get(answer, "certificate");
    uint8_t der[FAKE_CERTIFICATE], P[65];
    const fake_enrolment *e = &f->enrolments[0];
    static const name_field fields[] = {{OID_COMMON_NAME, "王建国"}, {OID_SERIAL_NUMBER, "D1002"}};
    uint8_t room[128];
    buffer b = buffer_over(room, sizeof room);
    if (call == FAKE_RENEWAL && f->variant == 0) /* somebody else */
        json_object_set_new(json_object_get(answer, "user"), "staff_no", json_string("D1002"));
    if (call == FAKE_RENEWAL && f->variant == 1) {
        assert_int_equal(name_build(&b, fields, 2), ERR_OK);
        json_object_set_new(answer, "subject", fake_base64(b.p, b.n));
    }
    if (call == FAKE_SIGNATURES && f->variant == 2) { /* a certificate for another key */
        memcpy(P, e->P1, sizeof P);
        size_t n = fake_certificate(der, bytes_of(e->subject, e->subject_n), P);
        json_object_set_new(object, "certificate", fake_base64(der, n));
    }
    if (call == FAKE_SIGNATURES && f->variant == 3) { /* and for another name */
        assert_int_equal(name_build(&b, fields, 2), ERR_OK);
        size_t n = fake_certificate(der, bytes_of(b.p, b.n), e->share.P);
        json_object_set_new(object, "certificate", fake_base64(der, n));
    }
    if (call == FAKE_SIGNATURES && f->variant >= 4) /* from under another root, or from under none */
        set_chain(answer, f->variant == 5 ? 0 : 5, f->variant == 4 ? 7 : 0);
}

static void believes_no_lie(void **state)
{
    (void)state;
    for (int v = 0; v < 7; v++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info key;
        fake_enrol_person(device, 0, &key);
        f->tamper = lie;
        f->variant = v;
        assert_int_equal(try_renew(device, &key, NULL), YQ_ANSWER_REJECTED);
        f->tamper = NULL;
        assert_int_equal(try_renew(device, &key, NULL), YQ_OK);
        assert_renewed(f, device, 1);
        yq_device_close(device);
        fake_free(f);
    }
}

/* The root is the one of the enrolment; below it the issuing CA may be another now. */
static void takes_another_issuing_ca(void **state)
{
    (void)state;
    uint8_t der[FAKE_CERTIFICATE];
    size_t n;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    f->tamper = another_issuing_ca;
    assert_int_equal(try_renew(device, &key, NULL), YQ_OK);
    f->tamper = NULL;
    assert_renewed(f, device, 1);
    assert_int_equal(yq_key_certificate(device, key.key, 1, der, sizeof der, &n), YQ_OK);
    assert_int_equal(der[n - 1], 7);
    assert_int_equal(yq_key_certificate(device, key.key, 2, der, sizeof der, &n), YQ_OK);
    assert_int_equal(der[n - 1], 6);
    yq_device_close(device);
    fake_free(f);
}

/* ---- re-key ---- */

static size_t living(const fake *f)
{
    size_t n = 0;
    for (size_t i = 0; i < FAKE_ENROLMENTS; i++)
        n += f->enrolments[i].enrolled && !f->enrolments[i].destroyed;
    return n;
}

static void assert_re_keyed(fake *f, yq_device *device, const yq_key_info *old)
{
    yq_key_info key;
    assert_signs(f, device, &key);
    assert_string_not_equal(key.key_id, old->key_id);
    assert_string_equal(key.staff_no, "D1001");
    assert_string_equal(key.name, "王建国");
    assert_true(f->enrolments[0].destroyed);
    assert_int_equal(living(f), 1);
    assert_int_equal(fake_files_n(f), 2);
    assert_int_equal(fake_credentials_n(f), 1);
}

static void puts_another_key_in_its_place(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info old, key;
    fake_enrol_person(device, 0, &old);
    assert_int_equal(try_rekey(device, old.key, &key, NULL), YQ_OK);
    assert_string_equal(key.replaces, old.key);
    assert_int_equal(yq_sync_key(device, old.key, NULL, NULL), YQ_NOT_FOUND);
    assert_re_keyed(f, device, &old);
    device = restart(f, device);
    /* And again. */
    yq_key_info third;
    assert_int_equal(try_rekey(device, key.key, &third, NULL), YQ_OK);
    assert_string_not_equal(third.key_id, key.key_id);
    assert_int_equal(living(f), 1);
    yq_device_close(device);
    fake_free(f);
}

static void re_keys_under_the_same_root(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info old, key;
    fake_enrol_person(device, 0, &old);
    f->tamper = another_root;
    assert_int_equal(try_rekey(device, old.key, &key, NULL), YQ_ANSWER_REJECTED);
    assert_int_equal(key.stage, YQ_KEY_UNFINISHED);
    f->tamper = NULL;
    assert_int_equal(try_rekey(device, old.key, &key, NULL), YQ_OK);
    assert_re_keyed(f, device, &old);
    yq_device_close(device);
    fake_free(f);
}

static void re_keys_after_a_lost_message(void **state)
{
    (void)state;
    bool whole = false;
    for (int at = 1; !whole; at++)
        for (int kind = 0; kind < 4; kind++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info old;
            fake_enrol_person(device, 0, &old);
            int before = f->calls;
            *(kind & 1 ? &f->lose_request_at : &f->lose_answer_at) = before + at;
            yq_status status = try_rekey(device, old.key, NULL, NULL);
            whole = f->calls < before + at;
            f->lose_request_at = f->lose_answer_at = 0;
            if (kind & 2)
                device = restart(f, device);
            if (status != YQ_OK) {
                assert_int_equal(status, YQ_TRANSPORT_FAILED);
                assert_int_equal(try_rekey(device, old.key, NULL, NULL), YQ_OK);
            }
            assert_re_keyed(f, device, &old);
            yq_device_close(device);
            fake_free(f);
        }
}

/* Until the new certificate is there the old key signs, whatever was begun. */
static void re_keys_after_a_crash_anywhere(void **state)
{
    (void)state;
    bool whole = false;
    for (int at = 0; !whole; at++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info old, keys[2];
        size_t n;
        fake_enrol_person(device, 0, &old);
        f->down_after = f->calls + at;
        whole = try_rekey(device, old.key, NULL, NULL) == YQ_OK;
        device = restart(f, device);
        f->down_after = 0;
        if (!whole) {
            assert_int_equal(yq_list_keys(device, keys, 2, &n), YQ_OK);
            assert_int_equal(n, 2);
            assert_string_equal(keys[1].replaces, old.key);
            /* It is not finished as an enrolment is: the old key has to sign for it. */
            assert_int_equal(yq_enrol_resume(device, keys[1].key, FAKE_PIN, strlen(FAKE_PIN), NULL, NULL),
                             YQ_WRONG_STATE);
            assert_int_equal(living(f), 1);
            assert_int_equal(try_rekey(device, old.key, NULL, NULL), YQ_OK);
        }
        assert_re_keyed(f, device, &old);
        yq_device_close(device);
        fake_free(f);
    }
}

static void re_keys_after_a_failing_platform(void **state)
{
    (void)state;
    static const yq_status expected[] = {YQ_STORAGE_FAILED, YQ_CREDENTIAL_FAILED, YQ_STORAGE_FAILED};
    for (int kind = 0; kind < 6; kind++) {
        bool whole = false;
        for (int at = 1; !whole; at++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info old;
            fake_enrol_person(device, 0, &old);
            f->saves = f->credential_calls = f->erases = 0;
            int *const counts[] = {&f->saves, &f->credential_calls, &f->erases};
            int *const fails[] = {&f->fail_save_at, &f->fail_credential_at, &f->fail_erase_at};
            *fails[kind % 3] = at;
            yq_status status = try_rekey(device, old.key, NULL, NULL);
            whole = *counts[kind % 3] < at;
            *fails[kind % 3] = 0;
            bool removing = status != YQ_OK && f->enrolments[0].destroyed;
            if (!removing)
                assert_int_equal(status, whole ? YQ_OK : expected[kind % 3]);
            if (kind >= 3)
                device = restart(f, device);
            if (status != YQ_OK) {
                status = try_rekey(device, old.key, NULL, NULL);
                /* The old key's record was gone already, and only its name was left. */
                assert_true(status == YQ_OK || (removing && status == YQ_NOT_FOUND));
            }
            assert_re_keyed(f, device, &old);
            yq_device_close(device);
            fake_free(f);
        }
    }
}

/* The new key is never under a PIN that the old one does not have. */
static void a_wrong_pin_makes_no_key(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info old;
    yq_problem problem;
    const yq_renewal wrong = {"274951", 6, NULL, NULL};
    fake_enrol_person(device, 0, &old);
    assert_int_equal(yq_rekey(device, old.key, &wrong, NULL, &problem), YQ_PIN_WRONG);
    assert_int_equal(problem.tries_left, 4);
    assert_int_equal(living(f), 1);
    assert_false(f->enrolments[0].has_leave);
    /* Interrupted after leave was given: the share that has it is not used under another PIN. */
    for (int at = 0; !f->enrolments[0].has_leave; at++) {
        f->down_after = f->calls + at;
        assert_int_equal(try_rekey(device, old.key, NULL, NULL), YQ_TRANSPORT_FAILED);
    }
    f->down_after = 0;
    assert_int_equal(yq_rekey(device, old.key, &wrong, NULL, &problem), YQ_PIN_WRONG);
    assert_int_equal(living(f), 1);
    assert_int_equal(try_rekey(device, old.key, NULL, NULL), YQ_OK);
    assert_re_keyed(f, device, &old);
    yq_device_close(device);
    fake_free(f);
}

/* The server has given it up before the certificate was asked for: the next attempt begins anew. */
static void begins_anew_where_it_was_given_up(void **state)
{
    (void)state;
    static const struct {
        fake_call call;
        int status;
        const char *code;
    } rows[] = {{FAKE_KEYGEN, 409, "enrolment_closed"},
                {FAKE_SIGN, 404, "task_not_found"},
                {FAKE_SIGNATURES, 409, "task_not_claimed"},
                {FAKE_SIGN, 409, "digest_mismatch"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info old, key;
        size_t n;
        fake_enrol_person(device, 0, &old);
        f->refuse_for = rows[i].call;
        f->refuse_status = rows[i].status;
        f->refuse_code = rows[i].code;
        assert_int_equal(try_rekey(device, old.key, NULL, NULL), YQ_REFUSED);
        assert_int_equal(yq_list_keys(device, &key, 1, &n), YQ_OK);
        assert_string_equal(key.key, old.key);
        f->enrolments[0].open = false;
        assert_int_equal(try_rekey(device, old.key, NULL, NULL), YQ_OK);
        assert_re_keyed(f, device, &old);
        yq_device_close(device);
        fake_free(f);
    }
}

/* Asked for, and then the enrolment lapsed: the old key, which is good still, begins anew; where the certificate was issued, the record stays. */
static void after_the_request_only_while_the_old_key_is_good(void **state)
{
    (void)state;
    for (int issued = 0; issued < 2; issued++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info old, keys[2];
        size_t n;
        fake_enrol_person(device, 0, &old);
        /* The last call of all is the delivery of the certificate request. */
        yq_problem problem;
        for (int at = 0;; at++) {
            f->down_after = f->calls + at;
            (void)!try_rekey(device, old.key, NULL, NULL);
            f->down_after = 0;
            assert_int_equal(yq_list_keys(device, keys, 2, &n), YQ_OK);
            fake_enrolment *made = f->enrolments[0].successor;
            if (n == 2 && made && made->open && made->open_tasks[0] == FAKE_TASKS)
                break;
            assert_true(at < 40);
        }
        fake_enrolment *made = f->enrolments[0].successor;
        made->closed = true;
        made->token[0] = 0;
        f->enrolments[0].destroyed = issued;
        yq_status status = try_rekey(device, old.key, NULL, &problem);
        assert_int_equal(status, YQ_REFUSED);
        assert_int_equal(yq_list_keys(device, keys, 2, &n), YQ_OK);
        assert_int_equal(n, issued ? 2 : 1);
        if (!issued) {
            assert_int_equal(try_rekey(device, old.key, NULL, NULL), YQ_OK);
            assert_re_keyed(f, device, &old);
        }
        yq_device_close(device);
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_same_key_a_new_certificate),
        cmocka_unit_test(renews_after_a_lost_message),
        cmocka_unit_test(renews_after_a_crash_anywhere),
        cmocka_unit_test(renews_after_a_failing_storage),
        cmocka_unit_test(makes_a_signature_again_that_is_not_taken),
        cmocka_unit_test(asks_the_person),
        cmocka_unit_test(a_listing_in_between_is_no_lie),
        cmocka_unit_test(says_what_stands_against_it),
        cmocka_unit_test(believes_no_lie),
        cmocka_unit_test(takes_another_issuing_ca),
        cmocka_unit_test(puts_another_key_in_its_place),
        cmocka_unit_test(re_keys_under_the_same_root),
        cmocka_unit_test(re_keys_after_a_lost_message),
        cmocka_unit_test(re_keys_after_a_crash_anywhere),
        cmocka_unit_test(re_keys_after_a_failing_platform),
        cmocka_unit_test(a_wrong_pin_makes_no_key),
        cmocka_unit_test(begins_anew_where_it_was_given_up),
        cmocka_unit_test(after_the_request_only_while_the_old_key_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
