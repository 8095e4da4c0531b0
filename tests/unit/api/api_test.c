/* What dispatching itself does: refusals of acts are recorded, what is malformed or nobody's is not. */
#include "server.h"

static int64_t rows(server *s)
{
    return fixture_number(&s->f, "SELECT count(*) FROM audit");
}

static const char *bearer(server *s, const char *scope)
{
    assert_int_equal(
        server_post(s, "/v1/systems", arena_printf(s->f.arena, "{\"name\":\"HIS\",\"scopes\":[\"%s\"]}", scope)), 201);
    assert_int_equal(
        server_post(s, arena_printf(s->f.arena, "/v1/systems/%s/credentials", server_text(s, "system")), NULL), 201);
    return arena_printf(s->f.arena, "Bearer %s.%s", server_text(s, "key_id"), server_text(s, "secret"));
}

static void a_refused_act_of_somebody_known_is_recorded(void **state)
{
    server *s = *state;
    static const char person[] = "{\"staff_no\":\"D1\",\"name\":\"甲\"}";
    assert_int_equal(server_post(s, "/v1/users", person), 201);
    int64_t before = rows(s);
    server_post(s, "/v1/users", person);
    assert_problem(s, 409, "user_exists", NULL);
    assert_int_equal(rows(s), before + 1);
    assert_string_equal(fixture_last_audit(&s->f).outcome, "user_exists");
    assert_string_equal(fixture_last_audit(&s->f).actor, arena_printf(s->f.arena, "operator:uid:%u", geteuid()));

    const char *key = bearer(s, "tasks");
    before = rows(s);
    server_call(s, key, "POST", "/v1/users", person);
    assert_problem(s, 403, "forbidden", NULL);
    assert_int_equal(rows(s), before + 1);
    audit_entry last = fixture_last_audit(&s->f);
    assert_string_equal(last.outcome, "forbidden");
    assert_int_equal(strncmp(last.actor, "system:", 7), 0);
}

static void what_is_malformed_nobodys_or_no_act_is_not(void **state)
{
    server *s = *state;
    int64_t before = rows(s);
    server_post(s, "/v1/users", "{");
    assert_problem(s, 400, "bad_json", NULL);
    server_post(s, "/v1/users", "{\"staff_no\":\"D1\"}");
    assert_problem(s, 400, "field_missing", "name");
    server_call(s, "", "POST", "/v1/users", "{}");
    assert_problem(s, 401, "unauthenticated", NULL);
    server_call(s, "Bearer nonsense", "POST", "/v1/users", "{}");
    assert_problem(s, 401, "unauthenticated", NULL);
    server_get(s, "/v1/users/00000000-0000-7000-8000-000000000000");
    assert_problem(s, 404, "user_not_found", NULL);
    assert_int_equal(rows(s), before);
}

/* What an app's page of another origin may call, row by row: a new row is no part of it by being near. */
static void pages_of_other_origins_may_call_what_devices_call(void **state)
{
    (void)state;
    size_t shared = 0;
    for (size_t i = 0; i < api_routes_n; i++) {
        const http_route *r = &api_routes[i];
        bool is_open = strcmp(r->pattern, "/v1/enrolments") == 0 || strcmp(r->pattern, "/v1/enrolment-scans") == 0 ||
                       strcmp(r->pattern, "/v1/time") == 0 || strcmp(r->pattern, "/v1/server") == 0;
        bool is_device = strncmp(r->pattern, "/v1/device/", 11) == 0;
        if (api_is_shared(r) != (is_open || is_device))
            fail_msg("%s %s", r->method, r->pattern);
        /* none of them takes an operator's or a business system's credentials */
        if (api_is_shared(r))
            assert_true((r->who & ~(uint64_t)(WHO_ANYONE | WHO_DEVICE)) == 0);
        shared += api_is_shared(r);
    }
    assert_true(shared > 20 && shared < api_routes_n / 2);
}

static void values_as_json(void **state)
{
    (void)state;
    static const uint8_t id[16] = {0x01, 0x93, 0x4b, 0x7c, 0x9e, 0x0a, 0x7b, 0xcd, 0x8e, 0xf0, 1, 2, 3, 4, 5, 6};
    static const uint8_t many[129];
    arena *a = arena_create(1024), *full = arena_create(16);
    json_t *all = json_pack("[o, o, o, o, o, o]", api_time(0), api_time(1767225600123), api_uuid(id),
                            api_hex("\x00\xff\x1a", 3), api_hex(many, 128), api_base64(a, bytes_of_text("fo")));
    assert_non_null(all);
    assert_true(json_is_null(json_array_get(all, 0)));
    assert_string_equal(json_string_value(json_array_get(all, 1)), "2026-01-01T00:00:00.123Z");
    assert_string_equal(json_string_value(json_array_get(all, 2)), "01934b7c-9e0a-7bcd-8ef0-010203040506");
    assert_string_equal(json_string_value(json_array_get(all, 3)), "00ff1a");
    assert_int_equal(json_string_length(json_array_get(all, 4)), 256);
    assert_string_equal(json_string_value(json_array_get(all, 5)), "Zm8=");
    json_decref(all);
    assert_null(api_hex(many, 129));
    assert_null(api_base64(full, bytes_of(many, 129)));
    arena_destroy(a);
    arena_destroy(full);
    api_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_refused_act_of_somebody_known_is_recorded),
        WITH_SERVER(what_is_malformed_nobodys_or_no_act_is_not),
        cmocka_unit_test(pages_of_other_origins_may_call_what_devices_call),
        cmocka_unit_test(values_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
