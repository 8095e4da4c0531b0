#include <pthread.h>

#include "base/text.h"
#include "phone.h"

typedef struct desk {
    fixture f;
    user doctor;
    phone phone; /* bought, not enrolled */
} desk;

static int setup(void **state)
{
    desk *d = calloc(1, sizeof *d);
    assert_non_null(d);
    fixture_init(&d->f);
    d->doctor = fixture_user(&d->f, "D1001", "王建国");
    phone_buy(&d->phone, &d->f);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    desk *d = *state;
    phone_throw_away(&d->phone);
    fixture_remove(&d->f);
    free(d);
    return 0;
}

static enrolment_offer offer_to(desk *d, const user *u)
{
    enrolment_offer offer;
    assert_int_equal(enrolment_offer_create(fixture_call(&d->f, "enrolment.offer"), u->id, 3600, &offer), ERR_OK);
    return offer;
}

static err enrol(desk *d, const phone *p, const char *staff_no, const char *code, device_enrolment *out)
{
    user named = {.staff_no = staff_no};
    device_enrol_request request = phone_enrol_request(p, &named, code);
    return device_enrol(phone_call_as_nobody(&d->phone, "device.enrol"), &request, out);
}

/* Enrolment */

static void a_code_opens_one_enrolment(void **state)
{
    desk *d = *state;
    device_enrolment e, again;
    phone other;
    enrolment_offer offer = offer_to(d, &d->doctor);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_OK);
    assert_memory_equal(e.id, offer.id, 16);
    assert_memory_equal(e.user_id, d->doctor.id, 16);
    assert_string_equal(e.staff_no, "D1001");
    assert_string_equal(e.name, "王建国");
    assert_string_equal(e.organisation, FIXTURE_ORGANISATION);
    assert_true(d->f.c.recorded);
    assert_string_equal(fixture_last_audit(&d->f).outcome, "ok");

    /* The answer was lost. */
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &again), ERR_OK);
    assert_memory_equal(again.id, e.id, 16);
    assert_true(bytes_equal(again.subject, e.subject));
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device"), 1);

    /* Another phone with the same code. */
    phone_buy(&other, &d->f);
    assert_int_equal(enrol(d, &other, "D1001", offer.code, &again), ERR_ACTIVATION);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device"), 1);
    phone_throw_away(&other);
}

static void a_code_is_of_no_use_once_there_is_a_certificate(void **state)
{
    desk *d = *state;
    device_enrolment e;
    enrolment_offer offer = offer_to(d, &d->doctor);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_OK);
    memcpy(d->phone.enrolment_id, e.id, 16);
    memcpy(d->phone.user_id, e.user_id, 16);
    d->phone.subject = e.subject;
    phone_keygen(&d->phone);
    phone_certify(&d->phone);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_ACTIVATION);
}

static void codes_are_typed_by_people(void **state)
{
    desk *d = *state;
    device_enrolment e;
    char typed[64];
    enrolment_offer offer = offer_to(d, &d->doctor);
    snprintf(typed, sizeof typed, " %.4s %.4s%.4s- ", offer.code, offer.code + 5, offer.code + 10);
    for (char *p = typed; *p; p++)
        *p = *p == '0' ? 'o' : *p == '1' ? 'l' : *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    assert_int_equal(enrol(d, &d->phone, "D1001", typed, &e), ERR_OK);
}

static void five_wrong_codes_close_the_offers(void **state)
{
    desk *d = *state;
    device_enrolment e;
    user other = fixture_user(&d->f, "D1002", "李秀英");
    enrolment_offer offer = offer_to(d, &d->doctor), second = offer_to(d, &d->doctor), hers = offer_to(d, &other);
    /* A code that cannot be one is no attempt. */
    assert_int_equal(enrol(d, &d->phone, "D1001", "", &e), ERR_ACTIVATION);
    assert_int_equal(enrol(d, &d->phone, "D1001", "UUUU-UUUU-UUUU", &e), ERR_ACTIVATION);
    assert_int_equal(d->f.c.fault.tries_left, -1);
    /* Somebody else's code is. */
    for (int left = 4; left >= 0; left--) {
        assert_int_equal(enrol(d, &d->phone, "D1001", hers.code, &e), ERR_ACTIVATION);
        assert_int_equal(d->f.c.fault.tries_left, left);
        audit_entry last = fixture_last_audit(&d->f);
        assert_string_equal(last.outcome, "activation_refused");
        assert_string_equal(last.subject, call_subject(&d->f.c, "user", d->doctor.id));
    }
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_ACTIVATION);
    assert_int_equal(enrol(d, &d->phone, "D1001", second.code, &e), ERR_ACTIVATION);
    assert_int_equal(d->f.c.fault.tries_left, -1);
    assert_int_equal(enrol(d, &d->phone, "D1002", hers.code, &e), ERR_OK);
}

static void four_wrong_codes_leave_one_try(void **state)
{
    desk *d = *state;
    device_enrolment e;
    enrolment_offer offer = offer_to(d, &d->doctor);
    for (int i = 0; i < 4; i++)
        assert_int_equal(enrol(d, &d->phone, "D1001", "0000-0000-0000", &e), ERR_ACTIVATION);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_OK);
}

static void whom_an_enrolment_is_refused(void **state)
{
    desk *d = *state;
    device_enrolment e;
    user changed;
    enrolment_offer offer = offer_to(d, &d->doctor);
    assert_int_equal(enrol(d, &d->phone, "D9999", offer.code, &e), ERR_ACTIVATION);
    d->phone.credential_public[64] ^= 1;
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_POINT);
    d->phone.credential_public[64] ^= 1;
    /* A suspended person keeps the code, and the log does not tell of an enrolment. */
    assert_int_equal(
        user_update(fixture_call(&d->f, "user.update"), d->doctor.id, &(user_change){.state = "suspended"}, &changed),
        ERR_OK);
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_USER_SUSPENDED);
    assert_false(d->f.c.recorded);
    assert_string_equal(fixture_last_audit(&d->f).event, "user.update");
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device"), 0);
    assert_int_equal(
        user_update(fixture_call(&d->f, "user.update"), d->doctor.id, &(user_change){.state = "active"}, &changed),
        ERR_OK);
    d->f.now_ms = offer.expires_ms;
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_ACTIVATION);
    d->f.now_ms = offer.expires_ms - 1;
    assert_int_equal(enrol(d, &d->phone, "D1001", offer.code, &e), ERR_OK);
}

static void the_subject_is_the_persons(void **state)
{
    desk *d = *state;
    bytes subject;
    uint8_t room[NAME_DER_MAX];
    buffer want = buffer_over(room, sizeof room);
    name_field fields[] = {{OID_COUNTRY, "CN"},
                           {OID_ORGANIZATION, FIXTURE_ORGANISATION},
                           {OID_COMMON_NAME, "王建国"},
                           {OID_SERIAL_NUMBER, "D1001"}};
    assert_int_equal(name_build(&want, fields, 4), ERR_OK);
    assert_int_equal(device_subject(fixture_call(&d->f, NULL), d->doctor.id, &subject), ERR_OK);
    assert_true(bytes_equal(subject, bytes_of(want.p, want.n)));
    d->doctor.id[0] ^= 1;
    assert_int_equal(device_subject(fixture_call(&d->f, NULL), d->doctor.id, &subject), ERR_USER_NOT_FOUND);
}

/* Sessions */

typedef struct challenge_answer {
    uint8_t challenge[DEVICE_CHALLENGE], signature[64];
} challenge_answer;

static void answer_sign(const phone *p, const uint8_t enrolment_id[16], challenge_answer *a)
{
    static const char tag[] = "yiqian/device-session/1";
    uint8_t message[sizeof tag - 1 + 16 + DEVICE_CHALLENGE];
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, enrolment_id, 16);
    memcpy(message + sizeof tag - 1 + 16, a->challenge, DEVICE_CHALLENGE);
    phone_credential_sign(p, bytes_of(message, sizeof message), a->signature);
}

static challenge_answer answer_new(const phone *p, const uint8_t enrolment_id[16])
{
    challenge_answer a;
    assert_int_equal(device_challenge(phone_call_as_nobody(p, NULL), enrolment_id, a.challenge), ERR_OK);
    answer_sign(p, enrolment_id, &a);
    return a;
}

static err session(const phone *p, const uint8_t enrolment_id[16], const challenge_answer *a, const char **token,
                   int64_t *expires_ms)
{
    return device_session(phone_call_as_nobody(p, NULL), enrolment_id, bytes_of(a->challenge, sizeof a->challenge),
                          a->signature, token, expires_ms);
}

static void a_session_lasts_ten_minutes(void **state)
{
    desk *d = *state;
    const char *token;
    int64_t expires;
    uint8_t id[16] = {0};
    phone_enrol(&d->phone, &d->doctor);
    challenge_answer a = answer_new(&d->phone, d->phone.enrolment_id);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_OK);
    assert_int_equal(expires, d->f.now_ms + 600000);
    assert_int_equal(device_authenticate(d->f.service, d->f.arena, token, d->f.now_ms, id), ERR_OK);
    assert_memory_equal(id, d->phone.enrolment_id, 16);
    assert_int_equal(device_authenticate(d->f.service, d->f.arena, token, expires - 1, id), ERR_OK);
    assert_int_equal(device_authenticate(d->f.service, d->f.arena, token, expires, id), ERR_SESSION_EXPIRED);
    assert_int_equal(device_authenticate(d->f.service, d->f.arena, token, INT64_MAX, id), ERR_SESSION_EXPIRED);
}

static void a_challenge_is_answered_once_and_within_a_minute(void **state)
{
    desk *d = *state;
    const char *token;
    int64_t expires;
    phone_enrol(&d->phone, &d->doctor);
    challenge_answer a = answer_new(&d->phone, d->phone.enrolment_id),
                     late = answer_new(&d->phone, d->phone.enrolment_id);
    assert_memory_not_equal(a.challenge, late.challenge, DEVICE_CHALLENGE);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_OK);
    /* The same, and another signature of the same challenge. */
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_REPLAY);
    answer_sign(&d->phone, d->phone.enrolment_id, &a);
    d->f.now_ms += 59999;
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_REPLAY);
    challenge_answer in_time = late;
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &in_time, &token, &expires), ERR_OK);
    d->f.now_ms++;
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &late, &token, &expires), ERR_UNAUTHENTICATED);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_UNAUTHENTICATED);
}

static void a_challenge_is_the_servers_and_of_one_enrolment(void **state)
{
    desk *d = *state;
    const char *token;
    int64_t expires;
    phone other;
    phone_enrol(&d->phone, &d->doctor);
    phone_buy(&other, &d->f);
    phone_enrol(&other, &d->doctor);
    for (size_t i = 0; i < DEVICE_CHALLENGE; i++) {
        challenge_answer a = answer_new(&d->phone, d->phone.enrolment_id);
        a.challenge[i] ^= 1;
        answer_sign(&d->phone, d->phone.enrolment_id, &a);
        assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_UNAUTHENTICATED);
    }
    challenge_answer a = answer_new(&d->phone, other.enrolment_id);
    answer_sign(&d->phone, d->phone.enrolment_id, &a);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_UNAUTHENTICATED);
    /* Another phone's credential under this enrolment. */
    a = answer_new(&d->phone, d->phone.enrolment_id);
    answer_sign(&other, d->phone.enrolment_id, &a);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_UNAUTHENTICATED);
    /* Not its length. */
    a = answer_new(&d->phone, d->phone.enrolment_id);
    for (size_t n = 0; n < DEVICE_CHALLENGE; n += 13)
        assert_int_equal(device_session(phone_call_as_nobody(&d->phone, NULL), d->phone.enrolment_id,
                                        bytes_of(a.challenge, n), a.signature, &token, &expires),
                         ERR_UNAUTHENTICATED);
    phone_throw_away(&other);
}

static void an_enrolment_that_is_not_there_gets_no_session(void **state)
{
    desk *d = *state;
    const char *token;
    int64_t expires;
    uint8_t unknown[16] = {9};
    enrolment_offer offer = offer_to(d, &d->doctor);
    challenge_answer a = answer_new(&d->phone, unknown);
    assert_int_equal(session(&d->phone, unknown, &a, &token, &expires), ERR_UNAUTHENTICATED);
    a = answer_new(&d->phone, offer.id);
    assert_int_equal(session(&d->phone, offer.id, &a, &token, &expires), ERR_UNAUTHENTICATED);
    phone_enrol(&d->phone, &d->doctor);
    a = answer_new(&d->phone, d->phone.enrolment_id);
    fixture_write(&d->f, "UPDATE enrolment SET state = 'closed' WHERE id = $1",
                  (store_value[]){store_id(d->phone.enrolment_id)}, 1);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_UNAUTHENTICATED);
}

/* What was answered is forgotten by a restart, so what is older than it does not count. */
static void a_challenge_does_not_outlive_a_restart(void **state)
{
    desk *d = *state;
    const char *token;
    int64_t expires;
    phone_enrol(&d->phone, &d->doctor);
    challenge_answer a = answer_new(&d->phone, d->phone.enrolment_id), b = answer_new(&d->phone, d->phone.enrolment_id);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_OK);
    fixture_close(&d->f);
    usleep(2000);
    fixture_open(&d->f);
    uint8_t id[16];
    assert_int_equal(device_authenticate(d->f.service, d->f.arena, token, d->f.now_ms, id), ERR_OK);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_UNAUTHENTICATED);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &b, &token, &expires), ERR_UNAUTHENTICATED);
    d->f.now_ms = clock_unix_ms();
    a = answer_new(&d->phone, d->phone.enrolment_id);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_OK);
}

/* Nine challenges whose places in the table of 2048 rows of eight are in one row: none is forgotten for another. */
enum { ROWS = 2048, WAYS = 8 };

static void a_full_row_of_the_table_is_busy_not_forgetful(void **state)
{
    desk *d = *state;
    const char *token;
    int64_t expires;
    challenge_answer a[WAYS + 1];
    size_t n = 0;
    phone_enrol(&d->phone, &d->doctor);
    call *c = phone_call_as_nobody(&d->phone, NULL);
    while (n < WAYS + 1) {
        assert_int_equal(device_challenge(c, d->phone.enrolment_id, a[n].challenge), ERR_OK);
        if (n == 0 || load_u32be(a[n].challenge + 24) % ROWS == load_u32be(a[0].challenge + 24) % ROWS)
            answer_sign(&d->phone, d->phone.enrolment_id, &a[n++]);
    }
    /* A false answer takes no place. */
    challenge_answer wrong = a[WAYS];
    wrong.signature[10] ^= 1;
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &wrong, &token, &expires), ERR_UNAUTHENTICATED);
    for (size_t i = 0; i < WAYS; i++)
        assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a[i], &token, &expires), ERR_OK);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a[WAYS], &token, &expires), ERR_BUSY);
    for (size_t i = 0; i < WAYS; i++)
        assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a[i], &token, &expires), ERR_REPLAY);
    /* A minute later the row is free. */
    d->f.now_ms += 60000;
    c = phone_call_as_nobody(&d->phone, NULL);
    do {
        assert_int_equal(device_challenge(c, d->phone.enrolment_id, wrong.challenge), ERR_OK);
    } while (load_u32be(wrong.challenge + 24) % ROWS != load_u32be(a[0].challenge + 24) % ROWS);
    answer_sign(&d->phone, d->phone.enrolment_id, &wrong);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &wrong, &token, &expires), ERR_OK);
}

static void a_forged_token_is_refused(void **state)
{
    desk *d = *state;
    const char *token;
    int64_t expires;
    bytes plain;
    uint8_t id[16], forged[64];
    phone_enrol(&d->phone, &d->doctor);
    challenge_answer a = answer_new(&d->phone, d->phone.enrolment_id);
    assert_int_equal(session(&d->phone, d->phone.enrolment_id, &a, &token, &expires), ERR_OK);
    assert_int_equal(base64url_decode(d->f.arena, token, strlen(token), &plain), ERR_OK);
    assert_int_equal(plain.n, 56);
    for (size_t bit = 0; bit < 8 * plain.n; bit += 3) {
        memcpy(forged, plain.p, plain.n);
        forged[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(
            device_authenticate(d->f.service, d->f.arena, base64url_text(d->f.arena, forged, plain.n), d->f.now_ms, id),
            ERR_UNAUTHENTICATED);
    }
    uint8_t longer[57] = {0};
    memcpy(longer, plain.p, plain.n);
    memset(forged, 0, sizeof forged);
    const char *others[] = {"",
                            base64url_text(d->f.arena, longer, sizeof longer),
                            "x",
                            "not base64!",
                            base64url_text(d->f.arena, plain.p, plain.n - 1),
                            base64url_text(d->f.arena, forged, plain.n),
                            base64url_text(d->f.arena, forged, plain.n + 1),
                            arena_printf(d->f.arena, "%s=", token),
                            arena_printf(d->f.arena, " %s", token)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(device_authenticate(d->f.service, d->f.arena, others[i], d->f.now_ms, id),
                         ERR_UNAUTHENTICATED);
    /* A token is not a challenge's MAC and the other way round: keys of their own. */
    assert_memory_not_equal(d->f.service->token_key, d->f.service->challenge_key, 32);
    d->f.service->token_key[0] ^= 1;
    assert_int_equal(device_authenticate(d->f.service, d->f.arena, token, d->f.now_ms, id), ERR_UNAUTHENTICATED);
}

/* Keys */

static int64_t keys_in(desk *d, const char *state)
{
    const store_value *row;
    assert_int_equal(store_query_one(d->f.store, d->f.arena, &row, ERR_OK,
                                     "SELECT count(*) FROM device_key WHERE state = $1",
                                     (store_value[]){store_text(state)}, 1),
                     ERR_OK);
    return row->i;
}

static void keygen_repeated_gives_the_same_key(void **state)
{
    desk *d = *state;
    mpc_keygen_answer again;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &d->phone.keygen, &again), ERR_OK);
    assert_memory_equal(again.key_id, d->phone.key_id, 16);
    assert_memory_equal(again.P, d->phone.P, POINT_SIZE);
    assert_string_equal(fixture_last_audit(&d->f).detail, "repeated");
    assert_int_equal(keys_in(d, "enrolling"), 1);
    phone_certify(&d->phone);
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &d->phone.keygen, &again),
                     ERR_ENROLMENT_CLOSED);
}

static void another_P1_replaces_a_key_without_certificate(void **state)
{
    desk *d = *state;
    signing s;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    phone before = d->phone;
    phone_keygen(&d->phone);
    assert_memory_not_equal(before.key_id, d->phone.key_id, 16);
    assert_memory_not_equal(before.P, d->phone.P, POINT_SIZE);
    assert_int_equal(keys_in(d, "enrolling"), 1);
    assert_int_equal(keys_in(d, "destroyed"), 1);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device_key WHERE sealed_share IS NOT NULL"), 1);
    signing_begin(&s, &before);
    signing_add_certificate_request(&s, &before);
    assert_int_equal(signing_open(&s, &before), ERR_KEY_STATE);
    signing_end(&s);
    phone_certify(&d->phone);
}

static void what_a_keygen_is_refused_for(void **state)
{
    desk *d = *state;
    mpc_keygen_answer answer;
    mpc_keygen_request request;
    scalar d1;
    uint8_t other[16] = {1};
    phone_enrol(&d->phone, &d->doctor);
    assert_int_equal(mpc_device_keygen(&d1, &request, d->phone.enrolment_id, &d->f.rng), ERR_OK);

    mpc_keygen_request wrong = request;
    wrong.proof.c[0] ^= 1;
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_PROOF);
    wrong = request;
    wrong.P1[64] ^= 1;
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_POINT);
    wrong = request;
    memset(wrong.proof.z, 0xff, 32);
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_SCALAR);
    wrong = request;
    memcpy(wrong.enrolment_id, other, 16);
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_FORBIDDEN);
    /* A proof made for another enrolment is none for this one. */
    assert_int_equal(mpc_device_keygen(&d1, &wrong, other, &d->f.rng), ERR_OK);
    memcpy(wrong.enrolment_id, d->phone.enrolment_id, 16);
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_PROOF);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device_key"), 0);
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &request, &answer), ERR_OK);
}

static void an_open_enrolment_is_finished_within_a_day(void **state)
{
    desk *d = *state;
    mpc_keygen_answer answer;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    d->f.now_ms += 86400 * INT64_C(1000);
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &d->phone.keygen, &answer),
                     ERR_ENROLMENT_CLOSED);
    d->f.now_ms--;
    assert_int_equal(device_keygen(phone_call(&d->phone, "key.generate"), &d->phone.keygen, &answer), ERR_OK);
    assert_memory_equal(answer.key_id, d->phone.key_id, 16);
}

/* Too many wrong PINs while enrolling: the device may start anew without an operator, with another d1. */
static void a_locked_key_without_certificate_is_replaced_too(void **state)
{
    desk *d = *state;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    fixture_write(&d->f, "UPDATE device_key SET state = 'locked', failures = 5", NULL, 0);
    phone_keygen(&d->phone);
    assert_int_equal(keys_in(d, "locked"), 0);
    assert_int_equal(keys_in(d, "enrolling"), 1);
    phone_certify(&d->phone);
}

typedef struct generator {
    pthread_t thread;
    pthread_barrier_t *start;
    const phone *phone;
    mpc_keygen_request request;
    mpc_keygen_answer answer;
    err result;
} generator;

static void *generate(void *arg)
{
    generator *g = arg;
    arena *a = arena_create(1 << 20);
    call c = phone_call_in(g->phone, "key.generate", a);
    pthread_barrier_wait(g->start);
    g->result = device_keygen(&c, &g->request, &g->answer);
    arena_destroy(a);
    return NULL;
}

/* One request sent eight times at the same moment makes one key, and everybody is told of that one. */
static void parallel_keygens_make_one_key(void **state)
{
    enum { THREADS = 8 };
    desk *d = *state;
    generator generators[THREADS];
    pthread_barrier_t start;
    scalar d1;
    phone_enrol(&d->phone, &d->doctor);
    pthread_barrier_init(&start, NULL, THREADS);
    memset(generators, 0, sizeof generators);
    assert_int_equal(mpc_device_keygen(&d1, &generators[0].request, d->phone.enrolment_id, &d->f.rng), ERR_OK);
    for (size_t i = 0; i < THREADS; i++) {
        generators[i].start = &start;
        generators[i].phone = &d->phone;
        generators[i].request = generators[0].request;
        assert_int_equal(pthread_create(&generators[i].thread, NULL, generate, &generators[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(generators[i].thread, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(generators[i].result, ERR_OK);
        assert_memory_equal(generators[i].answer.key_id, generators[0].answer.key_id, 16);
        assert_memory_equal(generators[i].answer.P, generators[0].answer.P, POINT_SIZE);
    }
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device_key"), 1);
    pthread_barrier_destroy(&start);
}

static void a_removed_key_is_gone_and_its_certificate_revoked(void **state)
{
    desk *d = *state;
    phone other;
    const store_value *row;
    phone_make(&other, &d->f, &d->doctor);
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    phone_certify(&d->phone);
    assert_int_equal(device_key_remove(phone_call(&other, "key.remove"), d->phone.key_id), ERR_KEY_NOT_FOUND);
    assert_int_equal(device_key_remove(phone_call(&d->phone, "key.remove"), d->phone.key_id), ERR_OK);
    assert_int_equal(store_query_one(d->f.store, d->f.arena, &row, ERR_OK,
                                     "SELECT k.state, k.sealed_share, c.state, c.reason, n.state FROM device_key k "
                                     "JOIN certificate c ON c.key_id = k.id JOIN enrolment n ON n.id = k.enrolment_id "
                                     "WHERE k.id = $1",
                                     (store_value[]){store_id(d->phone.key_id)}, 1),
                     ERR_OK);
    assert_string_equal(row[0].p, "destroyed");
    assert_int_equal(row[1].type, STORE_NULL);
    assert_string_equal(row[2].p, "revoked");
    assert_int_equal(row[3].i, REASON_CESSATION);
    assert_string_equal(row[4].p, "closed");
    assert_int_equal(device_key_remove(phone_call(&d->phone, "key.remove"), d->phone.key_id), ERR_KEY_NOT_FOUND);
    assert_int_equal(keys_in(d, "active"), 1);
    phone_throw_away(&other);
}

static void unlocking_starts_the_counters_anew(void **state)
{
    desk *d = *state;
    uint8_t unknown[16] = {1};
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    phone_certify(&d->phone);
    fixture_write(&d->f, "UPDATE device_key SET state = 'locked', failures = 5, failures_since_refresh = 12", NULL, 0);
    assert_int_equal(device_key_unlock(fixture_call(&d->f, "key.unlock"), d->phone.key_id), ERR_OK);
    assert_string_equal(fixture_last_audit(&d->f).event, "key.unlock");
    assert_int_equal(keys_in(d, "active"), 1);
    assert_int_equal(fixture_number(&d->f, "SELECT failures + failures_since_refresh FROM device_key"), 0);
    assert_int_equal(device_key_unlock(fixture_call(&d->f, "key.unlock"), unknown), ERR_KEY_NOT_FOUND);
    fixture_write(&d->f, "UPDATE device_key SET state = 'frozen'", NULL, 0);
    assert_int_equal(device_key_unlock(fixture_call(&d->f, "key.unlock"), d->phone.key_id), ERR_KEY_STATE);
    fixture_write(&d->f, "UPDATE device_key SET state = 'destroyed'", NULL, 0);
    assert_int_equal(device_key_unlock(fixture_call(&d->f, "key.unlock"), d->phone.key_id), ERR_KEY_STATE);
}

static void keys_are_listed_with_their_certificates(void **state)
{
    desk *d = *state;
    const device_key_view *keys;
    size_t n;
    phone other;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    assert_int_equal(device_keys_of_enrolment(phone_call(&d->phone, NULL), &keys, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_memory_equal(keys[0].id, d->phone.key_id, 16);
    assert_memory_equal(keys[0].enrolment_id, d->phone.enrolment_id, 16);
    assert_string_equal(keys[0].state, "enrolling");
    assert_string_equal(keys[0].device_name, "测试手机");
    assert_string_equal(keys[0].platform, "linux");
    assert_int_equal(keys[0].tries_left, 5);
    assert_false(keys[0].has_certificate);
    phone_certify(&d->phone);
    fixture_write(&d->f, "UPDATE device_key SET failures = 3, failures_since_refresh = 19", NULL, 0);
    phone_make(&other, &d->f, &d->doctor);
    assert_int_equal(device_keys_of_user(fixture_call(&d->f, NULL), d->doctor.id, &keys, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(keys[0].state, "active");
    assert_int_equal(keys[0].tries_left, 1); /* the twentieth in all locks */
    assert_true(keys[0].has_certificate);
    assert_string_equal(keys[0].certificate_state, "active");
    assert_int_equal(keys[1].tries_left, 5);
    fixture_write(&d->f, "UPDATE device_key SET failures = 3, failures_since_refresh = 3 WHERE id = $1",
                  (store_value[]){store_id(d->phone.key_id)}, 1);
    assert_int_equal(device_keys_of_enrolment(phone_call(&d->phone, NULL), &keys, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(keys[0].tries_left, 2);
    fixture_write(&d->f, "UPDATE device_key SET state = 'locked' WHERE id = $1",
                  (store_value[]){store_id(d->phone.key_id)}, 1);
    assert_int_equal(device_keys_of_enrolment(phone_call(&d->phone, NULL), &keys, &n), ERR_OK);
    assert_int_equal(keys[0].tries_left, 0);
    phone_throw_away(&other);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_DESK(a_code_opens_one_enrolment),
        AT_DESK(a_code_is_of_no_use_once_there_is_a_certificate),
        AT_DESK(codes_are_typed_by_people),
        AT_DESK(five_wrong_codes_close_the_offers),
        AT_DESK(four_wrong_codes_leave_one_try),
        AT_DESK(whom_an_enrolment_is_refused),
        AT_DESK(the_subject_is_the_persons),
        AT_DESK(a_session_lasts_ten_minutes),
        AT_DESK(a_challenge_is_answered_once_and_within_a_minute),
        AT_DESK(a_challenge_is_the_servers_and_of_one_enrolment),
        AT_DESK(an_enrolment_that_is_not_there_gets_no_session),
        AT_DESK(a_challenge_does_not_outlive_a_restart),
        AT_DESK(a_full_row_of_the_table_is_busy_not_forgetful),
        AT_DESK(a_forged_token_is_refused),
        AT_DESK(keygen_repeated_gives_the_same_key),
        AT_DESK(another_P1_replaces_a_key_without_certificate),
        AT_DESK(what_a_keygen_is_refused_for),
        AT_DESK(an_open_enrolment_is_finished_within_a_day),
        AT_DESK(a_locked_key_without_certificate_is_replaced_too),
        AT_DESK(parallel_keygens_make_one_key),
        AT_DESK(a_removed_key_is_gone_and_its_certificate_revoked),
        AT_DESK(unlocking_starts_the_counters_anew),
        AT_DESK(keys_are_listed_with_their_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
