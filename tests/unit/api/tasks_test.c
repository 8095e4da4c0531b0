#include "server.h"

/* A business system's bearer key, and a person who signs. */
static const char *office(server *s, const char *name)
{
    assert_int_equal(
        server_post(s, "/v1/systems", arena_printf(s->f.arena, "{\"name\":\"%s\",\"scopes\":[\"tasks\"]}", name)), 201);
    assert_int_equal(
        server_post(s, arena_printf(s->f.arena, "/v1/systems/%s/credentials", server_text(s, "system")), NULL), 201);
    return arena_printf(s->f.arena, "Bearer %s.%s", server_text(s, "key_id"), server_text(s, "secret"));
}

static void person(server *s)
{
    assert_int_equal(server_post(s, "/v1/users", "{\"staff_no\":\"D1001\",\"name\":\"王建国\"}"), 201);
}

static int post(server *s, const char *key, const char *more)
{
    return server_call(s, key, "POST", "/v1/tasks",
                       arena_printf(s->f.arena, "{\"signer\":\"D1001\",\"title\":\"出院小结\"%s}", more));
}

#define RAW ",\"form\":\"raw\",\"document\":\"5Ye66Zmi5bCP57uT\""

static void a_task_is_shown_as_it_was_made(void **state)
{
    server *s = *state;
    const char *key = office(s, "电子病历");
    person(s);
    assert_int_equal(post(s, key, RAW ",\"media_type\":\"text/plain\",\"expires_in\":60,\"description\":\"一\\n二\""),
                     201);
    const char *path = arena_printf(s->f.arena, "/v1/tasks/%s", server_text(s, "task"));
    assert_int_equal(server_call(s, key, "GET", path, NULL), 200);
    assert_string_equal(server_text(s, "state"), "pending");
    assert_string_equal(server_text(s, "form"), "raw");
    assert_string_equal(server_text(s, "description"), "一\n二");
    assert_string_equal(server_text(s, "media_type"), "text/plain");
    assert_string_equal(server_text(s, "signer.staff_no"), "D1001");
    assert_int_equal(json_integer_value(server_value(s, "document_size")), 12);
    assert_true(json_is_false(server_value(s, "signature_may_exist")));
    assert_true(json_is_null(server_value(s, "signature")));
    assert_true(json_is_null(server_value(s, "department")));
    assert_int_equal(server_call(s, key, "POST", arena_printf(s->f.arena, "%s/cancel", path), NULL), 200);
    assert_string_equal(server_text(s, "state"), "cancelled");
    assert_int_equal(server_call(s, key, "POST", arena_printf(s->f.arena, "%s/cancel", path), NULL), 200);
    server_call(s, key, "POST", arena_printf(s->f.arena, "%s/cancel", path), "{\"reason\":\"病历已作废\"}");
    assert_problem(s, 410, "task_cancelled", NULL);
}

static void only_systems_with_the_scope_and_the_own_tasks(void **state)
{
    server *s = *state;
    const char *key = office(s, "电子病历"), *other = office(s, "放射系统");
    person(s);
    assert_int_equal(post(s, key, RAW), 201);
    const char *path = arena_printf(s->f.arena, "/v1/tasks/%s", server_text(s, "task"));
    server_call(s, other, "GET", path, NULL);
    assert_problem(s, 404, "task_not_found", NULL);
    server_call(s, "", "GET", path, NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
    server_call(s, NULL, "POST", "/v1/tasks", "{}");
    assert_problem(s, 403, "forbidden", NULL);
    server_call(s, key, "GET", "/v1/tasks/not-a-uuid", NULL);
    assert_problem(s, 404, "task_not_found", NULL);
}

static void fields_of_a_task_are_checked_by_name(void **state)
{
    server *s = *state;
    const char *key = office(s, "电子病历");
    static const struct {
        const char *more, *code, *field;
    } cases[] = {{RAW ",\"expires_in\":59", "field_value", "expires_in"},
                 {RAW ",\"expires_in\":7776001", "field_value", "expires_in"},
                 {RAW ",\"expires_in\":\"60\"", "field_type", "expires_in"},
                 {RAW ",\"media_type\":\"text\"", "field_value", "media_type"},
                 {RAW ",\"media_type\":\"text/plain; charset=utf-8\"", "field_value", "media_type"},
                 {RAW ",\"media_type\":\"a/\"", "field_length", "media_type"},
                 {RAW ",\"digest\":\"00\"", "field_length", "digest"},
                 {",\"form\":\"raw\",\"document\":\"!!!!\"", "field_value", "document"},
                 {",\"form\":\"raw\",\"document\":\"\"", "field_length", "document"},
                 {",\"form\":\"digest\"", "field_missing", "digest"},
                 {",\"document\":\"eA==\"", "field_missing", "form"},
                 {RAW ",\"colour\":1", "field_unknown", "colour"}};
    person(s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(post(s, key, cases[i].more), 400);
        if (strcmp(server_text(s, "code"), cases[i].code) != 0 || strcmp(server_text(s, "field"), cases[i].field) != 0)
            fail_msg("case %zu: %s %s", i, server_text(s, "code"), server_text(s, "field"));
    }
}

static void a_listing_is_filtered_and_paged(void **state)
{
    server *s = *state;
    const char *key = office(s, "电子病历");
    person(s);
    for (int i = 0; i < 3; i++)
        assert_int_equal(post(s, key, i == 1 ? RAW ",\"reference\":\"B 1\"" : RAW ",\"reference\":\"A\""), 201);
    assert_int_equal(server_call(s, key, "GET", "/v1/tasks?limit=2", NULL), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 2);
    const char *next = server_text(s, "next");
    assert_string_equal(next, server_text(s, "items.1.task"));
    assert_int_equal(server_call(s, key, "GET", arena_printf(s->f.arena, "/v1/tasks?limit=2&after=%s", next), NULL),
                     200);
    assert_int_equal(json_array_size(server_value(s, "items")), 1);
    assert_true(json_is_null(server_value(s, "next")));
    assert_int_equal(server_call(s, key, "GET", "/v1/tasks?reference=B%201", NULL), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 1);
    assert_int_equal(server_call(s, key, "GET", "/v1/tasks?state=signed", NULL), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 0);
    static const struct {
        const char *query, *field;
    } wrong[] = {{"state=done", "state"}, {"state=", "state"},   {"limit=0", "limit"}, {"limit=1001", "limit"},
                 {"limit=-1", "limit"},   {"limit=1x", "limit"}, {"limit=", "limit"},  {"limit=99999", "limit"},
                 {"limit=%31x", "limit"}, {"after=1", "after"},  {"after=", "after"},  {"limit=+5", "limit"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        server_call(s, key, "GET", arena_printf(s->f.arena, "/v1/tasks?%s", wrong[i].query), NULL);
        if (s->status != 400)
            fail_msg("taken: %s", wrong[i].query);
        assert_problem(s, 400, "field_value", wrong[i].field);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_task_is_shown_as_it_was_made),
        WITH_SERVER(only_systems_with_the_scope_and_the_own_tasks),
        WITH_SERVER(fields_of_a_task_are_checked_by_name),
        WITH_SERVER(a_listing_is_filtered_and_paged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
