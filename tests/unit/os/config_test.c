#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "os/config.h"
#include "os/file.h"
#include "scratch.h"

typedef struct settings {
    const char *config, *name, *token, *data;
    int64_t port, body, idle;
    bool tls;
} settings;

static const config_row rows[] = {
    {"config", CONFIG_PATH, NULL, 1, 4096, "配置文件", "configuration file", offsetof(settings, config), false},
    {"name", CONFIG_TEXT, "医院", 1, 12, "名称", "name of the hospital", offsetof(settings, name), false},
    {"api_token", CONFIG_TEXT, NULL, 8, 16, "令牌", "token", offsetof(settings, token), true},
    {"data_dir", CONFIG_PATH, "/var/lib/x|y", 1, 100, "数据目录", "data directory", offsetof(settings, data), false},
    {"port", CONFIG_INT, "8970", 1, 65535, "端口", "port", offsetof(settings, port), false},
    {"body_max", CONFIG_SIZE, "64 KiB", 1024, 1048576, "请求体上限", "largest body", offsetof(settings, body), false},
    {"idle_time", CONFIG_SECONDS, "1m", 1, 86400, "空闲时间", "idle time", offsetof(settings, idle), false},
    {"tls", CONFIG_BOOL, "no", 0, 0, "启用 TLS", "whether to use TLS", offsetof(settings, tls), false},
};
static const config_table table = {rows, sizeof rows / sizeof *rows, "config"};

static arena *a;
static settings got;
static char message[CONFIG_MESSAGE];
static const char *origins[sizeof rows / sizeof *rows];

static int set_up(void **state)
{
    a = arena_create(4 << 20);
    memset(&got, 0xa5, sizeof got);
    return scratch_make(state);
}

static int tear_down(void **state)
{
    arena_destroy(a);
    return scratch_remove(state);
}

/* Loads with a file of that text (NULL: none), an environment and arguments, each ending in NULL. */
static err load(const char *file, const char *const *environment, const char *const *arguments)
{
    const char *all[20];
    size_t n = 0;
    if (file) {
        assert_int_equal(file_write(scratch_path("conf"), file, strlen(file), 0600), ERR_OK);
        all[n++] = "--config";
        all[n++] = scratch_path("conf");
    }
    for (; arguments && *arguments; arguments++)
        all[n++] = *arguments;
    static const char *const others[] = {"YIQIAN_SERVER", NULL};
    const config_source source = {environment, all, n, origins, others};
    return config_load(a, &got, &table, &source, message);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void defaults_alone_are_enough(void **state)
{
    (void)state;
    assert_int_equal(load(NULL, NULL, NULL), ERR_OK);
    assert_null(got.config);
    assert_null(got.token);
    assert_string_equal(got.name, "医院");
    assert_string_equal(got.data, "/var/lib/x|y");
    assert_int_equal(got.port, 8970);
    assert_int_equal(got.body, 65536);
    assert_int_equal(got.idle, 60);
    assert_false(got.tls);
    assert_string_equal(message, "");
}

static void the_later_source_wins(void **state)
{
    (void)state;
    const char *file = "\xef\xbb\xbf# 注释\r\n\r\n  port=1 \r\nname =  市 医院 \r\n\tidle_time = 2h\nbody_max = 1 MiB";
    assert_int_equal(load(file, LIST("PATH=/bin", "YIQIAN_PORT=2", "YIQIAN_IDLE_TIME=3"), LIST("--port", "3")), ERR_OK);
    assert_int_equal(got.port, 3);
    assert_int_equal(got.idle, 3);
    assert_int_equal(got.body, 1048576);
    assert_string_equal(got.name, "市 医院");
}

static const char *value_of(size_t row)
{
    const char *value = "?";
    assert_int_equal(config_value(a, &rows[row], &got, &value), ERR_OK);
    return value;
}

static void each_value_is_told_with_where_it_stands(void **state)
{
    (void)state;
    enum { NAME = 1, TOKEN, DATA, PORT, BODY, IDLE, TLS };
    char allowed[CONFIG_ALLOWED];
    assert_int_equal(load("# x\nname = 市医院\nport = 1\nbody_max = 2048\n",
                          LIST("YIQIAN_PORT=2", "YIQIAN_API_TOKEN=12345678"),
                          LIST("--port=3", "--idle-time=7200", "--tls")),
                     ERR_OK);
    assert_string_equal(value_of(NAME), "市医院");
    assert_non_null(strstr(origins[NAME], "conf:2"));
    assert_string_equal(value_of(PORT), "3");
    assert_string_equal(origins[PORT], "--port");
    assert_null(value_of(TOKEN)); /* secret */
    assert_string_equal(origins[TOKEN], "YIQIAN_API_TOKEN");
    assert_string_equal(value_of(DATA), "/var/lib/x|y");
    assert_null(origins[DATA]);
    assert_string_equal(value_of(BODY), "2 KiB");
    assert_string_equal(value_of(IDLE), "2h");
    assert_string_equal(value_of(TLS), "true");
    config_allowed(allowed, &rows[PORT]);
    assert_string_equal(allowed, "a whole number from 1 to 65535");
    assert_int_equal(load(NULL, NULL, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_null(origins[i]);
    assert_string_equal(value_of(TLS), "false");
}

static void options_in_every_spelling(void **state)
{
    (void)state;
    assert_int_equal(
        load(NULL, NULL, LIST("--api-token=12=45678", "--data_dir", "--odd--", "--tls", "--body-max=2KiB")), ERR_OK);
    assert_string_equal(got.token, "12=45678");
    assert_string_equal(got.data, "--odd--");
    assert_true(got.tls);
    assert_int_equal(got.body, 2048);
    assert_int_equal(load(NULL, NULL, LIST("--tls", "off", "--port=5")), ERR_OK);
    assert_false(got.tls);
    assert_int_equal(got.port, 5);
    assert_int_equal(load(NULL, NULL, LIST("--tls=yes", "--tls=0", "--tls")), ERR_OK);
    assert_true(got.tls);
}

static void the_file_may_be_named_by_the_environment(void **state)
{
    (void)state;
    char variable[300];
    assert_int_equal(file_write(scratch_path("other"), "port = 9\n", 9, 0600), ERR_OK);
    (void)snprintf(variable, sizeof variable, "YIQIAN_CONFIG=%s", scratch_path("other"));
    assert_int_equal(load(NULL, LIST(variable), NULL), ERR_OK);
    assert_int_equal(got.port, 9);
}

/* Each is refused with a message that holds both texts. */
static void assert_refused(err e, const char *where, const char *what)
{
    if (e != ERR_CONFIG || !strstr(message, where) || !strstr(message, what))
        fail_msg("%s: \"%s\" does not hold \"%s\" and \"%s\"", err_code(e), message, where, what);
}

static void errors_name_the_place_and_what_is_allowed(void **state)
{
    (void)state;
    assert_refused(load("port = 1\nport = x\n", NULL, NULL), "conf:2", "twice");
    assert_refused(load("\n# c\nport = 65536\n", NULL, NULL), "conf:3: port", "whole number from 1 to 65535");
    assert_refused(load("prot = 1\n", NULL, NULL), "conf:1", "no such setting: prot");
    assert_refused(load("port\n", NULL, NULL), "conf:1", "name = value");
    assert_refused(load("name = \xb1\xb1\n", NULL, NULL), "conf:1", "UTF-8");
    assert_refused(load("body_max = 1023\n", NULL, NULL), "body_max", "from 1 KiB to 1 MiB");
    assert_refused(load("idle_time = 2d\n", NULL, NULL), "idle_time", "from 1s to 1d");
    assert_refused(load(NULL, LIST("YIQIAN_TLS=maybe"), NULL), "YIQIAN_TLS: tls", "true or false");
    assert_refused(load(NULL, NULL, LIST("--port=0")), "--port", "from 1 to 65535");
    assert_refused(load(NULL, NULL, LIST("--nothing")), "--nothing", "no such option");
    assert_refused(load(NULL, NULL, LIST("--port")), "--port", "needs a value");
    assert_refused(load(NULL, NULL, LIST("serve")), "serve", "begin with --");
    assert_refused(load(NULL, NULL, LIST("--")), "--", "not an option");
    assert_refused(load(NULL, NULL, LIST("--config", "/nonexistent/conf")), "/nonexistent/conf", "no such file");
    assert_refused(load(NULL, NULL, LIST("--config", "/")), "/", "cannot be read");
    assert_refused(load(NULL, NULL, LIST("--name=0123456789abc")), "--name", "1 to 12 bytes");
    assert_refused(load(NULL, NULL, LIST("--name=a\tb")), "--name", "text");
    assert_refused(load(NULL, NULL, LIST("--name=")), "--name", "1 to 12 bytes");
}

static void numbers_are_whole_and_bounded(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",   " ",    "1.5", "0x10", "1e3", "+1", "--1", "1 1", "1x", "99999999999999999999", "9223372036854775807",
        "-1", "1KiB", "１"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char option[64];
        (void)snprintf(option, sizeof option, "--port=%s", bad[i]);
        if (load(NULL, NULL, LIST(option)) != ERR_CONFIG)
            fail_msg("accepted \"%s\"", bad[i]);
    }
    assert_refused(load(NULL, NULL, LIST("--body-max=9223372036854775807GiB")), "--body-max", "GiB");
    assert_refused(load(NULL, NULL, LIST("--body-max=4kb")), "--body-max", "KiB");
}

static void a_secret_does_not_come_into_messages(void **state)
{
    (void)state;
    assert_int_equal(load("api_token = short1\n", NULL, NULL), ERR_CONFIG);
    assert_null(strstr(message, "short1"));
    assert_non_null(strstr(message, "8 to 16 bytes"));
}

static void a_hostile_file_is_refused(void **state)
{
    (void)state;
    const char *path = scratch_path("conf");
    const config_source source = {NULL, (const char *const[]){"--config", path}, 2, NULL, NULL};
    assert_int_equal(file_write(path, "port = 1\0\nx", 11, 0600), ERR_OK);
    assert_refused(config_load(a, &got, &table, &source, message), path, "not a text file");
    char *big = calloc(1, 1 << 21);
    memset(big, '#', 1 << 21);
    assert_int_equal(file_write(path, big, 1 << 21, 0600), ERR_OK);
    free(big);
    assert_refused(config_load(a, &got, &table, &source, message), path, "1 MiB");
}

/* What a function prints about the table. */
static const char *printed(void (*print)(FILE *, const config_table *))
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    print(out, &table);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void help_names_every_row(void **state)
{
    (void)state;
    const char *text = printed(config_help);
    static const char *const parts[] = {"--config VALUE\n", "--api-token VALUE\n",          "--tls\n",
                                        "空闲时间",         "whether to use TLS",           "default 64 KiB",
                                        "no default",       "from 1 to 65535; default 8970"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(text, parts[i]))
            fail_msg("no \"%s\" in:\n%s", parts[i], text);
}

/* The sample is valid as it is, and with every comment mark of a setting that has a default taken away. */
static void the_sample_can_be_loaded(void **state)
{
    (void)state;
    const char *sample = printed(config_sample);
    assert_null(strstr(sample, "#config"));
    assert_int_equal(load(sample, NULL, NULL), ERR_OK);
    char live[8192];
    size_t n = 0;
    for (const char *at = sample; *at; at++)
        if (!(*at == '#' && (at == sample || at[-1] == '\n') && at[1] != ' ' && strncmp(at, "#api_token", 10) != 0))
            live[n++] = *at;
    live[n] = 0;
    assert_non_null(strstr(live, "\nport = 8970\n"));
    assert_int_equal(load(live, NULL, NULL), ERR_OK);
    assert_int_equal(got.body, 65536);
    assert_string_equal(got.name, "医院");
}

static void markdown_has_a_line_a_row(void **state)
{
    (void)state;
    const char *text = printed(config_markdown);
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 2 + sizeof rows / sizeof *rows);
    assert_non_null(strstr(text, "/var/lib/x\\|y |"));
    assert_non_null(strstr(text, "| `tls` | no | true or false | 启用 TLS | whether to use TLS |\n"));
}

int main(void)
{
#define CONFIG_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(defaults_alone_are_enough),
        CONFIG_TEST(the_later_source_wins),
        CONFIG_TEST(each_value_is_told_with_where_it_stands),
        CONFIG_TEST(options_in_every_spelling),
        CONFIG_TEST(the_file_may_be_named_by_the_environment),
        CONFIG_TEST(errors_name_the_place_and_what_is_allowed),
        CONFIG_TEST(numbers_are_whole_and_bounded),
        CONFIG_TEST(a_secret_does_not_come_into_messages),
        CONFIG_TEST(a_hostile_file_is_refused),
        CONFIG_TEST(help_names_every_row),
        CONFIG_TEST(the_sample_can_be_loaded),
        CONFIG_TEST(markdown_has_a_line_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
