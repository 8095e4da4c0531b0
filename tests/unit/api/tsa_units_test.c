#include "server.h"

#include "service/tsa_unit.h"

static void units_are_added_and_listed(void **state)
{
    server *s = *state;
    assert_int_equal(server_post(s, "/v1/tsa/units",
                                 "{\"unit\":\"p256\",\"algorithm\":\"p256\",\"limit_us\":2000,\"time_digits\":6,"
                                 "\"ordering\":true}"),
                     201);
    assert_string_equal(server_text(s, "unit"), "p256");
    assert_string_equal(server_text(s, "state"), "active");
    assert_string_equal(server_text(s, "algorithm"), "p256");
    assert_int_equal(json_integer_value(server_value(s, "limit_us")), 2000);
    assert_int_equal(json_integer_value(server_value(s, "time_digits")), 6);
    assert_true(json_is_true(server_value(s, "ordering")));
    assert_non_null(strstr(server_text(s, "subject"), "p256 (yiqian timestamp)"));
    assert_int_equal(server_post(s, "/v1/tsa/units", "{\"unit\":\"p256\",\"algorithm\":\"sm2\"}"), 409);
    assert_problem(s, 409, "already_exists", "unit");
    assert_int_equal(server_get(s, "/v1/tsa/units"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 2);
    assert_string_equal(server_text(s, "items.0.unit"), "sm2");
    assert_int_equal(json_integer_value(server_value(s, "items.0.limit_us")), 1000000);
    assert_int_equal(json_integer_value(server_value(s, "items.0.time_digits")), 3);
    assert_int_equal(server_get(s, "/v1/tsa/units?limit=1"), 400);
    assert_int_equal(server_call(s, "", "GET", "/v1/tsa/units", NULL), 401);
}

static void wrong_ones_are_refused_by_field(void **state)
{
    server *s = *state;
    static const struct {
        const char *body, *code, *field;
    } rows[] = {{"{\"algorithm\":\"sm2\"}", "field_missing", "unit"},
                {"{\"unit\":\"a\"}", "field_missing", "algorithm"},
                {"{\"unit\":\"a\",\"algorithm\":\"dsa\"}", "field_value", "algorithm"},
                {"{\"unit\":\"gm\",\"algorithm\":\"sm2\"}", "field_value", "unit"},
                {"{\"unit\":\"a\",\"algorithm\":\"sm2\",\"limit_us\":0}", "field_value", "limit_us"},
                {"{\"unit\":\"a\",\"algorithm\":\"sm2\",\"time_digits\":7}", "field_value", "time_digits"},
                {"{\"unit\":\"a\",\"algorithm\":\"sm2\",\"ordering\":1}", "field_type", "ordering"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        server_post(s, "/v1/tsa/units", rows[i].body);
        assert_problem(s, 400, rows[i].code, rows[i].field);
        if (strcmp(rows[i].field, "unit") == 0 && strcmp(rows[i].code, "field_value") == 0)
            assert_string_equal(server_text(s, "detail"),
                                "want small letters, digits and hyphens, the first no hyphen; not gm");
    }
    assert_null(tsa_unit_next(tsa_unit_first(s->f.service)));
}

static void states_change_and_are_audited(void **state)
{
    server *s = *state;
    static const struct {
        const char *act, *state;
    } rows[] = {{"stop", "stopped"}, {"start", "active"}, {"stop", "stopped"}, {"retire", "retired"}};
    for (size_t i = 0; i < 4; i++) {
        const char *path = arena_printf(s->f.arena, "/v1/tsa/units/sm2/%s", rows[i].act);
        assert_int_equal(server_post(s, path, NULL), 200);
        assert_string_equal(server_text(s, "state"), rows[i].state);
        assert_int_equal(
            fixture_number(&s->f, arena_printf(s->f.arena,
                                               "SELECT count(*) FROM audit WHERE event = 'tsa.unit_%s' AND "
                                               "outcome = 'ok' AND subject LIKE 'tsa_unit:%%'",
                                               rows[i].act)),
            i == 2 ? 2 : 1);
    }
    assert_string_equal(server_text(s, "revocation_reason"), "cessationOfOperation");
    assert_int_equal(server_post(s, "/v1/tsa/units/sm2/start", NULL), 404);
    assert_problem(s, 404, "unit_not_found", NULL);
    assert_string_equal(fixture_last_audit(&s->f).outcome, "unit_not_found");
}

static void one_is_retired_for_a_reason(void **state)
{
    server *s = *state;
    static const char *const none[] = {"{\"reason\":\"unspecified\"}", "{\"reason\":\"certificateHold\"}",
                                       "{\"reason\":\"x\"}"};
    for (size_t i = 0; i < 3; i++) {
        server_post(s, "/v1/tsa/units/sm2/retire", none[i]);
        assert_problem(s, 400, "field_value", "reason");
    }
    assert_int_equal(server_post(s, "/v1/tsa/units/sm2/retire", "{\"reason\":\"keyCompromise\"}"), 200);
    assert_string_equal(server_text(s, "revocation_reason"), "keyCompromise");
    assert_non_null(server_text(s, "revoked_at"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(units_are_added_and_listed),
        WITH_SERVER(wrong_ones_are_refused_by_field),
        WITH_SERVER(states_change_and_are_audited),
        WITH_SERVER(one_is_retired_for_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
