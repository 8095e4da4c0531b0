#include "api/server.h"

#include "server.h"

static void it_says_whose_it_is(void **state)
{
    server *s = *state;
    int64_t before = clock_unix_ms();
    assert_int_equal(server_call(s, "", "GET", "/v1/server", NULL), 200);
    assert_string_equal(server_text(s, "name"), FIXTURE_ORGANISATION);
    assert_string_equal(server_text(s, "version"), YIQIAN_VERSION);
    assert_string_equal(server_text(s, "public_url"), FIXTURE_URL);
    assert_int_equal(json_integer_value(server_value(s, "api")), 1);
    assert_true(json_is_false(server_value(s, "sandbox")));
    assert_true(json_is_true(server_value(s, "no_operator")));
    char earliest[CLOCK_TEXT], latest[CLOCK_TEXT];
    clock_text(earliest, before);
    clock_text(latest, clock_unix_ms());
    assert_true(strcmp(earliest, server_text(s, "time")) <= 0 && strcmp(server_text(s, "time"), latest) <= 0);
    assert_string_equal(s->cache_control, "no-store");
    server_call(s, "", "GET", "/v1/server?x=1", NULL);
    assert_problem(s, 400, "field_unknown", "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_SERVER(it_says_whose_it_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
