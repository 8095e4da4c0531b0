#include "service/sign_attributes.h"

#include "phone.h"

/* A person with one phone, and a task of form cms. */
typedef struct ward {
    fixture f;
    user doctor;
    phone phone;
    business_system emr;
    task task;
} ward;

#define DOCUMENT "会诊意见：建议继续观察。"

static task new_task(ward *w, const char *form)
{
    task t;
    bool repeated;
    task_request request = fixture_task_request("D1001", DOCUMENT);
    request.form = form;
    assert_int_equal(task_create(fixture_call_as_system(&w->f, "task.create", w->emr.id), &request, &t, &repeated),
                     ERR_OK);
    return t;
}

static int setup(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    w->f.now_ms = w->f.now_ms / 1000 * 1000;
    w->doctor = fixture_user(&w->f, "D1001", "王建国");
    w->emr = fixture_system(&w->f, "电子病历");
    phone_make(&w->phone, &w->f, &w->doctor);
    w->task = new_task(w, "cms");
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

/* Refused with this error, said about this field, before anything is claimed and without a PIN attempt. */
static void assert_refused(ward *w, signing *s, err want, const char *field)
{
    assert_int_equal(signing_open(s, &w->phone), want);
    assert_string_equal(w->f.c.fault.field, field);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM claim WHERE attributes IS NOT NULL"), 0);
    assert_int_equal(fixture_number(&w->f, "SELECT failures FROM device_key"), 0);
    signing_end(s);
}

static void sign_at(ward *w, signing *s, int64_t time_ms)
{
    uint8_t message[SIGNED_ATTRIBUTES_BUILT_MAX];
    signing_begin(s, &w->phone);
    (void)signing_add_attributes(s, &w->phone, &w->task, time_ms, message);
}

static void both_sides_build_the_same_attributes(void **state)
{
    ward *w = *state;
    signing s;
    uint8_t message[SIGNED_ATTRIBUTES_BUILT_MAX], e[32];
    int64_t at = w->f.now_ms - 7000;
    task other = new_task(w, "digest"), t;
    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, other.id, bytes_of(other.digest, 32));
    size_t n = signing_add_attributes(&s, &w->phone, &w->task, at, message);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);

    assert_int_equal(task_get(fixture_call_as_system(&w->f, NULL, w->emr.id), w->task.id, &t), ERR_OK);
    assert_string_equal(t.form, "cms");
    assert_int_equal(t.signature.attributes.n, n);
    assert_memory_equal(t.signature.attributes.p, message, n);
    cert certificate;
    assert_int_equal(cert_parse(&certificate, t.signature.certificate), ERR_OK);
    sm2_digest(e, certificate.public_key, t.signature.attributes);
    assert_memory_equal(t.signature.e, e, 32);
    assert_int_equal(sm2_verify_bytes(certificate.public_key, e, t.signature.rs), ERR_OK);
    signed_attributes read;
    assert_int_equal(signed_attributes_read(&read, bytes_of(message + 3, n - 3)), ERR_OK);
    assert_int_equal(read.signing_time_ms, at);
    assert_true(bytes_equal(read.message_digest, bytes_of(w->task.digest, 32)));
    assert_int_equal(task_get(fixture_call_as_system(&w->f, NULL, w->emr.id), other.id, &t), ERR_OK);
    assert_null(t.signature.attributes.p);
}

/* The same request again, within its 60 seconds, gets fresh values and no second claim. */
static void a_repeated_request_keeps_its_attributes(void **state)
{
    ward *w = *state;
    signing s;
    sign_at(w, &s, w->f.now_ms);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    w->f.now_ms += 2000;
    assert_int_equal(sign_open(phone_call(&w->phone, "sign.request"), &s.request, s.answers), ERR_OK);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM claim WHERE attributes IS NOT NULL"), 1);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

static void renew(ward *w)
{
    fixture_write(
        &w->f,
        "INSERT INTO certificate (serial, key_id, user_id, state, certificate, not_before, not_after, "
        "created_at) SELECT $1, key_id, user_id, state, $1, not_before, not_after, created_at FROM certificate",
        (store_value[]){store_blob("renewed", 7)}, 1);
    fixture_write(&w->f, "UPDATE device_key SET serial = $1", (store_value[]){store_blob("renewed", 7)}, 1);
}

/* The key has another certificate than when the attributes were built. */
static void a_renewed_certificate_is_not_the_one_that_was_named(void **state)
{
    ward *w = *state;
    signing s;
    sign_at(w, &s, w->f.now_ms);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    renew(w);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_TASK_NOT_CLAIMED);
    assert_string_equal(w->f.c.fault.field, "signatures[0].task");
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM signature WHERE attributes IS NOT NULL"), 0);
    /* It waits for its claim to lapse, and is signed anew. */
    assert_string_equal(fixture_task_state(&w->f, w->task.id), "claimed");
    signing_end(&s);
}

static void what_was_completed_before_a_renewal_is_answered_again(void **state)
{
    ward *w = *state;
    signing s;
    sign_at(w, &s, w->f.now_ms);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    renew(w);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

static void the_time_is_near_the_servers(void **state)
{
    ward *w = *state;
    static const int64_t away[] = {SIGN_TIME_TOLERANCE * 1000, -SIGN_TIME_TOLERANCE * 1000};
    for (size_t i = 0; i < sizeof away / sizeof *away; i++) {
        signing s;
        char now[CLOCK_TEXT];
        clock_text(now, w->f.now_ms);
        sign_at(w, &s, w->f.now_ms + away[i] + (away[i] > 0 ? 1000 : -1000));
        assert_refused(w, &s, ERR_SIGNING_TIME, "items[0].signing_time");
        assert_non_null(strstr(w->f.c.fault.detail, now));
        sign_at(w, &s, w->f.now_ms + away[i]);
        assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
        signing_finish(&s);
        assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
        signing_end(&s);
        fixture_write(&w->f, "UPDATE claim SET attributes = NULL WHERE sid = $1",
                      (store_value[]){store_id(s.request.mpc.sid)}, 1);
        w->task = new_task(w, "cms");
    }
}

static void the_time_is_there_and_whole(void **state)
{
    ward *w = *state;
    signing s;
    sign_at(w, &s, w->f.now_ms);
    s.signing_times[0] = 0;
    assert_refused(w, &s, ERR_FIELD_MISSING, "items[0].signing_time");
    sign_at(w, &s, w->f.now_ms);
    s.request.signing_times = NULL;
    assert_refused(w, &s, ERR_FIELD_MISSING, "items[0].signing_time");
    sign_at(w, &s, w->f.now_ms);
    s.signing_times[0]++;
    assert_refused(w, &s, ERR_FIELD_VALUE, "items[0].signing_time");
}

/* e over attributes that say anything else than what the server sees is another message. */
static void other_attributes_are_refused(void **state)
{
    ward *w = *state;
    signing s;
    uint8_t message[SIGNED_ATTRIBUTES_BUILT_MAX];
    task lie = w->task;
    lie.digest[31] ^= 1;
    signing_begin(&s, &w->phone);
    (void)signing_add_attributes(&s, &w->phone, &lie, w->f.now_ms, message);
    assert_refused(w, &s, ERR_DIGEST, "items[0].task");
    sign_at(w, &s, w->f.now_ms);
    s.signing_times[0] -= 1000;
    assert_refused(w, &s, ERR_DIGEST, "items[0].task");
    /* the digest itself, and the document, are not M */
    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, w->task.id, bytes_of(w->task.digest, 32));
    s.signing_times[0] = w->f.now_ms;
    assert_refused(w, &s, ERR_DIGEST, "items[0].task");
    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, w->task.id, bytes_of_text(DOCUMENT));
    s.signing_times[0] = w->f.now_ms;
    assert_refused(w, &s, ERR_DIGEST, "items[0].task");
}

static void other_forms_have_no_time(void **state)
{
    ward *w = *state;
    signing s;
    task raw = new_task(w, "raw");
    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, raw.id, bytes_of_text(DOCUMENT));
    s.signing_times[0] = w->f.now_ms;
    assert_refused(w, &s, ERR_FORM, "items[0].signing_time");
}

/* What an authorisation's signature will say of it. */
static void an_authorisation_is_named(void **state)
{
    ward *w = *state;
    static const uint8_t id[16] = "authorisation 1";
    sign_attributes of = {0};
    signing_key key;
    signed_attributes read;
    bytes m;
    call *c = phone_call(&w->phone, NULL);
    assert_int_equal(signing_key_load(c, w->phone.key_id, &key), ERR_OK);
    assert_int_equal(sign_attributes_build(c, &of, &key, w->task.digest, w->f.now_ms, id, &m), ERR_OK);
    assert_int_equal(m.p[0], 0x31);
    assert_int_equal(signed_attributes_read(&read, bytes_of(m.p + 3, m.n - 3)), ERR_OK);
    assert_true(bytes_equal(read.authorisation_id, bytes_of(id, 16)));
}

#define IN_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {IN_WARD(both_sides_build_the_same_attributes),
                                       IN_WARD(a_repeated_request_keeps_its_attributes),
                                       IN_WARD(a_renewed_certificate_is_not_the_one_that_was_named),
                                       IN_WARD(what_was_completed_before_a_renewal_is_answered_again),
                                       IN_WARD(the_time_is_near_the_servers),
                                       IN_WARD(the_time_is_there_and_whole),
                                       IN_WARD(other_attributes_are_refused),
                                       IN_WARD(other_forms_have_no_time),
                                       IN_WARD(an_authorisation_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
