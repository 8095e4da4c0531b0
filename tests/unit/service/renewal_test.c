/* Renewal from the device: the same key, a new certificate; and leave to re-key, up to the new key's certificate. */
#include "service/renewal.h"

#include <pthread.h>

#include "asn1/rekey_info.h"
#include "desk.h"
#include "service/key_state.h"
#include "service/policy.h"
#include "service/supersession.h"

#define DAY INT64_C(86400000)
#define RECORD "text of a record, long enough to be one"

/* The doctor's phone, 20 days before its certificate's end. */
static int setup_phone(void **state)
{
    assert_int_equal(setup(state), 0);
    desk *d = *state;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    phone_certify(&d->phone);
    d->f.now_ms += 345 * DAY;
    return 0;
}

static err open_renewal(desk *d, renewal *r)
{
    renewal_request request = {.rekey = false};
    memset(r, 0, sizeof *r);
    memcpy(request.key_id, d->phone.key_id, 16);
    return renewal_open(phone_call(&d->phone, "key.renewal"), &request, r);
}

static err open_rekey(desk *d, const uint8_t credential[65], renewal *r)
{
    renewal_request request = {.rekey = true};
    memset(r, 0, sizeof *r);
    memcpy(request.key_id, d->phone.key_id, 16);
    memcpy(request.credential, credential, 65);
    return renewal_open(phone_call(&d->phone, "key.renewal"), &request, r);
}

static void begin_request(desk *d, signing *s, const renewal *r, bytes subject)
{
    uint8_t info[1024];
    buffer out = buffer_over(info, sizeof info);
    assert_int_equal(csr_info_build(&out, subject, d->phone.P), ERR_OK);
    signing_begin(s, &d->phone);
    signing_add(s, &d->phone, r->id, bytes_of(info, out.n));
}

static void begin_leave(desk *d, signing *s, const renewal *r, const uint8_t new_key[65])
{
    uint8_t info[REKEY_INFO_SIZE];
    buffer out = buffer_over(info, sizeof info);
    assert_int_equal(rekey_info_build(&out, r->id, d->phone.key_id, new_key), ERR_OK);
    signing_begin(s, &d->phone);
    signing_add(s, &d->phone, r->id, bytes_of(info, out.n));
}

static err sign_whole(desk *d, signing *s)
{
    TRY(signing_open(s, &d->phone));
    signing_finish(s);
    return signing_complete(s, &d->phone);
}

static int64_t count(desk *d, const char *state)
{
    const store_value *row;
    assert_int_equal(store_query_one(d->f.store, d->f.arena, &row, ERR_OK,
                                     "SELECT count(*) FROM certificate WHERE state = $1",
                                     (store_value[]){store_text(state)}, 1),
                     ERR_OK);
    return row->i;
}

static void the_same_key_a_new_certificate(void **state)
{
    desk *d = *state;
    renewal r;
    signing s;
    const store_value *row;
    int64_t lists = fixture_number(&d->f, "SELECT max(number) FROM crl WHERE issuer = 'issuing'");
    int64_t old_end = fixture_number(&d->f, "SELECT not_after FROM certificate");
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    assert_true(bytes_equal(r.subject, d->phone.subject));
    assert_string_equal(r.name, "王建国");
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(sign_whole(d, &s), ERR_OK);
    assert_true(s.done.certificate.p);
    assert_true(s.done.not_after_ms > old_end + 300 * DAY);
    cert parsed;
    assert_int_equal(cert_parse(&parsed, s.done.certificate), ERR_OK);
    assert_memory_equal(parsed.public_key, d->phone.P, 65);
    assert_int_equal(count(d, "active"), 1);
    assert_int_equal(count(d, "superseded"), 1);
    /* Superseded, not revoked: its key is still good. */
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM certificate WHERE revoked_at IS NOT NULL"), 0);
    assert_int_equal(fixture_number(&d->f, "SELECT max(number) FROM crl WHERE issuer = 'issuing'"), lists);
    assert_int_equal(store_query_one(d->f.store, d->f.arena, &row, ERR_OK, "SELECT serial FROM device_key", NULL, 0),
                     ERR_OK);
    assert_true(bytes_equal(bytes_of(row[0].p, row[0].n), s.done.serial));
    audit_entry entry = fixture_last_audit(&d->f);
    assert_string_equal(entry.event, "certificate.renew");
    /* The answer was lost: the same again. */
    bytes serial = s.done.serial;
    assert_int_equal(signing_complete(&s, &d->phone), ERR_OK);
    assert_true(bytes_equal(s.done.serial, serial));
    assert_int_equal(count(d, "active"), 1);
    signing_end(&s);
    /* It signs on. */
    business_system system = fixture_system(&d->f, "电子病历");
    task t = fixture_task(&d->f, &system, "D1001", RECORD);
    signing_begin(&s, &d->phone);
    signing_add(&s, &d->phone, t.id, bytes_of_text(RECORD));
    assert_int_equal(sign_whole(d, &s), ERR_OK);
    signing_end(&s);
    assert_int_equal(store_query_one(d->f.store, d->f.arena, &row, ERR_OK, "SELECT serial FROM signature", NULL, 0),
                     ERR_OK);
    assert_true(bytes_equal(bytes_of(row[0].p, row[0].n), serial));
}

static bool renewal_due(desk *d)
{
    const device_key_view *keys;
    size_t n;
    assert_int_equal(device_key_list_of_enrolment(phone_call(&d->phone, NULL), &keys, &n), ERR_OK);
    assert_int_equal(n, 1);
    return keys[0].renewal_due;
}

static void in_its_time_only(void **state)
{
    desk *d = *state;
    renewal r;
    policy p;
    int64_t end = fixture_number(&d->f, "SELECT not_after FROM certificate");
    d->f.now_ms = end - 30 * DAY - 1;
    assert_int_equal(open_renewal(d, &r), ERR_RENEWAL);
    assert_false(renewal_due(d));
    d->f.now_ms++;
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    assert_true(renewal_due(d));
    assert_int_equal(policy_update(fixture_call(&d->f, "policy.update"), &(policy_change){.renewal_days = 10}, &p),
                     ERR_OK);
    assert_int_equal(open_renewal(d, &r), ERR_RENEWAL);
    assert_false(renewal_due(d));
    d->f.now_ms = end - 1;
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    assert_true(renewal_due(d));
    /* An expired certificate is not renewed: its person enrols anew. */
    d->f.now_ms = end;
    assert_int_equal(open_renewal(d, &r), ERR_CERTIFICATE_EXPIRED);
    assert_false(renewal_due(d));
}

static void not_after_its_end_though_it_was_begun_before(void **state)
{
    desk *d = *state;
    renewal r;
    signing s;
    int64_t end = fixture_number(&d->f, "SELECT not_after FROM certificate");
    d->f.now_ms = end - 1000;
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(signing_open(&s, &d->phone), ERR_OK);
    signing_finish(&s);
    d->f.now_ms = end;
    assert_int_equal(signing_complete(&s, &d->phone), ERR_CERTIFICATE_EXPIRED);
    assert_int_equal(count(d, "active"), 1);
    signing_end(&s);
}

static void opened_again_it_is_the_same(void **state)
{
    desk *d = *state;
    renewal first, second;
    user renamed;
    phone other;
    phone_buy(&other, &d->f);
    assert_int_equal(open_renewal(d, &first), ERR_OK);
    d->f.now_ms += 1000;
    assert_int_equal(open_renewal(d, &second), ERR_OK);
    assert_memory_equal(second.id, first.id, 16);
    assert_int_equal(second.expires_ms, first.expires_ms);
    /* One at a time: leave to re-key closes it, and so does another credential. */
    assert_int_equal(open_rekey(d, other.credential_public, &second), ERR_OK);
    renewal third;
    assert_int_equal(open_rekey(d, other.credential_public, &third), ERR_OK);
    assert_memory_equal(third.id, second.id, 16);
    assert_int_equal(open_rekey(d, d->phone.credential_public, &third), ERR_OK);
    assert_memory_not_equal(third.id, second.id, 16);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM renewal WHERE state = 'open'"), 1);
    assert_int_equal(open_renewal(d, &first), ERR_OK);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM renewal WHERE state = 'open'"), 1);
    /* Another name is in the answer. */
    assert_int_equal(
        user_update(fixture_call(&d->f, "user.update"), d->doctor.id, &(user_change){.name = "王建业"}, &renamed),
        ERR_OK);
    assert_int_equal(open_renewal(d, &second), ERR_OK);
    assert_memory_equal(second.id, first.id, 16);
    assert_string_equal(second.name, "王建业");
    assert_false(bytes_equal(second.subject, first.subject));
    /* Nobody signs for it in time. */
    d->f.now_ms += RENEWAL_SECONDS * INT64_C(1000);
    assert_int_equal(open_renewal(d, &third), ERR_OK);
    assert_memory_not_equal(third.id, second.id, 16);
    d->f.now_ms += RENEWAL_SECONDS * INT64_C(1000);
    fixture_housekeeping(&d->f);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM renewal WHERE state = 'open'"), 0);
    phone_throw_away(&other);
}

static void who_is_renamed_meanwhile(void **state)
{
    desk *d = *state;
    renewal r;
    signing s;
    user renamed;
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(signing_open(&s, &d->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(
        user_update(fixture_call(&d->f, "user.update"), d->doctor.id, &(user_change){.name = "王建业"}, &renamed),
        ERR_OK);
    assert_int_equal(signing_complete(&s, &d->phone), ERR_DIGEST);
    assert_int_equal(
        sign_abandon(phone_call(&d->phone, NULL), d->phone.key_id, s.request.mpc.sid, NULL, "answer_rejected"), ERR_OK);
    signing_end(&s);
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(sign_whole(d, &s), ERR_OK);
    signing_end(&s);
    cert parsed;
    assert_int_equal(cert_parse(&parsed, s.done.certificate), ERR_OK);
    assert_true(bytes_equal(parsed.subject, r.subject));
    assert_false(bytes_equal(parsed.subject, d->phone.subject));
}

static void what_is_signed_for_it(void **state)
{
    desk *d = *state;
    renewal r, other;
    signing s;
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    /* Another message. */
    signing_begin(&s, &d->phone);
    signing_add(&s, &d->phone, r.id, bytes_of_text("another message"));
    assert_int_equal(signing_open(&s, &d->phone), ERR_DIGEST);
    assert_string_equal(d->f.c.fault.field, "items[0].task");
    signing_end(&s);
    /* With a task beside it. */
    business_system system = fixture_system(&d->f, "电子病历");
    task t = fixture_task(&d->f, &system, "D1001", RECORD);
    begin_request(d, &s, &r, r.subject);
    signing_add(&s, &d->phone, t.id, bytes_of_text(RECORD));
    assert_int_equal(signing_open(&s, &d->phone), ERR_TASK_NOT_FOUND);
    signing_end(&s);
    /* With a signing time, which it has not. */
    begin_request(d, &s, &r, r.subject);
    s.signing_times[0] = d->f.now_ms / 1000 * 1000;
    assert_int_equal(signing_open(&s, &d->phone), ERR_FORM);
    signing_end(&s);
    /* A wrong PIN counts as ever. */
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(signing_open_with_wrong_pin(&s, &d->phone), ERR_PIN);
    assert_int_equal(d->f.c.fault.tries_left, 4);
    signing_end(&s);
    /* Closed by another. */
    assert_int_equal(open_rekey(d, d->phone.credential_public, &other), ERR_OK);
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(signing_open(&s, &d->phone), ERR_TASK_NOT_FOUND);
    signing_end(&s);
    /* Somebody else's. */
    phone second;
    phone_make(&second, &d->f, &d->doctor);
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    signing_begin(&s, &second);
    signing_add(&s, &second, r.id, bytes_of_text("x"));
    assert_int_equal(signing_open(&s, &second), ERR_TASK_NOT_FOUND);
    signing_end(&s);
    phone_throw_away(&second);
}

static void closed_while_its_signature_is_out(void **state)
{
    desk *d = *state;
    renewal r, other;
    signing s;
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(signing_open(&s, &d->phone), ERR_OK);
    signing_finish(&s);
    assert_int_equal(open_rekey(d, d->phone.credential_public, &other), ERR_OK);
    assert_int_equal(signing_complete(&s, &d->phone), ERR_TASK_NOT_CLAIMED);
    assert_int_equal(count(d, "active"), 1);
    signing_end(&s);
}

static void key_and_certificate_must_be_good(void **state)
{
    desk *d = *state;
    renewal r;
    static const struct {
        const char *key, *certificate;
        err want;
    } rows[] = {{"locked", "active", ERR_KEY_LOCKED},
                {"frozen", "frozen", ERR_CERTIFICATE_FROZEN},
                {"enrolling", "active", ERR_KEY_STATE},
                {"destroyed", "revoked", ERR_CERTIFICATE_REVOKED},
                {"destroyed", "superseded", ERR_CERTIFICATE_SUPERSEDED},
                {"active", "expired", ERR_CERTIFICATE_EXPIRED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fixture_write(&d->f, "UPDATE device_key SET state = $1", (store_value[]){store_text(rows[i].key)}, 1);
        fixture_write(&d->f, "UPDATE certificate SET state = $1", (store_value[]){store_text(rows[i].certificate)}, 1);
        assert_int_equal(open_renewal(d, &r), rows[i].want);
        assert_int_equal(open_rekey(d, d->phone.credential_public, &r), rows[i].want);
    }
    fixture_write(&d->f, "UPDATE device_key SET state = 'active'", NULL, 0);
    fixture_write(&d->f, "UPDATE certificate SET state = 'active'", NULL, 0);
    uint8_t no_point[65] = {4};
    assert_int_equal(open_rekey(d, no_point, &r), ERR_POINT);
    assert_string_equal(d->f.c.fault.field, "credential");
    memset(d->phone.enrolment_id, 7, 16);
    assert_int_equal(open_renewal(d, &r), ERR_KEY_NOT_FOUND);
}

/* Two requests of form cms were answered under the old certificate, which their attributes name; the claim of one has lapsed. */
static void attributes_of_the_old_certificate(void **state)
{
    desk *d = *state;
    renewal r;
    signing late, s;
    uint8_t message[SIGNED_ATTRIBUTES_BUILT_MAX];
    business_system system = fixture_system(&d->f, "电子病历");
    task_request request = fixture_task_request("D1001", RECORD);
    task t;
    bool repeated;
    request.form = "cms";
    assert_int_equal(task_create(fixture_call_as_system(&d->f, "task.create", system.id), &request, &t, &repeated),
                     ERR_OK);
    signing_begin(&late, &d->phone);
    signing_add_attributes(&late, &d->phone, &t, d->f.now_ms / 1000 * 1000, message);
    assert_int_equal(signing_open(&late, &d->phone), ERR_OK);
    signing_finish(&late);
    d->f.now_ms += 61000;
    fixture_housekeeping(&d->f);
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(sign_whole(d, &s), ERR_OK);
    signing_end(&s);
    assert_int_equal(signing_complete(&late, &d->phone), ERR_TASK_NOT_CLAIMED);
    signing_end(&late);
    task now;
    assert_int_equal(task_load(fixture_call(&d->f, NULL), t.id, &now), ERR_OK);
    assert_string_equal(now.state, "pending");
    assert_true(now.claimed_before);
}

/* A person's other certificates are surplus where the switch was turned on after their issue: they go with the next one. */
static void under_the_switch_one_remains(void **state)
{
    desk *d = *state;
    renewal r;
    signing s;
    phone second;
    policy p;
    phone_make(&second, &d->f, &d->doctor);
    assert_int_equal(
        policy_update(fixture_call(&d->f, "policy.update"), &(policy_change){.certificates_per_person = "single"}, &p),
        ERR_OK);
    assert_int_equal(p.surplus_certificates, 1);
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(sign_whole(d, &s), ERR_OK);
    assert_int_equal(s.done.superseded, 1);
    signing_end(&s);
    assert_int_equal(count(d, "active"), 1);
    assert_int_equal(count(d, "superseded"), 2);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device_key WHERE state = 'active'"), 1);
    uint8_t user_id[16];
    assert_int_equal(device_standing(phone_call(&second, NULL), user_id), ERR_CERTIFICATE_SUPERSEDED);
    assert_int_equal(device_standing(phone_call(&d->phone, NULL), user_id), ERR_OK);
    phone_throw_away(&second);
}

/* The key is compromised: what the renewal superseded is of the same key. */
static void with_the_key_goes_what_was_superseded(void **state)
{
    desk *d = *state;
    renewal r;
    signing s;
    certificate_view view;
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(sign_whole(d, &s), ERR_OK);
    signing_end(&s);
    assert_int_equal(
        certificate_revoke(fixture_call(&d->f, "certificate.revoke"), s.done.serial, REASON_KEY_COMPROMISE, &view),
        ERR_OK);
    assert_int_equal(count(d, "revoked"), 2);
    assert_int_equal(
        fixture_number(&d->f, "SELECT count(*) FROM certificate WHERE reason = 1 AND revoked_at IS NOT NULL"), 2);
}

/* ---- re-keying ---- */

/* A device that re-keys: the other half of the phone, whose key is made and not certified. */
static err open_other(desk *d, phone *other, renewal *r)
{
    phone_buy(other, &d->f);
    TRY(open_rekey(d, other->credential_public, r));
    memcpy(other->user_id, d->phone.user_id, 16);
    memcpy(other->enrolment_id, r->enrolment_id, 16);
    other->subject = r->subject;
    phone_keygen(other);
    return ERR_OK;
}

/* And the old key signs for it. */
static err give_leave(desk *d, const phone *other, const renewal *r, signing *s)
{
    begin_leave(d, s, r, other->P);
    return sign_whole(d, s);
}

static void request_signed(signing *s, const phone *p)
{
    signing_begin(s, p);
    signing_add_certificate_request(s, p);
    assert_int_equal(signing_open(s, p), ERR_OK);
    signing_finish(s);
}

static const char *key_state_of(desk *d, const phone *p)
{
    const store_value *row;
    assert_int_equal(store_query_one(d->f.store, d->f.arena, &row, ERR_OK, "SELECT state FROM device_key WHERE id = $1",
                                     (store_value[]){store_id(p->key_id)}, 1),
                     ERR_OK);
    return row->p;
}

static void another_key_in_its_place(void **state)
{
    desk *d = *state;
    phone other;
    renewal r;
    signing s;
    uint8_t user_id[16];
    d->f.now_ms -= 300 * DAY; /* at any time */
    assert_int_equal(open_other(d, &other, &r), ERR_OK);
    assert_int_equal(give_leave(d, &other, &r, &s), ERR_OK);
    assert_null(s.done.certificate.p);
    assert_string_equal(fixture_last_audit(&d->f).event, "key.rekey");
    /* The answer was lost: the same again, and a fresh signature for the same key too. */
    assert_int_equal(signing_complete(&s, &d->phone), ERR_OK);
    signing_end(&s);
    assert_int_equal(give_leave(d, &other, &r, &s), ERR_OK);
    signing_end(&s);
    /* Until the new certificate is there the old key signs. */
    assert_int_equal(device_standing(phone_call(&d->phone, NULL), user_id), ERR_OK);
    phone_certify(&other);
    assert_string_equal(key_state_of(d, &d->phone), "destroyed");
    assert_string_equal(key_state_of(d, &other), "active");
    assert_int_equal(count(d, "active"), 1);
    assert_int_equal(
        fixture_number(&d->f, "SELECT count(*) FROM certificate WHERE state = 'superseded' AND reason = 4"), 1);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device"), 1);
    assert_int_equal(device_standing(phone_call(&d->phone, NULL), user_id), ERR_CERTIFICATE_SUPERSEDED);
    assert_int_equal(device_standing(phone_call(&other, NULL), user_id), ERR_OK);
    phone_throw_away(&other);
}

/* Who has the device and its credentials, and not the PIN: keys can be made, no certificate comes of any. */
static void no_certificate_without_leave_for_this_key(void **state)
{
    desk *d = *state;
    phone other;
    renewal r;
    signing s;
    assert_int_equal(open_other(d, &other, &r), ERR_OK);
    request_signed(&s, &other);
    assert_int_equal(signing_complete(&s, &other), ERR_KEY_STATE);
    signing_end(&s);
    begin_leave(d, &s, &r, other.P);
    assert_int_equal(signing_open_with_wrong_pin(&s, &d->phone), ERR_PIN);
    signing_end(&s);
    /* Leave for one key is none for the next one in the same enrolment. */
    assert_int_equal(give_leave(d, &other, &r, &s), ERR_OK);
    signing_end(&s);
    phone_keygen(&other);
    request_signed(&s, &other);
    assert_int_equal(signing_complete(&s, &other), ERR_KEY_STATE);
    signing_end(&s);
    assert_int_equal(count(d, "active"), 1);
    /* Given again, it counts for that. */
    assert_int_equal(give_leave(d, &other, &r, &s), ERR_OK);
    signing_end(&s);
    assert_int_equal(sign_abandon(phone_call(&other, NULL), other.key_id, NULL, NULL, "answer_rejected"), ERR_OK);
    d->f.now_ms += 61000;
    phone_certify(&other);
    assert_string_equal(key_state_of(d, &other), "active");
    phone_throw_away(&other);
}

static void leave_names_the_key_that_is_there(void **state)
{
    desk *d = *state;
    phone other;
    renewal r;
    signing s;
    phone_buy(&other, &d->f);
    assert_int_equal(open_rekey(d, other.credential_public, &r), ERR_OK);
    begin_leave(d, &s, &r, d->phone.P); /* none is made yet */
    assert_int_equal(signing_open(&s, &d->phone), ERR_KEY_STATE);
    signing_end(&s);
    phone_throw_away(&other);
    assert_int_equal(open_other(d, &other, &r), ERR_OK);
    begin_leave(d, &s, &r, d->phone.P);
    assert_int_equal(signing_open(&s, &d->phone), ERR_DIGEST);
    signing_end(&s);
    /* Replaced while the signature is out. */
    begin_leave(d, &s, &r, other.P);
    assert_int_equal(signing_open(&s, &d->phone), ERR_OK);
    signing_finish(&s);
    phone_keygen(&other);
    assert_int_equal(signing_complete(&s, &d->phone), ERR_DIGEST);
    signing_end(&s);
    phone_throw_away(&other);
}

/* Its enrolment is nobody's who only knows an activation code. */
static void no_code_opens_it(void **state)
{
    desk *d = *state;
    phone other;
    renewal r;
    device_enrolment enrolment;
    assert_int_equal(open_other(d, &other, &r), ERR_OK);
    device_enrol_request request = phone_enrol_request(&other, &d->doctor, "0000-0000-0000");
    assert_int_equal(device_enrol(phone_call_as_nobody(&other, "device.enrol"), &request, &enrolment), ERR_ACTIVATION);
    phone_throw_away(&other);
}

/* Between the leave and the new certificate somebody stops the old key: the leave is worth nothing then. */
static void leave_ends_with_the_key_that_gave_it(void **state)
{
    desk *d = *state;
    static const char *const states[][2] = {
        {"locked", "active"}, {"frozen", "frozen"}, {"frozen", "active"}, {"active", "frozen"}, {"active", "expired"}};
    static const err want[] = {ERR_KEY_LOCKED, ERR_CERTIFICATE_FROZEN, ERR_KEY_STATE, ERR_CERTIFICATE_FROZEN,
                               ERR_CERTIFICATE_EXPIRED};
    phone other;
    renewal r;
    signing s;
    assert_int_equal(open_other(d, &other, &r), ERR_OK);
    assert_int_equal(give_leave(d, &other, &r, &s), ERR_OK);
    signing_end(&s);
    request_signed(&s, &other);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        fixture_write(&d->f, "UPDATE device_key SET state = $2 WHERE id = $1",
                      (store_value[]){store_id(d->phone.key_id), store_text(states[i][0])}, 2);
        fixture_write(&d->f, "UPDATE certificate SET state = $1", (store_value[]){store_text(states[i][1])}, 1);
        assert_int_equal(signing_complete(&s, &other), want[i]);
    }
    fixture_write(&d->f, "UPDATE device_key SET state = 'active' WHERE id = $1",
                  (store_value[]){store_id(d->phone.key_id)}, 1);
    fixture_write(&d->f, "UPDATE certificate SET state = 'active'", NULL, 0);
    size_t n;
    assert_int_equal(key_state_lost(fixture_call(&d->f, "key.lost"), d->doctor.id, d->phone.key_id, &n), ERR_OK);
    assert_int_equal(signing_complete(&s, &other), ERR_KEY_NOT_FOUND);
    assert_int_equal(count(d, "active"), 0);
    signing_end(&s);
    phone_throw_away(&other);
}

/* Opened with another credential: the first enrolment is over. */
static void the_later_one_counts(void **state)
{
    desk *d = *state;
    phone first, second;
    renewal r, later;
    signing s;
    assert_int_equal(open_other(d, &first, &r), ERR_OK);
    assert_int_equal(give_leave(d, &first, &r, &s), ERR_OK);
    signing_end(&s);
    assert_int_equal(open_other(d, &second, &later), ERR_OK);
    signing_begin(&s, &first);
    signing_add_certificate_request(&s, &first);
    assert_int_equal(signing_open(&s, &first), ERR_KEY_NOT_FOUND);
    signing_end(&s);
    assert_int_equal(give_leave(d, &first, &r, &s), ERR_TASK_NOT_FOUND);
    signing_end(&s);
    assert_int_equal(give_leave(d, &second, &later, &s), ERR_OK);
    signing_end(&s);
    phone_certify(&second);
    assert_int_equal(count(d, "active"), 1);
    assert_string_equal(key_state_of(d, &second), "active");
    phone_throw_away(&first);
    phone_throw_away(&second);
}

static void re_keyed_under_the_switch(void **state)
{
    desk *d = *state;
    phone elsewhere, other;
    renewal r;
    signing s;
    policy p;
    phone_make(&elsewhere, &d->f, &d->doctor);
    assert_int_equal(
        policy_update(fixture_call(&d->f, "policy.update"), &(policy_change){.certificates_per_person = "single"}, &p),
        ERR_OK);
    assert_int_equal(open_other(d, &other, &r), ERR_OK);
    assert_int_equal(give_leave(d, &other, &r, &s), ERR_OK);
    signing_end(&s);
    phone_certify(&other);
    assert_int_equal(count(d, "active"), 1);
    assert_string_equal(key_state_of(d, &other), "active");
    assert_string_equal(key_state_of(d, &elsewhere), "destroyed");
    phone_throw_away(&elsewhere);
    phone_throw_away(&other);
}

typedef struct runner {
    desk *d;
    signing *s;
    arena *arena;
    err result;
} runner;

static void *complete(void *arg)
{
    runner *r = arg;
    call c = phone_call_in(&r->d->phone, "sign.complete", r->arena);
    sign_completion done;
    r->result = sign_complete(&c, r->s->request.mpc.key_id, r->s->request.mpc.sid, r->s->results, 1, &done);
    return NULL;
}

/* The same signature, sent again before the first was answered. */
static void doubled_at_the_same_moment(void **state)
{
    enum { TIMES = 4 };
    desk *d = *state;
    renewal r;
    signing s;
    pthread_t threads[TIMES];
    runner runners[TIMES];
    assert_int_equal(open_renewal(d, &r), ERR_OK);
    begin_request(d, &s, &r, r.subject);
    assert_int_equal(signing_open(&s, &d->phone), ERR_OK);
    signing_finish(&s);
    for (int i = 0; i < TIMES; i++) {
        runners[i] = (runner){d, &s, arena_create(4 << 20), ERR_OK};
        assert_int_equal(pthread_create(&threads[i], NULL, complete, &runners[i]), 0);
    }
    for (int i = 0; i < TIMES; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(runners[i].result, ERR_OK);
        arena_destroy(runners[i].arena);
    }
    assert_int_equal(count(d, "active"), 1);
    assert_int_equal(count(d, "superseded"), 1);
    signing_end(&s);
}

#define WITH_PHONE(test) cmocka_unit_test_setup_teardown(test, setup_phone, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_PHONE(the_same_key_a_new_certificate),
                                       WITH_PHONE(in_its_time_only),
                                       WITH_PHONE(not_after_its_end_though_it_was_begun_before),
                                       WITH_PHONE(opened_again_it_is_the_same),
                                       WITH_PHONE(who_is_renamed_meanwhile),
                                       WITH_PHONE(what_is_signed_for_it),
                                       WITH_PHONE(closed_while_its_signature_is_out),
                                       WITH_PHONE(key_and_certificate_must_be_good),
                                       WITH_PHONE(attributes_of_the_old_certificate),
                                       WITH_PHONE(under_the_switch_one_remains),
                                       WITH_PHONE(with_the_key_goes_what_was_superseded),
                                       WITH_PHONE(another_key_in_its_place),
                                       WITH_PHONE(no_certificate_without_leave_for_this_key),
                                       WITH_PHONE(leave_names_the_key_that_is_there),
                                       WITH_PHONE(no_code_opens_it),
                                       WITH_PHONE(leave_ends_with_the_key_that_gave_it),
                                       WITH_PHONE(the_later_one_counts),
                                       WITH_PHONE(re_keyed_under_the_switch),
                                       WITH_PHONE(doubled_at_the_same_moment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
