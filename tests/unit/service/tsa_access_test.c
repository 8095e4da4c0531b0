#include "service/rate.h"
#include "service/system.h"
#include "service/token_count.h"
#include "service/tsa_access.h"
#include "unit/service/fixture.h"

static tsa_access_row add(fixture *f, bool deny, const char *network, int64_t per_minute)
{
    tsa_access_row row;
    const tsa_access_request r = {.deny = deny, .network = network, .per_minute = per_minute, .note = "门诊"};
    assert_int_equal(tsa_access_add(fixture_call(f, "tsa.access_add"), &r, &row), ERR_OK);
    return row;
}

static business_system make_system(fixture *f, const char *name)
{
    business_system s;
    assert_int_equal(system_create(fixture_call(f, "system.create"), name, SCOPE_VERIFY, false, &s), ERR_OK);
    return s;
}

static err ask_as(fixture *f, const char *origin, const business_system *s)
{
    call *c = fixture_call(f, NULL);
    c->actor = ACTOR_NOBODY;
    c->origin = origin;
    if (s) {
        c->actor = ACTOR_SYSTEM;
        memcpy(c->actor_id, s->id, 16);
        c->actor_text = call_subject(c, "system", s->id);
    }
    return tsa_access_check(c, origin);
}

static err ask(fixture *f, const char *origin)
{
    return ask_as(f, origin, NULL);
}

static void a_change_is_in_effect_at_once(void **state)
{
    fixture *f = *state;
    assert_int_equal(ask(f, "10.1.2.3"), ERR_OK);
    tsa_access_row denied = add(f, true, "10.1.0.0/16", -1);
    assert_int_equal(ask(f, "10.1.2.3"), ERR_ACCESS);
    assert_string_equal(f->c.fault.detail, "10.1.2.3 is denied");
    assert_int_equal(ask(f, "10.2.2.3"), ERR_OK);
    tsa_access_row allowed = add(f, false, "10.1.2.0/24", -1);
    assert_int_equal(ask(f, "10.1.2.3"), ERR_ACCESS); /* deny wins */
    assert_int_equal(ask(f, "10.2.2.3"), ERR_ACCESS);
    assert_string_equal(f->c.fault.detail, "10.2.2.3 is not allowed");
    assert_int_equal(tsa_access_remove(fixture_call(f, "tsa.access_remove"), denied.id), ERR_OK);
    assert_int_equal(ask(f, "10.1.2.3"), ERR_OK);
    assert_int_equal(ask(f, "10.1.3.3"), ERR_ACCESS);
    assert_int_equal(ask(f, "unix"), ERR_ACCESS);
    assert_int_equal(ask(f, "unknown"), ERR_ACCESS);
    assert_int_equal(tsa_access_remove(fixture_call(f, "tsa.access_remove"), allowed.id), ERR_OK);
    assert_int_equal(ask(f, "10.1.3.3"), ERR_OK);
    assert_int_equal(ask(f, "unix"), ERR_OK);
    assert_int_equal(ask(f, "unknown"), ERR_ACCESS);
    assert_int_equal(tsa_access_remove(fixture_call(f, "tsa.access_remove"), allowed.id), ERR_NOT_FOUND);
}

static void a_restart_finds_the_rows(void **state)
{
    fixture *f = *state;
    add(f, true, "10.1.0.0/16", -1);
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(ask(f, "10.1.2.3"), ERR_ACCESS);
    assert_int_equal(ask(f, "10.2.2.3"), ERR_OK);
}

static void a_row_is_kept_as_given_and_recorded(void **state)
{
    fixture *f = *state;
    const tsa_access_row *list;
    size_t n;
    business_system s = make_system(f, "电子病历");
    tsa_access_row got, row = add(f, false, "::ffff:10.1.0.0/112", 600);
    assert_string_equal(row.network, "10.1.0.0/16");
    audit_entry last = fixture_last_audit(f);
    assert_string_equal(last.event, "tsa.access_add");
    assert_string_equal(last.detail, "allow 10.1.0.0/16 per_minute=600");
    const tsa_access_request r = {.deny = true, .system_id = s.id, .per_minute = -1};
    assert_int_equal(tsa_access_add(fixture_call(f, "tsa.access_add"), &r, &got), ERR_OK);
    assert_string_equal(fixture_last_audit(f).detail, "deny 电子病历");
    assert_int_equal(tsa_access_list(fixture_call(f, NULL), NULL, 100, &list, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_false(list[0].deny);
    assert_int_equal(list[0].per_minute, 600);
    assert_string_equal(list[0].note, "门诊");
    assert_true(list[1].deny);
    assert_null(list[1].network);
    assert_string_equal(list[1].system_name, "电子病历");
    assert_int_equal(list[1].per_minute, -1);
    assert_string_equal(list[1].note, "");
    assert_int_equal(tsa_access_list(fixture_call(f, NULL), list[0].id, 100, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_memory_equal(list[0].id, got.id, 16);
    assert_int_equal(tsa_access_remove(fixture_call(f, "tsa.access_remove"), got.id), ERR_OK);
    assert_string_equal(fixture_last_audit(f).event, "tsa.access_remove");
    assert_string_equal(fixture_last_audit(f).detail, "deny 电子病历");
}

static void assert_refused(fixture *f, const tsa_access_request *r, err e, const char *field)
{
    tsa_access_row row;
    assert_int_equal(tsa_access_add(fixture_call(f, "tsa.access_add"), r, &row), e);
    assert_string_equal(f->c.fault.field, field);
}

static void wrong_rows_are_refused(void **state)
{
    fixture *f = *state;
    business_system s = make_system(f, "HIS");
    uint8_t nobody[16] = {1};
    add(f, false, "10.0.0.0/8", -1);
    add(f, true, "10.0.0.0/8", -1); /* that is another row */
    int64_t before = fixture_number(f, "SELECT count(*) FROM tsa_access");
    assert_refused(f, &(tsa_access_request){.per_minute = -1}, ERR_FIELD_MISSING, "network");
    assert_refused(f, &(tsa_access_request){.network = "10.0.0.1", .system_id = s.id, .per_minute = -1},
                   ERR_FIELD_UNKNOWN, "system");
    assert_refused(f, &(tsa_access_request){.deny = true, .network = "10.0.0.1", .per_minute = 5}, ERR_FIELD_UNKNOWN,
                   "per_minute");
    assert_refused(f, &(tsa_access_request){.network = "10.0.0.1", .per_minute = TSA_ACCESS_PER_MINUTE_MAX + 1},
                   ERR_FIELD_VALUE, "per_minute");
    assert_refused(f, &(tsa_access_request){.system_id = nobody, .per_minute = -1}, ERR_SYSTEM_NOT_FOUND, "");
    assert_refused(f, &(tsa_access_request){.network = "10.0.0.0/8", .per_minute = -1}, ERR_EXISTS, "network");
    assert_refused(f, &(tsa_access_request){.network = "::ffff:10.0.0.0/104", .per_minute = -1}, ERR_EXISTS, "network");
    assert_refused(f, &(tsa_access_request){.network = "10.0.0.1/8", .per_minute = -1}, ERR_FIELD_VALUE, "network");
    assert_non_null(strstr(f->c.fault.detail, "10.0.0.0/8"));
    static const char *const none[] = {
        "", "x", "10.0.0.0/33", "10.0.0/8", "2001:db8::/129", "10.0.0.0/8 ", "host.example"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_refused(f, &(tsa_access_request){.network = none[i], .per_minute = -1}, ERR_FIELD_VALUE, "network");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM tsa_access"), before);
}

static void rows_are_bounded_and_all_are_read(void **state)
{
    fixture *f = *state;
    tsa_access_row row;
    store_unit *unit = store_unit_begin(f->arena);
    for (int i = 0; i < TSA_ACCESS_MAX; i++) {
        uint8_t id[16] = {0xff, (uint8_t)(i >> 8), (uint8_t)i};
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "INSERT INTO tsa_access (id, action, network, note, created_at) VALUES ($1, 'deny', $2, '', 0)",
                       (store_value[]){store_blob(arena_copy(f->arena, id, 16), 16),
                                       store_text(arena_printf(f->arena, "2001:db8:ffff:%x:ffff:ffff:ffff:ffff", i))},
                       2);
    }
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(ask(f, "2001:db8:ffff:1387:ffff:ffff:ffff:ffff"), ERR_ACCESS);
    assert_int_equal(ask(f, "2001:db8:ffff:1388:ffff:ffff:ffff:ffff"), ERR_OK);
    assert_int_equal(tsa_access_add(fixture_call(f, "tsa.access_add"),
                                    &(tsa_access_request){.network = "10.0.0.0/8", .per_minute = -1}, &row),
                     ERR_LIMIT);
}

static void take(fixture *f, const char *origin, const business_system *s, int n)
{
    for (int i = 0; i < n; i++)
        assert_int_equal(ask_as(f, origin, s), ERR_OK);
    assert_int_equal(ask_as(f, origin, s), ERR_RATE);
    assert_true(f->c.fault.retry_after > 0 && f->c.fault.retry_after <= 60);
}

static void each_client_has_the_limit_of_its_row(void **state)
{
    fixture *f = *state;
    business_system s = make_system(f, "HIS"), other = make_system(f, "EMR");
    tsa_access_row row;
    add(f, false, "0.0.0.0/0", -1);
    add(f, false, "10.1.0.0/16", 5);
    add(f, false, "10.1.2.0/24", 3);
    add(f, false, "2001:db8::/32", 4);
    const tsa_access_request r = {.system_id = s.id, .per_minute = 7};
    assert_int_equal(tsa_access_add(fixture_call(f, "tsa.access_add"), &r, &row), ERR_OK);
    take(f, "10.1.1.1", NULL, 5);
    take(f, "10.1.1.2", NULL, 5); /* each client of the row */
    take(f, "10.1.2.1", NULL, 3);
    take(f, "2001:db8:1:2::1", NULL, 4);
    assert_int_equal(ask(f, "2001:db8:1:2:ffff::9"), ERR_RATE); /* the same /64 */
    take(f, "2001:db8:1:3::1", NULL, 4);
    take(f, "10.1.1.1", &s, 7); /* the system, wherever it is */
    assert_int_equal(ask_as(f, "10.9.9.9", &s), ERR_RATE);
    take(f, "10.1.1.1", &other, 5);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(ask(f, "10.9.9.9"), ERR_OK);
    /* A minute later there is as much again. */
    f->now_ms += 60000;
    take(f, "10.1.1.1", NULL, 5);
}

static void the_server_has_limits_of_its_own(void **state)
{
    fixture *f = *state;
    business_system s = make_system(f, "HIS");
    f->service->options.tsa_per_address_per_minute = 4;
    f->service->options.tsa_per_minute = 6;
    take(f, "10.1.1.1", NULL, 4);
    take(f, "10.1.1.1", &s, 6);
    add(f, false, "10.1.0.0/16", 0); /* 0: none */
    for (int i = 0; i < 100; i++)
        assert_int_equal(ask(f, "10.1.1.1"), ERR_OK);
}

static int64_t refused(fixture *f, const char *reason)
{
    assert_int_equal(token_count_flush(f->service, f->arena), ERR_OK);
    const store_value *row;
    assert_int_equal(
        store_query_one(f->store, f->arena, &row, ERR_OK,
                        "SELECT CAST(coalesce(sum(refusals), 0) AS BIGINT) FROM token_refusal WHERE reason = $1",
                        (store_value[]){store_text(reason)}, 1),
        ERR_OK);
    return row[0].i;
}

static void refusals_are_counted(void **state)
{
    fixture *f = *state;
    add(f, false, "10.1.0.0/16", 2);
    take(f, "10.1.1.1", NULL, 2);
    assert_int_equal(ask(f, "10.2.1.1"), ERR_ACCESS);
    assert_int_equal(ask(f, "10.2.1.2"), ERR_ACCESS);
    assert_int_equal(refused(f, "access_denied"), 2);
    assert_int_equal(refused(f, "too_many_requests"), 1);
}

static void what_would_happen_is_told_and_not_counted(void **state)
{
    fixture *f = *state;
    business_system s = make_system(f, "HIS");
    tsa_access_verdict v;
    f->service->options.tsa_per_address_per_minute = 4;
    f->service->options.tsa_per_minute = 6;
    assert_int_equal(tsa_access_would(fixture_call(f, NULL), "10.1.1.1", NULL, &v), ERR_OK);
    assert_true(v.admitted && !v.has_row && v.per_minute == 4);
    assert_int_equal(tsa_access_would(fixture_call(f, NULL), "10.1.1.1", s.id, &v), ERR_OK);
    assert_true(v.admitted && !v.has_row && v.per_minute == 6);
    tsa_access_row row = add(f, false, "10.1.0.0/16", 1);
    for (int i = 0; i < 10; i++)
        assert_int_equal(tsa_access_would(fixture_call(f, NULL), "10.1.1.1", NULL, &v), ERR_OK);
    assert_true(v.admitted && v.has_row && v.per_minute == 1);
    assert_memory_equal(v.row_id, row.id, 16);
    assert_int_equal(ask(f, "10.1.1.1"), ERR_OK);
    assert_int_equal(tsa_access_would(fixture_call(f, NULL), "10.2.1.1", NULL, &v), ERR_OK);
    assert_true(!v.admitted && !v.has_row);
    row = add(f, true, "10.1.1.0/24", -1);
    assert_int_equal(tsa_access_would(fixture_call(f, NULL), "10.1.1.1", s.id, &v), ERR_OK);
    assert_true(!v.admitted && v.has_row);
    assert_memory_equal(v.row_id, row.id, 16);
    assert_int_equal(tsa_access_would(fixture_call(f, NULL), "hospital", NULL, &v), ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "address");
}

/* ---- changes under load ---- */

typedef struct load {
    fixture *f;
    atomic_bool stop;
    _Atomic uint64_t asked, wrong, cpu_ns;
} load;

/* 10.1.2.3 is admitted by every state of the lists that there is, and 192.0.2.1 by none. */
static void *ask_all_the_time(void *arg)
{
    load *l = arg;
    call c = {.service = l->f->service, .now_ms = l->f->now_ms};
    uint64_t n = 0, began = clock_thread_cpu_ns();
    for (; !l->stop; n++) {
        fault_clear(&c.fault);
        if (tsa_access_check(&c, "10.1.2.3") != ERR_OK || tsa_access_check(&c, "192.0.2.1") != ERR_ACCESS)
            l->wrong++;
    }
    l->asked += 2 * n;
    l->cpu_ns += clock_thread_cpu_ns() - began;
    return NULL;
}

static void changes_under_load(void **state)
{
    enum { THREADS = 4, CHANGES = 60 };
    fixture *f = *state;
    load l = {.f = f};
    pthread_t threads[THREADS];
    add(f, true, "192.0.2.0/24", -1);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_all_the_time, &l), 0);
    for (int i = 0; i < CHANGES; i++) {
        tsa_access_row one = add(f, false, "10.0.0.0/8", -1), two = add(f, true, "10.1.2.4", -1);
        assert_int_equal(ask(f, "10.1.2.4"), ERR_ACCESS); /* in effect when the call is back, whoever asks meanwhile */
        assert_int_equal(ask(f, "172.16.0.1"), ERR_ACCESS);
        assert_int_equal(tsa_access_remove(fixture_call(f, "tsa.access_remove"), two.id), ERR_OK);
        assert_int_equal(ask(f, "10.1.2.4"), ERR_OK);
        assert_int_equal(tsa_access_remove(fixture_call(f, "tsa.access_remove"), one.id), ERR_OK);
        assert_int_equal(ask(f, "172.16.0.1"), ERR_OK);
    }
    l.stop = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(l.wrong, 0);
    assert_true(l.asked > 1000);
    print_message("%d changes, %llu checks meanwhile in %d threads: %llu ns of CPU each\n", 4 * CHANGES,
                  (unsigned long long)l.asked, THREADS, (unsigned long long)(l.cpu_ns / l.asked));
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_change_is_in_effect_at_once),
        WITH_FIXTURE(a_restart_finds_the_rows),
        WITH_FIXTURE(a_row_is_kept_as_given_and_recorded),
        WITH_FIXTURE(wrong_rows_are_refused),
        WITH_FIXTURE(rows_are_bounded_and_all_are_read),
        WITH_FIXTURE(each_client_has_the_limit_of_its_row),
        WITH_FIXTURE(the_server_has_limits_of_its_own),
        WITH_FIXTURE(refusals_are_counted),
        WITH_FIXTURE(what_would_happen_is_told_and_not_counted),
        WITH_FIXTURE(changes_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
