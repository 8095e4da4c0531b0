#include "service/check_internal.h"

#include <sys/stat.h>

#include "fixture.h"
#include "service/monitor_internal.h"

static check_report run_all(fixture *f, bool full)
{
    check_report r;
    assert_int_equal(check_run(fixture_call(f, NULL), full, &r), ERR_OK);
    return r;
}

static const check_result *result_of(const check_report *r, const char *id)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->results[i].kind->id, id) == 0)
            return &r->results[i];
    return NULL;
}

static check_state state_of(const check_report *r, const char *id)
{
    const check_result *one = result_of(r, id);
    if (!one)
        fail_msg("no check %s", id);
    return one->state;
}

static void a_new_server_is_well(void **state)
{
    fixture *f = *state;
    f->service->options.data_dir = f->dir;
    check_report r = run_all(f, true);
    static const char *const well[] = {"database.write",    "database.commit",          "database.integrity",
                                       "certificates.root", "certificates.issuing",     "certificates.root_crl",
                                       "certificates.tsa",  "certificates.issuing_crl", "keys.master",
                                       "keys.seal",         "keys.self_tests",          "queues.tasks",
                                       "queues.callbacks",  "queues.callbacks_failed",  "queues.stamps",
                                       "audit.head",        "configuration.sandbox",    "certificates.personal"};
    for (size_t i = 0; i < sizeof well / sizeof *well; i++)
        assert_int_equal(state_of(&r, well[i]), CHECK_OK);
    assert_int_equal(state_of(&r, "backup.age"), CHECK_UNKNOWN);
    assert_int_equal(state_of(&r, "audit.log"), CHECK_UNKNOWN); /* not recomputed since the start */
    assert_int_equal(state_of(&r, "configuration.public_url"), CHECK_WARNING);
    assert_int_equal(state_of(&r, "configuration.clock"), CHECK_WARNING);
    assert_int_equal(r.at_ms, f->now_ms);
    assert_true(r.full && r.state >= CHECK_WARNING);
}

static void every_check_says_what_to_do(void **state)
{
    fixture *f = *state;
    static const char *const ids[] = {"disk.space", "clock.source", "keys.clone", "callbacks.endpoint", "audit.log"};
    check_report r = run_all(f, true);
    for (size_t i = 0; i < r.n; i++) {
        const check_kind *kind = r.results[i].kind;
        assert_true(*kind->name.zh && *kind->name.en);
        assert_true(strcmp(kind->id, "database.size") == 0 || (*kind->what_to_do.zh && *kind->what_to_do.en));
        assert_ptr_equal(check_find(kind->id), kind);
    }
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_non_null(check_find(ids[i]));
    assert_null(check_find("disk"));
}

static void the_last_report_is_kept(void **state)
{
    fixture *f = *state;
    check_report last;
    assert_int_equal(check_last(fixture_call(f, NULL), &last), ERR_OK);
    assert_int_equal(last.n, 0);
    assert_int_equal(last.at_ms, 0);
    check_report r = run_all(f, false);
    assert_null(result_of(&r, "database.integrity")); /* it takes its time */
    assert_int_equal(check_last(fixture_call(f, NULL), &last), ERR_OK);
    assert_int_equal(last.n, r.n);
    assert_string_equal(last.results[0].value, r.results[0].value);
    assert_int_equal(last.at_ms, f->now_ms);
}

static void to_run_it_is_an_act(void **state)
{
    fixture *f = *state;
    check_report r;
    assert_int_equal(check_run_now(fixture_call(f, "system.check"), &r), ERR_OK);
    audit_entry row = fixture_last_audit(f);
    assert_string_equal(row.event, "system.check");
    assert_non_null(strstr(row.detail, "checks="));
    assert_true(r.full);
}

static void a_key_file_that_others_can_read(void **state)
{
    fixture *f = *state;
    char path[128];
    f->service->options.data_dir = f->dir;
    snprintf(path, sizeof path, "%s/master.key", f->dir);
    assert_int_equal(chmod(path, 0644), 0);
    check_report r = run_all(f, false);
    assert_int_equal(state_of(&r, "keys.master"), CHECK_FAILED);
    assert_string_equal(result_of(&r, "keys.master")->value, "forbidden");
    assert_int_equal(chmod(path, 0600), 0);
    FILE *other = fopen(path, "wb"); /* not the one that it started with */
    assert_non_null(other);
    assert_int_equal(fwrite("0123456789abcdef0123456789abcdef", 1, 32, other), 32);
    assert_int_equal(fclose(other), 0);
    r = run_all(f, false);
    assert_string_equal(result_of(&r, "keys.master")->value, "conflict");
    assert_int_equal(unlink(path), 0);
    r = run_all(f, false);
    assert_string_equal(result_of(&r, "keys.master")->value, "not_found");
}

static void an_audit_log_that_was_tampered_with(void **state)
{
    fixture *f = *state;
    fixture_write(f, "INSERT INTO audit (sequence, time_ms, event, outcome, leaf) VALUES (999, 1, 'x', 'ok', $1)",
                  (store_value[]){store_blob("01234567890123456789012345678901", 32)}, 1);
    check_report r = run_all(f, false);
    assert_int_equal(state_of(&r, "audit.head"), CHECK_FAILED);
}

static void what_numbers_mean(void **state)
{
    (void)state;
    assert_int_equal(check_at_least(10, 10, 5), CHECK_OK);
    assert_int_equal(check_at_least(9, 10, 5), CHECK_WARNING);
    assert_int_equal(check_at_least(5, 10, 5), CHECK_WARNING);
    assert_int_equal(check_at_least(4, 10, 5), CHECK_FAILED);
    assert_int_equal(check_at_least(-1, 10, 5), CHECK_UNKNOWN);
    assert_int_equal(check_at_most(5, 5, 10), CHECK_OK);
    assert_int_equal(check_at_most(6, 5, 10), CHECK_WARNING);
    assert_int_equal(check_at_most(10, 5, 10), CHECK_WARNING);
    assert_int_equal(check_at_most(11, 5, 10), CHECK_FAILED);
    assert_int_equal(check_at_most(-1, 5, 10), CHECK_UNKNOWN);
}

/* What is not known is no failure, and its advice is not that of one. */
static void what_is_not_known_has_an_advice_of_its_own(void **state)
{
    (void)state;
    static const char *const own[] = {"clock.state", "audit.log", "backup.age"};
    const check_kind *space = check_find("disk.space");
    const check_words *any = check_advice(&(check_result){.kind = space, .state = CHECK_UNKNOWN});
    assert_true(any != &space->what_to_do && *any->zh && *any->en);
    assert_ptr_equal(check_advice(&(check_result){.kind = space, .state = CHECK_WARNING}), &space->what_to_do);
    assert_ptr_equal(check_advice(&(check_result){.kind = space, .state = CHECK_FAILED}), &space->what_to_do);
    assert_string_equal(check_advice(&(check_result){.kind = space, .state = CHECK_OK})->zh, "");
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        const check_kind *kind = check_find(own[i]);
        const check_words *words = check_advice(&(check_result){.kind = kind, .state = CHECK_UNKNOWN});
        assert_non_null(kind);
        assert_true(*words->zh && *words->en && words != &kind->what_to_do);
        assert_string_not_equal(words->zh, any->zh);
    }
}

static void how_they_are_written(void **state)
{
    fixture *f = *state;
    assert_string_equal(check_text_bytes(f->arena, 1023), "1023 B");
    assert_string_equal(check_text_bytes(f->arena, 1024), "1.0 KiB");
    assert_string_equal(check_text_bytes(f->arena, INT64_C(3758096384)), "3.5 GiB");
    assert_string_equal(check_text_bytes(f->arena, INT64_MAX), "819.1 PiB");
    assert_string_equal(check_text_bytes(f->arena, -1), "");
    assert_string_equal(check_text_ms(f->arena, 999), "999 ms");
    assert_string_equal(check_text_ms(f->arena, 59999), "59 s");
    assert_string_equal(check_text_ms(f->arena, 60000), "1 min");
    assert_string_equal(check_text_ms(f->arena, -2 * CHECK_DAY_MS), "-2 d");
    assert_string_equal(check_text_percent(f->arena, 1, 8), "12 %");
    assert_string_equal(check_text_percent(f->arena, 1, 0), "");
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_new_server_is_well),
        WITH_FIXTURE(every_check_says_what_to_do),
        WITH_FIXTURE(the_last_report_is_kept),
        WITH_FIXTURE(to_run_it_is_an_act),
        WITH_FIXTURE(a_key_file_that_others_can_read),
        WITH_FIXTURE(an_audit_log_that_was_tampered_with),
        cmocka_unit_test(what_numbers_mean),
        cmocka_unit_test(what_is_not_known_has_an_advice_of_its_own),
        WITH_FIXTURE(how_they_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
