#include "server.h"

static const char path[] = "/v1/user-imports";

static void rows_are_answered_one_by_one(void **state)
{
    server *s = *state;
    static const char body[] =
        "{\"rows\":[{\"staff_no\":\"D1\",\"name\":\"甲\",\"departments\":[\"急诊\"],\"attributes\":{\"title\":"
        "\"主任医师\"}},"
        "{\"staff_no\":\"D 2\",\"name\":7,\"departments\":[\"\",1],\"phone\":\"1\",\"aliases\":[{\"system\":\"x\","
        "\"external_id\":\"1\"},{\"system\":1,\"external_id\":\"1\"},5]},"
        "\"text\",{\"name\":null}]}";
    assert_int_equal(server_post(s, path, body), 200);
    assert_string_equal(server_text(s, "rows.0.outcome"), "created");
    assert_int_equal(json_integer_value(server_value(s, "created")), 1);
    assert_int_equal(json_integer_value(server_value(s, "errors")), 3);
    static const char *const want[][2] = {{"field_type", "name"},       {"field_type", "departments[1]"},
                                          {"field_unknown", "phone"},   {"field_value", "aliases[0]"},
                                          {"field_type", "aliases[1]"}, {"field_type", "aliases[2]"},
                                          {"field_value", "staff_no"},  {"field_length", "departments[0]"}};
    const json_t *problems = server_value(s, "rows.1.problems");
    assert_int_equal(json_array_size(problems), sizeof want / sizeof *want);
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *p = json_array_get(problems, i);
        assert_string_equal(json_string_value(json_object_get(p, "code")), want[i][0]);
        assert_string_equal(json_string_value(json_object_get(p, "field")), want[i][1]);
        assert_non_null(json_string_value(json_object_get(p, "message")));
    }
    assert_string_equal(server_text(s, "rows.2.problems.0.code"), "field_type");
    assert_string_equal(server_text(s, "rows.3.problems.0.field"), "staff_no");
    assert_int_equal(server_get(s, "/v1/users"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 1);
    assert_string_equal(server_text(s, "items.0.attributes.title"), "主任医师");
    /* The answer was lost: the same again. */
    assert_int_equal(server_post(s, path, body), 200);
    assert_string_equal(server_text(s, "rows.0.outcome"), "unchanged");
    assert_int_equal(json_integer_value(server_value(s, "created")), 0);
}

static void a_dry_run_writes_nothing(void **state)
{
    server *s = *state;
    assert_int_equal(server_post(s, path, "{\"dry_run\":true,\"rows\":[{\"staff_no\":\"D1\",\"name\":\"甲\"}]}"), 200);
    assert_string_equal(server_text(s, "rows.0.outcome"), "created");
    assert_true(json_is_null(server_value(s, "rows.0.user")));
    assert_int_equal(fixture_number(&s->f, "SELECT count(*) FROM app_user"), 0);
}

static void wrong_calls_are_refused(void **state)
{
    server *s = *state;
    server_post(s, path, "{\"rows\":[]}");
    assert_problem(s, 400, "field_length", "rows");
    server_post(s, path, "{}");
    assert_problem(s, 400, "field_missing", "rows");
    server_post(s, path, "{\"rows\":[{\"staff_no\":\"D1\",\"name\":\"甲\"}],\"mode\":\"replace\"}");
    assert_problem(s, 400, "field_value", "mode");
    char *many = arena_alloc(s->f.arena, 501 * 4 + 16);
    strcpy(many, "{\"rows\":[{}");
    for (int i = 0; i < 500; i++)
        strcat(many, ",{}");
    strcat(many, "]}");
    server_post(s, path, many);
    assert_problem(s, 400, "field_length", "rows");
    uint8_t *large = arena_alloc(s->f.arena, (1 << 20) + 1);
    memset(large, ' ', (1 << 20) + 1);
    server_send(s, NULL, "POST", path, "application/json", bytes_of(large, (1 << 20) + 1));
    assert_problem(s, 413, "body_too_large", NULL);
    server_call(s, "", "POST", path, "{}");
    assert_problem(s, 401, "unauthenticated", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(rows_are_answered_one_by_one),
        WITH_SERVER(a_dry_run_writes_nothing),
        WITH_SERVER(wrong_calls_are_refused),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
