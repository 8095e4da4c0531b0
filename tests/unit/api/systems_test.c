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

static int patch(server *s, const char *path, const char *if_match, const char *body)
{
    s->more = if_match;
    int status = server_call(s, NULL, "PATCH", path, body);
    s->more = NULL;
    return status;
}

static void a_system_is_changed_on_its_version(void **state)
{
    server *s = *state;
    assert_int_equal(server_post(s, "/v1/systems",
                                 "{\"name\":\"EMR\",\"scopes\":[\"tasks\"],\"note\":\"一\\n二\",\"contact\":\"8001\","
                                 "\"networks\":[\"10.1.0.0/16\",\"::1\"],\"stamps\":true}"),
                     201);
    assert_string_equal(server_header(s, "ETag"), "\"1\"");
    assert_string_equal(server_text(s, "networks.1"), "::1");
    const char *path = arena_printf(s->f.arena, "/v1/systems/%s", server_text(s, "system"));
    assert_int_equal(server_get(s, path), 200);
    assert_string_equal(server_text(s, "note"), "一\n二");
    assert_true(json_is_null(server_value(s, "last_used_at")));
    assert_int_equal(json_integer_value(server_value(s, "credentials")), 0);
    assert_string_equal(server_header(s, "ETag"), "\"1\"");
    assert_int_equal(patch(s, path, "If-Match: \"1\"", "{\"state\":\"suspended\",\"networks\":[]}"), 200);
    assert_string_equal(server_header(s, "ETag"), "\"2\"");
    assert_string_equal(server_text(s, "state"), "suspended");
    assert_int_equal(json_array_size(server_value(s, "networks")), 0);
    patch(s, path, "If-Match: \"1\"", "{\"note\":\"x\"}");
    assert_problem(s, 412, "changed_meanwhile", NULL);
    patch(s, path, "If-Match: 2", "{\"note\":\"x\"}");
    assert_problem(s, 400, "field_value", "If-Match");
    patch(s, path, NULL, "{\"networks\":[\"10.1.2.3/16\"]}");
    assert_problem(s, 400, "field_value", "networks[0]");
    assert_string_equal(server_text(s, "detail"), "it has bits beyond its prefix; the network is 10.1.0.0/16");
    patch(s, path, NULL, "{\"networks\":[7]}");
    assert_problem(s, 400, "field_type", "networks[0]");
    patch(s, path, NULL, "{\"scopes\":[\"users\",\"root\"]}");
    assert_problem(s, 400, "field_value", "scopes[1]");
    assert_int_equal(patch(s, path, NULL, "{\"scopes\":[\"users\"],\"name\":\"病历\"}"), 200);
    assert_string_equal(server_text(s, "scopes.0"), "users");
    assert_int_equal(server_get(s, "/v1/systems?q=%E7%97%85&state=suspended"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 1);
    assert_int_equal(server_get(s, "/v1/systems?state=active"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 0);
    server_get(s, "/v1/systems?state=gone");
    assert_problem(s, 400, "field_value", "state");
    server_get(s, "/v1/systems/00000000-0000-0000-0000-000000000000");
    assert_problem(s, 404, "system_not_found", NULL);
}

static void credentials_work_from_its_networks_only(void **state)
{
    server *s = *state;
    const char *system = make(s, "[\"users\"]"), *path = arena_printf(s->f.arena, "/v1/systems/%s", system);
    assert_int_equal(server_post(s, credentials_path(s, system, ""), NULL), 201);
    const char *key_id = server_text(s, "key_id"), *secret = server_text(s, "secret");
    const char *bearer = arena_printf(s->f.arena, "Bearer %s.%s", key_id, secret);
    assert_int_equal(patch(s, path, NULL, "{\"networks\":[\"10.1.0.0/16\"]}"), 200);
    server_call(s, bearer, "GET", "/v1/users", NULL); /* reads nothing, and is recorded all the same */
    assert_problem(s, 403, "address_forbidden", NULL);
    assert_string_equal(server_text(s, "detail"), "127.0.0.1 is not among its networks");
    audit_entry row = fixture_last_audit(&s->f);
    assert_string_equal(row.event, "system.address_refused");
    assert_string_equal(row.outcome, "address_forbidden");
    assert_string_equal(row.subject, arena_printf(s->f.arena, "system:%s", system));
    assert_string_equal(row.detail, arena_printf(s->f.arena, "credential=%s", key_id));
    /* Wrong credentials tell nobody whether the address would have been right. */
    server_call(s, arena_printf(s->f.arena, "Bearer %s.%.42sX", key_id, secret), "GET", "/v1/users", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
    const char *header = sign(s, key_id, secret, "0123456789abcdef", "GET", "/v1/users", "");
    server_call(s, header, "GET", "/v1/users", NULL);
    assert_problem(s, 403, "address_forbidden", NULL);
    assert_int_equal(fixture_last_audit(&s->f).sequence, row.sequence); /* once a minute */
    assert_int_equal(patch(s, path, NULL, "{\"networks\":[\"10.1.0.0/16\",\"127.0.0.1\"]}"), 200);
    assert_int_equal(server_call(s, bearer, "GET", "/v1/users", NULL), 200); /* in effect at once */
    assert_int_equal(patch(s, path, NULL, "{\"state\":\"suspended\"}"), 200);
    server_call(s, bearer, "GET", "/v1/users", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_system_works_with_its_credential),
        WITH_SERVER(wrong_systems_are_refused_by_field),
        WITH_SERVER(a_system_is_changed_on_its_version),
        WITH_SERVER(credentials_work_from_its_networks_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
