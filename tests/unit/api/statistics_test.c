#include "server.h"
#include "unit/service/records.h"

/* Three signatures of today (one of a login), one of eleven days ago, which was withdrawn today. */
static void set_up(server *s)
{
    signer_of doctor;
    uint8_t emr[16];
    records_signer(&s->f, "D1001", "王建国", &doctor);
    records_system(&s->f, "电子病历", emr);
    for (int i = 0; i < 4; i++) {
        record r = {.signed_ms = s->f.now_ms - (i == 3 ? 11 * (int64_t)STATISTICS_DAY_MS : 0),
                    .waited_ms = 90000,
                    .department = "心内科",
                    .kind = i == 0 ? "login" : NULL,
                    .method = i % 2 ? "pin" : "fingerprint",
                    .system = emr};
        records_sign(&s->f, &doctor, &r);
        if (i == 3)
            fixture_write(&s->f, "UPDATE task SET state = 'withdrawn', finished_at = $2 WHERE id = $1",
                          (store_value[]){store_id(r.task), store_int(s->f.now_ms)}, 2);
    }
    assert_int_equal(service_housekeeping(s->f.service, s->f.arena, s->f.now_ms), ERR_OK);
}

static int64_t number(server *s, const char *path)
{
    const json_t *value = server_value(s, path);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void signatures_by_what_is_asked(void **state)
{
    server *s = *state;
    set_up(s);
    assert_int_equal(server_get(s, "/v1/statistics/signatures"), 200);
    assert_string_equal(server_text(s, "by"), "day");
    assert_string_equal(server_text(s, "zone"), "+08:00");
    assert_true(json_is_true(server_value(s, "complete")));
    assert_int_equal(number(s, "total"), 4);
    assert_int_equal(json_array_size(server_value(s, "items")), 2);
    assert_int_equal(number(s, "items.0.count"), 1);
    assert_string_equal(server_text(s, "items.1.day"), server_text(s, "to"));
    static const struct {
        const char *by, *first;
        int64_t n;
    } rows[] = {{"department", "心内科", 4}, {"method", "fingerprint", 2}, {"platform", "linux", 4},
                {"record_type", "", 4},      {"kind", "document", 3},      {"person", "D1001", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/statistics/signatures?by=%s", rows[i].by)), 200);
        assert_string_equal(server_text(s, "items.0.value"), rows[i].first);
        assert_int_equal(number(s, "items.0.count"), rows[i].n);
        assert_int_equal(number(s, "total"), 4);
    }
    assert_int_equal(server_get(s, "/v1/statistics/signatures?by=system"), 200);
    assert_string_equal(server_text(s, "items.0.name"), "电子病历");
    assert_int_equal(server_get(s, "/v1/statistics/signatures?from=2020-01-01&to=2022-12-31&by=hour"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 0);
    assert_string_equal(server_text(s, "from"), "2020-01-01");
    assert_string_equal(server_text(s, "to"), "2022-12-31");
}

static void tasks_by_how_they_ended(void **state)
{
    server *s = *state;
    set_up(s);
    assert_int_equal(server_get(s, "/v1/statistics/tasks"), 200);
    assert_int_equal(number(s, "totals.signed"), 3);
    assert_int_equal(number(s, "totals.withdrawn"), 1);
    assert_int_equal(number(s, "totals.declined"), 0);
    assert_int_equal(json_array_size(server_value(s, "days.signed")), 2);
    assert_string_equal(server_text(s, "days.withdrawn.0.day"), server_text(s, "to"));
    assert_int_equal(number(s, "median_seconds"), 90);
    assert_int_equal(number(s, "seconds.0.seconds"), 90);
    assert_int_equal(server_get(s, "/v1/statistics/tasks?from=2020-01-01&to=2020-01-31"), 200);
    assert_true(json_is_null(server_value(s, "median_seconds")));
}

static void what_there_is(void **state)
{
    server *s = *state;
    set_up(s);
    assert_int_equal(server_get(s, "/v1/statistics/stock"), 200);
    assert_int_equal(number(s, "people.0.count"), 1);
    assert_int_equal(number(s, "enrolled"), 1);
    assert_string_equal(server_text(s, "departments.0.value"), "心内科");
    assert_string_equal(server_text(s, "devices.0.value"), "linux");
    assert_string_equal(server_text(s, "certificates.0.value"), "active");
    assert_int_equal(json_array_size(server_value(s, "open_tasks")), 0);
    assert_int_equal(server_get(s, "/v1/statistics/timestamps?by=unit"), 200);
    assert_int_equal(number(s, "total"), 0);
    assert_int_equal(server_get(s, "/v1/statistics/timestamps?by=day"), 200);
    assert_int_equal(server_get(s, "/v1/statistics/timestamps?by=client"), 200);
}

static void what_is_mistyped_is_refused(void **state)
{
    server *s = *state;
    static const struct {
        const char *path;
        int status;
        const char *code, *field;
    } rows[] = {{"signatures?by=ward", 400, "field_value", "by"},
                {"signatures?by=seconds", 400, "field_value", "by"},
                {"signatures?by=outcome", 400, "field_value", "by"},
                {"signatures?from=2026-02-30", 400, "field_value", "from"},
                {"signatures?to=2026-1-1", 400, "field_value", "to"},
                {"signatures?from=2026-01-02&to=2026-01-01", 400, "field_value", "from"},
                {"signatures?from=2020-01-01&to=2026-01-01", 400, "field_value", "from"},
                {"signatures?from=2026-01-01&to=2026-02-01&by=person", 422, "limit_reached", "from"},
                {"signatures?until=2026-01-01", 400, "field_unknown", "until"},
                {"tasks?by=day", 400, "field_unknown", "by"},
                {"timestamps?by=hour", 400, "field_value", "by"},
                {"stock?by=day", 400, "field_unknown", "by"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        server_get(s, arena_printf(s->f.arena, "/v1/statistics/%s", rows[i].path));
        assert_problem(s, rows[i].status, rows[i].code, rows[i].field);
    }
    static const char *const paths[] = {"signatures", "tasks", "timestamps", "stock"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(server_call(s, "", "GET", arena_printf(s->f.arena, "/v1/statistics/%s", paths[i]), NULL), 401);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, server_setup, server_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(signatures_by_what_is_asked),
        WITH_SERVER(tasks_by_how_they_ended),
        WITH_SERVER(what_there_is),
        WITH_SERVER(what_is_mistyped_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
