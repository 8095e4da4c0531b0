#include "service/alarm.h"

#include "fixture.h"
#include "service/monitor_internal.h"

static const check_kind *space(void)
{
    const check_kind *kind = check_find("disk.space");
    assert_non_null(kind);
    return kind;
}

/* A round of one check. */
static void round_of(fixture *f, const char *subject, check_state state, const char *value)
{
    check_result r = {space(), subject, state, value, "4 GiB"};
    assert_int_equal(alarm_follow(fixture_call(f, NULL), &(check_report){.n = 1, .results = &r}), ERR_OK);
    f->now_ms += 60000;
}

static void empty_rounds(fixture *f, int n)
{
    for (int i = 0; i < n; i++) {
        assert_int_equal(alarm_follow(fixture_call(f, NULL), &(check_report){0}), ERR_OK);
        f->now_ms += 60000;
    }
}

static size_t list(fixture *f, const char *state, const alarm_entry **out)
{
    size_t n;
    assert_int_equal(alarm_list(fixture_call(f, NULL), &(alarm_filter){.state = state, .limit = 100}, out, &n), ERR_OK);
    return n;
}

static void one_alarm_from_its_beginning_to_its_end(void **state)
{
    fixture *f = *state;
    const alarm_entry *a;
    round_of(f, "", CHECK_WARNING, "3 GiB");
    assert_int_equal(list(f, NULL, &a), 0);
    round_of(f, "", CHECK_WARNING, "2 GiB");
    assert_int_equal(list(f, "open", &a), 1);
    assert_string_equal(a->kind, "disk.space");
    assert_string_equal(a->severity, "warning");
    assert_ptr_equal(a->check, space());
    assert_string_equal(fixture_last_audit(f).event, "alarm.open");
    round_of(f, "", CHECK_FAILED, "1 GiB"); /* the same, and worse */
    assert_int_equal(list(f, "unclosed", &a), 1);
    assert_string_equal(a->severity, "critical");
    assert_string_equal(a->value, "1 GiB");
    assert_int_equal(a->count, 2);
    round_of(f, "", CHECK_WARNING, "2 GiB"); /* it was critical: it stays that until it is over */
    assert_int_equal(list(f, "open", &a), 1);
    assert_string_equal(a->severity, "critical");
    for (int i = 0; i < ALARM_GOOD_ROUNDS; i++)
        round_of(f, "", CHECK_OK, "9 GiB");
    assert_int_equal(list(f, "unclosed", &a), 0);
    assert_int_equal(list(f, "closed", &a), 1);
    assert_int_not_equal(a->closed_ms, 0);
    assert_string_equal(fixture_last_audit(f).event, "alarm.close");
    round_of(f, "", CHECK_FAILED, "0 B"); /* another one */
    assert_int_equal(list(f, NULL, &a), 2);
    assert_string_equal(a[0].state, "open"); /* the newest first */
}

static void each_subject_has_its_own(void **state)
{
    fixture *f = *state;
    const alarm_entry *a;
    round_of(f, "a", CHECK_FAILED, "");
    round_of(f, "b", CHECK_FAILED, "");
    assert_int_equal(list(f, "unclosed", &a), 2);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM alarm WHERE subject = 'a'"), 1);
    empty_rounds(f, ALARM_GOOD_ROUNDS + 1); /* neither comes up any more */
    assert_int_equal(list(f, "unclosed", &a), 0);
    assert_int_equal(f->service->monitor->trends_n, 0);
}

static void an_alarm_outlives_a_restart(void **state)
{
    fixture *f = *state;
    const alarm_entry *a;
    round_of(f, "", CHECK_FAILED, "0 B");
    fixture_close(f);
    fixture_open(f);
    round_of(f, "", CHECK_FAILED, "0 B");
    assert_int_equal(list(f, "open", &a), 1);
    assert_int_equal(a->count, 2);
}

static void what_is_as_somebody_wanted_it_raises_none(void **state)
{
    fixture *f = *state;
    const alarm_entry *a;
    const check_result r = {check_find("configuration.clock"), "", CHECK_FAILED, "", ""};
    assert_int_equal(alarm_follow(fixture_call(f, NULL), &(check_report){.n = 1, .results = &r}), ERR_OK);
    assert_int_equal(list(f, NULL, &a), 0);
}

static void somebody_has_it_in_hand(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    const alarm_entry *a;
    alarm_entry after;
    round_of(f, "", CHECK_FAILED, "0 B");
    assert_int_equal(list(f, "open", &a), 1);
    assert_int_equal(alarm_acknowledge(fixture_call(f, "alarm.acknowledge"), a->id, &after), ERR_OK);
    assert_string_equal(after.state, "acknowledged");
    assert_string_equal(after.acknowledged_by, "operator:uid:1000");
    assert_string_equal(fixture_last_audit(f).event, "alarm.acknowledge");
    round_of(f, "", CHECK_FAILED, "0 B");
    assert_int_equal(list(f, "acknowledged", &a), 1); /* as it was */
    for (int i = 0; i < ALARM_GOOD_ROUNDS; i++)
        round_of(f, "", CHECK_OK, "");
    assert_int_equal(alarm_acknowledge(fixture_call(f, "alarm.acknowledge"), after.id, &after), ERR_CONFLICT);
    assert_int_equal(alarm_acknowledge(fixture_call(f, "alarm.acknowledge"), nobody, &after), ERR_NOT_FOUND);
}

static void pages_and_what_cannot_be_asked(void **state)
{
    fixture *f = *state;
    const alarm_entry *a;
    size_t n;
    for (int i = 0; i < 3; i++)
        round_of(f, i == 0 ? "a" : i == 1 ? "b" : "c", CHECK_FAILED, "");
    assert_int_equal(alarm_list(fixture_call(f, NULL), &(alarm_filter){.limit = 2}, &a, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(a[0].subject, "c");
    alarm_filter next = {.limit = 2, .has_after = true};
    memcpy(next.after, a[1].id, 16);
    assert_int_equal(alarm_list(fixture_call(f, NULL), &next, &a, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(a[0].subject, "a");
    assert_int_equal(alarm_list(fixture_call(f, NULL), &(alarm_filter){.state = "gone", .limit = 1}, &a, &n),
                     ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "state");
}

static void a_whole_round_of_the_server(void **state)
{
    fixture *f = *state;
    const alarm_entry *a;
    f->service->options.data_dir = f->dir;
    f->service->options.check_disk_free = INT64_MAX / 4; /* more than any disk has */
    assert_int_equal(alarm_round(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(list(f, "open", &a), 1);
    assert_string_equal(a->kind, "disk.space");
    assert_string_equal(a->severity, "critical");
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(one_alarm_from_its_beginning_to_its_end),
        WITH_FIXTURE(each_subject_has_its_own),
        WITH_FIXTURE(an_alarm_outlives_a_restart),
        WITH_FIXTURE(what_is_as_somebody_wanted_it_raises_none),
        WITH_FIXTURE(somebody_has_it_in_hand),
        WITH_FIXTURE(pages_and_what_cannot_be_asked),
        WITH_FIXTURE(a_whole_round_of_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
