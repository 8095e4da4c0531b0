#include "server.h"

static const char *make(server *s)
{
    assert_int_equal(server_post(s, "/v1/systems", "{\"name\":\"HIS\",\"scopes\":[\"users\"]}"), 201);
    return arena_printf(s->f.arena, "/v1/systems/%s/credentials", server_text(s, "system"));
}

static int call_with(server *s, const char *key_id, const char *secret)
{
    return server_call(s, arena_printf(s->f.arena, "Bearer %s.%s", key_id, secret), "GET", "/v1/users", NULL);
}

static const char *later(server *s, int64_t ms)
{
    char text[CLOCK_TEXT];
    clock_text(text, clock_unix_ms() + ms);
    return arena_printf(s->f.arena, "%s", text);
}

static void it_has_a_note_and_an_end(void **state)
{
    server *s = *state;
    const char *path = make(s), *end = later(s, 3600000);
    server_post(s, path, arena_printf(s->f.arena, "{\"note\":\"门诊\",\"expires_at\":\"%s\"}", end));
    assert_int_equal(s->status, 201);
    assert_string_equal(server_text(s, "expires_at"), end);
    const char *one = arena_printf(s->f.arena, "%s/%s", path, server_text(s, "key_id"));
    assert_int_equal(server_get(s, path), 200);
    assert_string_equal(server_text(s, "items.0.note"), "门诊");
    assert_string_equal(server_text(s, "items.0.expires_at"), end);
    assert_true(json_is_null(server_value(s, "items.0.last_used_at")));
    assert_true(json_is_null(server_value(s, "items.0.last_used_from")));
    assert_true(json_is_null(server_value(s, "items.0.replaced_by")));
    assert_int_equal(server_call(s, NULL, "PATCH", one, "{\"note\":\"住院\"}"), 200);
    assert_string_equal(server_text(s, "note"), "住院");
    assert_string_equal(server_text(s, "expires_at"), end);
    server_call(s, NULL, "PATCH", one, "{}");
    assert_problem(s, 400, "field_missing", NULL);
    server_call(s, NULL, "PATCH", one, "{\"expires_at\":\"2020-01-01T00:00:00Z\"}");
    assert_problem(s, 400, "field_value", "expires_at");
    server_post(s, path, "{\"expires_at\":\"2020-01-01T00:00:00Z\"}");
    assert_problem(s, 400, "field_value", "expires_at");
    server_post(s, path, "{\"expires_at\":\"tomorrow at noon, say\"}");
    assert_problem(s, 400, "field_value", "expires_at");
    server_call(s, NULL, "PATCH", arena_printf(s->f.arena, "%s/ak_00000000000000000000", path), "{\"note\":\"\"}");
    assert_problem(s, 404, "not_found", NULL);
}

static void both_work_while_they_overlap(void **state)
{
    server *s = *state;
    const char *path = make(s);
    assert_int_equal(server_post(s, path, NULL), 201);
    const char *old = server_text(s, "key_id"), *old_secret = server_text(s, "secret");
    const char *rotate = arena_printf(s->f.arena, "%s/%s/rotate", path, old);
    server_post(s, rotate, "{\"overlap_hours\":2161}");
    assert_problem(s, 400, "field_value", "overlap_hours");
    server_post(s, rotate, "{\"overlap_hours\":1,\"until\":\"2030-01-01T00:00:00Z\"}");
    assert_problem(s, 400, "field_unknown", "overlap_hours");
    server_post(s, rotate, "{\"until\":\"2999-01-01T00:00:00Z\"}");
    assert_problem(s, 400, "field_value", "until");
    assert_int_equal(server_post(s, rotate, "{\"overlap_hours\":1}"), 201);
    const char *fresh = server_text(s, "key_id"), *fresh_secret = server_text(s, "secret");
    assert_int_equal(call_with(s, old, old_secret), 200);
    assert_int_equal(call_with(s, fresh, fresh_secret), 200);
    assert_int_equal(server_get(s, path), 200);
    assert_string_equal(server_text(s, "items.1.key_id"), old);
    assert_string_equal(server_text(s, "items.1.replaced_by"), fresh);
    assert_null(server_value(s, "items.0.secret"));
    /* Until a second from now. */
    const char *again = arena_printf(s->f.arena, "%s/%s/rotate", path, fresh);
    assert_int_equal(server_post(s, again, arena_printf(s->f.arena, "{\"until\":\"%s\"}", later(s, 1000))), 201);
    assert_int_equal(call_with(s, fresh, fresh_secret), 200);
    usleep(1100000);
    assert_int_equal(call_with(s, fresh, fresh_secret), 401);
    server_post(s, again, NULL);
    assert_problem(s, 409, "conflict", NULL);
    assert_int_equal(server_get(s, path), 200);
    bool expired = false;
    for (size_t i = 0; i < 3; i++) {
        const char *at = arena_printf(s->f.arena, "items.%zu.", i);
        if (strcmp(server_text(s, arena_printf(s->f.arena, "%skey_id", at)), fresh) == 0)
            expired = strcmp(server_text(s, arena_printf(s->f.arena, "%sstate", at)), "expired") == 0;
    }
    assert_true(expired);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(it_has_a_note_and_an_end),
        WITH_SERVER(both_work_while_they_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
