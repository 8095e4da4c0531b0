#include <pthread.h>

#include "service/key_state.h"
#include "desk.h"

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
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &d->phone.keygen, &again), ERR_OK);
    assert_memory_equal(again.key_id, d->phone.key_id, 16);
    assert_memory_equal(again.P, d->phone.P, POINT_SIZE);
    assert_string_equal(fixture_last_audit(&d->f).detail, "repeated");
    assert_int_equal(keys_in(d, "enrolling"), 1);
    phone_certify(&d->phone);
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &d->phone.keygen, &again),
                     ERR_ENROLMENT_CLOSED);
}

/* With a masked share in hand a P1 can be computed for every PIN; K1 must not tell the right one. */
static void keygen_is_not_repeated_without_its_proof(void **state)
{
    desk *d = *state;
    mpc_keygen_answer again;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    mpc_keygen_request guess = d->phone.keygen;
    guess.proof.c[0] ^= 1;
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &guess, &again), ERR_PROOF);
    assert_int_equal(keys_in(d, "enrolling"), 1);
    phone_certify(&d->phone);
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
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_PROOF);
    wrong = request;
    wrong.P1[64] ^= 1;
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_POINT);
    wrong = request;
    memset(wrong.proof.z, 0xff, 32);
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_SCALAR);
    wrong = request;
    memcpy(wrong.enrolment_id, other, 16);
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_FORBIDDEN);
    /* A proof made for another enrolment is none for this one. */
    assert_int_equal(mpc_device_keygen(&d1, &wrong, other, &d->f.rng), ERR_OK);
    memcpy(wrong.enrolment_id, d->phone.enrolment_id, 16);
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &wrong, &answer), ERR_PROOF);
    assert_int_equal(fixture_number(&d->f, "SELECT count(*) FROM device_key"), 0);
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &request, &answer), ERR_OK);
}

static void an_open_enrolment_is_finished_within_a_day(void **state)
{
    desk *d = *state;
    mpc_keygen_answer answer;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    d->f.now_ms += 86400 * INT64_C(1000);
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &d->phone.keygen, &answer),
                     ERR_ENROLMENT_CLOSED);
    d->f.now_ms--;
    assert_int_equal(device_key_generate(phone_call(&d->phone, "key.generate"), &d->phone.keygen, &answer), ERR_OK);
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
    g->result = device_key_generate(&c, &g->request, &g->answer);
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
    assert_int_equal(key_state_unlock(fixture_call(&d->f, "key.unlock"), d->phone.key_id), ERR_OK);
    assert_string_equal(fixture_last_audit(&d->f).event, "key.unlock");
    assert_int_equal(keys_in(d, "active"), 1);
    assert_int_equal(fixture_number(&d->f, "SELECT failures + failures_since_refresh FROM device_key"), 0);
    assert_int_equal(key_state_unlock(fixture_call(&d->f, "key.unlock"), unknown), ERR_KEY_NOT_FOUND);
    fixture_write(&d->f, "UPDATE device_key SET state = 'frozen'", NULL, 0);
    assert_int_equal(key_state_unlock(fixture_call(&d->f, "key.unlock"), d->phone.key_id), ERR_KEY_STATE);
    fixture_write(&d->f, "UPDATE device_key SET state = 'destroyed'", NULL, 0);
    assert_int_equal(key_state_unlock(fixture_call(&d->f, "key.unlock"), d->phone.key_id), ERR_KEY_STATE);
}

static void keys_are_listed_with_their_certificates(void **state)
{
    desk *d = *state;
    const device_key_view *keys;
    size_t n;
    phone other;
    phone_enrol(&d->phone, &d->doctor);
    phone_keygen(&d->phone);
    assert_int_equal(device_key_list_of_enrolment(phone_call(&d->phone, NULL), &keys, &n), ERR_OK);
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
    assert_int_equal(device_key_list_of_user(fixture_call(&d->f, NULL), d->doctor.id, &keys, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(keys[0].state, "active");
    assert_int_equal(keys[0].tries_left, 1); /* the twentieth in all locks */
    assert_true(keys[0].has_certificate);
    assert_string_equal(keys[0].certificate_state, "active");
    assert_int_equal(keys[1].tries_left, 5);
    fixture_write(&d->f, "UPDATE device_key SET failures = 3, failures_since_refresh = 3 WHERE id = $1",
                  (store_value[]){store_id(d->phone.key_id)}, 1);
    assert_int_equal(device_key_list_of_enrolment(phone_call(&d->phone, NULL), &keys, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(keys[0].tries_left, 2);
    fixture_write(&d->f, "UPDATE device_key SET state = 'locked' WHERE id = $1",
                  (store_value[]){store_id(d->phone.key_id)}, 1);
    assert_int_equal(device_key_list_of_enrolment(phone_call(&d->phone, NULL), &keys, &n), ERR_OK);
    assert_int_equal(keys[0].tries_left, 0);
    phone_throw_away(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_DESK(keygen_repeated_gives_the_same_key),
        AT_DESK(keygen_is_not_repeated_without_its_proof),
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
