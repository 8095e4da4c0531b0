#include "server.h"

#include "base/text.h"
#include "unit/tsa/foreign.h"

static foreign p256;

static const char *base64(server *s, bytes b)
{
    return base64_text(s->f.arena, b.p, b.n);
}

static int add(server *s, const char *name)
{
    return server_post(
        s, "/v1/tsa/roots",
        arena_printf(s->f.arena, "{\"name\":\"%s\",\"certificate\":\"%s\"}", name, base64(s, p256.root)));
}

static void roots_come_get_lists_and_go(void **state)
{
    server *s = *state;
    assert_int_equal(add(s, "国家授时"), 201);
    assert_string_equal(server_text(s, "name"), "国家授时");
    assert_string_equal(server_text(s, "subject"), "CN=Foreign Root,C=CN");
    const char *path = arena_printf(s->f.arena, "/v1/tsa/roots/%s", server_text(s, "root"));
    assert_true(json_is_null(server_value(s, "crl_updated_at")));
    foreign_list(&p256, AUTHORITY_NOW, AUTHORITY_NOW + AUTHORITY_DAY, 0, -1);
    assert_int_equal(
        server_call(s, NULL, "PATCH", path, arena_printf(s->f.arena, "{\"crl\":\"%s\"}", base64(s, p256.crl))), 200);
    assert_int_equal(server_get(s, "/v1/tsa/roots"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 1);
    assert_int_equal(json_integer_value(server_value(s, "items.0.crls")), 1);
    assert_string_equal(server_text(s, "items.0.certificate"), base64(s, p256.root));
    assert_int_equal(server_call(s, NULL, "DELETE", path, NULL), 204);
    assert_int_equal(server_call(s, NULL, "DELETE", path, NULL), 404);
    assert_int_equal(server_get(s, "/v1/tsa/roots"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 0);
}

static void malformed_requests_are_refused(void **state)
{
    server *s = *state;
    server_post(s, "/v1/tsa/roots", "{\"name\":\"a\"}");
    assert_problem(s, 400, "field_missing", "certificate");
    server_post(s, "/v1/tsa/roots", "{\"name\":\"a\",\"certificate\":\"MAA=\"}");
    assert_problem(s, 400, "bad_der", "certificate");
    assert_int_equal(add(s, "a"), 201);
    add(s, "b");
    assert_problem(s, 409, "already_exists", "certificate");
    server_call(s, NULL, "PATCH", "/v1/tsa/roots/x", "{\"crl\":\"MAA=\"}");
    assert_problem(s, 404, "not_found", NULL);
}

static void nobody_else_may(void **state)
{
    server *s = *state;
    assert_int_equal(server_call(s, "", "GET", "/v1/tsa/roots", NULL), 401);
    assert_int_equal(server_call(s, "", "POST", "/v1/tsa/roots", "{}"), 401);
    assert_int_equal(server_call(s, "", "POST", "/v1/timestamps/verify", "{}"), 401);
}

static int set_up(void **state)
{
    (void)state;
    foreign_make(&p256, FOREIGN_P256);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    foreign_drop(&p256);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(roots_come_get_lists_and_go),
        WITH_SERVER(malformed_requests_are_refused),
        WITH_SERVER(nobody_else_may),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
