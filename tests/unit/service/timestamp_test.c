#include "stamp.h"

#include <pthread.h>

#include "service/token_count.h"

static int64_t tokens(fixture *f)
{
    return fixture_number(f, "SELECT count(*) FROM token");
}

static void a_token_says_what_was_asked_and_is_in_the_log(void **state)
{
    fixture *f = *state;
    const tsa_unit *u = tsa_unit_find(f->service, NULL);
    for (tsa_hash hash = TSA_SM3; hash < TSA_HASH_COUNT; hash++) {
        tsa_request rq = stamp_request(hash);
        rq.nonce = bytes_of("\x00\x87\x65", 3);
        rq.certificates = hash == TSA_SM3;
        rq.bare_hash = hash == TSA_SHA384;
        int64_t before_us = (int64_t)(clock_unix_ns() / 1000);
        tsa_response answer = stamp_answer(stamp_call(f), stamp_query(f->arena, &rq), NULL, CMS_RFC);
        stamp_info info;
        const store_value *v;
        assert_int_equal(answer.status, TSA_GRANTED);
        stamp_read(answer.token, &info);
        stamp_verify(f->arena, &info, u->certificate);
        assert_int_equal(info.data.profile, CMS_RFC);
        assert_true(bytes_equal(info.policy, oid_octets(OID_POLICY_DEMONSTRATION_RFC)));
        assert_int_equal(info.hash, tsa_hash_oid(hash));
        assert_true(bytes_equal(info.imprint, rq.imprint));
        assert_int_equal(info.bare_hash, rq.bare_hash);
        assert_true(bytes_equal(info.nonce, rq.nonce));
        assert_true(info.has_accuracy && !info.ordering);
        assert_int_equal(info.data.certificates_n, rq.certificates ? 2 : 0);
        assert_int_equal(
            store_query_one(f->store, f->arena, &v, ERR_NOT_FOUND,
                            "SELECT unit_id, gm, demonstration, policy, certificates, time_us, "
                            "accuracy_us, hash, imprint, nonce, client, origin FROM token WHERE serial = $1",
                            (store_value[]){store_blob(info.serial.p, info.serial.n)}, 1),
            ERR_OK);
        assert_memory_equal(v[0].p, u->id, 16);
        assert_true(v[1].i == 0 && v[2].i == 1 && v[3].type == STORE_NULL && v[4].i == rq.certificates);
        assert_in_range(v[5].i, before_us, before_us + 10000000);
        assert_int_equal(v[6].i, 1000999);
        assert_string_equal(v[7].p, tsa_hash_name(hash));
        assert_true(bytes_equal(bytes_of(v[8].p, v[8].n), rq.imprint));
        assert_true(bytes_equal(bytes_of(v[9].p, v[9].n), rq.nonce));
        assert_string_equal(v[10].p, "anonymous");
        assert_string_equal(v[11].p, "192.0.2.7");
    }
    assert_int_equal(tokens(f), TSA_HASH_COUNT);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit WHERE event LIKE 'timestamp%'"), 0);
}

static void the_profile_follows_path_or_policy(void **state)
{
    fixture *f = *state;
    const struct {
        cms_profile path;
        oid asked; /* OID_UNKNOWN: none */
        bool granted;
        cms_profile profile;
    } rows[] = {{CMS_RFC, OID_UNKNOWN, true, CMS_RFC},
                {CMS_GM, OID_UNKNOWN, true, CMS_GM},
                {CMS_RFC, OID_POLICY_DEMONSTRATION_RFC, true, CMS_RFC},
                {CMS_RFC, OID_POLICY_DEMONSTRATION_GM, true, CMS_GM},
                {CMS_GM, OID_POLICY_DEMONSTRATION_GM, true, CMS_GM},
                {CMS_GM, OID_POLICY_DEMONSTRATION_RFC, false, CMS_GM},
                /* The clock is not watched: what says that it is, is not issued. */
                {CMS_RFC, OID_POLICY_RFC, false, CMS_RFC},
                {CMS_GM, OID_POLICY_GM, false, CMS_GM},
                {CMS_RFC, OID_COMMON_NAME, false, CMS_RFC}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tsa_request rq = stamp_request(TSA_SM3);
        rq.policy = oid_octets(rows[i].asked);
        tsa_response answer = stamp_answer(stamp_call(f), stamp_query(f->arena, &rq), "sm2", rows[i].path);
        if (!rows[i].granted) {
            assert_refused(answer, TSA_UNACCEPTED_POLICY);
            continue;
        }
        stamp_info info;
        assert_int_equal(answer.status, TSA_GRANTED);
        stamp_read(answer.token, &info);
        assert_int_equal(info.data.profile, rows[i].profile);
        assert_true(bytes_equal(info.policy, oid_octets(rows[i].profile == CMS_GM ? OID_POLICY_DEMONSTRATION_GM
                                                                                  : OID_POLICY_DEMONSTRATION_RFC)));
    }
}

static void gm_is_for_sm2_units_alone(void **state)
{
    fixture *f = *state;
    const tsa_unit *made;
    tsa_request rq = stamp_request(TSA_SHA256);
    bytes query = stamp_query(f->arena, &rq);
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"),
                                     &(tsa_unit_request){"p256", SIGNER_P256, TSA_UNIT_LIMIT_US, 3, false}, &made),
                     ERR_OK);
    assert_refused(stamp_answer(stamp_call(f), query, "p256", CMS_GM), TSA_UNACCEPTED_POLICY);
    assert_int_equal(stamp_answer(stamp_call(f), query, "p256", CMS_RFC).status, TSA_GRANTED);
    rq.policy = oid_octets(OID_POLICY_DEMONSTRATION_GM); /* it would choose that profile of an SM2 unit */
    assert_refused(stamp_answer(stamp_call(f), stamp_query(f->arena, &rq), "p256", CMS_RFC), TSA_UNACCEPTED_POLICY);
    assert_int_equal(tokens(f), 1);
}

static void what_cannot_be_read_is_refused_with_its_reason(void **state)
{
    fixture *f = *state;
    static const uint8_t version_2[] = {0x30, 0x03, 0x02, 0x01, 0x02};
    tsa_request rq = stamp_request(TSA_SHA256);
    bytes good = stamp_query(f->arena, &rq);
    uint8_t long_one[TSA_REQUEST_MAX + 1] = {0x30, 0x82, 0x0f, 0xfd}, md5[64];
    memcpy(md5, good.p, good.n);
    md5[14]++; /* the hash's last arc: none that is known */
    for (size_t n = 0; n < good.n; n++)
        assert_refused(stamp_answer(stamp_call(f), bytes_of(good.p, n), NULL, CMS_RFC), TSA_BAD_DATA_FORMAT);
    assert_refused(stamp_answer(stamp_call(f), bytes_of(version_2, sizeof version_2), NULL, CMS_RFC), TSA_BAD_REQUEST);
    assert_refused(stamp_answer(stamp_call(f), bytes_of(long_one, sizeof long_one), NULL, CMS_RFC), TSA_BAD_REQUEST);
    tsa_response unknown = stamp_answer(stamp_call(f), bytes_of(md5, good.n), NULL, CMS_RFC);
    assert_int_equal(unknown.status, TSA_REJECTION);
    assert_int_equal(tokens(f), 0);
    bytes none;
    assert_int_equal(timestamp_answer(stamp_call(f), good, "nobody", CMS_RFC, &none), ERR_UNIT_NOT_FOUND);
}

static void a_stopped_unit_and_a_failed_self_test_issue_nothing(void **state)
{
    fixture *f = *state;
    tsa_request rq = stamp_request(TSA_SM3);
    bytes query = stamp_query(f->arena, &rq);
    const tsa_unit *u;
    assert_int_equal(tsa_unit_set_state(fixture_call(f, "tsa.unit_stop"), "sm2", TSA_UNIT_STOPPED, &u), ERR_OK);
    assert_refused(stamp_answer(stamp_call(f), query, NULL, CMS_RFC), TSA_SYSTEM_FAILURE);
    assert_int_equal(tsa_unit_set_state(fixture_call(f, "tsa.unit_start"), "sm2", TSA_UNIT_ACTIVE, &u), ERR_OK);
    assert_int_equal(stamp_answer(stamp_call(f), query, NULL, CMS_RFC).status, TSA_GRANTED);
    f->service->selftest_failed = true;
    assert_refused(stamp_answer(stamp_call(f), query, NULL, CMS_RFC), TSA_SYSTEM_FAILURE);
    assert_int_equal(tokens(f), 1);
}

static void where_the_time_is_not_good_enough_nothing_is_issued(void **state)
{
    fixture *f = *state;
    tsa_request rq = stamp_request(TSA_SM3);
    tsa_unit *u = tsa_unit_find(f->service, NULL);
    bytes query = stamp_query(f->arena, &rq);
    u->limit_us = 2000; /* nobody watches the clock: it is not within 2 ms */
    assert_refused(stamp_answer(stamp_call(f), query, NULL, CMS_RFC), TSA_TIME_NOT_AVAILABLE);
    u->limit_us = TSA_UNIT_LIMIT_US;
    assert_int_equal(stamp_answer(stamp_call(f), query, NULL, CMS_RFC).status, TSA_GRANTED);
    int64_t until = u->not_after_ms;
    u->not_after_ms = f->now_ms - 1000;
    assert_refused(stamp_answer(stamp_call(f), query, NULL, CMS_RFC), TSA_SYSTEM_FAILURE);
    u->not_after_ms = until;
    u->not_before_ms = f->now_ms + 60000;
    assert_refused(stamp_answer(stamp_call(f), query, NULL, CMS_RFC), TSA_SYSTEM_FAILURE);
    assert_int_equal(tokens(f), 1);
}

static void a_serial_that_was_there_is_drawn_anew(void **state)
{
    fixture *f = *state;
    tsa_request rq = stamp_request(TSA_SM3);
    bytes query = stamp_query(f->arena, &rq);
    stamp_info info;
    uint8_t next[20];
    stamp_read(stamp_answer(stamp_call(f), query, NULL, CMS_RFC).token, &info);
    /* What the counter gives next, and after that, is taken. */
    memcpy(next, info.serial.p, sizeof next);
    next[19]++;
    fixture_write(f,
                  "INSERT INTO token (serial, unit_id, gm, demonstration, certificates, time_us, accuracy_us, hash, "
                  "imprint, client, origin, signature) SELECT $2, unit_id, gm, demonstration, certificates, time_us, "
                  "accuracy_us, hash, imprint, client, origin, signature FROM token WHERE serial = $1",
                  (store_value[]){store_blob(info.serial.p, 20), store_blob(next, 20)}, 2);
    stamp_read(stamp_answer(stamp_call(f), query, NULL, CMS_RFC).token, &info);
    assert_int_equal(info.serial.p[19], next[19] + 1);
    assert_int_equal(tokens(f), 3);
}

static void with_ordering_times_rise(void **state)
{
    fixture *f = *state;
    const tsa_unit *made;
    tsa_failure why;
    int64_t last = 0;
    assert_int_equal(tsa_unit_create(fixture_call(f, "tsa.unit_create"),
                                     &(tsa_unit_request){"ordered", SIGNER_SM2, 60000000, 3, true}, &made),
                     ERR_OK);
    timestamp_request rq = {
        .unit = "ordered", .profile = CMS_RFC, .request = stamp_request(TSA_SM3), .client = "server"};
    for (int i = 0; i < 50; i++) {
        timestamp ts;
        stamp_info info;
        assert_int_equal(timestamp_issue(stamp_call(f), &rq, &ts, &why), ERR_OK);
        assert_true(ts.statement.time_us >= last + 1000);
        last = ts.statement.time_us;
        stamp_read(ts.token, &info);
        assert_true(info.ordering);
    }
    /* Also over a restart, when the clock was set back: the difference counts as error, until it is too large. */
    fixture_write(f, "UPDATE token SET time_us = time_us + 30000000 WHERE time_us = $1",
                  (store_value[]){store_int(last)}, 1);
    fixture_close(f);
    fixture_open(f);
    timestamp ts;
    assert_int_equal(timestamp_issue(stamp_call(f), &rq, &ts, &why), ERR_OK);
    assert_int_equal(ts.statement.time_us, last + 30000000 + 1000);
    assert_in_range(ts.statement.accuracy_us, 25000000, 32000000);
    atomic_store(&tsa_unit_find(f->service, "ordered")->last_us, last + 3600000000);
    assert_int_equal(timestamp_issue(stamp_call(f), &rq, &ts, &why), ERR_TIME);
    assert_int_equal(why, TSA_TIME_NOT_AVAILABLE);
}

static void another_policy_replaces_the_watched_one_only(void **state)
{
    fixture *f = *state;
    bytes own = bytes_of("\x2a\x03\x04", 3);
    f->service->options.tsa_policy = own;
    tsa_request rq = stamp_request(TSA_SM3);
    stamp_info info;
    stamp_read(stamp_answer(stamp_call(f), stamp_query(f->arena, &rq), NULL, CMS_RFC).token, &info);
    assert_true(bytes_equal(info.policy, oid_octets(OID_POLICY_DEMONSTRATION_RFC)));
    rq.policy = own;
    assert_refused(stamp_answer(stamp_call(f), stamp_query(f->arena, &rq), NULL, CMS_RFC), TSA_UNACCEPTED_POLICY);
}

static void refusals_are_counted_by_client_and_reason(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 3; i++)
        (void)stamp_answer(stamp_call(f), bytes_of("x", 1), NULL, CMS_RFC);
    assert_int_equal(token_count_flush(f->service, f->arena), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT refusals FROM token_refusal WHERE client = 'anonymous' AND reason = "
                                       "'badDataFormat'"),
                     3);
}

/* ---- several at once ---- */

enum { THREADS = 4, EACH = 50 };

static void *issue_some(void *arg)
{
    fixture *f = arg;
    arena *a = arena_create(16 << 20);
    for (int i = 0; i < EACH; i++) {
        tsa_request request = stamp_request(TSA_SM3);
        timestamp_request rq = {.profile = CMS_RFC, .request = request, .client = "server"};
        timestamp ts;
        tsa_failure why;
        call c = {.service = f->service, .arena = a, .now_ms = f->now_ms, .actor_text = "server", .origin = "server"};
        assert_int_equal(timestamp_issue(&c, &rq, &ts, &why), ERR_OK);
    }
    arena_destroy(a);
    return NULL;
}

static void many_at_once_have_serials_of_their_own(void **state)
{
    fixture *f = *state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, issue_some, f), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(tokens(f), THREADS * EACH);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_token_says_what_was_asked_and_is_in_the_log),
        WITH_FIXTURE(the_profile_follows_path_or_policy),
        WITH_FIXTURE(gm_is_for_sm2_units_alone),
        WITH_FIXTURE(what_cannot_be_read_is_refused_with_its_reason),
        WITH_FIXTURE(a_stopped_unit_and_a_failed_self_test_issue_nothing),
        WITH_FIXTURE(where_the_time_is_not_good_enough_nothing_is_issued),
        WITH_FIXTURE(a_serial_that_was_there_is_drawn_anew),
        WITH_FIXTURE(with_ordering_times_rise),
        WITH_FIXTURE(another_policy_replaces_the_watched_one_only),
        WITH_FIXTURE(refusals_are_counted_by_client_and_reason),
        WITH_FIXTURE(many_at_once_have_serials_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
