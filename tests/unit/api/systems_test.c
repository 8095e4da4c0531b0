#include "server.h"

#include "crypto/sm3.h"
#include "base/text.h"

static const char *make(server *s, const char *scopes)
{
    assert_int_equal(
        server_post(s, "/v1/systems", arena_printf(s->f.arena, "{\"name\":\"HIS\",\"scopes\":%s}", scopes)), 201);
    return server_text(s, "system");
}

static const char *credentials_path(server *s, const char *system, const char *after)
{
    return arena_printf(s->f.arena, "/v1/systems/%s/credentials%s", system, after);
}

/* The header of a signed request, as docs/api/openapi.yaml describes it. */
static const char *sign(server *s, const char *key_id, const char *secret, const char *nonce, const char *method,
                        const char *path, const char *body)
{
    uint8_t digest[32], mac[32];
    char digest_hex[65], mac_hex[65];
    long long now = (long long)(clock_unix_ms() / 1000);
    sm3(digest, body, strlen(body));
    hex_encode(digest_hex, digest, 32);
    const char *text = arena_printf(s->f.arena, "%s\n%s\n%s\n%lld\n%s", method, path, digest_hex, now, nonce);
    hmac_sm3(mac, secret, strlen(secret), text, strlen(text));
    hex_encode(mac_hex, mac, 32);
    return arena_printf(s->f.arena, "YQ1-HMAC-SM3 key=%s, time=%lld, nonce=%s, signature=%s", key_id, now, nonce,
                        mac_hex);
}

static void a_system_works_with_its_credential(void **state)
{
    server *s = *state;
    static const char body[] = "{\"staff_no\":\"D1\",\"name\":\"甲\"}";
    const char *system = make(s, "[\"users\"]");
    assert_string_equal(server_text(s, "scopes.0"), "users");
    assert_int_equal(server_post(s, credentials_path(s, system, ""), NULL), 201);
    const char *key_id = server_text(s, "key_id"), *secret = server_text(s, "secret");
    const char *bearer = arena_printf(s->f.arena, "Bearer %s.%s", key_id, secret);
    assert_int_equal(server_call(s, bearer, "GET", "/v1/users", NULL), 200);
    server_call(s, bearer, "GET", "/v1/systems", NULL);
    assert_problem(s, 403, "forbidden", NULL);
    const char *header = sign(s, key_id, secret, "0123456789abcdef", "POST", "/v1/users", body);
    assert_int_equal(server_call(s, header, "POST", "/v1/users", body), 201);
    server_call(s, header, "POST", "/v1/users", body);
    assert_problem(s, 401, "request_replayed", NULL);
    header = sign(s, key_id, secret, "0123456789abcdeg", "POST", "/v1/users", body);
    server_call(s, header, "POST", "/v1/users", "{\"staff_no\":\"D2\",\"name\":\"甲\"}");
    assert_problem(s, 401, "unauthenticated", NULL);

    assert_int_equal(server_get(s, credentials_path(s, system, "")), 200);
    assert_string_equal(server_text(s, "items.0.key_id"), key_id);
    assert_string_equal(server_text(s, "items.0.state"), "active");
    assert_null(server_value(s, "items.0.secret"));
    const char *path = credentials_path(s, system, arena_printf(s->f.arena, "/%s", key_id));
    assert_int_equal(server_call(s, NULL, "DELETE", path, NULL), 204);
    server_call(s, bearer, "GET", "/v1/users", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
    server_call(s, NULL, "DELETE", path, NULL);
    assert_problem(s, 409, "conflict", NULL);
}

static void wrong_systems_are_refused_by_field(void **state)
{
    server *s = *state;
    make(s, "[\"tasks\",\"verify\"]");
    assert_int_equal(server_get(s, "/v1/systems"), 200);
    assert_string_equal(server_text(s, "items.0.name"), "HIS");
    assert_string_equal(server_text(s, "items.0.scopes.1"), "verify");
    server_post(s, "/v1/systems", "{\"name\":\"HIS\",\"scopes\":[\"tasks\"]}");
    assert_problem(s, 409, "already_exists", "name");
    server_post(s, "/v1/systems", "{\"name\":\"EMR\",\"scopes\":[\"tasks\",\"root\"]}");
    assert_problem(s, 400, "field_value", "scopes[1]");
    server_post(s, "/v1/systems", "{\"name\":\"EMR\",\"scopes\":[\"tasks\",\"tasks\"]}");
    assert_problem(s, 400, "field_value", "scopes[1]");
    server_post(s, "/v1/systems", "{\"name\":\"EMR\",\"scopes\":[\"operator\"]}");
    assert_problem(s, 400, "field_value", "scopes");
    server_post(s, "/v1/systems", "{\"name\":\"EMR\",\"scopes\":[]}");
    assert_problem(s, 400, "field_length", "scopes");
    server_post(s, "/v1/systems/00000000-0000-0000-0000-000000000000/credentials", NULL);
    assert_problem(s, 404, "system_not_found", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_system_works_with_its_credential),
        WITH_SERVER(wrong_systems_are_refused_by_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
