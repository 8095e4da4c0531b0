#include <pthread.h>

#include "asn1/ecsig.h"
#include "mailroom.h"
#include "service/signature_stamp.h"
#include "service/task_cms.h"
#include "service/tsa_unit.h"
#include "stamp.h"

/* A doctor with a phone, and a system whose signatures are stamped. */
typedef struct office {
    mailroom m;
    phone p;
} office;

static int setup(void **state)
{
    office *o = calloc(1, sizeof *o);
    assert_non_null(o);
    void *m;
    assert_int_equal(mailroom_setup(&m), 0);
    o->m = *(mailroom *)m;
    free(m);
    phone_make(&o->p, &o->m.f, &o->m.doctor);
    assert_int_equal(system_update(fixture_call(&o->m.f, "system.update"), o->m.emr.id,
                                   &(system_change){.has_stamps = true, .stamps = true}, &o->m.emr),
                     ERR_OK);
    *state = o;
    return 0;
}

static int teardown(void **state)
{
    office *o = *state;
    phone_throw_away(&o->p);
    fixture_remove(&o->m.f);
    free(o);
    return 0;
}

static const char document[] = "医嘱一条，需要签名。"; /* of mailroom_task */

static err sign(office *o, const task *tasks, size_t n)
{
    signing s;
    signing_begin(&s, &o->p);
    for (size_t i = 0; i < n; i++)
        signing_add(&s, &o->p, tasks[i].id, bytes_of_text(document));
    assert_int_equal(signing_open(&s, &o->p), ERR_OK);
    signing_finish(&s);
    err e = signing_complete(&s, &o->p);
    signing_end(&s);
    return e;
}

static task load(office *o, const uint8_t id[16])
{
    task t;
    assert_int_equal(task_load(fixture_call(&o->m.f, NULL), id, &t), ERR_OK);
    return t;
}

static task signed_task(office *o, const business_system *s)
{
    task t = mailroom_task(&o->m, s);
    assert_int_equal(sign(o, &t, 1), ERR_OK);
    return load(o, t.id);
}

static int64_t number(office *o, const char *sql)
{
    return fixture_number(&o->m.f, sql);
}

#define STAMPED "SELECT count(*) FROM signature_stamp WHERE serial IS NOT NULL"
#define OPEN "SELECT count(*) FROM signature_stamp WHERE serial IS NULL"
#define TOKENS "SELECT count(*) FROM token"

/* Further than any clock is good for: no timestamp is issued. */
static void lose_time(office *o)
{
    tsa_unit_find(o->m.f.service, NULL)->limit_us = 0;
}

static void find_time(office *o)
{
    tsa_unit_find(o->m.f.service, NULL)->limit_us = TSA_UNIT_LIMIT_US;
}

static bytes token_of(office *o, const task *t)
{
    bytes token;
    assert_int_equal(signature_stamp_token(fixture_call(&o->m.f, NULL), t, &token), ERR_OK);
    return token;
}

/* The token is about the signature, and about nothing else. */
static void check_token(office *o, const task *t)
{
    uint8_t der[ECSIG_DER_MAX], imprint[SM3_SIZE];
    size_t n;
    assert_int_equal(ecsig_to_der(der, &n, t->signature.rs), ERR_OK);
    sm3(imprint, der, n);
    const store_value *row;
    assert_int_equal(store_query_one(o->m.f.store, o->m.f.arena, &row, ERR_NOT_FOUND,
                                     "SELECT k.imprint, k.hash, k.client, k.gm FROM token k JOIN signature_stamp x ON "
                                     "x.serial = k.serial WHERE x.task_id = $1",
                                     (store_value[]){store_id(t->id)}, 1),
                     ERR_OK);
    assert_true(bytes_equal(bytes_of(row[0].p, row[0].n), bytes_of(imprint, sizeof imprint)));
    assert_string_equal(row[1].p, "sm3");
    assert_string_equal(row[2].p, call_subject(&o->m.f.c, "system", t->system_id));
    assert_int_equal(row[3].i, 0);
    stamp_info info;
    stamp_read(token_of(o, t), &info);
    assert_int_equal(info.data.profile, CMS_RFC);
    assert_int_equal(info.hash, OID_SM3);
    assert_true(bytes_equal(info.imprint, bytes_of(imprint, sizeof imprint)));
    assert_true(bytes_equal(info.serial, t->timestamp.serial));
    stamp_verify(o->m.f.arena, &info, tsa_unit_find(o->m.f.service, NULL)->certificate);
}

static void a_signature_is_stamped_in_the_unit_that_records_it(void **state)
{
    office *o = *state;
    task t = signed_task(o, &o->m.emr);
    assert_true(t.timestamp.wanted);
    assert_int_equal(t.timestamp.serial.n, TSA_SERIAL_SIZE);
    assert_true(t.timestamp.time_us > 0 && t.timestamp.accuracy_us > 0);
    assert_true(bytes_equal(t.timestamp.policy, oid_octets(OID_POLICY_DEMONSTRATION_RFC)));
    check_token(o, &t);
    assert_int_equal(number(o, TOKENS), 1);
    /* Nothing is left to be done, and nothing is done twice. */
    fixture_housekeeping(&o->m.f);
    assert_int_equal(number(o, TOKENS), 1);
    assert_int_equal(number(o, "SELECT count(*) FROM callback"), 0);
}

static void each_of_many_has_its_own(void **state)
{
    office *o = *state;
    task tasks[5];
    for (size_t i = 0; i < 5; i++)
        tasks[i] = mailroom_task(&o->m, i == 2 ? &o->m.ris : &o->m.emr);
    assert_int_equal(sign(o, tasks, 5), ERR_OK);
    for (size_t i = 0; i < 5; i++) {
        task t = load(o, tasks[i].id);
        assert_int_equal(t.timestamp.wanted, i != 2);
        if (i != 2)
            check_token(o, &t);
    }
    assert_int_equal(number(o, "SELECT count(DISTINCT serial) FROM token"), 4);
}

static void what_nobody_asked_for_is_not_stamped(void **state)
{
    office *o = *state;
    task off = signed_task(o, &o->m.ris);
    task login = mailroom_task(&o->m, &o->m.emr);
    signing s;
    signing_begin(&s, &o->p);
    signing_add(&s, &o->p, login.id, bytes_of_text(document));
    assert_int_equal(signing_open(&s, &o->p), ERR_OK);
    signing_finish(&s);
    fixture_write(&o->m.f, "UPDATE task SET kind = 'login' WHERE id = $1", (store_value[]){store_id(login.id)}, 1);
    assert_int_equal(signing_complete(&s, &o->p), ERR_OK);
    signing_end(&s);
    login = load(o, login.id);
    assert_false(off.timestamp.wanted || login.timestamp.wanted);
    assert_int_equal(token_of(o, &off).n, 0);
    assert_int_equal(number(o, "SELECT count(*) FROM signature_stamp"), 0);
    /* Switched on later it concerns what is signed from then on. */
    assert_int_equal(system_update(fixture_call(&o->m.f, "system.update"), o->m.ris.id,
                                   &(system_change){.has_stamps = true, .stamps = true}, &o->m.ris),
                     ERR_OK);
    fixture_housekeeping(&o->m.f);
    assert_int_equal(number(o, "SELECT count(*) FROM signature_stamp"), 0);
    task on = signed_task(o, &o->m.ris);
    assert_true(on.timestamp.wanted);
}

static void a_signature_that_is_refused_leaves_no_timestamp(void **state)
{
    office *o = *state;
    task t = mailroom_task(&o->m, &o->m.emr);
    signing s;
    signing_begin(&s, &o->p);
    signing_add(&s, &o->p, t.id, bytes_of_text(document));
    assert_int_equal(signing_open(&s, &o->p), ERR_OK);
    signing_finish(&s);
    fixture_write(&o->m.f, "UPDATE task SET state = 'cancelled', finished_at = 1 WHERE id = $1",
                  (store_value[]){store_id(t.id)}, 1);
    assert_int_not_equal(signing_complete(&s, &o->p), ERR_OK);
    signing_end(&s);
    assert_int_equal(number(o, TOKENS), 0);
    assert_int_equal(number(o, "SELECT count(*) FROM signature_stamp"), 0);
}

/* A lost answer: the same signatures again are told what was recorded. */
static void a_completion_that_comes_again_stamps_once(void **state)
{
    office *o = *state;
    task t = mailroom_task(&o->m, &o->m.emr);
    signing s;
    signing_begin(&s, &o->p);
    signing_add(&s, &o->p, t.id, bytes_of_text(document));
    assert_int_equal(signing_open(&s, &o->p), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &o->p), ERR_OK);
    assert_int_equal(signing_complete(&s, &o->p), ERR_OK);
    signing_end(&s);
    assert_int_equal(number(o, TOKENS), 1);
}

static int woken;
static uint8_t woken_topic[16];

static void note_wake(void *context, const uint8_t topic[16])
{
    (void)context;
    if (memcmp(topic, woken_topic, 16) == 0)
        woken++;
}

static void without_the_time_people_sign_and_the_timestamp_comes_later(void **state)
{
    office *o = *state;
    mailroom_endpoint(&o->m, &o->m.emr, 1 << CALLBACK_STAMPED);
    lose_time(o);
    task t = signed_task(o, &o->m.emr);
    assert_string_equal(t.state, "signed");
    assert_true(t.timestamp.wanted);
    assert_null(t.timestamp.serial.p);
    assert_int_equal(token_of(o, &t).n, 0);
    for (int i = 0; i < 2; i++)
        fixture_housekeeping(&o->m.f);
    assert_int_equal(number(o, OPEN), 1);
    assert_int_equal(number(o, TOKENS), 0);
    assert_int_equal(mailroom_count(&o->m), 0);
    find_time(o);
    memcpy(woken_topic, t.id, 16);
    woken = 0;
    o->m.f.service->options.wake = note_wake;
    fixture_housekeeping(&o->m.f);
    t = load(o, t.id);
    assert_non_null(t.timestamp.serial.p);
    check_token(o, &t);
    assert_int_equal(woken, 1);
    assert_int_equal(number(o, "SELECT count(*) FROM callback WHERE event = 'task.stamped'"), 1);
    fixture_housekeeping(&o->m.f);
    assert_int_equal(number(o, TOKENS), 1);
}

static void a_stopped_unit_is_as_good_as_no_time(void **state)
{
    office *o = *state;
    const tsa_unit *u;
    assert_int_equal(tsa_unit_set_state(fixture_call(&o->m.f, "tsa.unit"), TSA_UNIT_DEFAULT, TSA_UNIT_STOPPED, &u),
                     ERR_OK);
    task t = signed_task(o, &o->m.emr);
    assert_true(t.timestamp.wanted);
    assert_null(t.timestamp.serial.p);
    /* The refusal was the timestamp's, not the signature's. */
    assert_string_equal(o->m.f.c.fault.field, "");
    assert_string_equal(o->m.f.c.fault.detail, "");
    assert_int_equal(tsa_unit_set_state(fixture_call(&o->m.f, "tsa.unit"), TSA_UNIT_DEFAULT, TSA_UNIT_ACTIVE, &u),
                     ERR_OK);
    fixture_housekeeping(&o->m.f);
    t = load(o, t.id);
    check_token(o, &t);
}

/* The open stamp survives a restart of the program. */
static void a_restart_forgets_no_open_timestamp(void **state)
{
    office *o = *state;
    lose_time(o);
    task t = signed_task(o, &o->m.emr);
    fixture_close(&o->m.f);
    fixture_open(&o->m.f);
    fixture_housekeeping(&o->m.f);
    t = load(o, t.id);
    check_token(o, &t);
}

/* So many signed tasks more, with an open stamp each. */
static void open_many(office *o, int64_t n)
{
    store_unit *unit = store_unit_begin(o->m.f.arena);
    store_value count[] = {store_int(n)};
    store_unit_add(unit, n, ERR_INTERNAL,
                   "WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < $1) "
                   "INSERT INTO task (id, system_id, signer, form, title, description, reference, media_type, digest, "
                   "state, created_at, expires_at, finished_at) SELECT randomblob(16), system_id, signer, form, title, "
                   "description, reference, media_type, digest, 'signed', created_at, expires_at, 1 FROM counted, "
                   "(SELECT * FROM task WHERE id IN (SELECT task_id FROM signature) LIMIT 1)",
                   count, 1);
    store_unit_add(
        unit, n, ERR_INTERNAL,
        "INSERT INTO signature (task_id, signer, key_id, sid, serial, e, rs, form, method, failures_before, "
        "signed_at) SELECT t.id, t.signer, g.key_id, randomblob(16), g.serial, g.e, g.rs, g.form, g.method, 0, 1 FROM "
        "task t, (SELECT * FROM signature LIMIT 1) g WHERE t.state = 'signed' AND t.id NOT IN (SELECT "
        "task_id FROM signature) LIMIT $1",
        count, 1);
    store_unit_add(unit, n, ERR_INTERNAL,
                   "INSERT INTO signature_stamp (task_id, serial, asked_at) SELECT task_id, NULL, 1 FROM signature "
                   "WHERE task_id NOT IN (SELECT task_id FROM signature_stamp) LIMIT $1",
                   count, 1);
    assert_int_equal(store_commit(o->m.f.store, unit), ERR_OK);
}

static void a_round_does_so_much_and_no_more(void **state)
{
    office *o = *state;
    signed_task(o, &o->m.emr);
    open_many(o, 2 * SIGNATURE_STAMP_ROUND + 300);
    static const int64_t left[] = {SIGNATURE_STAMP_ROUND + 300, 300, 0, 0};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        arena_reset(o->m.f.arena);
        fixture_housekeeping(&o->m.f);
        assert_int_equal(number(o, OPEN), left[i]);
    }
    assert_int_equal(number(o, TOKENS), 2 * SIGNATURE_STAMP_ROUND + 301);
}

static void the_oldest_come_first(void **state)
{
    office *o = *state;
    signed_task(o, &o->m.emr);
    open_many(o, SIGNATURE_STAMP_ROUND);
    lose_time(o);
    task last = signed_task(o, &o->m.emr);
    find_time(o);
    fixture_housekeeping(&o->m.f);
    last = load(o, last.id);
    assert_null(last.timestamp.serial.p);
    fixture_housekeeping(&o->m.f);
    last = load(o, last.id);
    assert_non_null(last.timestamp.serial.p);
}

static void *housekeep(void *context)
{
    office *o = context;
    arena *a = arena_create(64 << 20);
    for (int i = 0; a && i < 8; i++) {
        call c = {
            .service = o->m.f.service, .arena = a, .now_ms = o->m.f.now_ms, .actor_text = "server", .origin = "server"};
        if (signature_stamp_housekeeping(&c) != ERR_OK)
            abort();
        arena_reset(a);
    }
    arena_destroy(a);
    return NULL;
}

/* As on two nodes of one database. */
static void two_at_once_stamp_nothing_twice(void **state)
{
    office *o = *state;
    signed_task(o, &o->m.emr);
    open_many(o, 900);
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, housekeep, o), 0);
    housekeep(o);
    pthread_join(other, NULL);
    fixture_housekeeping(&o->m.f);
    assert_int_equal(number(o, OPEN), 0);
    assert_int_equal(number(o, STAMPED), 901);
    assert_int_equal(number(o, TOKENS), 901);
    assert_int_equal(number(o, "SELECT count(DISTINCT serial) FROM signature_stamp"), 901);
}

static void a_withdrawn_signature_keeps_its_timestamp(void **state)
{
    office *o = *state;
    task got, stamped = signed_task(o, &o->m.emr);
    lose_time(o);
    task open = signed_task(o, &o->m.emr);
    const task *both[] = {&stamped, &open};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            task_withdraw(fixture_call_as_system(&o->m.f, "task.withdraw", o->m.emr.id), both[i]->id, "签错患者", &got),
            ERR_OK);
    find_time(o);
    fixture_housekeeping(&o->m.f);
    for (size_t i = 0; i < 2; i++) {
        task t = load(o, both[i]->id);
        assert_string_equal(t.state, "withdrawn");
        check_token(o, &t);
    }
}

static void signed_data_carries_it(void **state)
{
    office *o = *state;
    task_request request = fixture_task_request("D1001", document);
    task t;
    bool repeated;
    signing s;
    uint8_t message[SIGNED_ATTRIBUTES_BUILT_MAX];
    bytes cms, token, found;
    signed_data read;
    request.form = "cms";
    assert_int_equal(task_create(fixture_call_as_system(&o->m.f, "task.create", o->m.emr.id), &request, &t, &repeated),
                     ERR_OK);
    signing_begin(&s, &o->p);
    signing_add_attributes(&s, &o->p, &t, o->m.f.now_ms / 1000 * 1000, message);
    assert_int_equal(signing_open(&s, &o->p), ERR_OK);
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &o->p), ERR_OK);
    signing_end(&s);
    t = load(o, t.id);
    check_token(o, &t);
    token = token_of(o, &t);
    assert_int_equal(task_cms(fixture_call(&o->m.f, NULL), &t, token, &cms), ERR_OK);
    assert_int_equal(signed_data_read(&read, cms), ERR_OK);
    assert_int_equal(signed_data_timestamp(&read, &found), ERR_OK);
    assert_true(bytes_equal(found, token));
    assert_int_equal(task_cms(fixture_call(&o->m.f, NULL), &t, bytes_of(NULL, 0), &cms), ERR_OK);
    assert_int_equal(signed_data_read(&read, cms), ERR_OK);
    assert_int_equal(signed_data_timestamp(&read, &found), ERR_NOT_FOUND);
}

#define AT_THE_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_THE_OFFICE(a_signature_is_stamped_in_the_unit_that_records_it),
        AT_THE_OFFICE(each_of_many_has_its_own),
        AT_THE_OFFICE(what_nobody_asked_for_is_not_stamped),
        AT_THE_OFFICE(a_signature_that_is_refused_leaves_no_timestamp),
        AT_THE_OFFICE(a_completion_that_comes_again_stamps_once),
        AT_THE_OFFICE(without_the_time_people_sign_and_the_timestamp_comes_later),
        AT_THE_OFFICE(a_stopped_unit_is_as_good_as_no_time),
        AT_THE_OFFICE(a_restart_forgets_no_open_timestamp),
        AT_THE_OFFICE(a_round_does_so_much_and_no_more),
        AT_THE_OFFICE(the_oldest_come_first),
        AT_THE_OFFICE(two_at_once_stamp_nothing_twice),
        AT_THE_OFFICE(a_withdrawn_signature_keeps_its_timestamp),
        AT_THE_OFFICE(signed_data_carries_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
