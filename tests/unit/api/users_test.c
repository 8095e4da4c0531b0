#include "server.h"

static const char *path_of(server *s, const char *id, const char *after)
{
    return arena_printf(s->f.arena, "/v1/users/%s%s", id, after);
}

static void a_user_is_added_found_and_changed(void **state)
{
    server *s = *state;
    assert_int_equal(server_post(s, "/v1/users",
                                 "{\"staff_no\":\"D1001\",\"name\":\"王建国\",\"departments\":[\"心内科\",\"急诊\"]}"),
                     201);
    const char *id = server_text(s, "user");
    assert_string_equal(server_text(s, "staff_no"), "D1001");
    assert_string_equal(server_text(s, "departments.1"), "急诊");
    assert_string_equal(server_text(s, "state"), "active");
    assert_string_equal(s->cache_control, "no-store");
    assert_int_equal(server_get(s, path_of(s, id, "")), 200);
    assert_string_equal(server_text(s, "name"), "王建国");
    assert_int_equal(server_get(s, "/v1/users?staff_no=D1001"), 200);
    assert_string_equal(server_text(s, "items.0.user"), id);
    assert_true(json_is_null(server_value(s, "next")));
    assert_int_equal(server_get(s, "/v1/users?q=%E5%BB%BA"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 1);
    assert_int_equal(server_call(s, NULL, "PATCH", path_of(s, id, ""), "{\"state\":\"suspended\",\"departments\":[]}"),
                     200);
    assert_string_equal(server_text(s, "state"), "suspended");
    assert_int_equal(json_array_size(server_value(s, "departments")), 0);
    assert_string_equal(fixture_last_audit(&s->f).event, "user.update");
}

static void wrong_users_are_refused_by_field(void **state)
{
    server *s = *state;
    server_post(s, "/v1/users", "{\"name\":\"甲\"}");
    assert_problem(s, 400, "field_missing", "staff_no");
    server_post(s, "/v1/users", "{\"staff_no\":\"D1\",\"name\":\"甲\",\"role\":\"x\"}");
    assert_problem(s, 400, "field_unknown", "role");
    server_post(s, "/v1/users", "{\"staff_no\":1,\"name\":\"甲\"}");
    assert_problem(s, 400, "field_type", "staff_no");
    server_post(s, "/v1/users", "{\"staff_no\":\"D 1\",\"name\":\"甲\"}");
    assert_problem(s, 400, "field_value", "staff_no");
    server_post(s, "/v1/users", "{\"staff_no\":\"D1\",\"name\":\"甲\",\"departments\":[\"a\",7]}");
    assert_problem(s, 400, "field_type", "departments[1]");
    server_post(s, "/v1/users", "{\"staff_no\":\"D1\",\"name\":\"甲\",\"departments\":[\"a\",\"a\"]}");
    assert_problem(s, 400, "field_value", "departments[1]");
    assert_int_equal(server_post(s, "/v1/users", "{\"staff_no\":\"D1\",\"name\":\"甲\"}"), 201);
    const char *id = server_text(s, "user");
    server_post(s, "/v1/users", "{\"staff_no\":\"D1\",\"name\":\"乙\"}");
    assert_problem(s, 409, "user_exists", "staff_no");
    assert_string_equal(fixture_last_audit(&s->f).outcome, "user_exists");
    server_call(s, NULL, "PATCH", path_of(s, id, ""), "{}");
    assert_problem(s, 400, "field_missing", NULL);
    server_call(s, NULL, "PATCH", path_of(s, id, ""), "{\"state\":\"gone\"}");
    assert_problem(s, 400, "field_value", "state");
    server_get(s, "/v1/users/not-a-uuid");
    assert_problem(s, 404, "user_not_found", NULL);
    server_get(s, "/v1/users?limit=0");
    assert_problem(s, 400, "field_value", "limit");
}

/* Two who edit one person: the second is told, and nothing of his is written. */
static void a_change_of_an_older_version_is_refused(void **state)
{
    server *s = *state;
    fixture_user(&s->f, "D1", "甲");
    assert_int_equal(server_get(s, "/v1/users"), 200);
    const char *path = path_of(s, server_text(s, "items.0.user"), "");
    assert_int_equal(server_get(s, path), 200);
    assert_int_equal(json_integer_value(server_value(s, "version")), 1);
    assert_non_null(strstr(s->head, "ETag: \"1\"\r\n"));
    s->more = "If-Match: \"1\"";
    assert_int_equal(server_call(s, NULL, "PATCH", path, "{\"name\":\"乙\"}"), 200);
    assert_int_equal(json_integer_value(server_value(s, "version")), 2);
    assert_non_null(strstr(s->head, "ETag: \"2\"\r\n"));
    server_call(s, NULL, "PATCH", path, "{\"name\":\"丙\",\"departments\":[\"门诊\"]}");
    assert_problem(s, 412, "changed_meanwhile", NULL);
    assert_string_equal(fixture_last_audit(&s->f).outcome, "changed_meanwhile");
    static const char *const bad[] = {"2",       "\"\"",         "\"02\"", "\"0\"",
                                      "W/\"2\"", "\"2\", \"3\"", "\"-1\"", "\"9999999999999999999\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        s->more = arena_printf(s->f.arena, "If-Match: %s", bad[i]);
        server_call(s, NULL, "PATCH", path, "{\"name\":\"丙\"}");
        assert_problem(s, 400, "field_value", "If-Match");
    }
    s->more = "If-Match: *";
    assert_int_equal(server_call(s, NULL, "PATCH", path, "{\"state\":\"suspended\"}"), 200);
    s->more = NULL;
    assert_int_equal(server_call(s, NULL, "PATCH", path, "{\"state\":\"active\"}"), 200);
    assert_int_equal(json_integer_value(server_value(s, "version")), 4);
    assert_string_equal(server_text(s, "name"), "乙");
    assert_string_equal(server_text(s, "departments.0"), "心内科");
}

static void pages_are_followed_by_their_cursor(void **state)
{
    server *s = *state;
    for (int i = 0; i < 3; i++)
        fixture_user(&s->f, arena_printf(s->f.arena, "D%d", i), "甲");
    assert_int_equal(server_get(s, "/v1/users?limit=2"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 2);
    const char *first = server_text(s, "items.0.user"), *second = server_text(s, "items.1.user");
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/users?limit=2&after=%s", server_text(s, "next"))),
                     200);
    assert_int_equal(json_array_size(server_value(s, "items")), 1);
    assert_string_not_equal(server_text(s, "items.0.user"), first);
    assert_string_not_equal(server_text(s, "items.0.user"), second);
    assert_true(json_is_null(server_value(s, "next")));
}

static void an_activation_code_is_given_out(void **state)
{
    server *s = *state;
    fixture_user(&s->f, "D1001", "王建国");
    assert_int_equal(server_get(s, "/v1/users?staff_no=D1001"), 200);
    const char *path = path_of(s, server_text(s, "items.0.user"), "/activation-codes");
    assert_int_equal(server_post(s, path, "{\"expires_in\":600}"), 201);
    assert_int_equal(strlen(server_text(s, "activation_code")), 14);
    assert_int_equal(strlen(server_text(s, "enrolment_id")), 36);
    assert_int_equal(server_post(s, path, NULL), 201);
    server_post(s, path, "{\"expires_in\":59}");
    assert_problem(s, 400, "field_value", "expires_in");
    server_post(s, "/v1/users/00000000-0000-0000-0000-000000000000/activation-codes", "{}");
    assert_problem(s, 404, "user_not_found", NULL);
    assert_int_equal(fixture_number(&s->f, "SELECT count(*) FROM enrolment WHERE state = 'offered'"), 2);
}

static void nobody_sees_users(void **state)
{
    server *s = *state;
    server_call(s, "", "GET", "/v1/users", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
    server_call(s, "", "POST", "/v1/users", "{\"staff_no\":\"D1\",\"name\":\"甲\"}");
    assert_problem(s, 401, "unauthenticated", NULL);
    assert_int_equal(fixture_number(&s->f, "SELECT count(*) FROM app_user"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_user_is_added_found_and_changed),       WITH_SERVER(wrong_users_are_refused_by_field),
        WITH_SERVER(a_change_of_an_older_version_is_refused), WITH_SERVER(pages_are_followed_by_their_cursor),
        WITH_SERVER(an_activation_code_is_given_out),         WITH_SERVER(nobody_sees_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
