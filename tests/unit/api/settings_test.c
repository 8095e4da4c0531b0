#include "os/config.h"
#include "server.h"

typedef struct values {
    const char *name, *token;
    int64_t life;
    bool plain;
} values;

static const config_row rows[] = {
    {"name", CONFIG_TEXT, "医院", 1, 12, "名称", "the name", offsetof(values, name), false},
    {"token", CONFIG_TEXT, NULL, 1, 12, "令牌", "a token", offsetof(values, token), true},
    {"life", CONFIG_SECONDS, "24h", 3600, 86400, "有效期", "how long", offsetof(values, life), false},
    {"plain", CONFIG_BOOL, "false", 0, 1, "明文", "in clear", offsetof(values, plain), false},
};
static const config_table table = {rows, sizeof rows / sizeof *rows, NULL};

static void each_is_told_with_its_source_and_no_secret(void **state)
{
    server *s = *state;
    static const values v = {"示例医院", "hunter2", 7200, true};
    static const char *const origins[] = {"/etc/yiqian.conf:3", "YIQIAN_TOKEN", "--life", NULL};
    assert_int_equal(server_get(s, "/v1/settings"), 200);
    assert_int_equal(json_array_size(server_value(s, "items")), 0);
    api_set_settings(s->api, (api_settings){&table, &v, origins});
    assert_int_equal(server_get(s, "/v1/settings"), 200);
    assert_null(strstr(arena_text(s->f.arena, (const char *)s->raw.p, s->raw.n), "hunter2"));
    assert_string_equal(server_text(s, "items.0.name"), "name");
    assert_string_equal(server_text(s, "items.0.value"), "示例医院");
    assert_string_equal(server_text(s, "items.0.default"), "医院");
    assert_string_equal(server_text(s, "items.0.source"), "file");
    assert_string_equal(server_text(s, "items.0.where"), "/etc/yiqian.conf:3");
    assert_string_equal(server_text(s, "items.0.about_zh"), "名称");
    assert_true(json_is_null(server_value(s, "items.1.value")));
    assert_true(json_is_true(server_value(s, "items.1.secret")));
    assert_string_equal(server_text(s, "items.1.source"), "environment");
    assert_string_equal(server_text(s, "items.2.value"), "2h");
    assert_string_equal(server_text(s, "items.2.kind"), "duration");
    assert_string_equal(server_text(s, "items.2.source"), "command_line");
    assert_string_equal(server_text(s, "items.3.value"), "true");
    assert_string_equal(server_text(s, "items.3.source"), "default");
    assert_true(json_is_null(server_value(s, "items.3.where")));
    server_call(s, "", "GET", "/v1/settings", NULL);
    assert_problem(s, 401, "unauthenticated", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(each_is_told_with_its_source_and_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
