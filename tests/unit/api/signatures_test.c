#include "server.h"
#include "unit/service/records.h"

enum { MADE = 5 };

typedef struct desk {
    server *s;
    signer_of doctor;
    uint8_t emr[16];
    record made[MADE];
} desk;

static void set_up(server *s, desk *d)
{
    *d = (desk){.s = s};
    records_signer(&s->f, "D1001", "王建国", &d->doctor);
    records_system(&s->f, "电子病历", d->emr);
    for (int i = 0; i < MADE; i++) {
        d->made[i] = (record){.signed_ms = s->f.now_ms - i * 60000,
                              .title = i % 2 ? "出院小结" : "手术记录",
                              .reference = arena_printf(s->f.arena, "ZY-%d", i),
                              .department = "心内科",
                              .record_type = "病历",
                              .method = i % 2 ? "pin" : "fingerprint",
                              .system = d->emr};
        records_sign(&s->f, &d->doctor, &d->made[i]);
    }
}

static size_t listed(server *s, const char *query)
{
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/signatures%s", query)), 200);
    return json_array_size(server_value(s, "items"));
}

static void signatures_are_searched_in_pages(void **state)
{
    server *s = *state;
    desk d;
    char id[UUID_TEXT], system[UUID_TEXT];
    set_up(s, &d);
    uuid_encode(id, d.made[0].task);
    uuid_encode(system, d.emr);
    assert_int_equal(listed(s, ""), MADE);
    assert_true(json_is_null(server_value(s, "next")));
    assert_true(json_is_null(server_value(s, "searched_to")));
    assert_string_equal(server_text(s, "items.0.task"), id);
    assert_string_equal(server_text(s, "items.0.title"), "手术记录");
    assert_string_equal(server_text(s, "items.0.system.name"), "电子病历");
    assert_string_equal(server_text(s, "items.0.signer.staff_no"), "D1001");
    assert_string_equal(server_text(s, "items.0.method"), "fingerprint");
    assert_string_equal(server_text(s, "items.0.certificate_state"), "active");
    assert_string_equal(server_text(s, "items.0.timestamp"), "none");
    assert_int_equal(listed(s, "?limit=2"), 2);
    assert_string_equal(server_text(s, "searched_to"), server_text(s, "items.1.signed_at"));
    assert_int_equal(listed(s, arena_printf(s->f.arena, "?limit=3&after=%s", server_text(s, "next"))), 3);
    assert_int_equal(listed(s, "?person=D1001&method=pin"), 2);
    assert_int_equal(listed(s, "?reference=ZY-3"), 1);
    assert_int_equal(listed(s, "?reference_prefix=ZY"), MADE);
    assert_int_equal(listed(s, arena_printf(s->f.arena, "?system=%s&title=%%E5%%B0%%8F%%E7%%BB%%93", system)), 2);
    assert_int_equal(listed(s, "?from=2020-01-01T00:00:00Z&to=2021-01-01T00:00:00Z"), 0);
    assert_int_equal(server_call(s, "", "GET", "/v1/signatures", NULL), 401);
}

static void what_is_mistyped_is_refused(void **state)
{
    server *s = *state;
    static const struct {
        const char *query;
        int status;
        const char *code, *field;
    } rows[] = {{"persons=x", 400, "field_unknown", "persons"},
                {"person=", 400, "field_length", "person"},
                {"person=nobody", 404, "user_not_found", "person"},
                {"system=emr", 400, "field_value", "system"},
                {"method=face", 400, "field_value", "method"},
                {"from=yesterday", 400, "field_value", "from"},
                {"from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 400, "field_value", "from"},
                {"reference=a&reference_prefix=a", 400, "field_value", "reference_prefix"},
                {"title=a+b+c+d+e", 400, "field_value", "title"},
                {"after=5", 400, "field_value", "after"},
                {"after=x.00000000-0000-0000-0000-000000000000", 400, "field_value", "after"},
                {"after=5.no", 400, "field_value", "after"},
                {"limit=0", 400, "field_value", "limit"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/signatures?%s", rows[i].query)), rows[i].status);
        assert_problem(s, rows[i].status, rows[i].code, rows[i].field);
    }
    char *longest = arena_alloc(s->f.arena, 600);
    memset(longest, 'a', 520);
    server_get(s, arena_printf(s->f.arena, "/v1/signatures?title=%s", longest));
    assert_problem(s, 400, "field_length", "title");
}

static void one_is_told_whole(void **state)
{
    server *s = *state;
    desk d;
    char id[UUID_TEXT];
    set_up(s, &d);
    uuid_encode(id, d.made[0].task);
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/signatures/%s", id)), 200);
    assert_string_equal(server_text(s, "format"), "yiqian/signature/1");
    assert_string_equal(server_text(s, "task.task"), id);
    assert_string_equal(server_text(s, "task.system.name"), "电子病历");
    assert_string_equal(server_text(s, "key.platform"), "linux");
    assert_string_equal(server_text(s, "certificate.state_at_signing"), "active");
    assert_true(json_is_false(server_value(s, "verification.valid"))); /* nobody made it */
    assert_string_equal(server_text(s, "verification.checks.2.state"), "failed");
    assert_true(json_is_null(server_value(s, "authorisation")));
    assert_true(json_is_null(server_value(s, "clock")));
    assert_int_equal(json_array_size(server_value(s, "callbacks")), 0);
    server_get(s, "/v1/signatures/00000000-0000-7000-8000-000000000000");
    assert_problem(s, 404, "task_not_found", NULL);
    server_get(s, "/v1/signatures/x");
    assert_problem(s, 404, "task_not_found", NULL);
    server_get(s, arena_printf(s->f.arena, "/v1/signatures/%s?x=1", id));
    assert_problem(s, 400, "field_unknown", "x");
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, server_setup, server_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(signatures_are_searched_in_pages),
        WITH_SERVER(what_is_mistyped_is_refused),
        WITH_SERVER(one_is_told_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
