#include "server.h"

static void the_log_is_read_by_sequence(void **state)
{
    server *s = *state;
    fixture_user(&s->f, "D1001", "王建国");
    int64_t rows = fixture_number(&s->f, "SELECT count(*) FROM audit");
    size_t seen = 0;
    const char *path = "/v1/audit?limit=1";
    for (;;) {
        assert_int_equal(server_get(s, path), 200);
        seen += json_array_size(server_value(s, "items"));
        if (json_is_null(server_value(s, "next")))
            break;
        assert_int_equal(json_integer_value(server_value(s, "items.0.sequence")), seen);
        path = arena_printf(s->f.arena, "/v1/audit?limit=1&after=%s", server_text(s, "next"));
    }
    assert_int_equal(seen, rows);
    assert_int_equal(server_get(s, arena_printf(s->f.arena, "/v1/audit?after=%d", (int)rows - 1)), 200);
    assert_string_equal(server_text(s, "items.0.event"), "user.create");
    assert_string_equal(server_text(s, "items.0.outcome"), "ok");
    server_get(s, "/v1/audit?after=-1");
    assert_problem(s, 400, "field_value", "after");
    server_get(s, "/v1/audit?after=9223372036854775808");
    assert_problem(s, 400, "field_value", "after");
    assert_int_equal(server_get(s, "/v1/audit?after=9223372036854775807"), 200);
}

static void the_check_tells_what_is_wrong(void **state)
{
    server *s = *state;
    fixture_user(&s->f, "D1001", "王建国");
    assert_int_equal(server_get(s, "/v1/audit/check"), 200);
    assert_true(json_is_true(server_value(s, "intact")));
    assert_true(json_is_null(server_value(s, "finding")));
    assert_int_equal(strlen(server_text(s, "root")), 64);
    fixture_write(&s->f, "UPDATE audit SET actor = 'nobody' WHERE sequence = 1", NULL, 0);
    assert_int_equal(server_get(s, "/v1/audit/check"), 200);
    assert_true(json_is_false(server_value(s, "intact")));
    assert_true(strlen(server_text(s, "finding")) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(the_log_is_read_by_sequence),
        WITH_SERVER(the_check_tells_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
