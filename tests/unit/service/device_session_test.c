#include "base/text.h"
#include "desk.h"
#include "service/device_session.h"

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
    assert_int_equal(device_session_challenge(phone_call_as_nobody(p, NULL), enrolment_id, a.challenge), ERR_OK);
    answer_sign(p, enrolment_id, &a);
    return a;
}

static err session(const phone *p, const uint8_t enrolment_id[16], const challenge_answer *a, const char **token,
                   int64_t *expires_ms)
{
    return device_session_begin(phone_call_as_nobody(p, NULL), enrolment_id,
                                bytes_of(a->challenge, sizeof a->challenge), a->signature, token, expires_ms);
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
    assert_int_equal(device_session_check(d->f.service, d->f.arena, token, d->f.now_ms, id), ERR_OK);
    assert_memory_equal(id, d->phone.enrolment_id, 16);
    assert_int_equal(device_session_check(d->f.service, d->f.arena, token, expires - 1, id), ERR_OK);
    assert_int_equal(device_session_check(d->f.service, d->f.arena, token, expires, id), ERR_SESSION_EXPIRED);
    assert_int_equal(device_session_check(d->f.service, d->f.arena, token, INT64_MAX, id), ERR_SESSION_EXPIRED);
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
        assert_int_equal(device_session_begin(phone_call_as_nobody(&d->phone, NULL), d->phone.enrolment_id,
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
    assert_int_equal(device_session_check(d->f.service, d->f.arena, token, d->f.now_ms, id), ERR_OK);
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
        assert_int_equal(device_session_challenge(c, d->phone.enrolment_id, a[n].challenge), ERR_OK);
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
        assert_int_equal(device_session_challenge(c, d->phone.enrolment_id, wrong.challenge), ERR_OK);
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
        assert_int_equal(device_session_check(d->f.service, d->f.arena, base64url_text(d->f.arena, forged, plain.n),
                                              d->f.now_ms, id),
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
        assert_int_equal(device_session_check(d->f.service, d->f.arena, others[i], d->f.now_ms, id),
                         ERR_UNAUTHENTICATED);
    /* A token is not a challenge's MAC and the other way round: keys of their own. */
    assert_memory_not_equal(d->f.service->token_key, d->f.service->challenge_key, 32);
    d->f.service->token_key[0] ^= 1;
    assert_int_equal(device_session_check(d->f.service, d->f.arena, token, d->f.now_ms, id), ERR_UNAUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_DESK(a_session_lasts_ten_minutes),
        AT_DESK(a_challenge_is_answered_once_and_within_a_minute),
        AT_DESK(a_challenge_is_the_servers_and_of_one_enrolment),
        AT_DESK(an_enrolment_that_is_not_there_gets_no_session),
        AT_DESK(a_challenge_does_not_outlive_a_restart),
        AT_DESK(a_full_row_of_the_table_is_busy_not_forgetful),
        AT_DESK(a_forged_token_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
