#include "server.h"
#include "unit/doc/seal_png.h"

static const char *seal_of(server *s, const char *person)
{
    return arena_printf(s->f.arena, "/v1/users/%s/seal", person);
}

static const char *one(server *s)
{
    assert_int_equal(server_post(s, "/v1/users", "{\"staff_no\":\"D1\",\"name\":\"王建国\"}"), 201);
    return server_text(s, "user");
}

static const char *bearer(server *s, const char *scope)
{
    const char *body = arena_printf(s->f.arena, "{\"name\":\"%s\",\"scopes\":[\"%s\"]}", scope, scope);
    assert_int_equal(server_post(s, "/v1/systems", body), 201);
    assert_int_equal(
        server_post(s, arena_printf(s->f.arena, "/v1/systems/%s/credentials", server_text(s, "system")), NULL), 201);
    return arena_printf(s->f.arena, "Bearer %s.%s", server_text(s, "key_id"), server_text(s, "secret"));
}

static int put(server *s, const char *authorization, const char *path, const char *type, bytes picture)
{
    return server_send(s, authorization, "PUT", path, type, picture);
}

static void a_seal_is_uploaded_shown_and_removed(void **state)
{
    server *s = *state;
    const char *person = one(s), *path = seal_of(s, person);
    assert_int_equal(server_get(s, path), 200);
    assert_string_equal(s->content_type, "image/svg+xml");
    assert_memory_equal(s->raw.p, "<svg ", 5);
    assert_string_equal(server_header(s, "Content-Security-Policy"), "default-src 'none'; sandbox");
    assert_string_equal(server_header(s, "X-Content-Type-Options"), "nosniff");
    bytes picture = seal_png(s->f.arena, 40, 30, PNG_FORMAT_RGBA);
    assert_int_equal(put(s, NULL, path, "image/png", picture), 200);
    assert_string_equal(server_text(s, "seal_made"), "uploaded");
    assert_int_equal(json_integer_value(server_value(s, "width")), 40);
    assert_string_equal(server_header(s, "ETag"), "\"1\"");
    assert_int_equal(server_get(s, path), 200);
    assert_string_equal(s->content_type, "image/png");
    assert_memory_equal(s->raw.p, "\x89PNG", 4);
    assert_string_equal(server_header(s, "ETag"), "\"1\"");
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/users/%s", person)), 200);
    assert_string_equal(server_text(s, "seal_made"), "uploaded");
    s->more = "If-Match: \"7\"";
    put(s, NULL, path, "image/png", picture);
    assert_problem(s, 412, "changed_meanwhile", NULL);
    server_call(s, NULL, "DELETE", path, NULL);
    assert_problem(s, 412, "changed_meanwhile", NULL);
    s->more = NULL;
    assert_int_equal(server_call(s, NULL, "DELETE", path, NULL), 204);
    assert_string_equal(fixture_last_audit(&s->f).event, "seal.remove");
    server_call(s, NULL, "DELETE", path, NULL);
    assert_problem(s, 404, "not_found", NULL);
}

static void what_is_no_picture_is_refused(void **state)
{
    server *s = *state;
    const char *path = seal_of(s, one(s));
    bytes picture = seal_png(s->f.arena, 40, 30, PNG_FORMAT_RGBA);
    put(s, NULL, path, "application/json", picture);
    assert_problem(s, 415, "media_type", NULL);
    assert_non_null(strstr(server_text(s, "detail"), "image/png"));
    put(s, NULL, path, "image/png", bytes_of_text("GIF89a"));
    assert_problem(s, 422, "picture_refused", NULL);
    assert_non_null(strstr(server_text(s, "detail"), "not a PNG"));
    uint8_t *large = arena_alloc(s->f.arena, (512 << 10) + 1);
    put(s, NULL, path, "image/png", bytes_of(large, (512 << 10) + 1));
    assert_problem(s, 413, "body_too_large", NULL);
    put(s, NULL, seal_of(s, "00000000-0000-7000-8000-000000000000"), "image/png", picture);
    assert_problem(s, 404, "user_not_found", NULL);
}

static void systems_read_seals_and_do_not_write_them(void **state)
{
    server *s = *state;
    const char *path = seal_of(s, one(s));
    bytes picture = seal_png(s->f.arena, 40, 30, PNG_FORMAT_RGBA);
    static const char *const scopes[] = {"tasks", "users"};
    for (size_t i = 0; i < 2; i++) {
        const char *key = bearer(s, scopes[i]);
        assert_int_equal(server_call(s, key, "GET", path, NULL), 200);
        put(s, key, path, "image/png", picture);
        assert_problem(s, 403, "forbidden", NULL);
    }
    server_call(s, bearer(s, "verify"), "GET", path, NULL);
    assert_problem(s, 403, "forbidden", NULL);
    server_call(s, "", "GET", path, NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_seal_is_uploaded_shown_and_removed),
        WITH_SERVER(what_is_no_picture_is_refused),
        WITH_SERVER(systems_read_seals_and_do_not_write_them),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
