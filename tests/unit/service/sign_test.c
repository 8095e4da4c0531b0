#include <pthread.h>

#include "service/key_state.h"
#include "service/policy.h"
#include "phone.h"

/* A person with one phone that may sign, and a business system. */
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

#define DOCUMENT "出院小结: 患者恢复良好。"

static task new_task(ward *w)
{
    return fixture_task(&w->f, &w->emr, "D1001", DOCUMENT);
}

/* A session over these raw tasks. */
static void begin(signing *s, const phone *p, const task *tasks, size_t n)
{
    signing_begin(s, p);
    for (size_t i = 0; i < n; i++)
        signing_add(s, p, tasks[i].id, bytes_of_text(DOCUMENT));
}

/* A whole signature of a new task; gives failures_before. */
static int sign_one(ward *w)
{
    signing s;
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
    return s.done.failures_before;
}

/* One wrong PIN; gives the tries left. */
static int wrong_pin(ward *w, const task *t)
{
    signing s;
    begin(&s, &w->phone, t, 1);
    assert_int_equal(signing_open_with_wrong_pin(&s, &w->phone), ERR_PIN);
    signing_end(&s);
    return w->f.c.fault.tries_left;
}

static int64_t failures(ward *w)
{
    return fixture_number(&w->f, "SELECT failures FROM device_key");
}

static int64_t signatures(ward *w)
{
    return fixture_number(&w->f, "SELECT count(*) FROM signature");
}

static const char *key_state(ward *w, const phone *p)
{
    const store_value *row;
    assert_int_equal(store_query_one(w->f.store, w->f.arena, &row, ERR_OK, "SELECT state FROM device_key WHERE id = $1",
                                     (store_value[]){store_id(p->key_id)}, 1),
                     ERR_OK);
    return row[0].p;
}

static void set_key_state(ward *w, const char *state)
{
    fixture_write(&w->f, "UPDATE device_key SET state = $2 WHERE id = $1",
                  (store_value[]){store_id(w->phone.key_id), store_text(state)}, 2);
}

/* The request is refused with this error, says so about this field (NULL: none), and has left no trace. */
static void assert_refused(ward *w, const phone *p, signing *s, err want, const char *field)
{
    int64_t claims = fixture_number(&w->f, "SELECT count(*) FROM claim");
    int64_t failed = fixture_number(&w->f, "SELECT sum(failures_since_refresh) FROM device_key");
    int64_t open = fixture_number(&w->f, "SELECT count(*) FROM device_key WHERE open_sid IS NOT NULL");
    memset(s->answers, 0xa5, sizeof s->answers);
    assert_int_equal(signing_open(s, p), want);
    assert_string_equal(w->f.c.fault.field, field ? field : "");
    assert_int_equal(w->f.c.fault.tries_left, -1);
    for (size_t i = 0; i < sizeof s->answers; i++)
        assert_int_equal(((const uint8_t *)s->answers)[i], 0xa5);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM claim"), claims);
    assert_int_equal(fixture_number(&w->f, "SELECT sum(failures_since_refresh) FROM device_key"), failed);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM device_key WHERE open_sid IS NOT NULL"), open);
    signing_end(s);
}

static void a_task_is_signed_by_both_halves(void **state)
{
    ward *w = *state;
    signing s;
    uint8_t e[32];
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    assert_true(w->f.c.recorded);
    assert_string_equal(fixture_task_state(&w->f, t.id), "claimed");
    assert_int_equal(fixture_number(&w->f, "SELECT open_until FROM device_key"), w->f.now_ms + 60000);
    signing_finish(&s);
    w->f.now_ms += 1500;
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
    assert_int_equal(s.done.signed_ms, w->f.now_ms);
    assert_int_equal(s.done.failures_before, 0);
    assert_null(s.done.certificate.p);

    assert_int_equal(task_get(fixture_call_as_system(&w->f, NULL, w->emr.id), t.id, &t), ERR_OK);
    assert_string_equal(t.state, "signed");
    assert_true(t.has_signature);
    assert_memory_equal(t.signature.rs, s.results[0].rs, 64);
    assert_int_equal(t.signature.signed_ms, w->f.now_ms);
    assert_string_equal(t.signature.method, "pin");
    sm2_digest(e, w->phone.P, bytes_of_text(DOCUMENT));
    assert_memory_equal(t.signature.e, e, 32);
    cert certificate;
    assert_int_equal(cert_parse(&certificate, t.signature.certificate), ERR_OK);
    assert_int_equal(sm2_verify_bytes(certificate.public_key, e, t.signature.rs), ERR_OK);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task_document"), 0);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM device_key WHERE open_sid IS NOT NULL"), 0);

    audit_entry last = fixture_last_audit(&w->f);
    assert_string_equal(last.event, "sign.complete");
    assert_string_equal(last.outcome, "ok");
    assert_string_equal(last.subject, call_subject(&w->f.c, "task", t.id));
}

/* M of form digest is the digest, not the document. */
static void allow_fingerprint(ward *w, bool allowed)
{
    policy p;
    const policy_change change = {.has_fingerprint = true, .fingerprint = allowed};
    assert_int_equal(policy_update(fixture_call(&w->f, "policy.update"), &change, &p), ERR_OK);
}

/* How the person showed that it is he: the device's word, kept from the request to the signature. */
static void the_method_is_recorded(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w), read;
    w->phone.by_fingerprint = true;
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    assert_non_null(strstr(fixture_last_audit(&w->f).detail, " method=fingerprint"));
    /* The request may come again, but not say something else. */
    s.request.by_fingerprint = false;
    assert_int_equal(signing_open(&s, &w->phone), ERR_CONFLICT);
    assert_string_equal(w->f.c.fault.field, "sid");
    s.request.by_fingerprint = true;
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    assert_non_null(strstr(fixture_last_audit(&w->f).detail, " method=fingerprint"));
    signing_end(&s);
    assert_int_equal(task_get(fixture_call_as_system(&w->f, NULL, w->emr.id), t.id, &read), ERR_OK);
    assert_string_equal(read.signature.method, "fingerprint");
    w->phone.by_fingerprint = false;
    (void)sign_one(w);
    assert_non_null(strstr(fixture_last_audit(&w->f).detail, " method=pin"));
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM signature WHERE method = 'pin'"), 1);
}

/* A wrong PIN by fingerprint counts as any other. */
static void a_wrong_proof_by_fingerprint_counts(void **state)
{
    ward *w = *state;
    task t = new_task(w);
    w->phone.by_fingerprint = true;
    assert_int_equal(wrong_pin(w, &t), 4);
    assert_int_equal(failures(w), 1);
}

static void the_hospital_may_forbid_the_fingerprint(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w);
    allow_fingerprint(w, false);
    w->phone.by_fingerprint = true;
    begin(&s, &w->phone, &t, 1);
    assert_refused(w, &w->phone, &s, ERR_FINGERPRINT_FORBIDDEN, NULL);
    w->phone.by_fingerprint = false;
    (void)sign_one(w);
    allow_fingerprint(w, true);
    w->phone.by_fingerprint = true;
    (void)sign_one(w);
}

static void form_digest_signs_the_digest(void **state)
{
    ward *w = *state;
    signing s;
    task t;
    bool repeated;
    task_request request = fixture_task_request("D1001", DOCUMENT);
    request.form = "digest";
    assert_int_equal(task_create(fixture_call_as_system(&w->f, "task.create", w->emr.id), &request, &t, &repeated),
                     ERR_OK);
    begin(&s, &w->phone, &t, 1);
    assert_refused(w, &w->phone, &s, ERR_DIGEST, "items[0].task");
    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, t.id, bytes_of(t.digest, 32));
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

static void a_batch_is_completed_whole_in_any_order(void **state)
{
    ward *w = *state;
    signing s;
    task t[] = {new_task(w), new_task(w), new_task(w)};
    begin(&s, &w->phone, t, 3);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    sign_result first = s.results[0];
    s.results[0] = s.results[2];
    s.results[2] = first;
    int64_t rows = fixture_number(&w->f, "SELECT count(*) FROM audit");
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(fixture_task_state(&w->f, t[i].id), "signed");
    assert_int_equal(signatures(w), 3);
    /* A row for each task, and the call's. */
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM audit"), rows + 4);
}

static void whose_key_it_is(void **state)
{
    ward *w = *state;
    signing s;
    phone other;
    task t = new_task(w);
    phone_make(&other, &w->f, &w->doctor);
    begin(&s, &w->phone, &t, 1);
    s.request.mpc.key_id[3] ^= 1;
    assert_refused(w, &w->phone, &s, ERR_KEY_NOT_FOUND, NULL);
    /* The same person's other phone does not speak for this key. */
    begin(&s, &w->phone, &t, 1);
    assert_refused(w, &other, &s, ERR_KEY_NOT_FOUND, NULL);
    phone_throw_away(&other);
}

static void which_tasks_may_be_signed(void **state)
{
    ward *w = *state;
    signing s;
    task gone, t[] = {new_task(w), new_task(w)};
    static const uint8_t none[16] = {1};
    fixture_user(&w->f, "D1002", "李秀英");
    task others = fixture_task(&w->f, &w->emr, "D1002", DOCUMENT);

    begin(&s, &w->phone, t, 1);
    signing_add(&s, &w->phone, none, bytes_of_text(DOCUMENT));
    assert_refused(w, &w->phone, &s, ERR_TASK_NOT_FOUND, "items[1].task");
    begin(&s, &w->phone, &others, 1);
    assert_refused(w, &w->phone, &s, ERR_TASK_NOT_YOURS, "items[0].task");

    begin(&s, &w->phone, t, 2);
    signing_add(&s, &w->phone, t[0].id, bytes_of_text(DOCUMENT));
    assert_refused(w, &w->phone, &s, ERR_FIELD_VALUE, "items[2].task");

    signing_begin(&s, &w->phone);
    signing_add(&s, &w->phone, t[0].id, bytes_of_text(DOCUMENT " "));
    assert_refused(w, &w->phone, &s, ERR_DIGEST, "items[0].task");

    assert_int_equal(task_cancel(fixture_call_as_system(&w->f, "task.cancel", w->emr.id), t[1].id, NULL, &gone),
                     ERR_OK);
    begin(&s, &w->phone, t, 2);
    assert_refused(w, &w->phone, &s, ERR_TASK_CANCELLED, "items[1].task");
    assert_string_equal(fixture_task_state(&w->f, t[0].id), "pending");

    begin(&s, &w->phone, t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
    begin(&s, &w->phone, t, 1);
    assert_refused(w, &w->phone, &s, ERR_TASK_SIGNED, "items[0].task");
}

static void how_many_items(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);
    signing_prove(&s, &w->phone, &w->phone.d1);
    s.request.mpc.m = 0;
    assert_int_equal(sign_open(phone_call(&w->phone, "sign.request"), &s.request, s.answers), ERR_LENGTH);
    s.request.mpc.m = MPC_BATCH_MAX + 1;
    assert_int_equal(sign_open(phone_call(&w->phone, "sign.request"), &s.request, s.answers), ERR_LENGTH);
    signing_end(&s);
    assert_int_equal(failures(w), 0);
}

static void a_task_expires_at_its_time(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w);
    w->f.now_ms = t.expires_ms;
    begin(&s, &w->phone, &t, 1);
    assert_refused(w, &w->phone, &s, ERR_TASK_EXPIRED, "items[0].task");
    w->f.now_ms = t.expires_ms - 1;
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    /* What was claimed in time may be completed while the claim lasts. */
    w->f.now_ms += 59999;
    fixture_housekeeping(&w->f);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
    assert_string_equal(fixture_task_state(&w->f, t.id), "signed");
}

/* A malformed request is no PIN attempt. */
static void malformed_requests_count_as_no_failure(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);
    signing_prove(&s, &w->phone, &w->phone.d1);
    s.items[0].A[64] ^= 1;
    assert_int_equal(sign_open(phone_call(&w->phone, "sign.request"), &s.request, s.answers), ERR_POINT);
    s.items[0].A[64] ^= 1;
    s.items[0].B[0] = 2;
    assert_int_equal(sign_open(phone_call(&w->phone, "sign.request"), &s.request, s.answers), ERR_POINT);
    s.items[0].B[0] = 4;
    memset(s.request.mpc.proof.z, 0, 32);
    assert_int_equal(sign_open(phone_call(&w->phone, "sign.request"), &s.request, s.answers), ERR_SCALAR);
    signing_end(&s);
    assert_int_equal(failures(w), 0);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM claim WHERE claimed_at > 0"), 1);
    assert_string_equal(fixture_task_state(&w->f, t.id), "pending");
}

/* The tasks are looked at before the proof: a request for what may not be signed tries no PIN. */
static void a_refused_task_tries_no_pin(void **state)
{
    ward *w = *state;
    signing s;
    fixture_user(&w->f, "D1002", "李秀英");
    task others = fixture_task(&w->f, &w->emr, "D1002", DOCUMENT);
    begin(&s, &w->phone, &others, 1);
    assert_int_equal(signing_open_with_wrong_pin(&s, &w->phone), ERR_TASK_NOT_YOURS);
    signing_end(&s);
    assert_int_equal(failures(w), 0);
}

static void what_must_hold_of_person_key_and_certificate(void **state)
{
    ward *w = *state;
    signing s;
    user changed;
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);

    assert_int_equal(
        user_update(fixture_call(&w->f, "user.update"), w->doctor.id, &(user_change){.state = "suspended"}, &changed),
        ERR_OK);
    assert_refused(w, &w->phone, &s, ERR_USER_SUSPENDED, NULL);
    assert_int_equal(
        user_update(fixture_call(&w->f, "user.update"), w->doctor.id, &(user_change){.state = "active"}, &changed),
        ERR_OK);

    set_key_state(w, "locked");
    assert_refused(w, &w->phone, &s, ERR_KEY_LOCKED, NULL);
    set_key_state(w, "frozen");
    assert_refused(w, &w->phone, &s, ERR_KEY_STATE, NULL);
    set_key_state(w, "destroyed");
    assert_refused(w, &w->phone, &s, ERR_KEY_STATE, NULL);
    set_key_state(w, "active");

    fixture_write(&w->f, "UPDATE certificate SET state = 'frozen'", NULL, 0);
    assert_refused(w, &w->phone, &s, ERR_CERTIFICATE_FROZEN, NULL);
    fixture_write(&w->f, "UPDATE certificate SET state = 'expired'", NULL, 0);
    assert_refused(w, &w->phone, &s, ERR_CERTIFICATE_EXPIRED, NULL);
    fixture_write(&w->f, "UPDATE certificate SET state = 'active'", NULL, 0);

    fixture_write(&w->f, "UPDATE enrolment SET state = 'closed'", NULL, 0);
    assert_refused(w, &w->phone, &s, ERR_KEY_NOT_FOUND, NULL);
    fixture_write(&w->f, "UPDATE enrolment SET state = 'enrolled'", NULL, 0);

    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

static void a_certificate_expires_at_its_time(void **state)
{
    ward *w = *state;
    signing s;
    int64_t not_after = fixture_number(&w->f, "SELECT not_after FROM certificate");
    w->f.now_ms = not_after - 1;
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);
    w->f.now_ms = not_after;
    assert_refused(w, &w->phone, &s, ERR_CERTIFICATE_EXPIRED, NULL);
    w->f.now_ms = not_after - 1;
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

static void a_revoked_certificate_signs_nothing_more(void **state)
{
    ward *w = *state;
    signing s, later;
    const store_value *row;
    certificate_view view;
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(store_query_one(w->f.store, w->f.arena, &row, ERR_OK, "SELECT serial FROM certificate", NULL, 0),
                     ERR_OK);
    assert_int_equal(certificate_revoke(fixture_call(&w->f, "certificate.revoke"), bytes_of(row[0].p, row[0].n),
                                        REASON_KEY_COMPROMISE, &view),
                     ERR_OK);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_CERTIFICATE_REVOKED);
    signing_end(&s);
    begin(&later, &w->phone, &t, 1);
    assert_refused(w, &w->phone, &later, ERR_CERTIFICATE_REVOKED, NULL);
    assert_int_equal(signatures(w), 0);
}

static void a_spoilt_share_is_no_wrong_pin(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);
    fixture_write(&w->f, "UPDATE device_key SET sealed_share = zeroblob(length(sealed_share))", NULL, 0);
    assert_refused(w, &w->phone, &s, ERR_CORRUPT, NULL);
    fixture_write(&w->f, "UPDATE device_key SET sealed_share = NULL", NULL, 0);
    assert_refused(w, &w->phone, &s, ERR_CORRUPT, NULL);
}

static void one_request_is_open_for_a_key_and_60_seconds(void **state)
{
    ward *w = *state;
    signing first, second;
    task t[] = {new_task(w), new_task(w)};
    begin(&first, &w->phone, &t[0], 1);
    begin(&second, &w->phone, &t[1], 1);
    assert_int_equal(signing_open(&first, &w->phone), ERR_OK);
    assert_refused(w, &w->phone, &second, ERR_KEY_BUSY, NULL);
    assert_int_equal(w->f.c.fault.retry_after, 60);
    w->f.now_ms += 59001;
    assert_refused(w, &w->phone, &second, ERR_KEY_BUSY, NULL);
    assert_int_equal(w->f.c.fault.retry_after, 1);
    w->f.now_ms += 999;
    assert_int_equal(signing_open(&second, &w->phone), ERR_OK);
    signing_end(&first);
    signing_end(&second);
}

static void a_request_may_come_again_while_it_is_open(void **state)
{
    ward *w = *state;
    signing s;
    mpc_sign_answer before[SIGNING_MAX];
    task t[] = {new_task(w), new_task(w)};
    begin(&s, &w->phone, t, 2);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    memcpy(before, s.answers, sizeof before);
    int64_t until = fixture_number(&w->f, "SELECT open_until FROM device_key");
    w->f.now_ms += 30000;
    /* The very same message: fresh values, and the time is not made longer. */
    assert_int_equal(sign_open(phone_call(&w->phone, "sign.request"), &s.request, s.answers), ERR_OK);
    assert_memory_not_equal(before[0].W, s.answers[0].W, POINT_SIZE);
    assert_memory_not_equal(before[0].s1, s.answers[0].s1, 32);
    assert_int_equal(fixture_number(&w->f, "SELECT open_until FROM device_key"), until);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM claim"), 3);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

static void the_same_sid_with_other_items_is_refused(void **state)
{
    ward *w = *state;
    signing s, other;
    task t[] = {new_task(w), new_task(w), new_task(w)};
    begin(&s, &w->phone, t, 2);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    const struct {
        size_t n, order[3];
    } variants[] = {{1, {0}}, {3, {0, 1, 2}}, {2, {1, 0}}, {2, {0, 2}}};
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        signing_begin(&other, &w->phone);
        memcpy(other.request.mpc.sid, s.request.mpc.sid, 16);
        for (size_t j = 0; j < variants[i].n; j++)
            signing_add(&other, &w->phone, t[variants[i].order[j]].id, bytes_of_text(DOCUMENT));
        assert_refused(w, &w->phone, &other, ERR_CONFLICT, "sid");
    }
    begin(&other, &w->phone, t, 2);
    memcpy(other.request.mpc.sid, s.request.mpc.sid, 16);
    other.items[1].e[0] ^= 1;
    assert_refused(w, &w->phone, &other, ERR_CONFLICT, "sid");
    signing_end(&s);
}

static void a_sid_is_used_once(void **state)
{
    ward *w = *state;
    signing s, again;
    task t[] = {new_task(w), new_task(w)};
    begin(&s, &w->phone, t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    /* Lapsed: neither other tasks nor the same. */
    w->f.now_ms += 60000;
    for (size_t i = 0; i < 2; i++) {
        begin(&again, &w->phone, &t[i], 1);
        memcpy(again.request.mpc.sid, s.request.mpc.sid, 16);
        assert_refused(w, &w->phone, &again, ERR_CONFLICT, "sid");
    }
    /* Completed. */
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    begin(&again, &w->phone, &t[1], 1);
    memcpy(again.request.mpc.sid, s.request.mpc.sid, 16);
    assert_refused(w, &w->phone, &again, ERR_CONFLICT, "sid");
    assert_string_equal(fixture_task_state(&w->f, t[1].id), "pending");
    signing_end(&s);
}

/* A PIN that is not counted must not be told from the right one: nothing is computed with what came under a sid that was used. */
static void a_used_sid_tells_nothing_of_the_pin(void **state)
{
    ward *w = *state;
    signing s, again;
    service_figures before, after;
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    w->f.now_ms += 60000;
    begin(&again, &w->phone, &t, 1);
    memcpy(again.request.mpc.sid, s.request.mpc.sid, 16);
    service_read_figures(w->f.service, &before);
    assert_int_equal(signing_open_with_wrong_pin(&again, &w->phone), ERR_CONFLICT);
    assert_int_equal(signing_open(&again, &w->phone), ERR_CONFLICT);
    service_read_figures(w->f.service, &after);
    assert_int_equal(after.crypto_cpu_ns, before.crypto_cpu_ns);
    assert_int_equal(failures(w), 0);
    signing_end(&again);
    signing_end(&s);
}

static void nothing_is_answered_where_the_claim_is_not_recorded(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w);
    fixture_write(&w->f, "CREATE TRIGGER no_claim BEFORE INSERT ON claim BEGIN SELECT RAISE(ABORT, 'no claim'); END",
                  NULL, 0);
    begin(&s, &w->phone, &t, 1);
    memset(s.answers, 0xa5, sizeof s.answers);
    assert_int_not_equal(signing_open(&s, &w->phone), ERR_OK);
    for (size_t i = 0; i < sizeof s.answers; i++)
        assert_int_equal(((const uint8_t *)s.answers)[i], 0xa5);
    assert_string_equal(fixture_task_state(&w->f, t.id), "pending");
    signing_end(&s);
}

/* Suspended between the reading of the person's state and the claim: nothing is claimed or answered. */
static void who_is_suspended_at_this_moment_gets_no_answer(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w);
    fixture_write(&w->f,
                  "CREATE TRIGGER suspend AFTER UPDATE OF open_sid ON device_key BEGIN "
                  "UPDATE app_user SET state = 'suspended'; END",
                  NULL, 0);
    begin(&s, &w->phone, &t, 1);
    assert_refused(w, &w->phone, &s, ERR_USER_SUSPENDED, NULL);
    assert_string_equal(fixture_task_state(&w->f, t.id), "pending");
}

static void another_device_waits_for_a_claim_to_lapse(void **state)
{
    ward *w = *state;
    signing first, second;
    phone other;
    task t = new_task(w);
    phone_make(&other, &w->f, &w->doctor);
    begin(&first, &w->phone, &t, 1);
    assert_int_equal(signing_open(&first, &w->phone), ERR_OK);
    signing_finish(&first);
    w->f.now_ms += 20000;
    begin(&second, &other, &t, 1);
    assert_refused(w, &other, &second, ERR_TASK_CLAIMED, "items[0].task");
    assert_int_equal(w->f.c.fault.retry_after, 40);
    w->f.now_ms += 40000;
    assert_int_equal(signing_open(&second, &other), ERR_OK);
    /* Taken over: the first one's signature comes too late. */
    assert_int_equal(signing_complete(&first, &w->phone), ERR_TASK_NOT_CLAIMED);
    assert_int_equal(signatures(w), 0);
    signing_finish(&second);
    assert_int_equal(signing_complete(&second, &other), ERR_OK);
    assert_int_equal(signing_complete(&first, &w->phone), ERR_TASK_SIGNED);
    assert_int_equal(signatures(w), 1);
    signing_end(&first);
    signing_end(&second);
    phone_throw_away(&other);
}

/* The signature exists: it is taken as long as nobody else took the task over. */
static void a_lapsed_claim_still_completes(void **state)
{
    ward *w = *state;
    for (int swept = 0; swept < 2; swept++) {
        signing s;
        task t = new_task(w);
        begin(&s, &w->phone, &t, 1);
        assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
        signing_finish(&s);
        w->f.now_ms += 3600000;
        if (swept)
            fixture_housekeeping(&w->f);
        assert_string_equal(fixture_task_state(&w->f, t.id), "pending");
        assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
        assert_string_equal(fixture_task_state(&w->f, t.id), "signed");
        signing_end(&s);
    }
}

/* Whoever was told "expired" or "cancelled" is told nothing else later, whether or not housekeeping has been there. */
static void a_lapsed_claim_does_not_revive_a_finished_task(void **state)
{
    ward *w = *state;
    for (int swept = 0; swept < 3; swept++) {
        signing s;
        task t = new_task(w);
        begin(&s, &w->phone, &t, 1);
        assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
        signing_finish(&s);
        w->f.now_ms += 60000;
        if (swept == 2) {
            assert_int_equal(task_cancel(fixture_call_as_system(&w->f, "task.cancel", w->emr.id), t.id, NULL, &t),
                             ERR_OK);
        } else {
            w->f.now_ms = t.expires_ms;
            if (swept)
                fixture_housekeeping(&w->f);
            assert_string_equal(fixture_task_state(&w->f, t.id), "expired");
        }
        assert_int_equal(signing_complete(&s, &w->phone), swept == 2 ? ERR_TASK_CANCELLED : ERR_TASK_EXPIRED);
        assert_string_equal(w->f.c.fault.field, "signatures[0].task");
        assert_string_equal(fixture_task_state(&w->f, t.id), swept == 2 ? "cancelled" : "expired");
        signing_end(&s);
    }
    assert_int_equal(signatures(w), 0);
}

static void a_completion_is_of_exactly_what_was_claimed(void **state)
{
    ward *w = *state;
    signing s, wrong;
    task t[] = {new_task(w), new_task(w), new_task(w)};
    begin(&s, &w->phone, t, 2);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);

    wrong = s;
    wrong.request.mpc.sid[0] ^= 1;
    assert_int_equal(signing_complete(&wrong, &w->phone), ERR_TASK_NOT_CLAIMED);
    wrong = s;
    wrong.request.mpc.m = 1;
    assert_int_equal(signing_complete(&wrong, &w->phone), ERR_TASK_NOT_CLAIMED);
    assert_string_equal(w->f.c.fault.field, "signatures");
    wrong = s;
    wrong.request.mpc.m = 3;
    memcpy(wrong.results[2].subject, t[2].id, 16);
    assert_int_equal(signing_complete(&wrong, &w->phone), ERR_TASK_NOT_CLAIMED);
    wrong = s;
    wrong.results[1] = s.results[0];
    assert_int_equal(signing_complete(&wrong, &w->phone), ERR_TASK_NOT_CLAIMED);
    assert_string_equal(w->f.c.fault.field, "signatures[1].task");
    wrong = s;
    memcpy(wrong.results[0].subject, t[2].id, 16);
    assert_int_equal(signing_complete(&wrong, &w->phone), ERR_TASK_NOT_CLAIMED);
    assert_string_equal(w->f.c.fault.field, "signatures[0].task");
    wrong = s;
    wrong.request.mpc.key_id[0] ^= 1;
    assert_int_equal(signing_complete(&wrong, &w->phone), ERR_KEY_NOT_FOUND);

    assert_int_equal(signatures(w), 0);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

static void a_false_signature_completes_nothing(void **state)
{
    ward *w = *state;
    signing s, wrong;
    phone other;
    task t[] = {new_task(w), fixture_task(&w->f, &w->emr, "D1001", "手术记录")};
    begin(&s, &w->phone, t, 1);
    signing_add(&s, &w->phone, t[1].id, bytes_of_text("手术记录"));
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    for (size_t at = 0; at < 64; at += 21) {
        wrong = s;
        wrong.results[1].rs[at] ^= 1;
        assert_int_equal(signing_complete(&wrong, &w->phone), ERR_SIGNATURE);
        assert_string_equal(w->f.c.fault.field, "signatures[1].rs");
    }
    /* Each is a good signature, of the other document. */
    wrong = s;
    memcpy(wrong.results[0].rs, s.results[1].rs, 64);
    memcpy(wrong.results[1].rs, s.results[0].rs, 64);
    assert_int_equal(signing_complete(&wrong, &w->phone), ERR_SIGNATURE);
    assert_int_equal(signatures(w), 0);
    assert_string_equal(fixture_task_state(&w->f, t[0].id), "claimed");
    assert_int_equal(failures(w), 0);

    phone_make(&other, &w->f, &w->doctor);
    assert_int_equal(signing_complete(&s, &other), ERR_KEY_NOT_FOUND);
    phone_throw_away(&other);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    signing_end(&s);
}

/* One of the batch's tasks was taken over: none is completed. */
static void a_batch_is_completed_all_or_nothing(void **state)
{
    ward *w = *state;
    signing batch, single;
    phone other;
    task t[] = {new_task(w), new_task(w)};
    phone_make(&other, &w->f, &w->doctor);
    begin(&batch, &w->phone, t, 2);
    assert_int_equal(signing_open(&batch, &w->phone), ERR_OK);
    signing_finish(&batch);
    w->f.now_ms += 60000;
    begin(&single, &other, &t[1], 1);
    assert_int_equal(signing_open(&single, &other), ERR_OK);
    assert_int_equal(signing_complete(&batch, &w->phone), ERR_TASK_NOT_CLAIMED);
    assert_int_equal(signatures(w), 0);
    assert_string_equal(fixture_task_state(&w->f, t[0].id), "pending");
    assert_string_equal(fixture_task_state(&w->f, t[1].id), "claimed");
    signing_end(&batch);
    signing_end(&single);
    phone_throw_away(&other);
}

static void a_completion_repeated_gives_the_same_answer(void **state)
{
    ward *w = *state;
    signing s, other;
    task t[] = {new_task(w), new_task(w)};
    assert_int_equal(wrong_pin(w, &t[0]), 4);
    begin(&s, &w->phone, t, 2);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    /* The same request again, under other nonces: another good signature of the same sid. */
    other = s;
    other.session = NULL;
    assert_int_equal(signing_open(&other, &w->phone), ERR_OK);
    signing_finish(&other);

    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    sign_completion first = s.done;
    assert_int_equal(first.failures_before, 1);
    w->f.now_ms += 5000;
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    assert_int_equal(s.done.signed_ms, first.signed_ms);
    assert_int_equal(s.done.failures_before, 1);
    assert_string_equal(fixture_last_audit(&w->f).detail, "repeated");
    assert_int_equal(signatures(w), 2);

    assert_int_equal(signing_complete(&other, &w->phone), ERR_TASK_SIGNED);
    assert_string_equal(w->f.c.fault.field, "signatures[0].rs");
    assert_int_equal(signatures(w), 2);
    signing_end(&s);
    signing_end(&other);
}

static void giving_up_frees_key_and_tasks(void **state)
{
    ward *w = *state;
    signing s, next;
    task t[] = {new_task(w), new_task(w)};
    begin(&s, &w->phone, t, 2);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(sign_abandon(phone_call(&w->phone, "sign.abandon"), w->phone.key_id, s.request.mpc.sid, t[0].id,
                                  "user_declined"),
                     ERR_OK);
    audit_entry last = fixture_last_audit(&w->f);
    assert_string_equal(last.subject, call_subject(&w->f.c, "task", t[0].id));
    assert_non_null(strstr(last.detail, "code=user_declined"));
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(fixture_task_state(&w->f, t[i].id), "pending");
    begin(&next, &w->phone, t, 1);
    assert_int_equal(signing_open(&next, &w->phone), ERR_OK);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_TASK_NOT_CLAIMED);
    signing_end(&s);
    signing_end(&next);
}

typedef struct woken {
    uint8_t task[16], person[16];
    int tasks, people;
} woken;

static void note_wake(void *context, const uint8_t topic[16])
{
    woken *w = context;
    w->tasks += memcmp(topic, w->task, 16) == 0;
    w->people += memcmp(topic, w->person, 16) == 0;
}

/* Who waits for the task hears that it is claimed; when it can be signed again, the person's other devices, too. */
static void claims_wake_as_they_begin_and_end(void **state)
{
    ward *w = *state;
    woken heard = {.tasks = 0};
    task t = new_task(w);
    memcpy(heard.task, t.id, 16);
    memcpy(heard.person, w->doctor.id, 16);
    w->f.service->options.wake = note_wake;
    w->f.service->options.wake_context = &heard;
    for (int i = 0; i < 2; i++) {
        signing s;
        heard.tasks = heard.people = 0;
        begin(&s, &w->phone, &t, 1);
        assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
        assert_int_equal(heard.tasks, 1);
        assert_int_equal(heard.people, 0);
        if (i == 0) {
            assert_int_equal(sign_abandon(phone_call(&w->phone, "sign.abandon"), w->phone.key_id, s.request.mpc.sid,
                                          NULL, "transport_failed"),
                             ERR_OK);
        } else {
            fixture_housekeeping(&w->f);
            assert_int_equal(heard.tasks, 1);
            w->f.now_ms += SIGN_CLAIM_SECONDS * 1000;
            fixture_housekeeping(&w->f);
        }
        assert_int_equal(heard.tasks, 2);
        assert_int_equal(heard.people, 1);
        assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task WHERE state = 'pending'"), 1);
        signing_end(&s);
    }
    w->f.service->options.wake = NULL;
}

static void giving_up_touches_nothing_else(void **state)
{
    ward *w = *state;
    signing s;
    phone other;
    static const uint8_t nothing[16] = {7};
    task t = new_task(w);
    fixture_user(&w->f, "D1002", "李秀英");
    task others = fixture_task(&w->f, &w->emr, "D1002", DOCUMENT);
    phone_make(&other, &w->f, &w->doctor);
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    assert_int_equal(sign_abandon(phone_call(&w->phone, "sign.abandon"), nothing, s.request.mpc.sid, NULL, "x"),
                     ERR_KEY_NOT_FOUND);
    assert_int_equal(sign_abandon(phone_call(&other, "sign.abandon"), w->phone.key_id, s.request.mpc.sid, NULL, "x"),
                     ERR_KEY_NOT_FOUND);
    assert_int_equal(sign_abandon(phone_call(&other, "sign.abandon"), other.key_id, s.request.mpc.sid, NULL, "x"),
                     ERR_OK);
    assert_int_equal(sign_abandon(phone_call(&w->phone, "sign.abandon"), w->phone.key_id, nothing, NULL, "x"), ERR_OK);
    assert_int_equal(
        sign_abandon(phone_call(&w->phone, "sign.abandon"), w->phone.key_id, s.request.mpc.sid, nothing, "x"),
        ERR_TASK_NOT_FOUND);
    assert_int_equal(
        sign_abandon(phone_call(&w->phone, "sign.abandon"), w->phone.key_id, s.request.mpc.sid, others.id, "x"),
        ERR_TASK_NOT_FOUND);
    assert_int_equal(sign_abandon(phone_call(&w->phone, "sign.abandon"), w->phone.key_id, NULL, t.id, "x"), ERR_OK);
    assert_string_equal(fixture_task_state(&w->f, t.id), "claimed");
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM device_key WHERE open_sid IS NOT NULL"), 1);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    /* What is signed stays signed. */
    assert_int_equal(sign_abandon(phone_call(&w->phone, "sign.abandon"), w->phone.key_id, s.request.mpc.sid, NULL, "x"),
                     ERR_OK);
    assert_string_equal(fixture_task_state(&w->f, t.id), "signed");
    signing_end(&s);
    phone_throw_away(&other);
}

static void five_wrong_pins_in_a_row_lock_the_key(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w);
    for (int left = 4; left >= 0; left--) {
        assert_int_equal(wrong_pin(w, &t), left);
        audit_entry last = fixture_last_audit(&w->f);
        assert_string_equal(last.outcome, "pin_wrong");
        assert_true(w->f.c.recorded);
        assert_string_equal(key_state(w, &w->phone), left > 0 ? "active" : "locked");
    }
    begin(&s, &w->phone, &t, 1);
    assert_refused(w, &w->phone, &s, ERR_KEY_LOCKED, NULL);
    assert_int_equal(failures(w), 5);
    assert_string_equal(fixture_task_state(&w->f, t.id), "pending");
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM device_key WHERE open_sid IS NOT NULL"), 0);

    assert_int_equal(key_state_unlock(fixture_call(&w->f, "key.unlock"), w->phone.key_id), ERR_OK);
    assert_int_equal(sign_one(w), 5); /* told even after an unlock */
}

static void only_a_completed_signature_resets_the_row(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w), spare = new_task(w);
    for (int i = 1; i <= 3; i++)
        assert_int_equal(wrong_pin(w, &t), 5 - i);
    /* A right PIN, the same request again, giving up, a false signature: nothing of it resets. */
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    assert_int_equal(sign_open(phone_call(&w->phone, "sign.request"), &s.request, s.answers), ERR_OK);
    assert_int_equal(failures(w), 3);
    memcpy(s.results[0].subject, t.id, 16);
    memset(s.results[0].rs, 1, 64);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_SIGNATURE);
    assert_int_equal(sign_abandon(phone_call(&w->phone, "sign.abandon"), w->phone.key_id, s.request.mpc.sid, NULL, "x"),
                     ERR_OK);
    assert_int_equal(failures(w), 3);
    signing_end(&s);
    assert_int_equal(wrong_pin(w, &spare), 1);

    assert_int_equal(sign_one(w), 4);
    assert_int_equal(failures(w), 0);
    assert_int_equal(fixture_number(&w->f, "SELECT failures_since_refresh FROM device_key"), 4);
    assert_int_equal(sign_one(w), 0);
    assert_int_equal(wrong_pin(w, &spare), 4);
}

/* A completion sent again after further failures does not forgive them. */
static void a_repeated_completion_resets_nothing(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w), spare = new_task(w);
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    assert_int_equal(wrong_pin(w, &spare), 4);
    assert_int_equal(wrong_pin(w, &spare), 3);
    assert_int_equal(signing_complete(&s, &w->phone), ERR_OK);
    assert_int_equal(failures(w), 2);
    signing_end(&s);
}

static void twenty_wrong_pins_since_the_refresh_lock_the_key(void **state)
{
    ward *w = *state;
    task t = new_task(w);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 4; i++)
            assert_int_equal(wrong_pin(w, &t), 4 - i);
        assert_int_equal(sign_one(w), 4);
    }
    /* Sixteen so far: four are left whichever way one counts, and the twentieth locks. */
    for (int left = 3; left >= 0; left--)
        assert_int_equal(wrong_pin(w, &t), left);
    assert_int_equal(failures(w), 4);
    assert_string_equal(key_state(w, &w->phone), "locked");
    assert_int_equal(key_state_unlock(fixture_call(&w->f, "key.unlock"), w->phone.key_id), ERR_OK);
    assert_int_equal(wrong_pin(w, &t), 4);
    assert_int_equal(fixture_number(&w->f, "SELECT failures_since_refresh FROM device_key"), 1);
}

/* Wrong PINs under the sid of a request that is open are attempts like others. */
static void an_open_request_does_not_hide_attempts(void **state)
{
    ward *w = *state;
    signing s;
    task t = new_task(w);
    begin(&s, &w->phone, &t, 1);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    for (int left = 4; left >= 0; left--) {
        assert_int_equal(signing_open_with_wrong_pin(&s, &w->phone), ERR_PIN);
        assert_int_equal(w->f.c.fault.tries_left, left);
    }
    assert_string_equal(key_state(w, &w->phone), "locked");
    signing_end(&s);
}

/* Enrolment */

typedef struct newcomer {
    user u;
    phone phone;
} newcomer;

static void newcomer_make(ward *w, newcomer *n)
{
    n->u = fixture_user(&w->f, "D2001", "张伟");
    phone_buy(&n->phone, &w->f);
    phone_enrol(&n->phone, &n->u);
    phone_keygen(&n->phone);
}

static void an_enrolling_key_signs_its_certificate_request_only(void **state)
{
    ward *w = *state;
    newcomer n;
    signing s;
    newcomer_make(w, &n);
    task t = fixture_task(&w->f, &w->emr, "D2001", DOCUMENT);
    begin(&s, &n.phone, &t, 1);
    assert_refused(w, &n.phone, &s, ERR_KEY_STATE, NULL);
    signing_begin(&s, &n.phone);
    signing_add_certificate_request(&s, &n.phone);
    signing_add(&s, &n.phone, t.id, bytes_of_text(DOCUMENT));
    assert_refused(w, &n.phone, &s, ERR_KEY_STATE, NULL);
    /* Another subject, another key. */
    signing_begin(&s, &n.phone);
    phone as_other = n.phone;
    as_other.subject = w->phone.subject;
    signing_add_certificate_request(&s, &as_other);
    assert_refused(w, &n.phone, &s, ERR_DIGEST, NULL);
    /* A certificate takes the PIN. */
    signing_begin(&s, &n.phone);
    signing_add_certificate_request(&s, &n.phone);
    s.request.by_fingerprint = true;
    assert_refused(w, &n.phone, &s, ERR_FIELD_VALUE, "method");
    phone_throw_away(&n.phone);
}

static void the_certificate_follows_the_signed_request(void **state)
{
    ward *w = *state;
    newcomer n;
    signing s;
    cert parsed;
    newcomer_make(w, &n);
    signing_begin(&s, &n.phone);
    signing_add_certificate_request(&s, &n.phone);
    assert_int_equal(signing_open(&s, &n.phone), ERR_OK);
    /* The answer was lost: the same request is answered again. */
    signing_prove(&s, &n.phone, &n.phone.d1);
    assert_int_equal(sign_open(phone_call(&n.phone, "sign.request"), &s.request, s.answers), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &n.phone), ERR_OK);
    sign_completion first = s.done;
    assert_int_equal(cert_parse(&parsed, first.certificate), ERR_OK);
    assert_memory_equal(parsed.public_key, n.phone.P, POINT_SIZE);
    assert_true(bytes_equal(parsed.subject, n.phone.subject));
    assert_true(bytes_equal(parsed.serial, first.serial));
    assert_int_equal(parsed.not_after_ms, first.not_after_ms);
    assert_string_equal(key_state(w, &n.phone), "active");

    /* Again, later: the same certificate and no second one. */
    w->f.now_ms += 7000;
    assert_int_equal(signing_complete(&s, &n.phone), ERR_OK);
    assert_true(bytes_equal(s.done.certificate, first.certificate));
    assert_int_equal(s.done.signed_ms, first.signed_ms);
    assert_string_equal(fixture_last_audit(&w->f).detail, "repeated");
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM certificate"), 2);
    signing_end(&s);

    /* The request is not signed a second time. */
    signing_begin(&s, &n.phone);
    signing_add_certificate_request(&s, &n.phone);
    assert_refused(w, &n.phone, &s, ERR_TASK_NOT_FOUND, "items[0].task");
    phone_throw_away(&n.phone);
}

static void a_false_request_signature_gives_no_certificate(void **state)
{
    ward *w = *state;
    newcomer n;
    signing s;
    newcomer_make(w, &n);
    signing_begin(&s, &n.phone);
    signing_add_certificate_request(&s, &n.phone);
    assert_int_equal(signing_open(&s, &n.phone), ERR_OK);
    signing_finish(&s);
    s.results[0].rs[40] ^= 1;
    assert_int_equal(signing_complete(&s, &n.phone), ERR_SIGNATURE);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM certificate"), 1);
    assert_string_equal(key_state(w, &n.phone), "enrolling");
    s.results[0].rs[40] ^= 1;
    assert_int_equal(signing_complete(&s, &n.phone), ERR_OK);
    signing_end(&s);
    phone_throw_away(&n.phone);
}

/* The device signed another name than the certificate would carry. */
static void who_is_renamed_while_enrolling_gets_no_certificate(void **state)
{
    ward *w = *state;
    newcomer n;
    signing s;
    user renamed;
    newcomer_make(w, &n);
    signing_begin(&s, &n.phone);
    signing_add_certificate_request(&s, &n.phone);
    assert_int_equal(signing_open(&s, &n.phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(user_update(fixture_call(&w->f, "user.update"), n.u.id, &(user_change){.name = "张炜"}, &renamed),
                     ERR_OK);
    assert_int_equal(signing_complete(&s, &n.phone), ERR_DIGEST);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM certificate"), 1);
    signing_end(&s);
    w->f.now_ms += 60000;
    assert_int_equal(device_subject(fixture_call(&w->f, NULL), n.u.id, &n.phone.subject), ERR_OK);
    phone_certify(&n.phone);
    phone_throw_away(&n.phone);
}

static void an_enrolling_key_locks_too(void **state)
{
    ward *w = *state;
    newcomer n;
    signing s;
    newcomer_make(w, &n);
    signing_begin(&s, &n.phone);
    signing_add_certificate_request(&s, &n.phone);
    for (int left = 4; left >= 0; left--) {
        assert_int_equal(signing_open_with_wrong_pin(&s, &n.phone), ERR_PIN);
        assert_int_equal(w->f.c.fault.tries_left, left);
    }
    assert_refused(w, &n.phone, &s, ERR_KEY_LOCKED, NULL);
    assert_int_equal(key_state_unlock(fixture_call(&w->f, "key.unlock"), n.phone.key_id), ERR_OK);
    assert_string_equal(key_state(w, &n.phone), "enrolling");
    phone_certify(&n.phone);
    phone_throw_away(&n.phone);
}

/* At the same moment */

enum { THREADS = 8 };

typedef struct racer {
    pthread_t thread;
    pthread_barrier_t *start;
    const phone *phone;
    signing s;
    arena *arena;
    bool complete;  /* else open */
    bool insistent; /* asks again while the key is busy */
    err result;
    int tries_left;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    pthread_barrier_wait(r->start);
    do {
        call c = phone_call_in(r->phone, r->complete ? "sign.complete" : "sign.request", r->arena);
        r->result = r->complete ? sign_complete(&c, r->s.request.mpc.key_id, r->s.request.mpc.sid, r->s.results,
                                                r->s.request.mpc.m, &r->s.done)
                                : sign_open(&c, &r->s.request, r->s.answers);
        r->tries_left = c.fault.tries_left;
    } while (r->insistent && r->result == ERR_KEY_BUSY && usleep(200) == 0);
    return NULL;
}

static void run_race(racer *racers, size_t n)
{
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)n);
    for (size_t i = 0; i < n; i++) {
        racers[i].start = &start;
        racers[i].arena = arena_create(8 << 20);
        /* The session and its pointers into itself were made where the racer stands. */
        assert_ptr_equal(racers[i].s.request.mpc.items, racers[i].s.items);
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(racers[i].thread, NULL);
    for (size_t i = 0; i < n; i++)
        arena_destroy(racers[i].arena);
    pthread_barrier_destroy(&start);
}

static size_t count_results(const racer *racers, size_t n, err e)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += racers[i].result == e;
    return found;
}

static void parallel_wrong_pins_are_counted_one_by_one(void **state)
{
    ward *w = *state;
    static racer racers[THREADS];
    unsigned seen = 0;
    task t = new_task(w);
    memset(racers, 0, sizeof racers);
    for (size_t i = 0; i < THREADS; i++) {
        racers[i].phone = &w->phone;
        racers[i].insistent = true;
        begin(&racers[i].s, &w->phone, &t, 1);
        signing_prove(&racers[i].s, &w->phone, &w->phone.wrong_d1);
    }
    run_race(racers, THREADS);
    assert_int_equal(count_results(racers, THREADS, ERR_PIN), 5);
    assert_int_equal(count_results(racers, THREADS, ERR_KEY_LOCKED), THREADS - 5);
    for (size_t i = 0; i < THREADS; i++)
        if (racers[i].result == ERR_PIN)
            seen |= 1U << racers[i].tries_left;
    assert_int_equal(seen, 0x1f); /* 4, 3, 2, 1 and 0 were told, each once */
    assert_int_equal(failures(w), 5);
    assert_string_equal(key_state(w, &w->phone), "locked");
    for (size_t i = 0; i < THREADS; i++)
        signing_end(&racers[i].s);
}

static void of_parallel_requests_of_a_key_one_is_open(void **state)
{
    ward *w = *state;
    static racer racers[THREADS];
    memset(racers, 0, sizeof racers);
    for (size_t i = 0; i < THREADS; i++) {
        task t = new_task(w);
        racers[i].phone = &w->phone;
        begin(&racers[i].s, &w->phone, &t, 1);
        signing_prove(&racers[i].s, &w->phone, &w->phone.d1);
    }
    run_race(racers, THREADS);
    assert_int_equal(count_results(racers, THREADS, ERR_OK), 1);
    assert_int_equal(count_results(racers, THREADS, ERR_KEY_BUSY), THREADS - 1);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM task WHERE state = 'claimed'"), 1);
    for (size_t i = 0; i < THREADS; i++)
        signing_end(&racers[i].s);
}

static void of_two_devices_one_claims_the_task(void **state)
{
    ward *w = *state;
    static racer racers[2];
    phone other;
    phone_make(&other, &w->f, &w->doctor);
    for (int round = 0; round < 10; round++) {
        task t = new_task(w);
        memset(racers, 0, sizeof racers);
        racers[0].phone = &w->phone;
        racers[1].phone = &other;
        for (size_t i = 0; i < 2; i++) {
            begin(&racers[i].s, racers[i].phone, &t, 1);
            signing_prove(&racers[i].s, racers[i].phone, &racers[i].phone->d1);
        }
        run_race(racers, 2);
        assert_int_equal(count_results(racers, 2, ERR_OK), 1);
        assert_int_equal(count_results(racers, 2, ERR_TASK_CLAIMED), 1);
        for (size_t i = 0; i < 2; i++) {
            if (racers[i].result == ERR_OK) {
                signing_finish(&racers[i].s);
                assert_int_equal(signing_complete(&racers[i].s, racers[i].phone), ERR_OK);
            }
            signing_end(&racers[i].s);
        }
        assert_int_equal(signatures(w), round + 1);
    }
    phone_throw_away(&other);
}

static void a_signature_completed_in_parallel_is_recorded_once(void **state)
{
    ward *w = *state;
    static racer racers[THREADS];
    signing s;
    task t[] = {new_task(w), new_task(w)};
    begin(&s, &w->phone, t, 2);
    assert_int_equal(signing_open(&s, &w->phone), ERR_OK);
    signing_finish(&s);
    memset(racers, 0, sizeof racers);
    for (size_t i = 0; i < THREADS; i++) {
        racers[i].phone = &w->phone;
        racers[i].complete = true;
        racers[i].s = s;
        racers[i].s.request.mpc.items = racers[i].s.items;
    }
    run_race(racers, THREADS);
    assert_int_equal(count_results(racers, THREADS, ERR_OK), THREADS);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(racers[i].s.done.signed_ms, w->f.now_ms);
    assert_int_equal(signatures(w), 2);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM audit WHERE detail = 'repeated'"), THREADS - 1);
    signing_end(&s);
}

#define IN_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WARD(a_task_is_signed_by_both_halves),
        IN_WARD(the_method_is_recorded),
        IN_WARD(a_wrong_proof_by_fingerprint_counts),
        IN_WARD(the_hospital_may_forbid_the_fingerprint),
        IN_WARD(form_digest_signs_the_digest),
        IN_WARD(a_batch_is_completed_whole_in_any_order),
        IN_WARD(whose_key_it_is),
        IN_WARD(which_tasks_may_be_signed),
        IN_WARD(how_many_items),
        IN_WARD(a_task_expires_at_its_time),
        IN_WARD(malformed_requests_count_as_no_failure),
        IN_WARD(a_refused_task_tries_no_pin),
        IN_WARD(what_must_hold_of_person_key_and_certificate),
        IN_WARD(a_certificate_expires_at_its_time),
        IN_WARD(a_revoked_certificate_signs_nothing_more),
        IN_WARD(a_spoilt_share_is_no_wrong_pin),
        IN_WARD(one_request_is_open_for_a_key_and_60_seconds),
        IN_WARD(a_request_may_come_again_while_it_is_open),
        IN_WARD(the_same_sid_with_other_items_is_refused),
        IN_WARD(a_sid_is_used_once),
        IN_WARD(a_used_sid_tells_nothing_of_the_pin),
        IN_WARD(nothing_is_answered_where_the_claim_is_not_recorded),
        IN_WARD(who_is_suspended_at_this_moment_gets_no_answer),
        IN_WARD(another_device_waits_for_a_claim_to_lapse),
        IN_WARD(a_lapsed_claim_still_completes),
        IN_WARD(a_lapsed_claim_does_not_revive_a_finished_task),
        IN_WARD(a_completion_is_of_exactly_what_was_claimed),
        IN_WARD(a_false_signature_completes_nothing),
        IN_WARD(a_batch_is_completed_all_or_nothing),
        IN_WARD(a_completion_repeated_gives_the_same_answer),
        IN_WARD(claims_wake_as_they_begin_and_end),
        IN_WARD(giving_up_frees_key_and_tasks),
        IN_WARD(giving_up_touches_nothing_else),
        IN_WARD(five_wrong_pins_in_a_row_lock_the_key),
        IN_WARD(only_a_completed_signature_resets_the_row),
        IN_WARD(a_repeated_completion_resets_nothing),
        IN_WARD(twenty_wrong_pins_since_the_refresh_lock_the_key),
        IN_WARD(an_open_request_does_not_hide_attempts),
        IN_WARD(an_enrolling_key_signs_its_certificate_request_only),
        IN_WARD(the_certificate_follows_the_signed_request),
        IN_WARD(a_false_request_signature_gives_no_certificate),
        IN_WARD(who_is_renamed_while_enrolling_gets_no_certificate),
        IN_WARD(an_enrolling_key_locks_too),
        IN_WARD(parallel_wrong_pins_are_counted_one_by_one),
        IN_WARD(of_parallel_requests_of_a_key_one_is_open),
        IN_WARD(of_two_devices_one_claims_the_task),
        IN_WARD(a_signature_completed_in_parallel_is_recorded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
