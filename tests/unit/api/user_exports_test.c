#include "api/user_exports.h"

#include "server.h"

static const char *body(server *s)
{
    return arena_text(s->f.arena, s->raw.p, s->raw.n);
}

static size_t lines(const char *text)
{
    size_t n = 0;
    for (; (text = strstr(text, "\r\n")) != NULL; text += 2)
        n++;
    return n;
}

/* More than one piece: 200 people each. */
static void everybody_is_in_the_sheet_once(void **state)
{
    server *s = *state;
    for (int i = 0; i < 450; i++)
        fixture_user(&s->f, arena_printf(s->f.arena, "D%03d", i), i == 7 ? "=cmd|'/c calc'!A1" : "甲");
    assert_int_equal(server_get(s, "/v1/users/export"), 200);
    assert_string_equal(s->content_type, "text/csv; charset=utf-8");
    assert_string_equal(server_header(s, "Content-Disposition"), "attachment; filename=\"users.csv\"");
    const char *text = body(s);
    assert_memory_equal(text, "\xef\xbb\xbf工号,", 10);
    assert_int_equal(lines(text), 451);
    for (int i = 0; i < 450; i++) {
        const char *start = arena_printf(s->f.arena, "\r\n\"D%03d\",", i), *found = strstr(text, start);
        assert_non_null(found);
        assert_null(strstr(found + 1, start));
    }
    assert_non_null(
        strstr(text, "\"D007\",\"'=cmd|'/c calc'!A1\",\"心内科\",\"在用\",\"按策略\",\"\",\"\",\"按姓名生成\","));
}

static void the_sheet_is_of_whom_the_filter_finds(void **state)
{
    server *s = *state;
    fixture_user(&s->f, "D1", "甲");
    assert_int_equal(
        server_post(s, "/v1/users", "{\"staff_no\":\"D2\",\"name\":\"乙\",\"departments\":[\"急诊\",\"门诊\"]}"), 201);
    assert_int_equal(server_get(s, "/v1/users/export?department=%E6%80%A5%E8%AF%8A"), 200);
    assert_int_equal(lines(body(s)), 2);
    assert_non_null(strstr(body(s), "\"D2\",\"乙\",\"急诊;门诊\","));
    assert_int_equal(server_get(s, "/v1/users/export?state=suspended"), 200);
    assert_int_equal(lines(body(s)), 1);
    server_get(s, "/v1/users/export?state=gone");
    assert_problem(s, 400, "field_value", "state");
    server_get(s, "/v1/users/export?limit=1");
    assert_problem(s, 400, "field_unknown", "limit");
    server_call(s, "", "GET", "/v1/users/export", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(everybody_is_in_the_sheet_once),
        WITH_SERVER(the_sheet_is_of_whom_the_filter_finds),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
