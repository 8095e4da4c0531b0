#include "server.h"

static void a_token_opens_what_its_scopes_allow(void **state)
{
    server *s = *state;
    assert_int_equal(
        server_post(s, "/v1/operator-tokens", "{\"name\":\"审计科\",\"scopes\":[\"auditor\"],\"expires_in\":3600}"),
        201);
    const char *id = server_text(s, "id"), *bearer = arena_printf(s->f.arena, "Bearer %s", server_text(s, "token"));
    assert_int_equal(server_call(s, bearer, "GET", "/v1/audit", NULL), 200);
    assert_int_equal(server_call(s, bearer, "GET", "/v1/operator-tokens", NULL), 200);
    server_call(s, bearer, "POST", "/v1/operator-tokens", "{\"name\":\"甲\",\"scopes\":[\"operator\"]}");
    assert_problem(s, 403, "forbidden", NULL);
    server_call(s, bearer, "POST", "/v1/users", "{\"staff_no\":\"D1\",\"name\":\"甲\"}");
    assert_problem(s, 403, "forbidden", NULL);
    assert_string_equal(fixture_last_audit(&s->f).outcome, "forbidden");
    assert_string_equal(fixture_last_audit(&s->f).actor, arena_printf(s->f.arena, "operator:token:%s", id));

    assert_int_equal(server_get(s, "/v1/operator-tokens"), 200);
    assert_string_equal(server_text(s, "items.0.id"), id);
    assert_string_equal(server_text(s, "items.0.name"), "审计科");
    assert_null(server_value(s, "items.0.token"));
    const char *path = arena_printf(s->f.arena, "/v1/operator-tokens/%s", id);
    assert_int_equal(server_call(s, NULL, "DELETE", path, NULL), 200);
    assert_string_equal(server_text(s, "state"), "revoked");
    server_call(s, bearer, "GET", "/v1/audit", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
    server_call(s, NULL, "DELETE", "/v1/operator-tokens/ot_none", NULL);
    assert_problem(s, 404, "not_found", NULL);
}

static void a_token_gives_nobody_an_operators_phone(void **state)
{
    static const char *const paths[] = {"activation-codes", "enrolment-scans"};
    server *s = *state;
    assert_int_equal(server_post(s, "/v1/operator-tokens", "{\"name\":\"甲\",\"scopes\":[\"operator\"]}"), 201);
    const char *bearer = arena_printf(s->f.arena, "Bearer %s", server_text(s, "token"));
    assert_int_equal(
        server_post(s, "/v1/operators", "{\"staff_no\":\"D1\",\"name\":\"乙\",\"role\":\"administrator\"}"), 201);
    const char *his = server_text(s, "user");
    for (size_t i = 0; i < 2; i++) {
        const char *path = arena_printf(s->f.arena, "/v1/users/%s/%s", his, paths[i]);
        server_call(s, bearer, "POST", path, "{}");
        assert_problem(s, 403, "forbidden", NULL);
        assert_int_equal(server_post(s, path, "{}"), 201); /* through the server's own socket */
    }
}

static void wrong_tokens_are_refused_by_field(void **state)
{
    server *s = *state;
    server_post(s, "/v1/operator-tokens", "{\"name\":\"甲\",\"scopes\":[\"tasks\"]}");
    assert_problem(s, 400, "field_value", "scopes");
    server_post(s, "/v1/operator-tokens", "{\"name\":\"甲\",\"scopes\":[\"operator\"],\"expires_in\":7776001}");
    assert_problem(s, 400, "field_value", "expires_in");
    server_post(s, "/v1/operator-tokens", "{\"name\":\"甲\",\"scopes\":[\"operator\",\"auditor\"]}");
    assert_problem(s, 422, "duties_not_separate", "scopes");
    server_post(s, "/v1/operator-tokens", "{\"scopes\":[\"operator\"]}");
    assert_problem(s, 400, "field_missing", "name");
    server_post(s, "/v1/operator-tokens", "{\"name\":\"甲\",\"scopes\":\"operator\"}");
    assert_problem(s, 400, "field_type", "scopes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_token_opens_what_its_scopes_allow),
        WITH_SERVER(a_token_gives_nobody_an_operators_phone),
        WITH_SERVER(wrong_tokens_are_refused_by_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
