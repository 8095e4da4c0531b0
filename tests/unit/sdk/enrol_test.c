#include "fake.h"

/* What must be true at the end of every story: one certificate at the server, and the key here signs with it. */
static void assert_enrolled(fake *f, yq_device *device, size_t person)
{
    yq_key_info keys[YQ_KEYS_MAX];
    size_t n;
    assert_int_equal(yq_list_keys(device, keys, YQ_KEYS_MAX, &n), YQ_OK);
    assert_int_equal(n, 1);
    assert_int_equal(keys[0].stage, YQ_KEY_ENROLLED);
    size_t enrolled = 0;
    for (size_t i = 0; i < FAKE_ENROLMENTS; i++)
        enrolled += f->enrolments[i].enrolled;
    assert_int_equal(enrolled, 1);
    assert_int_equal(fake_files_n(f), 2);
    assert_int_equal(fake_credentials_n(f), 1);

    yq_tasks tasks;
    yq_sign_result result;
    const fake_task *task = fake_add_task(f, person, "raw", "出院小结", 12);
    fake_pull(device, &keys[0], &tasks);
    assert_int_equal(tasks.n, 1);
    assert_int_equal(fake_sign_tasks(device, &keys[0], &tasks, FAKE_PIN, &result, NULL), YQ_OK);
    assert_true(task->done);
    yq_tasks_free(&tasks);
}

/* What an app does after a failure: the same call again, or what it is told to do instead. */
static yq_status go_on(yq_device *device, yq_key_info *key)
{
    yq_status status = fake_try_enrol(device, 0, key, NULL);
    if (status == YQ_WRONG_STATE && key->stage == YQ_KEY_UNFINISHED)
        return yq_enrol_resume(device, key->key, FAKE_PIN, strlen(FAKE_PIN), key, NULL);
    return status == YQ_WRONG_STATE && key->stage == YQ_KEY_ENROLLED ? YQ_OK : status;
}

static yq_device *restart(fake *f, yq_device *device)
{
    yq_device_close(device);
    return fake_device(f);
}

static void gives_a_key_with_its_certificate(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    uint8_t der[4096];
    size_t n;
    fake_enrol_person(device, 0, &key);
    const fake_enrolment *e = &f->enrolments[0];
    char id[UUID_TEXT];
    uuid_encode(id, e->key_id);
    assert_string_equal(key.key_id, id);
    assert_string_equal(key.server, FAKE_URL);
    assert_string_equal(key.staff_no, "D1001");
    assert_string_equal(key.name, "王建国");
    assert_string_equal(key.organisation, FAKE_ORGANISATION);
    assert_string_equal(key.serial, "0a1b2c");
    assert_string_equal(key.state, "active");
    assert_string_equal(key.not_after, "2027-01-01T00:00:00.000Z");
    assert_int_equal(yq_key_certificate(device, key.key, 0, der, sizeof der, &n), YQ_OK);
    assert_int_equal(n, e->certificate_n);
    assert_memory_equal(der, e->certificate, n);
    assert_int_equal(yq_key_certificate(device, key.key_id, 1, der, sizeof der, &n), YQ_OK);
    assert_memory_equal(der, "\x30\x03\x02\x01\x05", n);
    assert_int_equal(yq_key_certificate(device, key.key, 2, der, sizeof der, &n), YQ_OK);
    assert_memory_equal(der, "\x30\x03\x02\x01\x06", n);
    assert_int_equal(yq_key_certificate(device, key.key, 3, der, sizeof der, &n), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_key_certificate(device, key.key, 0, der, 10, &n), YQ_LIMIT_REACHED);
    assert_int_equal(f->count[FAKE_SESSION], 1);
    device = restart(f, device);
    assert_enrolled(f, device, 0);
    yq_device_close(device);
    fake_free(f);
}

static void keeps_no_pin_and_no_share_in_clear(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    for (size_t i = 0; i < FAKE_FILES; i++) {
        for (size_t at = 0; at + 65 <= f->files[i].n; at++) {
            assert_memory_not_equal(f->files[i].p + at, FAKE_PIN, strlen(FAKE_PIN));
            assert_memory_not_equal(f->files[i].p + at, f->enrolments[0].P1, 65);
            assert_memory_not_equal(f->files[i].p + at, f->enrolments[0].keygen.P2, 65);
            assert_memory_not_equal(f->files[i].p + at, "7KQF", 4);
        }
    }
    yq_device_close(device);
    fake_free(f);
}

typedef struct asked {
    int times;
    bool answer;
    char name[64], organisation[64], staff_no[64], supersedes[64];
} asked;

static bool ask(void *context, const yq_person *person)
{
    asked *a = context;
    a->times++;
    (void)snprintf(a->name, sizeof a->name, "%s", person->name);
    (void)snprintf(a->organisation, sizeof a->organisation, "%s", person->organisation);
    (void)snprintf(a->staff_no, sizeof a->staff_no, "%s", person->staff_no);
    (void)snprintf(a->supersedes, sizeof a->supersedes, "%s", person->supersedes_n > 0 ? person->supersedes[0] : "");
    return a->answer;
}

static void asks_the_person(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    asked a = {0};
    yq_enrolment enrolment = fake_enrolment_of(0);
    enrolment.confirm = ask;
    enrolment.confirm_context = &a;
    assert_int_equal(yq_enrol(device, &enrolment, NULL, NULL), YQ_DECLINED);
    assert_string_equal(a.name, "王建国");
    assert_string_equal(a.organisation, FAKE_ORGANISATION);
    assert_string_equal(a.staff_no, "D1001");
    assert_string_equal(a.supersedes, "");
    assert_int_equal(f->count[FAKE_KEYGEN], 0);
    assert_int_equal(fake_files_n(f), 1); /* the index */
    assert_int_equal(fake_credentials_n(f), 0);
    f->enrolments[0].used = false; /* the operator gives out the code anew */
    f->supersedes = "旧手机";
    a.answer = true;
    assert_int_equal(yq_enrol(device, &enrolment, NULL, NULL), YQ_OK);
    assert_string_equal(a.supersedes, "旧手机");
    assert_int_equal(a.times, 2);
    assert_enrolled(f, device, 0);
    yq_device_close(device);
    fake_free(f);
}

static void leaves_nothing_after_a_wrong_code(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_problem problem;
    yq_enrolment enrolment = fake_enrolment_of(0);
    enrolment.activation_code = "AAAA-BBBB-CCCC";
    assert_int_equal(yq_enrol(device, &enrolment, NULL, &problem), YQ_REFUSED);
    assert_int_equal(problem.http_status, 403);
    assert_string_equal(problem.code, "activation_refused");
    assert_string_equal(problem.title, "被拒绝");
    assert_string_equal(problem.hint_en, "try again");
    assert_int_equal(problem.tries_left, 4);
    assert_int_equal(problem.retry_after, -1);
    assert_int_equal(fake_files_n(f), 1);
    assert_int_equal(fake_credentials_n(f), 0);
    enrolment.activation_code = " 7kqf3m9x 2twb-";
    assert_int_equal(yq_enrol(device, &enrolment, NULL, &problem), YQ_OK);
    assert_int_equal(problem.http_status, 0);
    assert_enrolled(f, device, 0);
    yq_device_close(device);
    fake_free(f);
}

static void checks_what_it_is_given(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    const yq_enrolment good = fake_enrolment_of(0);
    char long_text[66];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[65] = 0;
    static const char *const weak[] = {"111111", "123456", "654321", "123123", "27495", "2749501234567", "27495a", ""};
    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
        yq_enrolment e = good;
        e.pin = weak[i];
        e.pin_n = strlen(weak[i]);
        assert_int_equal(yq_enrol(device, &e, NULL, NULL), YQ_WEAK_PIN);
        assert_int_equal(yq_check_pin(weak[i], e.pin_n), YQ_WEAK_PIN);
    }
    yq_enrolment bad[12];
    for (size_t i = 0; i < 12; i++)
        bad[i] = good;
    bad[0].staff_no = NULL;
    bad[1].staff_no = "";
    bad[2].staff_no = long_text;
    bad[3].staff_no = "D1\n";
    bad[4].activation_code = NULL;
    bad[5].activation_code = "- -";
    bad[6].activation_code = "7KQF_3M9X";
    bad[7].device_name = long_text;
    bad[8].device_name = "\xff";
    bad[9].pin = NULL;
    bad[10].server = NULL; /* none was set */
    bad[11].server = "ftp://x";
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(yq_enrol(device, &bad[i], NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_enrol(device, NULL, NULL, NULL), YQ_INVALID_ARGUMENT);
    bad[11].server = "http://sign.hospital.example";
    assert_int_equal(yq_enrol(device, &bad[11], NULL, NULL), YQ_TRANSPORT_INSECURE);
    assert_int_equal(f->calls, 0);
    assert_int_equal(fake_files_n(f), 0);
    assert_int_equal(yq_check_pin(FAKE_PIN, strlen(FAKE_PIN)), YQ_OK);
    yq_device_close(device);
    fake_free(f);
}

/* The transport fails at every call in turn, before the server or after it, and the app goes on at once or after a
 * crash. */
static void survives_a_lost_message(void **state)
{
    (void)state;
    bool whole = false;
    for (int at = 1; !whole; at++) {
        for (int kind = 0; kind < 4; kind++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info key;
            *(kind & 1 ? &f->lose_request_at : &f->lose_answer_at) = at;
            yq_status status = fake_try_enrol(device, 0, &key, NULL);
            whole = f->calls < at;
            f->lose_request_at = f->lose_answer_at = 0;
            if (status != YQ_OK)
                assert_int_equal(status, YQ_TRANSPORT_FAILED);
            if (kind & 2)
                device = restart(f, device);
            if (status != YQ_OK)
                status = go_on(device, &key);
            assert_int_equal(status, YQ_OK);
            assert_enrolled(f, device, 0);
            yq_device_close(device);
            fake_free(f);
        }
    }
}

/* The server is gone from one call on: what is stored then is enough, whenever it was. */
static void survives_a_crash_anywhere(void **state)
{
    (void)state;
    for (int at = 1; at < 9; at++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info key;
        f->lose_answer_at = at;
        yq_status status = fake_try_enrol(device, 0, &key, NULL);
        f->lose_answer_at = 0;
        f->down = true;
        if (status != YQ_OK)
            assert_int_equal(go_on(device, &key), YQ_TRANSPORT_FAILED);
        device = restart(f, device);
        f->down = false;
        assert_int_equal(go_on(device, &key), YQ_OK);
        assert_enrolled(f, device, 0);
        yq_device_close(device);
        fake_free(f);
    }
}

static void survives_a_failing_platform(void **state)
{
    (void)state;
    static const yq_status expected[] = {YQ_STORAGE_FAILED, YQ_CREDENTIAL_FAILED};
    for (int kind = 0; kind < 4; kind++) {
        bool whole = false;
        for (int at = 1; !whole; at++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info key;
            const int *used = kind & 1 ? &f->credential_calls : &f->saves;
            *(kind & 1 ? &f->fail_credential_at : &f->fail_save_at) = at;
            yq_status status = fake_try_enrol(device, 0, &key, NULL);
            whole = *used < at;
            f->fail_save_at = f->fail_credential_at = 0;
            assert_int_equal(status, whole ? YQ_OK : expected[kind & 1]);
            if (kind & 2)
                device = restart(f, device);
            if (!whole)
                assert_int_equal(go_on(device, &key), YQ_OK);
            assert_enrolled(f, device, 0);
            yq_device_close(device);
            fake_free(f);
        }
    }
}

static void stops_without_entropy(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    f->no_entropy = true;
    assert_int_equal(fake_try_enrol(device, 0, NULL, NULL), YQ_ENTROPY_FAILED);
    assert_int_equal(f->calls, 0);
    f->no_entropy = false;
    yq_device_close(device);
    fake_free(f);
}

/* Interrupted after the share was stored. */
static yq_device *interrupted(fake *f, yq_key_info *key)
{
    yq_device *device = fake_device(f);
    f->refuse_code = "busy";
    f->refuse_for = FAKE_SIGN;
    f->refuse_status = 503;
    assert_int_equal(fake_try_enrol(device, 0, key, NULL), YQ_REFUSED);
    size_t n;
    assert_int_equal(yq_list_keys(device, key, 1, &n), YQ_OK);
    assert_int_equal(key->stage, YQ_KEY_UNFINISHED);
    assert_string_not_equal(key->key_id, "");
    return device;
}

static void resumes_with_the_right_pin_only(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_key_info key;
    yq_problem problem;
    yq_device *device = interrupted(f, &key);
    assert_int_equal(yq_enrol_resume(device, key.key, "274951", 6, &key, &problem), YQ_PIN_WRONG);
    assert_int_equal(problem.tries_left, 4);
    assert_string_equal(problem.code, "pin_wrong");
    assert_int_equal(yq_enrol_resume(device, key.key, "27495", 5, &key, &problem), YQ_WEAK_PIN);
    assert_int_equal(yq_enrol_resume(device, key.key, NULL, 0, &key, &problem), YQ_WEAK_PIN);
    assert_int_equal(yq_enrol_resume(device, "nonsense", FAKE_PIN, 6, &key, &problem), YQ_NOT_FOUND);
    assert_int_equal(yq_enrol_resume(device, key.key, FAKE_PIN, 6, &key, &problem), YQ_OK);
    assert_int_equal(yq_enrol_resume(device, key.key, FAKE_PIN, 6, &key, &problem), YQ_WRONG_STATE);
    assert_int_equal(f->count[FAKE_KEYGEN], 1);
    assert_enrolled(f, device, 0);
    yq_device_close(device);
    fake_free(f);
}

/* A session that was given up is closed at the server, so that the next one need not wait for its 60 seconds. */
static void gives_the_key_free_when_it_gives_up(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_key_info key;
    yq_device *device = interrupted(f, &key);
    f->fail_save_at = f->saves + 2; /* after the report that was kept is cleared */
    assert_int_equal(yq_enrol_resume(device, key.key, FAKE_PIN, 6, &key, NULL), YQ_STORAGE_FAILED);
    assert_int_equal(f->count[FAKE_SIGN], 2);
    assert_string_equal(f->failure_code, "transport_failed");
    assert_false(f->enrolments[0].open);
    assert_int_equal(yq_enrol_resume(device, key.key, FAKE_PIN, 6, &key, NULL), YQ_OK);
    assert_enrolled(f, device, 0);
    yq_device_close(device);
    fake_free(f);
}

/* The request is signed, but the server's 60 seconds are over before it has the signature: it is signed again. */
static void signs_again_what_lapsed(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    size_t n;
    f->refuse_code = "busy";
    f->refuse_for = FAKE_SIGNATURES;
    f->refuse_status = 503;
    assert_int_equal(fake_try_enrol(device, 0, &key, NULL), YQ_REFUSED);
    assert_int_equal(fake_try_enrol(device, 0, &key, NULL), YQ_WRONG_STATE);
    assert_int_equal(key.stage, YQ_KEY_UNFINISHED);
    fake_release(f, &f->enrolments[0]);
    device = restart(f, device);
    assert_int_equal(yq_list_keys(device, &key, 1, &n), YQ_OK);
    assert_int_equal(yq_enrol_resume(device, key.key, FAKE_PIN, 6, &key, NULL), YQ_OK);
    assert_int_equal(f->count[FAKE_SIGN], 2);
    assert_int_equal(f->count[FAKE_KEYGEN], 1);
    assert_enrolled(f, device, 0);
    yq_device_close(device);
    fake_free(f);
}

/* The server builds another request than the device signed: the person was renamed meanwhile. The same code goes on. */
static void begins_anew_where_the_person_was_renamed(void **state)
{
    static const fake_call calls[] = {FAKE_SIGN, FAKE_SIGNATURES};
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info key;
        f->refuse_code = "digest_mismatch";
        f->refuse_for = calls[i];
        f->refuse_status = 422;
        assert_int_equal(fake_try_enrol(device, 0, &key, NULL), YQ_REFUSED);
        fake_release(f, &f->enrolments[0]);
        device = restart(f, device);
        assert_int_equal(fake_try_enrol(device, 0, &key, NULL), YQ_OK);
        assert_int_equal(f->count[FAKE_KEYGEN], 2);
        assert_enrolled(f, device, 0);
        yq_device_close(device);
        fake_free(f);
    }
}

static void takes_a_new_pin_with_the_same_code(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_key_info key;
    yq_device *device = interrupted(f, &key);
    yq_enrolment enrolment = fake_enrolment_of(0);
    enrolment.pin = "862073";
    assert_int_equal(yq_enrol(device, &enrolment, &key, NULL), YQ_OK);
    assert_int_equal(f->count[FAKE_KEYGEN], 2);
    assert_int_equal(f->count[FAKE_ENROL], 1);
    fake_add_task(f, 0, "digest", "x", 1);
    yq_tasks tasks;
    yq_sign_result result;
    fake_pull(device, &key, &tasks);
    assert_int_equal(fake_sign_tasks(device, &key, &tasks, FAKE_PIN, &result, NULL), YQ_PIN_WRONG);
    assert_int_equal(fake_sign_tasks(device, &key, &tasks, "862073", &result, NULL), YQ_OK);
    yq_tasks_free(&tasks);
    yq_device_close(device);
    fake_free(f);
}

/* ---- a server that lies ---- */

static void flip_hex(json_t *object, const char *name)
{
    char text[200];
    (void)snprintf(text, sizeof text, "%s", json_string_value(json_object_get(object, name)));
    size_t last = strlen(text) - 1;
    text[last] = text[last] == '0' ? '1' : '0';
    json_object_set_new(object, name, json_string(text));
}

static void set_hex_of_generator(json_t *answer, const char *name, bool negative)
{
    uint8_t bytes65[POINT_SIZE];
    point p = point_generator;
    if (negative)
        point_neg(&p, &p);
    assert_int_equal(point_to_bytes(bytes65, &p), ERR_OK);
    fake_set_hex(answer, name, bytes65, sizeof bytes65);
}

static void forge_certificate(json_t *answer, bytes subject, const uint8_t P[65])
{
    uint8_t der[FAKE_CERTIFICATE];
    size_t n = fake_certificate(der, subject, P);
    json_object_set_new(json_object_get(answer, "certificate"), "certificate", fake_base64(der, n));
}

static void forge_subject(json_t *answer, const char *staff_no)
{
    uint8_t der[256];
    const name_field fields[] = {{OID_COUNTRY, "CN"}, {OID_COMMON_NAME, "王建国"}, {OID_SERIAL_NUMBER, staff_no}};
    buffer b = buffer_over(der, sizeof der);
    assert_int_equal(name_build(&b, fields, 3), ERR_OK);
    json_object_set_new(answer, "subject", fake_base64(der, b.n));
}

enum { LIES = 18 };

/* The call that lie number v is told in. */
static const fake_call lie_calls[LIES] = {
    FAKE_ENROL,  FAKE_ENROL,      FAKE_ENROL,      FAKE_KEYGEN,     FAKE_KEYGEN, FAKE_KEYGEN,
    FAKE_KEYGEN, FAKE_KEYGEN,     FAKE_KEYGEN,     FAKE_SIGN,       FAKE_SIGN,   FAKE_SIGN,
    FAKE_SIGN,   FAKE_SIGNATURES, FAKE_SIGNATURES, FAKE_SIGNATURES, FAKE_ENROL,  FAKE_SIGNATURES};

static void lie(fake *f, fake_call call, json_t *answer)
{
    if (call != lie_calls[f->variant])
        return;
    const fake_enrolment *e = &f->enrolments[0];
    json_t *first = json_array_get(json_object_get(answer, "answers"), 0);
    uint8_t W[POINT_SIZE];
    scalar two = scalar_one;
    point p;
    switch (f->variant) {
    case 0:
        forge_subject(answer, "D1002");
        break;
    case 1:
        forge_subject(answer, "D100");
        break;
    case 2:
        json_object_set_new(json_object_get(answer, "user"), "staff_no", json_string("D1002"));
        break;
    case 3:
        flip_hex(answer, "P");
        break;
    case 4:
        flip_hex(answer, "P2");
        break;
    case 5:
        set_hex_of_generator(answer, "P", false);
        break;
    case 6:
        set_hex_of_generator(answer, "P", true);
        break;
    case 7:
        set_hex_of_generator(answer, "P2", false);
        break;
    case 8:
        json_object_set(answer, "P", json_object_get(answer, "P2"));
        break;
    case 9:
        flip_hex(first, "W");
        break;
    case 10:
        flip_hex(first, "s1");
        break;
    case 11: /* another point of the curve */
        scalar_add(&two, &two, &two);
        point_mul_base(&p, &two);
        assert_int_equal(point_to_bytes(W, &p), ERR_OK);
        fake_set_hex(first, "W", W, sizeof W);
        break;
    case 12:
        json_object_set_new(first, "s1",
                            json_string("0000000000000000000000000000000000000000000000000000000000000000"));
        break;
    case 13:
        forge_certificate(answer, bytes_of(e->subject, e->subject_n), e->keygen.P2);
        break;
    case 14:
        forge_certificate(answer, bytes_of(e->subject, e->subject_n - 3), e->share.P);
        break;
    case 15: { /* another person's name */
        uint8_t der[256];
        const name_field fields[] = {{OID_COMMON_NAME, "李秀英"}, {OID_SERIAL_NUMBER, "N2002"}};
        buffer b = buffer_over(der, sizeof der);
        assert_int_equal(name_build(&b, fields, 2), ERR_OK);
        forge_certificate(answer, bytes_of(der, b.n), e->share.P);
        break;
    }
    case 16: /* no serialNumber at all */
        forge_subject(answer, NULL);
        break;
    default: /* one byte of the key */
        forge_certificate(answer, bytes_of(e->subject, e->subject_n), e->keygen.P);
        forge_certificate(answer, bytes_of(e->subject, e->subject_n), e->P1);
    }
}

static void believes_no_lie(void **state)
{
    (void)state;
    for (int v = 0; v < LIES; v++) {
        fake *f = fake_make();
        yq_device *device = fake_device(f);
        yq_key_info key;
        f->tamper = lie;
        f->variant = v;
        yq_status status = fake_try_enrol(device, 0, &key, NULL);
        /* Case 14 is no certificate any more: malformed instead of false. */
        assert_int_equal(status, v == 14 ? YQ_BAD_ANSWER : YQ_ANSWER_REJECTED);
        size_t n;
        assert_int_equal(yq_list_keys(device, &key, 1, &n), YQ_OK);
        assert_int_not_equal(key.stage, YQ_KEY_ENROLLED);
        if (lie_calls[v] == FAKE_SIGN || (lie_calls[v] == FAKE_SIGNATURES && v != 14)) {
            assert_int_equal(f->count[FAKE_FAILURES], 1);
            assert_string_equal(f->failure_code, "answer_rejected");
        }
        f->tamper = NULL;
        assert_int_equal(go_on(device, &key), YQ_OK);
        assert_enrolled(f, device, 0);
        yq_device_close(device);
        fake_free(f);
    }
}

/* ---- every value of every answer replaced or left out ---- */

enum { KINDS = 5 };

static json_t *replacement(int kind)
{
    switch (kind) {
    case 1:
        return json_null();
    case 2:
        return json_integer(-7);
    case 3:
        return json_string("x");
    default:
        return json_array();
    }
}

/* Counts down to the place that is mutated; the root itself is none. */
static bool mutate(json_t *at, int *place, int kind)
{
    const char *name;
    json_t *value;
    void *next;
    size_t i;
    if (json_is_object(at)) {
        json_object_foreach_safe(at, next, name, value)
        {
            if ((*place)-- == 0) {
                if (kind == 0)
                    json_object_del(at, name);
                else
                    json_object_set_new(at, name, replacement(kind));
                return true;
            }
            if (mutate(value, place, kind))
                return true;
        }
    }
    json_array_foreach(at, i, value)
    {
        if ((*place)-- == 0) {
            if (kind == 0)
                json_array_remove(at, i);
            else
                json_array_set_new(at, i, replacement(kind));
            return true;
        }
        if (mutate(value, place, kind))
            return true;
    }
    return false;
}

static fake_call mutated_call;
static bool mutated;

static void mutate_answer(fake *f, fake_call call, json_t *answer)
{
    int place = f->variant / KINDS;
    if (call == mutated_call && mutate(answer, &place, f->variant % KINDS))
        mutated = true;
}

static void takes_no_malformed_answer(void **state)
{
    (void)state;
    /* accepted: mutations of what the device has no use for (expires_at, completed, failures_before, serial), of a
     * chain or a list of devices that may be shorter, and texts that are only shown. */
    static const struct {
        fake_call call;
        int accepted, refused;
    } calls[] = {{FAKE_ENROL, 3, 37},  {FAKE_CHALLENGE, 5, 10}, {FAKE_SESSION, 5, 10},
                 {FAKE_KEYGEN, 0, 20}, {FAKE_SIGN, 0, 25},      {FAKE_SIGNATURES, 40, 35}};
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
        int accepted = 0, refused = 0;
        mutated_call = calls[c].call;
        for (int v = 0;; v++) {
            fake *f = fake_make();
            yq_device *device = fake_device(f);
            yq_key_info key;
            mutated = false;
            f->tamper = mutate_answer;
            f->variant = v;
            yq_status status = fake_try_enrol(device, 0, &key, NULL);
            accepted += mutated && status == YQ_OK;
            refused += mutated && status != YQ_OK;
            if (mutated && status != YQ_OK)
                assert_true(status == YQ_BAD_ANSWER || status == YQ_ANSWER_REJECTED || status == YQ_REFUSED);
            yq_device_close(device);
            fake_free(f);
            if (!mutated)
                break;
        }
        assert_int_equal(accepted, calls[c].accepted);
        assert_int_equal(refused, calls[c].refused);
    }
}

/* ---- several people on one device ---- */

static void keeps_people_apart(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key[2];
    yq_tasks tasks;
    yq_sign_result results[2];
    fake_enrol_person(device, 0, &key[0]);
    yq_enrolment second = fake_enrolment_of(1);
    second.pin = "862073";
    assert_int_equal(yq_enrol(device, &second, &key[1], NULL), YQ_OK);
    assert_string_not_equal(key[0].key, key[1].key);
    assert_memory_not_equal(f->enrolments[0].credential, f->enrolments[1].credential, 65);
    const fake_task *first = fake_add_task(f, 0, "raw", "one", 3), *other = fake_add_task(f, 1, "raw", "two", 3);
    device = restart(f, device);
    fake_pull(device, &key[0], &tasks);
    assert_int_equal(tasks.n, 1);
    /* the other's key refuses this task, and this one's PIN */
    assert_int_equal(fake_sign_tasks(device, &key[1], &tasks, FAKE_PIN, results, NULL), YQ_REFUSED);
    assert_int_equal(results[0].status, YQ_REFUSED);
    assert_int_equal(fake_sign_tasks(device, &key[0], &tasks, FAKE_PIN, results, NULL), YQ_OK);
    yq_tasks_free(&tasks);
    assert_true(first->done && !other->done);
    fake_pull(device, &key[1], &tasks);
    assert_int_equal(fake_sign_tasks(device, &key[1], &tasks, FAKE_PIN, results, NULL), YQ_PIN_WRONG);
    assert_int_equal(f->enrolments[0].failures, 0);
    assert_int_equal(fake_sign_tasks(device, &key[1], &tasks, "862073", results, NULL), YQ_OK);
    yq_tasks_free(&tasks);
    assert_int_equal(yq_remove_key(device, key[0].key, false, NULL), YQ_OK);
    fake_add_task(f, 1, "raw", "three", 5);
    fake_pull(device, &key[1], &tasks);
    assert_int_equal(fake_sign_tasks(device, &key[1], &tasks, "862073", results, NULL), YQ_OK);
    yq_tasks_free(&tasks);
    yq_device_close(device);
    fake_free(f);
}

static void tidies_up_attempts_that_went_nowhere(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    size_t n;
    yq_enrolment mistyped = fake_enrolment_of(0);
    mistyped.activation_code = "7KQF-3M9X-2TWC";
    f->down = true;
    assert_int_equal(yq_enrol(device, &mistyped, &key, NULL), YQ_TRANSPORT_FAILED);
    assert_int_equal(key.stage, YQ_KEY_OPENING);
    assert_int_equal(yq_enrol_resume(device, key.key, FAKE_PIN, 6, NULL, NULL), YQ_WRONG_STATE);
    f->down = false;
    fake_enrol_person(device, 0, &key);
    assert_int_equal(yq_list_keys(device, &key, 1, &n), YQ_OK);
    assert_int_equal(n, 1);
    assert_enrolled(f, device, 0);
    yq_device_close(device);
    fake_free(f);
}

static void has_room_for_so_many(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info keys[YQ_KEYS_MAX];
    size_t n;
    f->down = true;
    for (int i = 0; i <= YQ_KEYS_MAX; i++) {
        char code[16];
        yq_enrolment e = fake_enrolment_of(0);
        (void)snprintf(code, sizeof code, "CODE-%d", i);
        e.activation_code = code;
        assert_int_equal(yq_enrol(device, &e, NULL, NULL), i < YQ_KEYS_MAX ? YQ_TRANSPORT_FAILED : YQ_LIMIT_REACHED);
    }
    assert_int_equal(yq_list_keys(device, keys, YQ_KEYS_MAX - 1, &n), YQ_LIMIT_REACHED);
    assert_int_equal(n, YQ_KEYS_MAX);
    device = restart(f, device);
    assert_int_equal(yq_list_keys(device, keys, YQ_KEYS_MAX, &n), YQ_OK);
    assert_int_equal(n, YQ_KEYS_MAX);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(yq_remove_key(device, keys[i].key, false, NULL), YQ_OK);
    assert_int_equal(fake_credentials_n(f), 0);
    assert_int_equal(fake_files_n(f), 1);
    yq_device_close(device);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_a_key_with_its_certificate),
        cmocka_unit_test(begins_anew_where_the_person_was_renamed),
        cmocka_unit_test(keeps_no_pin_and_no_share_in_clear),
        cmocka_unit_test(asks_the_person),
        cmocka_unit_test(leaves_nothing_after_a_wrong_code),
        cmocka_unit_test(checks_what_it_is_given),
        cmocka_unit_test(survives_a_lost_message),
        cmocka_unit_test(survives_a_crash_anywhere),
        cmocka_unit_test(survives_a_failing_platform),
        cmocka_unit_test(stops_without_entropy),
        cmocka_unit_test(resumes_with_the_right_pin_only),
        cmocka_unit_test(gives_the_key_free_when_it_gives_up),
        cmocka_unit_test(signs_again_what_lapsed),
        cmocka_unit_test(takes_a_new_pin_with_the_same_code),
        cmocka_unit_test(believes_no_lie),
        cmocka_unit_test(takes_no_malformed_answer),
        cmocka_unit_test(keeps_people_apart),
        cmocka_unit_test(tidies_up_attempts_that_went_nowhere),
        cmocka_unit_test(has_room_for_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
