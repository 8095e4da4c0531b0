#include "server.h"

static const char *make_system(server *s)
{
    assert_int_equal(server_post(s, "/v1/systems", "{\"name\":\"HIS\",\"scopes\":[\"verify\"]}"), 201);
    return server_text(s, "system");
}

static const char *path_of(server *s, const char *id)
{
    return arena_printf(s->f.arena, "/v1/tsa/access/%s", id);
}

static void rows_come_and_go(void **state)
{
    server *s = *state;
    const char *system = make_system(s);
    assert_int_equal(
        server_post(s, "/v1/tsa/access",
                    "{\"action\":\"allow\",\"network\":\"10.1.0.0/16\",\"per_minute\":600,\"note\":\"门诊\"}"),
        201);
    const char *one = server_text(s, "access");
    assert_string_equal(server_text(s, "action"), "allow");
    assert_string_equal(server_text(s, "network"), "10.1.0.0/16");
    assert_true(json_is_null(server_value(s, "system")));
    assert_int_equal(json_integer_value(server_value(s, "per_minute")), 600);
    assert_int_equal(
        server_post(s, "/v1/tsa/access", arena_printf(s->f.arena, "{\"action\":\"deny\",\"system\":\"%s\"}", system)),
        201);
    assert_string_equal(server_text(s, "system"), system);
    assert_string_equal(server_text(s, "system_name"), "HIS");
    assert_true(json_is_null(server_value(s, "network")));
    assert_true(json_is_null(server_value(s, "per_minute")));
    assert_int_equal(server_get(s, "/v1/tsa/access?limit=1"), 200);
    assert_string_equal(server_text(s, "items.0.access"), one);
    const char *next = server_text(s, "next");
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/tsa/access?after=%s", next)), 200);
    assert_string_equal(server_text(s, "items.0.system"), system);
    assert_true(json_is_null(server_value(s, "next")));
    assert_int_equal(server_call(s, NULL, "DELETE", path_of(s, one), NULL), 204);
    server_call(s, NULL, "DELETE", path_of(s, one), NULL);
    assert_problem(s, 404, "not_found", NULL);
    server_call(s, NULL, "DELETE", "/v1/tsa/access/x", NULL);
    assert_problem(s, 404, "not_found", NULL);
}

static int patch(server *s, const char *path, const char *if_match, const char *body)
{
    s->more = if_match;
    int status = server_call(s, NULL, "PATCH", path, body);
    s->more = NULL;
    return status;
}

static void a_row_is_changed_on_its_version(void **state)
{
    server *s = *state;
    assert_int_equal(
        server_post(s, "/v1/tsa/access", "{\"action\":\"allow\",\"network\":\"127.0.0.0/8\",\"per_minute\":5}"), 201);
    const char *path = path_of(s, server_text(s, "access"));
    assert_int_equal(json_integer_value(server_value(s, "version")), 1);
    assert_int_equal(patch(s, path, "If-Match: \"1\"", "{\"note\":\"本机\",\"per_minute\":7}"), 200);
    assert_string_equal(server_header(s, "ETag"), "\"2\"");
    assert_string_equal(server_text(s, "note"), "本机");
    assert_int_equal(json_integer_value(server_value(s, "per_minute")), 7);
    assert_string_equal(fixture_last_audit(&s->f).detail, "allow 127.0.0.0/8 per_minute=7 note=changed");
    assert_int_equal(server_get(s, "/v1/tsa/access/check?address=127.0.0.1"), 200);
    assert_int_equal(json_integer_value(server_value(s, "per_minute")), 7); /* in effect */
    patch(s, path, "If-Match: \"1\"", "{\"note\":\"x\"}");
    assert_problem(s, 412, "changed_meanwhile", NULL);
    assert_int_equal(patch(s, path, NULL, "{\"default_limit\":true}"), 200);
    assert_true(json_is_null(server_value(s, "per_minute")));
    assert_string_equal(server_text(s, "note"), "本机");
    patch(s, path, NULL, "{\"default_limit\":true,\"per_minute\":1}");
    assert_problem(s, 400, "field_unknown", "per_minute");
    patch(s, path, NULL, "{\"network\":\"10.0.0.0/8\"}");
    assert_problem(s, 400, "field_unknown", "network");
    assert_int_equal(server_post(s, "/v1/tsa/access", "{\"action\":\"deny\",\"network\":\"10.0.0.0/8\"}"), 201);
    const char *deny = path_of(s, server_text(s, "access"));
    patch(s, deny, NULL, "{\"per_minute\":1}");
    assert_problem(s, 400, "field_unknown", "per_minute");
    assert_int_equal(patch(s, deny, NULL, "{\"note\":\"y\"}"), 200);
    patch(s, "/v1/tsa/access/00000000-0000-0000-0000-000000000000", NULL, "{\"note\":\"y\"}");
    assert_problem(s, 404, "not_found", NULL);
}

static void assert_refused(server *s, const char *body, const char *code, const char *field)
{
    server_post(s, "/v1/tsa/access", body);
    assert_problem(s,
                   strcmp(code, "already_exists") == 0     ? 409
                   : strcmp(code, "system_not_found") == 0 ? 404
                                                           : 400,
                   code, field);
}

static void wrong_rows_are_refused_by_field(void **state)
{
    server *s = *state;
    assert_refused(s, "{\"network\":\"10.0.0.0/8\"}", "field_missing", "action");
    assert_refused(s, "{\"action\":\"permit\",\"network\":\"10.0.0.0/8\"}", "field_value", "action");
    assert_refused(s, "{\"action\":\"allow\"}", "field_missing", "network");
    assert_refused(s, "{\"action\":\"allow\",\"network\":\"10.0.0.1/8\"}", "field_value", "network");
    assert_refused(s, "{\"action\":\"allow\",\"network\":\"hospital\"}", "field_value", "network");
    assert_string_equal(server_text(s, "detail"),
                        "want an address or a network: 192.0.2.7, 10.1.0.0/16, 2001:db8::/32");
    assert_refused(s, "{\"action\":\"allow\",\"network\":\"10.0.0.0/8\",\"per_minute\":-1}", "field_value",
                   "per_minute");
    assert_refused(s, "{\"action\":\"deny\",\"network\":\"10.0.0.0/8\",\"per_minute\":1}", "field_unknown",
                   "per_minute");
    assert_refused(s, "{\"action\":\"allow\",\"system\":\"x\"}", "field_value", "system");
    assert_refused(s, "{\"action\":\"allow\",\"system\":\"00000000-0000-0000-0000-000000000000\"}", "system_not_found",
                   NULL);
    assert_refused(s, "{\"action\":\"allow\",\"network\":\"10.0.0.0/8\",\"colour\":1}", "field_unknown", "colour");
    assert_int_equal(server_post(s, "/v1/tsa/access", "{\"action\":\"allow\",\"network\":\"10.0.0.0/8\"}"), 201);
    assert_refused(s, "{\"action\":\"allow\",\"network\":\"10.0.0.0/8\"}", "already_exists", "network");
}

static void what_would_happen(void **state)
{
    server *s = *state;
    const char *system = make_system(s);
    assert_int_equal(server_get(s, "/v1/tsa/access/check?address=10.1.2.3"), 200);
    assert_true(json_is_true(server_value(s, "admitted")));
    assert_string_equal(server_text(s, "reason"), "no_allow_list");
    assert_true(json_is_null(server_value(s, "row")));
    assert_true(json_is_null(server_value(s, "per_minute")));
    assert_int_equal(
        server_post(s, "/v1/tsa/access", "{\"action\":\"allow\",\"network\":\"10.0.0.0/8\",\"per_minute\":9}"), 201);
    assert_int_equal(server_get(s, "/v1/tsa/access/check?address=10.1.2.3"), 200);
    assert_string_equal(server_text(s, "reason"), "allow");
    assert_string_equal(server_text(s, "row.network"), "10.0.0.0/8");
    assert_int_equal(json_integer_value(server_value(s, "per_minute")), 9);
    assert_int_equal(
        server_post(s, "/v1/tsa/access", arena_printf(s->f.arena, "{\"action\":\"deny\",\"system\":\"%s\"}", system)),
        201);
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/tsa/access/check?address=10.1.2.3&system=%s", system)),
                     200);
    assert_true(json_is_false(server_value(s, "admitted")));
    assert_string_equal(server_text(s, "reason"), "deny");
    assert_string_equal(server_text(s, "row.system_name"), "HIS");
    assert_int_equal(server_get(s, "/v1/tsa/access/check?address=2001:db8::1"), 200);
    assert_true(json_is_false(server_value(s, "admitted")));
    assert_string_equal(server_text(s, "reason"), "not_in_allow_list");
    assert_true(json_is_null(server_value(s, "row")));
    assert_int_equal(server_get(s, "/v1/tsa/access/check"), 200);
    assert_string_equal(server_text(s, "address"), "127.0.0.1"); /* the caller's own */
    server_get(s, "/v1/tsa/access/check?address=x");
    assert_problem(s, 400, "field_value", "address");
    assert_string_equal(server_text(s, "detail"), "want one address: 192.0.2.7 or 2001:db8::7");
    server_get(s, "/v1/tsa/access/check?address=::1&system=x");
    assert_problem(s, 400, "field_value", "system");
    server_get(s, "/v1/tsa/access/check?address=::1&sytem=x");
    assert_problem(s, 400, "field_unknown", "sytem");
}

static const char *token(server *s, const char *scope)
{
    assert_int_equal(server_post(s, "/v1/operator-tokens",
                                 arena_printf(s->f.arena, "{\"name\":\"%s\",\"scopes\":[\"%s\"]}", scope, scope)),
                     201);
    return arena_printf(s->f.arena, "Bearer %s", server_text(s, "token"));
}

/* An auditor and an operator read; an administrator alone changes; nobody else does either. */
static void who_may(void **state)
{
    server *s = *state;
    static const char body[] = "{\"action\":\"deny\",\"network\":\"10.0.0.0/8\"}";
    const char *readers[] = {token(s, "operator"), token(s, "auditor")}, *administrator = token(s, "administrator");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(server_call(s, readers[i], "GET", "/v1/tsa/access", NULL), 200);
        assert_int_equal(server_call(s, readers[i], "GET", "/v1/tsa/access/check?address=::1", NULL), 200);
        server_call(s, readers[i], "POST", "/v1/tsa/access", body);
        assert_problem(s, 403, "forbidden", NULL);
    }
    server_call(s, "", "GET", "/v1/tsa/access", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
    assert_int_equal(server_call(s, administrator, "POST", "/v1/tsa/access", body), 201);
    const char *path = path_of(s, server_text(s, "access"));
    assert_string_equal(fixture_last_audit(&s->f).event, "tsa.access_add");
    server_call(s, readers[0], "DELETE", path, NULL);
    assert_problem(s, 403, "forbidden", NULL);
    assert_int_equal(server_call(s, administrator, "DELETE", path, NULL), 204);
    assert_string_equal(fixture_last_audit(&s->f).event, "tsa.access_remove");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(rows_come_and_go),
        WITH_SERVER(a_row_is_changed_on_its_version),
        WITH_SERVER(wrong_rows_are_refused_by_field),
        WITH_SERVER(what_would_happen),
        WITH_SERVER(who_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
