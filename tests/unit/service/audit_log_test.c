#include "fixture.h"

static void rows_are_read_in_pages(void **state)
{
    fixture *f = *state;
    const audit_entry *rows;
    size_t n, seen = 0;
    int64_t after = 0;
    fixture_user(f, "D1001", "王建国");
    fixture_user(f, "D1002", "李秀英");
    int64_t total = fixture_number(f, "SELECT count(*) FROM audit");
    for (; audit_log_list(fixture_call(f, NULL), after, 2, &rows, &n) == ERR_OK && n > 0; seen += n) {
        assert_in_range(n, 1, 2);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(rows[i].sequence, after + 1 + (int64_t)i);
        after = rows[n - 1].sequence;
    }
    assert_int_equal(seen, total);
    assert_int_equal(audit_log_list(fixture_call(f, NULL), total - 1, 10, &rows, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(rows[0].event, "user.create");
    assert_string_equal(rows[0].outcome, "ok");
    assert_string_equal(rows[0].actor, "operator:uid:1000");
    assert_string_equal(rows[0].origin, "unix");
    assert_string_equal(rows[0].detail, "staff_no=D1002");
    assert_int_equal(rows[0].time_ms, f->now_ms);
}

static void refusals_are_recorded_with_their_code(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    user u;
    call *c = fixture_call(f, "user.update");
    err e = user_update(c, nobody, &(user_change){.name = "甲"}, &u);
    assert_int_equal(e, ERR_USER_NOT_FOUND);
    assert_int_equal(call_refused(c, e), ERR_OK);
    audit_entry last = fixture_last_audit(f);
    assert_string_equal(last.outcome, "user_not_found");
    assert_string_equal(last.subject, "user:01000000-0000-0000-0000-000000000000");
}

static void the_check_finds_a_changed_row_and_is_an_act(void **state)
{
    fixture *f = *state;
    audit_finding finding;
    fixture_user(f, "D1001", "王建国");
    assert_int_equal(audit_log_check(fixture_call(f, "audit.check"), &finding), ERR_OK);
    assert_true(finding.intact);
    audit_entry last = fixture_last_audit(f);
    assert_string_equal(last.event, "audit.check");
    assert_int_equal(last.sequence, finding.rows + 1);
    fixture_write(f, "UPDATE audit SET detail = 'staff_no=D9999' WHERE detail = 'staff_no=D1001'", NULL, 0);
    assert_int_equal(audit_log_check(fixture_call(f, "audit.check"), &finding), ERR_OK);
    assert_false(finding.intact);
    assert_non_null(strstr(fixture_last_audit(f).detail, "damaged"));
}

static size_t found(fixture *f, audit_filter filter)
{
    const audit_entry *rows;
    size_t n;
    filter.limit = filter.limit ? filter.limit : AUDIT_LOG_PAGE;
    assert_int_equal(audit_log_search(fixture_call(f, NULL), &filter, &rows, &n), ERR_OK);
    for (size_t i = 1; i < n; i++)
        assert_true(filter.newest_first ? rows[i].sequence < rows[i - 1].sequence
                                        : rows[i].sequence > rows[i - 1].sequence);
    return n;
}

static void searched_by_each_column(void **state)
{
    fixture *f = *state;
    size_t before = found(f, (audit_filter){0});
    int64_t first_ms = f->now_ms;
    user a = fixture_user(f, "D1001", "王建国");
    f->now_ms += 1000;
    fixture_user(f, "D1002", "李秀英");
    assert_int_equal(call_refused(fixture_call(f, "user.update"), ERR_USER_NOT_FOUND), ERR_OK);
    assert_int_equal(found(f, (audit_filter){0}), before + 3);
    assert_int_equal(found(f, (audit_filter){.events = {"user.create"}, .events_n = 1}), 2);
    assert_int_equal(found(f, (audit_filter){.events = {"user."}, .events_n = 1}), 3);
    assert_int_equal(found(f, (audit_filter){.events = {"user.c"}, .events_n = 1}), 0); /* a whole name */
    assert_int_equal(found(f, (audit_filter){.events = {"use."}, .events_n = 1}), 0);
    assert_int_equal(found(f, (audit_filter){.events = {"user.create", "user.update"}, .events_n = 2}), 3);
    assert_int_equal(found(f, (audit_filter){.outcome = "refused"}), 1);
    assert_int_equal(found(f, (audit_filter){.outcome = "user_not_found"}), 1);
    assert_int_equal(found(f, (audit_filter){.actor = "operator:uid:1000"}), 3);
    assert_int_equal(found(f, (audit_filter){.actor = "operator:uid:100"}), 0);
    assert_int_equal(found(f, (audit_filter){.origin = "unix", .events = {"user."}, .events_n = 1}), 3);
    assert_int_equal(found(f, (audit_filter){.subject = call_subject(fixture_call(f, NULL), "user", a.id)}), 1);
    assert_int_equal(found(f, (audit_filter){.from_ms = first_ms + 1}), 2);
    assert_int_equal(found(f, (audit_filter){.from_ms = first_ms + 1, .newest_first = true}), 2);
    assert_int_equal(
        found(f, (audit_filter){.from_ms = 1, .to_ms = first_ms + 1000, .events = {"user."}, .events_n = 1}), 1);
    assert_int_equal(found(f, (audit_filter){.newest_first = true, .limit = 2}), 2);
    assert_int_equal(found(f, (audit_filter){.before = 3}), 2);
    assert_int_equal(found(f, (audit_filter){.after = 1, .before = 3, .newest_first = true}), 1);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(rows_are_read_in_pages),
        WITH_FIXTURE(searched_by_each_column),
        WITH_FIXTURE(refusals_are_recorded_with_their_code),
        WITH_FIXTURE(the_check_finds_a_changed_row_and_is_an_act),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
