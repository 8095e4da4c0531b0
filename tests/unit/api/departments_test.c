#include "server.h"

static void departments_are_counted_and_renamed(void **state)
{
    server *s = *state;
    fixture_user(&s->f, "D1", "甲");
    assert_int_equal(server_get(s, "/v1/departments"), 200);
    assert_string_equal(server_text(s, "items.0.department"), "心内科");
    assert_int_equal(json_integer_value(server_value(s, "items.0.people")), 1);
    assert_int_equal(json_integer_value(server_value(s, "without")), 0);
    static const char rename[] = "{\"department\":\"心内科\",\"new_name\":\"心血管内科\"}";
    assert_int_equal(server_post(s, "/v1/departments/rename", rename), 200);
    assert_int_equal(json_integer_value(server_value(s, "people")), 1);
    assert_string_equal(fixture_last_audit(&s->f).event, "department.rename");
    assert_int_equal(server_get(s, "/v1/users"), 200);
    assert_string_equal(server_text(s, "items.0.departments.0"), "心血管内科");
    server_post(s, "/v1/departments/rename", rename);
    assert_problem(s, 404, "not_found", NULL);
    server_post(s, "/v1/departments/rename", "{\"department\":\"心血管内科\"}");
    assert_problem(s, 400, "field_missing", "new_name");
    server_get(s, "/v1/departments?q=x");
    assert_problem(s, 400, "field_unknown", "q");
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_SERVER(departments_are_counted_and_renamed)};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
