#include "server.h"

static void health_is_for_anyone(void **state)
{
    server *s = *state;
    assert_int_equal(server_call(s, "", "GET", "/v1/health", NULL), 200);
    assert_string_equal(server_text(s, "status"), "ok");
    assert_true(strlen(server_text(s, "version")) > 0);
    assert_int_equal(strlen(server_text(s, "time")), 24);
}

static json_int_t figure(server *s, const char *name)
{
    assert_int_equal(server_get(s, "/v1/system/figures"), 200);
    assert_true(json_is_integer(server_value(s, name)));
    return json_integer_value(server_value(s, name));
}

static void figures_grow_with_what_is_done(void **state)
{
    server *s = *state;
    api_set_server(s->api, s->http);
    json_int_t requests = figure(s, "requests"), units = figure(s, "store_units"), groups = figure(s, "store_groups");
    assert_int_equal(server_post(s, "/v1/users", "{\"staff_no\":\"D1\",\"name\":\"甲\"}"), 201);
    assert_true(figure(s, "requests") >= requests + 3);
    assert_int_equal(figure(s, "store_units"), units + 1);
    assert_int_equal(figure(s, "store_groups"), groups + 1);
    static const char *const times[] = {"process_cpu_ns", "http_loops_cpu_ns", "workers_cpu_ns", "store_writer_cpu_ns"};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_true(figure(s, times[i]) > 0);
}

static void figures_are_not_for_everybody(void **state)
{
    server *s = *state;
    server_call(s, "", "GET", "/v1/system/figures", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
}

static void self_tests_are_named(void **state)
{
    server *s = *state;
    assert_int_equal(server_get(s, "/v1/system/self-tests"), 200);
    assert_string_equal(server_text(s, "state"), "passed");
    assert_string_equal(server_text(s, "passed.0"), "sm3");
    assert_true(json_array_size(server_value(s, "passed")) > 10);
    assert_int_equal(json_array_size(server_value(s, "failed")), 0);
    assert_true(json_integer_value(server_value(s, "duration_ns")) > 0);
    assert_int_equal(strlen(server_text(s, "time")), 24);
    server_call(s, "", "GET", "/v1/system/self-tests", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(health_is_for_anyone),
        WITH_SERVER(figures_grow_with_what_is_done),
        WITH_SERVER(figures_are_not_for_everybody),
        WITH_SERVER(self_tests_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
