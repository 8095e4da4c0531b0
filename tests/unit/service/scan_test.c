#include <pthread.h>

#include "scan_lab.h"

static err type(const phone *p, const char *short_code, scan_seen *seen)
{
    return scan_by_device(phone_call(p, "scan.use"), NULL, short_code, seen);
}

static void a_code_dies_within_five_seconds(void **state)
{
    lab *l = *state;
    login made = lab_login(l);
    scan_seen seen;
    const char *photograph = lab_code(l, &made.session);
    l->f.now_ms += 5000;
    assert_int_equal(lab_scan(&l->phone, photograph, &seen), ERR_SCAN);
    assert_string_equal(fixture_last_audit(&l->f).event, "scan.test");
    l->f.now_ms -= 1;
    assert_int_equal(lab_scan(&l->phone, photograph, &seen), ERR_OK);
}

/* Who has the secret can make a code of any kind for the session; it is taken as what it is only. */
static void a_code_of_another_kind(void **state)
{
    lab *l = *state;
    login made = lab_login(l);
    scan_seen seen;
    scan_code code;
    scan_code_make(&code, SCAN_SIGN, made.session.id, made.session.secret, 0);
    assert_int_equal(lab_scan(&l->phone, scan_code_text(l->f.arena, &code, NULL), &seen), ERR_SCAN);
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &made.session), &seen), ERR_OK);
}

static void the_first_phone_has_it_and_may_ask_again(void **state)
{
    lab *l = *state;
    login made = lab_login(l);
    scan_seen seen, again;
    const char *code = lab_code(l, &made.session);
    assert_int_equal(lab_scan(&l->phone, code, &seen), ERR_OK);
    assert_int_equal(lab_scan(&l->her_phone, code, &again), ERR_SCAN);
    assert_int_equal(lab_scan(&l->phone, code, &again), ERR_OK);
    assert_string_equal(fixture_last_audit(&l->f).detail, "repeated");
    assert_string_equal(again.session.assertion, seen.session.assertion);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM task"), 1);
    assert_int_equal(lab_sign(&l->phone, made.session.id), ERR_OK);
    assert_int_equal(lab_scan(&l->phone, code, &again), ERR_SCAN);
}

typedef struct racer {
    lab *l;
    const phone *p;
    const char *code;
    err e;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    arena *a = arena_create(4 << 20);
    call c = phone_call_in(r->p, "scan.use", a);
    scan_seen seen;
    r->e = scan_by_device(&c, r->code, NULL, &seen);
    arena_destroy(a);
    return NULL;
}

static void two_phones_at_the_same_moment(void **state)
{
    lab *l = *state;
    for (int i = 0; i < 10; i++) {
        login made = lab_login(l);
        racer racers[] = {{l, &l->phone, lab_code(l, &made.session), ERR_OK},
                          {l, &l->her_phone, lab_code(l, &made.session), ERR_OK}};
        pthread_t threads[2];
        for (int t = 0; t < 2; t++)
            assert_int_equal(pthread_create(&threads[t], NULL, race, &racers[t]), 0);
        for (int t = 0; t < 2; t++)
            pthread_join(threads[t], NULL);
        assert_int_equal((racers[0].e == ERR_OK) + (racers[1].e == ERR_OK), 1);
        assert_int_equal(racers[0].e == ERR_OK ? racers[1].e : racers[0].e, ERR_SCAN);
    }
}

static void a_typed_code_asks_for_the_number(void **state)
{
    lab *l = *state;
    login made = lab_login(l);
    scan_seen seen;
    assert_int_equal(type(&l->phone, made.session.short_code, &seen), ERR_OK);
    assert_true(seen.number_wanted);
    assert_int_equal(seen.n, 0);
    assert_in_range(seen.session.number, 0, 99);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM task"), 0);
    assert_int_equal(
        scan_enter_number(phone_call(&l->her_phone, "scan.number"), made.session.id, seen.session.number, &seen),
        ERR_SCAN);
    assert_int_equal(scan_session_load(fixture_call(&l->f, NULL), made.session.id, ERR_SCAN, &made.session), ERR_OK);
    for (int i = 0; i < 2; i++) { /* its answer was lost */
        assert_int_equal(
            scan_enter_number(phone_call(&l->phone, "scan.number"), made.session.id, made.session.number, &seen),
            ERR_OK);
        assert_int_equal(seen.n, 1);
    }
    assert_int_equal(lab_sign(&l->phone, made.session.id), ERR_OK);
    assert_string_equal(lab_state(l, made.session.id), "done");
}

static void a_wrong_number_ends_it(void **state)
{
    lab *l = *state;
    login made = lab_login(l);
    scan_seen seen;
    assert_int_equal(type(&l->phone, made.session.short_code, &seen), ERR_OK);
    int64_t number = seen.session.number;
    assert_int_equal(
        scan_enter_number(phone_call(&l->phone, "scan.number"), made.session.id, (number + 1) % 100, &seen), ERR_SCAN);
    assert_string_equal(fixture_last_audit(&l->f).outcome, "scan_refused");
    assert_int_equal(scan_enter_number(phone_call(&l->phone, "scan.number"), made.session.id, number, &seen),
                     ERR_CONFLICT);
    assert_string_equal(lab_state(l, made.session.id), "declined");
}

static void a_scanned_code_asks_for_none(void **state)
{
    lab *l = *state;
    login made = lab_login(l);
    scan_seen seen;
    assert_int_equal(scan_enter_number(phone_call(&l->phone, "scan.number"), made.session.id, 0, &seen), ERR_SCAN);
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &made.session), &seen), ERR_OK);
    assert_int_equal(scan_enter_number(phone_call(&l->phone, "scan.number"), made.session.id, 0, &seen), ERR_CONFLICT);
}

static void wrong_short_codes_are_counted_by_person(void **state)
{
    lab *l = *state;
    login made = lab_login(l);
    scan_seen seen;
    const char *wrong = strcmp(made.session.short_code, "00000000") == 0 ? "00000001" : "00000000";
    for (int i = 0; i < 20; i++) { /* right ones cost nothing */
        login other = lab_login(l);
        assert_int_equal(type(&l->phone, other.session.short_code, &seen), ERR_OK);
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(type(&l->phone, wrong, &seen), ERR_SCAN);
    assert_int_equal(type(&l->phone, made.session.short_code, &seen), ERR_RATE);
    assert_int_equal(l->f.c.fault.retry_after, 60);
    assert_string_equal(lab_state(l, made.session.id), "open");
    assert_int_equal(type(&l->her_phone, made.session.short_code, &seen), ERR_OK);
}

static void declined_before_and_after_there_is_a_task(void **state)
{
    lab *l = *state;
    scan_seen seen;
    for (int typed = 0; typed < 2; typed++) {
        login made = lab_login(l);
        assert_int_equal(scan_decline(phone_call(&l->phone, "scan.decline"), made.session.id, "x"), ERR_SCAN);
        assert_int_equal(typed ? type(&l->phone, made.session.short_code, &seen)
                               : lab_scan(&l->phone, lab_code(l, &made.session), &seen),
                         ERR_OK);
        assert_int_equal(scan_decline(phone_call(&l->her_phone, "scan.decline"), made.session.id, "x"), ERR_SCAN);
        assert_int_equal(scan_decline(phone_call(&l->phone, "scan.decline"), made.session.id, "不是我"), ERR_OK);
        assert_string_equal(lab_state(l, made.session.id), "declined");
        assert_int_equal(scan_decline(phone_call(&l->phone, "scan.decline"), made.session.id, "x"), ERR_CONFLICT);
    }
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM task WHERE state = 'declined' AND reason = '不是我'"),
                     1);
    assert_int_equal(fixture_number(&l->f, "SELECT count(*) FROM task_document"), 0);
}

static scan_session scan_of(lab *l, const task *t)
{
    scan_session s;
    bool repeated;
    assert_int_equal(scan_create(lab_system(l, &l->emr),
                                 &(scan_request){.task = t->id, .expires_in = SCAN_EXPIRES_DEFAULT}, &s, &repeated),
                     ERR_OK);
    return s;
}

static void signing_by_scan(void **state)
{
    lab *l = *state;
    scan_seen seen;
    scan_session got;
    task t = fixture_task(&l->f, &l->emr, "D1001", "a record");
    scan_session s = scan_of(l, &t);
    assert_int_equal(lab_scan(&l->her_phone, lab_code(l, &s), &seen), ERR_TASK_NOT_YOURS);
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &s), &seen), ERR_OK);
    assert_int_equal(seen.n, 1);
    assert_memory_equal(seen.tasks[0].id, t.id, 16);
    assert_false(seen.number_wanted);
    assert_string_equal(lab_state(l, s.id), "scanned");
    assert_int_equal(lab_sign(&l->phone, t.id), ERR_OK);
    assert_string_equal(lab_state(l, s.id), "done");
    assert_int_equal(scan_get(lab_system(l, &l->ris), s.id, &got), ERR_NOT_FOUND);
    assert_int_equal(scan_cancel(lab_system(l, &l->emr), s.id, &got), ERR_CONFLICT);
    /* A login is no such session. */
    login made = lab_login(l);
    assert_int_equal(scan_get(lab_system(l, &l->emr), made.session.id, &got), ERR_NOT_FOUND);
}

static void a_batch_by_scan(void **state)
{
    lab *l = *state;
    scan_seen seen;
    scan_session s;
    bool repeated;
    static const uint8_t batch[16] = {1, 2, 3};
    fixture_write(&l->f, "INSERT INTO task_batch (id, system_id, title, size, created_at) VALUES ($1, $2, '', 3, $3)",
                  (store_value[]){store_id(batch), store_id(l->emr.id), store_int(l->f.now_ms)}, 3);
    for (int i = 0; i < 3; i++) {
        task t = fixture_task(&l->f, &l->emr, "D1001", "a record");
        fixture_write(&l->f, "UPDATE task SET batch_id = $2, batch_place = $3 WHERE id = $1",
                      (store_value[]){store_id(t.id), store_id(batch), store_int(i)}, 3);
    }
    scan_request wish = {.batch = batch, .expires_in = 60};
    assert_int_equal(scan_create(lab_system(l, &l->ris), &wish, &s, &repeated), ERR_BATCH_NOT_FOUND);
    assert_int_equal(scan_create(lab_system(l, &l->emr), &wish, &s, &repeated), ERR_OK);
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &s), &seen), ERR_OK);
    assert_int_equal(seen.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(lab_state(l, s.id), "scanned");
        assert_int_equal(lab_sign(&l->phone, seen.tasks[i].id), ERR_OK);
    }
    assert_string_equal(lab_state(l, s.id), "done");
    task hers = fixture_task(&l->f, &l->emr, "D1002", "a record"), his = fixture_task(&l->f, &l->emr, "D1001", "b");
    fixture_write(&l->f, "UPDATE task SET batch_id = $2, batch_place = 4 WHERE id = $1",
                  (store_value[]){store_id(hers.id), store_id(batch)}, 2);
    fixture_write(&l->f, "UPDATE task SET batch_id = $2, batch_place = 5 WHERE id = $1",
                  (store_value[]){store_id(his.id), store_id(batch)}, 2);
    assert_int_equal(scan_create(lab_system(l, &l->emr), &wish, &s, &repeated), ERR_CONFLICT);
}

static void what_cannot_be_signed_by_scan(void **state)
{
    lab *l = *state;
    scan_session s;
    bool repeated;
    task t = fixture_task(&l->f, &l->emr, "D1001", "a record"), cancelled;
    scan_request wish = {.task = t.id, .expires_in = 60};
    assert_int_equal(scan_create(lab_system(l, &l->ris), &wish, &s, &repeated), ERR_TASK_NOT_FOUND);
    assert_int_equal(task_cancel(lab_system(l, &l->emr), t.id, NULL, &cancelled), ERR_OK);
    assert_int_equal(scan_create(lab_system(l, &l->emr), &wish, &s, &repeated), ERR_TASK_CANCELLED);
}

static void a_cancelled_scan_leaves_its_task(void **state)
{
    lab *l = *state;
    scan_seen seen;
    scan_session got;
    task t = fixture_task(&l->f, &l->emr, "D1001", "a record");
    scan_session s = scan_of(l, &t);
    assert_int_equal(scan_cancel(lab_system(l, &l->emr), s.id, &got), ERR_OK);
    assert_string_equal(got.state, "cancelled");
    assert_int_equal(lab_scan(&l->phone, lab_code(l, &s), &seen), ERR_SCAN);
    assert_string_equal(fixture_task_state(&l->f, t.id), "pending");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAB(a_code_dies_within_five_seconds),
        IN_LAB(a_code_of_another_kind),
        IN_LAB(the_first_phone_has_it_and_may_ask_again),
        IN_LAB(two_phones_at_the_same_moment),
        IN_LAB(a_typed_code_asks_for_the_number),
        IN_LAB(a_wrong_number_ends_it),
        IN_LAB(a_scanned_code_asks_for_none),
        IN_LAB(wrong_short_codes_are_counted_by_person),
        IN_LAB(declined_before_and_after_there_is_a_task),
        IN_LAB(signing_by_scan),
        IN_LAB(a_batch_by_scan),
        IN_LAB(what_cannot_be_signed_by_scan),
        IN_LAB(a_cancelled_scan_leaves_its_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
